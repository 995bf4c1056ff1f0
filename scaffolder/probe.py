"""Asks a service on this machine whether it is ready and which model it serves."""

from __future__ import annotations

import http.client
import json
import socket

ANSWER_TIMEOUT_S = 5.0


def free_port() -> int:
    """Return a local TCP port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def is_ready(port: int) -> bool:
    """Return True when `/readyz` answers 200."""
    return _get(port, "/readyz") is not None


def model_version(port: int) -> str | None:
    """Return the model's version as `/version` tells it, or None when the answer holds none."""
    try:
        return str(json.loads(_get(port, "/version") or b"")["model"])
    except (ValueError, KeyError, TypeError):
        return None


def _get(port: int, path: str) -> bytes | None:
    """Return the body of a 200 answer, otherwise None; a proxy set in the environment is not used."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_TIMEOUT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        return body if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
