"""Whether two versions of one of our templates differ for its projects, told without rendering."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scaffolder.engine.config import load_config
from scaffolder.engine.links import LinkedFiles, LinkError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.engine.source import Source
    from scaffolder.tree import File

# The name that follows may be complete, or only the beginning of an expression: "licences/" ~ licence.
_INCLUDE = re.compile(rb"""\b(?:include|import|from|extends)\b\s*\(?\s*(?:["']([^"']*)["'])?""")
_TAG = re.compile(rb"\{%.*?%\}", re.DOTALL)


@lru_cache(maxsize=256)
def looks_the_same(old: Source, new: Source, template: str) -> bool:
    """Return True when settings, questions, files and included texts of the template are the same in both."""
    if old.files == new.files:
        return True
    try:
        return _visible(old, template) == _visible(new, template)
    except (ValueError, LinkError):
        return False  # rendering will say what is wrong


@lru_cache(maxsize=64)
def _visible(source: Source, template: str) -> tuple[Any, ...]:
    project = dict(LinkedFiles(source.files).below(f"templates/{template}/project"))
    config = load_config(source.files, wanted=lambda path: _concerns(path, template))
    config.get("template", {}).pop("choices", None)  # the other templates that there are
    return list(config.items()), project, _included(source, project)


def _concerns(path: str, template: str) -> bool:
    """Return False for the questions of another template."""
    parts = path.split("/")
    return parts[0] != "templates" or parts[1] in ("_shared", template)


def _included(source: Source, project: dict[str, File]) -> dict[str, bytes]:
    """Return the texts that those of the project include, directly or not."""
    found: dict[str, bytes] = {}
    waiting = [file.content for name, file in project.items() if name.endswith(".jinja")]
    while waiting:
        for name in _names(waiting.pop()):
            for path, file in source.files.items():
                if path.startswith(name) and path not in found and not _is_project(path):
                    found[path] = file.content
                    waiting.append(file.content)
    return found


def _names(text: bytes) -> Iterator[str]:
    for tag in _TAG.findall(text):
        for name in _INCLUDE.findall(tag):
            yield name.decode(errors="replace") or "templates/_shared/"


def _is_project(path: str) -> bool:
    return path.startswith("templates/") and path.split("/")[2:3] == ["project"]
