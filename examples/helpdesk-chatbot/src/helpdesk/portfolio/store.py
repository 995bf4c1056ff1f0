"""Versions of the trained model on disk, which one is in use, and the way back.

    models/20261122-070012-123456-3f9a1c0b2d4e/   a version: its files, metadata.json, manifest.json
    models/current                                text: the version in use, below it those used before

A version's name is its time (UTC, to the microsecond) and the start of its manifest's hash; the manifest
holds the hash of every file. So a changed byte anywhere is found on loading. This finds damage and careless
edits; someone who may write to the folder could make a consistent version of their own, which only a hash
kept elsewhere (the evidence's `artifact`) shows. Files that can run code on loading (pickle) do not belong
here.
"""

from __future__ import annotations

import json
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ModelError, ModelMissing, ModelTampered
from .files import sha256_of, write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "models"
POINTER = "current"
MANIFEST = "manifest.json"
METADATA = "metadata.json"
_REMEDY = "roll back or train again"

_STAMP = "%Y%m%d-%H%M%S-%f"
_VERSION = re.compile(r"(\d{8}-\d{6}-\d{6})-([0-9a-f]{12})")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # one flat folder: no path leads out of it


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A version whose files have been checked against their hashes."""

    version: str
    path: Path  # its folder
    metadata: dict[str, Any]
    files: tuple[str, ...]  # names of the checked files

    def file(self, name: str) -> Path:
        """Return the path of a checked file.

        Raises:
            ModelTampered: the version was stored without this file.
        """
        if name not in self.files:
            raise ModelTampered(f"{FOLDER}/{self.version}: no {name} in its {MANIFEST}; {_REMEDY}")
        return self.path / name


def save(root: Path, files: Mapping[str, bytes], metadata: Mapping[str, Any], *, keep: int = 5) -> str:
    """Store a new version, put it in use and return its name.

    The folder appears whole or not at all, then the pointer changes. Saving what is in use already (the same
    files and metadata) changes nothing. Of the versions, the `keep` newest and the one in use remain.

    Raises:
        ModelError: a file's name is not a plain name, or `keep` is below 1.
    """
    if keep < 1:
        raise ModelError(f"keep is {keep}; at least the version in use has to stay")
    contents = {
        **files,
        METADATA: json.dumps(dict(metadata), indent=2, sort_keys=True, allow_nan=False).encode(),
    }
    for name in files:
        if not _FILE_NAME.fullmatch(name) or name in (MANIFEST, METADATA):
            raise ModelError(
                f"{name!r} cannot be a file of a model version; use a plain name such as model.ubj"
            )
    hashes = {name: sha256_of(content) for name, content in contents.items()}
    manifest = json.dumps({"files": hashes}, indent=2, sort_keys=True).encode()
    digest = sha256_of(manifest)[:12]

    try:
        line = _line(root)
    except ModelTampered:
        line = []  # a damaged pointer is replaced
    if line and line[0].endswith(digest):
        with suppress(ModelTampered):
            return _checked(root, line[0]).version
        del line[0]  # a damaged version is replaced
    version = f"{_stamp_after(versions(root))}-{digest}"
    draft = root / FOLDER / f".{version}.new"
    draft.mkdir(parents=True)
    try:
        for name, content in {**contents, MANIFEST: manifest}.items():
            write_atomic(draft / name, content)
        draft.rename(draft.with_name(version))
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # is there only when something went wrong
    _point(root, [version, *line])
    _prune(root, keep)
    return version


def current(root: Path) -> StoredModel:
    """Return the version in use, every file checked against its hash.

    Raises:
        ModelMissing: no version is in use.
        ModelTampered: the pointer, the manifest or a file is not what `save` wrote.
    """
    line = _line(root)
    if not line:
        raise ModelMissing(f"no trained model in {FOLDER}/; run 'train' first")
    return _checked(root, line[0])


def versions(root: Path) -> list[str]:
    """Return the names of all stored versions, oldest first."""
    folder = root / FOLDER
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and _VERSION.fullmatch(path.name))


def rollback(root: Path) -> str:
    """Put the version in use before the present one back in use and return its name.

    The version left behind stays on disk. A further rollback goes one more back, never to a version rolled
    back from.

    Raises:
        ModelMissing: there is no earlier version.
        ModelTampered: the earlier version is damaged; the present one stays in use.
    """
    line = _line(root)
    if len(line) < 2:
        raise ModelMissing(f"no earlier model to go back to in {FOLDER}/; {len(versions(root))} stored")
    _checked(root, line[1])
    _point(root, line[1:])
    return line[1]


def _checked(root: Path, version: str) -> StoredModel:
    folder, place = root / FOLDER / version, f"{FOLDER}/{version}"
    try:
        manifest = (folder / MANIFEST).read_bytes()
        if not version.endswith(sha256_of(manifest)[:12]):
            raise ModelTampered(f"{place}/{MANIFEST}: not the one that train wrote; {_REMEDY}")
        hashes = json.loads(manifest)["files"]
        for name, digest in hashes.items():
            if not _FILE_NAME.fullmatch(name):
                raise ModelTampered(f"{place}/{MANIFEST}: {name!r} is no plain file name; {_REMEDY}")
            found = sha256_of(folder / name)
            if found != digest:
                raise ModelTampered(
                    f"{place}/{name}: sha256 is {found[:12]}, expected {digest[:12]}; {_REMEDY}"
                )
        metadata = json.loads((folder / METADATA).read_bytes())
    except FileNotFoundError as error:
        raise ModelTampered(f"{place}: {Path(error.filename).name} is missing; {_REMEDY}") from None
    return StoredModel(version, folder, metadata, tuple(hashes))


def _line(root: Path) -> list[str]:
    """Return the versions that the pointer names: the one in use, then those in use before it."""
    try:
        names = (root / FOLDER / POINTER).read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        names = ["?"]
    if not names or not all(_VERSION.fullmatch(name) for name in names):
        raise ModelTampered(f"{FOLDER}/{POINTER}: expected names of versions, one a line; train again")
    return names


def _point(root: Path, line: list[str]) -> None:
    write_atomic(root / FOLDER / POINTER, "".join(f"{version}\n" for version in line))


def _prune(root: Path, keep: int) -> None:
    """Delete the oldest versions; what cannot be deleted now (open on Windows) is left for the next time."""
    line = _line(root)
    for version in versions(root)[:-keep]:
        if version != line[0]:
            with suppress(OSError):
                shutil.rmtree((root / FOLDER / version).rename(root / FOLDER / f".{version}.old"))
    left = set(versions(root))
    _point(root, [version for version in line if version in left])


def _stamp_after(known: list[str]) -> str:
    """Return the time now, or just after the newest version where the clock has been set back."""
    now = datetime.now(UTC).replace(tzinfo=None)
    if known:
        newest = datetime.strptime(known[-1][:22], _STAMP)
        now = max(now, newest + timedelta(microseconds=1))
    return now.strftime(_STAMP)
