"""The preview server: what it shows, what it never shows, and that an open page is told of a rebuild."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.showcase import preview, watching
from scaffolder.showcase.preview import CannotServe, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY = "default-src 'none'; img-src 'self'; style-src 'self'"
PAGE = (
    f'<!doctype html><html lang="en"><head><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    "<title>Gallery</title></head><body><p>here</p></body></html>"
)
PROGRAM = """
import signal, sys
from pathlib import Path
from scaffolder.showcase import preview

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has been told to ignore it
preview.serve(Path(sys.argv[1]), on_ready=lambda address: print(address, flush=True))
print("ended")
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small site, beside a secret that is none of it."""
    folder = tmp_path / "site é"
    (folder / "projects" / "one").mkdir(parents=True)
    (folder / "empty").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    (folder / "404.html").write_text(PAGE.replace("here", "nothing here"), encoding="utf-8")
    (folder / "projects" / "one" / "index.html").write_text(PAGE.replace("here", "one"), encoding="utf-8")
    (folder / "feed.json").write_text("{}")
    (folder / "style.css").write_text("p { color: teal }")
    (folder / "é ü.png").write_bytes(b"\x89PNG")
    (folder / ".hidden").write_text("secret")
    return folder


@pytest.fixture
def start() -> Iterator[object]:
    """Starts servers and ends them."""
    running: list[Server] = []

    def begin(folder: Path, *, live: bool = False) -> Server:
        server = Server(folder, 0, live=live)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        running.append(server)
        return server

    yield begin
    for server in running:
        server.shutdown()
        server.server_close()


def ask(
    server: Server, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """Ask for exactly this path; a browser would tidy it first."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


# ---- what it shows


@pytest.mark.parametrize(
    ("path", "kind", "begins"),
    [
        pytest.param("/", "text/html; charset=utf-8", b"<!doctype", id="index"),
        pytest.param("/?x=/../1", "text/html; charset=utf-8", b"<!doctype", id="with a query"),
        pytest.param("/projects/one/", "text/html; charset=utf-8", b"<!doctype", id="folder"),
        pytest.param("/style.css", "text/css; charset=utf-8", b"p {", id="style"),
        pytest.param("/feed.json", "application/json", b"{}", id="feed"),
        pytest.param("/%C3%A9%20%C3%BC.png", "image/png", b"\x89PNG", id="picture"),
    ],
)
def test_a_file_comes_with_its_type_and_is_never_kept_by_the_browser(site, start, path, kind, begins):
    response, body = ask(start(site), path)
    assert (response.status, response.getheader("Content-Type")) == (200, kind)
    assert body.startswith(begins)
    assert response.getheader("Cache-Control") == "no-store"
    assert response.getheader("X-Content-Type-Options") == "nosniff"


def test_what_is_not_there_gets_the_404_page_with_404(site, start):
    for path in ("/nothing", "/projects/one/nothing.html", "/style.css/", "/index.html/"):
        response, body = ask(start(site), path)
        assert response.status == 404, path
        assert b"nothing here" in body, path


def test_without_a_404_page_there_is_one_line(site, start):
    (site / "404.html").unlink()
    response, body = ask(start(site), "/nothing")
    assert (response.status, body) == (404, b"not found\n")


def test_a_folder_is_shown_at_its_address_with_a_slash(site, start):
    response, _ = ask(start(site), "/projects/one")
    assert (response.status, response.getheader("Location")) == (301, "/projects/one/")


def test_a_redirect_never_leads_to_another_host(site, start):
    (site / "example.org").mkdir()
    for path in (
        "//example.org",
        "/%2fexample.org",
        "/.//example.org",
        "\\\\example.org",
        "//example.org/..",
    ):
        response, _ = ask(start(site), path)
        assert response.getheader("Location") in (None, "/example.org/"), path


def test_head_sends_the_head_alone(site, start):
    response, body = ask(start(site), "/", "HEAD")
    assert (response.status, body) == (200, b"")
    assert int(response.getheader("Content-Length")) == len(PAGE)


