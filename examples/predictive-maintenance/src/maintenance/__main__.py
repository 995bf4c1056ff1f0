"""The command line: `python -m maintenance VERB`. Options here, what a verb does in `verbs`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import verbs
from .portfolio import chores, command

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCES = ("synthetic", "real", "own")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    return command.run(_parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m maintenance", description="Predict machine failures.")
    subparsers = parser.add_subparsers(title="verbs", metavar="VERB")
    verb = chores.add_verb(subparsers, verbs.data)
    verb.add_argument("--source", choices=SOURCES, default=SOURCES[0], help="default: %(default)s")
    verb.add_argument("--file", type=Path, help="the file to take; without it `real` is downloaded")
    verb.add_argument("--rows", type=chores.count, help="of the synthetic readings (default: params.toml)")
    verb.add_argument(
        "--plant", metavar="DEFECT", help="damage the data, to see it refused; `list` names the defects"
    )
    chores.add_verb(subparsers, verbs.train)
    verb = chores.add_verb(subparsers, verbs.evaluate)
    verb.add_argument(
        "--accept-suspicious", action="store_true", help="exit 0 though a score is above its band"
    )
    chores.add_report(subparsers)
    _add_service(subparsers)
    verb = chores.add_verb(subparsers, verbs.predict)
    asked = verb.add_mutually_exclusive_group(required=True)
    asked.add_argument("reading", nargs="?", help="JSON, as the service takes it")
    asked.add_argument("--file", type=Path, help="a CSV file with the columns of data/readings.csv")
    verb = chores.add_verb(subparsers, verbs.drift)
    verb.add_argument(
        "--current", type=Path, metavar="FILE", help="readings (default: the newest published days)"
    )
    verb = chores.add_verb(subparsers, verbs.daily)
    verb.add_argument("day", help="YYYY-MM-DD")
    verb.add_argument(
        "--source", choices=("auto", "incoming", "synthetic"), default="auto", help="default: %(default)s"
    )
    chores.add_rollback(subparsers)
    return parser


def _add_service(subparsers: chores.Verbs) -> None:
    verb = chores.add_verb(subparsers, verbs.serve)
    verb.add_argument("--host", help="default: params.toml")
    verb.add_argument("--port", type=chores.count, help="default: params.toml")
    verb.add_argument(
        "--train-if-missing", action="store_true", help="make synthetic data and a first model if needed"
    )
    chores.add_probe(subparsers)
    verb = chores.add_verb(subparsers, verbs.bench)
    verb.add_argument(
        "--requests", type=chores.count, default=0, metavar="N", help="put the service under N requests"
    )


if __name__ == "__main__":
    sys.exit(main())
