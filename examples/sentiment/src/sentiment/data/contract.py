"""What a set of reviews must look like, and one clear line for every way in which it does not.

Nothing is repaired here. A row is right, or the file is refused with its line number and the field.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ..model.text import normalise
from ..portfolio.errors import DataError
from .reviews import Review, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TEXTS = ("product", "domain")
_FIELDS = tuple(field.name for field in fields(Review))


def parse(content: bytes, name: str, longest: int) -> list[Review]:
    """Read the bytes of a reviews file; the ids must be unique.

    Raises:
        DataError: a line is not a review; the message has file, line, field, and what was expected.
    """
    reviews, seen = [], set()
    for number, row in read_lines(content, name):
        review = checked(row, f"{name}:{number}", longest)
        if review.id in seen:
            raise DataError(
                f"{name}:{number}: id {review.id!r} is on an earlier line, too; expected one each"
            )
        seen.add(review.id)
        reviews.append(review)
    return reviews


def checked(row: dict[str, Any], where: str, longest: int) -> Review:
    """Return a row as a review.

    Args:
        row: the fields of `Review`; those without a value may be missing.
        where: how messages call the place.
        longest: characters that a text may have.

    Raises:
        DataError: a field is unknown, missing, of another type or out of range.
    """
    if unknown := sorted(row.keys() - set(_FIELDS)):
        raise DataError(f"{where}: unknown field {', '.join(unknown)}; expected {', '.join(_FIELDS)}")
    for field in ("id", "text", "label"):
        if field not in row:
            raise DataError(f"{where}: no {field}; expected one in every review")
    for field in ("id", "text"):
        if not isinstance(row[field], str) or not row[field].strip():
            raise DataError(f"{where}: {field} is {_shown(row[field])}; expected text")
    if len(row["text"]) > longest:
        raise DataError(f"{where}: text has {len(row['text']):,} characters; expected at most {longest:,}")
    if not normalise(row["text"]):
        raise DataError(f"{where}: text has no letters, only markup or blanks; expected words")
    if type(row["label"]) is not int or row["label"] not in (0, 1):
        raise DataError(f"{where}: label is {_shown(row['label'])}; expected 0 (negative) or 1 (positive)")
    _check_known(row, where)
    return Review(**row)


def _check_known(row: dict[str, Any], where: str) -> None:
    """Check the fields that a review need not have."""
    for field in _TEXTS:
        if row.get(field) is not None and (not isinstance(row[field], str) or not row[field]):
            raise DataError(f"{where}: {field} is {_shown(row[field])}; expected text or nothing")
    rating = row.get("rating")
    if rating is not None and (type(rating) is not int or not 1 <= rating <= 5):
        raise DataError(f"{where}: rating is {_shown(rating)}; expected 1 to 5 stars")
    if row.get("verified") not in (None, True, False) or isinstance(row.get("verified"), int | float) != (
        isinstance(row.get("verified"), bool)
    ):
        raise DataError(f"{where}: verified is {_shown(row['verified'])}; expected true or false")
    if row.get("phrases") not in (None, "seen", "held-out"):
        raise DataError(f"{where}: phrases is {_shown(row['phrases'])}; expected seen or held-out")


def refuse_unusable(reviews: Sequence[Review], name: str, fewest: int = 200) -> None:
    """Refuse a set from which nothing can be learned.

    Raises:
        DataError: too few reviews, or too few of one label.
    """
    if len(reviews) < fewest:
        raise DataError(f"{name}: {len(reviews)} reviews; at least {fewest} are needed to train and test")
    counts = Counter(review.label for review in reviews)
    for label, word in ((0, "negative"), (1, "positive")):
        if counts[label] < fewest // 10:
            raise DataError(f"{name}: {counts[label]} {word} reviews; at least {fewest // 10} are needed")


def without_repeats(reviews: Iterable[Review]) -> tuple[list[Review], int]:
    """Keep the first of reviews whose normalised texts are the same; return them and how many were left out.

    Texts that are the same but have two labels are left out altogether: one of the labels is wrong.
    """
    by_text: dict[str, list[Review]] = {}
    for review in reviews:
        by_text.setdefault(normalise(review.text).lower(), []).append(review)
    kept = [same[0] for same in by_text.values() if len({review.label for review in same}) == 1]
    return kept, sum(map(len, by_text.values())) - len(kept)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
