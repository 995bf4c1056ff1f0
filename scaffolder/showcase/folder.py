"""The folder that a showcase is written to. Only what we wrote is ever replaced or deleted.

A manifest in it says what we wrote: each file with its sha256. A file that differs from that is somebody's,
and so is one that the manifest does not name. All that is new is written beside the site first and moved into
place at the end, so that a build that fails leaves the site as it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MANIFEST = ".scaffolder-showcase.json"
STAGING = ".scaffolder-showcase.new"
SCHEMA = 1
LARGEST_MANIFEST = 50_000_000  # bytes

_NOT_CONTENT = {".git", ".github", MANIFEST, STAGING}  # a repository to publish from may be there already
_SHA256 = re.compile("[0-9a-f]{64}")


class NotOurs(ScaffolderError):
    """A folder, or a file in it, that we did not write."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a build changed, as paths in the folder."""

    written: tuple[str, ...]
    deleted: tuple[str, ...]
    kept: tuple[str, ...]  # ours once, no longer part of the site, and changed since


@dataclass(slots=True)
class Folder:
    """A folder that is ours to write to."""

    path: Path  # absolute, without symbolic links
    hashes: dict[str, set[str]] = field(
        default_factory=dict
    )  # of each file, what we wrote; two, if broken off
    notes: dict[str, Any] = field(default_factory=dict)  # what a build leaves for the next one

    def content(self, name: str) -> bytes | None:
        """Return what a file of ours holds; None where it is gone or was changed."""
        try:
            place = self._place(name)
            content = place.read_bytes() if place.is_file() else None
        except (OSError, NotOurs):
            return None
        ours = self.hashes.get(name, ())
        if content is None or _sha256(content) in ours:
            return content
        lines = content.replace(b"\r\n", b"\n")  # as git checks text out on Windows
        return content if _sha256(lines) in ours else None

    def write(self, files: Mapping[str, bytes], notes: Mapping[str, Any]) -> Written:
        """Make the folder hold `files`, by their paths in it, and no other file of ours.

        Raises:
            NotOurs: a file that we did not write, or that was changed since, is in the way.
        """
        new = {name: content for name, content in files.items() if self.content(name) != content}
        self._require_free(new)
        gone = [name for name in self.hashes if name not in files]
        wanted = {name: _sha256(content) for name, content in files.items()}
        self.path.mkdir(parents=True, exist_ok=True)
        with self._staged(new) as staged:
            if new or gone:
                # Both states are ours until the move is over: it may be broken off.
                both = {name: {*self.hashes.get(name, ()), sha} for name, sha in wanted.items()}
                self._record({**self.hashes, **both}, notes)
            for name, source in staged.items():
                place = self._place(name)
                place.parent.mkdir(parents=True, exist_ok=True)
                source.replace(place)
        deleted, kept = self._delete(gone)
        self.hashes = {name: {sha} for name, sha in wanted.items()}
        self._record(self.hashes, notes)
        return Written(tuple(sorted(new)), tuple(sorted(deleted)), tuple(sorted(kept)))

    def _place(self, name: str) -> Path:
        """Return where a file lies, if no symbolic link leads elsewhere."""
        place = self.path / name
        if place.is_symlink() or not place.parent.resolve().is_relative_to(self.path):
            raise NotOurs(f"{place} is, or lies behind, a symbolic link; remove it or choose another --out")
        return place

    def _require_free(self, new: Mapping[str, bytes]) -> None:
        for name, content in new.items():
            place = self._place(name)
            if place.is_dir():
                raise NotOurs(f"{place} is a folder where a file of the site belongs; move it away")
            if not place.exists() or self.content(name) is not None or _has(place, content):
                continue
            if name in self.hashes:
                why = "was changed after it was built, and a new build would replace it"
            else:
                why = "was not written by a showcase, and one would replace it"
            raise NotOurs(f"{place} {why}; move or delete it first")

    @contextlib.contextmanager
    def _staged(self, files: Mapping[str, bytes]) -> Iterator[dict[str, Path]]:
        """Write files beside the site; yield where each lies. What is left of them goes in any case."""
        staging = self.path / STAGING
        _remove(staging)
        try:
            staged = {}
            if files:
                staging.mkdir()
            for number, (name, content) in enumerate(files.items()):
                staged[name] = staging / str(number)
                staged[name].write_bytes(content)
            yield staged
        finally:
            _remove(staging)

    def _delete(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Delete files of ours; return those deleted, and those kept since somebody changed them."""
        deleted, kept = [], []
        for name in names:
            if self.content(name) is not None:
                place = self.path / name
                place.unlink()
                deleted.append(name)
                for parent in place.relative_to(self.path).parents[:-1]:
                    with contextlib.suppress(OSError):  # something else is in it
                        (self.path / parent).rmdir()
            elif (self.path / name).is_file():
                kept.append(name)
        return deleted, kept

    def _record(self, hashes: Mapping[str, set[str]], notes: Mapping[str, Any]) -> None:
        found = {
            "schema": SCHEMA,
            "about": "What the showcase wrote: a new build replaces or deletes these files and no others.",
            "files": {name: sorted(hashes[name]) for name in sorted(hashes)},
            **notes,
        }
        content = (json.dumps(found, indent=1, sort_keys=True) + "\n").encode()
        place = self.path / MANIFEST
        if not _has(place, content):
            passing = self.path / f"{MANIFEST}.tmp"
            passing.write_bytes(content)
            passing.replace(place)


def open_folder(path: Path) -> Folder:
    """Return the folder to write a showcase to: one that is new, empty, or ours. Nothing is written yet.

    Raises:
        NotOurs: it holds other files, or is no folder.
    """
    place = path.resolve()
    if not place.exists():
        above = next(parent for parent in place.parents if parent.exists())
        if not above.is_dir():
            raise NotOurs(f"{above} is a file, so there can be no folder {path}; choose another --out")
        return Folder(place)
    if not place.is_dir():
        raise NotOurs(f"{path} is a file; --out takes a folder that is new, empty, or of an earlier showcase")
    manifest = _read_manifest(place)
    if manifest is None:
        other = sorted(one.name for one in place.iterdir() if one.name not in _NOT_CONTENT)
        if other:
            raise NotOurs(
                f"{path} holds files that no showcase wrote, such as {other[0]}; "
                "choose a folder with --out that is new or empty"
            )
        return Folder(place)
    files = {name: set(hashes) for name, hashes in manifest.pop("files").items()}
    return Folder(place, files, manifest)


def _read_manifest(folder: Path) -> dict[str, Any] | None:
    place = folder / MANIFEST
    refused = NotOurs(f"{place} is not as a showcase writes it; bring it back, or choose another --out")
    if place.is_symlink():
        raise refused
    try:
        if place.stat().st_size > LARGEST_MANIFEST:
            raise refused
        found = json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        raise refused from None
    if not isinstance(found, dict):
        raise refused
    if found.get("schema") != SCHEMA:
        version = repr(found.get("schema"))[:40]
        raise NotOurs(
            f"{place} is of schema {version}, this showcase writes {SCHEMA}; choose another folder with --out"
        )
    files = found.get("files")
    if not isinstance(files, dict) or not all(_is_ours(name, files[name]) for name in files):
        raise refused
    return found


def _is_ours(name: str, hashes: object) -> bool:
    """Return True for a path that stays in the folder on any system, with its hashes."""
    path = PureWindowsPath(name)
    is_inside = bool(path.parts) and not path.drive and not path.root and ".." not in path.parts
    return (
        is_inside
        and path.parts[0] != ".git"
        and isinstance(hashes, list)
        and all(isinstance(one, str) and _SHA256.fullmatch(one) for one in hashes)
    )


def _remove(staging: Path) -> None:
    if staging.is_symlink() or staging.is_file():
        staging.unlink()
    elif staging.is_dir():
        shutil.rmtree(staging, ignore_errors=os.name == "nt")


def _has(place: Path, content: bytes) -> bool:
    try:
        return place.stat().st_size == len(content) and place.read_bytes() == content
    except OSError:
        return False


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
