"""The pages of a showcase, in memory: from pages/ with Jinja2, which escapes every text of an entry."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from scaffolder.showcase import facts, feeds, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from jinja2 import Environment

    from scaffolder.showcase.entry import Entry
    from scaffolder.showcase.figures import Picture
    from scaffolder.showcase.owner import Owner

PDF = "portfolio.pdf"
INDEX = "index.html"
LONGEST_ABOUT = 300  # characters of a page's description


class Card(NamedTuple):
    """The picture that a shared link shows."""

    name: str
    alt: str


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are made from."""

    owner: Owner | None
    entries: Sequence[Entry]  # in order
    pictures: Mapping[Path, Picture]
    url: str = ""  # absolute, with a slash at its end; empty where it is not known
    pdf: bytes | None = None
    cards: Mapping[str, bytes] | None = None  # PNG, by slug; "" is the index

    @property
    def name(self) -> str:
        """What the site is called."""
        return self.owner.name if self.owner else "Projects"

    @property
    def about(self) -> str:
        """What the site is about, in a sentence or two."""
        said = self.owner and (self.owner.value_proposition or self.owner.headline)
        return texts.shorten(said or "Projects, each measured against a simple baseline.", LONGEST_ABOUT)


def pages(site: Site) -> dict[str, bytes]:
    """Return every file of the site by its path: the same bytes for the same site."""
    found = {
        **{picture.name: picture.content for picture in site.pictures.values()},
        **{_card_name(slug): card for slug, card in (site.cards or {}).items()},
        "style.css": _resource("style.css").encode(),
        "icon.svg": _resource("icon.svg").encode(),
        ".nojekyll": b"",
        feeds.ROBOTS: feeds.robots(site.url),
    }
    if site.pdf is not None:
        found[PDF] = site.pdf
    if site.url:
        about = site.name, site.about, site.url, site.entries
        found[feeds.RSS] = feeds.rss(*about)
        found[feeds.JSON] = feeds.json_feed(*about, author=site.owner.name if site.owner else "")
        found[feeds.SITEMAP] = feeds.sitemap(site.url, site.entries)
    found |= {name: page.encode() for name, page in _html(site).items()}
    return found


def absolute(address: str) -> str:
    """Return the address of a site as pages join it: with a slash at its end.

    Raises:
        ValueError: it is no http or https address, or has a query or fragment.
    """
    found = urlsplit(texts.url(address, ("https", "http")))
    if found.query or found.fragment:
        raise ValueError(f"expected the address of a folder, without ? and #, not {address[:60]!r}")
    path = re.sub(r"/index\.html$", "/", found.path)
    return urlunsplit((found.scheme, found.netloc, path.rstrip("/") + "/", "", ""))


def _html(site: Site) -> dict[str, str]:
    heads = {entry.slug: facts.headline(entry) for entry in site.entries}
    always = {
        "owner": site.owner,
        "entries": site.entries,
        "pictures": site.pictures,
        "heads": heads,
        "site": site.name,
        "url": site.url,
        "pdf": PDF if site.pdf is not None else "",
        "newest": _newest(site.entries),
        "icon": _icon(),
        "card": None,
    }
    written = {
        INDEX: _render(
            "index.html", always, root="", here="index", address="", about=site.about, card=_card(site, "")
        ),
        "compare/index.html": _compare(site, always, heads),
        "404.html": _not_found(site, always),
    }
    for place, entry in enumerate(site.entries):
        neighbours = {
            "before": site.entries[place - 1] if place else None,
            "after": site.entries[place + 1] if place + 1 < len(site.entries) else None,
        }
        written[f"projects/{entry.slug}/index.html"] = _project(
            site, entry, heads[entry.slug], always | neighbours
        )
    return written


def _compare(site: Site, always: Mapping[str, Any], heads: Mapping[str, facts.Headline]) -> str:
    latencies = {one.slug: (one.evidence.get("latency") or {}).get("p50_ms") for one in site.entries}
    return _render(
        "compare.html",
        always,
        root="../",
        here="compare",
        address="compare/",
        about="All projects side by side: problem, data, headline, baseline and the difference between them.",
        latencies={
            slug: "not measured" if found is None else facts.ms(found) for slug, found in latencies.items()
        },
        sizes={one.slug: facts.size(one.evidence["artifact"]["bytes"]) for one in site.entries},
        lower=sorted({one.metric for one in heads.values() if one.better.startswith("lower")}),
        card=_card(site, ""),
    )


def _project(site: Site, entry: Entry, head: facts.Headline, always: Mapping[str, Any]) -> str:
    rows, ticks = facts.main_rows(entry)
    return _render(
        "project.html",
        always,
        root="../../",
        here="project",
        address=f"projects/{entry.slug}/",
        about=texts.shorten(entry.summary or entry.problem, LONGEST_ABOUT),
        entry=entry,
        head=head,
        rows=rows,
        ticks=ticks,
        facts=facts.run(entry),
        tables=facts.tables(entry),
        card=_card(site, entry.slug),
    )


def _not_found(site: Site, always: Mapping[str, Any]) -> str:
    """Return the page for addresses that are not there, at any depth: it holds its own style."""
    from markupsafe import Markup

    style = _resource("style.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _render(
        "not_found.html",
        always,
        root=urlsplit(site.url).path or "/",
        here="",
        address=None,
        about="Page not found",
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=f"sha256-{digest}",
    )


def _card(site: Site, slug: str) -> Card | None:
    if not site.cards or slug not in site.cards:
        return None
    title = next((one.title for one in site.entries if one.slug == slug), site.name)
    return Card(_card_name(slug), f"Card of {title}")


def _card_name(slug: str) -> str:
    return f"cards/{slug or '_index'}.png"


def _newest(entries: Sequence[Entry]) -> str:
    newest = max((str(one.evidence["run"]["created"]) for one in entries), default="")
    return facts.day(newest) if newest else ""


def _icon() -> Any:
    from markupsafe import Markup

    drawn = _resource("icon.svg").strip().replace("<svg ", '<svg aria-hidden="true" ', 1)
    return Markup(drawn)  # noqa: S704 - our own file


def _render(name: str, always: Mapping[str, Any], **more: object) -> str:
    return _environment().get_template(name).render({**always, **more})


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    from scaffolder.showcase.rendering import markdown

    def finalize(value: object) -> object:
        return texts.shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=PackageLoader("scaffolder.showcase", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., object]] = {"markdown": markdown, "cut": texts.shorten}
    environment.filters |= filters
    return environment


@cache
def _resource(name: str) -> str:
    return files("scaffolder.showcase").joinpath("pages", name).read_text(encoding="utf-8")
