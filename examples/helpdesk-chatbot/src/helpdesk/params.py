"""The shape of params.toml: one frozen dataclass a section.

The units and sources of the numbers stand beside them in params.toml; a dataclass holds only what may be
there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from .portfolio.errors import ParamsError
from .portfolio.typed_toml import Bounds, Count, NotNegative, Positive, Share, read

if TYPE_CHECKING:
    from pathlib import Path

PartShare = Annotated[float, Bounds(0.05, 0.5)]
UpToHalf = Annotated[float, Bounds(0, 0.5)]
UpToOne = Annotated[float, Bounds(0, 1)]


@dataclass(frozen=True, slots=True)
class Data:
    """How many synthetic tickets, and what any ticket may be."""

    tickets: Annotated[int, Bounds(200, 1_000_000)]
    longest: Annotated[int, Bounds(100, 1_000_000)]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the public sets come from."""

    clinc150: str
    banking77: str
    timeout_s: Positive
    attempts: Count
    backoff_s: NotNegative


@dataclass(frozen=True, slots=True)
class Own:
    """The owner's own export: the column of each thing; empty where there is none."""

    name: str
    preset: Literal["", "zendesk", "freshdesk", "jira", "zammad", "osticket"]
    id: str
    created: str
    queue: str
    priority: str
    subject: str
    body: str
    resolution: str
    resolved_at: str
    language: str
    intent: str
    encoding: str
    date_form: str
    time_zone: str
    batch: Annotated[int, Bounds(1, 1_000_000)]
    most_refused: UpToOne


@dataclass(frozen=True, slots=True)
class Generator:
    """Shape of the synthetic tickets."""

    days: Annotated[int, Bounds(30, 10_000)]
    duplicate_share: UpToHalf
    typo_share: UpToHalf
    colloquial_share: UpToHalf
    short_share: UpToHalf
    personal_share: UpToOne
    german_share: UpToHalf
    unresolved_share: UpToHalf
    out_of_scope_share: UpToHalf
    label_noise: UpToHalf


@dataclass(frozen=True, slots=True)
class Split:
    """What is held back."""

    test_share: PartShare
    validation_share: PartShare
    near_duplicate: Share
    run: Annotated[int, Bounds(1, 10)]


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How past tickets are found."""

    k1: NotNegative
    b: UpToOne
    grams: tuple[int, ...]
    weights: tuple[float, ...]
    semantic: str
    votes: UpToOne
    votes_prior: Positive
    first: Annotated[int, Bounds(1, 100)]
    pool: Annotated[int, Bounds(1, 1000)]


@dataclass(frozen=True, slots=True)
class Model:
    """The linear models."""

    regularisation: tuple[float, ...]
    intent_weights: tuple[float, ...]
    largest_vocabulary: Annotated[int, Bounds(100, 5_000_000)]
    versions_kept: Count


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a mistake costs."""

    wrong_answer: Positive
    person: Positive
    clarify_share: UpToOne


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How it is judged."""

    cutoffs: tuple[int, ...]
    resamples: Annotated[int, Bounds(100, 100_000)]
    minimum_slice: Count
    shots: tuple[int, ...]
    bins: Annotated[int, Bounds(2, 100)]


@dataclass(frozen=True, slots=True)
class Drift:
    """When new tickets count as different."""

    minimum: Count
    psi_alarm: Positive


@dataclass(frozen=True, slots=True)
class Service:
    """The service."""

    host: str
    port: Annotated[int, Bounds(1, 65_535)]
    database: str
    max_body_bytes: Count
    longest_question: Annotated[int, Bounds(10, 100_000)]
    memory_minutes: Count
    keep_days: Count
    questions_per_minute: Annotated[int, Bounds(0, 1_000_000)]
    feedback_per_minute: Annotated[int, Bounds(0, 1_000_000)]
    sentences: Annotated[int, Bounds(1, 20)]
    session_minutes: Count
    handovers_open: Count


@dataclass(frozen=True, slots=True)
class Generation:
    """The optional language model."""

    model: str
    timeout_s: Positive
    most_tokens: Count
    supported: UpToOne


@dataclass(frozen=True, slots=True)
class Bench:
    """How speed is measured."""

    warmup: Count
    requests: Annotated[int, Bounds(20, 1_000_000)]
    clients: Annotated[int, Bounds(1, 256)]
    seconds: Annotated[int, Bounds(1, 3600)]


@dataclass(frozen=True, slots=True)
class Params:
    """Everything in params.toml."""

    seed: Annotated[int, Bounds(0, 2**31 - 1)]
    threads: Annotated[int, Bounds(1, 256)]
    data: Data
    sources: Sources
    own: Own
    generator: Generator
    split: Split
    retrieval: Retrieval
    model: Model
    threshold: Threshold
    evaluation: Evaluation
    drift: Drift
    service: Service
    generation: Generation
    bench: Bench


def load(root: Path) -> Params:
    """Read `root`/params.toml.

    Raises:
        ParamsError: the file is missing, is not TOML, or holds an unknown, missing or impossible value.
    """
    params = read(Params, root / "params.toml")
    lists: tuple[tuple[str, tuple[float, ...], float, float], ...] = (
        ("retrieval.grams", params.retrieval.grams, 1, 10),
        ("retrieval.weights", params.retrieval.weights, 0, 1),
        ("model.regularisation", params.model.regularisation, 1e-9, 1e9),
        ("model.intent_weights", params.model.intent_weights, 0, 0.99),
        ("evaluation.cutoffs", params.evaluation.cutoffs, 1, 1000),
        ("evaluation.shots", params.evaluation.shots, 1, 1_000_000),
    )
    for name, values, low, high in lists:
        if not values or min(values) < low or max(values) > high:
            raise ParamsError(f"params.toml: {name}: expected one or more numbers from {low:g} to {high:g}")
        if list(values) != sorted(set(values)):
            raise ParamsError(f"params.toml: {name}: expected each number once, the smallest first")
    if max(params.evaluation.cutoffs) > params.retrieval.first:
        raise ParamsError("params.toml: evaluation.cutoffs looks at more tickets than retrieval.first finds")
    if params.retrieval.first > params.retrieval.pool:
        raise ParamsError("params.toml: retrieval.pool is below retrieval.first; expected at least as many")
    return params
