"""Whose code may run: a template's hooks, tasks, migrations and Jinja extensions run only when that is said.

Said on the command line with --trust, or for good in `settings.toml` in the user's configuration folder:

    trust = ["https://github.com/me/", "gh:our-company/"]   # addresses, or what they begin with
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trust:
    """What the user trusts."""

    is_given: bool = False  # with --trust: whatever is rendered now
    prefixes: tuple[str, ...] = ()  # from the settings

    def covers(self, url: str) -> bool:
        """Return True when code of the template at `url` may run."""
        return self.is_given or any(
            url == prefix or (prefix.endswith("/") and url.startswith(prefix)) for prefix in self.prefixes
        )


def from_settings(*, is_given: bool) -> Trust:
    """Return what is trusted: by --trust now, and by the user's settings.

    Raises:
        ScaffolderError: settings.toml cannot be used.
    """
    raise NotImplementedError
