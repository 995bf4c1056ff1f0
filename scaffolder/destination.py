"""The folder that a project goes to: it must be free, and it is filled in one step."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.errors import DestinationExists, DestinationUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Tell a full disk, a missing permission and the like in one line."""
    try:
        yield
    except OSError as error:
        raise DestinationUnwritable(path, (error.strerror or str(error)).lower()) from error


def free_destination(dest: Path) -> Path:
    """Return `dest` as an absolute path, or raise DestinationExists."""
    if dest.is_symlink() and not dest.exists():
        raise DestinationExists(dest, "is a broken symbolic link")
    if dest.exists() and not dest.is_dir():
        raise DestinationExists(dest, "is a file")
    if dest.is_dir() and any(dest.iterdir()):
        raise DestinationExists(dest, "exists and is not empty")
    return dest.resolve()


@contextmanager
def workshop(dest: Path) -> Iterator[Path]:
    """Yield a folder named like `dest` on the same file system, and remove it in the end."""
    above = next(folder for folder in (dest, *dest.parents) if folder.exists())
    # Only the outer folder is temporary and closed to others; the inner one becomes the project.
    with tempfile.TemporaryDirectory(prefix=".scaffolder-", dir=above, ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch, dest.name)
        folder.mkdir()
        yield folder


def put_in_place(folder: Path, dest: Path) -> None:
    """Make the finished `folder` the one at `dest`."""
    if not dest.exists():
        dest.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(dest)
        return
    # An existing folder stays the one it is: a shell may stand in it, or a disk be mounted there.
    moved: list[Path] = []
    try:
        for entry in folder.iterdir():
            moved.append(entry.rename(dest / entry.name))  # noqa: PERF401 - one by one, to know which
    except BaseException:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
