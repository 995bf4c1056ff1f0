"""What a service does not do, each with the HTTP status that says so.

Refusal
├── BadInput     422   a field cannot be what it is
├── NotAllowed   403   a token is missing or is not the right one
├── NotFound     404   there is no such thing
├── Conflict     409   it is not in a state for that
├── TooMany      429   ask again later
└── Unavailable  503   nothing of it was kept
"""

from __future__ import annotations

from typing import ClassVar

from ..portfolio.errors import ProjectError

# ruff: noqa: N818 - a refusal is named after its reason, not "...Error"


class Refusal(ProjectError):
    """One line for whoever asked; it never quotes what they sent."""

    status: ClassVar[int] = 400

    def __init__(self, message: str, *, field: str = "", retry_after_s: int = 0) -> None:
        """Refuse.

        Args:
            message: what is wrong and what to do; with a field, it goes on after the field's name.
            field: of the input, "" where none is at fault.
            retry_after_s: seconds after which it may work; 0 where waiting does not help.
        """
        super().__init__(f"{field} {message}" if field else message)
        self.field, self.problem, self.retry_after_s = field, message, retry_after_s


class BadInput(Refusal):
    """A field cannot be what it is."""

    status = 422


class NotAllowed(Refusal):
    """A token is missing or is not the right one."""

    status = 403


class NotFound(Refusal):
    """There is no such thing."""

    status = 404


class Conflict(Refusal):
    """It is not in a state for that."""

    status = 409


class TooMany(Refusal):
    """Ask again later."""

    status = 429


class Unavailable(Refusal):
    """Nothing of it was kept."""

    status = 503
