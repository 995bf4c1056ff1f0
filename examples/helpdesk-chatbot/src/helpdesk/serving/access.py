"""Who may do what, and how often: the agents' token, and limits for each address."""

from __future__ import annotations

import hmac
import ipaddress
import os
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from .refusals import NotAllowed, Refusal, TooMany

VARIABLE = "HELPDESK_AGENT_TOKEN"
SHORTEST = 16  # characters of the agents' token
_GUESSES = 10  # wrong tokens of one address in a minute
_NETWORK = 64  # bits of an IPv6 address: everybody with one has all addresses of it


class NotLoggedIn(Refusal):
    """The agents' token is missing or wrong."""

    status = 401


class Agents:
    """Knows the agents by the token of the environment."""

    def __init__(self, token: str | None = None) -> None:
        """Take the token from the environment, or the one given."""
        found = (os.environ.get(VARIABLE, "") if token is None else token).strip()
        self._token = found.encode()
        self._rate = Rate(_GUESSES)
        self.closed = ""  # why nobody can be an agent; "" where somebody can
        if len(found) < SHORTEST:
            state = "is not set" if not found else "is too short"
            self.closed = (
                f"{VARIABLE} {state}; set it to a secret of at least {SHORTEST} characters and start "
                "the service again"
            )

    def check(self, token: str, address: str) -> None:
        """Let agents through.

        Raises:
            NotAllowed: the service was started without a token. NotLoggedIn: it is another one.
            TooMany: this address has tried too many.
        """
        if self.closed:
            raise NotAllowed(self.closed)
        self._rate.check(address, costs=0)
        if not hmac.compare_digest(token.strip().encode("utf-8", "surrogatepass"), self._token):
            self._rate.check(address)
            raise NotLoggedIn("this is not the agents' token")


class Rate:
    """So many times a minute for each address; in memory, so each process of a service counts for itself."""

    def __init__(self, per_minute: int) -> None:
        """Allow so many; 0 for any number."""
        self._item = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, address: str, costs: int = 1) -> None:
        """Count one more.

        Args:
            address: of the client.
            costs: 0 looks whether there could be one more.

        Raises:
            TooMany: there were enough in the last minute.
        """
        if self._item is None:
            return
        key = network(address)
        allowed = self._limiter.hit(self._item, key) if costs else self._limiter.test(self._item, key)
        if not allowed:
            left = self._limiter.get_window_stats(self._item, key).reset_time - time.time()
            seconds = max(1, round(left + 0.5))
            raise TooMany(f"too many in a minute; try again in {seconds} s", retry_after_s=seconds)


def network(address: str) -> str:
    """Return what is counted as one client.

    >>> network("192.0.2.7"), network("2001:db8:1:2:3:4:5:6"), network("testclient")
    ('192.0.2.7', '2001:db8:1:2::/64', 'testclient')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network((found, _NETWORK), strict=False))
