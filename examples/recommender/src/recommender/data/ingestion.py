"""Bring interactions in: fetched or made, checked, and only then put in place.

data/ratings.csv     user,item,rating,time: what everything else reads
data/items.csv       item,title,year,genres
data/manifest.json   where they came from, and their hashes
data/raw/            what was downloaded, unchanged
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from ..portfolio.files import sha256_of, write_atomic
from . import contract

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..params import Params
    from .interactions import Interactions, Item

RATINGS = "data/ratings.csv"
ITEMS = "data/items.csv"
MANIFEST = "data/manifest.json"
RAW = "data/raw"
SYNTHETIC, OWN, REAL = "synthetic", "own", "real"
MOVIELENS = ("ml-100k", "ml-1m", "ml-latest-small")
SOURCES = (SYNTHETIC, REAL, *MOVIELENS, OWN)  # `real` is ml-100k
LICENCE = "GroupLens terms of use: research, no redistribution, no commercial use without permission"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of the interactions in data/."""

    source: str  # one of SOURCES, but `real`
    name: str  # how reports call it
    feedback: str  # explicit: ratings; implicit: a log of events
    low: float  # the scale of a rating
    high: float
    rows: int
    users: int
    items: int
    sha256: str  # of ratings.csv
    items_sha256: str
    origin: str  # a file's name, an address, or the generator
    seed: int | None  # of the generator

    @property
    def kind(self) -> str:
        """`synthetic` or `real`, as the evidence has it."""
        return "synthetic" if self.source == SYNTHETIC else "real"

    @property
    def scale(self) -> contract.Scale:
        """What a rating may be."""
        return contract.Scale(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which interactions are asked for."""

    source: str = SYNTHETIC
    file: Path | None = None  # to take instead of downloading; needed for `own`
    url: str | None = None  # an address instead of the one in params.toml
    users: int | None = None  # of the generator, instead of the number in params.toml
    items: int | None = None


def ingest(
    root: Path,
    params: Params,
    wish: Wish,
    *,
    plant: str | None = None,
    expected: Mapping[str, int] | None = None,
) -> Manifest:
    """Fetch or make the interactions, check them, and only then replace those in data/.

    Args:
        root: the project's folder.
        params: of the project.
        wish: which interactions.
        plant: a defect of `defects.DEFECTS` to damage the data with, to see it refused.
        expected: counts of a MovieLens file other than the published ones (for tests).

    Raises:
        DataError: the data are not what they should be; what was there before is unchanged.
    """
    source = MOVIELENS[0] if wish.source == REAL else wish.source
    _refuse_options(source, wish)
    found, items, scale, feedback, origin = _obtain(root, params, source, wish, expected)
    ratings, catalogue = contract.write_ratings(found), contract.write_items(items)
    if plant is not None:
        from . import defects

        ratings = defects.plant(ratings, plant)
    # What is written is what will be read: the bytes are checked, not the arrays that they came from.
    checked = contract.parse_ratings(
        ratings, "ratings.csv", contract.parse_items(catalogue, "items.csv"), scale
    )
    contract.refuse_unusable(checked, "ratings.csv")
    manifest = Manifest(
        source=source,
        name=_name(params, source),
        feedback=feedback,
        low=scale.low,
        high=scale.high,
        rows=len(checked),
        users=len(checked.users),
        items=len(items),
        sha256=sha256_of(ratings),
        items_sha256=sha256_of(catalogue),
        origin=origin,
        seed=params.seed if source == SYNTHETIC else None,
    )
    for name, content in ((RATINGS, ratings), (ITEMS, catalogue)):
        write_atomic(root / name, content)
    write_atomic(root / MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")
    return manifest


def read(root: Path) -> tuple[Interactions, tuple[Item, ...], Manifest]:
    """Read the checked interactions and items.

    Raises:
        DataError: there are none yet, or a file is not the one that was checked.
    """
    try:
        manifest = Manifest(**json.loads((root / MANIFEST).read_text(encoding="utf-8")))
        ratings, catalogue = ((root / name).read_bytes() for name in (RATINGS, ITEMS))
    except FileNotFoundError as error:
        from pathlib import Path as AnyPath

        missing = AnyPath(error.filename).relative_to(root).as_posix()
        raise DataError(f"{missing}: no such file; run `python -m recommender data` first") from None
    except (json.JSONDecodeError, TypeError, UnicodeDecodeError):
        raise DataError(f"{MANIFEST}: not a manifest; run `python -m recommender data` again") from None
    for name, content, hash_ in (
        (RATINGS, ratings, manifest.sha256),
        (ITEMS, catalogue, manifest.items_sha256),
    ):
        if sha256_of(content) != hash_:
            raise DataError(f"{name}: changed since it was checked; run `python -m recommender data` again")
    items = contract.parse_items(catalogue, "items.csv")
    return contract.parse_ratings(ratings, "ratings.csv", items, manifest.scale), items, manifest


def _refuse_options(source: str, wish: Wish) -> None:
    if source not in SOURCES:
        raise DataError(f"source {source!r} is unknown; expected {', '.join(SOURCES)}")
    if source == SYNTHETIC and (wish.file or wish.url):
        raise DataError("synthetic ratings are made, not read; name a --source for a file or an address")
    if source != SYNTHETIC and (wish.users or wish.items):
        raise DataError("--users and --items are for the generator, --source synthetic")
    if source == OWN and wish.file is None:
        raise DataError("your own log needs --file FILE, and its columns' names in params.toml [own]")
    if source == OWN and wish.url:
        raise DataError("your own log is a file; download it and give --file FILE")
    if wish.file and wish.url:
        raise DataError("--file and --url name two places for the same data; give one")
    if wish.file and not wish.file.exists():
        raise DataError(f"{wish.file}: no such file")


def _obtain(
    root: Path, params: Params, source: str, wish: Wish, expected: Mapping[str, int] | None
) -> tuple[Interactions, list[Item], contract.Scale, str, str]:
    """Return the interactions, the items, the scale, the kind of feedback, and where they came from."""
    if source == SYNTHETIC:
        from . import generate

        size = (wish.users or params.data.users, wish.items or params.data.items)
        found, items = generate.interactions(*size, params.seed, params.generator)
        return found, items, contract.Scale(1, 5), "explicit", "generator of this project"
    if source == OWN and wish.file is not None:
        from . import own

        found, items, rated = own.read(wish.file, params.own)
        scale = contract.Scale(params.own.lowest, params.own.highest) if rated else contract.IMPLICIT
        return found, items, scale, "explicit" if rated else "implicit", wish.file.name
    from ..portfolio import download
    from . import movielens

    scale = contract.Scale(*movielens.EDITIONS[source].scale)
    if wish.file:
        return *movielens.read(wish.file, source, expected), scale, "explicit", wish.file.name
    address = wish.url or params.sources.movielens.replace("{edition}", source)
    path = download.whole(address, root / RAW / f"{source}.zip", params.sources)
    with download.forgotten_if_refused(path):
        return *movielens.read(path, source, expected), scale, "explicit", address


def _name(params: Params, source: str) -> str:
    if source == SYNTHETIC:
        return "synthetic film ratings"
    if source == OWN:
        return params.own.name
    from . import movielens

    return movielens.EDITIONS[source].name