def test_nothing_can_be_written(site, start):
    for method in ("POST", "PUT", "DELETE"):
        assert ask(start(site), "/", method)[0].status == 501


# ---- what it never shows


def test_no_folder_is_listed(site, start):
    for path in ("/empty/", "/projects/"):
        response, body = ask(start(site), path)
        assert response.status == 404
        assert b"one/" not in body


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/projects/..%2f..%2fsecret.txt",
        "/..\\secret.txt",
        "/%2e%2e%5csecret.txt",
        "//../secret.txt",
        "/projects/../../secret.txt",
        "/%252e%252e/secret.txt",
        "/.hidden",
        "/%2ehidden",
        "/index.html%00.txt",
        "/index.html::$DATA",
        "/%ff",
        "http://127.0.0.1/../secret.txt",
    ],
)
def test_no_address_leaves_the_folder(site, start, path):
    response, body = ask(start(site), path)
    assert response.status == 404
    assert b"secret" not in body


@pytest.mark.skipif(os.name == "nt", reason="making a link needs a right there")
def test_a_link_is_followed_inside_the_folder_alone(site, start):
    (site / "out.txt").symlink_to(site.parent / "secret.txt")
    (site / "up").symlink_to(site.parent)
    (site / "circle").symlink_to("circle")
    (site / "inside.css").symlink_to("style.css")
    server = start(site)
    for path in ("/out.txt", "/up/secret.txt", "/up/", "/circle"):
        response, body = ask(server, path)
        assert response.status == 404, path
        assert b"secret" not in body, path
    assert ask(server, "/inside.css")[1] == (site / "style.css").read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders there")
def test_a_pipe_in_the_folder_keeps_nobody_waiting(site, start):
    os.mkfifo(site / "pipe.html")
    assert ask(start(site), "/pipe.html")[0].status == 404


@pytest.mark.skipif(os.name == "nt" or not os.geteuid(), reason="every file may be read here")
def test_a_file_that_may_not_be_read_is_as_if_it_were_not_there(site, start):
    (site / "style.css").chmod(0)
    assert ask(start(site), "/style.css")[0].status == 404


@pytest.mark.parametrize(
    "name", ["example.org", "127.0.0.1.example.org", "localhost.example.org:80", "", "[::2]"]
)
def test_a_page_of_others_cannot_read_it_under_a_name_of_its_own(site, start, name):
    """A name that its owner points at 127.0.0.1 would make this server the same origin as the page."""
    response, body = ask(start(site), "/", Host=name)
    assert response.status == 421
    assert b"here" not in body


@pytest.mark.parametrize("name", ["127.0.0.1", "127.0.0.1:9", "LOCALHOST:8000"])
def test_this_machine_may_call_itself_what_it_likes(site, start, name):
    assert ask(start(site), "/", Host=name)[0].status == 200


def test_it_listens_for_this_machine_alone(site, start):
    assert start(site).server_address[0] == "127.0.0.1"


# ---- beginning and end


def test_a_port_that_is_taken_is_named(site):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotServe, match=rf"^port {port} of 127\.0\.0\.1 is in use .*--port") as caught:
            preview.serve(site, port=port, on_ready=pytest.fail)
    assert "\n" not in str(caught.value)


def test_a_port_that_does_not_exist_is_named(site):
    with pytest.raises(CannotServe, match="port 70000 does not exist"):
        preview.serve(site, port=70_000, on_ready=pytest.fail)


def test_a_folder_without_pages_is_not_served(tmp_path):
    with pytest.raises(CannotServe, match=r"has no index\.html"):
        preview.serve(tmp_path, on_ready=pytest.fail)


@pytest.mark.skipif(os.name == "nt", reason="no Ctrl-C for one process there")
def test_ctrl_c_ends_it_even_while_browsers_hold_connections(site):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(site)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        address = running.stdout.readline().strip()
        port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", address)[1])
        held = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        held.request("GET", "/")
        assert held.getresponse().read() == PAGE.encode()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=10)
        held.close()
    assert (running.returncode, out, err) == (0, "ended\n", "")


