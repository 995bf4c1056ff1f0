from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

from scaffolder.showcase import feeds

from . import showcase_samples as samples

URL = "https://ada.example/portfolio/"
HOSTILE = "]]></title><script>alert(1)</script>&amp;"


def three() -> list[feeds.Entry]:
    """Three entries, the second of them with the newest run."""
    found = samples.entries(3)
    for entry, created in zip(
        found, ("2026-01-05T10:00:00Z", "2026-03-01T10:00:00Z", "2026-02-01T10:00:00Z"), strict=True
    ):
        entry.evidence["run"]["created"] = created
    return found


def test_the_rss_feed_has_the_newest_run_first() -> None:
    root = ET.fromstring(feeds.rss("Ada Example", "About", URL, three()))  # noqa: S314 - our own
    channel = root.find("channel")
    assert root.tag == "rss"
    assert root.get("version") == "2.0"
    assert channel is not None
    assert [channel.findtext(name) for name in ("title", "link", "description")] == [
        "Ada Example",
        URL,
        "About",
    ]
    items = channel.findall("item")
    assert [item.findtext("link") for item in items] == [
        f"{URL}projects/{slug}/" for slug in ("sentiment", "recommender", "predictive-maintenance")
    ]
    assert [item.findtext("guid") for item in items] == [item.findtext("link") for item in items]
    dates = [parsedate_to_datetime(item.findtext("pubDate", "")) for item in items]
    assert [date.isoformat() for date in dates] == [
        "2026-03-01T10:00:00+00:00",
        "2026-02-01T10:00:00+00:00",
        "2026-01-05T10:00:00+00:00",
    ]
    (own,) = channel.findall("{http://www.w3.org/2005/Atom}link")
    assert (own.get("href"), own.get("rel")) == (f"{URL}feed.xml", "self")


def test_the_json_feed_says_the_same() -> None:
    feed = json.loads(feeds.json_feed("Ada Example", "About", URL, three(), author="Ada"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{URL}feed.json"
    assert feed["authors"] == [{"name": "Ada", "url": URL}]
    assert [item["url"] for item in feed["items"]] == [
        f"{URL}projects/{slug}/" for slug in ("sentiment", "recommender", "predictive-maintenance")
    ]
    assert all(item["id"] and item["content_text"] and item["date_published"] for item in feed["items"])


def test_the_sitemap_has_every_page_with_its_day() -> None:
    root = ET.fromstring(feeds.sitemap(URL, three()))  # noqa: S314 - our own
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    assert root.tag == f"{space}urlset"
    pages = {page.findtext(f"{space}loc"): page.findtext(f"{space}lastmod") for page in root}
    assert pages == {
        URL: "2026-03-01",
        f"{URL}compare/": "2026-03-01",
        f"{URL}projects/predictive-maintenance/": "2026-01-05",
        f"{URL}projects/sentiment/": "2026-03-01",
        f"{URL}projects/recommender/": "2026-02-01",
    }


def test_a_date_that_no_calendar_has_is_left_out() -> None:
    entry = samples.entry()
    entry.evidence["run"]["created"] = "2026-02-31T10:00:00Z"
    assert b"pubDate" not in feeds.rss("A", "B", URL, [entry])
    assert b"lastmod" not in feeds.sitemap(URL, [entry])
    assert "date_published" not in json.loads(feeds.json_feed("A", "B", URL, [entry]))["items"][0]


def test_hostile_texts_stay_texts() -> None:
    entry = samples.entry(title=HOSTILE, summary=HOSTILE)
    root = ET.fromstring(feeds.rss(HOSTILE, HOSTILE, URL, [entry]))  # noqa: S314 - our own
    assert root.findtext("channel/item/title") == root.findtext("channel/title") == HOSTILE
    assert json.loads(feeds.json_feed(HOSTILE, HOSTILE, URL, [entry]))["items"][0]["title"] == HOSTILE


def test_robots() -> None:
    assert feeds.robots("") == b"User-agent: *\nAllow: /\n"
    assert feeds.robots(URL).endswith(b"\nSitemap: https://ada.example/portfolio/sitemap.xml\n")
