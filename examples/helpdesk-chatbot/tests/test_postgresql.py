"""The desk on a real PostgreSQL, started for these tests and not to be reached from outside this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from desks import AGENT, KNOWN, LEARNED, RESOLUTION, REWORDED, SUBJECT, UNKNOWN, ask, client_of, desk_of
from sqlalchemy import create_engine, inspect
from sqlmodel import select

from helpdesk.asgi.database import connect
from helpdesk.portfolio.errors import ProjectError
from helpdesk.serving.migrating import migrate
from helpdesk.serving.refusals import Unavailable
from helpdesk.serving.tables import METADATA, FeedbackRow
from helpdesk.serving.transactions import prepare, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk.serving.predictor import Predictor

pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed")
FOLDERS = [
    *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
    Path("/usr/local/bin"),
    Path("/usr/bin"),
]
BINARIES = next((folder for folder in FOLDERS if (folder / "initdb").exists()), None)
OWNERS = ("postgres", "nobody")  # PostgreSQL does not run as root
SECRET = "a password of the tests"


class Server:
    """A PostgreSQL of its own, in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder, self.databases = folder, 0
        folder.mkdir(mode=0o700)
        self._user = _owner(folder)
        password = folder / "password"
        password.write_text(SECRET, encoding="utf-8")
        password.chmod(0o644)
        access = ("--username=helpdesk", "--auth=scram-sha-256", f"--pwfile={password}")
        self._run("initdb", f"--pgdata={folder}/data", *access, "--encoding=UTF8", "--locale=C")
        self.start()

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off"
        self._run(
            "pg_ctl", f"--pgdata={self.folder}/data", "-o", options, f"--log={self.folder}/log", "-w", "start"
        )

    def stop(self) -> None:
        self._control("stop", "--mode=immediate")

    def new_database(self) -> str:
        """Make an empty database; returns its address."""
        self.databases += 1
        name = f"helpdesk{self.databases}"
        engine = create_engine(self.address("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return self.address(name)

    def address(self, name: str) -> str:
        return f"postgresql+psycopg://helpdesk:{SECRET.replace(' ', '%20')}@127.0.0.1:{self.port}/{name}"

    def _control(self, action: str, *options: str) -> None:
        self._run("pg_ctl", action, f"--pgdata={self.folder}/data", "--wait", *options)

    def _run(self, program: str, *arguments: str) -> None:
        assert BINARIES is not None
        subprocess.run(
            [str(BINARIES / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            timeout=60,
            cwd=self.folder,
            user=self._user,
            group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
            extra_groups=None if self._user is None else [],
        )


def _owner(folder: Path) -> str | None:
    """Return whom PostgreSQL has to run as, who then owns the folder; None where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in OWNERS:
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            os.chown(folder, found.pw_uid, found.pw_gid)
            return name
    pytest.skip("PostgreSQL does not run as root, and there is nobody else")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if BINARIES is None:
        pytest.skip("PostgreSQL is not installed")
    # pytest's own folders can be entered by nobody else, and a socket's path must be short.
    top = Path(tempfile.mkdtemp(prefix="pg"))
    top.chmod(0o711)
    try:
        made = Server(top / "server")
    except subprocess.CalledProcessError as error:
        shutil.rmtree(top, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {error.cmd[0]} ended with {error.returncode}")
    yield made
    with suppress(subprocess.CalledProcessError):
        made.stop()
    shutil.rmtree(top, ignore_errors=True)


@pytest.fixture
def database(server: Server) -> str:
    return server.new_database()


def test_the_steps_make_the_tables_of_the_code_and_take_them_back(database: str, tmp_path: Path) -> None:
    engine = connect(tmp_path, database, "NOT_SET")
    prepare(engine)
    for _ in range(2):
        migrate(engine)
        migrate(engine)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, METADATA) == []
        migrate(engine, "base")
        assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    engine.dispose()


def test_processes_that_start_at_once_migrate_once(
    trained: Path, predictor: Predictor, database: str
) -> None:
    barrier = threading.Barrier(4)

    def start(_: int) -> int:
        barrier.wait()
        with desk_of(trained, predictor, database) as desk:
            return desk.known()

    # The environment is the same for all four, so it is set once around them.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HELPDESK_DATABASE", database)
        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(start, range(4))) == {len(predictor.tickets())}


def test_it_learns_as_on_sqlite_and_after_a_restart(trained: Path, database: str) -> None:
    with client_of(trained, database) as client:
        first = ask(client, UNKNOWN)
        assert first["reply"]["kind"] in ("clarify", "unknown")
        second = ask(client, REWORDED, first["conversation"])["reply"]
        assert second["kind"] == "handed over"
        body = {"subject": SUBJECT, "resolution": RESOLUTION}
        path = f"/handover/{second['handover']}/resolve"
        assert client.post(path, headers=AGENT, json=body).status_code == 200
        assert client.post(path, headers=AGENT, json=body).status_code == 409
        assert ask(client, UNKNOWN)["reply"]["text"] == LEARNED
        ask(
            client, "a\0b \ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        )  # PostgreSQL has no NUL
    with client_of(trained, database) as client:
        reply = ask(client, UNKNOWN)["reply"]
        assert reply["text"] == LEARNED
        assert client.get("/readyz").json()["ready"] is True


def test_sixteen_threads_and_two_processes_worth_of_desks_count_once(
    trained: Path, predictor: Predictor, database: str
) -> None:
    with desk_of(trained, predictor, database) as one, desk_of(trained, predictor, database) as other:
        replies = [one.ask(KNOWN), other.ask(KNOWN)]
        barrier = threading.Barrier(16)

        def work(number: int) -> None:
            barrier.wait()
            desk, reply = (one, other)[number % 2], replies[number // 2 % 2]
            desk.feedback(reply.message.id, reply.feedback_token or "", helpful=True)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(work, range(16)))
        with reading(one.engine) as session:
            assert len(session.exec(select(FeedbackRow)).all()) == 2
        assert len(one.audit()) == 2
        assert one.ticket(replies[0].message.sentences[0].ticket).up == 2


def test_no_change_of_another_process_is_missed_however_many_write_at_once(
    trained: Path, predictor: Predictor, database: str
) -> None:
    """Each desk reads the audit on from the last row it saw: one that became visible late would be lost."""
    with desk_of(trained, predictor, database) as one, desk_of(trained, predictor, database) as other:
        barrier = threading.Barrier(4)

        def teach(number: int) -> list[str]:
            barrier.wait()
            desk = (one, other)[number % 2]
            bodies = [f"What about the plesiosaur number {number} {turn}?" for turn in range(10)]
            return [desk.add(subject=SUBJECT, body=body, resolution=RESOLUTION).id for body in bodies]

        with ThreadPoolExecutor(4) as pool:
            added = [ticket for tickets in pool.map(teach, range(4)) for ticket in tickets]
        for desk in (one, other):
            index = desk.learning.index()
            assert all(ticket in index for ticket in added)
            assert len(index) == len(predictor.tickets()) + len(added)


def test_two_agents_at_once_and_a_person_asked_twice_at_once_make_one(
    trained: Path, predictor: Predictor, database: str
) -> None:
    with desk_of(trained, predictor, database) as desk:
        token = desk.ask(UNKNOWN).conversation
        with ThreadPoolExecutor(8) as pool:
            numbers = {reply.handover for reply in pool.map(lambda _: desk.hand_over(token), range(8))}
        assert len(numbers) == 1
        assert desk.waiting() == 1

        def resolve(_: int) -> bool:
            try:
                desk.resolve(next(iter(numbers)) or 0, subject=SUBJECT, resolution=RESOLUTION)
            except ProjectError:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(resolve, range(4))) == [False, False, False, True]
        assert len(desk.learned()) == 1


def test_a_server_that_goes_away_is_a_503_and_comes_back(
    server: Server, trained: Path, database: str
) -> None:
    with client_of(trained, database) as client:
        assert ask(client, KNOWN)["reply"]["kind"] == "answer"
        server.stop()
        try:
            answer = client.post("/chat", json={"text": KNOWN})
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert (
                answer.json()["error"]
                == "the database cannot be used now; nothing of this was kept, try again"
            )
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["ready"]) == (503, False)
        finally:
            server.start()
        assert _again(lambda: ask(client, KNOWN))["reply"]["kind"] == "answer"
        assert client.get("/readyz").json()["ready"] is True


def _again(work: Any) -> Any:
    """Try for a while: of the pool's connections each has to find out by itself that it is broken."""
    for _ in range(20):
        try:
            return work()
        except (AssertionError, Unavailable):
            time.sleep(0.2)
    return work()


def test_a_wrong_password_is_one_line_that_does_not_have_it(
    database: str, trained: Path, tmp_path: Path
) -> None:
    with pytest.raises(ProjectError, match="authentication failed") as refused:
        connect(tmp_path, database.replace("tests", "nobody"), "NOT_SET")
    assert "nobody" not in str(refused.value)
    assert "\n" not in str(refused.value)
