"""What a template of others asks, which versions and which code it has; nothing of it is run or rendered.

Texts are shown as the template writes them: a default such as `{{ name | lower }}` stays as it is.
"""

from __future__ import annotations

import json
import math
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffolder.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.engine.links import LinkedFiles
    from scaffolder.engine.source import Source
    from scaffolder.engine.trust import Code
    from scaffolder.tree import File

_COPIER = re.compile(r"(?i)copier\.ya?ml")
_COOKIECUTTER = "cookiecutter.json"
_TAGS = ("{{", "{%", "{#")
_MOST_BYTES = 2_000_000  # of a file of settings
_MOST_NESTED = 200  # templates in one repository
_DEEPEST = 5  # templates in templates in templates, as `new` follows them
_DEEPEST_VALUE = 20
_LONGEST_NUMBER = 1000  # bits
_NATIVE = ("bool", "float", "int", "str")
_NO = (False, "false", "no", "off", "n", "f", "0", "", "~", "null", "none")  # as copier reads them
_MOST_SEARCHED = 200  # files for one that is no YAML


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a template of others; the first five facts are those of one of ours."""

    name: str
    type: str
    help: str
    default: Any  # None where the question must be answered, too
    choices: tuple[str, ...]
    choices_from: str = ""  # the text that makes the choices, where they are not listed
    multiselect: bool = False
    when: str = ""  # the condition under which it is asked, if there is one
    required: bool = False


@dataclass(frozen=True, slots=True)
class Nested:
    """One of several templates in a repository; `-d template=NAME` takes it."""

    name: str
    title: str
    summary: str
    path: str
    questions: tuple[Question, ...]
    templates: tuple[Nested, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A version that is tagged."""

    tag: str
    version: str
    prerelease: bool


@dataclass(frozen=True, slots=True)
class Described:
    """One version of a template of others."""

    name: str
    source: str  # the address
    engine: str
    version: str
    tag: str
    commit: str
    directory: str
    questions: tuple[Question, ...]
    templates: tuple[Nested, ...]
    code: tuple[Code, ...]
    files: tuple[str, ...]  # their paths in the repository, as they lie in the template
    warnings: tuple[str, ...]


def versions(text: str) -> tuple[Version, ...]:
    """Return the versions that the template at an address has, the newest first.

    Raises:
        SourceError: it cannot be had.
    """
    from scaffolder.engine import foreign

    newest_first = reversed(foreign.versions_of(text).items())
    return tuple(Version(tag, str(number), number.is_prerelease) for tag, number in newest_first)


def describe(text: str, version: str | None = None, *, directory: str = "") -> Described:
    """Return what there is to know of a version of the template at an address; by default of the newest.

    Raises:
        SourceError: it cannot be had, or it is no template that can be used.
    """
    from scaffolder.engine import foreign
    from scaffolder.engine.trust import code_of

    source = foreign.locate(text, version, directory=directory)
    try:
        read = _read_cookiecutter if source.engine == "cookiecutter" else _read_copier
        questions, templates, folders, files = read(source)
    except ValueError as error:
        raise SourceError(source.url, f"version {source.tag}: {error}") from error
    except RecursionError as error:
        raise SourceError(source.url, f"version {source.tag}: it is nested too deep to be read") from error
    return Described(
        foreign.parse_address(text).name,
        source.url,
        source.engine,
        source.version,
        source.tag,
        source.commit_id or "",
        source.directory,
        questions,
        templates,
        tuple(code for code in code_of(source) if _is_below(code.path, folders)),
        tuple(sorted(path for path in source.files if _is_below(path, files) and not _is_settings(path))),
        source.warnings,
    )


def _is_below(path: str, folders: set[str]) -> bool:
    return any(not folder or path.startswith(f"{folder}/") for folder in folders)


def _is_settings(path: str) -> bool:
    return _COPIER.fullmatch(path) is not None or posixpath.basename(path) == _COOKIECUTTER


# The questions, the nested templates, the folders that may have code, and those that a project is made from.
_Read = tuple[tuple[Question, ...], tuple[Nested, ...], set[str], set[str]]


# --- copier


def _read_copier(source: Source) -> _Read:
    config = _load_copier(source.files)
    asked = (_copier_question(name, details) for name, details in config.items() if not name.startswith("_"))
    below = config.get("_subdirectory")
    folder = posixpath.normpath(below) if isinstance(below, str) and below and not _has_tags(below) else "."
    made_from = "" if folder == "." else folder
    return tuple(question for question in asked if question is not None), (), {""}, {made_from}


