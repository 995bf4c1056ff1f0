from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from parts import download
from parts.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES = b"".join(b"%06d\n" % number for number in range(1_000_000))  # 7 MB


@dataclass(frozen=True, slots=True)
class Patience:
    timeout_s: float = 5.0
    attempts: int = 3
    backoff_s: float = 0.0


@dataclass
class Server:
    """A server that knows ranges, and closes the connection too early as often as it is told to."""

    url: str = ""
    content: bytes = LINES[:70_000]
    etag: str = '"one"'
    broken: int = 0
    says_length: bool = True
    asked: list[str | None] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            state.asked.append(wanted)
            start = 0
            if wanted and self.headers.get("If-Range") in (None, state.etag):
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(state.content):
                self.send_error(416)
                return
            rest = state.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("ETag", state.etag)
            if state.says_length:
                self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            if state.broken:
                state.broken -= 1
                rest = rest[: len(rest) // 2]
            try:
                self.wfile.write(rest)
            except ConnectionError:  # the reader has had enough
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{listening.server_port}/file.txt"
    yield state
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_a_whole_file_is_fetched_once(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        path = download.whole(server.url, tmp_path / "raw" / "file.txt", Patience())
        assert path.read_bytes() == server.content
    assert server.asked == [None]


def test_an_interrupted_download_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.broken = 2
    path = download.whole(server.url, tmp_path / "file.txt", Patience())
    assert path.read_bytes() == server.content
    assert server.asked == [None, "bytes=35000-", "bytes=52500-"]


def test_the_next_run_goes_on_where_the_last_one_gave_up(server: Server, tmp_path: Path) -> None:
    server.broken = 3
    with pytest.raises(DataError, match=r"connection closed after .* of .*what has arrived is kept"):
        download.whole(server.url, tmp_path / "file.txt", Patience())
    path = download.whole(server.url, tmp_path / "file.txt", Patience())
    assert path.read_bytes() == server.content
    assert server.asked[3] == "bytes=61250-"


def test_a_file_that_changed_on_the_server_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    server.broken = 1
    with pytest.raises(DataError):
        download.whole(server.url, tmp_path / "file.txt", Patience(attempts=1))
    server.etag, server.content = '"two"', LINES[70:7_000]
    path = download.whole(server.url, tmp_path / "file.txt", Patience())
    assert path.read_bytes() == server.content


def test_a_kill_between_the_last_byte_and_its_note_is_no_dead_end(server: Server, tmp_path: Path) -> None:
    """All bytes are there, but nothing says so: the server has no more to give, and says 416."""
    path = download.whole(server.url, tmp_path / "file.txt", Patience())
    state = path.with_name("file.txt.json")
    state.write_text(state.read_text().replace("true", "false"))
    assert download.whole(server.url, path, Patience()).read_bytes() == server.content
    assert server.asked == [None, "bytes=70000-", None]


def test_another_address_is_another_file(server: Server, tmp_path: Path) -> None:
    download.whole(server.url, tmp_path / "file.txt", Patience())
    server.content = b"other"
    path = download.whole(f"{server.url}?other", tmp_path / "file.txt", Patience())
    assert path.read_bytes() == b"other"


def test_lines_come_as_they_are_asked_for(server: Server, tmp_path: Path) -> None:
    server.content, server.says_length = LINES, False
    found = download.lines(server.url, tmp_path / "file.txt", Patience())
    assert [next(found) for _ in range(3)] == [b"000000\n", b"000001\n", b"000002\n"]
    assert (tmp_path / "file.txt").stat().st_size < len(LINES)
    assert b"".join(download.lines(server.url, tmp_path / "file.txt", Patience())) == LINES


def test_a_last_line_without_its_end_is_a_line(server: Server, tmp_path: Path) -> None:
    server.content = b"one\ntwo"
    assert list(download.lines(server.url, tmp_path / "file.txt", Patience())) == [b"one\n", b"two"]


def test_what_its_reader_refuses_is_forgotten(server: Server, tmp_path: Path) -> None:
    path = download.whole(server.url, tmp_path / "file.txt", Patience())
    with pytest.raises(DataError, match="no film"), download.forgotten_if_refused(path):
        raise DataError("no film")
    assert list(tmp_path.iterdir()) == []
    with download.forgotten_if_refused(download.whole(server.url, path, Patience())):
        pass
    assert path.exists()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        pytest.param("http://127.0.0.1:9/file.txt", "refused", id="nobody there"),
        pytest.param("file:///etc/passwd", "expected an address that starts with https://", id="no http"),
    ],
)
def test_what_cannot_be_fetched_says_what_to_do(url: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"{reason}.*download it by hand and use --file FILE"):
        download.whole(url, tmp_path / "file.txt", Patience())
