"""Who is logged in at the agents' desk: tokens in cookies, their hashes here, for as long as they are used.

They are in memory: a restart of the service, which a new agents' token needs, logs everybody out.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from . import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 1000  # at once; then the one used longest ago has to log in again


class Sessions:
    """The sessions of one service."""

    def __init__(self, minutes: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nobody.

        Args:
            minutes: without a click after which a session is over.
            clock: seconds; for tests.
        """
        self._seconds, self._clock = 60 * minutes, clock
        self._ends: dict[str, float] = {}  # by hash; the one used last at the end
        self._lock = threading.Lock()

    def begin(self) -> str:
        """Return the token of a new session."""
        token = tokens.new()
        with self._lock:
            self._forget_old()
            if len(self._ends) >= _MOST:
                del self._ends[next(iter(self._ends))]
            self._ends[tokens.hash_of(token)] = self._clock() + self._seconds
        return token

    def holds(self, token: str, *, used: bool = True) -> bool:
        """Say whether a session of this token is there; being `used` prolongs it."""
        key = tokens.hash_of(token)
        with self._lock:
            self._forget_old()
            if key not in self._ends:
                return False
            if used:
                del self._ends[key]
                self._ends[key] = self._clock() + self._seconds
            return True

    def end(self, token: str) -> None:
        """Log out; a token that is not known is fine."""
        with self._lock:
            self._ends.pop(tokens.hash_of(token), None)

    def _forget_old(self) -> None:
        now = self._clock()
        for key in [key for key, end in self._ends.items() if end <= now]:
            del self._ends[key]
