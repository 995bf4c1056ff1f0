"""Votes: counted once whatever happens, taken back, seen in the order of the tickets, all in the audit."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from desks import AGENT, KNOWN, RESOLUTION, SUBJECT, UNKNOWN, ask, client_of, desk_of
from sqlmodel import select

from helpdesk.serving.refusals import Conflict
from helpdesk.serving.tables import AuditRow, FeedbackRow
from helpdesk.serving.transactions import reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk.serving.desk import Desk
    from helpdesk.serving.predictor import Predictor
    from helpdesk.serving.views import Reply

THREADS = 16


@pytest.fixture
def desk(trained: Path, predictor: Predictor, tmp_path: Path) -> Iterator[Desk]:
    with desk_of(trained, predictor, f"sqlite:///{tmp_path}/helpdesk.db") as opened:
        yield opened


def vote(desk: Desk, reply: Reply, *, helpful: bool) -> None:
    desk.feedback(reply.message.id, reply.feedback_token or "", helpful=helpful)


def counted(desk: Desk, reply: Reply) -> tuple[int, int]:
    ticket = desk.ticket(reply.message.sentences[0].ticket)
    return ticket.up, ticket.down


def test_a_vote_counts_once_is_changed_and_taken_back(desk: Desk) -> None:
    reply = desk.ask(KNOWN)
    for _ in range(3):
        vote(desk, reply, helpful=True)
    assert counted(desk, reply) == (1, 0)
    vote(desk, reply, helpful=False)
    assert counted(desk, reply) == (0, 1)
    assert desk.conversation(reply.conversation).messages[-1].helpful is False
    desk.undo_feedback(reply.message.id, reply.feedback_token or "")
    assert counted(desk, reply) == (0, 0)
    assert desk.conversation(reply.conversation).messages[-1].helpful is None
    with pytest.raises(Conflict, match="no vote on this answer"):
        desk.undo_feedback(reply.message.id, reply.feedback_token or "")
    changes = [(change.what, change.before, change.after) for change in desk.audit()]
    assert changes == [
        ("feedback", None, {"helpful": True}),
        ("feedback changed", {"helpful": True}, {"helpful": False}),
        ("feedback undone", {"helpful": False}, None),
    ]
    assert {(change.who, change.answer) for change in desk.audit()} == {("visitor", reply.message.id)}


def test_an_answer_that_cites_a_ticket_in_several_sentences_counts_once_for_it(desk: Desk) -> None:
    desk.add(subject=SUBJECT, body=UNKNOWN, resolution="It was found in 1823. It is of stone. It is old.")
    reply = desk.ask(UNKNOWN)
    assert len(reply.message.sentences) > 1
    vote(desk, reply, helpful=True)
    assert counted(desk, reply) == (1, 0)


def test_whoever_has_the_conversation_may_judge_its_answers_and_no_others(desk: Desk) -> None:
    reply = desk.ask(KNOWN)
    desk.feedback(reply.message.id, reply.conversation, helpful=True)
    assert counted(desk, reply) == (1, 0)


def test_sixteen_threads_on_one_answer_count_once(desk: Desk) -> None:
    reply = desk.ask(KNOWN)
    barrier = threading.Barrier(THREADS)

    def work(_: int) -> None:
        barrier.wait()
        vote(desk, reply, helpful=True)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    assert counted(desk, reply) == (1, 0)
    with reading(desk.engine) as session:
        assert len(session.exec(select(FeedbackRow)).all()) == 1
        assert len(session.exec(select(AuditRow)).all()) == 1


def test_sixteen_threads_that_do_not_agree_leave_one_vote_and_a_whole_audit(desk: Desk) -> None:
    reply = desk.ask(KNOWN)
    barrier = threading.Barrier(THREADS)

    def work(number: int) -> None:
        barrier.wait()
        if number % 4 == 3:
            try:
                desk.undo_feedback(reply.message.id, reply.feedback_token or "")
            except Conflict:
                return
        else:
            vote(desk, reply, helpful=number % 2 == 0)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    held: dict[str, object] | None = None
    for change in desk.audit():  # each change begins with what the one before it left
        assert change.before == held
        held = change.after
    with reading(desk.engine) as session:
        rows = session.exec(select(FeedbackRow)).all()
    assert [{"helpful": row.helpful} for row in rows] == ([held] if held else [])
    assert sum(counted(desk, reply)) == len(rows)


def test_votes_change_the_order_of_tickets_and_taking_them_back_restores_it(desk: Desk) -> None:
    for name in ("a", "b"):
        desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION, ticket=name)

    def order() -> list[tuple[str, float]]:
        return [(hit.ticket, hit.score) for hit in desk.learning.index().search(UNKNOWN, 2)]

    before = order()
    assert [ticket for ticket, _ in before] == ["a", "b"]  # equally good, so by their ids
    replies = [desk.ask(UNKNOWN) for _ in range(3)]
    for reply in replies:
        assert reply.message.sentences[0].ticket == "a"
    for reply in replies:
        vote(desk, reply, helpful=False)
    assert [ticket for ticket, _ in order()] == ["b", "a"]
    assert desk.ask(UNKNOWN).message.sentences[0].ticket == "b"
    for reply in replies:
        desk.undo_feedback(reply.message.id, reply.feedback_token or "")
    assert order() == before


def test_votes_outlive_a_restart(trained: Path, predictor: Predictor, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/helpdesk.db"
    with desk_of(trained, predictor, database) as desk:
        for name in ("a", "b"):
            desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION, ticket=name)
        vote(desk, desk.ask(UNKNOWN), helpful=False)
        judged = desk.learning.index().search(UNKNOWN, 2)
    with desk_of(trained, predictor, database) as desk:
        again = desk.learning.index().search(UNKNOWN, 2)
    assert [hit.ticket for hit in judged] == ["b", "a"] == [hit.ticket for hit in again]
    assert [hit.score for hit in judged] == pytest.approx([hit.score for hit in again])


def test_over_http_sixteen_at_once_count_once_and_a_forged_token_not_at_all(
    trained: Path, tmp_path: Path
) -> None:
    with client_of(trained, f"sqlite:///{tmp_path}/helpdesk.db") as client:
        reply = ask(client, KNOWN)["reply"]
        body = {"answer": reply["id"], "token": reply["feedback_token"], "helpful": True}
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(lambda _: client.post("/feedback", json=body), range(THREADS)))
        assert [answer.json() for answer in found] == [{"answer": reply["id"], "helpful": True}] * THREADS
        forged = client.post("/feedback", json=body | {"token": "forged", "helpful": False})
        assert (forged.status_code, forged.json()["error"]) == (
            403,
            "this token is not the one that came with the answer",
        )
        assert len(client.get("/audit", headers=AGENT).json()["changes"]) == 1
        ticket = client.get(f"/tickets/{reply['sentences'][0]['ticket']}", headers=AGENT).json()
        assert (ticket["up"], ticket["down"]) == (1, 0)
        gone = client.request("DELETE", "/feedback", json={key: body[key] for key in ("answer", "token")})
        assert gone.json() == {"answer": reply["id"], "helpful": None}
        again = client.request("DELETE", "/feedback", json={key: body[key] for key in ("answer", "token")})
        assert again.status_code == 409
