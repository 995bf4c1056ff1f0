"""Do new texts still look like those that the model learned from?

A table for people, an exit status for cron. Nobody needs to know the right labels: length, unknown words,
confidence and the share of positives are watched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..data.reviews import parse_line
from ..model.band import confidence
from ..model.encoder import FILE as TOKENIZER
from ..model.encoder import Encoder
from ..model.fitting import softmax
from ..model.runtime import INT8, Runtime
from ..portfolio import drift, store
from ..portfolio.errors import DataError, ProjectError
from ..portfolio.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..params import Params
    from ..portfolio.drift import Drift

REPORT = "reports/drift.md"


class DriftAlarm(ProjectError):  # noqa: N818  # an alarm, not an error
    """The texts have moved away from what the model was trained on."""


def measures(
    texts: Sequence[str], encoder: Encoder, runtime: Runtime, temperature: float
) -> dict[str, NDArray[np.float64]]:
    """Return what is watched of each text, by name, shape (n,)."""
    encoded = encoder.encode(texts)
    score = softmax(runtime.logits(encoded), temperature)
    unknown = [np.mean(one.ids == encoder.unknown) if encoder.unknown is not None else 0.0 for one in encoded]
    return {
        "tokens": np.array([one.tokens for one in encoded], dtype=np.float64),
        "share of unknown words": np.array(unknown, dtype=np.float64),
        "confidence": confidence(score),
        "probability of positive": score,
    }


def run(root: Path, params: Params, current: Path) -> str:
    """Compare texts with the model's training sample and write reports/drift.md; returns one line.

    Args:
        root: the project's folder. params: of the project.
        current: texts, a JSON object with `text` a line, or plain text a line.

    Raises:
        DriftAlarm: one of the measures has moved too far.
        DataError: there is nothing to compare.
        ModelMissing: nothing was trained yet.
    """
    stored = store.current(root)
    texts = _texts(current)
    encoder = Encoder(stored.file(TOKENIZER), stored.metadata["max_tokens"])
    runtime = Runtime(stored.file(INT8), params.threads)
    found = measures(texts, encoder, runtime, stored.metadata["temperature"])
    with np.load(stored.file("reference.npz"), allow_pickle=False) as file:
        reference = {name: file[name] for name in found}
    settings = params.drift
    drifts = drift.compare(reference, found, minimum=settings.minimum, psi_alarm=settings.psi_alarm)
    alarms = [one.name for one in drifts if one.level == "alarm"]
    rows = f"{len(texts):,} texts of {current.name}"
    if any(one.level == "too few rows" for one in drifts):
        verdict = f"no verdict on {rows}: at least {settings.minimum} are needed"
    elif alarms:
        verdict = f"{', '.join(alarms)} moved in {rows}: read some of them before trusting the answers"
    else:
        verdict = f"no alarm in {rows}"
    write_atomic(root / REPORT, _text(drifts, verdict, stored.version, settings.psi_alarm))
    if alarms:
        raise DriftAlarm(f"drift: {verdict}; see {REPORT}")
    return f"{verdict}; see {REPORT}"


def _texts(path: Path) -> list[str]:
    """Read a file of texts.

    Raises:
        DataError: no text in it, not UTF-8, or a line of JSON without a text.
    """
    found = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        if path.suffix == ".jsonl":
            row = parse_line(line, path.name, number)
            if not isinstance(row.get("text"), str):
                raise DataError(f"{path.name}:{number}: no text; expected one in every object")
            found.append(row["text"])
        else:
            try:
                found.append(line.decode("utf-8").strip())
            except UnicodeDecodeError:
                raise DataError(f"{path.name}:{number}: not UTF-8; save the file as UTF-8") from None
    if not found:
        raise DataError(f"{path.name}: no texts in it; expected one a line")
    return found


def _text(drifts: Sequence[Drift], verdict: str, version: str, alarm: float) -> str:
    compared = f"Compared with the training sample of model `{version}`; alarm from a PSI of {alarm:g} on."
    return f"# Drift\n\n{verdict[0].upper()}{verdict[1:]}.\n\n{compared}\n\n{drift.table(drifts)}"
