"""Passwords, keys and tokens: known by their form, or by what somebody calls them."""

from __future__ import annotations

import re
from itertools import islice, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACEHOLDER = r"\[(?:email|phone|card|iban|secret)\]"

# What vendors' keys begin with, from their documentation; private keys by RFC 7468, web tokens by RFC 7519.
_KEY = re.compile(
    r"-----BEGIN[ A-Z0-9]{0,30}PRIVATE KEY(?: BLOCK)?-----(?s:.*?)"
    r"(?:-----END[ A-Z0-9]{0,30}PRIVATE KEY(?: BLOCK)?-----|\Z)"
    r"|\beyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?"
    r"|\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"
    r"|\b(?:gh[opusr]_|github_pat_|glpat-|xox[abeoprs]-|[rs]k[_-]|whsec_|AIza|npm_|pypi-|SG\.|hf_|ya29\.|dop_v1_)"
    r"[\w.-]{14,}+"
    r"|\b(?i:bearer|basic)[ \t]++(?P<bearer>[\w.~+/=-]{12,}+)"
    r"|(?<![\w/+.=-])(?P<random>[A-Za-z0-9+/_-]{32,200}+={0,2})(?![\w/+])"
)
_CLASS_CHANGES = 0.35  # of the pairs of characters in a random word are of two classes; in a name, few

# Tried on small letters, as it has to be fast: no text goes without it.
_NAME = re.compile(
    r"(?P<name>pass(?:wor[dt]|phrase|code|wd)?|kennwort|contraseña|wachtwoord|secret|geheimnis|token|credential"
    r"|bearer|mot de passe|api[ _-]?key|pwd?|pin|puk|cvc|cvv|otp|key|schlüssel)"
    r"(?:s|es|er)?(?![^\W_])[\"'`*]{0,2}"
)
_ALONE = frozenset(
    ["pass", "pw", "pwd", "pin", "puk", "cvc", "cvv", "otp", "key", "schlüssel"]
)  # no "monkey"
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb()[]{}<>*,;:."
_END = re.escape(_QUOTES)
_ASSIGNED = re.compile(
    r"\s{0,3}+(?::=|=>|[:=])\s{0,3}+"
    rf"(?:[\"'`*]{{0,2}}(?={_PLACEHOLDER})|\"(?P<quoted>[^\"\n]{{1,200}})\""
    rf"|[\"'`*]{{0,2}}+(?P<value>\S*[^\s{_END}]))"
)
_LAST = re.compile(r"\W{0,3}+(?:[\n\r]|\Z|\w{1,20}+[:=])|[ \t]*+[/|]")  # what follows a mere word that is one
_WORD = re.compile(r"\S++")
_WORDS_LOOKED_AT = 9  # after "password": "... for the wireless network of the guests is ..."
_WORDS_BEFORE_DIGITS = 2  # further off, digits are likely those of something else
_STOPS = (".", "!", "?")
_VERBS = frozenset([
    "is", "was", "are", "be", "now", "has", "=", ":", ":=", "->", "\u2192", "to", "as", "currently",
    "still", "est", "ist", "war", "lautet", "lauten", "heißt", "hieß", "sind", "auf", "zu", "als", "jetzt",
    "aktuell",
])  # fmt: skip
# What stands after "password:" in a subject line, and what looks like a password but is none.
_NOT_SECRET = frozenset([
    "how", "what", "why", "when", "where", "who", "which", "is", "was", "not", "no", "none", "cannot",
    "can't", "can", "i", "my", "the", "a", "an", "in", "on", "to", "do", "does", "did", "please", "help",
    "reset", "yes", "expired", "wrong", "forgotten", "forgot", "lost", "required", "unknown", "invalid",
    "incorrect", "change", "changed", "new", "old", "see", "same", "error", "problem", "issue", "failed",
    "locked", "blocked", "empty", "request", "missing", "wie", "warum", "wann", "wo", "wer", "nicht",
    "kein", "keine", "kann", "ich", "mein", "meine", "der", "die", "das", "ein", "eine", "bitte", "hilfe",
    "zurücksetzen", "abgelaufen", "falsch", "vergessen", "verloren", "unbekannt", "ungültig", "ändern",
    "neu", "alt", "siehe", "fehler", "gesperrt", "anfrage", "leer", "fehlt", "ja", "office365", "o365",
    "m365", "windows7", "windows8", "windows10", "windows11", "oauth2", "oauth2.0", "sha256", "sha-256",
    "base64", "ipv4", "ipv6", "wpa2", "wpa3", "ps4", "ps5", "2fa", "u2f", "fido2", "mp3", "mp4", "x509",
    "pkcs12",
])  # fmt: skip
_SYMBOLS = frozenset("!?#$%&*+=^~@|\\_")
_ADDRESS = re.compile(
    rf"https?:|www\.|{_PLACEHOLDER}|\d{{1,4}}[./:-]\d{{1,2}}(?:[./:-]\d{{1,4}})?$", re.IGNORECASE
)


