"""`.cruft.json`: cruft's record of which template a project came from, read and written as cruft does it."""

from __future__ import annotations

import json
import os
import posixpath
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scaffolder.errors import AnswersFileError, NotUpdatable
from scaffolder.project import (
    CRUFT_FILE,
    RECORD_FILE,
    RESTORE,
    Record,
    parse_record,
    read_record,
    template_name,
    text_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_LARGEST = 1 << 20  # bytes of a record, or of a pyproject.toml
_MAIN = "HEAD"  # what is followed where cruft has no checkout: the template's main branch


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
        follows=checkout or _MAIN,
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
        "context": _context(values["template"], commit, variables),
    }
    return _dump(values)


def _context(template: str, commit: str, variables: Mapping[str, object]) -> dict[str, Any]:
    """Return the variables in cookiecutter's order: dictionaries that are asked for come last."""
    last = [key for key, value in variables.items() if isinstance(value, dict) and not key.startswith("_")]
    ordered = {key: value for key, value in variables.items() if key not in last}
    ordered |= {key: variables[key] for key in last}
    return {"cookiecutter": {**ordered, "_template": template, "_commit": commit}}


def _dump(values: Mapping[str, Any]) -> bytes:
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


# --- from one form of the record to the other


@dataclass(frozen=True, slots=True)
class Converted:
    """A project whose record has another form now; both files are staged, nothing is committed."""

    path: Path
    written: str
    removed: str
    left_out: tuple[str, ...] = ()  # answers to questions that ask for a secret


def convert_from(path: Path) -> Converted:
    """Make a `.scaffolder.yml` out of a project's `.cruft.json`; the template is not needed.

    Raises:
        NotAdoptable: there is no such record, or the project has changes that are not committed.
        AnswersFileError: it cannot be used.
    """
    from scaffolder import record_file
    from scaffolder.engine.cookiecutter_answers import without_secrets

    left_out: list[str] = []

    def write(record: Record) -> bytes:
        public = without_secrets(record.values)
        left_out.extend(key for key in record.values if key not in public)
        return record_file.render_record(replace(record, values=public))

    _replace(path, CRUFT_FILE, RECORD_FILE, write)
    return Converted(path, RECORD_FILE, CRUFT_FILE, tuple(left_out))


def convert_to(path: Path) -> Converted:
    """Make a `.cruft.json` out of a project's `.scaffolder.yml`, as `cruft create` would have written it.

    Raises:
        NotAdoptable: there is no such record, it says what cruft cannot, or the project has changes that are
            not committed.
        ScaffolderError: the record or the template cannot be used.
    """
    _replace(path, RECORD_FILE, CRUFT_FILE, lambda record: _created(record, path))
    return Converted(path, CRUFT_FILE, RECORD_FILE)


def _created(record: Record, path: Path) -> bytes:
    from scaffolder.answers import Answers
    from scaffolder.engine.render import render as render_template
    from scaffolder.engine.source import recorded
    from scaffolder.engine.trust import from_settings

    source = recorded(record)
    made = render_template(
        *(source.tree(record.template), Answers(record.template, {})),
        ask=False,
        defaults={},
        previous=record.values,
        folder_name=path.name,
        trust=from_settings(is_given=False).allows(source),
    )
    if nested := [key for key in made.answers.values if key not in made.variables]:
        chosen = made.answers.values[nested[0]]
        raise _refusal(
            path, f"it was made from {chosen!r} of several templates, which {CRUFT_FILE} cannot say"
        )
    url, commit = record.url.removeprefix("git+"), source.commit_id or record.commit
    checkout = record.follows or record.tag
    values = {
        "template": url,
        "commit": commit,
        "checkout": None if checkout in ("", _MAIN) else checkout,
        "context": _context(url, commit, made.variables),
        "directory": record.directory or None,
    }
    return _dump(values | ({"skip": list(record.skip)} if record.skip else {}))


def _replace(path: Path, old: str, new: str, write: Callable[[Record], bytes]) -> None:
    """Put the file `new` in the place of the record `old`, and stage that."""
    from scaffolder.engine import apply
    from scaffolder.repository import Entry, open_repository

    record = read_record(path)
    if record.answers_file != old:
        _refuse_other(path, record, old)
    try:
        repository = open_repository(path)
        with apply.locked(repository):
            found = apply.look(repository, repository.index)
            repository.require_clean()
            entry = repository.index.entries.get(old)
            if entry is None:
                raise _refusal(path, f"{old} is not committed; commit it first")
            if os.path.lexists(path / new):
                raise _refusal(path, f"there is something at {new}; move it away")
            content = write(parse_record(repository.read(old, entry), path / old))
            made = Entry("100644", repository.oid(content))
            apply.apply(repository, apply.Change({old: None, new: made}, {}, {}, {made.oid: content}), found)
    except NotUpdatable as error:
        raise _refusal(path, str(error).partition(" cannot be updated: ")[2].split(", or pass")[0]) from error


def _refuse_other(path: Path, record: Record, wanted: str) -> None:
    if record.engine == "copier" and wanted == RECORD_FILE:
        why = f"{record.answers_file} says that it was made from a copier template, and cruft knows none"
    elif os.path.lexists(path / wanted):
        why = f"it has {record.answers_file} too, which is the one that is used; remove one of them"
    else:
        why = f"it has no {wanted}; its record is {record.answers_file}"
    raise _refusal(path, why)


def _refusal(path: Path, why: str) -> Exception:
    from scaffolder.adopting.owned import NotAdoptable

    return NotAdoptable(path, why)
