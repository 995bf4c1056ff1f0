from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from parts import probe
from parts.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def service() -> Iterator[tuple[str, list[int]]]:
    """A service on a free port that answers with the given statuses, the last one for ever."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/readyz", statuses
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_ready_service(service: tuple[str, list[int]]) -> None:
    url, statuses = service
    statuses += [200]
    assert probe.wait_ready(url).startswith(f"{url}: ready after 0.")
    assert probe.main([url]) == 0


def test_a_service_that_becomes_ready(service: tuple[str, list[int]]) -> None:
    url, statuses = service
    statuses += [503, 503, 200]
    assert "ready after" in probe.wait_ready(url, 30)


def test_a_service_that_does_not_become_ready(
    service: tuple[str, list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    url, statuses = service
    statuses += [503]
    with pytest.raises(ProjectError, match=r"not ready after .* s: status 503"):
        probe.wait_ready(url, 0.3)
    assert probe.main([url]) == 1
    assert capsys.readouterr().err.startswith(f"error: {url}: not ready")


def test_the_proxy_of_the_environment_is_not_asked(
    service: tuple[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, statuses = service
    statuses += [200]
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert "ready" in probe.wait_ready(url)


def test_nobody_there() -> None:
    with pytest.raises(ProjectError, match=r"not ready after 0\.0 s: .*refused"):
        probe.wait_ready("http://127.0.0.1:9/readyz")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "127.0.0.1:8080"])
def test_only_http_is_asked(url: str) -> None:
    with pytest.raises(ProjectError, match="expected an address that starts with http://"):
        probe.wait_ready(url)


def test_a_wrong_number_of_seconds_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert probe.main([probe.URL, "soon"]) == 1
    assert "could not convert" in capsys.readouterr().err
