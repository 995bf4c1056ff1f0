"""Who shows: portfolio.owner.toml.

name = "Ada Example"
headline = "Machine-learning engineer, from mechanical engineering"
value_proposition = "I turn sensor data into decisions that a shift lead trusts."
projects = ["predictive-maintenance", "sentiment"]   # slugs, in the order of the index; the others follow

[links]
GitHub = "https://github.com/ada"

[[certificates]]
title = "AWS Certified Machine Learning Engineer - Associate"
issuer = "Amazon Web Services"
year = 2026
url = "https://…"
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from pathlib import Path

FILE = "portfolio.owner.toml"


class OwnerFileError(ScaffolderError):
    """A profile that cannot be used."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {' '.join(why.split())}")


@dataclass(frozen=True, slots=True)
class Link:
    """A link with the words that it stands under."""

    label: str
    url: str  # http, https or mailto


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, with its exact title."""

    title: str
    issuer: str = ""
    year: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner's profile. Every text is plain: never markup."""

    name: str
    headline: str = ""
    value_proposition: str = ""
    links: tuple[Link, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    projects: tuple[str, ...] = ()  # slugs in order
    url: str = ""  # where the site is published; what needs an absolute address is left out without it


def read_owner(path: Path) -> Owner:
    """Read a profile.

    Raises:
        OwnerFileError: it is not there, no TOML, or has a key or value that is not known.
    """
    raise NotImplementedError
