"""Texts that others wrote, taken from a table of a TOML file: plain, on one line, and of a bounded length."""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import NoReturn

LONGEST_URL = 2_000  # characters
SCHEMES = ("http", "https", "mailto")

# Controls, overrides of the reading direction, and halves of letters: they show nothing and can mislead.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufdd0-\ufdef"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_UNSAFE_IN_URL = re.compile(r"[\s\"'<>\\^`{|}]")


def shown(text: str) -> str:
    """Return `text` without what shows nothing; line breaks and tabs stay."""
    return unicodedata.normalize("NFC", _UNSHOWN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def one_line(text: str) -> str:
    """Return `text` on one line, without what shows nothing."""
    return " ".join(shown(text).split())


def shorten(text: str, longest: int) -> str:
    """Return at most `longest` characters of a line, cut between words where there are any.

    >>> shorten("A machine that fails", 12), shorten("Aaaaaaaaaaaaaaaa", 6), shorten("short", 9)
    ('A machine…', 'Aaaaa…', 'short')
    """
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    words = cut.rpartition(" ")[0] if not text[longest - 1].isspace() else cut
    return f"{(words if len(words) > longest // 2 else cut).rstrip(' ,;:')}…"


def parse_toml(content: bytes) -> dict[str, Any]:
    """Return the table in a TOML file.

    Raises:
        ValueError: it is no TOML; the message is one line.
    """
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start})") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no TOML: {error or 'nested too deeply'}") from None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a TOML file, with how a complaint about it is raised."""

    values: Mapping[str, Any]
    complain: Callable[[str], Exception]
    name: str = ""  # before a key in a complaint: `certificates[2].`

    def fail(self, why: str) -> NoReturn:
        """Raise what is wrong."""
        raise self.complain(why) from None

    def require_known(self, known: Iterable[str]) -> None:
        """Complain of a key that is not known, with the nearest one that is."""
        names = list(known)
        for key in self.values:
            if key not in names:
                near = difflib.get_close_matches(key.lower(), names, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
                self.fail(f"unknown key {_short(self.name + key)}; {hint}")

    def text(self, key: str, longest: int, *, needed: str = "") -> str:
        """Return a text on one line; empty where there is none, unless `needed` says what it is for."""
        value = self.values.get(key, "")
        if not isinstance(value, str):
            self.fail(f"{self.name}{key}: expected a text in quotes, not {_short(value)}")
        text = one_line(value)
        if needed and not text:
            self.fail(f"{self.name}{key} is missing: {needed}")
        if len(text) > longest:
            self.fail(f"{self.name}{key} has {len(text):,} characters; shorten it to {longest:,}")
        return text

    def texts(self, key: str, longest: int, most: int) -> tuple[str, ...]:
        """Return a list of texts, without the empty ones."""
        values = self._list(key, most, 'of texts, such as ["a", "b"]')
        listed = Table({str(place): one for place, one in enumerate(values, 1)}, self.complain, "")
        found = []
        for place in listed.values:
            named = Table({f"{key}[{place}]": listed.values[place]}, self.complain, self.name)
            found.append(named.text(f"{key}[{place}]", longest))
        return tuple(filter(None, found))

    def tables(self, key: str, most: int) -> Iterator[Table]:
        """Yield the tables of a list such as [[figures]]."""
        for place, value in enumerate(self._list(key, most, f"of tables, each under [[{key}]]"), 1):
            name = f"{self.name}{key}[{place}]"
            if not isinstance(value, dict):
                self.fail(f"{name}: expected a table under [[{key}]], not {_short(value)}")
            yield Table(value, self.complain, f"{name}.")

    def table(self, key: str) -> Table:
        """Return a table such as [links]; an empty one where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.fail(f"{self.name}{key}: expected a table under [{key}], not {_short(value)}")
        return Table(value, self.complain, f"{self.name}{key}.")

    def url(self, key: str, *, schemes: Iterable[str] = SCHEMES) -> str:
        """Return an address of one of `schemes`; empty where there is none."""
        text = self.text(key, LONGEST_URL)
        try:
            return url(text, schemes) if text else ""
        except ValueError as error:
            self.fail(f"{self.name}{key}: {error}")

    def _list(self, key: str, most: int, what: str) -> list[Any]:
        value = self.values.get(key, [])
        if not isinstance(value, list):
            self.fail(f"{self.name}{key}: expected a list {what}, not {_short(value)}")
        if len(value) > most:
            self.fail(f"{self.name}{key} has {len(value):,} entries; at most {most} are shown")
        return value


def url(text: str, schemes: Iterable[str] = SCHEMES) -> str:
    """Return an address, with what may not stand in one written in per cent.

    Raises:
        ValueError: it is of no known scheme, or incomplete.
    """
    allowed = tuple(schemes)
    expected = f"expected an address that begins with {', '.join(f'{one}:' for one in allowed)}"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError(f"{expected}, not {_short(text)}") from None
    is_whole = parts.path.count("@") == 1 if parts.scheme == "mailto" else parts.hostname
    if parts.scheme not in allowed or not is_whole:
        raise ValueError(f"{expected}, not {_short(text)}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address that is published must hold no user name or password")
    return _UNSAFE_IN_URL.sub(lambda found: quote(found[0], safe=""), text)


def _short(value: object) -> str:
    said = repr(value)
    return said if len(said) <= 60 else f"{said[:57]}..."
