"""Put the real service under load: a process of its own, several clients, connections kept open."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..portfolio.errors import ProjectError
from ..portfolio.probe import wait_ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .predictor import Reading

CLIENTS = 8
_READY_S = 60.0  # for the start of the service on a busy machine
_ANSWER_S = 30.0  # a later answer counts as none
_STOP_S = 20.0


def run(root: Path, readings: Sequence[Reading]) -> str:
    """Send every reading once to a service started for this; returns the figures in one line.

    Raises:
        ProjectError: the service does not start or stop in good order, or an answer is not 200.
    """
    with serving(root) as port:
        return drive(port, readings)


def drive(port: int, readings: Sequence[Reading]) -> str:
    """Send every reading once, `CLIENTS` at a time, to the service at `port`; returns one line of figures.

    Raises:
        ProjectError: a request is not answered with 200.
    """
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        shares = [readings[n::CLIENTS] for n in range(CLIENTS)]
        answers = [answer for share in clients.map(partial(_client, port), shares) for answer in share]
    seconds = time.perf_counter() - started
    counts = Counter(answer for answer, _ in answers)
    if set(counts) != {"200"}:
        raise ProjectError(f"under load: expected {len(readings):,} answers with 200, got {dict(counts)}")
    p50, p95, p99 = np.percentile([milliseconds for _, milliseconds in answers], [50, 95, 99])
    return (
        f"{len(answers):,} requests from {CLIENTS} clients on this machine: all answered with 200, "
        f"{len(answers) / seconds:,.0f} a second, p50 {p50:.1f} ms, p95 {p95:.1f}, p99 {p99:.1f}"
    )


@contextmanager
def serving(root: Path) -> Iterator[int]:
    """Start the service in a process of its own, wait until it is ready, yield its port, stop it.

    Raises:
        ProjectError: it does not get ready, or does not stop in good order.
    """
    port = _free_port()
    source = str(Path(__file__).parents[2])  # so that it works from a checkout that was not installed, too
    paths = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    command = (
        sys.executable,
        "-m",
        __package__.split(".")[0],
        "serve",
        "--root",
        str(root),
        "--port",
        str(port),
    )
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_ready(f"http://127.0.0.1:{port}/readyz", _READY_S)
        yield port
    finally:
        process.terminate()
        try:
            status = process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
    if status and sys.platform != "win32":  # Windows knows no polite way to stop a process
        raise ProjectError(f"the service ended with status {status} when it was told to stop; expected 0")


def _client(port: int, readings: Sequence[Reading]) -> list[tuple[str, float]]:
    """Ask for one reading after the other; returns status (or kind of failure) and milliseconds of each."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    found = []
    for reading in readings:
        started = time.perf_counter()
        try:
            body = json.dumps(asdict(reading))
            connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            outcome = str(response.status)
        except (OSError, HTTPException) as error:
            outcome = type(error).__name__
            connection.close()  # the next request opens a new one
        found.append((outcome, 1000 * (time.perf_counter() - started)))
    connection.close()
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
