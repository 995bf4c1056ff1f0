from __future__ import annotations

import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from parts import load
from parts.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVICE = """
import signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass

if sys.argv[1:3] != ["serve", "--root"]:
    sys.exit("expected serve --root")
signal.signal(signal.SIGTERM, lambda *_: sys.exit({status}))
HTTPServer(("127.0.0.1", int(sys.argv[5])), Handler).serve_forever()
"""


@pytest.fixture
def echo() -> Iterator[tuple[int, list[str]]]:
    """A service that sends back what it gets; a body `bad` gets 400, `gone` a closed connection."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(body.decode())
            if body == b"gone":
                self.close_connection = True
                return
            self.send_response(400 if body == b"bad" else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port, seen
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_body_is_sent_once(echo: tuple[int, list[str]]) -> None:
    port, seen = echo
    bodies = [f"{number}" for number in range(50)]
    met = load.drive(port, "/", bodies, clients=4)
    assert sorted(seen) == sorted(bodies)
    assert (met.requests, met.clients) == (50, 4)
    assert 0 < met.p50_ms <= met.p95_ms <= met.p99_ms
    assert met.per_second == pytest.approx(50 / met.seconds)
    assert re.fullmatch(r"50 requests from 4 clients on this machine: all answered with 200, .*", str(met))


@pytest.mark.parametrize(
    ("body", "counted"),
    [("bad", r"\{'200': 2, '400': 1\}"), ("gone", r"\{'200': 2, 'RemoteDisconnected': 1\}")],
)
def test_one_answer_that_is_no_200_fails(echo: tuple[int, list[str]], body: str, counted: str) -> None:
    with pytest.raises(ProjectError, match=f"expected 3 answers with 200, got {counted}"):
        load.drive(echo[0], "/", ["one", body, "two"], clients=1)


def test_a_wrong_answer_with_200_fails(echo: tuple[int, list[str]]) -> None:
    with pytest.raises(ProjectError, match="'200, but a wrong answer': 1"):
        load.drive(echo[0], "/", ["right", "wrong"], clients=1, accept=lambda answer: answer == b"right")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "toyservice.py"


def test_a_service_runs_for_as_long_as_it_is_needed(package: Path, tmp_path: Path) -> None:
    package.write_text(SERVICE.format(status=0))
    with load.serving("toyservice", tmp_path) as port:
        assert port > 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no polite way to stop a process")
def test_a_service_that_stops_badly_is_told_of(package: Path, tmp_path: Path) -> None:
    package.write_text(SERVICE.format(status=3))
    with pytest.raises(ProjectError, match="ended with status 3 when it was told to stop"):  # noqa: SIM117
        with load.serving("toyservice", tmp_path):
            pass


def test_a_service_that_does_not_start_is_told_of(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package.write_text("import sys\nsys.exit('no')\n")
    monkeypatch.setattr(load, "_READY_S", 0.5)
    with pytest.raises(ProjectError, match="not ready after"):  # noqa: SIM117
        with load.serving("toyservice", tmp_path):
            pass
