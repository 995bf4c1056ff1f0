"""Put a running service under load: a process of its own, several clients, connections kept open."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .errors import ProjectError
from .probe import wait_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_READY_S = 60.0  # for the start of the service on a busy machine
_ANSWER_S = 30.0  # a later answer counts as none
_STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients met."""

    requests: int
    clients: int
    seconds: float  # wall time of all
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Answers a second, all clients together."""
        return self.requests / self.seconds

    def __str__(self) -> str:
        return (
            f"{self.requests:,} requests from {self.clients} clients on this machine: all answered with 200, "
            f"{self.per_second:,.0f} a second, p50 {self.p50_ms:.1f} ms, p95 {self.p95_ms:.1f}, "
            f"p99 {self.p99_ms:.1f}"
        )


def drive(
    port: int,
    path: str,
    bodies: Sequence[str],
    *,
    clients: int,
    accept: Callable[[bytes], bool] = lambda _: True,
) -> Load:
    """Post every body once, `clients` at a time, to the service at `port` of this machine.

    Args:
        port: where it listens.
        path: where it takes JSON.
        bodies: what to send.
        clients: how many connections there are.
        accept: says of an answer with status 200 whether it is right.

    Raises:
        ProjectError: a request is not answered with 200 and a right answer.
    """
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        shares = [bodies[n::clients] for n in range(clients)]
        answers = [
            answer for share in pool.map(partial(_client, port, path, accept), shares) for answer in share
        ]
    seconds = time.perf_counter() - started
    counts = Counter(answer for answer, _ in answers)
    if set(counts) != {"200"}:
        raise ProjectError(f"under load: expected {len(bodies):,} answers with 200, got {dict(counts)}")
    p50, p95, p99 = np.percentile([milliseconds for _, milliseconds in answers], [50, 95, 99]).tolist()
    return Load(len(answers), clients, seconds, p50, p95, p99)


@contextmanager
def serving(package: str, root: Path, **environment: str) -> Iterator[int]:
    """Start `python -m package serve` as a process of its own, yield its port once it is ready, stop it.

    Raises:
        ProjectError: it does not get ready, or does not stop in good order.
    """
    port = _free_port()
    source = str(Path(__file__).parents[2])  # so that it works from a checkout that was not installed, too
    paths = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    command = (sys.executable, "-m", package, "serve", "--root", str(root), "--port", str(port))
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": paths, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
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


def _client(
    port: int, path: str, accept: Callable[[bytes], bool], bodies: Sequence[str]
) -> list[tuple[str, float]]:
    """Post one body after the other; returns status (or kind of failure) and milliseconds of each."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    found = []
    for body in bodies:
        started = time.perf_counter()
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
            outcome = str(response.status)
            if outcome == "200" and not accept(content):
                outcome = "200, but a wrong answer"
        except (OSError, HTTPException) as error:
            outcome = type(error).__name__
            connection.close()  # the next request opens a new one
        found.append((outcome, 1000 * (time.perf_counter() - started)))
    connection.close()
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
