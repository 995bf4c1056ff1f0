"""Which paths a template may write: within the project, out of its repository, and such as systems allow."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scaffolder.tree import File

_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_ODD_SIGNS = re.compile(r'[<>:"|?*\\]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")
_UNSEEN = re.compile(
    "[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]"
)  # by HFS+, so they could hide a '.git'
# What would steer a terminal, or turn a line around for who reads it.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_SHOWN = 3
_LONGEST_PART = 255  # bytes of a name, on the common file systems


def checked(path: str) -> str:
    """Return the path of a project's file, which must stay in the project and out of its repository.

    Raises:
        ValueError: it does not, or no system takes it for a name.
    """
    parts = path.split("/")
    is_git = any(_UNSEEN.sub("", part).lower().rstrip(". ") in (".git", "git~1") for part in parts)
    is_absolute = path.startswith(("/", "\\")) or _DRIVE.match(path)
    if is_git or is_absolute or ".." in re.split(r"[/\\]", path):
        raise ValueError(f"it would write {path!r}, which is not a place for a project's file")
    is_name = all(0 < len(part.encode(errors="surrogateescape")) <= _LONGEST_PART for part in parts)
    if not is_name or path.startswith('"') or _STEERING.search(path):
        raise ValueError(f"it would write {path[:300]!r}, which is no name for a file")
    if os.name == "nt" and not _is_windows_name(path):
        raise ValueError(f"it would write {path!r}, a name that Windows does not allow")
    return path


def refuse_overlaps(files: Mapping[str, File]) -> None:
    """Raise ValueError when a file would be written below another one, or through a link.

    A link is one in any case of its letters: macOS and Windows take them for the same.
    """
    links = {_folded(path): path for path, file in files.items() if file.mode == "120000"}
    for path in files:
        parts = path.split("/")
        for count in range(1, len(parts)):
            parent = "/".join(parts[:count])
            if parent in files or (links and _folded(parent) in links):
                raise ValueError(f"it would write {path!r} below a file")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFKC", path.casefold()).casefold()


def printable(value: object) -> None:
    """Raise ValueError for a text in `value` that would steer a terminal instead of being read on it."""
    if isinstance(value, dict):
        printable([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for item in value:
            printable(item)
    elif isinstance(value, str) and _STEERING.search(value.replace("\n", "").replace("\t", "")):
        raise ValueError(f"{value!r:.60} has control characters, which must not reach a terminal")


def warnings(paths: Iterable[str]) -> tuple[str, ...]:
    """Return what is to be said of names that another system does not allow, or takes for the same."""
    found: list[str] = []
    seen: dict[str, list[str]] = {}
    for path in paths:
        if not _is_windows_name(path):
            found.append(path)
        seen.setdefault(path.casefold(), []).append(path)
    told = []
    if found:
        told.append(f"Windows does not allow these names: {_listed(found)}")
    if same := [path for paths in seen.values() if len(paths) > 1 for path in paths]:
        told.append(f"these names are the same on Windows and macOS: {_listed(same)}")
    return tuple(told)


def _is_windows_name(path: str) -> bool:
    return not any(
        _ODD_SIGNS.search(part) or part.endswith((" ", ".")) or _DEVICES.fullmatch(part)
        for part in path.split("/")
    )


def _listed(paths: list[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(map(repr, paths[:_SHOWN])) + more
