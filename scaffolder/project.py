"""A generated project on disk, and the record in it of how it was made."""

from __future__ import annotations

import os
import stat
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.errors import AnswersFileError, NotAProject
from scaffolder.places import own_url
from scaffolder.record import (
    ANSWERS_FILE,
    CONFLICT,
    CRUFT_FILE,
    MARKER,
    RECORD_FILE,
    RECORDS,
    RESTORE,
    Record,
    parse_yaml,
    template_name,
    text_at,
)

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """What a project's portfolio.toml says of it."""

    path: Path  # absolute
    template: str
    package: str  # import name; its verbs are `python -m <package> train` and so on
    title: str


def open_project(path: Path) -> Project:
    """Read the project at `path`.

    Raises:
        NotAProject: there is no portfolio.toml, or it cannot be read.
    """
    try:
        facts = tomllib.loads((path / "portfolio.toml").read_text(encoding="utf-8"))
        values = {key: facts[key] for key in ("template", "package", "title")}
    except (FileNotFoundError, NotADirectoryError):
        raise NotAProject(path) from None
    except KeyError as error:
        raise NotAProject(path, f"its portfolio.toml has no {error.args[0]!r}") from error
    except (OSError, ValueError) as error:
        raise NotAProject(path, f"its portfolio.toml cannot be read: {error}") from error
    if not str(values["package"]).isidentifier():
        raise NotAProject(path, f"its package {values['package']!r} is no Python name")
    return Project(path.absolute(), **values)


def read_record(path: Path) -> Record:
    """Read the record of the project at `path`: copier's answers file, ours, or cruft's.

    Raises:
        NotAProject: there is none.
        AnswersFileError: it cannot be read, or was edited into something else.
    """
    for name in RECORDS:
        if (text := _read(path / name)) is not None:
            return parse_record(text, path / name)
    if not path.is_dir():
        raise NotAProject(path, "there is no such folder")
    others = sorted(path.glob(".copier-answers*.yml"))
    if not others:
        raise NotAProject(path, f"it has no {ANSWERS_FILE}, which says how it was made")
    if len(others) > 1:
        names = ", ".join(other.name for other in others)
        raise NotAProject(path, f"it has no {ANSWERS_FILE}, but {names}; it was made from several templates")
    return parse_record(_read(others[0]) or b"", others[0])


def other_records(path: Path, used: str) -> tuple[str, ...]:
    """Return what is to be said when a project has more than the one record that is used."""
    others = [name for name in RECORDS if name != used and os.path.lexists(path / name)]
    return (f"{used} is used as the record, and not {' or '.join(others)}",) if others else ()


def _read(file: Path) -> bytes | None:
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # a device would never end
            raise AnswersFileError(file, f"it is no ordinary file; {RESTORE}")
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise AnswersFileError(file, error.strerror or str(error)) from error


def parse_record(text: bytes, where: Path) -> Record:
    """Return the record in the file `where`, whose content is `text`.

    Raises:
        AnswersFileError: it is no such record.
    """
    if where.name in (RECORD_FILE, CRUFT_FILE):
        if MARKER.search(text):
            raise AnswersFileError(where, CONFLICT)
        from scaffolder import cruft, record_file

        parse = record_file.parse if where.name == RECORD_FILE else cruft.parse
        return parse(text, where)
    values = parse_yaml(text, where)
    url, commit = (text_at(values, key, where) for key in ("_src_path", "_commit"))
    answers = {key: value for key, value in values.items() if not key.startswith("_")}
    if url == own_url():
        template = answers.pop("template", None)
        if not isinstance(template, str) or not template:
            raise AnswersFileError(where, f"it names no template; {RESTORE}")
        return Record(url, commit, template, answers, where.name)
    return Record(url, commit, template_name(url), answers, where.name)
