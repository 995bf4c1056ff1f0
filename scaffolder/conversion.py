"""From one form of a project's record to the other: `.cruft.json` to `.scaffolder.yml`, and back."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scaffolder import cruft
from scaffolder.errors import NotUpdatable
from scaffolder.project import parse_record, read_record
from scaffolder.record import CRUFT_FILE, RECORD_FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scaffolder.record import Record


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
        "checkout": None if checkout in ("", cruft.MAIN) else checkout,
        "context": cruft.context(url, commit, made.variables),
        "directory": record.directory or None,
    }
    return cruft.dump(values | ({"skip": list(record.skip)} if record.skip else {}))


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
