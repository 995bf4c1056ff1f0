"""Our own implicit ALS beside other implementations: reports/engines.md, written by `bench --engines`.

The same data, factors, weights and turns for all of them, fitted by turns in one run. Whoever is asked for a
list is folded in by the same code, so what differs is how fast the items' factors are found and how good
they are: the time as a ratio, and the NDCG as a difference on the same users.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..data import ingestion
from ..model import split
from ..model.als import ImplicitAls
from ..model.engines import IMPLICIT, OWN, SPARK, engine, lacks, spark_session
from ..model.judge import judged
from ..portfolio import evidence
from ..portfolio.errors import ModelError
from ..portfolio.files import write_atomic
from ..portfolio.intervals import Interval, paired_difference
from .growth import als_settings, log_alike, say

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ..data.interactions import Interactions
    from ..model.base import Recommender
    from ..params import Params

    Fitted = dict[str, tuple[NDArray[np.float64], Recommender]]  # seconds of each round, the last model

REPORT = "reports/engines.md"
SLOWEST = 2.0  # our own stays the default up to so many times the time of `implicit`
_ROUNDS = 5
_LARGER = 10  # times the default users, with twice the items
_LARGER_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """Our own engine and another one, on the same data with the same settings."""

    data: str
    factors: int
    other: str
    own_s: float
    other_s: float
    ratio: float  # our time / theirs, the median of the rounds
    ratios: tuple[float, float]  # of the rounds, lowest and highest
    ndcg: tuple[float, float] | None = None  # our own and theirs; None where there is no taste to find
    gain: Interval | None = None  # our own minus theirs


def run(root: Path, params: Params) -> str:
    """Compare with every other engine that is installed; returns the report.

    Raises:
        ModelError: none is. DataError: no interactions yet, or too few.
    """
    others = [name for name in (IMPLICIT, SPARK) if not lacks(name)]
    if not others:
        reasons = "; ".join(lacks(name) for name in (IMPLICIT, SPARK))
        raise ModelError(f"there is no other engine to compare with: {reasons}")
    found, _, manifest = ingestion.read(root)
    parts = split.parts(found, split.TEMPORAL, params)
    chosen = als_settings(root, params)
    start_s = _start_of_spark(params) if SPARK in others else None
    graded = manifest.feedback != "explicit"
    pairs = []
    for factors in sorted({*params.als.factors, int(chosen["factors"])}):
        say(f"{factors} factors: {', '.join([OWN, *others])}, {_ROUNDS} times by turns")
        settings = chosen | {"factors": factors}
        fitted = by_turns([OWN, *others], parts.train, settings, params, rounds=_ROUNDS, graded=graded)
        seen = [_pair(manifest.name, factors, name, fitted) for name in others]
        pairs += [_judged(pair, fitted, parts, params) for pair in seen]
    if IMPLICIT in others:
        size = (_LARGER * params.data.users, 2 * params.data.items)
        say(f"{size[0]:,} users, {size[1]:,} items: {OWN}, {IMPLICIT}, {_LARGER_ROUNDS} times by turns")
        larger = log_alike(*size, params.seed, params.generator)
        fitted = by_turns([OWN, IMPLICIT], larger, chosen, params, rounds=_LARGER_ROUNDS)
        what = f"drawn without taste, {len(larger):,} interactions"
        pairs.append(_pair(what, int(chosen["factors"]), IMPLICIT, fitted))
    cpu = evidence.run_facts(root, params.seed, {})["cpu"]
    head = (
        f"{len(parts.train):,} interactions of the training part of the {split.TEMPORAL} split, judged on "
        f"its test part; alpha {chosen['alpha']:g}, {params.als.sweeps} turns, regularisation "
        f"{chosen['regularisation']:g}; {params.threads} thread of {cpu}. Each engine fits {_ROUNDS} times "
        f"by turns, {_LARGER_ROUNDS} times where the data are larger, after one fit that is not counted. "
        "Made by `python -m recommender bench --engines`."
    )
    text = _report(head, pairs, params.evaluation.k, start_s)
    write_atomic(root / REPORT, text)
    return f"{text}\nwritten to {REPORT}"


def by_turns(
    names: list[str],
    train: Interactions,
    settings: dict[str, float],
    params: Params,
    *,
    rounds: int,
    graded: bool = False,
) -> Fitted:
    """Fit with each engine in turn, `rounds` times after one that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in names}
    models: dict[str, Recommender] = {}
    for _ in range(1 + rounds):
        for name in names:
            model = ImplicitAls(
                int(settings["factors"]),
                settings["alpha"],
                settings["regularisation"],
                params.als.sweeps,
                params.seed,
                graded=graded,
                engine=engine(name, params.threads),
            )
            began = time.perf_counter()
            models[name] = model.fit(train)
            seconds[name].append(time.perf_counter() - began)
    return {name: (np.array(seconds[name][1:]), models[name]) for name in names}


