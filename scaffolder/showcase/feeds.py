"""What machines read of a site whose address is known: RSS 2.0, JSON Feed 1.1, a sitemap, robots.txt."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scaffolder.showcase.entry import Entry

RSS, JSON, SITEMAP, ROBOTS = "feed.xml", "feed.json", "sitemap.xml", "robots.txt"

_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def address(url: str, entry: Entry) -> str:
    """Return the public address of a project's page."""
    return f"{url}projects/{entry.slug}/"


def rss(title: str, about: str, url: str, entries: Iterable[Entry]) -> bytes:
    """Return the feed as RSS, the newest run first."""
    ET.register_namespace("atom", _ATOM)
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    for name, text in (("title", title), ("link", url), ("description", about), ("language", "en")):
        ET.SubElement(channel, name).text = text
    ET.SubElement(channel, f"{{{_ATOM}}}link", href=f"{url}{RSS}", rel="self", type="application/rss+xml")
    for entry in _newest_first(entries):
        item = ET.SubElement(channel, "item")
        place = address(url, entry)
        ET.SubElement(item, "title").text = entry.title
        ET.SubElement(item, "link").text = place
        ET.SubElement(item, "guid", isPermaLink="true").text = place
        ET.SubElement(item, "description").text = entry.summary or entry.problem
        if when := _created(entry):
            ET.SubElement(item, "pubDate").text = format_datetime(when, usegmt=True)
    return _xml(root)


def json_feed(title: str, about: str, url: str, entries: Iterable[Entry], author: str = "") -> bytes:
    """Return the same as a JSON Feed."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "description": about,
        "home_page_url": url,
        "feed_url": f"{url}{JSON}",
        "icon": f"{url}icon.svg",
        "language": "en",
        **({"authors": [{"name": author, "url": url}]} if author else {}),
        "items": [
            {
                "id": address(url, entry),
                "url": address(url, entry),
                "title": entry.title,
                "summary": entry.summary or entry.problem,
                "content_text": f"{entry.problem}\n\n{entry.decision}",
                "tags": list(entry.stack),
                **({"date_published": entry.evidence["run"]["created"]} if _created(entry) else {}),
            }
            for entry in _newest_first(entries)
        ],
    }
    return (json.dumps(feed, indent=1, ensure_ascii=False) + "\n").encode()


def sitemap(url: str, entries: Sequence[Entry]) -> bytes:
    """Return the addresses of all pages, with the day of the run that each shows."""
    ET.register_namespace("", _SITEMAP)
    root = ET.Element(f"{{{_SITEMAP}}}urlset")
    newest = max((_day(entry) for entry in entries), default="")
    pages = [(url, newest), (f"{url}compare/", newest), *((address(url, one), _day(one)) for one in entries)]
    for place, day in pages:
        page = ET.SubElement(root, f"{{{_SITEMAP}}}url")
        ET.SubElement(page, f"{{{_SITEMAP}}}loc").text = place
        if day:
            ET.SubElement(page, f"{{{_SITEMAP}}}lastmod").text = day
    return _xml(root)


def robots(url: str) -> bytes:
    """Return robots.txt: everything may be read, and where the sitemap is, if the address is known."""
    return f"User-agent: *\nAllow: /\n{f'Sitemap: {url}{SITEMAP}{chr(10)}' if url else ''}".encode()


def _xml(root: ET.Element) -> bytes:
    ET.indent(root, " ")
    text: str = ET.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n".encode()


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    by_name = sorted(entries, key=lambda one: one.slug)
    return sorted(by_name, key=lambda one: str(one.evidence["run"]["created"]), reverse=True)


def _created(entry: Entry) -> datetime | None:
    try:
        found = datetime.strptime(entry.evidence["run"]["created"], "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:  # the pattern of the schema lets a 31 February through
        return None
    return found.replace(tzinfo=UTC)


def _day(entry: Entry) -> str:
    return str(entry.evidence["run"]["created"])[:10] if _created(entry) else ""
