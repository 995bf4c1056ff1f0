"""What of a text counts: words, and the runs of characters within them.

Training, serving and evaluation all come here, so that a question is read as the tickets were.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Chinese and Japanese are written without spaces: each of their characters is a word. Everywhere else a word
# is a run of letters and digits; one that is longer than any real word is cut into several.
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}]{{1,40}}")
_ACCENT = re.compile("[\u0300-\u036f]")  # a combining mark of Latin, Greek or Cyrillic letters
_APOSTROPHE = re.compile(r"(?<=\w)['\u2019](?=\w)")
_REDACTED = re.compile(r"\[(?:email|phone|card|iban|secret)\]")  # says nothing about what is asked


def normalise(text: str) -> str:
    """Return a text in small letters, without accents and apostrophes, in one form of Unicode.

    What redaction has put in place of personal data is left out.

    >>> normalise("Can't reach the CAFÉ's printer [email]")
    'cant reach the cafes printer  '
    """
    text = _REDACTED.sub(" ", text).casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).casefold()
        text = unicodedata.normalize("NFC", _ACCENT.sub("", text))
    return _APOSTROPHE.sub("", text)


def words(text: str) -> list[str]:
    """Return the words of a text in their order; none where there are only signs.

    >>> words("Wi-Fi's down, error_0x80: 日本")
    ['wi', 'fis', 'down', 'error', '0x80', '日', '本']
    """
    return _WORD.findall(normalise(text))


def grams(text: str, sizes: Sequence[int]) -> list[str]:
    """Return the runs of so many characters within the words of a text; a space marks a word's edge.

    >>> grams("VPN", (3, 4))
    [' vp', 'vpn', 'pn ', ' vpn', 'vpn ']
    """
    return [gram for word in words(text) for gram in grams_of_word(word, sizes)]


def pairs(tokens: Sequence[str]) -> Iterable[str]:
    """Return each two words that follow one another."""
    return map(" ".join, pairwise(tokens))


def grams_of_word(word: str, sizes: Sequence[int]) -> list[str]:
    """Return the runs of characters of one word; all of it where it is shorter than the smallest size.

    >>> grams_of_word("a", (4, 5))
    [' a ']
    """
    edged = f" {word} "
    found = [edged[first : first + size] for size in sizes for first in range(len(edged) - size + 1)]
    return found or [edged]
