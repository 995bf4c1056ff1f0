"""Entry for any WSGI server: `gunicorn wsgi:application` reads its settings from gunicorn.conf.py."""

from maintenance.portfolio.roots import find_root
from maintenance.serving.service import create_app

application = create_app(find_root())
