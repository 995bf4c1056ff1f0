"""Tokens that nobody can guess, and the hashes by which they are known."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new() -> str:
    """Return a token; 256 random bits."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Return what is stored of a token. It is random, so a slow hash would add nothing.

    >>> len(hash_of("any"))
    64
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def fits(token: str, stored: str) -> bool:
    """Say whether a hash is that of a token, in a time that does not tell how much of it is right."""
    return hmac.compare_digest(hash_of(token), stored)
