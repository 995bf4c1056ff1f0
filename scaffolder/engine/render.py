"""From a template and answers to the files of a project, in memory."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.answers import Answers
    from scaffolder.engine.source import Tree
    from scaffolder.tree import File


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template makes of some answers."""

    answers: Answers  # every one taken, in the order of the questions; never a secret one
    files: Mapping[str, File]  # by path in the project, in order
    skip_if_exists: frozenset[str] = frozenset()  # those of `files` that an update leaves to the user
    answers_file: str | None = None  # its path in the project; None: the project can never be updated
    warnings: tuple[str, ...] = ()  # what the user should know, such as hooks that were not run
    variables: Mapping[str, object] = field(default_factory=dict)  # a cookiecutter's, private ones too


def render(
    tree: Tree,
    answers: Answers,
    *,
    ask: bool,
    defaults: Mapping[str, object],
    previous: Mapping[str, object] | None = None,
    folder_name: str | None = None,
    trust: bool = False,
) -> Rendered:
    """Render a template.

    Args:
        tree: the template.
        answers: what is answered now. It is checked strictly, and not asked again.
        ask: put the open questions to the person at the terminal; otherwise their defaults hold.
        defaults: proposals that go before the template's own defaults.
        previous: what an existing project has recorded; used where its question still exists and applies, and
            dropped silently otherwise. Given, the template learns that this is an update.
        folder_name: the project's, for a template that asks for it; by default the template's name.
        trust: let code of the template run: hooks, tasks, migrations, Jinja extensions.

    Raises:
        UnknownAnswer, InvalidAnswer, MissingAnswer, NoTerminal: the answers cannot be used.
        UnsafeTemplate: it would run code of its own.
        RenderFailed: the template is faulty.
    """
    if tree.source.engine == "cookiecutter":
        with _garbage_uncollected("scaffolder.engine.cookiecutter_engine"):
            from scaffolder.engine import cookiecutter_engine

        return cookiecutter_engine.render(
            *(tree, answers),
            ask=ask,
            defaults=defaults,
            previous=previous,
            folder_name=folder_name,
            trust=trust,
        )
    with _garbage_uncollected("scaffolder.engine.copier_engine"):
        from scaffolder.engine import copier_engine
    return copier_engine.render(
        *(tree, answers),
        ask=ask,
        defaults=defaults,
        previous=previous,
        folder_name=folder_name,
        trust=trust,
    )


@contextmanager
def _garbage_uncollected(module: str) -> Iterator[None]:
    # Importing an engine is most of the time that `new` takes. What it makes is no garbage, and looking for
    # it, now and at the end, would make that a quarter longer.
    if module in sys.modules:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
