"""The only importer of cookiecutter: its prompts, context and file generation, in a temporary folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.answers import Answers
    from scaffolder.engine.render import Rendered
    from scaffolder.engine.source import Tree


def render(
    tree: Tree,
    answers: Answers,
    *,
    ask: bool,
    defaults: Mapping[str, object],
    previous: Mapping[str, object] | None,
    folder_name: str | None,
    trust: bool = False,
) -> Rendered:
    """Render with cookiecutter; see `scaffolder.engine.render`."""
    raise NotImplementedError
