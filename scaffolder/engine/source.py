"""Where a version of a template comes from: a release in the history, the checkout, or any git URL."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import checkout, history, places
from scaffolder.engine.links import LinkedFiles, LinkError
from scaffolder.errors import (
    MadeByNewer,
    NoRelease,
    RenderFailed,
    UnknownRecord,
    UnknownSnapshot,
    UnknownTemplate,
    UnknownVersion,
    VanishedTemplate,
)
from scaffolder.places import own_url
from scaffolder.tree import File, tree_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.record import Record

_NUMBERS = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_UNRELEASED = re.compile(r"v?(\d+\.\d+\.\d+\.dev\d+\+g[0-9a-f]+)")


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Source:
    """One version of all our templates, or of a foreign one."""

    version: str  # 1.2.0, or 1.2.1.dev0+g<tree> for a checkout that differs from release 1.2.0
    url: str  # portable: the same on every machine
    is_release: bool
    files: Mapping[str, File] = field(repr=False)  # by path from the root of the repository
    is_foreign: bool = False
    described: str = ""  # of a foreign one, what `git describe` says of the commit
    commit_id: str | None = None  # of a foreign one
    warnings: tuple[str, ...] = ()  # what the user should know, such as that it could not be fetched
    engine: str = "copier"  # or "cookiecutter": what renders it
    directory: str = ""  # where the template lies in its repository; empty: at the top

    @property
    def tag(self) -> str:
        """What a project's answers file records as `_commit`."""
        return self.described or f"v{self.version}"

    def templates(self) -> tuple[str, ...]:
        """Return the names of our templates in this version."""
        names = {path.split("/")[1] for path in self.files if _is_in_project(path)}
        return tuple(sorted(name for name in names if not name.startswith("_")))  # _shared is none

    def tree(self, template: str) -> Tree:
        """Return one template, ready for `render`.

        Raises:
            UnknownTemplate: this version has no such template.
        """
        if not self.is_foreign and template not in self.templates():
            raise UnknownTemplate(template, self.templates())
        return Tree(self, template)


@dataclass(frozen=True, slots=True)
class Tree:
    """One template of a source."""

    source: Source
    template: str


def locate(version: str | None = None) -> Source:
    """Return our templates of a version: by default the newest release, or the checkout where it differs.

    Raises:
        UnknownVersion: it was not released.
        NoRelease: there is neither a release nor a checkout.
    """
    if version is not None:
        return _release(version.removeprefix("v"))
    newest = history.newest()
    released = _release(newest) if newest else None
    if places.is_checkout():
        source = _checkout(places.home(), _state(places.home()), released)
        if source is not None:
            return source
    if released is None:
        raise NoRelease
    return released


def recorded(record: Record) -> Source:
    """Return the version that a project was made from, or was updated to last.

    Raises:
        MadeByNewer, UnknownRecord, UnknownSnapshot: this installation does not have it.
        SourceError: a foreign template cannot be had.
    """
    if record.url != own_url():
        from scaffolder.engine.foreign import recorded as foreign_recorded

        return foreign_recorded(record)
    if unreleased := _UNRELEASED.fullmatch(record.commit):
        return _snapshot(unreleased[1])
    number, newest = _NUMBERS.fullmatch(record.commit), history.newest()
    if number and newest and _numbers(record.commit) > _numbers(newest):
        raise MadeByNewer(record.commit, newest)
    try:
        return _release(record.commit.removeprefix("v"))
    except UnknownVersion as error:
        raise UnknownRecord(record.commit, history.versions()) from error


def target(record: Record, version: str | None = None) -> Source:
    """Return the version that a project goes to: the one that `new` would take, or `version`.

    Raises:
        UnknownVersion: there is no such version.
        VanishedTemplate: it no longer has the project's template.
        SourceError: a foreign template cannot be had.
    """
    if record.url != own_url():
        from scaffolder.engine.foreign import target as foreign_target

        return foreign_target(record, version)
    source = locate(version)
    if record.template not in source.templates():
        raise VanishedTemplate(record.template, source.tag, source.templates())
    return source


def is_unchanged(old: Source, new: Source, template: str) -> bool:
    """Return True when no project of this template can tell the two versions apart; renders nothing."""
    if old.engine == "cookiecutter":
        return old.commit_id == new.commit_id
    if old is new or (old.tag == new.tag and old.url == new.url):
        return True
    if old.is_foreign or new.is_foreign:
        return False
    from scaffolder.engine.compare import looks_the_same

    return looks_the_same(old, new, template)


def project_files(source: Source, template: str) -> dict[str, File]:
    """Return the files of a template's project by their path in it, as they lie in the template.

    Raises:
        RenderFailed: a link leads nowhere.
    """
    try:
        return dict(LinkedFiles(source.files).below(f"templates/{template}/project"))
    except LinkError as error:
        raise RenderFailed(template, str(error)) from error


def _release(version: str) -> Source:
    stream = places.stream()
    return _read_release(version, str(stream), _facts(stream))


@lru_cache(maxsize=16)
def _read_release(version: str, _stream: str, _state: tuple[int, ...]) -> Source:
    return Source(version, own_url(), is_release=True, files=history.files(version))


@lru_cache(maxsize=2)
def _checkout(home: Path, _state: tuple[object, ...], released: Source | None) -> Source | None:
    """Return the templates of the checkout, None where they are those of the newest release."""
    files = checkout.read_files(home, places.ROOTS)
    if released is not None and files == released.files:
        return None
    # The same files give the same version on every machine.
    unreleased = f"{history.next_version()}.dev0+g{tree_id(files)[:12]}"
    return Source(unreleased, own_url(), is_release=False, files=files)


def _state(home: Path) -> tuple[object, ...]:
    """Return something that is different after any change of the checkout: its files are read but once."""
    names = [home / "copier.yml", home / ".gitignore", home / ".gitattributes", home / ".git" / "index"]
    names += [Path(folder, name) for folder, _, files in os.walk(home / "templates") for name in files]
    names.append(Path.home() / ".gitconfig")
    return tuple((str(path), _facts(path)) for path in names)


def _facts(path: Path) -> tuple[int, ...]:
    """Return numbers of which one is another when the file is."""
    try:
        found = path.lstat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_mode, found.st_ino


def _snapshot(version: str) -> Source:
    """Return unreleased templates: those of the checkout, or what an earlier run kept of it in the cache."""
    if places.is_checkout():
        source = locate()
        if source.version == version:
            return source
    return _kept_snapshot(version, str(places.cache()))


@lru_cache(maxsize=4)
def _kept_snapshot(version: str, _cache: str) -> Source:
    files = history.snapshot(version)
    if files is None:
        raise UnknownSnapshot(version)
    return Source(version, own_url(), is_release=False, files=files)


def _numbers(version: str) -> tuple[int, ...]:
    found = _NUMBERS.match(version)
    return tuple(map(int, found.groups())) if found else ()


def _is_in_project(path: str) -> bool:
    return path.startswith("templates/") and path.split("/")[2:3] == ["project"]
