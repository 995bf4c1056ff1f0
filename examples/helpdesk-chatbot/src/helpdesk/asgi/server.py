"""Run a service with uvicorn until SIGTERM or Ctrl-C; requests under way are answered first."""

from __future__ import annotations

import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from ..portfolio import observe
from ..portfolio.errors import ProjectError

if TYPE_CHECKING:
    from .hygiene import App

KEEPALIVE_S = 75  # longer than the 60 s of the usual proxies, which else would meet connections just closed
GRACE_S = 15


def check_port(host: str, port: int) -> None:
    """Find out at once whether the address is free.

    Raises:
        ProjectError: it cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except (OSError, OverflowError) as error:
        reason = str(getattr(error, "strerror", None) or error).partition(" (while")[0].rstrip(".").lower()
        raise ProjectError(f"cannot listen on {host} port {port}: {reason}; choose another --port") from None


def run(app: App, host: str, port: int) -> None:
    """Serve `app` in the main thread until SIGTERM or Ctrl-C; log lines go to stderr as JSON."""
    observe.configure_logging(sys.stderr)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEPALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
    )
    # uvicorn ends in good order, and then raises the signal again: to be told to stop is no failure.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    uvicorn.Server(config).run()
