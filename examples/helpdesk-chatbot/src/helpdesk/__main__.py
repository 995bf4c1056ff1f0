"""The command line: `python -m helpdesk VERB`. Options here, what a verb does in `verbs`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import verbs
from .portfolio import chores, command

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCES = ("synthetic", "real", "clinc150", "banking77", "own")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    return command.run(_parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m helpdesk", description="Answer from past tickets, and say when there is no answer."
    )
    subparsers = parser.add_subparsers(title="verbs", metavar="VERB")
    _add_data(subparsers)
    chores.add_verb(subparsers, verbs.train)
    verb = chores.add_verb(subparsers, verbs.evaluate)
    verb.add_argument(
        "--accept-suspicious", action="store_true", help="exit 0 though a score is above its band"
    )
    chores.add_report(subparsers)
    _add_service(subparsers)
    verb = chores.add_verb(subparsers, verbs.drift)
    verb.add_argument(
        "--current", type=Path, metavar="FILE", required=True, help="newer tickets, as in data/tickets.jsonl"
    )
    chores.add_rollback(subparsers)
    return parser


def _add_data(subparsers: chores.Verbs) -> None:
    verb = chores.add_verb(subparsers, verbs.data)
    verb.add_argument(
        "--source", choices=SOURCES, default=SOURCES[0], help="default: %(default)s; `real` is clinc150"
    )
    verb.add_argument("--file", type=Path, help="the file to take; without it the public sets are downloaded")
    verb.add_argument(
        "--test-file",
        type=Path,
        metavar="FILE",
        help="of banking77, which has two files: --file is the other",
    )
    verb.add_argument("--url", help="another address to download from")
    verb.add_argument("--tickets", type=chores.count, help="synthetic tickets (default: params.toml)")
    verb.add_argument(
        "--plant", metavar="DEFECT", help="damage the data, to see it refused; `list` names the defects"
    )


def _add_service(subparsers: chores.Verbs) -> None:
    verb = chores.add_verb(subparsers, verbs.serve)
    verb.add_argument("--host", help="default: params.toml")
    verb.add_argument("--port", type=chores.count, help="default: params.toml")
    chores.add_probe(subparsers)
    verb = chores.add_verb(subparsers, verbs.chat)
    verb.add_argument("question", nargs="?", help="ask once instead of talking; `-` reads a question a line")
    verb.add_argument("--url", help="of a running service; without it the model answers here")
    verb = chores.add_verb(subparsers, verbs.bench)
    kind = verb.add_mutually_exclusive_group()
    kind.add_argument(
        "--load", type=chores.count, metavar="SECONDS", help="chats with feedback: reports/load.md"
    )
    kind.add_argument(
        "--growth", type=int, choices=(1, 10), help="up to so many times 15,000 tickets: reports/growth.md"
    )
    kind.add_argument("--imports", action="store_true", help="tickets a second of CPU: reports/imports.md")
    verb = chores.add_verb(subparsers, verbs.redact)
    verb.add_argument("file", type=Path, nargs="?", help="a text file; without it standard input")


if __name__ == "__main__":
    sys.exit(main())
