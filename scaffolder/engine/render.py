"""Which renderer a template needs."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from scaffolder.answers import Answers
    from scaffolder.engine.source import Tree


def render(tree: Tree, answers: Answers, into: Path, *, ask: bool, defaults: Mapping[str, object]) -> Answers:
    """Render a template into the folder `into` and return every answer that it took.

    Args:
        tree: the template.
        answers: what is answered already, and is not asked again.
        into: an existing folder.
        ask: put the open questions to the person at the terminal; otherwise their defaults hold.
        defaults: proposals that go before the template's own defaults.

    Raises:
        UnknownAnswer, InvalidAnswer, MissingAnswer, NoTerminal: the answers cannot be used.
        RenderFailed: the template is faulty.
        OSError: a file cannot be written.
    """
    with _garbage_uncollected():
        from scaffolder.engine import copier_engine
    return copier_engine.render(tree, answers, into, ask=ask, defaults=defaults)


@contextmanager
def _garbage_uncollected() -> Iterator[None]:
    # Importing copier is most of the time that `new` takes. What it makes is no garbage, and looking for it,
    # now and at the end, would make that a quarter longer.
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
