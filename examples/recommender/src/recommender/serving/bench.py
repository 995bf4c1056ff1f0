"""How long an answer takes, and what the running service bears.

Ratios travel between machines, times do not: what is compared is measured by turns in one run.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import training
from ..model.top import without_seen
from ..portfolio import evidence, load, store
from ..portfolio.errors import EvidenceError
from ..portfolio.files import sha256_of, write_atomic
from .predictor import Predictor
from .ratings import VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ..params import Params

LOAD = "reports/load.md"
_WHAT = "top {k} of {items:,} items for one user"
_QUERY = (
    "query($id: ID!) { recommendations(userId: $id, first: 10) { ... on RecommendationConnection "
    "{ strategy edges { score node { id title genres summary { count mean } } } } } }"
)


def run(root: Path, params: Params) -> str:
    """Time one list; put the figures into the evidence of this model where there is one.

    Raises:
        ModelMissing: nothing was trained yet.
    """
    found = measure(root, params, params.bench.requests)
    known = evidence.read(root)
    said = (
        f"{found['what']}: p50 {found['p50_ms']:.2f} ms, p95 {found['p95_ms']:.2f}, "
        f"p99 {found['p99_ms']:.2f}; "
        f"{found['speedup']:.1f} times faster than sorting all scores; {found['n']:,} by turns, "
        f"{found['threads']} thread, {found['cpu']}"
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
    return measure(root, params, min(200, params.bench.requests))


def measure(root: Path, params: Params, requests: int) -> dict[str, Any]:
    """Time the list of one user, beside sorting all scores; returns the evidence's `latency`."""
    predictor = Predictor.load(root)
    histories = some_histories(predictor)
    k = params.evaluation.k

    def list_of(history: dict[int, float]) -> object:
        return predictor.rank(history, k, cold_below=0)

    def all_sorted(history: dict[int, float]) -> object:
        row = predictor._row(history)
        scores = without_seen(predictor.model.scores(row), row)[0].tolist()
        return sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[:k]

    rounds = params.bench.warmup + requests
    times = np.array(
        [
            [_milliseconds(path, histories[n % len(histories)]) for path in (list_of, all_sorted)]
            for n in range(rounds)
        ]
    )[params.bench.warmup :]
    cpu = evidence.run_facts(root, params.seed, {})["cpu"]
    conditions = {"n": len(times), "threads": params.threads, "cpu": cpu}
    what = _WHAT.format(k=k, items=len(predictor.items))
    return {
        "what": what,
        **_percentiles(times[:, 0]),
        **conditions,
        "speedup": float(np.median(times[:, 1]) / np.median(times[:, 0])),
        "compared_with": {
            "what": "the same, all scores sorted in Python",
            **_percentiles(times[:, 1]),
            **conditions,
        },
    }


def under_load(root: Path, params: Params, requests: int) -> str:
    """Put the running service under load, with a database of its own: reports/load.md.

    Raises:
        ProjectError: the service does not start, or a request is not answered with a list.
    """
    import tempfile

    predictor = Predictor.load(root)
    with np.load(predictor.stored.file(training.HISTORIES), allow_pickle=False) as file:
        users = file["users"]
    bodies = [
        json.dumps({"query": _QUERY, "variables": {"id": str(users[n % len(users)])}})
        for n in range(requests)
    ]
    with tempfile.TemporaryDirectory() as folder:
        address = {VARIABLE: f"sqlite:///{folder}/ratings.db"}
        with load.serving("recommender", root, **address) as port:
            load.drive(port, "/graphql", bodies[: params.bench.warmup], clients=1, accept=_is_list)
            found = load.drive(port, "/graphql", bodies, clients=params.bench.clients, accept=_is_list)
    write_atomic(root / LOAD, _load_report(found, root, params))
    return f"{found}; written to {LOAD}"


def some_histories(predictor: Predictor, most: int = 200) -> list[dict[int, float]]:
    """Return stored histories, of users spread over all."""
    with np.load(predictor.stored.file(training.HISTORIES), allow_pickle=False) as file:
        user, item, value = (file[name] for name in ("user", "item", "value"))
    chosen = np.unique(user)
    chosen = chosen[:: max(1, len(chosen) // most)][:most]
    return [dict(zip(item[user == one].tolist(), value[user == one].tolist(), strict=True)) for one in chosen]


def _load_report(found: load.Load, root: Path, params: Params) -> str:
    cpu = evidence.run_facts(root, params.seed, {})["cpu"]
    return (
        "# The service under load\n\n"
        "GraphQL over HTTP, each request a list of 10 with title, genres and ratings of every item; every "
        f"answer was 200 and a list. Service and clients share {cpu}. Made by "
        f"`python -m recommender bench --load {found.requests}`.\n\n"
        "| Clients | Requests | A second | p50, ms | p95, ms | p99, ms |\n|"
        f"{' ---: |' * 6}\n"
        f"| {found.clients} | {found.requests:,} | {found.per_second:,.0f} | {found.p50_ms:.1f} "
        f"| {found.p95_ms:.1f} | {found.p99_ms:.1f} |\n"
    )


def _percentiles(milliseconds: NDArray[np.float64]) -> dict[str, float]:
    p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99]).tolist()
    return {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99}


def _milliseconds(path: Any, history: dict[int, float]) -> float:
    started = time.perf_counter()
    path(history)
    return 1000 * (time.perf_counter() - started)


def _is_list(answer: bytes) -> bool:
    found = json.loads(answer)
    return "errors" not in found and len(found["data"]["recommendations"]["edges"]) > 0
