"""Where the time of `update --all DIR` goes in one process: python tests/bench/update_parts.py DIR."""
# ruff: noqa: E402, T201 - the imports are measured, and a script prints

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

begin = time.perf_counter()

from scaffolder import git, update
from scaffolder.engine import apply, copier_engine  # noqa: F401 - otherwise it counted as rendering
from scaffolder.fleet import Failure, discover, update_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

spent = {"imports": time.perf_counter() - begin}
running: list[float] = []  # of each clock that is running, what those within it took


@contextmanager
def clock(name: str) -> Iterator[None]:
    """Count the time of a block for `name`, without what has a clock of its own in it."""
    start = time.perf_counter()
    running.append(0.0)
    try:
        yield
    finally:
        taken = time.perf_counter() - start
        spent[name] = spent.get(name, 0.0) + taken - running.pop()
        if running:
            running[-1] += taken


def put_clock(holder: Any, attribute: str, name: Callable[..., str]) -> None:
    """Replace a function by one whose time is counted."""
    inner = getattr(holder, attribute)

    def outer(*args: Any, **kwargs: Any) -> Any:
        with clock(name(*args)):
            return inner(*args, **kwargs)

    setattr(holder, attribute, outer)


def git_verb(args: list[str], *_: Any) -> str:
    """Return the command of git that is run."""
    words = [word for word in args if not word.startswith("-") and "=" not in word]
    return f"git {words[0] if words else args[0]}"


put_clock(git, "run", git_verb)
for function, part in {
    "open_repository": "reading the project, in Python",
    "read_record": "reading the project, in Python",
    "recorded": "versions of the template",
    "target": "versions of the template",
    "is_unchanged": "versions of the template",
    "render": "rendering",
    "propose": "merging, in Python",
}.items():
    put_clock(update, function, lambda *_, part=part: part)
put_clock(apply, "apply", lambda *_: "writing, in Python and its process")
with clock("everything else"):
    results = list(update_all(discover(Path(sys.argv[1])), update.Wish(), jobs=1))
if failed := [found for found in results if isinstance(found, Failure)]:
    sys.exit(failed[0].message)
whole = sum(spent.values())
for name, seconds in sorted(spent.items(), key=lambda pair: -pair[1]):
    print(f"  {seconds / whole:5.1%}  {1000 * seconds / len(results):7.2f} ms a project  {name}")
