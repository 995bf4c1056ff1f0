"""Bring reviews into the project: synthetic, public, or the owner's own. Read them back.

What lies in data/reviews.jsonl has passed every check; data/manifest.json says where it came from, what was
left out and why, and its hash.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from ..portfolio.files import sha256_of, write_atomic
from . import contract, reviews
from .reviews import Review

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ..params import Params, Sources
    from .sources import Row

# `real` is the word of every project of this kind for its public data set: here Amazon polarity.
SOURCES = ("synthetic", "real", "polarity", "reviews-2023", "labelled", "own")
FILE = "data/reviews.jsonl"
MANIFEST = "data/manifest.json"
RAW = "data/raw"
LICENCES = {
    "polarity": "as its card on the hub says: Apache-2.0",
    "reviews-2023": "none stated by its authors; for research",
}


@dataclass(frozen=True, slots=True)
class Manifest:
    """Where the reviews came from."""

    source: str  # one of SOURCES but `real`
    name: str  # as reports call the data
    rows: int
    positives: int
    products: int  # with an id; 0 where the data have none
    sha256: str  # of data/reviews.jsonl
    origin: str  # file name, address or generator; never a path of this machine
    left_out: dict[str, int]  # reason to number of rows
    seed: int | None  # of the generator

    @property
    def kind(self) -> str:
        """`synthetic` or `real`, as the evidence has it."""
        return "synthetic" if self.source == "synthetic" else "real"


@dataclass(frozen=True, slots=True)
class Wish:
    """Which reviews are asked for."""

    source: str = "synthetic"  # one of SOURCES
    file: Path | None = None  # to take instead of downloading; needed for `labelled` and `own`
    url: str | None = None  # an address instead of the one in params.toml
    category: str | None = None  # of Amazon Reviews 2023
    rows: int | None = None  # how many to take or make, instead of the number in params.toml


def ingest(root: Path, params: Params, wish: Wish, *, plant: str | None = None) -> Manifest:
    """Fetch or make the reviews, check them, and only then replace data/reviews.jsonl.

    Args:
        root: the project's folder.
        params: of the project.
        wish: which reviews.
        plant: a defect of `defects.DEFECTS` to damage the data with, to see it refused.

    Raises:
        DataError: the data are not what they should be; what was there before is unchanged.
    """
    wish = replace(wish, source="polarity") if wish.source == "real" else wish
    _refuse_options(wish)
    left_out: Counter[str] = Counter()
    found, origin = _obtain(root, params, wish, left_out)
    kept, repeats = contract.without_repeats(found)
    if repeats:
        left_out["same text as another review"] = repeats
    content = reviews.write_lines(kept)
    if plant is not None:
        from . import defects

        content = defects.plant(content, plant)
        kept = contract.parse(content, "reviews.jsonl", params.data.longest)
    contract.refuse_unusable(kept, wish.file.name if wish.file else "reviews.jsonl")
    manifest = Manifest(
        source=wish.source,
        name=_name(params, wish),
        rows=len(kept),
        positives=sum(review.label for review in kept),
        products=len({review.product for review in kept} - {None}),
        sha256=sha256_of(content),
        origin=origin,
        left_out=dict(sorted(left_out.items())),
        seed=params.seed if wish.source == "synthetic" else None,
    )
    write_atomic(root / FILE, content)
    write_atomic(root / MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")
    return manifest


def read(root: Path) -> tuple[list[Review], Manifest]:
    """Read the checked reviews, in their order.

    Raises:
        DataError: there are none yet, or the file is not the one that was checked.
    """
    path = root / FILE
    try:
        manifest = Manifest(**json.loads((root / MANIFEST).read_text(encoding="utf-8")))
        content = path.read_bytes()
    except FileNotFoundError as error:
        name = FILE if error.filename == str(path) else MANIFEST
        raise DataError(f"{name}: no such file; run `python -m sentiment data` first") from None
    except (json.JSONDecodeError, TypeError):
        raise DataError(f"{MANIFEST}: not a manifest; run `python -m sentiment data` again") from None
    if sha256_of(content) != manifest.sha256:
        raise DataError(f"{FILE}: changed since it was checked; run `python -m sentiment data` again")
    return [Review(**row) for _, row in reviews.read_lines(content, "reviews.jsonl")], manifest


def _refuse_options(wish: Wish) -> None:
    source = wish.source
    if source not in SOURCES:
        raise DataError(f"source {source!r} is unknown; expected {', '.join(SOURCES)}")
    if source == "synthetic" and (wish.file or wish.url):
        raise DataError("synthetic reviews are made, not read; name a --source for a file or an address")
    if source in ("labelled", "own") and wish.file is None:
        hint = ", and the names of its columns in params.toml [own]" if source == "own" else ""
        raise DataError(f"{source} reviews need --file FILE{hint}")
    if wish.file and wish.url:
        raise DataError("--file and --url name two places for the same data; give one")
    if wish.category and source != "reviews-2023":
        raise DataError("--category is for --source reviews-2023, which has one file a category")


def _obtain(root: Path, params: Params, wish: Wish, left_out: Counter[str]) -> tuple[list[Review], str]:
    """Return the checked reviews, and where they came from."""
    if wish.source == "synthetic":
        from . import generate

        made = generate.reviews(wish.rows or params.data.rows, params.seed, params.generator)
        return made, "generator of this project"
    rows, origin = _rows(root, params, wish)
    wanted = wish.rows or params.data.real_rows
    return list(_checked(rows, origin, params.data.longest, wanted, left_out)), origin


def _rows(root: Path, params: Params, wish: Wish) -> tuple[Iterable[Row], str]:
    from ..portfolio import download
    from . import sources

    settings, file = params.sources, wish.file
    if wish.source == "labelled" and file:
        return sources.labelled(file), file.name
    if wish.source == "own" and file:
        return sources.own(file, params.own), file.name
    if wish.source == "polarity":
        if file:
            return sources.polarity(file), file.name
        address = wish.url or settings.polarity
        return _polarity_from(address, root, settings), address
    category = wish.category or settings.category
    if file:
        return sources.reviews_2023(file.open("rb"), file.name, category), file.name
    address = (wish.url or settings.reviews_2023).replace("{category}", category)
    name = address.rpartition("/")[2]
    lines = download.lines(address, root / RAW / name, settings)
    return sources.reviews_2023(lines, name, category), address


def _polarity_from(address: str, root: Path, settings: Sources) -> Iterator[Row]:
    from ..portfolio import download
    from . import sources

    path = download.whole(address, root / RAW / address.rpartition("/")[2], settings)
    with download.forgotten_if_refused(path):
        yield from sources.polarity(path)


def _checked(
    rows: Iterable[Row], origin: str, longest: int, wanted: int, left_out: Counter[str]
) -> Iterator[Review]:
    """Yield the first `wanted` usable reviews; count the others by reason."""
    name, taken = origin.rpartition("/")[2], 0
    for number, row in enumerate(rows, 1):
        if isinstance(row, str):
            left_out[row] += 1
        elif len(row["text"]) > longest:
            left_out[f"more than {longest:,} characters"] += 1
        else:
            try:
                review = contract.checked(row, f"{name}: review {number}", longest)
            except DataError:
                left_out["only markup or blanks"] += 1
                continue
            taken += 1
            yield review
            if taken == wanted:
                return


def _name(params: Params, wish: Wish) -> str:
    return {
        "synthetic": "synthetic product reviews",
        "polarity": "Amazon polarity",
        "reviews-2023": f"Amazon Reviews 2023, {wish.category or params.sources.category}",
        "labelled": "labelled sentences",
        "own": params.own.name,
    }[wish.source]
