"""The shape of params.toml: one frozen dataclass a section.

The units and sources of the numbers stand beside them in params.toml; a dataclass holds only what may be
there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from .portfolio.errors import ParamsError
from .portfolio.typed_toml import Bounds, Count, NotNegative, Positive, Share, read

if TYPE_CHECKING:
    from pathlib import Path

OpenShare = Annotated[float, Bounds(0.01, 0.9)]


@dataclass(frozen=True, slots=True)
class Data:
    """How many reviews, and how long."""

    rows: Annotated[int, Bounds(200, 10_000_000)]
    real_rows: Annotated[int, Bounds(200, 10_000_000)]
    longest: Count


@dataclass(frozen=True, slots=True)
class Sources:
    """Where real reviews come from."""

    polarity: str
    reviews_2023: str
    category: str
    timeout_s: Positive
    attempts: Count
    backoff_s: NotNegative


@dataclass(frozen=True, slots=True)
class Own:
    """The owner's own CSV file: the column of each thing; empty where there is none."""

    name: str
    title: str
    text: str
    rating: str
    label: str
    product: str
    domain: str


@dataclass(frozen=True, slots=True)
class Generator:
    """Shape of the synthetic reviews."""

    products: Annotated[int, Bounds(20, 1_000_000)]
    positive_share: OpenShare
    label_noise: Annotated[float, Bounds(0, 0.4)]
    negation_share: Share
    contrast_share: Share
    held_out_share: OpenShare
    verified_share: Share


@dataclass(frozen=True, slots=True)
class Split:
    """Who is learned from and who is tested."""

    test_share: Annotated[float, Bounds(0.05, 0.5)]
    validation_share: Annotated[float, Bounds(0.05, 0.5)]
    shingle_words: Annotated[int, Bounds(1, 20)]
    duplicate_share: Annotated[float, Bounds(0.3, 1)]


@dataclass(frozen=True, slots=True)
class Tiny:
    """The small model that needs no download."""

    vocabulary: Annotated[int, Bounds(200, 100_000)]
    layers: Annotated[int, Bounds(1, 12)]
    hidden: Annotated[int, Bounds(8, 1024)]
    heads: Annotated[int, Bounds(1, 16)]
    epochs: Annotated[int, Bounds(1, 100)]
    learning_rate: Annotated[float, Bounds(1e-7, 0.1)]
    token_dropout: Annotated[float, Bounds(0, 0.5)]


@dataclass(frozen=True, slots=True)
class Base:
    """The pre-trained model."""

    model: str
    revision: str
    epochs: Annotated[int, Bounds(1, 100)]
    learning_rate: Annotated[float, Bounds(1e-7, 0.1)]
    token_dropout: Annotated[float, Bounds(0, 0.5)]


@dataclass(frozen=True, slots=True)
class Training:
    """How either of them is trained and kept."""

    max_tokens: Annotated[int, Bounds(8, 512)]
    batch: Annotated[int, Bounds(1, 1024)]
    warmup_share: Share
    weight_decay: NotNegative
    patience: Count
    versions_kept: Count


@dataclass(frozen=True, slots=True)
class Cost:
    """What a wrong answer and an abstention cost."""

    wrong: Positive
    abstain: Positive
    unit: str
    source: str
    most_abstained: Share


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How the model is judged."""

    resamples: Annotated[int, Bounds(100, 100_000)]
    bins: Annotated[int, Bounds(2, 100)]
    minimum_slice: Count


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Budget of failed cases for each capability."""

    vocabulary: Share
    negation: Share
    typo: Share
    names: Share
    brands: Share
    praise: Share
    complaint: Share
    moved: Share


@dataclass(frozen=True, slots=True)
class Drift:
    """When new reviews count as different."""

    minimum: Count
    psi_alarm: Positive
    reference_rows: Count


@dataclass(frozen=True, slots=True)
class Service:
    """The HTTP service."""

    host: str
    port: Annotated[int, Bounds(1, 65_535)]
    max_characters: Count
    max_batch: Annotated[int, Bounds(1, 10_000)]
    max_body_bytes: Count
    timeout_s: Annotated[int, Bounds(1, 3_600)]
    words_explained: Annotated[int, Bounds(1, 1_000)]


@dataclass(frozen=True, slots=True)
class Bench:
    """How latency is measured."""

    tokens: tuple[int, ...]
    warmup: Count
    requests: Annotated[int, Bounds(20, 1_000_000)]


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
    tiny: Tiny
    base: Base
    training: Training
    cost: Cost
    evaluation: Evaluation
    behaviour: Behaviour
    drift: Drift
    service: Service
    bench: Bench


def load(root: Path) -> Params:
    """Read `root`/params.toml.

    Raises:
        ParamsError: the file is missing, is not TOML, or holds an unknown, missing or impossible value.
    """
    params = read(Params, root / "params.toml")
    if params.tiny.hidden % params.tiny.heads:
        raise ParamsError(
            f"params.toml: tiny.hidden {params.tiny.hidden} is not a multiple of tiny.heads "
            f"{params.tiny.heads}"
        )
    if not params.bench.tokens or not all(4 <= length <= 512 for length in params.bench.tokens):
        raise ParamsError("params.toml: bench.tokens: expected lengths from 4 to 512")
    if params.cost.abstain >= params.cost.wrong:
        raise ParamsError("params.toml: cost.abstain is not below cost.wrong: nothing would be answered")
    return params
