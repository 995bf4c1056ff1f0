"""The command line: `python -m sentiment VERB`. Options here, what a verb does in `verbs`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import verbs
from .portfolio import chores, command

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCES = ("synthetic", "real", "polarity", "reviews-2023", "labelled", "own")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    return command.run(_parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sentiment", description="Say what reviews mean.")
    subparsers = parser.add_subparsers(title="verbs", metavar="VERB")
    _add_data(subparsers)
    verb = chores.add_verb(subparsers, verbs.train)
    verb.add_argument(
        "--base-model",
        metavar="ID_OR_PATH",
        help="fine-tune a BERT: a folder, an id on the hub (ID@REVISION), or `default` (params.toml); "
        "without it a tiny one is trained from scratch",
    )
    verb.add_argument(
        "--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="default: %(default)s"
    )
    verb.add_argument("--resume", action="store_true", help="go on after the last finished epoch")
    verb = chores.add_verb(subparsers, verbs.evaluate)
    verb.add_argument(
        "--accept-suspicious", action="store_true", help="exit 0 though a score is above its band"
    )
    chores.add_report(subparsers)
    _add_service(subparsers)
    verb = chores.add_verb(subparsers, verbs.drift)
    verb.add_argument(
        "--current", type=Path, metavar="FILE", required=True, help="texts: .jsonl with `text`, or one a line"
    )
    chores.add_rollback(subparsers)
    return parser


def _add_data(subparsers: chores.Verbs) -> None:
    verb = chores.add_verb(subparsers, verbs.data)
    verb.add_argument(
        "--source",
        choices=SOURCES,
        default=SOURCES[0],
        help="default: %(default)s; `real` is Amazon polarity",
    )
    verb.add_argument("--file", type=Path, help="the file to take; without it public data are downloaded")
    verb.add_argument("--url", help="another address to download from; {category} is filled in")
    verb.add_argument("--category", help="of Amazon Reviews 2023, such as All_Beauty")
    verb.add_argument("--rows", type=chores.count, help="how many to take or make (default: params.toml)")
    verb.add_argument(
        "--plant", metavar="DEFECT", help="damage the data, to see it refused; `list` names the defects"
    )


def _add_service(subparsers: chores.Verbs) -> None:
    verb = chores.add_verb(subparsers, verbs.serve)
    verb.add_argument("--host", help="default: params.toml")
    verb.add_argument("--port", type=chores.count, help="default: params.toml")
    chores.add_probe(subparsers)
    verb = chores.add_verb(subparsers, verbs.bench)
    verb.add_argument(
        "--claim", type=float, metavar="PERCENT", help="exit 1 unless int8 is so much faster at every length"
    )
    verb.add_argument("--tokens", type=_lengths, metavar="N,N", help="lengths to time (default: params.toml)")
    verb = chores.add_verb(subparsers, verbs.predict)
    asked = verb.add_mutually_exclusive_group(required=True)
    asked.add_argument("text", nargs="?", help="a review")
    asked.add_argument("--file", type=Path, help="a file with a text a line")
    chores.add_verb(subparsers, verbs.openapi)


def _lengths(text: str) -> list[int]:
    lengths = [chores.count(part) for part in text.split(",")]
    if not all(4 <= length <= 512 for length in lengths):
        raise argparse.ArgumentTypeError(f"{text}: lengths are from 4 to 512 tokens")
    return lengths


if __name__ == "__main__":
    sys.exit(main())
