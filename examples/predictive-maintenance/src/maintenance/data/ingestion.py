"""Bring readings into the project: synthetic, the public AI4I 2020 file, or the owner's own. Read them back.

What lies in data/readings.csv has passed every check; data/manifest.json says where it came from and its
hash.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from ..portfolio.files import sha256_of, write_atomic
from . import ai4i, contract

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from ..params import Params

SOURCES = ("synthetic", "real", "own")
READINGS = "data/readings.csv"
MANIFEST = "data/manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Where the readings came from."""

    source: str  # one of SOURCES
    name: str  # as reports call the data
    rows: int
    failures: int
    sha256: str  # of data/readings.csv
    origin: str  # file name, address or generator; never a path of this machine
    origin_sha256: str  # of the bytes that were received
    seed: int | None  # of the generator


def ingest(
    root: Path,
    params: Params,
    *,
    source: str = "synthetic",
    file: Path | None = None,
    rows: int | None = None,
    plant: str | None = None,
) -> Manifest:
    """Fetch or make the readings, check them, and only then replace data/readings.csv.

    Args:
        root: the project's folder.
        params: of the project.
        source: `synthetic`, `real` (the public file) or `own` (the column map in params.toml).
        file: the file to take instead of downloading; needed for `own`.
        rows: of the synthetic data, instead of the number in params.toml.
        plant: a defect of `defects.DEFECTS` to damage the data with, to see it refused.

    Raises:
        DataError: the data are not what they should be; what was there before is unchanged.
    """
    received, content, origin = _obtain(params, source, file, rows)
    if plant is not None:
        from . import defects

        content = defects.plant(content, plant)
    frame = contract.validate(contract.parse(content, "readings.csv"), params.ranges, "readings.csv")
    manifest = Manifest(
        source=source,
        name=_name(params, source),
        rows=len(frame),
        failures=int(frame["failure"].sum()),
        sha256=sha256_of(content),
        origin=origin,
        origin_sha256=sha256_of(received),
        seed=params.seed if source == "synthetic" else None,
    )
    write_atomic(root / READINGS, content)
    write_atomic(root / MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")
    return manifest


def read(root: Path) -> tuple[pd.DataFrame, Manifest]:
    """Read the checked readings, canonical columns, in their order.

    Raises:
        DataError: there are none yet, or the file is not the one that was checked.
    """
    path = root / READINGS
    try:
        manifest = Manifest(**json.loads((root / MANIFEST).read_text(encoding="utf-8")))
        content = path.read_bytes()
    except FileNotFoundError as error:
        name = READINGS if error.filename == str(path) else MANIFEST
        raise DataError(f"{name}: no such file; run `python -m maintenance data` first") from None
    except (json.JSONDecodeError, TypeError):
        raise DataError(f"{MANIFEST}: not a manifest; run `python -m maintenance data` again") from None
    if sha256_of(content) != manifest.sha256:
        raise DataError(f"{READINGS}: changed since it was checked; run `python -m maintenance data` again")
    return contract.whole_numbers(contract.parse(content, "readings.csv")), manifest


def _obtain(params: Params, source: str, file: Path | None, rows: int | None) -> tuple[bytes, bytes, str]:
    """Return the bytes as received, the same in the form of data/readings.csv, and where they came from."""
    if source not in SOURCES:
        raise DataError(f"source {source!r} is unknown; expected {', '.join(SOURCES)}")
    if source == "synthetic":
        if file is not None:
            raise DataError("synthetic readings are made, not read; use --source real or own with --file")
        content = _synthetic(params, rows)
        return content, content, "generator of this project"
    if rows is not None:
        raise DataError(f"--rows is for synthetic readings; the {source} data have the rows that they have")
    if source == "own":
        from . import own

        if file is None:
            raise DataError(
                "own readings need --file FILE, and the names of its columns in params.toml [own]"
            )
        received = file.read_bytes()
        return received, contract.to_csv(own.adapt(received, file.name, params.own)), file.name
    received, origin = (
        (file.read_bytes(), file.name) if file else (_download(params), params.download.urls[0])
    )
    return received, ai4i.accept(received, origin, params), origin


def _synthetic(params: Params, rows: int | None) -> bytes:
    from . import generate

    return contract.to_csv(generate.readings(rows or params.data.rows, params.seed, params))


def _download(params: Params) -> bytes:
    from . import download

    source = params.download
    return download.fetch(
        source.urls, timeout_s=source.timeout_s, attempts=source.attempts, backoff_s=source.backoff_s
    )


def _name(params: Params, source: str) -> str:
    return {
        "synthetic": "synthetic readings after the AI4I 2020 rules",
        "real": ai4i.NAME,
        "own": params.own.name,
    }[source]
