"""`.cruft.json`: cruft's record of which template a project came from, read and written as cruft does it."""

from __future__ import annotations

import json
import posixpath
import tomllib
from typing import TYPE_CHECKING, Any

from scaffolder.errors import AnswersFileError
from scaffolder.record import CRUFT_FILE, RESTORE, Record, template_name, text_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LARGEST = 1 << 20  # bytes of a record, or of a pyproject.toml
MAIN = "HEAD"  # what is followed where cruft has no checkout: the template's main branch


def parse(text: bytes, where: Path) -> Record:
    """Return the record in the file `where`, whose content is `text`.

    What is to be skipped is read from the pyproject.toml beside it too, as cruft does.

    Raises:
        AnswersFileError: it is no such record.
    """
    values = _load(text, where)
    url, commit = (text_at(values, key, where) for key in ("template", "commit"))
    context = values.get("context")
    answers = context.get("cookiecutter") if isinstance(context, dict) else None
    if not isinstance(answers, dict):
        raise AnswersFileError(where, f"it has no answers in context.cookiecutter; {RESTORE}")
    checkout, directory = (text_at(values, key, where) if values.get(key) else "" for key in _OPTIONAL)
    skip = (*_skip(values.get("skip"), where), *_skipped_by_pyproject(where.with_name("pyproject.toml")))
    return Record(
        *(url, commit, template_name(url)),
        {key: value for key, value in answers.items() if not key.startswith("_")},
        CRUFT_FILE,
        engine="cookiecutter",
        directory=_inside(directory, where),
        skip=tuple(dict.fromkeys(skip)),
        follows=checkout or MAIN,
    )


_OPTIONAL = ("checkout", "directory")


def render(before: bytes, *, commit: str, checkout: str | None, variables: Mapping[str, object]) -> bytes:
    """Return the record `before` of a project that has been updated, as cruft would write it.

    Args:
        before: the record until then.
        commit: the template's, as a full id.
        checkout: the branch or tag that it was taken from, None for the main branch.
        variables: all of the template, private ones too.
    """
    values: dict[str, Any] = json.loads(before)
    values |= {
        "commit": commit,
        "checkout": checkout,
        "context": context(values["template"], commit, variables),
    }
    return dump(values)


def context(template: str, commit: str, variables: Mapping[str, object]) -> dict[str, Any]:
    """Return the variables in cookiecutter's order: dictionaries that are asked for come last."""
    last = [key for key, value in variables.items() if isinstance(value, dict) and not key.startswith("_")]
    ordered = {key: value for key, value in variables.items() if key not in last}
    ordered |= {key: variables[key] for key in last}
    return {"cookiecutter": {**ordered, "_template": template, "_commit": commit}}


def dump(values: Mapping[str, Any]) -> bytes:
    """Return the record as cruft writes it."""
    return f"{json.dumps(values, ensure_ascii=False, indent=2, separators=(',', ': '))}\n".encode()


def _load(text: bytes, where: Path) -> dict[str, Any]:
    if len(text) > _LARGEST:
        raise AnswersFileError(where, f"it has more than {_LARGEST >> 20} MiB; {RESTORE}")
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()  # fails on half a character
    except (ValueError, RecursionError) as error:
        raise AnswersFileError(where, f"it is no JSON: {error}; {RESTORE}") from error
    if not isinstance(found, dict):
        raise AnswersFileError(where, f"expected a JSON object; {RESTORE}")
    return found


def _inside(directory: str, where: Path) -> str:
    """Return a folder of a template as it is written in its repository."""
    if not directory:
        return ""
    folder = posixpath.normpath(directory)
    if folder.startswith(("/", "..")) or "\\" in folder:
        raise AnswersFileError(where, f"expected a folder of the template, not {directory!r}; {RESTORE}")
    return "" if folder == "." else folder


def _skip(found: object, where: Path) -> list[str]:
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(pattern, str) and pattern for pattern in found):
        raise AnswersFileError(where, f"expected a list of paths as skip, not {found!r}")
    return found


def _skipped_by_pyproject(file: Path) -> list[str]:
    try:
        if not file.is_file():  # a device would never end
            return []
        with file.open("rb") as opened:
            text = opened.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise AnswersFileError(file, f"it has more than {_LARGEST >> 20} MiB")
        settings = tomllib.loads(text.decode())
    except OSError:
        return []
    except ValueError as error:
        raise AnswersFileError(file, f"it is no TOML, and may list what to skip: {error}") from error
    for key in ("tool", "cruft"):
        settings = settings.get(key, {})
        if not isinstance(settings, dict):
            return []
    return _skip(settings.get("skip"), file)
