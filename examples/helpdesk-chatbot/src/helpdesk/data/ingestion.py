"""Bring tickets into the project: synthetic, public, or the owner's own. Read them back.

data/tickets.jsonl   the tickets, redacted and checked, in the order of time: what everything else reads
data/manifest.json   where they came from, what was left out or redacted, and the hash
data/raw/            what was downloaded, unchanged
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from ..portfolio.files import sha256_of, write_atomic
from . import contract
from .tickets import from_lines, to_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ..params import Params
    from .tickets import Ticket

FILE = "data/tickets.jsonl"
MANIFEST = "data/manifest.json"
RAW = "data/raw"
SYNTHETIC, REAL, CLINC, BANKING, OWN = "synthetic", "real", "clinc150", "banking77", "own"
SOURCES = (SYNTHETIC, REAL, CLINC, BANKING, OWN)  # `real` is clinc150
_NAMES = {SYNTHETIC: "synthetic tickets", CLINC: "CLINC150", BANKING: "Banking77"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of the tickets in data/."""

    source: str  # one of SOURCES, but `real`
    name: str  # how reports call them
    rows: int
    resolved: int  # with an answer
    intents: (
        int  # how many there are, out of scope not counted; 0 where nobody has said what tickets are about
    )
    sha256: str  # of data/tickets.jsonl
    origin: str  # a file's name, an address, or the generator; never a path of this machine
    split: str  # time, or official: the one that the data come with
    refused: dict[str, int]  # why, and how many rows
    redacted: dict[str, int]  # kind of personal data, and how many pieces were found
    planted: dict[str, int]  # of the generator: how many pieces there were
    missed: dict[str, int]  # of those, how many can still be read
    seed: int | None  # of the generator

    @property
    def kind(self) -> str:
        """`synthetic` or `real`, as the evidence has it."""
        return "synthetic" if self.source == SYNTHETIC else "real"


@dataclass(frozen=True, slots=True)
class Wish:
    """Which tickets are asked for."""

    source: str = SYNTHETIC  # one of SOURCES
    file: Path | None = None  # to take instead of downloading; needed for `own`
    test_file: Path | None = None  # of banking77, which has two
    url: str | None = None  # an address instead of the one in params.toml
    tickets: int | None = None  # of the generator, instead of the number in params.toml


@dataclass(frozen=True, slots=True)
class Found:
    """Redacted tickets in the order of time, and what happened to them on the way."""

    tickets: Iterable[Ticket]
    origin: str
    refused: Mapping[str, int] = field(default_factory=dict)
    redacted: Mapping[str, int] = field(default_factory=dict)
    planted: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)


def ingest(
    root: Path,
    params: Params,
    wish: Wish,
    *,
    plant: str | None = None,
    expected: Mapping[str, str] | None = None,
) -> Manifest:
    """Fetch or make tickets, redact and check them, and only then replace those in data/.

    Args:
        root: the project's folder.
        params: of the project.
        wish: which tickets.
        plant: a defect of `defects.DEFECTS` to damage the file with, to see it refused.
        expected: sha256 of other public files than the published ones, by `clinc150`, `train`, `test`.

    Raises:
        DataError: the tickets are not what they should be; what was there before is unchanged.
    """
    source = CLINC if wish.source == REAL else wish.source
    _refuse_options(source, wish)
    from . import obtaining

    found = obtaining.obtain(root, params, source, wish, expected)
    lines: Iterable[bytes] = (to_line(ticket).encode() for ticket in found.tickets)
    if plant is not None:
        from . import defects

        lines = defects.plant(b"".join(lines), plant).splitlines(keepends=True)
    tally, sha256 = _store(root, lines, params.data.longest, unique=source == OWN)
    manifest = Manifest(
        source=source,
        name=params.own.name if source == OWN else _NAMES[source],
        rows=tally.rows,
        resolved=tally.resolved,
        intents=len(tally.intents),
        sha256=sha256,
        origin=found.origin,
        split="official" if source in (CLINC, BANKING) else "time",
        refused=_sorted(found.refused),
        redacted=_sorted(found.redacted),
        planted=_sorted(found.planted),
        missed=_sorted(found.missed),
        seed=params.seed if source == SYNTHETIC else None,
    )
    write_atomic(root / MANIFEST, json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n")
    return manifest


def read(root: Path) -> tuple[list[Ticket], Manifest]:
    """Read the checked tickets, in the order of time.

    Raises:
        DataError: there are none yet, or the file is not the one that was checked.
    """
    path = root / FILE
    try:
        manifest = Manifest(**json.loads((root / MANIFEST).read_text(encoding="utf-8")))
        sha256 = sha256_of(path)
    except FileNotFoundError as error:
        name = FILE if error.filename == str(path) else MANIFEST
        raise DataError(f"{name}: no such file; run `python -m helpdesk data` first") from None
    except (json.JSONDecodeError, TypeError, UnicodeDecodeError):
        raise DataError(f"{MANIFEST}: not a manifest; run `python -m helpdesk data` again") from None
    if sha256 != manifest.sha256:
        raise DataError(f"{FILE}: changed since it was checked; run `python -m helpdesk data` again")
    with path.open("rb") as file:
        return list(from_lines(file)), manifest


def _refuse_options(source: str, wish: Wish) -> None:
    if source not in SOURCES:
        raise DataError(f"source {source!r} is unknown; expected {', '.join(SOURCES)}")
    if source == SYNTHETIC and (wish.file or wish.test_file or wish.url):
        raise DataError("synthetic tickets are made, not read; name a --source for a file or an address")
    if source != SYNTHETIC and wish.tickets:
        raise DataError("--tickets is for the generator, --source synthetic")
    if source == OWN and wish.file is None:
        raise DataError("your own export needs --file FILE, and its columns' names in params.toml [own]")
    if source == OWN and wish.url:
        raise DataError("your own export is a file; download it and give --file FILE")
    if wish.file and wish.url:
        raise DataError("--file and --url name two places for the same data; give one")
    if wish.test_file and source != BANKING:
        raise DataError("--test-file is for --source banking77, which has two files")
    if source == BANKING and bool(wish.file) != bool(wish.test_file):
        raise DataError("banking77 has two files: give --file train.csv and --test-file test.csv, or neither")
    for file in (wish.file, wish.test_file):
        if file and not file.is_file():
            raise DataError(f"{file}: {'a folder; expected a file' if file.is_dir() else 'no such file'}")


def _store(root: Path, lines: Iterable[bytes], longest: int, *, unique: bool) -> tuple[contract.Tally, str]:
    """Write data/tickets.jsonl as its lines pass the checks; return what was counted, and its sha256.

    One line is held at a time, so that an export of any size passes through. What was there before is
    replaced by a whole file, or not at all.
    """
    path = root / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    tally, hash_ = contract.Tally(), hashlib.sha256()
    try:
        with draft.open("xb") as file:

            def written() -> Iterator[bytes]:
                for line in lines:
                    file.write(line)
                    hash_.update(line)
                    yield line

            for ticket in contract.parse(written(), "tickets.jsonl", longest, unique=unique):
                tally.add(ticket)
        contract.refuse_unusable(tally, "tickets.jsonl")
        draft.replace(path)
    except OSError as error:
        if error.filename is not None and error.filename != str(draft):
            raise
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"{FILE}: cannot be written: {reason}; what was there before is unchanged") from None
    finally:
        draft.unlink(missing_ok=True)
    return tally, hash_.hexdigest()


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(Counter(counts).items()))
