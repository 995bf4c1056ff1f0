"""The service as a process of its own: it starts or says why not, and bears load."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from maintenance import params
from maintenance.data import ingestion
from maintenance.portfolio import load, store
from maintenance.portfolio.errors import ModelMissing, ModelTampered, ProjectError
from maintenance.serving import bench, loadtest
from maintenance.serving.service import create_app, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEADLINE_S = 120  # of what takes a few seconds on a quiet machine


@pytest.fixture(scope="module")
def port(trained: Path) -> Iterator[int]:
    """A running service; that it stops in good order on SIGTERM is checked when the last test is done."""
    with load.serving("maintenance", trained) as port:
        yield port


def test_two_hundred_requests_of_eight_clients_are_all_answered(port: int, trained: Path) -> None:
    said = loadtest.drive(port, bench.readings(params.load(trained), 200))
    assert said.startswith("200 requests from 8 clients on this machine: all answered with 200")


def test_a_body_too_large_is_refused_even_without_a_declared_length(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(
            b"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for _ in range(2 * 1024):
            wire.sendall(b"400\r\n" + b" " * 1024 + b"\r\n")
        wire.sendall(b"0\r\n\r\n")
        wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        answers = b"".join(iter(lambda: wire.recv(4096), b""))
    assert answers.startswith(b"HTTP/1.1 413 ")
    assert b'"error":"the request is too large"' in answers
    assert answers.endswith(b'{"status":"alive"}\n')  # the connection goes on


def test_without_a_model_serving_ends_with_what_to_do(untrained: Path) -> None:
    with pytest.raises(ModelMissing, match="run `python -m maintenance train`"):
        serve(untrained, "127.0.0.1", 0)


def test_a_tampered_model_is_refused_before_the_start(copy_of_trained: Path) -> None:
    path = store.current(copy_of_trained).path / "model.ubj"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelTampered, match=r"model\.ubj: sha256 is"):
        serve(copy_of_trained, "127.0.0.1", 0)


def test_a_port_in_use_is_said_in_one_line(trained: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ProjectError, match=f"cannot listen on 127.0.0.1 port {port}: .*; choose another --port"
        ):
            serve(trained, "127.0.0.1", port)


def test_a_first_model_is_trained_while_the_process_answers(untrained: Path) -> None:
    client = create_app(untrained, train_if_missing=True).test_client()
    assert client.get("/healthz").status_code == 200
    deadline = time.monotonic() + DEADLINE_S
    while client.get("/readyz").status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert client.get("/readyz").status_code == 200
    version = client.get("/version").get_json()
    assert version["data_source"] == "synthetic"
    assert version["data_sha256"] == ingestion.read(untrained)[1].sha256
