"""The verbs that are the same in every project (report, rollback, probe), and how a verb is added."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import probe as prober
from .errors import EvidenceError
from .roots import find_root

if TYPE_CHECKING:
    from collections.abc import Callable

    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]


def add_verb(
    subparsers: Verbs, function: Callable[[argparse.Namespace], str | None]
) -> argparse.ArgumentParser:
    """Add a verb named after its function; the docstring is its help."""
    said = function.__doc__
    verb: argparse.ArgumentParser = subparsers.add_parser(function.__name__, help=said, description=said)
    verb.set_defaults(func=function)
    verb.add_argument(
        "--root", type=Path, metavar="DIR", help="the project's folder (default: found from here)"
    )
    return verb


def add_report(subparsers: Verbs) -> None:
    """Add `report`."""
    verb = add_verb(subparsers, report)
    verb.add_argument("--check", action="store_true", help="change nothing; exit 1 where a number differs")


def add_rollback(subparsers: Verbs) -> None:
    """Add `rollback`."""
    add_verb(subparsers, rollback)


def add_probe(subparsers: Verbs) -> None:
    """Add `probe`."""
    verb = add_verb(subparsers, probe)
    verb.add_argument("--url", default=prober.URL, help="default: %(default)s")
    verb.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS", help="default: %(default)g")


def report(args: argparse.Namespace) -> str:
    """Write the measured numbers into README.md, MODEL_CARD.md and reports/star.md."""
    from . import report as reporter  # with numpy behind it, which `--help` need not wait for

    root = root_of(args)
    if not args.check:
        written = [path.relative_to(root).as_posix() for path in reporter.write(root)]
        return f"written: {', '.join(written)}" if written else "nothing to write"
    if differences := reporter.check(root):
        for line in differences[:-1]:
            sys.stderr.write(f"{line}\n")
        raise EvidenceError(f"{differences[-1]}; run the verb `report`")
    return "every stated number is the measured one"


def rollback(args: argparse.Namespace) -> str:
    """Put the model version before the current one back in use."""
    from . import store

    return f"in use again: {store.rollback(root_of(args))}"


def probe(args: argparse.Namespace) -> str:
    """Wait until a running service is ready."""
    return prober.wait_ready(args.url, args.timeout)


def root_of(args: argparse.Namespace) -> Path:
    """Return the project's folder: `--root`, or found from the working directory."""
    return args.root.resolve() if args.root else find_root()


def count(text: str) -> int:
    """Read a whole number above 0, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number
