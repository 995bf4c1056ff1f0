"""Do newer questions still look like those that the model was chosen with? What the verb `drift` does."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import contract
from ..model import reference, training
from ..portfolio import drift
from ..portfolio.errors import DataError, ProjectError
from ..portfolio.files import write_atomic
from ..serving.predictor import Predictor

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ..data.tickets import Ticket
    from ..params import Params

    Features = dict[str, NDArray[Any]]

REPORT = "reports/drift.md"
_LABELS, _OTHER = 9, "any other"  # with it as many as numbers have bins


class DriftAlarm(ProjectError):  # noqa: N818  # what happened
    """Newer questions are different."""


def run(root: Path, params: Params, path: Path) -> str:
    """Compare a file like data/tickets.jsonl with the validation questions; writes reports/drift.md.

    Raises:
        DataError: the file is not of that form.
        DriftAlarm: a figure moved too far.
    """
    predictor = Predictor.load(root)
    asked = _read(path, params.data.longest)
    with np.load(predictor.stored.file(training.REFERENCE), allow_pickle=False) as file:
        before = {name: file[name] for name in file.files}
    known = len(next(iter(before.values())))
    if min(len(asked), known) < params.drift.minimum:
        few = (
            f"no verdict on {len(asked):,} tickets of {path.name} beside {known:,} of the model's validation"
        )
        return f"{few}: at least {params.drift.minimum} of each are needed (params.toml)"
    after = reference.features(predictor, asked, _earlier(predictor, asked))
    drifts = drift.compare(
        *_condensed(before, after),
        minimum=params.drift.minimum,
        psi_alarm=params.drift.psi_alarm,
    )
    alarms = [one.name for one in drifts if one.level == "alarm"]
    verdict = f"alarm: {', '.join(alarms)}" if alarms else "no alarm"
    text = (
        f"# Drift\n\n{verdict[0].upper()}{verdict[1:]}.\n\nCompared with the questions that model "
        f"`{predictor.stored.version}` was chosen with; alarm from a PSI of {params.drift.psi_alarm:g} on.\n"
        "\n"
        f"{drift.table(drifts)}"
    )
    write_atomic(root / REPORT, text)
    if alarms:
        raise DriftAlarm(f"{verdict} ({REPORT}); train on newer tickets")
    return f"{verdict}: {len(asked):,} tickets of {path.name}; {REPORT}"


def _read(path: Path, longest: int) -> list[Ticket]:
    try:
        with path.open("rb") as lines:
            return list(contract.parse(lines, path.name, longest))
    except OSError as error:
        why = error.strerror or "cannot be read"
        raise DataError(f"{path.name}: {why}; expected a file of tickets") from None


def _condensed(before: Features, after: Features) -> tuple[Features, Features]:
    """Put the rare labels of each text feature into one: with many labels, chance alone would be an alarm."""
    found: tuple[Features, Features] = ({}, {})
    for name, values in before.items():
        pair = (values, after[name])
        if values.dtype.kind == "U":
            common = [label for label, _ in Counter(values.tolist()).most_common(_LABELS)]
            pair = (_shortened(pair[0], common), _shortened(pair[1], common))
        for side, condensed in zip(found, pair, strict=True):
            side[name] = condensed
    return found


def _shortened(labels: NDArray[Any], common: list[str]) -> NDArray[Any]:
    return np.where(np.isin(labels, common), labels, _OTHER)


def _earlier(predictor: Predictor, asked: list[Ticket]) -> list[Ticket]:
    """Return the model's tickets that were there before the first of `asked`."""
    ids = {ticket.id for ticket in asked}
    began = min((ticket.created for ticket in asked if ticket.created is not None), default=None)
    return [
        ticket
        for ticket in predictor.tickets()
        if ticket.id not in ids and (began is None or (ticket.created or 0) < began)
    ]
