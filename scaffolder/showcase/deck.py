"""The pitch deck: one A4 page with its owner, up to three projects and their evidence, as a PDF."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder import evidence
from scaffolder.errors import ScaffolderError
from scaffolder.showcase import owner as profile
from scaffolder.showcase.plot import interval_plot, metric_name, numbers
from scaffolder.showcase.typeset import Page, Text, ignore

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scaffolder.showcase.entry import Entry
    from scaffolder.showcase.owner import Link, Owner
    from scaffolder.showcase.typeset import Warn

PROJECTS = 3
FACTS = "portfolio.toml"
LONGEST = 5000  # characters of a text, and
NAMED = 3  # texts in an error
MOST = 60  # entries of a list, that are measured: a page never holds so many


class NothingToShow(ScaffolderError):
    """A deck without a project."""

    def __init__(self) -> None:
        super().__init__("no project to show on the page; name at least one that has evidence")


class DeckTooLong(ScaffolderError):
    """Texts that do not fit on the one page."""

    def __init__(self, found: Sequence[TooLong]) -> None:
        self.found = tuple(found)
        more = f"; {len(found) - NAMED} more texts are too long" if len(found) > NAMED else ""
        them = "it" if len(found) == 1 else "them"
        super().__init__(f"{'; '.join(map(str, found[:NAMED]))}{more}; shorten {them}")


@dataclass(frozen=True, slots=True)
class TooLong:
    """A text, or a list, that takes more than its share of a page that overflows."""

    where: str
    size: int
    fits: int
    unit: str = "characters"

    def __str__(self) -> str:
        return f"{self.where} has {self.size:,} {self.unit}; about {self.fits:,} fit on the page"


def build(owner: Owner | None, entries: Sequence[Entry], warn: Warn = ignore) -> bytes:
    """Return the page as a PDF: the same bytes for the same texts and evidence. `warn` hears of odd letters.

    It shows the projects that the owner's file names first, then the given order, three in all.

    Raises:
        NothingToShow: there is no entry.
        DeckTooLong: the texts do not fit on one page.
        BadEvidence: a run has no date.
        ExtraMissing: typst is not installed.
        TypesettingFailed: typst could not set the page.
    """
    shown = chosen(owner, entries)
    if not shown:
        raise NothingToShow
    content = _Content()
    page = Page("deck.typ", content.of(owner, shown), warn)
    measured = page.ask("measured")
    if found := _too_long(measured, content.blocks):
        raise DeckTooLong(found)
    return page.pdf()


def chosen(owner: Owner | None, entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that the page shows."""
    order = {slug: place for place, slug in enumerate(owner.projects if owner else ())}
    return sorted(entries, key=lambda one: order.get(one.slug, len(order)))[:PROJECTS]


@dataclass(frozen=True, slots=True)
class _Block:
    """A text, or a list of them, that can make the page overflow."""

    where: str
    characters: int
    entries: int = 0  # of a list
    measured: float = 1.0  # the share of it that the template gets to see

    def too_long(self, share: float) -> TooLong:
        """Return what to say where only `share` of it fits."""
        if count := int(self.entries * share):
            return TooLong(self.where, self.entries, count, "entries")
        fits = int(self.characters * share * 0.95)  # the last line is rarely full
        return TooLong(self.where, self.characters, fits - fits % 10 if fits > 60 else fits)


