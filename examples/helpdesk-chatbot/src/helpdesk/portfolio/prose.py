"""Texts with places for numbers: the files in prose/, filled from the evidence.

A text is a Python format string; a brace that is text is doubled. It may name every key of the evidence, as
in `{headline[value]:.3f}` or `{data[rows]:,}`, and

    {metric[NAME/PROTOCOL/MODEL]:.3f}   a metric
    {slice[BY/GROUP/METRIC]:.2f}        the metric of a slice
    {interval[NAME/PROTOCOL/MODEL]}     a 95 % interval in words; also [headline], [baseline], [difference]
    {tables[NAME]}                      results, metrics, slices, anchors, calibration, behaviour, latency
                                        or figures
    {title}                             the project's title
    {caption}                           what the data were: real or synthetic, which, how many rows
    {licence}                           as model hubs name it: mit, apache-2.0, bsd-3-clause
    {portfolio[KEY]}                    a key of portfolio.toml

`!j` quotes a text for YAML: `name: {title!j}`. What one quotes to others (STAR, the headline) has only
numbers that were filled in: there, a digit may stand inside a word (AI4I, F1), in a heading, a list marker,
a comment or `code`, and nowhere else.
"""

from __future__ import annotations

import json
import re
import string
import tomllib
from typing import TYPE_CHECKING, Any

from .errors import EvidenceError, ProjectError
from .report_tables import TABLES, caption, cell, figures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FOLDER = "prose"
PORTFOLIO = "portfolio.toml"
WITHOUT_TYPED_NUMBERS = ("star.md", "readme-headline.md")
LICENCES = {"MIT License": "mit", "Apache License": "apache-2.0", "BSD 3-Clause License": "bsd-3-clause"}

_NOT_PROSE = re.compile(r"\{\{|\}\}|\{[^{}\n]*\}|`[^`\n]*`|<!--.*?-->|^#.*$|^[ \t]*\d+\.(?= )", re.MULTILINE)
_NUMBER = re.compile(r"(?<!\w)\d[\d.,]*")


def texts(root: Path) -> dict[str, str]:
    """Return the prose files by name, unfilled.

    Raises:
        ProjectError: a number is typed into a text that may have none.
    """
    found = {path.name: read_text(path) for path in sorted((root / FOLDER).glob("*.md"))}
    for name in WITHOUT_TYPED_NUMBERS:
        for line, number in typed_numbers(found.get(name, "")):
            where = f"{FOLDER}/{name}:{line}"
            raise ProjectError(
                f"{where}: {number} is typed in; name the figure, as {{headline[value]:.3f}} does"
            )
    return found


def typed_numbers(text: str) -> list[tuple[int, str]]:
    r"""Return the numbers that stand in the prose of `text`, with their lines.

    >>> typed_numbers("AI4I has {data[rows]:,} rows,\nF1 is 0.9 at `k=5`.")
    [(2, '0.9')]
    """
    prose = _NOT_PROSE.sub("", text)
    return [
        (index, number.rstrip(".,"))
        for index, line in enumerate(prose.split("\n"), 1)
        for number in _NUMBER.findall(line)
    ]


def fill(name: str, text: str, values: Mapping[str, Any]) -> str:
    """Return `text` with its places filled from `values`; `name` is the file that an error names.

    Raises:
        EvidenceError: the text names what the evidence does not have, or is no format string.
    """
    return _Filler(f"{FOLDER}/{name}").vformat(text, (), values).strip() + "\n"


def values(root: Path, evidence: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Return what a text may name."""
    portfolio = read_portfolio(root)
    headline = evidence["headline"]
    metrics = {f"{row['name']}/{row['protocol']}/{row['model']}": row for row in evidence["metrics"]}
    parts = {"headline": headline, "baseline": headline["baseline"], "difference": headline["difference"]}
    return {
        **evidence,
        "metric": {key: row["value"] for key, row in metrics.items()},
        "interval": {key: _in_words(row["ci95"]) for key, row in {**metrics, **parts}.items()},
        "slice": {
            f"{row['by']}/{row['group']}/{row['metric']}": row["value"] for row in evidence.get("slices", [])
        },
        "tables": {name: table(evidence) for name, table in TABLES.items()}
        | {"figures": figures(evidence, _pictures(root, portfolio))},
        "title": title,
        "licence": _licence(root),
        "caption": caption(evidence),
        "portfolio": portfolio,
    }


def read_portfolio(root: Path) -> dict[str, Any]:
    """Return portfolio.toml.

    Raises:
        ProjectError: it is missing or not TOML.
    """
    try:
        return tomllib.loads(read_text(root / PORTFOLIO))
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"{PORTFOLIO}: not valid TOML: {error}") from None


def read_text(path: Path) -> str:
    """Return a text file with newline characters at its line ends, whatever the disk has.

    Raises:
        ProjectError: it is missing or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")  # turns CRLF into a newline character
    except FileNotFoundError:
        raise ProjectError(f"{path.name}: no such file in {path.parent}; every project has one") from None
    except UnicodeDecodeError as error:
        raise ProjectError(f"{path.name}: not UTF-8 text: byte {error.start}") from None


class _Filler(string.Formatter):
    """str.format with errors that name the file and the place, and `!j` for a quoted text."""

    def __init__(self, where: str) -> None:
        self.where = where

    def vformat(self, text: str, args: Sequence[Any], values: Mapping[str, Any]) -> str:
        try:
            return super().vformat(text, args, values)
        except ValueError as error:
            raise EvidenceError(f"{self.where}: {error}; a brace that is text is doubled") from None

    def get_field(self, name: str, args: Sequence[Any], values: Mapping[str, Any]) -> Any:
        try:
            return super().get_field(name, args, values)
        except (KeyError, IndexError, AttributeError, TypeError):
            raise EvidenceError(f"{self.where}: {{{name}}} is not in the evidence") from None

    def format_field(self, value: Any, form: str) -> str:
        try:
            return str(super().format_field(value, form))
        except (TypeError, ValueError):
            raise EvidenceError(f"{self.where}: {value!r} cannot be written as {form!r}") from None

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        if conversion == "j":
            return json.dumps(value, ensure_ascii=False)
        return super().convert_field(value, conversion)


def _in_words(ci95: Sequence[float] | None) -> str:
    return f"95 % interval {cell(ci95)}" if ci95 else "no interval"


def _pictures(root: Path, portfolio: Mapping[str, Any]) -> list[Mapping[str, str]]:
    pictures: list[Mapping[str, str]] = portfolio.get("figures", [])
    for picture in pictures:
        if not (root / picture["path"]).is_file():
            raise ProjectError(f"{PORTFOLIO}: no figure {picture['path']}; run evaluate")
    return pictures


def _licence(root: Path) -> str:
    path = root / "LICENSE"
    text = read_text(path)[:500] if path.exists() else ""
    return next((name for words, name in LICENCES.items() if words in text), "other")
