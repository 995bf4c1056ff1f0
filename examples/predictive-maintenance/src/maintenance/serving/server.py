"""Run the service: gunicorn where there is `fork`, waitress on Windows."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from ..portfolio import observe, store
from ..portfolio.errors import ModelMissing, ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

    from ..params import Service

_KEEPALIVE_S = 75  # longer than the 60 s of the usual proxies, which else would meet connections just closed
_MEMORY = "/dev/shm"  # noqa: S108  # gunicorn's heartbeat files: on a disk they can block a worker


def check(root: Path, host: str, port: int, *, train_if_missing: bool) -> None:
    """Find out in the starting process what would otherwise end in a worker's log.

    Raises:
        ModelMissing: nothing was trained yet, and `train_if_missing` is off.
        ModelTampered: a stored file is not the one that training wrote.
        ProjectError: the address cannot be listened on.
    """
    try:
        store.current(root)
    except ModelMissing:
        if not train_if_missing:
            raise ModelMissing(
                "no trained model in models/; run `python -m maintenance train`, "
                "or serve with --train-if-missing"
            ) from None
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except (OSError, OverflowError) as error:
        reason = str(getattr(error, "strerror", None) or error).partition(" (while")[0].lower()
        raise ProjectError(f"cannot listen on {host} port {port}: {reason}; choose another --port") from None


def run(make_app: Callable[[], Flask], host: str, port: int, service: Service) -> None:
    """Serve what `make_app` makes until SIGTERM or Ctrl-C; requests under way are answered first."""
    if sys.platform == "win32":
        _run_waitress(make_app(), host, port, service)
    else:
        _run_gunicorn(make_app, host, port, service)


def gunicorn_settings(service: Service) -> dict[str, Any]:
    """Return gunicorn's settings; gunicorn.conf.py hands out the same.

    With more than one worker, /metrics counts only the one that is asked, unless PROMETHEUS_MULTIPROC_DIR
    names an empty folder.
    """
    handler = {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}
    return {
        "workers": service.workers,
        "worker_class": "gthread",
        "threads": service.threads,
        "timeout": service.timeout_s,
        "graceful_timeout": service.timeout_s,
        "keepalive": _KEEPALIVE_S,
        "worker_tmp_dir": _MEMORY if os.access(_MEMORY, os.W_OK) else None,
        "control_socket_disable": True,  # it would need a home directory, which a container may not have
        "logconfig_dict": {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": observe.JsonFormatter}},
            "handlers": {"stderr": handler},
            "root": {"level": "INFO", "handlers": ["stderr"]},
            "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
        },
    }


def _run_gunicorn(make_app: Callable[[], Flask], host: str, port: int, service: Service) -> None:
    from gunicorn.app.base import BaseApplication

    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    class Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for name, value in {**gunicorn_settings(service), "bind": address}.items():
                if name in self.cfg.settings:  # the control socket came with gunicorn 25
                    self.cfg.set(name, value)

        def load(self) -> Flask:
            return make_app()  # in the worker, after the fork: XGBoost's threads do not survive one

    Application().run()


def _run_waitress(app: Flask, host: str, port: int, service: Service) -> None:
    import waitress

    observe.configure_logging(sys.stderr)
    waitress.serve(app, host=host, port=port, threads=service.threads)
