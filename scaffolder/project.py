"""A generated project on disk, and the record in it of how it was made."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffolder.errors import AnswersFileError, NotAProject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANSWERS_FILE = ".copier-answers.yml"

_MARKER = re.compile(rb"^(<{7} |={7}\r?$|>{7} )", re.MULTILINE)
_RESTORE = "bring it back with 'git checkout', or from the commit that made the project"


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
    commit: str  # as it stands: a tag such as v1.2.0, or what `git describe` says
    template: str  # for a project of ours its template; else the last part of the URL
    values: Mapping[str, object]  # the answers
    answers_file: str = ANSWERS_FILE
    engine: str = "copier"  # or "cookiecutter"
    directory: str = ""  # where the template lies in its repository; empty: at the top


def read_record(path: Path) -> Record:
    """Read the record of the project at `path`.

    Raises:
        NotAProject: there is no answers file.
        AnswersFileError: it cannot be read, or was edited into something else.
    """
    file = path / ANSWERS_FILE
    try:
        return parse_record(file.read_bytes(), file)
    except (FileNotFoundError, NotADirectoryError):
        others = sorted(path.glob(".copier-answers*.yml"))
    except OSError as error:
        raise AnswersFileError(file, error.strerror or str(error)) from error
    if not path.is_dir():
        raise NotAProject(path, "there is no such folder")
    if not others:
        raise NotAProject(path, f"it has no {ANSWERS_FILE}, which says how it was made")
    if len(others) > 1:
        names = ", ".join(other.name for other in others)
        raise NotAProject(path, f"it has no {ANSWERS_FILE}, but {names}; it was made from several templates")
    try:
        return parse_record(others[0].read_bytes(), others[0])
    except OSError as error:
        raise AnswersFileError(others[0], error.strerror or str(error)) from error


def parse_record(text: bytes, where: Path) -> Record:
    """Return the record in the answers file `where`, whose content is `text`.

    Raises:
        AnswersFileError: it is no such record.
    """
    from scaffolder.engine.source import own_url

    values = _parse(text, where)
    url, commit = (_text_at(values, key, where) for key in ("_src_path", "_commit"))
    answers = {key: value for key, value in values.items() if not key.startswith("_")}
    if url == own_url():
        template = answers.pop("template", None)
        if not isinstance(template, str) or not template:
            raise AnswersFileError(where, f"it names no template; {_RESTORE}")
        return Record(url, commit, template, answers, where.name)
    name = re.split(r"[/:\\]", url.rstrip("/\\"))[-1].removesuffix(".git")
    return Record(url, commit, name or url, answers, where.name)


def _parse(text: bytes, where: Path) -> dict[str, Any]:
    import yaml

    if _MARKER.search(text):
        raise AnswersFileError(where, "it has conflict markers; resolve the conflict in it first")
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found = yaml.load(text, Loader=loader)  # noqa: S506 - both are safe
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise AnswersFileError(where, f"it is no YAML: {error}; {_RESTORE}") from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise AnswersFileError(where, f"expected a mapping of questions to answers; {_RESTORE}")
    return found


def _text_at(values: Mapping[str, Any], key: str, where: Path) -> str:
    value = values.get(key)
    if value is None:
        raise AnswersFileError(where, f"it has no {key}; {_RESTORE}")
    if not isinstance(value, str) or not value.strip():
        raise AnswersFileError(where, f"expected a text as {key}, not {value!r}; {_RESTORE}")
    return value
