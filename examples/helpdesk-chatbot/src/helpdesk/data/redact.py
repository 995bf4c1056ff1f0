"""Take personal data and secrets out of a text, before it is stored, searched, logged or sent on.

What is taken out: e-mail addresses, telephone numbers, payment cards, bank accounts (IBAN), and secrets, that
is passwords, keys and tokens. Each leaves a placeholder such as `[email]`. Names of people, postal addresses
and dates of birth stay: no rule knows them from other words.

The rules are in three modules: addresses here, what is made of digits in `numbers_told`, the rest in
`secrets_told`. Every pattern is bounded or possessive, so that no text takes more than linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import numbers_told, secrets_told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Rule = Callable[[str], tuple[str, int]]

EMAIL, PHONE, CARD, IBAN, SECRET = KINDS = ("email", "phone", "card", "iban", "secret")
_AT = r"(?:@|\uff20|%40|\s?[\[(]\s?(?:at|ät)\s?[\])]\s?)"  # as people write it for other people only
_DOT = r"(?:\.|\s?[\[(]\s?(?:dot|punkt)\s?[\])]\s?)"
_EMAIL = re.compile(
    rf"(?<![\w.+-])[\w.+-]++(?:['\u2019][\w.+-]++)?{_AT}[\w-]++(?:{_DOT}[\w-]++)*{_DOT}[^\W\d_]{{2,24}}(?![\w-])",
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@:]{0,100}:[^\s/]{1,200}(?=@)")
_SIGNS_OF_AN_ADDRESS = re.compile(r"[@\uff20%\[(](?:(?<=[@\uff20])|(?<=%)40|\s?[aä]t\s?[\])])", re.IGNORECASE)
_SHORTEST_KEY = 16  # characters
_DIGITS = re.compile(r"\d(?:\D{0,3}+\d){6}")  # fewer than in the shortest telephone number


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without personal data."""

    text: str
    counts: dict[str, int]  # pieces found, by kind; kinds that were not found are not in it


def redact(text: str) -> Redacted:
    """Return `text` with a placeholder for each piece of personal data.

    Redacting the result again changes nothing.

    >>> redact("Call +49 30 23125 123, password: Summer22!").text
    'Call [phone], password: [secret]'
    """
    counts: dict[str, int] = {}
    while True:
        before = text
        for kind, replace in _rules(text):
            text, found = replace(text)
            if found:
                counts[kind] = counts.get(kind, 0) + found
        if text == before:  # each round leaves fewer characters outside placeholders, so this comes
            return Redacted(text, counts)


def _rules(text: str) -> Iterator[tuple[str, Rule]]:
    """Yield the rules that a text can have a match of, in the order in which they have to be tried.

    The checks are there for speed: most texts hold nothing, and few patterns are run on them.
    """
    if not text:
        return
    many_digits = _DIGITS.search(text)
    if max(map(len, text.split()), default=0) >= _SHORTEST_KEY or "-----BEGIN" in text:
        yield SECRET, secrets_told.keys
    if "://" in text and "@" in text:
        yield SECRET, lambda given: _CREDENTIALS.subn("[secret]", given)
    if _SIGNS_OF_AN_ADDRESS.search(text):
        yield EMAIL, lambda given: _EMAIL.subn("[email]", given)
    if many_digits:
        yield IBAN, numbers_told.ibans
        yield CARD, numbers_told.cards
    yield SECRET, secrets_told.named
    if many_digits:
        yield PHONE, numbers_told.phones
