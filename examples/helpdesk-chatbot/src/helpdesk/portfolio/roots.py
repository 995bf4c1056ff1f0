"""Where the project lies: the nearest folder with a params.toml."""

from __future__ import annotations

from pathlib import Path

from .errors import ProjectError

MARKER = "params.toml"


def find_root(start: Path | None = None) -> Path:
    """Return the nearest folder at or above `start` (default: the working directory) that has a params.toml.

    Raises:
        ProjectError: there is none up to the top of the disk.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / MARKER).is_file():
            return folder
    raise ProjectError(f"{here}: no {MARKER} here or above; change into the project's folder or use --root")
