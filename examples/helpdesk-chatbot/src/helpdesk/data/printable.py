"""Texts without what is not text, whoever they come from: an export, a visitor, a language model."""

from __future__ import annotations

import re

# Control characters, halves of characters, and what turns the direction of writing around: a terminal or a
# page would show something else than is there, and PostgreSQL keeps no NUL.
_UNUSABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Return a text with one kind of line end, and without what a terminal would take for a command.

    >>> printable("red \x1b[31malert\r\n")
    'red  [31malert\n'
    """
    return _UNUSABLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
