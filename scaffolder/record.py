"""The record in a project of how it was made, in whatever form: copier's, ours, or cruft's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffolder.errors import AnswersFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANSWERS_FILE = ".copier-answers.yml"  # copier's
RECORD_FILE = ".scaffolder.yml"  # ours, for templates of other engines
CRUFT_FILE = ".cruft.json"  # cruft's
RECORDS = (RECORD_FILE, ANSWERS_FILE, CRUFT_FILE)  # the first that is there says how a project was made

MARKER = re.compile(rb"^(<{7} |={7}\r?$|>{7} )", re.MULTILINE)
CONFLICT = "it has conflict markers; resolve the conflict in it first"
RESTORE = "bring it back with 'git checkout', or from the commit that made the project"


@dataclass(frozen=True, slots=True)
class Record:
    """What a project's answers file says of how it was made."""

    url: str  # of the template's repository
    commit: str  # copier: a tag such as v1.2.0, or what `git describe` says; cookiecutter: the full id
    template: str  # for a project of ours its template; else the last part of the URL
    values: Mapping[str, object]  # the answers
    answers_file: str = ANSWERS_FILE
    engine: str = "copier"  # or "cookiecutter"
    directory: str = ""  # where the template lies in its repository; empty: at the top
    tag: str = ""  # what the commit was called; it may have been moved since
    skip: tuple[str, ...] = ()  # of cruft's: what an update leaves alone, as paths and patterns
    follows: str = ""  # of cruft's: the branch or tag that it was taken from; empty: the newest version


def template_name(url: str) -> str:
    """Return the last part of the address of a template of others, by which it is called."""
    return re.split(r"[/:\\]", url.rstrip("/\\"))[-1].removesuffix(".git") or url


def parse_yaml(text: bytes, where: Path) -> dict[str, Any]:
    """Return the mapping that a record in YAML is.

    Raises:
        AnswersFileError: it is none.
    """
    import yaml

    if MARKER.search(text):
        raise AnswersFileError(where, CONFLICT)
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found = yaml.load(text, Loader=loader)  # noqa: S506 - both are safe
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise AnswersFileError(where, f"it is no YAML: {error}; {RESTORE}") from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise AnswersFileError(where, f"expected a mapping of questions to answers; {RESTORE}")
    return found


def text_at(values: Mapping[str, Any], key: str, where: Path) -> str:
    """Return what stands at `key`.

    Raises:
        AnswersFileError: nothing, or no text.
    """
    value = values.get(key)
    if value is None:
        raise AnswersFileError(where, f"it has no {key}; {RESTORE}")
    if not isinstance(value, str) or not value.strip():
        raise AnswersFileError(where, f"expected a text as {key}, not {value!r}; {RESTORE}")
    return value