def _load_copier(files: Mapping[str, File]) -> dict[str, Any]:
    import yaml

    from scaffolder.engine.config import load_config

    name = next((path for path in files if _COPIER.fullmatch(path)), "copier.yml")

    def wanted(path: str) -> bool:
        _refuse_large(path, files[path].content if path in files else b"")
        return True

    wanted(name)
    try:
        return load_config(files, wanted=wanted)
    except ValueError as error:
        if isinstance(error.__cause__, yaml.YAMLError):
            raise ValueError(_yaml_fault(files, name, error.__cause__)) from error
        raise ValueError(str(error) if "copier" in str(error) else f"{name}: {error}") from error
    except (LookupError, AttributeError, TypeError, OverflowError) as error:  # such as of `!!bool maybe`
        raise ValueError(f"{name}, or what it includes, has a value that is not what its tag says") from error


def _yaml_fault(files: Mapping[str, File], name: str, error: Any) -> str:
    """Return what is wrong in which file and line: an included file may be the faulty one."""
    import yaml

    others = sorted(path for path in files if path.lower().endswith((".yml", ".yaml")) and path != name)
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark is None:
        return f"{name}, or what it includes, is no YAML: {what}"
    for path in (name, *others[:_MOST_SEARCHED]):
        if len(files[path].content) > _MOST_BYTES:
            continue
        try:
            for _ in yaml.parse(files[path].content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                pass
        except yaml.MarkedYAMLError as found:
            if found.problem_mark is not None and found.problem_mark.line == mark.line:
                return f"{path}, line {mark.line + 1}: is no YAML: {what}"
        except (yaml.YAMLError, RecursionError):
            continue
    return f"{name}, or what it includes, line {mark.line + 1}: {what}"


def _copier_question(name: str, details: Any) -> Question | None:
    """Return what an entry asks, None where it is a value that is never asked for."""
    facts: Mapping[Any, Any] = details if isinstance(details, dict) else {"default": details}
    conditions = [facts.get(key, True) for key in ("when", "ask")]
    if any(_is_no(condition) for condition in conditions):
        return None
    default = facts.get("default")
    native = type(default).__name__
    choices, choices_from = _copier_choices(facts.get("choices", ()))
    return Question(
        name,
        str(facts.get("type") or (native if native in _NATIVE and "default" in facts else "yaml")),
        _text(facts.get("help")),
        value_of(default),
        choices,
        choices_from,
        multiselect=facts.get("multiselect") is True,
        when=" and ".join(str(part) for part in conditions if isinstance(part, str) and _has_tags(part)),
        required="default" not in facts,
    )


def _copier_choices(choices: Any) -> tuple[tuple[str, ...], str]:
    """Return the values to choose from, or the text that makes them."""
    if isinstance(choices, str):
        return (), choices
    if isinstance(choices, dict):
        values = list(choices.values())
    elif isinstance(choices, list):
        pairs = (
            choice if isinstance(choice, list) and len(choice) == 2 else (None, choice) for choice in choices
        )
        values = [value for _, value in pairs]
    else:
        values = []
    return tuple(_text(value.get("value") if isinstance(value, dict) else value) for value in values), ""


def _is_no(condition: object) -> bool:
    value = condition.strip().lower() if isinstance(condition, str) else condition
    return isinstance(value, bool | str) and value in _NO


def _has_tags(text: str) -> bool:
    return any(tag in text for tag in _TAGS)


# --- cookiecutter


def _read_cookiecutter(source: Source) -> _Read:
    from scaffolder.engine.links import LinkedFiles

    reader = _Cookiecutter(LinkedFiles(source.files))
    questions, templates = reader.read(source.directory, ())
    code = {""} if not source.directory else reader.folders
    made_from = {top for folder in reader.folders for top in _tops(source.files, folder)}
    return questions, templates, code, made_from or reader.folders


def _tops(files: Mapping[str, File], folder: str) -> set[str]:
    """Return the folders in a template's folder whose name is made of answers."""
    inside = f"{folder}/" if folder else ""
    parts = (path.removeprefix(inside).partition("/") for path in files if path.startswith(inside))
    return {inside + name for name, slash, _ in parts if slash and "cookiecutter" in name and _has_tags(name)}


class _Cookiecutter:
    """Reads a template and those nested in it."""

    def __init__(self, linked: LinkedFiles) -> None:
        self.linked = linked
        self.folders: set[str] = set()
        self.count = 0

    def read(self, folder: str, above: tuple[str, ...]) -> tuple[tuple[Question, ...], tuple[Nested, ...]]:
        """Return what a template asks, and the templates in it; `above` are the folders that led to it."""
        if folder in above or len(above) > _DEEPEST:
            raise ValueError(f"its templates lead to each other, {folder or 'the top'} among them")
        self.folders.add(folder)
        path = posixpath.join(folder, _COOKIECUTTER)
        settings = self._settings(path)
        if not {"template", "templates"} & settings.keys():
            return tuple(_cookiecutter_questions(settings)), ()
        try:
            nested = tuple(self._nested(settings, folder, (*above, folder)))
        except _Unusable as error:
            raise ValueError(f"{path}: {error}") from error
        if not nested:
            raise ValueError(f"{path}: its list of templates is empty")
        chosen = tuple(template.name for template in nested)
        key = "template" if not above else f"template_{len(above) + 1}"
        return (Question(key, "str", "Which template", chosen[0], chosen),), nested

    def _settings(self, path: str) -> dict[str, Any]:
        from scaffolder.engine.links import LinkError

        try:
            content = self.linked.read(path)
        except LinkError as error:
            raise ValueError(f"it has no {path}") from error
        _refuse_large(path, content)
        try:
            found = json.loads(content.decode())
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}, line {error.lineno}: is no JSON: {error.msg}") from error
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is no JSON: {error}") from error
        if not isinstance(found, dict):
            raise ValueError(f"{path} is no object of questions and their defaults")
        return found

    def _nested(self, settings: Mapping[str, Any], folder: str, above: tuple[str, ...]) -> Iterator[Nested]:
        for name, title, summary, path in _entries(settings):
            self.count += 1
            if self.count > _MOST_NESTED:
                raise _Unusable(f"it leads to more than {_MOST_NESTED} templates")
            if _has_tags(path):
                yield Nested(name, title, summary, path, ())
                continue
            inside = posixpath.normpath(posixpath.join(folder, path))
            if path.startswith("/") or inside == ".." or inside.startswith("../"):
                raise _Unusable(f"{name!r} leads to {path!r}, which is outside of the template")
            inside = "" if inside == "." else inside
            questions, templates = self.read(inside, above)
            yield Nested(name, title, summary, inside, questions, templates)


