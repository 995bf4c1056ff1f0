"""A generated project on disk."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.errors import NotAProject

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
