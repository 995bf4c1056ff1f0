"""The command line: `python -m recommender VERB`. Options here, what a verb does in `verbs`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import verbs
from .portfolio import chores, command

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCES = ("synthetic", "real", "ml-100k", "ml-1m", "ml-latest-small", "own")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    return command.run(_parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recommender", description="Recommend what comes next.")
    subparsers = parser.add_subparsers(title="verbs", metavar="VERB")
    verb = chores.add_verb(subparsers, verbs.data)
    verb.add_argument(
        "--source", choices=SOURCES, default=SOURCES[0], help="default: %(default)s; `real` is ml-100k"
    )
    verb.add_argument("--file", type=Path, help="the file to take; without it MovieLens is downloaded")
    verb.add_argument("--url", help="another address to download from")
    verb.add_argument("--users", type=chores.count, help="synthetic users (default: params.toml)")
    verb.add_argument("--items", type=chores.count, help="synthetic items (default: params.toml)")
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
    verb = chores.add_verb(subparsers, verbs.drift)
    verb.add_argument(
        "--current",
        type=Path,
        metavar="FILE",
        required=True,
        help="user,item,rating,time as in data/ratings.csv",
    )
    chores.add_rollback(subparsers)
    return parser


def _add_service(subparsers: chores.Verbs) -> None:
    verb = chores.add_verb(subparsers, verbs.serve)
    verb.add_argument("--host", help="default: params.toml")
    verb.add_argument("--port", type=chores.count, help="default: params.toml")
    verb.add_argument("--dev", action="store_true", help="GraphiQL at /graphql, and the schema may be read")
    chores.add_probe(subparsers)
    verb = chores.add_verb(subparsers, verbs.bench)
    kind = verb.add_mutually_exclusive_group()
    kind.add_argument(
        "--load", type=chores.count, metavar="REQUESTS", help="send so many to the running service"
    )
    kind.add_argument(
        "--growth", type=int, choices=(1, 10, 100), help="up to so many times the data: reports/growth.md"
    )
    kind.add_argument(
        "--engines", action="store_true", help="our own ALS beside the installed engines: reports/engines.md"
    )
    kind.add_argument(
        "--index", action="store_true", help="where a nearest-neighbour index would pay: reports/index.md"
    )
    verb = chores.add_verb(subparsers, verbs.predict)
    asked = verb.add_mutually_exclusive_group(required=True)
    asked.add_argument("user", nargs="?", help="a user's id")
    asked.add_argument("--item", metavar="ID", help="show what is near this item")
    verb.add_argument("--count", type=chores.count, default=10, help="default: %(default)s")
    verb = chores.add_verb(subparsers, verbs.schema)
    verb.add_argument("--check", action="store_true", help="exit 1 when schema.graphql is another one")


if __name__ == "__main__":
    sys.exit(main())
