"""Many people chat with the running service at once, and judge its answers; then the database is counted.

Everybody keeps a list of what they were told was taken in. Some votes are sent twice at the same moment, some
are changed, some are taken back: in the end each answer has the vote that its reader gave last, and no other.
"""

from __future__ import annotations

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, func
from sqlmodel import Session, select

from ..portfolio.errors import ProjectError
from .tables import AnswerRow, FeedbackRow, MessageRow

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANSWER_S = 30.0  # a later answer counts as none
_QUESTIONS = 4  # of a conversation
_TWICE, _CHANGED, _UNDONE = 0.25, 0.2, 0.2  # shares of the votes


@dataclass(slots=True)
class Person:
    """What one client sent, and what it was told."""

    asked: int = 0
    answers: list[int] = field(default_factory=list)
    votes: dict[int, bool] = field(default_factory=dict)  # as they stand in the end
    sent: int = 0  # votes, changed votes and votes taken back
    ask_ms: list[float] = field(default_factory=list)
    vote_ms: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def chat(port: int, questions: Sequence[str], *, clients: int, seconds: float, seed: int) -> list[Person]:
    """Let `clients` people chat with the service at `port` of this machine for so many seconds.

    Raises:
        ProjectError: a request was not answered with 200 and what belongs to it.
    """
    until = time.monotonic() + seconds

    def one(number: int) -> Person:
        draw = random.Random(f"{seed} {number}")  # noqa: S311
        return _Client(port, questions, draw).run(until)

    with ThreadPoolExecutor(clients) as pool:
        people = list(pool.map(one, range(clients)))
    if failures := [failure for person in people for failure in person.failures]:
        raise ProjectError(
            f"under load: {len(failures)} of {sum(one.asked + one.sent for one in people):,} requests "
            f"failed; the first: {failures[0]}"
        )
    return people


def refuse_lost_or_doubled(address: str, people: Sequence[Person]) -> int:
    """Hold the database against what people were told; returns the number of votes.

    Raises:
        ProjectError: an answer or a vote is missing, is there twice, or is another one.
    """
    expected = {answer: vote for person in people for answer, vote in person.votes.items()}
    engine = create_engine(address)
    try:
        with Session(engine) as session:
            rows = session.exec(select(FeedbackRow)).all()
            answers = session.exec(select(AnswerRow.id)).all()
            said = session.exec(select(func.count()).select_from(MessageRow)).one()
    finally:
        engine.dispose()
    found = {row.answer_id: row.helpful for row in rows}
    told = [answer for person in people for answer in person.answers]
    lost, other = expected.keys() - found.keys(), found.keys() - expected.keys()
    wrong = [answer for answer in expected.keys() & found.keys() if expected[answer] != found[answer]]
    if len(rows) != len(found) or lost or other or wrong:
        raise ProjectError(
            f"under load: {len(expected):,} votes were taken in; the database has {len(rows):,}: {len(lost)} "
            f"are lost, {len(other)} were never given or taken back, {len(wrong)} are the wrong way round"
        )
    if sorted(answers) != sorted(told):
        raise ProjectError(f"under load: {len(told):,} answers were shown; the database has {len(answers):,}")
    asked = sum(person.asked for person in people)
    if said < 2 * asked:
        raise ProjectError(
            f"under load: {asked:,} questions were asked; of their messages only {said:,} are left"
        )
    return len(rows)


class _Client:
    """One person with two windows open."""

    def __init__(self, port: int, questions: Sequence[str], draw: random.Random) -> None:
        self._questions, self._draw = questions, draw
        self._windows = [HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S) for _ in range(2)]
        self._person = Person()

    def run(self, until: float) -> Person:
        """Chat until then."""
        conversation = None
        while time.monotonic() < until and not self._person.failures:
            if self._person.asked % _QUESTIONS == 0:
                conversation = None
            conversation = self._ask(conversation)
        for window in self._windows:
            window.close()
        return self._person

    def _ask(self, conversation: str | None) -> str | None:
        headers = {"X-Conversation": conversation} if conversation else {}
        body = {"text": self._draw.choice(self._questions)}
        began = time.perf_counter()
        (found,) = self._send([("POST", "/chat", body, headers)])
        self._person.ask_ms.append(1000 * (time.perf_counter() - began))
        self._person.asked += 1
        if found is None:
            return None
        reply = found["reply"]
        if reply["kind"] == "answer":
            self._person.answers.append(reply["id"])
            self._judge(reply["id"], reply["feedback_token"])
        return str(found["conversation"])

    def _judge(self, answer: int, token: str) -> None:
        helpful = self._draw.random() < 0.7
        self._vote(answer, token, helpful, times=2 if self._draw.random() < _TWICE else 1)
        if self._draw.random() < _CHANGED:
            self._vote(answer, token, not helpful)
        if self._draw.random() < _UNDONE:
            self._vote(answer, token, None)

    def _vote(self, answer: int, token: str, helpful: bool | None, times: int = 1) -> None:
        """Vote, or take the vote back; more than once means at the same moment, from several windows."""
        body: dict[str, Any] = {"answer": answer, "token": token}
        if helpful is not None:
            body["helpful"] = helpful
        began = time.perf_counter()
        self._send([("DELETE" if helpful is None else "POST", "/feedback", body, {})] * times)
        self._person.vote_ms.append(1000 * (time.perf_counter() - began))
        self._person.sent += times
        if helpful is None:
            self._person.votes.pop(answer, None)
        else:
            self._person.votes[answer] = helpful

    def _send(self, requests: Sequence[tuple[str, str, dict[str, Any], dict[str, str]]]) -> list[Any]:
        """Send all requests before the first answer is read; None for what has failed."""
        windows = self._windows[: len(requests)]
        try:
            for window, (method, path, body, headers) in zip(windows, requests, strict=True):
                content = {"Content-Type": "application/json", **headers}
                window.request(method, path, json.dumps(body), content)
            return [
                self._read(window, path) for window, (_, path, _, _) in zip(windows, requests, strict=True)
            ]
        except (OSError, HTTPException) as error:
            self._person.failures.append(type(error).__name__)
            return [None] * len(requests)

    def _read(self, window: HTTPConnection, path: str) -> Any:
        response = window.getresponse()
        content = response.read()
        if response.status != 200:
            self._person.failures.append(
                f"{path}: status {response.status}: {content[:200].decode(errors='replace')}"
            )
            return None
        return json.loads(content)