def keys(text: str) -> tuple[str, int]:
    """Return the text with a placeholder for each key that is known by its form, and how many there were."""
    found = 0

    def judged(match: re.Match[str]) -> str:
        nonlocal found
        random, bearer = match["random"], match["bearer"]
        if (random and not _is_random(random)) or (bearer and not looks_secret(bearer)):
            return match[0]
        found += 1
        return match[0].removesuffix(bearer) + "[secret]" if bearer else "[secret]"

    return _KEY.sub(judged, text), found


def named(text: str) -> tuple[str, int]:
    """Return the text with a placeholder for each secret that is called one, and how many there were."""
    parts, done = [], 0
    for at in _ends_of_names(text):
        if at < done:
            continue
        if found := _assigned(text, at) or _said(text, at):
            parts += [text[done : found[0]], "[secret]"]
            done = found[1]
    return ("".join([*parts, text[done:]]), len(parts) // 2) if parts else (text, 0)


def looks_secret(word: str, *, told: bool = True) -> bool:
    """Tell whether a word is more than a word.

    Args:
        word: without blanks.
        told: "is" or a colon stands before it; otherwise it must not look like a name, either.

    >>> looks_secret("Summer22!"), looks_secret("case-sensitive"), looks_secret("expired")
    (True, False, False)
    """
    bare = word.strip(_QUOTES)
    if len(bare) < 4 or bare.lower().rstrip("!?") in _NOT_SECRET or _ADDRESS.match(bare):
        return False
    if not any(map(str.isalpha, bare)):
        return told and bare.isdigit()
    if any(map(str.isdigit, bare)) or not _SYMBOLS.isdisjoint(bare.rstrip("!?")):
        return True
    humps = sum(first.islower() and second.isupper() for first, second in pairwise(bare))
    return humps >= (1 if told else 2)


def _ends_of_names(text: str) -> Iterator[int]:
    """Yield where the names of secrets end."""
    lowered = text.lower()
    if len(lowered) != len(text):  # of a few letters, the small form has two characters
        lowered = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    for match in _NAME.finditer(lowered):
        if match["name"] not in _ALONE or not _is_within(lowered, match.start()):
            yield match.end()


def _is_within(text: str, at: int) -> bool:
    return at > 0 and text[at - 1].isalnum()


def _assigned(text: str, at: int) -> tuple[int, int] | None:
    """Return where the value after `:` or `=` stands."""
    match = _ASSIGNED.match(text, at)
    if match is None or match.lastgroup is None:
        return None
    value = match[match.lastgroup]
    if value.lower().rstrip("!?") in _NOT_SECRET or value.startswith(("http:", "https:")):
        return None
    if value.isalpha() and not looks_secret(value) and not _LAST.match(text, match.end()):
        return None
    return match.span(match.lastgroup)


def _said(text: str, at: int) -> tuple[int, int] | None:
    """Return where a value stands that is said in words: "password for the lab is ...", "password ..."."""
    if not text[at : at + 1].isspace():
        return None
    before = ""
    for place, match in enumerate(islice(_WORD.finditer(text, at), _WORDS_LOOKED_AT)):
        word = match[0]
        told = before.lower() in _VERBS or before.endswith((":", "="))
        far = place > _WORDS_BEFORE_DIGITS and word.strip(_QUOTES).isdigit()
        if (told or place == 0) and not far and looks_secret(word, told=told):
            start = match.start() + len(word) - len(word.lstrip(_QUOTES))
            return start, start + len(word.strip(_QUOTES))
        if word.endswith(_STOPS):
            return None
        before = word
    return None


def _is_random(word: str) -> bool:
    """Tell random letters and digits from hashes, paths and names: those have few changes, or one case."""
    kinds = [letter.islower() + 2 * letter.isupper() + 4 * letter.isdigit() for letter in word]
    changes = sum(first != second for first, second in pairwise(kinds))
    return {1, 2, 4} <= set(kinds) and changes >= _CLASS_CHANGES * len(word)
