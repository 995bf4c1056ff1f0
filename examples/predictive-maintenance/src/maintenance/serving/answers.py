"""What the service answers; these shapes are the JSON of its answers and of its API description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .predictor import Prediction  # noqa: TC001  # pydantic reads the annotations


@dataclass(frozen=True, slots=True)
class Problem:
    """One field and what is wrong with it."""

    field: str  # such as torque_nm or readings[3].torque_nm
    problem: str


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """Every answer with a status from 400 on."""

    error: str
    fields: list[Problem]  # empty where no field is at fault
    request_id: str


@dataclass(frozen=True, slots=True)
class ModelName:
    """Which model answered."""

    version: str
    data_source: Literal["real", "synthetic", "own"]  # what it was trained on


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of /predict."""

    prediction: Prediction
    model: ModelName
    request_id: str


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer of /predict/batch, in the order of the readings."""

    predictions: list[Prediction]
    model: ModelName
    request_id: str


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of /healthz: the process is alive."""

    status: Literal["alive"]


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answer of /readyz: whether a model is loaded and has repeated its golden prediction."""

    ready: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Version:
    """The answer of /version: what is running."""

    model: str  # version, as in models/
    data_source: Literal["real", "synthetic", "own"]
    data_sha256: str
    threshold: float
    git_commit: str  # of the code that answers; unknown outside git
