"""How long an answer takes, and what the running service bears.

Ratios travel between machines, times do not: what is compared is measured by turns in one run.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.redact import redact
from ..evaluation import searches
from ..model import training
from ..portfolio import evidence, load, store
from ..portfolio.errors import EvidenceError
from ..portfolio.files import sha256_of, write_atomic
from . import answers, crowd
from .desk import VARIABLE
from .predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from ..data.tickets import Ticket
    from ..params import Params
    from .crowd import Person

LOAD = "reports/load.md"
_QUICK = 200  # requests where `bench` was not run
_MOST_QUESTIONS = 500
_LIMITS = re.compile(r"^(questions_per_minute|feedback_per_minute) = \d+", re.MULTILINE)


def run(root: Path, params: Params) -> str:
    """Time one answer; put the figures into the evidence of this model where there is one.

    Raises:
        ModelMissing: nothing was trained yet.
    """
    found = measure(root, params, params.bench.requests)
    known = evidence.read(root)
    simple = found["compared_with"]
    said = (
        f"{found['what']}: p50 {found['p50_ms']:.2f} ms, p95 {found['p95_ms']:.2f}, "
        f"p99 {found['p99_ms']:.2f}; {simple['what']}: p50 {simple['p50_ms']:.2f} ms; "
        f"{found['n']:,} by turns, {found['threads']} thread, {found['cpu']}"
    )
    if known is None or known["artifact"]["sha256"] != sha256_of(store.current(root).file(training.MODEL)):
        return said
    evidence.amend(root, latency=found)
    return f"{said}; written to {evidence.PATH.as_posix()}, `report` shows it"


def known_or_quick(root: Path, params: Params, sha256: str) -> dict[str, Any]:
    """Keep what `bench` has measured for this very model; else measure now, with fewer requests."""
    try:
        before = evidence.read(root) or {}
    except EvidenceError:
        before = {}
    if "latency" in before and before["artifact"]["sha256"] == sha256:
        return dict(before["latency"])
    return measure(root, params, min(_QUICK, params.bench.requests))


def measure(root: Path, params: Params, requests: int) -> dict[str, Any]:
    """Time one answer, from redaction to the quoted sentences; returns the evidence's `latency`.

    By turns with the search of the library bm25s over the same tickets, which is the least it could take.
    """
    predictor = Predictor.load(root)
    past = searches.Past.of(predictor.tickets())
    index = predictor.index_of(past.questions.items())
    library = searches.library_bm25(past, params.retrieval)

    def answered(question: str) -> object:
        decision = predictor.decide(redact(question).text, index, predictor.intent_of)
        if not decision.hits:
            return None
        first = predictor.ticket(decision.hits[0].ticket)
        return answers.extract(first.resolution, first.id, params.service.sentences)

    questions = some_questions(predictor.tickets())
    times = np.array(
        [
            [_milliseconds(way, questions[n % len(questions)]) for way in (answered, library)]
            for n in range(params.bench.warmup + requests)
        ]
    )[params.bench.warmup :]
    cpu = evidence.run_facts(root, params.seed, {})["cpu"]
    conditions = {"n": len(times), "threads": params.threads, "cpu": cpu}
    return {
        "what": f"one answer from {len(index):,} tickets",
        **_percentiles(times[:, 0]),
        **conditions,
        "compared_with": {
            "what": "the search of bm25s alone, on the same tickets",
            **_percentiles(times[:, 1]),
            **conditions,
        },
    }


def under_load(root: Path, params: Params, seconds: int) -> str:
    """Let many people chat with the running service and judge its answers: reports/load.md.

    The service is a process of its own, with a database of its own and without limits of requests, since all
    clients have one address. Afterwards the votes and answers in that database are held against what people
    were told.

    Raises:
        ProjectError: the service does not start, a request fails, or a vote or an answer is lost or doubled.
    """
    questions = some_questions(Predictor.load(root).tickets())
    clients = params.bench.clients
    with tempfile.TemporaryDirectory() as folder:
        place = _without_limits(root, Path(folder) / "project")
        address = f"sqlite:///{(Path(folder) / 'load.db').as_posix()}"
        with load.serving("helpdesk", place, **{VARIABLE: address}) as port:
            first = crowd.chat(port, questions, clients=1, seconds=1, seed=params.seed)
            began = time.perf_counter()
            people = crowd.chat(port, questions, clients=clients, seconds=seconds, seed=params.seed)
            took = time.perf_counter() - began
        kept = crowd.refuse_lost_or_doubled(address, [*first, *people])
    text = _load_report(people, kept, took, root, params.seed)
    write_atomic(root / LOAD, text)
    return f"{text}\nwritten to {LOAD}"


def some_questions(tickets: Iterable[Ticket]) -> list[str]:
    """Return questions of tickets, spread over all; without every third word, so none is known by heart."""
    texts = [ticket.question.split() for ticket in tickets]
    some = texts[:: max(1, len(texts) // _MOST_QUESTIONS)][:_MOST_QUESTIONS]
    return [" ".join(word for place, word in enumerate(words) if place % 3 != 2) for words in some]


def _without_limits(root: Path, place: Path) -> Path:
    """Copy what the service needs to `place`, with settings that limit nobody."""
    place.mkdir()
    settings = (root / "params.toml").read_text(encoding="utf-8")
    (place / "params.toml").write_text(_LIMITS.sub(r"\1 = 0", settings), encoding="utf-8")
    shutil.copy(root / "portfolio.toml", place)
    shutil.copytree(root / store.FOLDER, place / store.FOLDER)
    return place


def _load_report(people: Sequence[Person], kept: int, took: float, root: Path, seed: int) -> str:
    cpu = evidence.run_facts(root, seed, {})["cpu"]
    rows = {
        "Questions": [ms for person in people for ms in person.ask_ms],
        "Votes, changed, doubled and taken back ones too": [ms for person in people for ms in person.vote_ms],
    }
    asked, answered = sum(one.asked for one in people), sum(len(one.answers) for one in people)
    lines = [
        "# The service under load\n",
        f"{len(people)} people chat at once over HTTP and judge the answers they get; every request was "
        f"answered with 200. {answered:,} of {asked:,} questions got an answer from a ticket. Some votes "
        "were sent twice at the same moment, some changed, some taken back: the database then had "
        f"{kept:,} votes, each once and as it was given last; none was lost, none was doubled. Service and "
        f"clients share {cpu}. Made by `python -m helpdesk bench --load {round(took)}`.\n",
        "| Requests | Number | A second | p50, ms | p95, ms | p99, ms |",
        f"| --- |{' ---: |' * 5}",
    ]
    for what, times in rows.items():
        if times:
            p50, p95, p99 = np.percentile(times, [50, 95, 99]).tolist()
            lines.append(
                f"| {what} | {len(times):,} | {len(times) / took:,.0f} | {p50:.1f} | {p95:.1f} | {p99:.1f} |"
            )
    return "\n".join(lines) + "\n"


def _percentiles(milliseconds: NDArray[np.float64]) -> dict[str, float]:
    p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99]).tolist()
    return {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99}


def _milliseconds(way: Callable[[str], object], question: str) -> float:
    started = time.perf_counter()
    way(question)
    return 1000 * (time.perf_counter() - started)
