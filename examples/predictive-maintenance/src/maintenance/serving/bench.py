"""Time the answer for one reading, or put the running service under load.

Ratios travel between machines, times do not: both paths are measured in one run.
"""

from __future__ import annotations

import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import generate
from ..portfolio import evidence, store
from ..portfolio.files import sha256_of
from . import loadtest
from .predictor import Predictor, Reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from ..params import Params


def run(root: Path, params: Params, *, requests: int = 0) -> str:
    """Measure, put the figures into the evidence of this model where there is one, and say them in one line.

    With `requests` above 0 that many go to the running service instead; see `loadtest`.

    Raises:
        ModelMissing: nothing was trained yet.
        ProjectError: under load, a request was not answered with 200.
    """
    if requests:
        return loadtest.run(root, readings(params, requests))
    found = measure(root, params)
    known = evidence.read(root)
    model = sha256_of(store.current(root).path / "model.ubj")
    if known is None or known["artifact"]["sha256"] != model:
        return _summary(found)
    evidence.amend(root, latency=found)
    return f"{_summary(found)}; written to {evidence.PATH.as_posix()}, `report` shows it"


def measure(root: Path, params: Params) -> dict[str, Any]:
    """Time one reading by the service's path and by the table path in turn; returns the evidence's `latency`.

    Both give the whole answer: probability, closest rule, and the reasons of alerts. They take turns call by
    call, so that whatever else the machine does slows both down alike.
    """
    predictor = Predictor.load(root)
    paths: tuple[Callable[[Reading], object], ...] = (
        predictor.predict,
        lambda reading: predictor.predict_many([reading]),
    )
    sample = readings(params, params.bench.warmup + params.bench.requests)
    times = np.array([[_milliseconds(path, reading) for path in paths] for reading in sample])
    row, table = times[params.bench.warmup :].T
    cpu = evidence.run_facts(root, params.seed, {})["cpu"]
    conditions = {"n": len(row), "threads": params.threads, "cpu": cpu}
    return {
        "what": "one reading, as a float32 row (the service's path)",
        **percentiles(row),
        **conditions,
        "speedup": float(np.median(table) / np.median(row)),
        "compared_with": {"what": "one reading, as a DataFrame", **percentiles(table), **conditions},
    }


def readings(params: Params, count: int) -> list[Reading]:
    """Make readings that no model of the project has learned from."""
    frame = generate.readings(count, params.seed + 1, params)[[field.name for field in fields(Reading)]]
    rows: list[Any] = frame.to_dict("records")
    return [Reading(**row) for row in rows]


def percentiles(milliseconds: NDArray[np.float64]) -> dict[str, float]:
    """Return the median and the tail."""
    p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99]).tolist()
    return {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99}


def _milliseconds(path: Callable[[Reading], object], reading: Reading) -> float:
    started = time.perf_counter()
    path(reading)
    return 1000 * (time.perf_counter() - started)


def _summary(found: dict[str, Any]) -> str:
    return (
        f"one reading: p50 {found['p50_ms']:.2f} ms, p95 {found['p95_ms']:.2f}, p99 {found['p99_ms']:.2f}; "
        f"{found['speedup']:.1f} times faster than as a DataFrame "
        f"({found['compared_with']['p50_ms']:.2f} ms); "
        f"{found['n']:,} in turn, {found['threads']} thread, {found['cpu']}"
    )
