"""Do new readings still look like those that the model learned from?

A table for people, an exit status for cron.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..data import contract, daily
from ..model import features, fitting
from ..portfolio import drift, store
from ..portfolio.errors import DataError, ProjectError
from ..portfolio.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from ..params import Params
    from ..portfolio.drift import Drift

REPORT = "reports/drift.md"


class DriftAlarm(ProjectError):  # noqa: N818  # an alarm, not an error
    """The readings have moved away from what the model was trained on."""


def run(root: Path, params: Params, current: Path | None = None) -> str:
    """Compare readings with the model's training sample and write reports/drift.md; returns one line.

    Args:
        root: the project's folder. params: of the project. current: a file with the columns of
        data/readings.csv, labels not needed. None: the newest published days.

    Raises:
        DriftAlarm: a feature, or the model's score, has moved too far.
        DataError: there is nothing to compare, or it breaks the data contract.
        ModelMissing: nothing was trained yet.
    """
    stored = store.current(root)
    table, what = _current(root, params, current)
    score = fitting.predict(fitting.load(stored, params), table)
    with np.load(stored.path / "reference.npz", allow_pickle=False) as file:
        reference = {name: file[name] for name in (*features.FEATURES, "score")}
    found = {name: table[name].to_numpy() for name in features.FEATURES} | {"score": score}
    drifts = _compare(reference, found, params)
    alarms = [d.name for d in drifts if d.level == "alarm" and d.name not in params.drift.no_alarm]
    rows = f"{len(table):,} readings of {what}"
    if any(d.level == "too few rows" for d in drifts):
        verdict = f"no verdict on {rows}: at least {params.drift.minimum} are needed"
    elif alarms:
        verdict = f"{', '.join(alarms)} moved in {rows}: have the cause found before trusting the predictions"
    else:
        verdict = f"no alarm in {rows}"
    write_atomic(root / REPORT, _text(drifts, verdict, stored.version, params))
    if alarms:
        raise DriftAlarm(f"drift: {verdict}; see {REPORT}")
    return f"{verdict}; see {REPORT}"


def _current(root: Path, params: Params, current: Path | None) -> tuple[pd.DataFrame, str]:
    """Return the features to judge, and what they are called."""
    if current is not None:
        frame = contract.parse(current.read_bytes(), current.name, labelled=False)
        contract.validate(frame, params.ranges, current.name, labelled=False)
        return features.build(frame), current.name
    days = daily.published_days(root)[-params.drift.window_days :]
    if not days:
        raise DataError("no published days in data/daily; give a file with --current FILE")
    return daily.published_features(root, days), f"{days[0]} to {days[-1]}"


def _compare(
    reference: Mapping[str, NDArray[np.float64]], found: Mapping[str, NDArray[np.float64]], params: Params
) -> list[Drift]:
    settings = params.drift
    return drift.compare(reference, found, minimum=settings.minimum, psi_alarm=settings.psi_alarm)


def _text(drifts: list[Drift], verdict: str, version: str, params: Params) -> str:
    quiet = [d for d in drifts if d.name in params.drift.no_alarm]
    loud = [d for d in drifts if d.name not in params.drift.no_alarm]
    return (
        f"# Drift\n\n{verdict[0].upper()}{verdict[1:]}.\n\n"
        f"Compared with the training sample of model `{version}`; "
        f"alarm from a PSI of {params.drift.psi_alarm:g} on.\n\n"
        f"{drift.table(loud)}\nNo reason for an alarm by themselves, since they follow the weather:\n\n"
        f"{drift.table(quiet)}"
    )