# ---- watch mode


def test_without_watching_a_page_comes_as_it_is(site, start):
    server = start(site)
    assert ask(server, "/")[1] == PAGE.encode()
    assert ask(server, preview.RELOAD)[0].status == 404


def test_a_watched_page_has_one_script_and_a_policy_for_it_alone(site, start):
    server = start(site, live=True)
    for path in ("/", "/nothing"):
        page = ask(server, path)[1].decode()
        (nonce, shown), *more = re.findall(
            r'<script nonce="(.+?)" src="/-/reload\.js\?shown=(.+?)" defer>', page
        )
        assert not more
        assert f"content=\"{POLICY}; script-src 'nonce-{nonce}'; connect-src 'self'\"" in page
        assert shown == ask(server, preview.VERSION)[1].decode()
    assert ask(server, preview.RELOAD)[0].getheader("Content-Type").startswith("text/javascript")
    assert (site / "index.html").read_text(encoding="utf-8") == PAGE


def test_a_policy_keeps_what_it_had():
    given = "script-src 'none'; img-src 'self' data:;; default-src 'self'"
    allowed = preview.allowing(given, {"script-src": "'nonce-n'", "connect-src": "'self'"})
    assert allowed == "script-src 'nonce-n'; img-src 'self' data:; default-src 'self'; connect-src 'self'"


def test_a_page_without_a_head_stays_as_it_is():
    assert preview.with_reload("<p>", "v", "n") == "<p>"


def test_an_open_page_learns_of_a_rebuild_and_of_a_new_start(site, start):
    server = start(site, live=True)
    first = ask(server, preview.VERSION)[1]
    assert ask(server, preview.VERSION)[1] == first
    server.renew()
    assert ask(server, preview.VERSION)[1] != first
    assert ask(start(site, live=True), preview.VERSION)[1] != first


def test_a_change_rebuilds_and_a_failed_rebuild_leaves_what_is_shown(site, tmp_path, monkeypatch):
    """Played in one thread: the change is made where the server would wait."""
    source, told = tmp_path / "owner.toml", []
    source.write_text("1")
    versions = []
    monkeypatch.setattr(watching, "INTERVAL_S", 0.01)
    troubles = iter(
        [preview.CannotServe("half a file"), OSError(28, "No space left on device", "x.html"), None]
    )

    def rebuild() -> None:
        if trouble := next(troubles):
            raise trouble

    real = watching.changes

    def changes(paths):
        for number, found in enumerate(real(paths, interval_s=0.01)):
            yield found
            if number == 2:
                raise KeyboardInterrupt
            threading.Timer(0.03, source.write_text, [str(number) * (number + 2)]).start()

    def ready(address: str) -> None:
        threading.Timer(0.03, source.write_text, ["changed"]).start()

    class Watched(Server):
        def renew(self) -> None:
            super().renew()
            versions.append(self.version)

    monkeypatch.setattr(preview, "Server", Watched)
    monkeypatch.setattr(watching, "changes", changes)
    preview.serve(
        site, on_ready=ready, rebuild=rebuild, watched=[source], on_rebuilt=lambda *args: told.append(args)
    )
    assert told == [(source, "half a file"), (source, "x.html: No space left on device"), (source, None)]
    assert len(versions) == 1


# ---- watching


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "reports" / "figures").mkdir(parents=True)
    (folder / "portfolio.toml").write_text('[[figures]]\npath = "reports/figures/a.png"\nalt = "A"\n')
    (folder / "README.md").write_text("# A\n")
    (folder / "reports" / "metrics.json").write_text("{}")
    (folder / "reports" / "figures" / "a.png").write_bytes(b"1")
    return folder


