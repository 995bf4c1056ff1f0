"""Random values in a template: an update draws the same ones for the old and the new version.

Else each of them would be a change of the template's, and a conflict with what the project has.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import secrets
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_seed: ContextVar[bytes | None] = ContextVar("seed", default=None)


@contextlib.contextmanager
def repeated() -> Iterator[None]:
    """Let each generator made in here for the same place draw the same values, which nobody can foretell."""
    token = _seed.set(secrets.token_bytes(32))
    try:
        yield
    finally:
        _seed.reset(token)


def generator(place: str) -> random.Random:
    """Return what draws the values at a place of a template."""
    seed = _seed.get()
    if seed is None:
        return random.SystemRandom()
    return _Hashed(seed + place.encode(errors="surrogateescape"))


class _Hashed(random.Random):
    """Draws from SHA-256 of a key and a counter: who has seen some values cannot tell the others."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._count = 0
        super().__init__()

    def seed(self, *_: object) -> None:
        """Do nothing: the key is the seed."""

    def getrandbits(self, k: int) -> int:
        """Return a number of `k` random bits."""
        made = b""
        while len(made) * 8 < k:
            self._count += 1
            made += hashlib.sha256(self._key + self._count.to_bytes(8, "big")).digest()
        return int.from_bytes(made, "big") >> (len(made) * 8 - k)

    def random(self) -> float:
        """Return a number from 0 up to 1."""
        return self.getrandbits(53) / (1 << 53)
