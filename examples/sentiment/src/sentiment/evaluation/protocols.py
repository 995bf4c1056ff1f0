"""Score every model on reviews that none of them has learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import baseline, training
from ..model.fitting import softmax
from ..model.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..data.reviews import Review
    from ..model.fitting import Labels, Scores
    from ..model.split import Parts
    from ..params import Params
    from ..serving.predictor import Predictor

FP32 = "bert-fp32"
MODELS = (baseline.MAJORITY, baseline.TFIDF, FP32, training.SERVED)


@dataclass(frozen=True, slots=True)
class Scored:
    """Predictions of every model for the same reviews."""

    protocol: str
    reviews: Sequence[Review]
    labels: Labels
    scores: Mapping[str, Scores]  # by model; probability of positive, shape (n,)


class Judges:
    """The models side by side; the simple ones are fitted here, on the training part."""

    def __init__(self, root: Path, params: Params, parts: Parts, predictor: Predictor) -> None:
        self.predictor = predictor
        truth = training.labels_of(parts.train)
        self.base_rate = float(truth.mean())
        self.tfidf = baseline.fit([review.text for review in parts.train], truth, params.seed)
        self._fp32 = Runtime(training.workbench(root, predictor.stored, training.FP32), params.threads)
        self._temperature = float(predictor.metadata["temperature"])

    def score(self, protocol: str, reviews: Sequence[Review]) -> Scored:
        """Let every model answer for `reviews`."""
        texts = [review.text for review in reviews]
        scores = {
            baseline.MAJORITY: np.full(len(texts), self.base_rate),
            baseline.TFIDF: self.tfidf.predict(texts),
            FP32: softmax(self._fp32.logits(self.predictor.encode(texts)), self._temperature),
            training.SERVED: self.predictor.probabilities(texts),
        }
        return Scored(protocol, reviews, training.labels_of(reviews), scores)
