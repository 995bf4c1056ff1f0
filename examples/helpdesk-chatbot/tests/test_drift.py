"""The drift check: silent on questions like those the model was chosen with, loud on others."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import SMALLER
from projects import new_project

from helpdesk import params
from helpdesk.__main__ import main
from helpdesk.data import ingestion
from helpdesk.data.tickets import to_bytes
from helpdesk.model import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk.data.tickets import Ticket


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with enough questions for a verdict, for reading only."""
    changed = SMALLER | {"data.tickets": 4000, "retrieval.weights": [0.4], "model.intent_weights": [0.2]}
    root = new_project(tmp_path_factory.mktemp("large") / "project", changed)
    assert main(["data", "--root", str(root)]) == 0
    assert main(["train", "--root", str(root)]) == 0
    return root


@pytest.fixture(scope="module")
def usual(large: Path) -> Sequence[Ticket]:
    """Later questions, of the kind that the model was chosen with, and as unknown to it."""
    return split.parts(*ingestion.read(large), params.load(large)).test


@pytest.fixture
def root(large: Path, tmp_path: Path) -> Path:
    """A copy that a test may write into."""
    return Path(shutil.copytree(large, tmp_path / "copy"))


def drift(root: Path, tickets: Sequence[Ticket]) -> int:
    path = root / "week.jsonl"
    path.write_bytes(to_bytes(sorted(tickets, key=lambda ticket: (ticket.created or 0, ticket.id))))
    return main(["drift", "--current", str(path), "--root", str(root)])


def some(tickets: Sequence[Ticket], seed: int, count: int = 400) -> list[Ticket]:
    """Draw with replacement."""
    drawn = random.Random(seed).choices(tickets, k=count)  # noqa: S311
    return [replace(ticket, id=f"{ticket.id}-{place}") for place, ticket in enumerate(drawn)]


@pytest.mark.parametrize("seed", range(4))
def test_silent_on_later_questions_of_the_same_kind(
    root: Path, usual: Sequence[Ticket], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drift(root, random.Random(seed).sample(usual, 400)) == 0  # noqa: S311
    assert "no alarm: 400 tickets of week.jsonl" in capsys.readouterr().out


def test_loud_when_another_topic_takes_over(
    root: Path, usual: Sequence[Ticket], capsys: pytest.CaptureFixture[str]
) -> None:
    one = [ticket for ticket in usual if ticket.intent == "vpn"]
    assert drift(root, some(one, 1)) == 1
    said = capsys.readouterr().err
    assert "guessed intent" in said
    assert "(reports/drift.md); train on newer tickets" in said
    assert "| guessed intent |" in (root / "reports/drift.md").read_text(encoding="utf-8")


def test_loud_when_nobody_asked_such_things_before(
    root: Path, usual: Sequence[Ticket], capsys: pytest.CaptureFixture[str]
) -> None:
    strange = [
        replace(ticket, subject="", body=f"zorblax quindle {place} frumious snark")
        for place, ticket in enumerate(some(usual, 1))
    ]
    assert drift(root, strange) == 1
    said = capsys.readouterr().err
    assert "known words" in said
    assert "confidence" in said


def test_loud_when_another_language_comes(
    root: Path, usual: Sequence[Ticket], capsys: pytest.CaptureFixture[str]
) -> None:
    german = [ticket for ticket in usual if ticket.language == "de"]
    assert drift(root, some(german, 1)) == 1
    assert "language" in capsys.readouterr().err


def test_a_model_that_was_chosen_with_few_questions_gives_no_verdict(
    copy_of_trained: Path, usual: Sequence[Ticket], capsys: pytest.CaptureFixture[str]
) -> None:
    assert drift(copy_of_trained, some(usual, 1)) == 0
    assert "no verdict on 400 tickets of week.jsonl beside 1" in capsys.readouterr().out


def test_few_tickets_give_no_verdict(
    root: Path, usual: Sequence[Ticket], capsys: pytest.CaptureFixture[str]
) -> None:
    assert drift(root, some(usual, 1, 20)) == 0
    assert "no verdict on 20 tickets of week.jsonl beside " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"{}\n", "week.jsonl:1: "), (b"not json\n", "week.jsonl:1: "), (b'{"id": "1"}\n', "week.jsonl:1: ")],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_line(
    trained: Path, tmp_path: Path, content: bytes, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "week.jsonl").write_bytes(content)
    assert main(["drift", "--current", str(tmp_path / "week.jsonl"), "--root", str(trained)]) == 1
    assert expected in capsys.readouterr().err


def test_a_file_that_is_not_there_is_one_line(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", "--current", "nowhere.jsonl", "--root", str(trained)]) == 1
    assert capsys.readouterr().err.startswith("error: nowhere.jsonl: No such file")
