"""Released versions of the templates: one text file in git's fast-import format, which only ever grows.

    python -m scaffolder.history add 1.2.0    release the templates of this checkout
    python -m scaffolder.history list         the released versions
    python -m scaffolder.history store        a bare repository of them, for copier or git; prints its path

A release adds the blobs that no earlier one has, a commit that lists all its files, and a tag. Author, date
and order are fixed in the text, so each machine and each git gets the same commit ids. Reading takes no git.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import checkout, git, places
from scaffolder.errors import ReleaseRefused, ScaffolderError, UnknownVersion
from scaffolder.stream import read_files, read_versions, write_version
from scaffolder.tree import tree_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaffolder.tree import File

_TAIL_BYTES = 200  # more than the lines from the last tag on take
_TAG = re.compile(rb"^reset refs/tags/v(\S+)\n", re.MULTILINE)
_NO_DAY = date(1970, 1, 1)  # the date of a snapshot, so that the same files give the same commit
_NUMBER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def versions() -> tuple[str, ...]:
    """Return the released versions, oldest first."""
    return read_versions(_stream())


def newest() -> str | None:
    """Return the newest released version, None before the first. Reads only the end of the file."""
    try:
        with places.stream().open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - _TAIL_BYTES))
            tags = _TAG.findall(stream.read())
    except FileNotFoundError:
        return None
    return tags[-1].decode() if tags else None


def files(version: str) -> dict[str, File]:
    """Return the files of a released version by their path.

    Raises:
        UnknownVersion: it was not released.
    """
    found = read_files(_stream(), version)
    if found is None:
        raise UnknownVersion(version, versions())
    return found


def add(version: str, tree: Mapping[str, File], day: date) -> None:
    """Release `tree` as `version`, dated midnight UTC of `day`.

    Raises:
        ReleaseRefused: the version is not newer than the newest, or nothing changed since.
    """
    _check_release(version, tree)
    old = _stream()
    new = old + write_version(version, tree, branch="releases", day=day, before=old)
    with tempfile.TemporaryDirectory(prefix="scaffolder-") as scratch:
        git.import_stream(new, Path(scratch))
        if git.tree_of(f"v{version}", Path(scratch)) != tree_id(tree):
            raise ReleaseRefused("git reads other files back; is there a line feed or a quote in a name?")
    temporary = places.stream().with_suffix(".new")
    temporary.write_bytes(new)
    temporary.replace(places.stream())


def _check_release(version: str, tree: Mapping[str, File]) -> None:
    if not _NUMBER.fullmatch(version):
        raise ReleaseRefused(f"{version!r} is no version; expected three numbers, such as 1.2.0")
    before = newest()
    if before and _numbers(version) <= _numbers(before):
        raise ReleaseRefused(f"{version} is not newer than {before}")
    if before and files(before) == tree:
        raise ReleaseRefused(f"the templates are those of {before}; there is nothing to release")


def next_version() -> str:
    """Return the smallest version that could be released next."""
    before = newest()
    if before is None:
        return "0.1.0"
    major, minor, patch = _numbers(before)
    return f"{major}.{minor}.{patch + 1}"


def store() -> Path:
    """Return a bare repository of all releases, made in the cache where it is missing."""
    stream = _stream()
    path = places.cache() / "store" / f"{hashlib.sha256(stream).hexdigest()[:16]}.git"
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            git.import_stream(stream, Path(scratch, path.name))
            _rename(Path(scratch, path.name), path)
    return path


def keep_snapshot(version: str, tree: Mapping[str, File]) -> Path:
    """Add unreleased templates to a bare repository in the cache, and return that repository."""
    path = places.cache() / "dev.git"
    if not (path / "refs" / "tags" / f"v{version}").is_file():
        git.import_stream(write_version(version, tree, branch=version, day=_NO_DAY), path)
    return path


def snapshot(version: str) -> dict[str, File] | None:
    """Return the unreleased templates that were kept under this version, None where there are none."""
    path = places.cache() / "dev.git"
    if not (path / "refs" / "tags" / f"v{version}").is_file():
        return None
    return checkout.read_commit(path, f"refs/tags/v{version}")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def _stream() -> bytes:
    path = places.stream()
    return path.read_bytes() if path.exists() else b""


def _rename(made: Path, path: Path) -> None:
    try:
        made.rename(path)
    except OSError:
        if not path.is_dir():  # otherwise another process was faster, and made the same
            raise


def main(args: Sequence[str] | None = None) -> int:
    """Run one of the commands above and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m scaffolder.history")
    commands = parser.add_subparsers(required=True, dest="command")
    release = commands.add_parser("add", help="release the templates of this checkout")
    release.add_argument("version", metavar="X.Y.Z")
    today = datetime.now(UTC).date()
    release.add_argument("--date", type=date.fromisoformat, default=today, metavar="YYYY-MM-DD")
    commands.add_parser("list", help="the released versions")
    commands.add_parser("store", help="make a bare repository of them and print its path")
    try:
        sys.stdout.write(_execute(parser.parse_args(args)))
    except ScaffolderError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _execute(options: argparse.Namespace) -> str:
    if options.command == "list":
        return "".join(f"{version}\n" for version in versions())
    if options.command == "store":
        return f"{store()}\n"
    if not places.is_checkout():
        raise ReleaseRefused(f"{places.home()} is no git checkout; a release is made in one")
    add(options.version, checkout.read_files(places.home(), places.ROOTS), options.date)
    return f"released {options.version}\n"


if __name__ == "__main__":
    sys.exit(main())
