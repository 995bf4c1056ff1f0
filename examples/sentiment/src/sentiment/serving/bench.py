"""Time int8 against fp32, both as ONNX graphs, in turn and on one thread: what quantization really buys here.

Times do not depend on what a text says, so token ids are drawn at random; whether the answers stay the same
is measured on reviews. Torch is timed too where it is installed, for information: leaving torch is no
quantization.
"""

from __future__ import annotations

import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import ingestion
from ..model import split, training
from ..model.encoder import FILE as TOKENIZER
from ..model.encoder import Encoder
from ..model.runtime import INT8, Runtime
from ..portfolio import evidence, store
from ..portfolio.errors import EvidenceError, ProjectError
from ..portfolio.files import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ..params import Params
    from ..portfolio.store import StoredModel

    Times = NDArray[np.float64]  # shape (n,), milliseconds

HEADLINE_TOKENS = 64  # the length that the evidence's `latency` is about, where it is measured
QUICK = 60  # requests where `evaluate` measures by the way
_RESAMPLES = 1_000


class ClaimRefuted(ProjectError):  # noqa: N818  # a finding, not an error
    """The claimed reduction was not measured."""


def run(root: Path, params: Params, *, claim: float | None = None, tokens: tuple[int, ...] = ()) -> str:
    """Measure, put the figures into the evidence of this model where there is one, and say them.

    Args:
        root: the project's folder. params: of the project.
        claim: per cent by which int8 is said to be faster than fp32; None claims nothing.
        tokens: lengths to time instead of those in params.toml.

    Raises:
        ClaimRefuted: at one of the lengths the interval of the reduction does not lie above the claim.
        ModelMissing: nothing was trained yet. ModelError: the fp32 graph of the model is not there.
    """
    if tokens:
        params = replace(params, bench=replace(params.bench, tokens=tokens))
    latency, facts = measure(root, params)
    lengths = params.bench.tokens
    lines = [_line(facts, length) for length in lengths]
    said = "\n".join([*lines, facts["bench_sentence"]])
    known = evidence.read(root)
    model = sha256_of(store.current(root).file(INT8))
    if known is not None and known["artifact"]["sha256"] == model:
        evidence.amend(root, latency=latency, facts=known.get("facts", {}) | facts)
        said += f"\nwritten to {evidence.PATH.as_posix()}, `report` shows it"
    if claim is not None:
        lows = {length: 100 * facts[f"reduction_{length}_low"] for length in lengths}
        short = [length for length, low in lows.items() if low < claim]
        if short:
            print(said)  # noqa: T201  # what was measured, before the verdict
            raise ClaimRefuted(
                f"a reduction of {claim:g} % is not shown at {', '.join(map(str, short))} tokens: the "
                f"interval begins at {', '.join(f'{lows[length]:.0f} %' for length in short)}"
            )
        said += f"\n{claim:g} % holds at all of {', '.join(map(str, lengths))} tokens"
    return said


def measure(root: Path, params: Params) -> tuple[dict[str, Any], dict[str, Any]]:
    """Time both graphs; returns the evidence's `latency`, and facts for the texts."""
    stored = store.current(root)
    fp32 = training.workbench(root, stored, training.FP32)
    graphs = {"int8": Runtime(stored.file(INT8), params.threads), "fp32": Runtime(fp32, params.threads)}
    vocabulary = Encoder(stored.file(TOKENIZER), 512).size
    random = np.random.default_rng(params.seed)
    facts: dict[str, Any] = {
        "int8_mb": stored.file(INT8).stat().st_size / 1e6,
        "fp32_mb": fp32.stat().st_size / 1e6,
        "vnni": vnni(),
        "agreement": _agreement(root, params, stored, graphs),
        "bench_requests": params.bench.requests,
    }
    found: dict[int, dict[str, Times]] = {}
    for length in params.bench.tokens:
        ids = random.integers(5, vocabulary, (params.bench.warmup + params.bench.requests, 1, length))
        found[length] = _in_turn(
            {name: graph.run for name, graph in graphs.items()}, ids, params.bench.warmup
        )
        facts |= _facts(length, found[length], params.seed)
    facts |= _torch_times(root, stored, params, random, vocabulary)
    main = HEADLINE_TOKENS if HEADLINE_TOKENS in found else params.bench.tokens[0]
    cpu = evidence.run_facts(root, params.seed, {})["cpu"]
    facts["bench_sentence"] = sentence(facts, params.bench.tokens, params.threads)
    return _latency(found[main], main, params, cpu), facts


def sentence(facts: dict[str, Any], lengths: tuple[int, ...], threads: int) -> str:
    """Put the measurement into the one sentence that may be quoted."""
    parts = []
    for length in lengths:
        # Whole numbers: formatted floats would say "-0 %".
        low, middle, high = (round(100 * facts[f"reduction_{length}{end}"]) for end in ("_low", "", "_high"))
        parts.append(f"{middle} % at {length} tokens ({low} to {high} %)")
    return (
        f"Dynamic int8 quantization, against fp32 and both in ONNX Runtime, reduces the median latency by "
        f"{', '.join(parts)}; 95 % intervals, {threads} thread, {facts['vnni']}. The file shrinks from "
        f"{facts['fp32_mb']:.1f} to {facts['int8_mb']:.1f} MB, and {facts['agreement']:.1%} of the labels "
        "stay the same."
    )


