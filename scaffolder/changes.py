"""What changed in a template between two versions, as the changelog tells it."""

from __future__ import annotations

import re
from functools import lru_cache

from packaging.version import InvalidVersion, Version

from scaffolder import places

_HEADING = re.compile(r"^## \[?v?([0-9][^\s\]]*)\]?", re.MULTILINE)


def changes_between(template: str, old: str, new: str) -> tuple[str, ...]:
    """Return what the changelog says of a template for the versions after `old`, up to and with `new`.

    Newest first, one line each, without the template's name. Empty where nothing is said or on a downgrade.
    """
    low, high = Version(old), Version(new)
    found: list[str] = []
    for version, text in _sections(_changelog()):
        if low < version <= high:
            found += _lines_about(template, text)
    return tuple(found)


def _changelog() -> str:
    path = places.home() / "CHANGELOG.md"
    return _read(str(path), path.stat().st_mtime_ns) if path.is_file() else ""


@lru_cache(maxsize=1)
def _read(path: str, _changed: int) -> str:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - a text is what the cache can have as key
        return file.read()


def _sections(text: str) -> list[tuple[Version, str]]:
    parts = _HEADING.split(text)[1:]
    sections = []
    for number, body in zip(parts[::2], parts[1::2], strict=True):
        try:
            sections.append((Version(number), body))
        except InvalidVersion:
            continue
    return sections


def _lines_about(template: str, text: str) -> list[str]:
    entries = re.split(r"^- ", text, flags=re.MULTILINE)[1:]
    whole = (" ".join(entry.split("\n\n")[0].split()) for entry in entries)
    start = f"{template}: "
    return [entry.removeprefix(start) for entry in whole if entry.startswith(start)]
