"""From projects and a profile to a folder of pages. All is read and drawn before anything is written."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError
from scaffolder.fleet import Failure
from scaffolder.showcase import figures, folder, site
from scaffolder.showcase.entry import read_entry
from scaffolder.showcase.owner import FILE, read_owner
from scaffolder.showcase.typeset import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from scaffolder.showcase.entry import Entry
    from scaffolder.showcase.figures import Picture
    from scaffolder.showcase.owner import Owner

_PICTURES, _RECIPE = "pictures", "recipe"  # in the notes that one build leaves for the next


class ClashingSlugs(ScaffolderError):
    """Two projects whose pages would have one address."""

    def __init__(self, slug: str, first: Path, second: Path) -> None:
        super().__init__(
            f"{first} and {second} would both be shown at projects/{slug}/; "
            f'write slug = "another-name" into the portfolio.toml of one of them'
        )


class NothingToShow(ScaffolderError):
    """No project is left to show."""


class CannotShow(ScaffolderError):
    """Projects that cannot be shown, each with its reason."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        self.failures = tuple(failures)
        super().__init__(
            f"{len(failures)} project{'s' * (len(failures) > 1)} cannot be shown, so nothing was written; "
            "put that right, or leave out what cannot be shown with --skip-broken"
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown, and how."""

    paths: Sequence[Path]
    out: Path
    owner: Path | None = None  # the profile
    url: str = ""  # where it is published; the profile's where empty
    pdf: bool = True
    skip_broken: bool = False


@dataclass(frozen=True, slots=True)
class Gallery:
    """What was built."""

    index: Path
    entries: Sequence[Entry]  # in order
    change: folder.Written
    skipped: Sequence[Failure] = ()
    remarks: Sequence[str] = field(default=())  # what the person should know of

    def page(self, entry: Entry) -> Path:
        """Return where the page of a project lies."""
        return self.index.parent / "projects" / entry.slug / site.INDEX


def build(wish: Wish, *, on_step: Callable[[str], None] = lambda _: None) -> Gallery:
    """Build a gallery, or build it again.

    Args:
        wish: what is shown and where it goes.
        on_step: is told what is being done.

    Raises:
        CannotShow: some projects cannot be shown; nothing was written.
        ScaffolderError: the profile, the folder or the address cannot be used, two projects have one slug, a
            text does not fit, or a library is missing; nothing was written.
    """
    require("PIL.Image")
    target = folder.open_folder(wish.out)
    owner = read_owner(wish.owner) if wish.owner else None
    url = _address(wish.url, owner)
    entries, failures = _read_all(wish.paths, on_step)
    if failures and not wish.skip_broken:
        raise CannotShow(failures)
    if not entries:
        raise NothingToShow("none of the projects can be shown; nothing was written")
    entries, remarks = in_order(entries, owner)
    on_step("figures")
    pictures = figures.prepare(
        (figure.path for entry in entries for figure in entry.figures), _known_pictures(target)
    )
    pdf = _pdf(owner, entries, remarks, on_step) if wish.pdf else None
    cards = _cards(owner, entries, on_step) if url else None
    if not url:
        remarks.append(
            "feeds, sitemap and cards need the address that the gallery is published at; give it with --url, "
            f"or as url in {FILE}"
        )
    on_step("pages")
    shown = site.Site(owner, entries, pictures, url, pdf, cards)
    change = target.write(site.pages(shown), _notes(pictures))
    return Gallery(target.path / site.INDEX, entries, change, failures, remarks)


def in_order(entries: Sequence[Entry], owner: Owner | None) -> tuple[list[Entry], list[str]]:
    """Return the entries in the owner's order, the others after them, and remarks on names of none.

    Raises:
        ClashingSlugs: two have one slug.
    """
    by_slug: dict[str, Entry] = {}
    for entry in entries:
        if entry.slug in by_slug:
            raise ClashingSlugs(entry.slug, by_slug[entry.slug].path, entry.path)
        by_slug[entry.slug] = entry
    named = dict.fromkeys(owner.projects if owner else ())
    remarks = [
        f"projects in {FILE} names {slug!r}, which is none of those shown{_nearest(slug, by_slug)}"
        for slug in named
        if slug not in by_slug
    ]
    first = [by_slug.pop(slug) for slug in named if slug in by_slug]
    return [*first, *by_slug.values()], remarks


def _nearest(slug: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(slug, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _address(given: str, owner: Owner | None) -> str:
    address = given or (owner.url if owner else "")
    try:
        return site.absolute(address) if address else ""
    except ValueError as error:
        raise ScaffolderError(f"{'--url' if given else f'url in {FILE}'}: {error}") from None


def _read_all(paths: Iterable[Path], on_step: Callable[[str], None]) -> tuple[list[Entry], list[Failure]]:
    entries, failures = [], []
    unique = list({os.path.realpath(path): path for path in reversed(list(paths))}.values())[::-1]
    for number, path in enumerate(unique, 1):
        on_step(f"{number} of {len(unique)}: {path.name}")
        try:
            entries.append(read_entry(path))
        except (ScaffolderError, OSError) as error:
            failures.append(Failure.of(path, error))
    return entries, failures


def _pdf(
    owner: Owner | None, entries: Sequence[Entry], remarks: list[str], on_step: Callable[[str], None]
) -> bytes:
    from scaffolder.showcase import deck

    on_step("PDF")
    return deck.build(owner, entries, remarks.append)


def _cards(owner: Owner | None, entries: Sequence[Entry], on_step: Callable[[str], None]) -> dict[str, bytes]:
    from scaffolder.showcase import cards

    on_step("cards")
    drawn = cards.cards(entries, owner)
    by_slug = {entry.slug: card for entry, card in zip(entries, drawn, strict=True)}
    return {"": cards.index_card(owner, entries), **by_slug}


def _known_pictures(target: folder.Folder) -> dict[str, Picture]:
    """Return the pictures of an earlier build that are still as they were, by their source."""
    if target.notes.get(_RECIPE) != figures.recipe():
        return {}
    found = {}
    listed = target.notes.get(_PICTURES)
    for source, noted in listed.items() if isinstance(listed, dict) else ():
        if picture := _known(target, source, noted):
            found[source] = picture
    return found


def _known(target: folder.Folder, source: str, noted: Any) -> Picture | None:
    if not isinstance(noted, dict):
        return None
    name, width, height = (noted.get(key) for key in ("name", "width", "height"))
    if not isinstance(name, str) or not isinstance(width, int) or not isinstance(height, int):
        return None
    content = target.content(name)
    return None if content is None else figures.Picture(name, width, height, content, source)


def _notes(pictures: Mapping[Path, Picture]) -> dict[str, Any]:
    noted = {
        one.source: {"name": one.name, "width": one.width, "height": one.height} for one in pictures.values()
    }
    return {_RECIPE: figures.recipe(), _PICTURES: noted}
