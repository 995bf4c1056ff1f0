"""What templates there are, and what each asks and writes. Listing them imports nothing heavy."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import scaffolder
from scaffolder import history, places
from scaffolder.errors import UnknownTemplate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SUFFIX = ".jinja"
_ANSWERS_FILE = "{{ _copier_conf.answers_file }}"


@dataclass(frozen=True, slots=True)
class Template:
    """One template, as its portfolio.toml describes it."""

    name: str
    title: str
    summary: str
    stack: tuple[str, ...]
    version: str  # the newest release


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a template."""

    name: str
    type: str
    help: str
    default: object
    choices: tuple[str, ...]


def templates() -> tuple[Template, ...]:
    """Return every template, by name."""
    version = history.newest() or str(scaffolder.__version__)
    found = sorted((places.home() / "templates").glob("*/project/portfolio.toml"))
    return tuple(_read_template(path, version) for path in found)


def _read_template(path: Path, version: str) -> Template:
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    return Template(path.parts[-3], facts["title"], facts["summary"], tuple(facts["stack"]), version)


def find(name: str) -> Template:
    """Return the template called `name`.

    Raises:
        UnknownTemplate: there is none.
    """
    known = {template.name: template for template in templates()}
    if name not in known:
        raise UnknownTemplate(name, known)
    return known[name]


def file_tree(name: str) -> tuple[str, ...]:
    """Return the files that a project of this template has when every option is taken."""
    from scaffolder.engine.source import locate, project_files

    names = project_files(locate(), name)
    shown = (file.removesuffix(_SUFFIX).replace(_ANSWERS_FILE, ".copier-answers.yml") for file in names)
    return tuple(sorted(shown))


def questions(name: str) -> tuple[Question, ...]:
    """Return what a template asks, in order, with the defaults that it would propose."""
    given: dict[str, Any] = {"template": name}
    asked = []
    for key, details in _question_data().items():
        if key.startswith("_") or key == "template":
            continue
        given[key] = _rendered(details.get("default"), given)
        if str(_rendered(details.get("when", True), given)) == "True":
            asked.append(_question(key, details, given[key]))
    return tuple(asked)


def _question(key: str, details: Mapping[str, Any], default: object) -> Question:
    choices = details.get("choices", ())
    values = choices.values() if isinstance(choices, dict) else choices
    return Question(key, details["type"], details.get("help", ""), default, tuple(map(str, values)))


def _question_data() -> dict[str, Any]:
    """Return copier.yml with the files that it includes, as copier would merge them."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Knows `!include`, whose value is the documents of another file."""

    def include(loader: Loader, node: yaml.ScalarNode) -> list[Any]:
        return documents(places.home() / str(loader.construct_scalar(node)))

    def documents(path: Path) -> list[Any]:
        return list(yaml.load_all(path.read_bytes(), Loader=Loader))

    Loader.add_constructor("!include", include)
    merged: dict[str, Any] = {}
    for document in documents(places.home() / "copier.yml"):
        for part in document if isinstance(document, list) else [document]:
            merged |= part or {}
    return merged


def _rendered(value: object, given: Mapping[str, Any]) -> object:
    if not isinstance(value, str):
        return value
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment().from_string(value).render(given)
