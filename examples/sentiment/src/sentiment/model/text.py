"""The one normaliser of texts: training, the Lambda function and the drift check import it from here.

Standard library only, so that the function's cold start pays nothing for it.
"""

from __future__ import annotations

import html
import re
import unicodedata

_TAG = re.compile(
    r"<(?:br|/?(?:p|b|i|u|em|strong|span|div|a|ul|ol|li|h[1-6]))(?:\s[^<>]{0,300})?/?>", re.IGNORECASE
)
_BLANKS = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


def normalise(text: str) -> str:
    r"""Return `text` as the model sees it: entities and common tags resolved, NFC, one blank between words.

    Control and invisible formatting characters go; letters of any script, emoji and punctuation stay.

    >>> normalise("Great&nbsp;value!<br />Not bad\u200b at all")
    'Great value! Not bad at all'
    """
    text = _TAG.sub(" ", html.unescape(text))
    text = unicodedata.normalize("NFC", _BLANKS.sub(" ", text))
    kept = (
        character
        for character in text
        if character in "\u200c\u200d\ufe0f"
        or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    )
    return "".join(kept).strip()


def words(text: str) -> list[tuple[int, int]]:
    """Return where the words of `text` begin and end, in characters.

    >>> words("Don't buy it!")
    [(0, 5), (6, 9), (10, 12)]
    """
    return [match.span() for match in _WORD.finditer(text)]
