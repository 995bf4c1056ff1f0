"""The bench under load: it really chats and votes, and it would notice a vote that is lost or doubled."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlmodel import Session

from helpdesk.__main__ import main
from helpdesk.portfolio import evidence
from helpdesk.portfolio.errors import ProjectError
from helpdesk.serving import bench, crowd
from helpdesk.serving.tables import METADATA, AnswerRow, ConversationRow, FeedbackRow, MessageRow


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A database in which one person asked twice, got two answers, and judged the first."""
    address = f"sqlite:///{(tmp_path / 'load.db').as_posix()}"
    engine = create_engine(address)
    METADATA.create_all(engine)
    with Session(engine) as session:
        session.add(ConversationRow(id=1, token_hash="0", last_at=0))
        session.flush()
        for number in range(1, 5):
            who, kind = ("visitor", "question") if number % 2 else ("assistant", "answer")
            session.add(MessageRow(id=number, conversation_id=1, who=who, kind=kind, text="", at=0))
        session.add_all([AnswerRow(id=2, token_hash="2"), AnswerRow(id=4, token_hash="4")])
        session.flush()
        session.add(FeedbackRow(answer_id=2, helpful=True, at=0))
        session.commit()
    engine.dispose()
    return address


def person(votes: dict[int, bool], answers: tuple[int, ...] = (2, 4), asked: int = 2) -> crowd.Person:
    return crowd.Person(asked=asked, answers=list(answers), votes=votes)


def test_what_people_were_told_is_what_is_there(address: str) -> None:
    assert crowd.refuse_lost_or_doubled(address, [person({2: True})]) == 1


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (
            person({2: True, 4: True}),
            "1 are lost, 0 were never given or taken back, 0 are the wrong way round",
        ),
        (person({}), "0 are lost, 1 were never given or taken back"),
        (person({2: False}), "1 are the wrong way round"),
        (person({2: True}, answers=(2, 4, 6)), "3 answers were shown; the database has 2"),
        (person({2: True}, answers=(2,)), "1 answers were shown; the database has 2"),
        (person({2: True}, asked=3), "3 questions were asked; of their messages only 4 are left"),
    ],
)
def test_a_difference_is_named(address: str, told: crowd.Person, message: str) -> None:
    with pytest.raises(ProjectError, match=re.escape(message)):
        crowd.refuse_lost_or_doubled(address, [told])


def test_nobody_there_is_a_failure_and_no_figure() -> None:
    with pytest.raises(ProjectError, match="1 of 1 requests failed; the first: ConnectionRefusedError"):
        crowd.chat(1, ["vpn"], clients=1, seconds=5, seed=1)


def test_the_running_service_bears_a_few_people(
    copy_of_trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (copy_of_trained / "params.toml").read_text(encoding="utf-8")
    remembered = sorted((copy_of_trained / "var").rglob("*"))
    assert main(["bench", "--load", "2", "--root", str(copy_of_trained)]) == 0
    assert "none was lost, none was doubled" in capsys.readouterr().out
    report = (copy_of_trained / bench.LOAD).read_text(encoding="utf-8")
    assert "4 people chat at once" in report
    assert re.search(r"\| Questions \| [\d,]+ \|", report)
    assert re.search(r"\| Votes, changed, doubled and taken back ones too \| [\d,]+ \|", report)
    assert (copy_of_trained / "params.toml").read_text(encoding="utf-8") == before
    assert sorted((copy_of_trained / "var").rglob("*")) == remembered  # it had a database of its own


def test_the_time_of_an_answer_goes_into_the_evidence(
    evaluated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = Path(shutil.copytree(evaluated, tmp_path / "timed"))
    assert main(["bench", "--root", str(root)]) == 0
    assert "written to reports/metrics.json" in capsys.readouterr().out
    measured = evidence.read(root)
    assert measured is not None
    assert measured["latency"]["n"] == 20
    assert measured["latency"]["what"].startswith("one answer from ")
    assert measured["latency"]["compared_with"]["what"].startswith("the search of bm25s alone")
