"""Texts that stand for an answer: wherever one shows up in a render, the project has the answer.

A marker is a text that no file has by chance, such as `Zqkab Wvjx`, given as answer. A rendered line
`name = "Zqkab Wvjx"` is then a pattern, and the project's line `name = "Pumps"` says what was answered. A
template may change an answer before it writes it (`zqkab_wvjx`), which says something of the answer too.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

Change = Callable[[str], str]

_SEPARATORS = {"as it is": " ", "_": "_", "-": "-", "none": "", ".": "."}
_CASES: dict[str, Change] = {
    "as it is": lambda text: text,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "capitalize": str.capitalize,
}
_LONGEST = 4000  # lines of a file that is aligned; longer ones are only searched
_STRONG, _WEAK = (
    6,
    2,
)  # letters and digits around a marker, with which a line is known anywhere, or beside others
_WORD = re.compile(r"\w")
_WORDS = re.compile(r"([^\W_][\w.-]*[^\W_])")  # what a choice may be, such as Apache-2.0
_LONGEST_LINE = {1: 2000, 2: 500, 3: 200}  # by the markers in it: what a pattern may cost is a power of them


class Vote(NamedTuple):
    """A place in the project that shows an answer."""

    key: str
    value: str  # as it stands there
    change: str  # what the template did to the answer: the name of a change; empty for none
    weight: float
    where: str  # path:line, or a path whose name shows it


def forms(number: int, kind: str) -> list[object]:
    """Return markers for the question with this number; later ones for validators that refuse the first."""
    if kind == "number":
        return [48151 + number * 7, 481 + number, 71 + number % 20]
    tail = "".join(chr(ord("a") + int(digit)) for digit in f"{number:02d}")
    plain = f"zqk{tail}wvjx"
    return [
        *(f"Zqk{tail} Wvjx", plain, plain.upper(), f"zqk-{tail}-wvjx", f"zqk{tail}@wvjx.example"),
        *(f"https://zqk{tail}.example/wvjx", f"zqk{tail}/wvjx", f"481.51.{number}", f"48151.{number}"),
        *(f"{48151 + number}", f"{2031 + number}-01-31", f"{2031 + number}"),
    ]


def changes() -> dict[str, Change]:
    """Return what templates do to a text, by name; the empty name is nothing."""
    found: dict[str, Change] = {"": lambda text: text}
    for case, apply in _CASES.items():
        for name, separator in _SEPARATORS.items():
            if (case, name) != ("as it is", "as it is"):
                found[f"{case}, {name}"] = _joined(apply, separator) if separator != " " else apply
    return found


def _joined(apply: Change, separator: str) -> Change:
    return lambda text: separator.join(re.split(r"[\s_-]+", apply(text)))


CHANGES = changes()


@dataclass(frozen=True)
class Markers:
    """The markers of one render."""

    signs: Mapping[str, tuple[str, str]]  # what a marker looks like in it: key and change
    pattern: re.Pattern[str]
    choices: Mapping[str, str] = field(default_factory=dict)  # a chosen text: a pattern of all it could be

    @classmethod
    def of(cls, given: Mapping[str, object], choices: Mapping[str, Sequence[str]] | None = None) -> Markers:
        """Return markers by the question that each is given for.

        Args:
            given: the marker of each question.
            choices: by the text that was chosen all that could be; it may not be the project's choice.
        """
        signs: dict[str, tuple[str, str]] = {}
        for name, change in CHANGES.items():
            for key, value in given.items():
                if name == "" or isinstance(value, str):
                    signs.setdefault(change(str(value)), (key, name))
        longest_first = sorted(signs, key=lambda sign: -len(sign))
        pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        loose = {text: f"(?:{'|'.join(map(re.escape, all_of))})" for text, all_of in (choices or {}).items()}
        return cls(signs, pattern, loose)

    def shown_in(self, text: str) -> bool:
        """Return True when a marker stands in a text."""
        return self.pattern.search(text) is not None

    def template_of(self, line: str, *, is_path: bool = False) -> Template:
        """Return a line with markers as a pattern for the project's line."""
        parts: list[str] = []
        keys: dict[str, tuple[str, str]] = {}
        names: dict[str, str] = {}
        literal, at = 0, 0
        for found in self.pattern.finditer(line):
            before = line[at : found.start()]
            literal += len(_WORD.findall(before))
            parts.append(self._literal(before))
            if found[0] in names:
                parts.append(f"(?P={names[found[0]]})")
            else:
                name = names[found[0]] = f"m{len(names)}"
                keys[name] = self.signs[found[0]]
                parts.append(f"(?P<{name}>{'[^/]+?' if is_path else '.+?'})")
            at = found.end()
        literal += len(_WORD.findall(line[at:]))
        parts.append(self._literal(line[at:]))
        first = self.pattern.search(line)
        start, end = line[: first.start()] if first else line, line[at:]
        fixed = [text if self._literal(text) == re.escape(text) else "" for text in (start, end)]
        return Template(re.compile("".join(parts)), keys, literal, *fixed)

    def _literal(self, text: str) -> str:
        """Return a pattern for what stands around markers, in which choices may be others."""
        return "".join(self.choices.get(word) or re.escape(word) for word in _WORDS.split(text))


