"""Notices that something a showcase is made from has changed, by looking at file times again and again.

No notification service of an operating system is used, so it is the same everywhere, network drives and
containers included. A look costs a few stats a project, whatever else the project's folder holds.
"""

from __future__ import annotations

import time
import tomllib
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

from scaffolder.evidence import METRICS
from scaffolder.showcase.entry import FACTS, FIGURES, LARGEST_DOCUMENT, MODEL_CARD, README, STAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INTERVAL_S = 0.5  # between two looks
LONGEST_S = 5.0  # what is written to without a pause counts as changed after this time all the same
SOURCES = (FACTS, README, MODEL_CARD, METRICS, STAR)

Stamp = tuple[int, int, int]  # time, size, number of the file


def changes(
    paths: Iterable[Path], *, interval_s: float = INTERVAL_S, longest_s: float = LONGEST_S
) -> Iterator[tuple[Path, ...]]:
    """Yield the files that changed, each time after a pause in the changes; waits for ever in between.

    Args:
        paths: projects, of which the files that are shown are watched, and single files.
        interval_s: the time between two looks, and how long nothing may change before a change is told.
        longest_s: the time after which it is told without a pause.
    """
    watched = _Watched(paths)
    before = watched.look()
    while True:
        time.sleep(interval_s)
        now = watched.look()
        if now == before:
            continue
        begin = time.monotonic()
        while time.monotonic() - begin < longest_s:
            time.sleep(interval_s)
            earlier, now = now, watched.look()
            if now == earlier:
                break
        changed = sorted(path for path, stamp in now.items() if before.get(path) != stamp)
        before = now  # as of before the caller acts: what changes meanwhile is told next
        if changed:
            yield tuple(changed)


class _Watched:
    """The files to look at; a project's figures are found anew when its portfolio.toml changes."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(dict.fromkeys(paths))
        self._figures: dict[Path, tuple[Stamp | None, tuple[Path, ...]]] = {}

    def look(self) -> dict[Path, Stamp | None]:
        """Return the stamp of each file; None for one that is not there."""
        found: dict[Path, Stamp | None] = {}
        for path in self._paths:
            if path.is_dir():
                found |= {path / name: _stamp(path / name) for name in SOURCES}
                found |= {figure: _stamp(figure) for figure in self._figures_of(path, found[path / FACTS])}
            else:
                found[path] = _stamp(path)
        return found

    def _figures_of(self, project: Path, facts: Stamp | None) -> tuple[Path, ...]:
        known = self._figures.get(project)
        if known is None or known[0] != facts:
            known = self._figures[project] = facts, _figures_in(project)
        return known[1]


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _figures_in(project: Path) -> tuple[Path, ...]:
    """Return the figures that portfolio.toml names; none where it is being written or says nonsense."""
    path = project / FACTS
    try:
        if path.stat().st_size > LARGEST_DOCUMENT:
            return ()
        named = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("figures")
    except (OSError, ValueError, RecursionError):
        return ()
    entries: list[Any] = named[:FIGURES] if isinstance(named, list) else []
    names = [entry.get("path") for entry in entries if isinstance(entry, dict)]
    return tuple(project / name for name in names if isinstance(name, str) and _is_inside(name))


def _is_inside(name: str) -> bool:
    """Return True for a relative path that stays in its folder on any system; others are not looked at."""
    path = PureWindowsPath(name)
    return bool(path.parts) and not path.drive and not path.root and ".." not in path.parts
