"""What the assistant may say: sentences of a past ticket, word by word, or one of the few that stand here."""

from __future__ import annotations

import re

from .views import Sentence

CLARIFY = "I am not sure what this is about. Choose what fits, put it in other words, or ask a person."
UNKNOWN = "I do not know: no past ticket answers this well enough. Put it in other words, or ask a person."
HANDED_OVER = "A person has your question now, with all of this conversation. The reply will appear here."
GIVEN_UP = "I do not know this either. " + HANDED_OVER
STILL_WAITING = (
    "I do not know. A person has your question already and sees this one, too; the reply will appear here."
)
TOO_MANY = "I do not know this either, and too many questions wait for a person now. Please come back later."

LONGEST_TOPIC = 80  # characters

_HELLO = (
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings|"
    r"hallo|guten (?:morgen|tag|abend)|liebe[rs]?|sehr geehrte[rs]?|moin|servus|grüezi)"
)
_GREETING = re.compile(
    rf"{_HELLO}\b(?:(?: [\w.\-\[\]]+){{0,3}}\s*(?:[,!:.]|$)"
    r"|,? (?:and|und) (?:thank|many thanks|danke|vielen dank)[^.!\n]*[.!])\s*",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"(?:thanks|thank you|many thanks|(?:i |we )?hope (?:this|that) helps|let (?:us|me) know|feel free|"
    r"(?:please )?do not hesitate|"
    r"please (?:write|reply|contact us|get in touch|let us know)\b.* (?:if|again|should)|"
    r"danke|vielen dank|(?:ich |wir )?hoffe[n]? (?:das|dies)|melden sie sich (?:gern|bitte|wieder)|"
    r"(?:bitte )?schreiben sie (?:uns )?(?:bitte |gern )?(?:noch einmal|wieder))",
    re.IGNORECASE,
)
_LONGEST_COURTESY = 15  # words; a longer sentence says something, too
_SIGNATURE = re.compile(
    r"(?:--|(?:with )?(?:kind|best|warm|many)? ?(?:regards|wishes)\b|sincerely|yours|cheers\b|"
    r"(?:mit )?(?:freundliche[nr]?|beste[nr]?|vielen?|liebe|herzliche) (?:gruß|gruss|grüßen?|grüssen?)|"
    r"mfg\b|"
    r"(?:[\w-]+ ){0,3}(?:desk|team)\W*$)",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?\u2026]+[\"')\]\u201d\u2019]*(?=\s+[^a-zäöüß\s])")
_NO_END = re.compile(  # what a full stop shortens
    r"(?:^|[\s(])(?:[A-Za-z]|\d{1,3}|e\.g|i\.e|z\.\s?B|d\.\s?h|u\.\s?a|"
    r"bzw|ca|etc|evtl|ggf|inkl|Nr|No|Mr|Mrs|Ms|Dr|St|vs)\.$"
)


def extract(resolution: str, ticket: str, most: int) -> tuple[Sentence, ...]:
    """Return the first sentences of an answer that was given before, without greeting and signature.

    They are its first ones, not those most like the question: steps out of their order are no answer.

    Args:
        resolution: the text.
        ticket: the id of its ticket.
        most: sentences.
    """
    said = [one for one in sentences(_without_frame(resolution)) if not _is_courtesy(one)]
    found = said or sentences(resolution)
    return tuple(Sentence(one, ticket) for one in found[:most])


def sentences(text: str) -> list[str]:
    r"""Split a text into its sentences, each word by word as it is there; a new line begins a new one.

    >>> sentences("Use version 2.1, e.g. from the portal. Then restart it!\n1. Log in")
    ['Use version 2.1, e.g. from the portal.', 'Then restart it!', '1. Log in']
    """
    found: list[str] = []
    for line in text.splitlines():
        start = 0
        for end in _END.finditer(line):
            if not _NO_END.search(line[start : end.end()]):
                found.append(line[start : end.end()].strip())
                start = end.end()
        found.append(line[start:].strip())
    return [one for one in found if any(map(str.isalnum, one))]


def topic(subject: str, body: str) -> str:
    """Return what a ticket is about, in one short line."""
    line = " ".join((subject or next(iter(sentences(body)), body)).split())
    return line if len(line) <= LONGEST_TOPIC else line[: LONGEST_TOPIC - 2].rsplit(" ", 1)[0] + " …"


def _without_frame(text: str) -> str:
    text = text.strip()
    text = text[found.end() :] if (found := _GREETING.match(text)) else text
    kept: list[str] = []
    for line in text.splitlines():
        if kept and _SIGNATURE.match(line.strip()):
            break
        if line.strip():
            kept.append(line)
    return "\n".join(kept)


def _is_courtesy(sentence: str) -> bool:
    return _COURTESY.match(sentence) is not None and len(sentence.split()) <= _LONGEST_COURTESY
