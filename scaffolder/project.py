"""A generated project on disk, and the record in it of how it was made."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffolder.errors import AnswersFileError, NotAProject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANSWERS_FILE = ".copier-answers.yml"  # copier's
RECORD_FILE = ".scaffolder.yml"  # ours, for templates of other engines
CRUFT_FILE = ".cruft.json"  # cruft's
RECORDS = (RECORD_FILE, ANSWERS_FILE, CRUFT_FILE)  # the first that is there says how a project was made

_MARKER = re.compile(rb"^(<{7} |={7}\r?$|>{7} )", re.MULTILINE)
_CONFLICT = "it has conflict markers; resolve the conflict in it first"
RESTORE = "bring it back with 'git checkout', or from the commit that made the project"


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
        if _MARKER.search(text):
            raise AnswersFileError(where, _CONFLICT)
        from scaffolder import cruft, record_file

        parse = record_file.parse if where.name == RECORD_FILE else cruft.parse
        return parse(text, where)
    from scaffolder.engine.source import own_url

    values = parse_yaml(text, where)
    url, commit = (text_at(values, key, where) for key in ("_src_path", "_commit"))
    answers = {key: value for key, value in values.items() if not key.startswith("_")}
    if url == own_url():
        template = answers.pop("template", None)
        if not isinstance(template, str) or not template:
            raise AnswersFileError(where, f"it names no template; {RESTORE}")
        return Record(url, commit, template, answers, where.name)
    return Record(url, commit, template_name(url), answers, where.name)


def template_name(url: str) -> str:
    """Return the last part of the address of a template of others, by which it is called."""
    return re.split(r"[/:\\]", url.rstrip("/\\"))[-1].removesuffix(".git") or url


def parse_yaml(text: bytes, where: Path) -> dict[str, Any]:
    """Return the mapping that a record in YAML is.

    Raises:
        AnswersFileError: it is none.
    """
    import yaml

    if _MARKER.search(text):
        raise AnswersFileError(where, _CONFLICT)
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
