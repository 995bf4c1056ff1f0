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
Cutoff = Annotated[int, Bounds(1, 1000)]


@dataclass(frozen=True, slots=True)
class Data:
    """How large the synthetic log is."""

    users: Annotated[int, Bounds(20, 1_000_000)]
    items: Annotated[int, Bounds(20, 100_000)]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where MovieLens comes from."""

    movielens: str
    timeout_s: Positive
    attempts: Count
    backoff_s: NotNegative


@dataclass(frozen=True, slots=True)
class Own:
    """The owner's own log: the column of each thing; empty where there is none."""

    name: str
    user: str
    item: str
    rating: str
    time: str
    title: str
    genres: str
    repeats: Literal["last", "sum"]
    lowest: Positive
    highest: Positive


@dataclass(frozen=True, slots=True)
class Generator:
    """Shape of the synthetic log."""

    dimensions: Annotated[int, Bounds(2, 64)]
    taste_strength: NotNegative
    liking_strength: NotNegative
    film_spread: NotNegative
    drift: NotNegative
    popularity_exponent: NotNegative
    popularity_shift: Annotated[float, Bounds(0, 1)]
    new_share: Share
    typical_ratings: Count
    fewest_ratings: Annotated[int, Bounds(2, 10_000)]
    activity_spread: NotNegative
    kindness_spread: NotNegative
    days: Count
    typical_days: Positive
    star_shares: tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Split:
    """What is held back."""

    test_share: PartShare
    validation_share: PartShare


@dataclass(frozen=True, slots=True)
class Knn:
    """Item-based collaborative filtering."""

    neighbours: tuple[int, ...]
    shrinkage: NotNegative


@dataclass(frozen=True, slots=True)
class Mf:
    """Explicit matrix factorisation."""

    factors: Annotated[int, Bounds(1, 512)]
    sweeps: Count
    regularisation: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Als:
    """Implicit matrix factorisation."""

    factors: tuple[int, ...]
    sweeps: Count
    alpha: tuple[float, ...]
    regularisation: tuple[float, ...]
    engine: Literal["own", "implicit", "spark"]


@dataclass(frozen=True, slots=True)
class Ease:
    """The linear model."""

    regularisation: tuple[float, ...]
    largest_catalogue: Count


@dataclass(frozen=True, slots=True)
class Training:
    """What is chosen, and how many versions are kept."""

    chunk_users: Count
    history: Annotated[int, Bounds(1, 1_000_000)]
    versions_kept: Count


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How the lists are judged."""

    k: Cutoff
    resamples: Annotated[int, Bounds(100, 100_000)]
    minimum_slice: Count


@dataclass(frozen=True, slots=True)
class Drift:
    """When new interactions count as different."""

    minimum: Count
    psi_alarm: Positive


@dataclass(frozen=True, slots=True)
class Service:
    """The GraphQL service."""

    host: str
    port: Annotated[int, Bounds(1, 65_535)]
    database: str
    cold_below: Annotated[int, Bounds(1, 1_000)]
    most_first: Annotated[int, Bounds(1, 1_000)]
    max_body_bytes: Count
    max_depth: Annotated[int, Bounds(3, 100)]
    max_aliases: Annotated[int, Bounds(1, 1_000)]
    max_tokens: Annotated[int, Bounds(50, 1_000_000)]
    max_cost: Annotated[int, Bounds(10, 10_000_000)]


@dataclass(frozen=True, slots=True)
class Bench:
    """How speed is measured."""

    warmup: Count
    requests: Annotated[int, Bounds(20, 1_000_000)]
    clients: Annotated[int, Bounds(1, 256)]


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
    knn: Knn
    mf: Mf
    als: Als
    ease: Ease
    training: Training
    evaluation: Evaluation
    drift: Drift
    service: Service
    bench: Bench


def load(root: Path) -> Params:
    """Read `root`/params.toml.

    Raises:
        ParamsError: the file is missing, is not TOML, or holds an unknown, missing or impossible value.
    """
    params = read(Params, root / "params.toml")
    if abs(sum(params.generator.star_shares) - 1) > 1e-6 or min(params.generator.star_shares) <= 0:
        raise ParamsError("params.toml: generator.star_shares: expected five shares above 0 that sum to 1")
    if params.own.lowest >= params.own.highest:
        raise ParamsError("params.toml: own.lowest is not below own.highest")
    grids: tuple[tuple[str, tuple[float, ...]], ...] = (
        ("knn.neighbours", params.knn.neighbours),
        ("mf.regularisation", params.mf.regularisation),
        ("als.factors", params.als.factors),
        ("als.alpha", params.als.alpha),
        ("als.regularisation", params.als.regularisation),
        ("ease.regularisation", params.ease.regularisation),
    )
    for name, values in grids:
        if not values or min(values) <= 0:
            raise ParamsError(f"params.toml: {name}: expected one or more numbers above 0")
    return params
