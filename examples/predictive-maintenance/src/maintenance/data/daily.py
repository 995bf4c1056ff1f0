"""One day of readings, in four steps that a scheduler calls: ingest, validate, features, publish.

Every step may be repeated: the same day gives the same bytes, and a day is published whole or not at all.
Work lies in data/staging/<day>/, what others read in data/daily/<day>/. A past day is made good by running
its steps again.
"""

from __future__ import annotations

import json
import shutil
from datetime import date
from typing import TYPE_CHECKING

from .. import params
from ..model import features
from ..portfolio.errors import DataError
from ..portfolio.files import sha256_of, write_atomic
from . import contract

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

INCOMING = "data/incoming"  # <day>.csv, put there by whoever collects the readings
STAGING = "data/staging"
PUBLISHED = "data/daily"
SOURCES = ("auto", "incoming", "synthetic")


def run_day(root: Path, day: str, source: str = "auto") -> str:
    """Do all four steps, without a scheduler; returns one line that says what was published.

    Raises:
        DataError: the day is no date, has no readings, or readings that fail validation; nothing is
        published then.
    """
    ingest_day(root, day, source)
    validate_day(root, day)
    build_features_day(root, day)
    return publish_day(root, day)


def ingest_day(root: Path, day: str, source: str = "auto") -> str:
    """Put the readings of `day` (YYYY-MM-DD) into the staging folder; returns their path below `root`.

    Args:
        root: the project's folder.
        day: any day; the synthetic readings of a day are always the same.
        source: `incoming` (data/incoming/<day>.csv), `synthetic`, or `auto`: incoming where there is a file.

    Raises:
        DataError: `day` is no date, `source` is unknown, or the incoming file is missing.
    """
    number = _date(day).toordinal()
    if source not in SOURCES:
        raise DataError(f"source {source!r} is unknown; expected {', '.join(SOURCES)}")
    incoming = root / INCOMING / f"{day}.csv"
    if source == "incoming" or (source == "auto" and incoming.exists()):
        if not incoming.exists():
            raise DataError(f"{INCOMING}/{day}.csv: no such file; put the readings of the day there")
        content = incoming.read_bytes()
    else:
        from . import generate

        settings = params.load(root)
        content = contract.to_csv(generate.readings(settings.daily.rows, settings.seed + number, settings))
    # Features of other readings must not be published with these.
    _staged(root, day).with_name("features.csv").unlink(missing_ok=True)
    write_atomic(_staged(root, day), content)
    return _staged(root, day).relative_to(root).as_posix()


def validate_day(root: Path, day: str) -> int:
    """Check the staged readings of `day` against the data contract; returns how many there are.

    Raises:
        DataError: they break it, or were not ingested; nothing is published then.
    """
    return len(_checked(root, day))


def build_features_day(root: Path, day: str) -> str:
    """Compute the features of the staged readings; returns the file's path below `root`.

    Raises:
        DataError: the readings break the data contract, or were not ingested.
    """
    frame = _checked(root, day)
    table = features.build(frame)
    table.insert(0, "uid", frame["uid"])
    path = _staged(root, day).with_name("features.csv")
    write_atomic(path, table.to_csv(index=False, lineterminator="\n"))
    return path.relative_to(root).as_posix()


def publish_day(root: Path, day: str) -> str:
    """Replace the published day by the staged one, in one step; returns one line that says what is there.

    Raises:
        DataError: the readings break the data contract, or a step before was left out.
    """
    rows, staged = len(_checked(root, day)), _staged(root, day).parent
    if not (staged / "features.csv").is_file():
        raise DataError(f"{STAGING}/{day}: no features yet; run build_features_day first")
    hashes = {name: sha256_of(staged / name) for name in ("readings.csv", "features.csv")}
    manifest = {"day": day, "rows": rows, "sha256": hashes}
    write_atomic(staged / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    _replace(root / PUBLISHED / day, staged)
    return f"{day}: {rows:,} readings published in {PUBLISHED}/{day}"


def _replace(published: Path, staged: Path) -> None:
    """Put a copy of `staged` in the place of `published`; readers see the old folder or the new one."""
    draft, old = (published.with_name(f".{published.name}.{end}") for end in ("new", "old"))
    for left_over in (draft, old):  # by a run that was cut off
        shutil.rmtree(left_over, ignore_errors=True)
    shutil.copytree(staged, draft)
    if published.exists():
        published.rename(old)
    draft.rename(published)
    shutil.rmtree(old, ignore_errors=True)


def published_days(root: Path) -> list[str]:
    """Return the published days, oldest first."""
    folder = root / PUBLISHED
    found = folder.glob("????-??-??/manifest.json") if folder.is_dir() else ()
    return sorted(path.parent.name for path in found)


def published_features(root: Path, days: list[str]) -> pd.DataFrame:
    """Read the published features of `days`, one table below the other."""
    import pandas as pd

    tables = [pd.read_csv(root / PUBLISHED / day / "features.csv") for day in days]
    return pd.concat(tables, ignore_index=True)[list(features.FEATURES)]


def _checked(root: Path, day: str) -> pd.DataFrame:
    path = _staged(root, day)
    name = path.relative_to(root).as_posix()
    if not path.is_file():
        raise DataError(f"{name}: no such file; run ingest_day first")
    frame = contract.parse(path.read_bytes(), name, labelled=False)
    return contract.validate(frame, params.load(root).ranges, name, labelled=False)


def _staged(root: Path, day: str) -> Path:
    return root / STAGING / _date(day).isoformat() / "readings.csv"


def _date(day: str) -> date:
    try:
        found = date.fromisoformat(day)
    except ValueError:
        found = None
    if found is None or found.isoformat() != day:
        raise DataError(f"day {day!r} is not a date; expected YYYY-MM-DD, such as 2026-01-31")
    return found
