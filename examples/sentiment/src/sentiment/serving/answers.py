"""What the service answers; these shapes are the JSON of its answers and of its API description."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Word(_Shape):
    """A word of the text and what it did."""

    start: int  # in characters (Unicode code points) of the text as it was sent
    end: int
    effect: float = Field(description="How far the probability of positive falls when the word is left out.")


class Prediction(_Shape):
    """The answer for one text."""

    label: Literal["positive", "negative", "neutral"] = Field(
        description="neutral: the probability lies inside the band, the model abstains."
    )
    probability: float = Field(ge=0, le=1, description="Of positive.")
    confidence: float = Field(ge=0.5, le=1, description="Probability of the likelier label.")
    tokens: int
    truncated: bool = Field(description="Whether the text was longer than the model reads.")
    words: list[Word] | None = Field(description="Where asked for with explain=true; else null.")


class Model(_Shape):
    """Which model answered."""

    version: str
    data_source: str  # what it was trained on: synthetic, polarity, reviews-2023, labelled or own
    kind: Literal["smoke", "fine-tuned"] = Field(
        description="smoke: a tiny model with random initial weights, which shows that all works."
    )
    band: tuple[float, float]


class Answer(_Shape):
    """The answer of /predict."""

    prediction: Prediction
    model: Model
    latency_ms: float = Field(description="Of the model, without the way over the network.")
    request_id: str


class BatchAnswer(_Shape):
    """The answer of /predict/batch, in the order of the texts."""

    predictions: list[Prediction]
    model: Model
    latency_ms: float
    request_id: str


class Problem(_Shape):
    """One field and what is wrong with it."""

    field: str  # such as text or texts[3]
    problem: str


class ErrorAnswer(_Shape):
    """Every answer with a status from 400 on."""

    error: str
    fields: list[Problem]  # empty where no field is at fault
    request_id: str


class Health(_Shape):
    """The answer of /healthz: the process is alive."""

    status: Literal["alive"] = "alive"


class Readiness(_Shape):
    """The answer of /readyz: whether a model is loaded and has repeated its golden answer."""

    ready: bool
    reason: str


class Version(_Shape):
    """The answer of /version: what is running."""

    model: str  # version, as in models/
    data_source: str
    data_sha256: str
    kind: str
    band: tuple[float, float]
    git_commit: str  # of the code that answers; unknown outside git