@dataclass(frozen=True)
class Template:
    """What a line of the project looks like in which answers stand."""

    pattern: re.Pattern[str]
    keys: Mapping[str, tuple[str, str]]  # by the name of the group
    literal: int  # letters and digits around the markers
    start: str
    end: str

    def match(self, line: str) -> dict[str, str] | None:
        """Return what stands at the markers, by the name of the group."""
        if len(line) > _LONGEST_LINE.get(len(self.keys), 0):
            return None
        if not (line.startswith(self.start) and line.endswith(self.end)):
            return None
        found = self.pattern.fullmatch(line)
        return found.groupdict() if found else None

    def votes(self, found: Mapping[str, str], weight: float, where: str) -> Iterator[Vote]:
        """Yield a vote for each answer that a line shows."""
        for name, text in found.items():
            key, change = self.keys[name]
            yield Vote(key, text, change, weight, where)


def votes_of_path(markers: Markers, path: str, there: Sequence[str]) -> Iterator[tuple[str, list[Vote]]]:
    """Yield the paths of the project, in order, that one with markers may be, each with what it shows."""
    template = markers.template_of(path, is_path=True)
    first = bisect_left(there, template.start)
    for name in takewhile(lambda name: name.startswith(template.start), there[first:]):
        if (found := template.match(name)) is not None:
            yield name, list(template.votes(found, 1.0, name))


def votes_of_text(markers: Markers, text: str, there: str, path: str) -> Iterator[Vote]:
    """Yield what the lines of a file in the project show, which lie as those of a render with markers do.

    A line is looked for among those that replace it; elsewhere in the file only if it has much else in it,
    and then it weighs half.
    """
    mine, yours = _lines(text), _lines(there)
    templates = {at: markers.template_of(line) for at, line in enumerate(mine) if markers.shown_in(line)}
    if not templates:
        return
    spans = _spans(mine, yours) if max(len(mine), len(yours)) <= _LONGEST else {}
    taken: set[int] = set()
    for at, template in templates.items():
        near = _near(template, at, spans.get(at), taken)
        far = range(len(yours)) if template.literal >= _STRONG else range(0)
        for candidates, weight in ((near, 1.0), (far, 0.5)):
            hit = next(
                ((i, found) for i in candidates if (found := template.match(yours[i])) is not None), None
            )
            if hit:
                taken.add(hit[0])
                yield from template.votes(hit[1], weight, f"{path}:{hit[0] + 1}")
                break


def _near(template: Template, at: int, span: tuple[int, int, int, int] | None, taken: set[int]) -> list[int]:
    """Return the lines of the project that stand where this one does, the likeliest first."""
    if span is None:
        return []
    begin, end, first, last = span
    if template.literal < _WEAK:
        same = first + at - begin
        return [same] if end - begin == last - first and same not in taken else []
    expected = first + at - begin
    return sorted((i for i in range(first, last) if i not in taken), key=lambda i: abs(i - expected))


def _spans(mine: Sequence[str], yours: Sequence[str]) -> dict[int, tuple[int, int, int, int]]:
    matcher = difflib.SequenceMatcher(
        None, mine, yours
    )  # without the lines that are everywhere: they cost most
    return {
        at: (begin, end, first, last)
        for kind, begin, end, first, last in matcher.get_opcodes()
        if kind == "replace"
        for at in range(begin, end)
    }


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.split("\n")]


def originals(captured: str, change: str, others: Sequence[str]) -> list[str]:
    """Return the answers of which a change makes `captured`: those of `others` first, then what it may be."""
    apply = CHANGES[change]
    words = re.sub(r"[_.-]+", " ", captured).strip()
    made = [
        captured,
        words.title(),
        words.capitalize(),
        words.lower(),
        words,
        words.replace(" ", "-").lower(),
    ]
    return [
        text for text in dict.fromkeys([*others, *made]) if text and _folded(apply(text)) == _folded(captured)
    ]


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
