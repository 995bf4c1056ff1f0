"""Who shows: portfolio.owner.toml.

name = "Ada Example"
headline = "Machine-learning engineer, from mechanical engineering"
value_proposition = "I turn sensor data into decisions that a shift lead trusts."
projects = ["predictive-maintenance", "sentiment"]   # slugs, in the order of the index; the others follow
url = "https://ada.example/portfolio/"               # where the site is published

[links]
GitHub = "https://github.com/ada"

[[certificates]]
title = "AWS Certified Machine Learning Engineer - Associate"
issuer = "Amazon Web Services"
year = 2026
url = "https://…"

Only `name` is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError
from scaffolder.showcase import texts

if TYPE_CHECKING:
    from pathlib import Path

FILE = "portfolio.owner.toml"
LARGEST = 200_000  # bytes

NAME, HEADLINE, VALUE_PROPOSITION = 200, 300, 1_000  # the most characters of each text
LABEL, TITLE, ISSUER, SLUG = 80, 300, 200, 60
LINKS, CERTIFICATES, PROJECTS = 20, 50, 1_000  # the most entries of each list

_KEYS = ("name", "headline", "value_proposition", "links", "certificates", "projects", "url")
_CERTIFICATE_KEYS = ("title", "issuer", "year", "url")


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

    def complain(why: str) -> OwnerFileError:
        return OwnerFileError(path, why)

    try:
        if path.stat().st_size > LARGEST:
            raise complain(f"larger than {LARGEST // 1_000} kB; a profile is a page of text")
        found = texts.Table(texts.parse_toml(path.read_bytes()), complain)
    except FileNotFoundError:
        raise complain('there is no such file; write one, beginning with name = "Your Name"') from None
    except OSError as error:
        raise complain((error.strerror or str(error)).lower()) from error
    except ValueError as error:
        raise complain(str(error)) from None
    found.require_known(_KEYS)
    return Owner(
        name=found.text("name", NAME, needed='write name = "Your Name" at the top'),
        headline=found.text("headline", HEADLINE),
        value_proposition=found.text("value_proposition", VALUE_PROPOSITION),
        links=read_links(found),
        certificates=tuple(_certificate(one) for one in found.tables("certificates", CERTIFICATES)),
        projects=found.texts("projects", SLUG, PROJECTS),
        url=found.url("url", schemes=("http", "https")),
    )


def read_links(found: texts.Table) -> tuple[Link, ...]:
    """Return the links of a [links] table, in its order."""
    links = found.table("links")
    if len(links.values) > LINKS:
        links.fail(f"links has {len(links.values):,} entries; at most {LINKS} are shown")
    read = []
    for key in links.values:
        label = texts.one_line(key)
        if not label or len(label) > LABEL:
            links.fail(f"links: a name has 1 to {LABEL} characters, not {len(label):,}")
        if address := links.url(key):
            read.append(Link(label, address))
    return tuple(read)


def _certificate(found: texts.Table) -> Certificate:
    found.require_known(_CERTIFICATE_KEYS)
    year = found.values.get("year")
    if year is not None and (isinstance(year, bool) or not isinstance(year, int) or not 1900 < year < 2200):
        found.fail(f"{found.name}year: expected a year such as 2026, not {str(year)[:40]!r}")
    return Certificate(
        title=found.text("title", TITLE, needed="the certificate's exact title"),
        issuer=found.text("issuer", ISSUER),
        year=year,
        url=found.url("url", schemes=("http", "https")),
    )
