"""Questions that lean on the one before them: "and on Android?".

Any question that is put behind another one finds that one's answer. So it must look like a follow-up, and the
ticket that is found must have something of it: else "and the capital of France?" would get the VPN again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..retrieval.text import words

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 10  # words
_SHORT = 4  # words; so few are a follow-up even without a word that points back
_OPENINGS = frozenset({"and", "but", "or", "also", "then", "und", "aber", "oder", "auch", "dann"})
_PAIRS = frozenset({("what", "about"), ("how", "about"), ("what", "if"), ("was", "ist"), ("wie", "ist")})
_POINTERS = frozenset(
    "it this that these those there them one same instead too es das dort damit".split()  # noqa: SIM905
)
_EMPTY = frozenset(  # words of four letters and more that any question may have
    """
    about also does doing from have into just like need please should some than that their them then there
    these they this those want were what when where which will with work works would your instead same
    aber auch dann dass damit dies diese dieser dort eine einen einer habe haben kann nicht oder sein sind
    stattdessen wann warum wenn wird
    """.split()  # noqa: SIM905
)
_SHORTEST = 4  # letters of a word that says something


def opens(question: str) -> bool:
    """Say whether a question begins like the second half of another one.

    >>> opens("And on Android?"), opens("what about the tablet"), opens("Android?")
    (True, True, False)
    """
    found = words(question)
    return len(found) <= _LONGEST and (not _OPENINGS.isdisjoint(found[:1]) or tuple(found[:2]) in _PAIRS)


def leans(question: str) -> bool:
    """Say whether a question looks as if it leaned on the one before it.

    >>> leans("And on Android?"), leans("Does it work there, too?"), leans("what is the capital of France")
    (True, True, False)
    """
    found = words(question)
    if not 1 <= len(found) <= _LONGEST:
        return False
    return opens(question) or len(found) <= _SHORT or not _POINTERS.isdisjoint(found)


def together(memory: Sequence[str], question: str) -> str:
    r"""Return a question with those before it; it counts twice, so that it decides what they leave open.

    >>> together(["VPN on Windows?"], "and on Android?")
    'VPN on Windows?\nand on Android?\nand on Android?'
    """
    return "\n".join([*memory, question, question])


def is_met(question: str, ticket: str) -> bool:
    """Say whether a ticket has something of what is new in a question.

    >>> is_met("And on Android?", "On Android, open the profile."), is_met("And pizza?", "Open the profile.")
    (True, False)
    """
    new = {word for word in words(question) if len(word) >= _SHORTEST and word not in _EMPTY}
    return not new.isdisjoint(words(ticket))
