"""Answer for one reading, or many, with the stored model: the one place that service and verbs ask.

One reading goes to the booster as a float32 row, without a table; `bench` measures what that saves. Many
readings go through the same `features.build` as training.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from .. import params
from ..model import features, fitting
from ..portfolio import store
from ..portfolio.errors import ModelError
from .explain import Explanation, explain
from .modes import NearestRule, nearest_rule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..params import Rules
    from ..portfolio.store import StoredModel

_TOLERANCE = 1e-6  # of the golden prediction: a probability, 0..1


@dataclass(frozen=True, slots=True)
class Reading:
    """What the sensors of one machine say at one moment."""

    type: Literal["L", "M", "H"]  # product quality
    air_temperature_k: float
    process_temperature_k: float
    speed_rpm: float
    torque_nm: float
    wear_min: float  # minutes of tool use


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one reading."""

    probability: float  # of a machine failure, 0..1
    threshold: float  # chosen by cost when the model was trained
    alert: bool  # probability at or above the threshold
    nearest_rule: NearestRule
    explanation: Explanation | None  # for alerts, and wherever it was asked for


class Predictor:
    """The stored model, verified and ready. Threads may share one: predicting changes nothing."""

    def __init__(self, booster: Any, stored: StoredModel, rules: Rules, typical: Sequence[float]) -> None:
        self._booster = booster
        self._rules = rules
        self._typical = typical
        self.model = stored
        self.threshold = float(stored.metadata["threshold"])

    @classmethod
    def load(cls, root: Path) -> Self:
        """Read the current model of the project at `root` and let it repeat its golden prediction.

        Raises:
            ModelMissing: nothing was trained yet.
            ModelTampered: a stored file is not the one that training wrote.
            ModelError: the model gives another answer than on the day it was trained.
        """
        stored = store.current(root)
        settings = params.load(root)
        with np.load(stored.path / "reference.npz", allow_pickle=False) as reference:
            typical = [float(np.median(reference[name])) for name in features.FEATURES]
        predictor = cls(fitting.load(stored, settings), stored, settings.rules, typical)
        predictor._repeat_golden()
        return predictor

    def predict(self, reading: Reading, *, explained: bool = False) -> Prediction:
        """Answer for one reading; the reasons come with every alert, or always when `explained`."""
        row = features.row(reading)
        probability = float(self._booster.inplace_predict(row, validate_features=False)[0])
        wanted = explained or probability >= self.threshold
        contributions = self._contributions(row)[0] if wanted else None
        return self._answer(row[0], probability, contributions)

    def predict_many(self, readings: Sequence[Reading]) -> list[Prediction]:
        """Answer for many readings in one pass; the reasons come with the alerts."""
        import pandas as pd

        if not readings:
            return []
        table = features.build(pd.DataFrame([asdict(reading) for reading in readings]))
        probabilities = fitting.predict(self._booster, table)
        rows = table.to_numpy(dtype=np.float32)
        alerts = np.flatnonzero(probabilities >= self.threshold)
        reasons = dict(zip(alerts.tolist(), self._contributions(rows[alerts]), strict=True))
        return [
            self._answer(row, float(probability), reasons.get(n))
            for n, (row, probability) in enumerate(zip(rows, probabilities, strict=True))
        ]

    def _contributions(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return SHAP values in log-odds, shape (n, 10): nine features, then the base."""
        import xgboost

        matrix = xgboost.DMatrix(rows, feature_names=list(features.FEATURES))
        return np.asarray(self._booster.predict(matrix, pred_contribs=True), dtype=np.float32)

    def _answer(
        self, row: NDArray[np.float32], probability: float, contributions: NDArray[np.float32] | None
    ) -> Prediction:
        values = row.tolist()
        return Prediction(
            probability=probability,
            threshold=self.threshold,
            alert=probability >= self.threshold,
            nearest_rule=nearest_rule(values, self._typical, self._rules),
            explanation=None if contributions is None else explain(values, contributions.tolist()),
        )

    def _repeat_golden(self) -> None:
        golden = self.model.metadata["golden"]
        expected = float(golden["probability"])
        found = self.predict(Reading(**golden["reading"])).probability
        if not abs(found - expected) <= _TOLERANCE:
            raise ModelError(
                f"model {self.model.version} answers {found:.6f}, but answered {expected:.6f} when trained; "
                "run `python -m maintenance train` again"
            )
