"""The command line: `python -m maintenance VERB`. Options here, what a verb does in `verbs`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import verbs
from .portfolio import command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    _Verbs = argparse._SubParsersAction[argparse.ArgumentParser]

SOURCES = ("synthetic", "real", "own")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    return command.run(_parser(), argv)


def _verb(
    subparsers: _Verbs, function: Callable[[argparse.Namespace], str | None]
) -> argparse.ArgumentParser:
    """Add a verb named after its function; the docstring is its help."""
    said = function.__doc__
    verb: argparse.ArgumentParser = subparsers.add_parser(function.__name__, help=said, description=said)
    verb.set_defaults(func=function)
    verb.add_argument(
        "--root", type=Path, metavar="DIR", help="the project's folder (default: found from here)"
    )
    return verb


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m maintenance", description="Predict machine failures.")
    subparsers = parser.add_subparsers(title="verbs", metavar="VERB")
    verb = _verb(subparsers, verbs.data)
    verb.add_argument("--source", choices=SOURCES, default=SOURCES[0], help="default: %(default)s")
    verb.add_argument("--file", type=Path, help="the file to take; without it `real` is downloaded")
    verb.add_argument("--rows", type=_count, help="of the synthetic readings (default: params.toml)")
    verb.add_argument(
        "--plant", metavar="DEFECT", help="damage the data, to see it refused; `list` names the defects"
    )
    _verb(subparsers, verbs.train)
    verb = _verb(subparsers, verbs.evaluate)
    verb.add_argument(
        "--accept-suspicious", action="store_true", help="exit 0 though a score is above its band"
    )
    verb = _verb(subparsers, verbs.report)
    verb.add_argument("--check", action="store_true", help="change nothing; exit 1 where a number differs")
    _add_service(subparsers)
    verb = _verb(subparsers, verbs.predict)
    asked = verb.add_mutually_exclusive_group(required=True)
    asked.add_argument("reading", nargs="?", help="JSON, as the service takes it")
    asked.add_argument("--file", type=Path, help="a CSV file with the columns of data/readings.csv")
    verb = _verb(subparsers, verbs.drift)
    verb.add_argument(
        "--current", type=Path, metavar="FILE", help="readings (default: the newest published days)"
    )
    verb = _verb(subparsers, verbs.daily)
    verb.add_argument("day", help="YYYY-MM-DD")
    verb.add_argument(
        "--source", choices=("auto", "incoming", "synthetic"), default="auto", help="default: %(default)s"
    )
    _verb(subparsers, verbs.rollback)
    return parser


def _add_service(subparsers: _Verbs) -> None:
    verb = _verb(subparsers, verbs.serve)
    verb.add_argument("--host", help="default: params.toml")
    verb.add_argument("--port", type=_count, help="default: params.toml")
    verb.add_argument(
        "--train-if-missing", action="store_true", help="make synthetic data and a first model if needed"
    )
    verb = _verb(subparsers, verbs.probe)
    verb.add_argument("--url", default="http://127.0.0.1:8080/readyz", help="default: %(default)s")
    verb.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS", help="default: %(default)g")
    verb = _verb(subparsers, verbs.bench)
    verb.add_argument(
        "--requests", type=_count, default=0, metavar="N", help="put the service under N requests"
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


if __name__ == "__main__":
    sys.exit(main())
