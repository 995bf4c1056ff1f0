"""MovieLens as GroupLens publishes it: a zip archive, or the folder that was in it.

    ml-100k          u.data (tabs), u.item (|, latin-1)          943 users, 1,682 films, 100,000 ratings
    ml-1m            ratings.dat, movies.dat (::, latin-1)       6,040 users, 3,883 films, 1,000,209 ratings
    ml-latest-small  ratings.csv, movies.csv (UTF-8)             610 users, 9,742 films, 100,836 ratings

Altered copies circulate, with added users or lost rows; a copy whose counts are others is refused. The terms
forbid to pass the data on, so nothing of it may enter the repository.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..portfolio.errors import DataError
from .interactions import Interactions, Item, ordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LARGEST = 1 << 30  # bytes of an unpacked file: more is not MovieLens
_YEAR = re.compile(r"^(.*\S)\s+\((\d{4})\)$")
# The order of the 19 flags at the end of a line of u.item.
GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip

Line = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Edition:
    """One of the published sets."""

    name: str
    folder: str
    ratings: str
    items: str
    read_ratings: Callable[[str, str], Iterator[Line]]
    read_items: Callable[[str, str], Iterator[Item]]
    counts: Mapping[str, int]  # what the untouched files hold
    scale: tuple[float, float]


def read(
    path: Path, edition: str, expected: Mapping[str, int] | None = None
) -> tuple[Interactions, list[Item]]:
    """Read one edition from its zip archive or its unpacked folder.

    Args:
        path: the archive or the folder.
        edition: a key of `EDITIONS`.
        expected: counts of ratings, users and items other than the published ones (for tests).

    Raises:
        DataError: not that archive, a broken one, a broken line, or other counts than were published.
    """
    wanted = EDITIONS[edition]
    texts = _texts(path, wanted)
    items = list(wanted.read_items(texts[wanted.items], wanted.items))
    places = {item.id: place for place, item in enumerate(items)}
    users: dict[int, int] = {}
    rows: list[tuple[int, int, float, int]] = []
    pairs: set[tuple[int, int]] = set()
    for line, cells in wanted.read_ratings(texts[wanted.ratings], wanted.ratings):
        user, item, rating, time = _checked(cells, wanted, f"{wanted.ratings}:{line}")
        if item not in places:
            raise DataError(f"{wanted.ratings}:{line}: film {item} is not in {wanted.items}")
        if (user, places[item]) in pairs:
            raise DataError(f"{wanted.ratings}:{line}: user {user} has rated film {item} before")
        pairs.add((user, places[item]))
        users.setdefault(user, len(users))
        rows.append((user, places[item], rating, time))
    _check_counts(rows, len(items), wanted, wanted.counts if expected is None else expected)
    ids = sorted(users)
    table = np.array(rows, dtype=np.float64)
    user_ = np.searchsorted(ids, table[:, 0].astype(np.int64))
    found = ordered(
        [str(user) for user in ids],
        [item.id for item in items],
        (user_, table[:, 1], table[:, 2], table[:, 3]),
    )
    return found, items


def _texts(path: Path, wanted: Edition) -> dict[str, str]:
    encoding = "utf-8" if wanted.folder == "ml-latest-small" else "latin-1"
    found = {}
    for name in (wanted.ratings, wanted.items):
        content = _member(path, f"{wanted.folder}/{name}")
        try:
            found[name] = content.decode(encoding)
        except UnicodeDecodeError:
            raise DataError(f"{name}: not {encoding}; take the file as GroupLens publishes it") from None
    return found


def _member(path: Path, name: str) -> bytes:
    if path.is_dir():
        for place in (path / name, path / Path(name).name):
            if place.is_file():
                return place.read_bytes()
        raise DataError(f"{path.name}: no {name} in this folder")
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(name).file_size > LARGEST:
                raise DataError(f"{path.name}: {name} is longer than {LARGEST:,} bytes")
            return archive.read(name)
    except KeyError:
        raise DataError(f"{path.name}: no {name} in this archive; is it another edition?") from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise DataError(f"{path.name}: not a whole zip archive: {error}; download it again") from None


def _checked(cells: list[str], wanted: Edition, where: str) -> tuple[int, str, float, int]:
    if len(cells) != 4:
        raise DataError(f"{where}: {len(cells)} fields; expected user, film, rating, time")
    try:
        user, rating, time = int(cells[0]), float(cells[2]), int(cells[3])
    except ValueError:
        raise DataError(f"{where}: {cells!r:.60}; expected numbers for user, film, rating, time") from None
    low, high = wanted.scale
    if user < 1:
        raise DataError(f"{where}: user {user}; the published users count from 1: an altered copy")
    if not low <= rating <= high:
        raise DataError(f"{where}: rating {rating:g}; expected {low:g} to {high:g}")
    return user, cells[1], rating, time


def _check_counts(
    rows: list[tuple[int, int, float, int]], items: int, wanted: Edition, expected: Mapping[str, int]
) -> None:
    counted = {"ratings": len(rows), "users": len({row[0] for row in rows}), "items": items}
    for what, number in expected.items():
        if counted[what] != number:
            raise DataError(
                f"{wanted.name}: {counted[what]:,} {what}; the published set has {number:,}: "
                "this copy was altered or cut off, take the file from grouplens.org"
            )


def _separated(by: str) -> Callable[[str, str], Iterator[Line]]:
    def lines(text: str, _name: str) -> Iterator[Line]:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield number, line.rstrip("\r").split(by)

    return lines


def _csv_lines(text: str, name: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""))
    if (header := next(reader, [])) != ["userId", "movieId", "rating", "timestamp"]:
        raise DataError(
            f"{name}:1: columns {','.join(header)[:60]}; expected userId,movieId,rating,timestamp"
        )
    for cells in reader:
        yield reader.line_num, cells


def _items_100k(text: str, name: str) -> Iterator[Item]:
    for number, cells in _separated("|")(text, name):
        if len(cells) != 5 + len(GENRES_100K) or set(cells[5:]) - {"0", "1"}:
            raise DataError(f"{name}:{number}: expected 5 fields and {len(GENRES_100K)} flags between bars")
        flags = zip(GENRES_100K[1:], cells[6:], strict=True)
        yield _item(cells[0], cells[1], [genre for genre, flag in flags if flag == "1"])


def _items_1m(text: str, name: str) -> Iterator[Item]:
    for number, cells in _separated("::")(text, name):
        if len(cells) != 3:
            raise DataError(f"{name}:{number}: {len(cells)} fields; expected film, title, genres")
        yield _item(cells[0], cells[1], cells[2].split("|"))


def _items_latest(text: str, name: str) -> Iterator[Item]:
    reader = csv.reader(io.StringIO(text, newline=""))
    if (header := next(reader, [])) != ["movieId", "title", "genres"]:
        raise DataError(f"{name}:1: columns {','.join(header)[:60]}; expected movieId,title,genres")
    for cells in reader:
        if len(cells) != 3:
            raise DataError(f"{name}:{reader.line_num}: {len(cells)} cells; expected 3")
        yield _item(cells[0], cells[1], [kind for kind in cells[2].split("|") if not kind.startswith("(")])


def _item(id_: str, title: str, genres: list[str]) -> Item:
    dated = _YEAR.match(title.strip())
    return Item(
        id_, dated[1] if dated else title.strip() or id_, int(dated[2]) if dated else None, tuple(genres)
    )


EDITIONS: dict[str, Edition] = {
    "ml-100k": Edition(
        "MovieLens 100K", "ml-100k", "u.data", "u.item", _separated("\t"), _items_100k,
        {"ratings": 100_000, "users": 943, "items": 1_682}, (1, 5),
    ),
    "ml-1m": Edition(
        "MovieLens 1M", "ml-1m", "ratings.dat", "movies.dat", _separated("::"), _items_1m,
        {"ratings": 1_000_209, "users": 6_040, "items": 3_883}, (1, 5),
    ),
    "ml-latest-small": Edition(
        "MovieLens latest-small", "ml-latest-small", "ratings.csv", "movies.csv", _csv_lines, _items_latest,
        {"ratings": 100_836, "users": 610, "items": 9_742}, (0.5, 5),
    ),
}  # fmt: skip
