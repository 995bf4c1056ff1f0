"""The shape of params.toml: one frozen dataclass a section.

The units and sources of the numbers stand beside them in params.toml; a dataclass holds only what may be
there.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Literal

from .portfolio.errors import ParamsError
from .portfolio.typed_toml import Bounds, Count, NotNegative, Positive, Share, read

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Data:
    """What `data` makes by default."""

    rows: Annotated[int, Bounds(100, 10_000_000)]


@dataclass(frozen=True, slots=True)
class Download:
    """Where the public file comes from, and what it must be."""

    urls: tuple[str, ...]
    timeout_s: Positive
    attempts: Count
    backoff_s: NotNegative
    rows: Count
    sha256: str
    sha256_as_served: str


@dataclass(frozen=True, slots=True)
class Columns:
    """The owner's column of each quantity; empty where there is none."""

    uid: str
    type: str
    air_temperature_k: str
    process_temperature_k: str
    speed_rpm: str
    torque_nm: str
    wear_min: str
    failure: str
    twf: str
    hdf: str
    pwf: str
    osf: str
    rnf: str


@dataclass(frozen=True, slots=True)
class Units:
    """The owner's units."""

    temperature: Literal["K", "C"]
    speed: Literal["rpm", "rad/s", "Hz"]
    torque: Literal["Nm", "lbf ft"]
    wear: Literal["min", "h", "s"]


@dataclass(frozen=True, slots=True)
class Own:
    """The owner's own sensor file."""

    name: str
    default_type: Literal["L", "M", "H"]
    columns: Columns
    units: Units


@dataclass(frozen=True, slots=True)
class Ranges:
    """Plausible (lowest, highest) value of each reading, both included."""

    air_temperature_k: tuple[float, float]
    process_temperature_k: tuple[float, float]
    speed_rpm: tuple[float, float]
    torque_nm: tuple[float, float]
    wear_min: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits of the published failure rules."""

    hdf_difference_k: Positive
    hdf_speed_rpm: Positive
    pwf_low_w: Positive
    pwf_high_w: Positive
    osf_l: Positive
    osf_m: Positive
    osf_h: Positive
    twf_low_min: Positive
    twf_high_min: Positive


@dataclass(frozen=True, slots=True)
class Generator:
    """Shape of the synthetic readings."""

    type_shares: tuple[float, float, float]
    air_mean_k: Positive
    air_sd_k: Positive
    process_offset_k: Positive
    process_sd_k: Positive
    air_gap_correlation: Annotated[float, Bounds(-1, 1)]
    torque_mean_nm: Positive
    torque_sd_nm: Positive
    log_speed_intercept: float
    log_speed_slope: float
    log_speed_sd: Positive
    wear_step_min: tuple[int, int, int]
    twf_share: Share
    rnf_share: Share


@dataclass(frozen=True, slots=True)
class Model:
    """How the model is fitted and kept."""

    trees: Annotated[int, Bounds(1, 10_000)]
    depth: Annotated[int, Bounds(1, 16)]
    learning_rate: Annotated[float, Bounds(1e-4, 1)]
    folds: Annotated[int, Bounds(2, 20)]
    test_share: Annotated[float, Bounds(0.05, 0.5)]
    versions_kept: Count


@dataclass(frozen=True, slots=True)
class Cost:
    """What a wrong decision costs."""

    missed_failure: Positive
    false_alarm: Positive
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How the model is judged."""

    resamples: Annotated[int, Bounds(100, 100_000)]
    repeats: Annotated[int, Bounds(2, 100)]
    blocks: Annotated[int, Bounds(2, 100)]
    bins: Annotated[int, Bounds(2, 100)]
    minimum_slice: Count
    permutations: Count


@dataclass(frozen=True, slots=True)
class Drift:
    """When new readings count as different."""

    minimum: Count
    psi_alarm: Positive
    window_days: Count
    reference_rows: Count
    no_alarm: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Daily:
    """One day of the scheduled ingestion."""

    rows: Count


@dataclass(frozen=True, slots=True)
class Service:
    """The HTTP service."""

    host: str
    port: Annotated[int, Bounds(1, 65_535)]
    workers: Annotated[int, Bounds(1, 64)]
    threads: Annotated[int, Bounds(1, 64)]
    timeout_s: Annotated[int, Bounds(1, 3_600)]
    max_body_bytes: Count
    max_batch: Count


@dataclass(frozen=True, slots=True)
class Bench:
    """How latency is measured."""

    warmup: Count
    requests: Annotated[int, Bounds(200, 1_000_000)]


@dataclass(frozen=True, slots=True)
class Params:
    """Everything in params.toml."""

    seed: Annotated[int, Bounds(0, 2**31 - 1)]
    threads: Annotated[int, Bounds(1, 256)]
    data: Data
    download: Download
    own: Own
    ranges: Ranges
    rules: Rules
    generator: Generator
    model: Model
    cost: Cost
    evaluation: Evaluation
    drift: Drift
    daily: Daily
    service: Service
    bench: Bench


def load(root: Path) -> Params:
    """Read `root`/params.toml.

    Raises:
        ParamsError: the file is missing, is not TOML, or holds an unknown, missing or impossible value.
    """
    params = read(Params, root / "params.toml")
    for name in (field.name for field in fields(Ranges)):
        low, high = getattr(params.ranges, name)
        if not low < high:
            raise ParamsError(f"params.toml: ranges.{name}: {low:g} is not below {high:g}")
    return params