def _pair(data: str, factors: int, other: str, fitted: Fitted) -> Pair:
    own_s, other_s = fitted[OWN][0], fitted[other][0]
    ratios = own_s / other_s
    return Pair(
        data,
        factors,
        other,
        float(np.median(own_s)),
        float(np.median(other_s)),
        float(np.median(ratios)),
        (float(ratios.min()), float(ratios.max())),
    )


def _judged(pair: Pair, fitted: Fitted, parts: split.Parts, params: Params) -> Pair:
    """Add how good the two are, on the same users."""
    k, chunk = params.evaluation.k, params.training.chunk_users
    one, two = (judged(model, parts, k, chunk).ndcg for _, model in (fitted[OWN], fitted[pair.other]))
    gain = paired_difference(
        lambda _, values: float(values.mean()),
        np.arange(len(one)),
        one,
        two,
        resamples=params.evaluation.resamples,
        seed=params.seed,
    )
    return replace(pair, ndcg=(float(one.mean()), float(two.mean())), gain=gain)


def _start_of_spark(params: Params) -> float:
    say("starting Spark")
    began = time.perf_counter()
    spark_session(params.threads)
    return time.perf_counter() - began


def _report(head: str, pairs: list[Pair], k: int, start_s: float | None) -> str:
    lines = [
        "# Our own implicit ALS beside other engines\n",
        f"{head}\n",
        "| Data | Factors | Other engine | Own, s | Other, s | Own / other (lowest to highest) "
        f"| NDCG@{k} own | other | Difference (95 %) |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *map(_line, pairs),
        f"\n{verdict(pairs)}",
    ]
    if start_s is not None:
        lines.append(
            f"Spark itself took {start_s:.1f} s to start, once a process; no fit above has that in it."
        )
    return "\n".join(lines) + "\n"


def verdict(pairs: list[Pair]) -> str:
    """Say which engine should be the default: our own while it takes no more than twice the time."""
    ratios = [pair.ratio for pair in pairs if pair.other == IMPLICIT]
    if not ratios:
        return f"`{IMPLICIT}` is not installed here, so this says nothing about the default engine."
    said = f"Own ALS takes {min(ratios):.2f} to {max(ratios):.2f} times the time of `{IMPLICIT}` here"
    if max(ratios) <= SLOWEST:
        return f"{said}, less than {SLOWEST:g} times: it is the right default on this machine."
    return (
        f'{said}, more than {SLOWEST:g} times: on this machine `als.engine = "{IMPLICIT}"` in params.toml is '
        "the better choice, and our own the one to read."
    )


def _line(pair: Pair) -> str:
    low, high = pair.ratios
    shown = f"| {pair.data} | {pair.factors} | {pair.other} | {pair.own_s:.3f} | {pair.other_s:.3f} "
    shown += f"| {pair.ratio:.2f} ({low:.2f} to {high:.2f}) "
    if pair.ndcg is None or pair.gain is None:
        return f"{shown}| | | |"
    own, other = pair.ndcg
    gain = pair.gain
    return f"{shown}| {own:.4f} | {other:.4f} | {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f}) |"
