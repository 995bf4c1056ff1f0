"""The models that are compared: each learns from one part of the rows and scores another.

The dummy shows what no model reaches, the logistic regression what a simple one does, and the trees without
physics what the three physical features are worth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import features, fitting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from ..params import Params
    from .fitting import Labels, Scores

    Scorer = Callable[[pd.DataFrame, Labels, pd.DataFrame, Params], Scores]


def _dummy(_train: pd.DataFrame, failure: Labels, test: pd.DataFrame, _params: Params) -> Scores:
    """Predict the share of failures for everything."""
    return np.full(len(test), failure.mean())


def _logistic(train: pd.DataFrame, failure: Labels, test: pd.DataFrame, _params: Params) -> Scores:
    """Logistic regression on the same nine features, scaled by the training part."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features.refuse_forbidden(train.columns)
    line = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(train, failure)
    return np.asarray(line.predict_proba(test)[:, 1])


def _raw(train: pd.DataFrame, failure: Labels, test: pd.DataFrame, params: Params) -> Scores:
    columns = [name for name in train if name not in features.PHYSICS_FEATURES]
    return fitting.predict(fitting.fit(train[columns], failure, params), test)


def _physics(train: pd.DataFrame, failure: Labels, test: pd.DataFrame, params: Params) -> Scores:
    return fitting.predict(fitting.fit(train, failure, params), test)


BASELINE = "logistic-regression"
RAW = "xgboost-raw"
MODELS: Mapping[str, Scorer] = {"dummy": _dummy, BASELINE: _logistic, RAW: _raw, fitting.SERVED: _physics}
