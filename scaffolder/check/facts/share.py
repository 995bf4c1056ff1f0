"""How much of a text, and of the code, is still the template's: counted by lines, which have to be equal.

A line is the template's as often as the template has it, wherever it stands: moving it is not writing it.
Lines without a letter or digit (blank ones, rulers, brackets, fences) say nothing of anybody, nor do comments
of Markdown, and what `report` writes between its markers is nobody's text; none of them counts.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.check.facts.traces import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scaffolder.check.portfolio import Portfolio
    from scaffolder.tree import File

CODE = (".py", ".pyi", ".sql", ".graphql", ".js", ".mjs", ".jsx", ".ts", ".tsx", ".css", ".html", ".r", ".sh")

_IN_CODE = re.compile(r"(.*/)?(src|tests?)/.+")
_BEGIN = re.compile(r"\s*<!-- evidence:([\w-]+) -->\s*")
_END = re.compile(r"\s*<!-- /evidence:([\w-]+) -->\s*")
_MARKUP = re.compile(r"[\W_]*|(```|~~~).*|<!--.*-->")


@dataclass(frozen=True, slots=True)
class Share:
    """How many lines of the template there still are in what the owner has."""

    lines: int  # of the owner that count
    kept: int  # of these the template's
    made: int  # of the template that count

    @property
    def value(self) -> float:
        """The share of the template in what there is, 0 to 1; 0 where there is nothing."""
        return self.kept / self.lines if self.lines else 0.0

    def __add__(self, other: Share) -> Share:
        return Share(self.lines + other.lines, self.kept + other.kept, self.made + other.made)

    def __str__(self) -> str:
        return f"{self.kept:,} of {counted(self.lines, 'line')} ({percent(self.kept, self.lines)})"


@dataclass(frozen=True, slots=True)
class CodeShare:
    """The same of all code, and the files that differ from the template's."""

    share: Share
    added: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]


def of_text(own: str, made: str) -> Share:
    r"""Compare a Markdown text with the one that the template made.

    >>> of_text("# A\n\nMine.\nIts own.\n", "# A\n\nIts own.\nGone.\n")
    Share(lines=3, kept=2, made=3)
    """
    return _compare(Counter(_prose(own)), Counter(_prose(made)))


def of_code(portfolio: Portfolio, made: Mapping[str, File]) -> CodeShare:
    """Compare the code of a repository with the template's.

    Code is every `.py` file, and whatever in a folder `src`, `test` or `tests` has an ending of `CODE`.
    Lines are compared over all files together: a file that was renamed or split is not the owner's by that.
    """
    template = {path: text for path, file in made.items() if _is_code(path) and (text := _decoded(file))}
    own = dict(read(portfolio, filter(_is_code, portfolio.files)))
    lines, theirs = (
        Counter(line for text in files.values() for line in _lines(text)) for files in (own, template)
    )
    return CodeShare(
        _compare(lines, theirs),
        added=tuple(path for path in own if path not in made),
        changed=tuple(path for path in own if path in template and own[path] != template[path]),
        deleted=tuple(path for path in template if not portfolio.has(path)),
    )


def counted(number: int, what: str) -> str:
    """Return a number with its unit: `1 line`, `2,000 lines`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def percent(part: int, whole: int) -> str:
    """Return a share that says 0 % and 100 % of nothing else.

    >>> percent(1, 3), percent(4999, 5000), percent(1, 5000), percent(3, 3), percent(0, 0)
    ('33.3 %', '99.98 %', '0.02 %', '100 %', '0 %')
    """
    value = 100 * part / whole if whole else 0.0
    for digits in range(1, 6):
        shown = f"{value:.{digits}f}"
        if float(shown) not in (0.0, 100.0) or value in (0.0, 100.0):
            break
    return f"{shown.removesuffix('.0')} %"


def _compare(own: Counter[str], made: Counter[str]) -> Share:
    return Share(own.total(), (own & made).total(), made.total())


def _is_code(path: str) -> bool:
    return path.endswith(".py") or bool(_IN_CODE.fullmatch(path) and path.lower().endswith(CODE))


def _decoded(file: File) -> str:
    return file.content.decode("utf-8", errors="replace").removeprefix("\ufeff").replace("\r\n", "\n")


def _lines(text: str) -> Iterator[str]:
    return (stripped for line in text.split("\n") if any(map(str.isalnum, stripped := line.strip())))


def _prose(text: str) -> Iterator[str]:
    lines = (line.strip() for line in without_evidence(text.split("\n")))
    return (line for line in lines if not _MARKUP.fullmatch(line))


def without_evidence(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines that stand in no block that `report` writes; a marker without its end opens none."""
    ends: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        if end := _END.fullmatch(line):
            ends.setdefault(end[1], []).append(number)
    until = -1
    for number, line in enumerate(lines):
        if number <= until:
            continue
        begin = _BEGIN.fullmatch(line)
        known = ends.get(begin[1], []) if begin else []
        if (at := bisect(known, number)) < len(known):
            until = known[at]
        else:
            yield line
