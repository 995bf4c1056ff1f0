"""What an update did, in words, and what comes next."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.cli import output
from scaffolder.fleet import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scaffolder.status import Status
    from scaffolder.update import Outcome

STATUS_HEADINGS = ("PROJECT", "TEMPLATE", "VERSION", "NEWEST", "STATE", "CHANGED", "UNCOMMITTED")
UPDATE_HEADINGS = ("PROJECT", "TEMPLATE", "RESULT")
_MOST_FILES = 20  # named in a list; git shows the rest


def as_json(found: Outcome | Status | Failure) -> dict[str, Any]:
    """Return a result as what JSON can have; a failure has `error`."""
    if isinstance(found, Failure):
        return {"path": str(found.path), "state": "failed", "error": found.message}
    return {**asdict(found), "path": str(found.path)}


def label(path: Path) -> str:
    """Return the path as short as it can be typed from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def summary(found: Outcome | Failure) -> str:
    """Return one line on one project."""
    if isinstance(found, Failure):
        return "failed"
    if found.state == "current":
        return f"{found.before}, up to date"
    if found.state == "refused":
        return f"stays {found.before}: {_count(found.failed_tests, 'test')} would fail"
    conflicts = f", {_count(found.conflicts, 'conflict')}" if found.conflicts else ""
    files = len(found.added) + len(found.changed) + len(found.removed)
    step = f"{found.before} -> {found.after}" if found.before != found.after else f"{found.after}, answers"
    return f"{step}, {files} file{'s' * (files != 1)}{conflicts}"


def _count(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'s' * (len(items) != 1)}"


def describe(found: Outcome) -> str:
    """Return everything on one project, a heading and a list for each kind of thing."""
    parts = [f"{found.template} {summary(found)}"]
    parts += _block("what changed in the template:", [f"- {note}" for note in found.notes])
    answers = [f"{key} = {value}" for key, value in found.new_answers.items()]
    parts += _block("new questions, and what was taken (another: scaffolder update -d KEY=VALUE):", answers)
    parts += _block("changed:", found.changed)
    parts += _block("added:", found.added)
    parts += _block("removed:", found.removed)
    parts += _block("you deleted these, so they stay deleted; the template changed them:", found.kept_deleted)
    parts += _block("yours, and left as they are; the template changed them:", found.kept_yours)
    parts += _block(
        "git does not know your file, so the template's lies beside it:",
        [f"{path} -> {name}" for path, name in found.beside],
    )
    parts += _block("these tests pass now and would not after the update:", found.failed_tests)
    width = max((len(conflict.path) for conflict in found.conflicts), default=0)
    parts += _block("CONFLICTS:", [f"{c.path:<{width}}  {c.kind}" for c in found.conflicts])
    return "\n".join(parts)


def _block(heading: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    more = [f"and {len(lines) - _MOST_FILES} more"] if len(lines) > _MOST_FILES else []
    return [heading, *(f"  {line}" for line in [*lines[:_MOST_FILES], *more])]


def next_steps(found: Outcome) -> str:
    """Return the commands that come next, or an empty text."""
    place = "" if found.path == Path.cwd() else output.shell_words("cd", label(found.path))
    what = f"Update template to v{found.after}" if found.before != found.after else "Change answers"
    message = output.shell_words("git", "commit", "-m", what)
    undo = "git restore --source=HEAD --staged --worktree -- .   # or: back to where it was"
    if found.state == "planned":
        return ""
    if found.state == "refused":
        return "nothing was changed; put the tests right, or update without --test"
    if found.state == "current":
        return ""
    if found.branch:
        look = output.shell_words("git", "diff", f"HEAD...{found.branch}")
        steps = [look, output.shell_words("git", "merge", found.branch)]
    elif found.conflicts:
        steps = ["git mergetool   # or edit each file, then 'git add' or 'git rm' it", message, undo]
    else:
        steps = ["git diff --staged", message, undo]
    return "\n  ".join(["next:", *([place] if place else []), *steps])


@contextmanager
def progress(total: int) -> Iterator[Callable[[Outcome | Failure], None]]:
    """Give what has to be called with each project that is done: a bar on a terminal, elsewhere a line."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda found: output.talk(f"{label(found.path)}: {summary(found)}")
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}")]
    console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda found: bar.update(task, advance=1, description=label(found.path))


def status_row(found: Status) -> list[str]:
    """Return the cells under STATUS_HEADINGS."""
    state = found.state
    if found.releases_behind:
        state += f", {found.releases_behind} release{'s' * (found.releases_behind > 1)}"
    changed = "-" if found.changed is None else str(len(found.changed))
    place = [label(found.path), found.template, found.version, found.newest]
    return [*place, state, changed, str(found.uncommitted)]


def update_row(found: Outcome | Failure) -> list[str]:
    """Return the cells under UPDATE_HEADINGS."""
    return [label(found.path), "" if isinstance(found, Failure) else found.template, summary(found)]


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows in columns, as wide as they need to be."""
    every = [headings, *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in every
    )
