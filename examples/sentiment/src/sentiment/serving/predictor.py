"""Answer for a text with the stored model: the one place that service, verbs and evaluation ask.

Needs onnxruntime, tokenizers and numpy, nothing else of what training needs.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

import numpy as np

from .. import params
from ..model.encoder import FILE as TOKENIZER
from ..model.encoder import Encoder
from ..model.fitting import softmax
from ..model.runtime import INT8, Runtime
from ..model.text import words
from ..portfolio import store
from ..portfolio.errors import ModelError
from .answers import Model, Prediction, Word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..model.encoder import Encoded
    from ..model.fitting import Scores
    from ..portfolio.store import StoredModel

# int8 arithmetic differs a little between processors with and without VNNI instructions.
_TOLERANCE = 0.05


class Predictor:
    """The stored model in memory; it has repeated the answer that it gave when it was trained."""

    def __init__(self, stored: StoredModel, threads: int, words_explained: int) -> None:
        self.stored = stored
        self.metadata = stored.metadata
        self._encoder = Encoder(stored.file(TOKENIZER), stored.metadata["max_tokens"])
        self._runtime = Runtime(stored.file(INT8), threads)
        self._temperature = float(stored.metadata["temperature"])
        self._words_explained = words_explained
        low, high = stored.metadata["band"]
        self.model = Model(
            version=stored.version,
            data_source=stored.metadata["data"]["source"],
            kind=stored.metadata["kind"],
            band=(low, high),
        )

    @classmethod
    def load(cls, root: Path) -> Self:
        """Load the current model of the project at `root`.

        Raises:
            ModelMissing: nothing was trained yet.
            ModelTampered: a stored file is not the one that training wrote.
            ModelError: it does not answer as it did when it was trained.
        """
        settings = params.load(root)
        predictor = cls(store.current(root), settings.threads, settings.service.words_explained)
        golden = predictor.metadata["golden"]
        found, expected = predictor.probabilities([golden["text"]])[0], float(golden["probability"])
        if not abs(found - expected) <= _TOLERANCE:
            raise ModelError(
                f"model {predictor.model.version} answers {found:.4f}, but answered {expected:.4f} when "
                "trained; run `python -m sentiment train` again"
            )
        return predictor

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Return raw texts as the model takes them."""
        return self._encoder.encode(texts)

    def probabilities(self, texts: Sequence[str]) -> Scores:
        """Return the probability of positive of raw texts, shape (n,)."""
        return self._scores(self._encoder.encode(texts))

    def predict(self, text: str, *, explained: bool = False) -> tuple[Prediction, float]:
        """Answer for one raw text; returns the answer and the milliseconds that it took."""
        started = time.perf_counter()
        (encoded,) = self._encoder.encode([text])
        score = float(self._scores([encoded])[0])
        found = self._explain(text, score) if explained else None
        return self._answer(encoded, score, found), 1000 * (time.perf_counter() - started)

    def predict_many(self, texts: Sequence[str]) -> tuple[list[Prediction], float]:
        """Answer for raw texts in their order, each as if it had come alone; and the milliseconds for all."""
        started = time.perf_counter()
        encoded = self._encoder.encode(texts)
        answers = [
            self._answer(one, float(score), None)
            for one, score in zip(encoded, self._scores(encoded), strict=True)
        ]
        return answers, 1000 * (time.perf_counter() - started)

    def _scores(self, encoded: Sequence[Encoded]) -> Scores:
        return softmax(self._runtime.logits(encoded), self._temperature)

    def _answer(self, encoded: Encoded, score: float, found: list[Word] | None) -> Prediction:
        low, high = self.model.band
        return Prediction(
            label="positive"
            if score >= max(high, 0.5)
            else "negative"
            if score <= min(low, 0.5)
            else "neutral",
            probability=round(score, 6),
            confidence=round(max(score, 1 - score), 6),
            tokens=encoded.tokens,
            truncated=encoded.truncated,
            words=found,
        )

    def _explain(self, text: str, score: float) -> list[Word]:
        """Leave out one word after the other and see what it changes.

        Source: Li, Monroe and Jurafsky (2016), Understanding Neural Networks through Representation Erasure.
        """
        places = words(text)[: self._words_explained]
        if len(places) < 2:
            return [Word(start=start, end=end, effect=0.0) for start, end in places]
        without = self.probabilities([f"{text[:start]}{text[end:]}" for start, end in places])
        return [
            Word(start=start, end=end, effect=round(float(score - other), 6))
            for (start, end), other in zip(places, without, strict=True)
        ]


def is_answered(score: Scores, band: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which probabilities lie outside the band, shape (n,)."""
    low, high = band
    return np.asarray((score >= high) | (score <= low))
