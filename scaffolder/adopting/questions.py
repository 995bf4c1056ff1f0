"""The questions of a template as far as `adopt` must know them: which values each can have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffolder.engine.config import load_config
from scaffolder.engine.links import LinkError
from scaffolder.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.engine.source import Tree

_YES_NO = (("y", "n"), ("yes", "no"), ("true", "false"), ("True", "False"), ("Y", "N"), ("Yes", "No"))


@dataclass(frozen=True, slots=True)
class Question:
    """One question."""

    key: str
    kind: (
        str  # "text", "number", "choice", "several" (of the choices) or "other", which is left to its default
    )
    choices: tuple[object, ...] = ()


def read_questions(tree: Tree) -> dict[str, Question]:
    """Return a template's questions, in order.

    Raises:
        RenderFailed: they cannot be read.
    """
    source = tree.source
    if source.engine == "cookiecutter":
        return _cookiecutter(tree)
    try:
        config = load_config(source.files)
    except (ValueError, LinkError) as error:
        raise RenderFailed(tree.template, str(error)) from error
    return {key: _copier(key, details) for key, details in config.items() if not key.startswith("_")}


def _copier(key: str, details: object) -> Question:
    if not isinstance(details, dict):
        return _plain(key, details)
    default, kind = details.get("default"), details.get("type") or _kind_of(details.get("default"))
    if details.get("secret"):
        return Question(key, "other")
    if choices := details.get("choices"):
        return Question(key, "several" if details.get("multiselect") else "choice", tuple(_values(choices)))
    if kind in ("int", "float"):
        return Question(key, "number")
    if kind == "bool":
        return Question(key, "choice", (True, False))
    return _plain(key, default) if kind in ("str", "path") else Question(key, "other")


def _kind_of(default: object) -> str:
    """Return the type of a question that names none."""
    return type(default).__name__ if isinstance(default, (bool, int, float, str)) else "yaml"


def _values(choices: object) -> list[object]:
    """Return the values of choices in any of the forms that copier takes; none where a text makes them."""
    if not isinstance(choices, (list, dict)):
        return []
    found: list[object] = []
    for choice in choices.items() if isinstance(choices, dict) else choices:
        value: Any = choice[1] if isinstance(choice, (list, tuple)) and len(choice) == 2 else choice
        value = value.get("value") if isinstance(value, dict) else value
        if not (isinstance(value, str) and "{" in value):
            found.append(value)
    return found


def _plain(key: str, default: object) -> Question:
    if isinstance(default, bool):
        return Question(key, "choice", (True, False))
    if isinstance(default, (int, float)):
        return Question(key, "number")
    if isinstance(default, (dict, list)):
        return Question(key, "other")
    pair = next((pair for pair in _YES_NO if default in pair), ())
    return Question(key, "choice" if pair else "text", pair)


def _cookiecutter(tree: Tree) -> dict[str, Question]:
    source = tree.source
    name = f"{source.directory}/cookiecutter.json" if source.directory else "cookiecutter.json"
    try:
        context: Mapping[str, object] = json.loads(source.files[name].content)
    except (KeyError, ValueError) as error:
        raise RenderFailed(tree.template, f"{name} cannot be read: {error}") from error
    if not isinstance(context, dict):
        raise RenderFailed(tree.template, f"{name}: expected an object of questions")
    return {key: _of_context(key, value) for key, value in context.items() if not key.startswith("_")}


def _of_context(key: str, value: object) -> Question:
    if isinstance(value, list):
        return Question(
            key, "choice", tuple(item for item in value if not (isinstance(item, str) and "{" in item))
        )
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Question(key, "text")  # cookiecutter has no numbers: what is typed is a text
    return _plain(key, value)