def vnni() -> str:
    """Say whether the processor has the instructions that make int8 quick."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "VNNI unknown"
    return "with VNNI" if "vnni" in text else "without VNNI"


def _in_turn(
    graphs: dict[str, Callable[[NDArray[np.int64]], object]], ids: NDArray[np.int64], warmup: int
) -> dict[str, Times]:
    """Call the graphs by turns, so that whatever else the machine does slows all down alike."""
    times = np.empty((len(ids), len(graphs)))
    for row, one in enumerate(ids):
        for place, graph in enumerate(graphs.values()):
            started = time.perf_counter()
            graph(one)
            times[row, place] = 1000 * (time.perf_counter() - started)
    return dict(zip(graphs, times[warmup:].T, strict=True))


def _facts(length: int, times: dict[str, Times], seed: int) -> dict[str, float]:
    low, high = _interval(times, seed)
    found = {
        f"{name}_{length}_p{p}_ms": float(np.percentile(t, p)) for name, t in times.items() for p in (50, 99)
    }
    reduction = 1 - float(np.median(times["int8"]) / np.median(times["fp32"]))
    return found | {
        f"reduction_{length}": reduction,
        f"reduction_{length}_low": low,
        f"reduction_{length}_high": high,
    }


def _interval(times: dict[str, Times], seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the reduction of the median: pairs of calls are drawn again (bootstrap)."""
    rows = np.random.default_rng(seed).integers(len(times["int8"]), size=(_RESAMPLES, len(times["int8"])))
    reductions = 1 - np.median(times["int8"][rows], axis=1) / np.median(times["fp32"][rows], axis=1)
    low, high = np.quantile(reductions, [0.025, 0.975])
    return float(low), float(high)


def _agreement(root: Path, params: Params, stored: StoredModel, graphs: dict[str, Runtime]) -> float:
    """Return the share of validation reviews that both graphs give the same label."""
    reviews, _ = ingestion.read(root)
    texts = [review.text for review in split.parts(reviews, params).validation]
    encoded = Encoder(stored.file(TOKENIZER), stored.metadata["max_tokens"]).encode(texts)
    labels = [graph.logits(encoded).argmax(axis=1) for graph in graphs.values()]
    return float(np.mean(labels[0] == labels[1]))


def _torch_times(
    root: Path, stored: StoredModel, params: Params, random: np.random.Generator, vocabulary: int
) -> dict[str, float]:
    if find_spec("torch") is None:
        return {}
    import torch

    torch.set_num_threads(params.threads)
    network = training.load_network(root, stored)
    length = HEADLINE_TOKENS
    ids = random.integers(5, vocabulary, (5 + 30, 1, length))

    def answer(one: NDArray[np.int64]) -> object:
        with torch.inference_mode():
            tensor = torch.as_tensor(one)
            return network(input_ids=tensor, attention_mask=torch.ones_like(tensor)).logits

    times = _in_turn({"torch": answer}, ids, 5)["torch"]
    return {f"torch_{length}_p50_ms": float(np.median(times))}


def _latency(times: dict[str, Times], length: int, params: Params, cpu: str) -> dict[str, Any]:
    conditions = {"n": len(times["int8"]), "threads": params.threads, "cpu": cpu}
    one, other = (
        {f"p{p}_ms": float(np.percentile(times[name], p)) for p in (50, 95, 99)} for name in ("int8", "fp32")
    )
    return {
        "what": f"one text of {length} tokens, int8",
        **one,
        **conditions,
        "speedup": other["p50_ms"] / one["p50_ms"],
        "compared_with": {"what": f"one text of {length} tokens, fp32", **other, **conditions},
    }


def _line(facts: dict[str, Any], length: int) -> str:
    fp32, int8 = (
        f"{name} p50 {facts[f'{name}_{length}_p50_ms']:.2f} ms p99 {facts[f'{name}_{length}_p99_ms']:.2f}"
        for name in ("fp32", "int8")
    )
    low, middle, high = (100 * facts[f"reduction_{length}{end}"] for end in ("_low", "", "_high"))
    return f"{length:>4} tokens: {fp32}, {int8}: reduction {middle:.0f} % ({low:.0f} to {high:.0f} %)"


def known_or_quick(root: Path, params: Params, sha256: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keep what `bench` has measured for this very model; else measure now, with fewer requests."""
    try:
        before = evidence.read(root) or {}
    except EvidenceError:
        before = {}
    facts = before.get("facts", {})
    if "bench_sentence" in facts and before["artifact"]["sha256"] == sha256:
        prefixes = ("int8_", "fp32_", "torch_", "reduction_", "vnni", "agreement", "bench_")
        return dict(before["latency"]), {
            key: value for key, value in facts.items() if key.startswith(prefixes)
        }
    return measure(root, replace(params, bench=replace(params.bench, requests=QUICK, warmup=5)))
