"""Cursors of a list: opaque, and good for one list only.

A cursor says how far one has read and in which list: of which user, with which filters, from which model, and
after which rating. When any of that has changed, the place means nothing, and the cursor is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from graphql import GraphQLError

_VERSION = "1"
_LONGEST = 200  # characters: ours are shorter


def fingerprint(*what: object) -> str:
    """Return 12 letters and digits that stand for a list.

    >>> fingerprint("u1", None) == fingerprint("u1", None) != fingerprint("u2", None)
    True
    """
    text = "\0".join(map(repr, what)).encode()
    return hashlib.blake2b(text, digest_size=6).hexdigest()


def cursor(place: int, of_list: str) -> str:
    """Return the cursor of the entry at `place`, counted from 0.

    >>> place_after(cursor(9, "ab"), "ab")
    10
    """
    return base64.urlsafe_b64encode(f"{_VERSION}:{of_list}:{place}".encode()).decode().rstrip("=")


def place_after(after: str | None, of_list: str) -> int:
    """Return the place behind a cursor, 0 without one.

    Raises:
        GraphQLError: it is none of ours, or of another list.
    """
    if after is None:
        return 0
    try:
        if len(after) > _LONGEST:
            raise ValueError
        padded = after + "=" * (-len(after) % 4)
        version, made_for, place = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split(":")
        if version != _VERSION or not place.isdecimal() or not place.isascii() or len(place) > 9:
            raise ValueError
    except (ValueError, binascii.Error):
        raise bad_input("after", "is no cursor of this service; leave it out to begin") from None
    if made_for != of_list:
        raise bad_input("after", "belongs to another list, or to this one before it changed; begin again")
    return int(place) + 1


def page_size(first: int, most: int) -> int:
    """Return `first`.

    Raises:
        GraphQLError: it is below 1 or above `most`.
    """
    if not 1 <= first <= most:
        raise bad_input("first", f"is {first}; expected 1 to {most}")
    return first


def bad_input(argument: str, what: str) -> GraphQLError:
    """Return the error for an argument that makes no sense."""
    return GraphQLError(f"{argument} {what}", extensions={"code": "BAD_INPUT", "argument": argument})
