"""One review, and the file that holds them: data/reviews.jsonl, a JSON object a line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..portfolio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Phrases = Literal["seen", "held-out"]


@dataclass(frozen=True, slots=True)
class Review:
    """A text with its label, and what is known of where it came from."""

    id: str
    text: str  # title and body in one, as `compose` joins them
    label: int  # 1 positive, 0 negative
    product: str | None = None  # reviews of one product stay in one part of the split
    domain: str | None = None  # such as kitchen or books
    rating: int | None = None  # 1..5 stars
    verified: bool | None = None  # whether the product was bought there
    phrases: Phrases | None = None  # synthetic reviews only: which phrase templates it was made from


def compose(title: str, body: str) -> str:
    """Join title and body, the same way for training and for whoever asks the service.

    >>> compose("Great", "Works well.")
    'Great. Works well.'
    """
    title, body = title.strip(), body.strip()
    if not title or not body:
        return title or body
    return f"{title} {body}" if title[-1] in ".!?" else f"{title}. {body}"


def label_of(rating: float) -> int | None:
    """Return the label of a star rating: 1 and 2 are negative, 4 and 5 positive, 3 is neither."""
    return None if rating == 3 else int(rating > 3)


def write_lines(reviews: Iterable[Review]) -> bytes:
    """Return the reviews as JSON Lines; the same bytes on every platform.

    Half a character (a lone surrogate), which JSON can hold and UTF-8 cannot, is left out.
    """
    lines = (json.dumps(asdict(review), ensure_ascii=False, sort_keys=True) for review in reviews)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "ignore")


def read_lines(content: bytes, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and object of each line of JSON Lines.

    Raises:
        DataError: a line is not UTF-8, not JSON or not an object; the message has its number.
    """
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            yield number, parse_line(line, name, number)


def parse_line(line: bytes, name: str, number: int) -> dict[str, Any]:
    """Return the object of one line.

    Raises:
        DataError: not UTF-8, not JSON, or not an object.
    """
    try:
        found = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"{name}:{number}: not UTF-8 at byte {error.start} of the line") from None
    except ValueError:
        raise DataError(f"{name}:{number}: not JSON, or cut off; expected one object a line") from None
    if not isinstance(found, dict):
        raise DataError(f"{name}:{number}: is not an object; expected one object a line")
    return found
