"""Do new interactions still look like those that the model was trained on? What the verb `drift` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..data import contract
from ..model import training
from ..portfolio import drift
from ..portfolio.errors import ProjectError
from ..portfolio.files import write_atomic
from ..serving.predictor import Predictor

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ..data.interactions import Interactions
    from ..params import Params

REPORT = "reports/drift.md"


class DriftAlarm(ProjectError):  # noqa: N818  # what happened
    """New interactions are different."""


def run(root: Path, params: Params, path: Path) -> str:
    """Compare a file of the form of data/ratings.csv with the training data; writes reports/drift.md.

    Raises:
        DataError: the file is not of that form, or has items that the catalogue lacks.
        DriftAlarm: a figure moved too far.
    """
    predictor = Predictor.load(root)
    metadata = predictor.stored.metadata
    scale = contract.Scale(metadata["low"], metadata["high"])
    found = contract.parse_ratings(path.read_bytes(), path.name, predictor.items, scale)
    if len(found) < params.drift.minimum:
        few = f"no verdict on {len(found)} interactions of {path.name}"
        return f"{few}: at least {params.drift.minimum} are needed (params.toml)"
    with np.load(predictor.stored.file(training.REFERENCE), allow_pickle=False) as file:
        reference = {name: file[name] for name in file.files}
    ranks = reference.pop("ranks")
    drifts = drift.compare(
        reference, measures(found, ranks), minimum=params.drift.minimum, psi_alarm=params.drift.psi_alarm
    )
    alarms = [one.name for one in drifts if one.level == "alarm"]
    verdict = f"alarm: {', '.join(alarms)}" if alarms else "no alarm"
    text = (
        f"# Drift\n\n{verdict[0].upper()}{verdict[1:]}.\n\nCompared with the training data of model "
        f"`{predictor.stored.version}`; alarm from a PSI of {params.drift.psi_alarm:g} on.\n\n"
        f"{drift.table(drifts)}"
    )
    write_atomic(root / REPORT, text)
    if alarms:
        raise DriftAlarm(f"{verdict} ({REPORT}); train on newer data")
    return f"{verdict}: {len(found):,} interactions of {path.name}; {REPORT}"


def measures(found: Interactions, ranks: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Return what is compared: the popularity rank of each item, as it was in training, and the rating."""
    return {
        "popularity rank": ranks[found.item].astype(np.float64),
        "rating": found.value.astype(np.float64),
    }