class _Unusable(Exception):
    """Something is wrong in the file that is being read."""


def _entries(settings: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the name, title, summary and path of each nested template, in either way to write them."""
    described = settings.get("templates")
    if isinstance(described, dict) and described:
        for name, entry in described.items():
            path = entry.get("path") if isinstance(entry, dict) else None
            if not isinstance(path, str):
                raise _Unusable(f"template {name!r} has no path")
            yield name, _text(entry.get("title")), _text(entry.get("description")), path
        return
    texts = settings.get("template") or []
    if not isinstance(texts, list):
        raise _Unusable(
            f"template is {str(texts)[:40]!r}, where a list such as ['Package (./package)'] is expected"
        )
    for text in map(str, texts):
        found = re.search(r"\((.+)\)", text)
        if found is None:
            raise _Unusable(f"its template {text[:60]!r} names no path, such as in 'Package (./package)'")
        yield text, "", "", found[1]


def _cookiecutter_questions(settings: Mapping[str, Any]) -> Iterator[Question]:
    prompts = settings.get("__prompts__")
    for name, raw in settings.items():
        if name.startswith("_"):
            continue
        said = prompts.get(name) if isinstance(prompts, dict) else None
        help_text = _text(said.get("__prompt__") if isinstance(said, dict) else said)
        choices = tuple(map(_text, raw)) if isinstance(raw, list) else ()
        default = (raw[0] if raw else None) if isinstance(raw, list) else raw
        kind = {bool: "bool", dict: "dict"}.get(type(raw), "str")
        yield Question(name, kind, help_text, value_of(default), choices)


# --- values


def _refuse_large(path: str, content: bytes) -> None:
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{path} is larger than {_MOST_BYTES // 1_000_000} MB")


def _text(value: object) -> str:
    """Return a value as a text; nothing where there is none."""
    if value is None or isinstance(value, str):
        return value or ""
    plain = value_of(value)
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, bool | dict | list) else str(plain)


def value_of(value: object, depth: int = 0) -> Any:
    """Return what YAML may hold as a value that JSON has, too."""
    if isinstance(value, dict | list | tuple | set):
        return _collection(value, depth + 1) if depth < _DEEPEST_VALUE else "..."
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        return f"{hex(value)[:40]}..."
    is_finite = not isinstance(value, float) or math.isfinite(value)
    is_same = value is None or isinstance(value, bool | str | int | float)
    return value if is_same and is_finite else str(value)


def _collection(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        return {_text(key): value_of(inner, depth) for key, inner in value.items()}
    return (
        sorted(map(_text, value)) if isinstance(value, set) else [value_of(inner, depth) for inner in value]
    )
