"""Settings of `gunicorn wsgi:application`: the same as of `python -m maintenance serve`."""

from maintenance import params
from maintenance.portfolio.roots import find_root
from maintenance.serving.server import gunicorn_settings

_service = params.load(find_root()).service
bind = f"{_service.host}:{_service.port}"
globals().update(gunicorn_settings(_service))