class Looks:
    """Watches as in `changes`, with a clock that a test turns: what it does between two looks is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *between: object) -> None:
        self.now, self.between = 0.0, iter(between)
        monkeypatch.setattr(watching.time, "sleep", self.sleep)
        monkeypatch.setattr(watching.time, "monotonic", lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        action = next(self.between, KeyboardInterrupt)
        if action is KeyboardInterrupt:
            raise KeyboardInterrupt
        if action:
            action()

    def told(self, *paths: Path, **settings: float) -> list[tuple[str, ...]]:
        found = []
        with pytest.raises(KeyboardInterrupt):
            found.extend(
                (self.now, *(path.name for path in changed))
                for changed in watching.changes(paths, **settings)
            )
        return found


@pytest.mark.parametrize(
    "name",
    ["portfolio.toml", "README.md", "reports/metrics.json", "reports/figures/a.png", "reports/star.md"],
)
def test_what_is_shown_of_a_project_is_watched(project, monkeypatch, name):
    def write() -> None:
        (project / name).write_text('figures = [{path = "reports/figures/a.png"}]')

    assert Looks(monkeypatch, write, None, None).told(project) == [(1.0, Path(name).name)]


def test_what_is_not_shown_is_not_watched(project, monkeypatch):
    def write() -> None:
        (project / "train.log").write_text("x")
        (project / "reports" / "figures" / "b.png").write_text("x")

    assert Looks(monkeypatch, write, None).told(project) == []


def test_a_profile_is_watched_before_it_is_there_and_after_it_is_gone(tmp_path, monkeypatch):
    path = tmp_path / "owner.toml"
    looks = Looks(monkeypatch, lambda: path.write_text("x"), None, path.unlink, None)
    assert looks.told(path) == [(1.0, "owner.toml"), (2.0, "owner.toml")]


def test_a_change_is_told_once_writing_pauses(project, monkeypatch):
    metrics = project / "reports" / "metrics.json"
    growing = [lambda n=n: metrics.write_text("x" * n) for n in (3, 4, 5)]
    assert Looks(monkeypatch, *growing, None, None).told(project) == [(2.0, "metrics.json")]


def test_what_never_pauses_is_told_all_the_same(project, monkeypatch):
    metrics = project / "reports" / "metrics.json"
    growing = [lambda n=n: metrics.write_text("x" * n) for n in range(3, 13)]
    looks = Looks(monkeypatch, *growing)
    assert looks.told(project, longest_s=2.0) == [(2.5, "metrics.json"), (5.0, "metrics.json")]


def test_a_change_while_the_site_is_being_built_is_told_next(project, monkeypatch):
    readme = project / "README.md"
    Looks(monkeypatch, lambda: readme.write_text("changed"), None, None, None)
    watch = watching.changes([project])
    assert next(watch) == (readme,)
    (project / "reports" / "metrics.json").write_text("changed meanwhile")
    assert next(watch) == (project / "reports" / "metrics.json",)


def test_a_figure_that_is_named_later_is_watched(project, monkeypatch):
    def name() -> None:
        (project / "portfolio.toml").write_text('figures = [{path = "reports/new.png"}]')

    def draw() -> None:
        (project / "reports" / "new.png").write_bytes(b"2")

    told = Looks(monkeypatch, name, None, draw, None).told(project)
    assert told == [(1.0, "portfolio.toml"), (2.0, "new.png")]


@pytest.mark.parametrize(
    "facts",
    [
        b"[[figures",
        b"\xff",
        b"figures = 3",
        b'figures = ["x", {path = 3}, {alt = "no path"}]',
        b'figures = [{path = "../../secret"}, {path = "/etc/passwd"}, {path = "\\\\\\\\server\\\\share"}]',
        b'figures = [{path = "C:secret"}, {path = ""}, {path = "a\\u0000b"}]',
    ],
)
def test_a_project_that_says_nonsense_is_watched_without_its_figures(project, monkeypatch, facts):
    (project / "portfolio.toml").write_bytes(facts)
    seen: list[str] = []
    monkeypatch.setattr(watching, "_stamp", lambda path: seen.append(str(path)))
    Looks(monkeypatch, None).told(project)
    names = {name for name in seen if "\0" not in name}
    assert names == {str(project / name) for name in watching.SOURCES}