class _Content:
    """What the template shows, and the blocks in which it may be too long."""

    def __init__(self) -> None:
        self.blocks: dict[str, _Block] = {}

    def of(self, owner: Owner | None, entries: Sequence[Entry]) -> dict[str, Any]:
        """Return the data of deck.typ."""
        owner = owner or profile.Owner("Portfolio", "Projects, each measured against a simple baseline")
        titles = ", ".join(one.title for one in entries)
        return {
            "title": _cut("", f"{owner.name}: {titles}"),
            "author": _cut("", owner.name),
            "created": _newest(entries),
            **{
                name: self._text(name, f"{profile.FILE}: {name}", getattr(owner, name))
                for name in ("name", "headline", "value_proposition")
            },
            "links": self._links("links", f"{profile.FILE}: links", owner.links),
            "certificates": self._certificates(owner),
            "url": self._links("url", f"{profile.FILE}: url", [profile.Link("", owner.url)])[0],
            "projects": [
                self._project(str(index), one, with_summary=len(entries) < PROJECTS)
                for index, one in enumerate(entries)
            ],
        }

    def _project(self, key: str, entry: Entry, *, with_summary: bool) -> dict[str, Any]:
        facts, run = _shown(entry.path / FACTS), _shown(entry.path / evidence.METRICS)
        headline, data = entry.evidence["headline"], entry.evidence["data"]
        model, baseline = entry.model, entry.baseline
        value, low, high, base, base_low, base_high = numbers(
            *(model.value, model.low, model.high), *(baseline.value, baseline.low, baseline.high)
        )
        return {
            **{
                name: self._text(f"{key}.{name}", f"{facts}: {name}", getattr(entry, name))
                for name in ("title", "problem", "decision")
            },
            "summary": self._text(
                f"{key}.summary", f"{facts}: summary", entry.summary if with_summary else ""
            ),
            "stack": self._list(f"{key}.stack", f"{facts}: stack", entry.stack),
            "links": self._links(f"{key}.links", f"{facts}: links", entry.links),
            "metric": self._text(f"{key}.metric", f"{run}: headline.metric", metric_name(entry.metric)),
            "better": "higher is better" if headline["higher_is_better"] else "lower is better",
            "model": {
                "name": self._text(
                    f"{key}.model", f"{run}: headline.model", str(headline.get("model", "model"))
                ),
                "value": value,
                "interval": f"{low} to {high}",
            },
            "baseline": {
                "name": self._text(
                    f"{key}.baseline", f"{run}: headline.baseline.name", headline["baseline"]["name"]
                ),
                "value": base,
                "interval": f"{base_low} to {base_high}",
            },
            "plot": interval_plot(model, baseline),
            "source": "Synthetic data" if entry.is_synthetic else "Real data",
            "data": self._text(f"{key}.data", f"{run}: data.name", data["name"]),
            "rows": f"{data['rows']:,}",
        }

    def _certificates(self, owner: Owner) -> list[dict[str, Any]]:
        where = f"{profile.FILE}: certificates"
        shown = [
            (one.title, ", ".join(filter(None, (one.issuer, str(one.year or "")))), one.url)
            for one in owner.certificates
        ]
        self._note("certificates", where, [title + by for title, by, _ in shown])
        return [
            {"title": _cut(where, title), "by": _cut(where, by), "url": _cut(where, url)}
            for title, by, url in shown[:MOST]
        ]

    def _links(self, key: str, where: str, links: Sequence[Link]) -> list[dict[str, Text]]:
        self._note(key, where, [one.label + one.url for one in links])
        return [self._link(one.label, one.url, where) for one in links[:MOST]]

    def _link(self, label: str, url: str, where: str) -> dict[str, Text]:
        bare = re.sub(r"^(https?://(www\.)?|mailto:)", "", url).removesuffix("/")
        return {"label": _cut(where, label), "url": _cut(where, url), "shown": _cut(where, bare)}

    def _list(self, key: str, where: str, texts: Sequence[str]) -> list[Text]:
        self._note(key, where, texts)
        return [_cut(where, one) for one in texts[:MOST]]

    def _note(self, key: str, where: str, texts: Sequence[str]) -> None:
        size = sum(map(len, texts))
        seen = sum(min(len(one), LONGEST) for one in texts[:MOST])
        self.blocks[key] = _Block(where, size, len(texts), seen / size if size else 1.0)

    def _text(self, key: str, where: str, said: str) -> Text:
        size = len(Text(where, said).plain)
        self.blocks[key] = _Block(where, size, measured=min(1.0, LONGEST / max(size, 1)))
        return _cut(where, said)


def _cut(where: str, said: str) -> Text:
    return Text(where, Text(where, said).plain[:LONGEST])


def _shown(path: Path) -> str:
    with contextlib.suppress(ValueError, OSError):
        return path.relative_to(Path.cwd()).as_posix()
    return str(path)


def _newest(entries: Iterable[Entry]) -> dict[str, int]:
    """Return when the newest of the runs was: the only date that the page has."""
    entry = max(entries, key=lambda one: str(one.evidence["run"]["created"]))
    newest = entry.evidence["run"]["created"]
    try:
        when = datetime.strptime(newest, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        where = _shown(entry.path / evidence.METRICS)
        raise evidence.BadEvidence(where, f"run.created: {newest} is no date") from None
    return {name: getattr(when, name) for name in ("year", "month", "day", "hour", "minute", "second")}


@dataclass(slots=True)
class _Measured:
    """A block as the template measured it in its smallest scale, in points."""

    key: str | None
    above: float
    height: float
    share: float  # what it may take even where everything else takes its share


def _too_long(measured: dict[str, Any], blocks: dict[str, _Block]) -> list[TooLong]:
    """Return the fewest texts that have to be shorter, and how much of each fits; none when all does."""
    bands = [[[_Measured(**one) for one in column] for column in band] for band in measured["bands"]]
    by_key = {one.key: one for band in bands for column in band for one in column if one.key}
    unseen = {key: one for key, one in blocks.items() if one.measured < 1 and key in by_key}
    if measured["fits"] and not unseen:
        return []
    for key, block in unseen.items():
        by_key[key].height /= block.measured
    whole = {key: one.height for key, one in by_key.items()}
    while (over := sum(map(_height, bands)) - measured["room"]) > 0:
        band = max(bands, key=lambda band: _height(band) - max(map(_least, band)))
        worst = max(max(band, key=_length), key=lambda one: one.height - one.share)
        if worst.height <= worst.share:
            break
        worst.height = max(worst.share, worst.height - over - 0.01)
    cut = {key: one.height / whole[key] for key, one in by_key.items() if one.height < whole[key]}
    cut = cut or {key: block.measured for key, block in unseen.items()} or {_longest(by_key): 0.9}
    return [blocks[key].too_long(share) for key, share in cut.items()]


def _longest(by_key: dict[str, _Measured]) -> str:
    return max(by_key, key=lambda key: by_key[key].height - by_key[key].share)


def _length(column: Iterable[_Measured]) -> float:
    return sum(one.above + one.height for one in column)


def _least(column: Iterable[_Measured]) -> float:
    return sum(one.above + min(one.height, one.share) for one in column)


def _height(band: Iterable[Iterable[_Measured]]) -> float:
    return max(map(_length, band))
