"""The simple models that BERT has to beat: the commonest label, and TF-IDF with logistic regression."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .text import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .fitting import Labels, Scores

MAJORITY = "majority"
TFIDF = "tfidf-logistic-regression"


@dataclass(frozen=True, slots=True)
class Tfidf:
    """A fitted pipeline of words and word pairs."""

    pipeline: Any

    def predict(self, texts: Sequence[str]) -> Scores:
        """Return the probability of positive, shape (n,)."""
        return np.asarray(self.pipeline.predict_proba([normalise(text) for text in texts])[:, 1])

    def bytes(self) -> int:
        """Return its size as numbers: a float32 weight and a float32 idf for each term, and the terms."""
        vectorizer = self.pipeline[0]
        return sum(len(term.encode()) + 8 for term in vectorizer.vocabulary_)

    def milliseconds(self, texts: Sequence[str]) -> list[float]:
        """Time one text after the other."""
        times = []
        for text in texts:
            started = time.perf_counter()
            self.predict([text])
            times.append(1000 * (time.perf_counter() - started))
        return times


def fit(texts: Sequence[str], labels: Labels, seed: int) -> Tfidf:
    """Fit TF-IDF of one and two words with logistic regression.

    Source: Wang and Manning (2012), Baselines and Bigrams, for why it is hard to beat.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, max_features=200_000)
    regression = LogisticRegression(C=4.0, max_iter=1_000, random_state=seed)
    return Tfidf(make_pipeline(vectorizer, regression).fit([normalise(text) for text in texts], labels))
