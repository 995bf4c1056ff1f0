"""The chat in the terminal: one question, a question a line, or a talk; here or with a running service."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from desks import AGENT, KNOWN, LEARNED, RESOLUTION, SUBJECT, UNKNOWN, client_of, desk_of
from projects import run

from helpdesk.portfolio.load import serving
from helpdesk.serving.desk import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk.serving.predictor import Predictor


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    address = f"sqlite:///{tmp_path}/helpdesk.db"
    monkeypatch.setenv(VARIABLE, address)
    return address


@pytest.fixture(scope="module")
def url(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    environment = {
        VARIABLE: f"sqlite:///{tmp_path_factory.mktemp('db')}/helpdesk.db",
        "HELPDESK_AGENT_TOKEN": AGENT["Authorization"].removeprefix("Bearer "),
    }
    with serving("helpdesk", trained, **environment) as port:
        yield f"http://127.0.0.1:{port}"


class Chat:
    """Types lines, and reads what comes back."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> None:
        self._root, self._patch, self._captured = root, patch, captured

    def __call__(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        self._patch.setattr(sys, "stdin", io.StringIO(typed))
        self._captured.readouterr()
        status = run("chat", "--root", str(self._root), *arguments)
        out, err = self._captured.readouterr()
        return status, out, err


@pytest.fixture
def chat(
    trained: Path, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Chat:
    return Chat(trained, monkeypatch, capsys)


def test_one_question_gets_one_reply_with_its_ticket(chat: Chat) -> None:
    status, out, _ = chat(KNOWN)
    assert status == 0
    assert "% sure]" in out.splitlines()[-1]


def test_not_to_know_is_no_failure(chat: Chat) -> None:
    status, out, _ = chat(UNKNOWN)
    assert status == 0
    assert out.startswith(("I do not know", "I am not sure"))


def test_each_line_of_a_pipe_is_answered_by_itself_and_no_person_is_asked(
    chat: Chat, trained: Path, predictor: Predictor, database: str
) -> None:
    status, out, _ = chat("-", typed=f"{KNOWN}\n\n{UNKNOWN}\n{UNKNOWN}\n{'a' * 10_000}\n{KNOWN}\n")
    assert status == 0
    assert out.count("% sure]") == 2
    assert "10,000 characters; at most" in out
    with desk_of(trained, predictor, database) as desk:
        assert desk.waiting() == 0


def test_a_talk_goes_through_all_commands(
    chat: Chat, trained: Path, predictor: Predictor, database: str
) -> None:
    typed = [
        "/person",
        "/good",
        KNOWN,
        "/good",
        "/bad",
        UNKNOWN,
        "/good",
        "/person",
        "/new",
        "/other",
        " ",
        "/quit",
    ]
    status, out, _ = chat(typed="\n".join([*typed, "not read any more"]))
    assert status == 0
    for expected in (
        "(no such conversation",
        "(the last reply is no answer that could be judged)",
        "% sure]",
        "(counted)",
        "A person has your question now",
        "(a new conversation)",
    ):
        assert expected in out
    assert out.count("/quit ends") == 2  # at the beginning, and for a command that there is not
    with desk_of(trained, predictor, database) as desk:
        assert desk.waiting() == 1
        assert [(change.what, change.after) for change in desk.audit()] == [
            ("feedback", {"helpful": True}),
            ("feedback changed", {"helpful": False}),
        ]


def test_the_end_of_the_input_ends_the_talk(chat: Chat) -> None:
    assert chat(typed="")[0] == 0
    assert chat(typed=KNOWN)[0] == 0


@pytest.mark.parametrize(
    ("question", "expected"), [("", "text is empty"), ("a" * 10_000, "10,000 characters")]
)
def test_what_is_no_question_is_one_line(chat: Chat, question: str, expected: str) -> None:
    status, _, err = chat(question)
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith("error: ")
    assert expected in err


def test_without_a_model_it_says_so(
    untrained: Path, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = Chat(untrained, monkeypatch, capsys)(KNOWN)
    assert (status, err) == (1, "error: no trained model in models/; run 'train' first\n")


def test_a_ticket_cannot_command_the_terminal(
    chat: Chat, trained: Path, predictor: Predictor, database: str
) -> None:
    from sqlmodel import update

    from helpdesk.serving.tables import TicketRow
    from helpdesk.serving.transactions import writing

    with desk_of(trained, predictor, database) as desk:
        desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION)
        with writing(desk.engine) as session:  # as an import of before may have left it
            session.exec(
                update(TicketRow).values(
                    resolution="Red \x1b[31malert\x1b[0m \x9b2J.", subject="\x1b]0;x\x07"
                )
            )
    out = chat(UNKNOWN)[1] + chat(typed=f"{UNKNOWN}\nmy invoice\n")[1]
    assert "alert" in out
    assert not set(out) & {"\x1b", "\x9b", "\x07"}


# ---- a running service


def test_a_running_service_answers_the_same(chat: Chat, url: str) -> None:
    here, there = chat(KNOWN), chat(KNOWN, "--url", url)
    assert here == there


def test_a_talk_with_a_service_gets_the_persons_reply(
    chat: Chat, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person replies between two lines: when the third line is asked for, the reply has come."""
    typed = iter([UNKNOWN, "/person", KNOWN, "/good", "/new", "/quit"])

    def read(_prompt: str) -> str:
        text = next(typed)
        if text == KNOWN:
            (waiting,) = httpx2.get(f"{url}/handover", headers=AGENT).json()["handovers"]
            body = {"subject": SUBJECT, "resolution": RESOLUTION}
            httpx2.post(
                f"{url}/handover/{waiting['id']}/resolve", headers=AGENT, json=body
            ).raise_for_status()
        return text

    monkeypatch.setattr("builtins.input", read)
    status, out, _ = chat("--url", url)
    assert status == 0
    assert f"A person: {RESOLUTION}" in out
    assert out.index("A person has your question now") < out.index("A person: Hello") < out.index("(counted)")
    assert chat(UNKNOWN, "--url", url)[1].startswith(LEARNED)


def test_what_a_service_refuses_is_said(chat: Chat, url: str) -> None:
    status, _, err = chat("a" * 10_000, "--url", url)
    assert (status, err) == (1, "error: text has 10,000 characters; at most 4,000 are taken\n")
    assert "(no such conversation" not in chat("--url", url, typed="/person\n")[2]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9", "nonsense", "http://[::1", "ftp://127.0.0.1", "http://"]
)
def test_where_no_service_is_one_line_says_so(chat: Chat, address: str) -> None:
    status, _, err = chat(KNOWN, "--url", address)
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith("error: ")
    assert address in err


def test_another_kind_of_service_is_recognised(
    chat: Chat, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(*_: Any, **__: Any) -> httpx2.Response:
        return httpx2.Response(200, json={"reply": {}})

    monkeypatch.setattr(httpx2.Client, "request", other)
    status, _, err = chat(KNOWN, "--url", "http://127.0.0.1:9")
    assert status == 1
    assert "does not answer as a help desk" in err


def test_the_service_of_the_tests_is_that_of_the_terminal(trained: Path, database: str, chat: Chat) -> None:
    """Both use one database: what the terminal asks, an agent of the service sees."""
    chat(typed=f"{UNKNOWN}\n/person\n")
    with client_of(trained, database) as client:
        assert client.get("/handover", headers=AGENT).json()["waiting"] == 1
