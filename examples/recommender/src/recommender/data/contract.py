"""What ratings and items must look like, and one clear line for every way in which they do not.

    data/ratings.csv   user,item,rating,time      one row a pair; time in seconds since 1970, UTC
    data/items.csv     item,title,year,genres     genres separated by |; the year may be empty

Nothing is repaired here. A row is right, or the file is refused with its line number and the column.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..portfolio.errors import DataError
from .interactions import Interactions, Item, ordered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RATINGS_HEADER = ("user", "item", "rating", "time")
ITEMS_HEADER = ("item", "title", "year", "genres")
LONGEST_ID = 64  # characters
LONGEST_TITLE = 300
_LAST_SECOND = 4_102_444_800  # 1 January 2100: later ones are milliseconds, or wrong


@dataclass(frozen=True, slots=True)
class Scale:
    """What a rating may be; an implicit log counts or weighs, so any number above 0 will do."""

    low: float
    high: float


IMPLICIT = Scale(1e-9, 1e9)


def parse_items(content: bytes, name: str) -> tuple[Item, ...]:
    """Read items.csv; the ids must be unique.

    Raises:
        DataError: a row is no item; the message has file, line and column.
    """
    items, seen = [], set()
    for line, (id_, title, year, genres) in _rows(content, name, ITEMS_HEADER):
        where = f"{name}:{line}"
        _check_id(id_, "item", where)
        if id_ in seen:
            raise DataError(f"{where}: item {id_!r} is on an earlier line, too; expected one each")
        seen.add(id_)
        if not title.strip() or len(title) > LONGEST_TITLE:
            raise DataError(f"{where}: title is {title[:40]!r}; expected 1 to {LONGEST_TITLE} characters")
        if year and not (year.isdecimal() and 1800 <= int(year) <= 2200):
            raise DataError(f"{where}: year is {year[:20]!r}; expected one such as 1995, or nothing")
        kinds = tuple(genre for genre in genres.split("|") if genre)
        items.append(Item(id_, title, int(year) if year else None, kinds))
    return tuple(items)


def parse_ratings(content: bytes, name: str, items: Sequence[Item], scale: Scale) -> Interactions:
    """Read ratings.csv; rows may stand in any order.

    Args:
        content: bytes of the file.
        name: how messages call it.
        items: those of items.csv; each rated item must be among them.
        scale: the range of a rating.

    Raises:
        DataError: a row is no rating, or a pair comes twice; the message has file, line and column.
    """
    places = {item.id: place for place, item in enumerate(items)}
    users: dict[str, int] = {}
    lines: dict[tuple[int, int], int] = {}
    columns: tuple[list[float], ...] = ([], [], [], [])
    for line, (user, item, rating, time) in _rows(content, name, RATINGS_HEADER):
        where = f"{name}:{line}"
        _check_id(user, "user", where)
        _check_id(item, "item", where)
        if item not in places:
            raise DataError(f"{where}: item {item!r} is not in items.csv; expected each rated item there")
        pair = (users.setdefault(user, len(users)), places[item])
        if (before := lines.setdefault(pair, line)) != line:
            raise DataError(
                f"{where}: user {user!r} has rated item {item!r} on line {before}, too; expected one rating"
            )
        for column, value in zip(
            columns, (*pair, _rating(rating, scale, where), _time(time, where)), strict=True
        ):
            column.append(value)
    user_, item_, value_, time_ = (np.array(column) for column in columns)
    # Ids in the order of their first row would depend on the order of rows; sorted, they do not.
    ids = sorted(users, key=_natural)
    new_place = np.empty(len(ids), dtype=np.int64)
    new_place[[users[id_] for id_ in ids]] = np.arange(len(ids))
    if not len(user_):
        raise DataError(f"{name}: no ratings in it; expected a row each below the header")
    return ordered(
        ids, [item.id for item in items], (new_place[user_.astype(np.int64)], item_, value_, time_)
    )


def refuse_unusable(found: Interactions, name: str, fewest: int = 200) -> None:
    """Refuse data from which nothing can be learned.

    Raises:
        DataError: too few rows, users or items.
    """
    if len(found) < fewest:
        raise DataError(f"{name}: {len(found)} rows; at least {fewest} are needed to train and test")
    for what, index in (("user", found.user), ("item", found.item)):
        count = len(np.unique(index))
        if count < 20:
            raise DataError(f"{name}: {count} {what}{'s' * (count != 1)}; at least 20 are needed")
    per_user = Counter(found.user.tolist())
    if max(per_user.values()) < 5:
        raise DataError(f"{name}: nobody has 5 items or more; a user's last items cannot be held back")


def write_ratings(found: Interactions) -> bytes:
    """Return ratings.csv; whole ratings without a fraction."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(RATINGS_HEADER)
    columns = zip(
        found.user.tolist(), found.item.tolist(), found.value.tolist(), found.time.tolist(), strict=True
    )
    writer.writerows(
        (found.users[user], found.items[item], f"{value:.6g}", time) for user, item, value, time in columns
    )
    return buffer.getvalue().encode()


def write_items(items: Sequence[Item]) -> bytes:
    """Return items.csv."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(ITEMS_HEADER)
    writer.writerows((item.id, item.title, item.year or "", "|".join(item.genres)) for item in items)
    return buffer.getvalue().encode()


def _rows(content: bytes, name: str, header: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{name}:{line}: not UTF-8; save the file as UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if (first := next(reader, [])) != list(header):
            raise DataError(f"{name}:1: columns {', '.join(first)[:80]!r}; expected {','.join(header)}")
        for cells in reader:
            if len(cells) != len(header):
                raise DataError(f"{name}:{reader.line_num}: {len(cells)} cells; expected {len(header)}")
            yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"{name}:{reader.line_num}: not a CSV row: {error}") from None


def _check_id(id_: str, column: str, where: str) -> None:
    if not id_ or len(id_) > LONGEST_ID or not id_.isprintable() or id_ != id_.strip():
        raise DataError(f"{where}: {column} is {id_[:40]!r}; expected an id of 1 to {LONGEST_ID} characters")


def _rating(text: str, scale: Scale, where: str) -> float:
    try:
        rating = float(text)
    except ValueError:
        rating = math.nan
    if not scale.low <= rating <= scale.high:
        raise DataError(
            f"{where}: rating is {text[:20]!r}; expected a number from {scale.low:g} to {scale.high:g}"
        )
    return rating


def _time(text: str, where: str) -> int:
    if not text.isdecimal():
        raise DataError(f"{where}: time is {text[:30]!r}; expected whole seconds since 1970")
    if int(text) > _LAST_SECOND:
        raise DataError(f"{where}: time is {text}, after the year 2100; expected seconds, not milliseconds")
    return int(text)


def _natural(id_: str) -> tuple[int, int, str]:
    """Sort 2 before 10, and numbers before words."""
    return (0, int(id_), id_) if id_.isdecimal() and id_.isascii() else (1, 0, id_)
