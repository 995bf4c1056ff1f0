"""Sets pages with typst: our templates and fonts, texts of others as data and never as markup.

A page that needs only letters of the shipped font is the same on every machine. For other letters the fonts
of the system stand in; one that no font has becomes a replacement character. `warn` is told of both.
"""

from __future__ import annotations

import importlib
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError
from scaffolder.showcase.letters import letters_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from typst import Compiler, Fonts

    Warn = Callable[[str], None]

HERE = Path(__file__).parent
FONTS = HERE / "fonts"

# What has no shape of its own: joiners, marks of direction and variation selectors.
_SHAPELESS = re.compile(
    "[\u00ad\u034f\u061c\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
# Line ends and tabs become spaces; other controls, overrides of direction and halves of letters act or fail.
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]")
_HALF = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Spaces at which no line may end, such as the one before a question mark in French.
_OPENING = r"(\[{«‘“„¿¡（「『【〔〈《"  # noqa: RUF001
_CLOSING = r".,:;!?/)\]}»’”、。，．！？；：）」』】〕〉》"  # noqa: RUF001
_HELD = re.compile(f"(?<=[{_OPENING}]) | (?=[{_CLOSING}])|(?<=[\"']) (?=[{_OPENING}])")


class ExtraMissing(ScaffolderError):
    """A library of the extra `showcase` that is not installed."""

    def __init__(self, library: str) -> None:
        super().__init__(
            f"a showcase needs the library {library}; install it with "
            "\"pip install 'portfolio-scaffolder[showcase]'\""
        )


class TypesettingFailed(ScaffolderError):
    """A page that typst could not set."""

    def __init__(self, template: str, why: str) -> None:
        said = " ".join(why.split())[:300]
        super().__init__(
            f"{template} cannot be typeset: {said}; please report it with the texts that it shows"
        )


def require(module: str) -> Any:
    """Return a module of the extra `showcase`.

    Raises:
        ExtraMissing: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ExtraMissing({"PIL": "pillow"}.get(module.partition(".")[0], module)) from error


@dataclass(frozen=True, slots=True)
class Text:
    """A text of others, and the place that a warning names: `portfolio.owner.toml: headline`, or none."""

    where: str
    said: str

    @property
    def plain(self) -> str:
        """The text on one line, without what has no letter: controls, overrides of the reading direction."""
        clean = _HALF.sub("\ufffd", _UNPRINTABLE.sub("", " ".join(self.said.split())))
        return unicodedata.normalize("NFC", clean).strip()


def ignore(_warning: str) -> None:
    """Take no notice of a warning."""


class Page:
    """A template of ours with its content: lists and dictionaries, with `Text` for what others wrote."""

    def __init__(self, template: str, content: object, warn: Warn = ignore) -> None:
        self.template = template
        self._typst = require("typst")
        foreign = sorted({one for text in _texts(content) for one in text.plain} - _shipped())
        foreign = [one for one in foreign if not _SHAPELESS.match(one)]
        lost: frozenset[str] = frozenset()
        if foreign:
            lost = _in_no_font(foreign)
            _report(_texts(content), frozenset(foreign) - lost, lost, warn)
        data = json.dumps(_resolved(content, lost), ensure_ascii=False, allow_nan=False)
        self._compiler: Compiler = self._typst.Compiler(
            HERE / template,
            root=HERE,
            font_paths=_fonts(system=bool(foreign)),
            sys_inputs={"data": data},
        )

    def ask(self, label: str) -> Any:
        """Return the value of the one `metadata` in the document that has this label.

        Raises:
            TypesettingFailed: typst could not set the document.
        """
        return json.loads(self._run(self._compiler.query, f"<{label}>", field="value", one=True))

    def pdf(self) -> bytes:
        """Return the document as a tagged PDF for archives and screen readers: PDF/A-2a and PDF/UA-1.

        Raises:
            TypesettingFailed: typst could not set the document.
        """
        made: bytes = self._run(
            self._compiler.compile, format="pdf", pdf_standards=["a-2a", "ua-1"], timestamp=0
        )
        return made

    def pictures(self) -> list[bytes]:
        """Return each page as a PNG of one pixel a point.

        Raises:
            TypesettingFailed: typst could not set the document.
        """
        made: bytes | list[bytes] = self._run(self._compiler.compile, format="png", ppi=72)
        return [made] if isinstance(made, bytes) else made

    def _run(self, action: Callable[..., Any], *args: Any, **options: Any) -> Any:
        try:
            return action(*args, **options)
        except RuntimeError as error:  # typst.TypstError is one
            raise TypesettingFailed(self.template, str(error)) from error


def _texts(content: object) -> Iterator[Text]:
    if isinstance(content, Text):
        yield content
    elif isinstance(content, dict):
        for one in content.values():
            yield from _texts(one)
    elif isinstance(content, list | tuple):
        for one in content:
            yield from _texts(one)


def _resolved(content: object, lost: frozenset[str]) -> object:
    if isinstance(content, Text):
        said = "".join("\N{REPLACEMENT CHARACTER}" if one in lost else one for one in content.plain)
        return _HELD.sub("\N{NO-BREAK SPACE}", said)
    if isinstance(content, dict):
        return {key: _resolved(one, lost) for key, one in content.items()}
    if isinstance(content, list | tuple):
        return [_resolved(one, lost) for one in content]
    return content


def _report(texts: Iterable[Text], stood_in: frozenset[str], lost: frozenset[str], warn: Warn) -> None:
    for text in dict.fromkeys(text for text in texts if text.where):
        letters = frozenset(text.plain)
        if found := letters & stood_in:
            warn(f"{text.where}: {_named(found)}: set in a font of this system, so another system may differ")
        if found := letters & lost:
            warn(
                f"{text.where}: {_named(found)}: no font of this system has it, a replacement character "
                "stands for it; install a font that has it, or write it in other letters"
            )


def _named(letters: frozenset[str]) -> str:
    shown = [f"{one} (U+{ord(one):04X})" for one in sorted(letters)[:3]]
    more = len(letters) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


@cache
def _fonts(*, system: bool) -> Fonts:
    found: Fonts = require("typst").Fonts(
        include_system_fonts=system, include_embedded_fonts=system, font_paths=[FONTS]
    )
    return found


@cache
def _shipped() -> frozenset[str]:
    return frozenset.intersection(*map(letters_of, FONTS.glob("*.ttf")))


def _in_no_font(letters: Iterable[str]) -> frozenset[str]:
    lost = frozenset(letters)
    for font in require("typst").Fonts(include_system_fonts=True, include_embedded_fonts=False).fonts():
        if not lost:
            break
        if font.path and not font.family.startswith("."):
            lost -= letters_of(Path(font.path), font.index)
    return lost
