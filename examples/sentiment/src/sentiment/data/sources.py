"""Real reviews in the forms that they are published in, each turned into rows of `Review`.

Every function yields rows as dictionaries, or the reason why a row is left out, in the order of the file. A
broken line stops it with its number: half a file is not the file that was asked for.
"""

from __future__ import annotations

import csv
import io
import sys
from typing import TYPE_CHECKING, Any

from ..portfolio.errors import DataError, ParamsError
from .reviews import compose, label_of, parse_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ..params import Own

    Row = dict[str, Any] | str  # a review's fields, or why it is left out

NEUTRAL = "three stars"
EMPTY = "no text"
_WORDS = {"0": 0, "1": 1, "negative": 0, "positive": 1}
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


def polarity(path: Path) -> Iterator[Row]:
    """Amazon polarity: parquet with label (0, 1), title, content; or the CSV file with 1 and 2, no header.

    Raises:
        DataError: neither of them; or a row that is not as described.
    """
    with path.open("rb") as file:
        columnar = file.read(4) == b"PAR1"
    rows = _parquet_rows(path) if columnar else _polarity_csv(path)
    for number, (label, title, content) in enumerate(rows, 1):
        yield _row(f"p{number:07d}", compose(title, content), label=label)


def _parquet_rows(path: Path) -> Iterator[tuple[int, str, str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["label", "title", "content"]
    try:
        file = pq.ParquetFile(path)
        if lacking := [name for name in names if name not in file.schema_arrow.names]:
            raise DataError(f"{path.name}: no column {', '.join(lacking)}; expected {', '.join(names)}")
        number = 0
        for batch in file.iter_batches(columns=names):
            columns = (batch.column(name).to_pylist() for name in names)
            for label, title, content in zip(*columns, strict=True):
                number += 1
                if label not in (0, 1):
                    raise DataError(f"{path.name}: row {number}: label is {label!r}; expected 0 or 1")
                yield label, title or "", content or ""
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0][:120]
        raise DataError(f"{path.name}: not a whole parquet file: {reason}") from None


def _polarity_csv(path: Path) -> Iterator[tuple[int, str, str]]:
    for line, cells in _csv(path):
        if len(cells) != 3 or cells[0] not in ("1", "2"):
            raise DataError(
                f"{path.name}:{line}: {len(cells)} cells that begin with {cells[0][:20]!r}; "
                "expected 1 or 2, title, text"
            )
        yield int(cells[0]) - 1, cells[1], cells[2]


def reviews_2023(lines: Iterable[bytes], name: str, category: str) -> Iterator[Row]:
    """Amazon Reviews 2023: a JSON object a line with rating, title, text, parent_asin, verified_purchase.

    Raises:
        DataError: a line is not such an object; the message has its number.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = parse_line(line, name, number)
        rating = found.get("rating")
        if type(rating) not in (int, float) or rating not in (1, 2, 3, 4, 5):
            raise DataError(f"{name}:{number}: rating is {rating!r}; expected 1 to 5 stars")
        title, text = found.get("title"), found.get("text")
        if not isinstance(title, str) or not isinstance(text, str):
            raise DataError(f"{name}:{number}: no title and text; expected both, empty or not")
        product = found.get("parent_asin") or found.get("asin")
        yield _rated(
            f"a{number:07d}",
            compose(title, text),
            int(rating),
            product=product if isinstance(product, str) else None,
            domain=category,
            verified=found.get("verified_purchase") is True,
        )


def labelled(path: Path) -> Iterator[Row]:
    """Lines of `text<TAB>label` with 0 or 1; the last tab counts, since texts may have tabs.

    Raises:
        DataError: not UTF-8, or a line without such a label; the message has its number.
    """
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        text, tab, label = line.rpartition("\t")
        if not tab or label.strip() not in ("0", "1"):
            raise DataError(f"{path.name}:{number}: no tab and label at the end of the line; expected 0 or 1")
        yield _row(f"l{number:07d}", text.strip(), label=int(label))


def own(path: Path, columns: Own) -> Iterator[Row]:
    """Read the owner's CSV file by the names of its columns in params.toml, section [own].

    Raises:
        ParamsError: no column is named for the text, or none or both of rating and label.
        DataError: a named column is not there, or a cell is neither a rating nor a label.
    """
    if not columns.text or bool(columns.rating) == bool(columns.label):
        raise ParamsError("params.toml: own: name a column for text, and one of rating and label")
    named = {key: getattr(columns, key) for key in ("title", "text", "rating", "label", "product", "domain")}
    named = {key: header for key, header in named.items() if header}
    rows = _csv(path)
    header = next(rows, (0, []))[1]
    missing = [f"{column} (own.{key})" for key, column in named.items() if column not in header]
    if missing:
        raise DataError(
            f"{path.name}: no column {', '.join(missing)}; it has {', '.join(header) or 'no header'}"
        )
    places = {key: header.index(column) for key, column in named.items()}
    for number, (line, cells) in enumerate(rows, 1):
        if len(cells) != len(header):
            raise DataError(
                f"{path.name}:{line}: {len(cells)} cells; expected {len(header)} as in the header"
            )
        found = {key: cells[place].strip() for key, place in places.items()}
        text = compose(found.get("title", ""), found["text"])
        known = {"product": found.get("product") or None, "domain": found.get("domain") or None}
        if columns.label:
            label = _WORDS.get(found["label"].lower())
            if label is None:
                raise DataError(
                    f"{path.name}:{line}: {columns.label} is {found['label'][:20]!r}; "
                    "expected 0, 1, negative or positive"
                )
            yield _row(f"o{number:07d}", text, label=label, **known)
        else:
            yield _rated(
                f"o{number:07d}", text, _stars(found["rating"], f"{path.name}:{line}", columns), **known
            )


def _stars(cell: str, where: str, columns: Own) -> int:
    try:
        rating = float(cell)
    except ValueError:
        rating = 0.0
    if rating not in (1, 2, 3, 4, 5):
        raise DataError(f"{where}: {columns.rating} is {cell[:20]!r}; expected 1 to 5 stars")
    return int(rating)


def _rated(id_: str, text: str, rating: int, **known: Any) -> Row:
    label = label_of(rating)
    return NEUTRAL if label is None else _row(id_, text, label=label, rating=rating, **known)


def _row(id_: str, text: str, **known: Any) -> Row:
    return {"id": id_, "text": text, **known} if text.strip() else EMPTY


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the cells of each row; a byte-order mark is no fault here."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"{path.name}:{reader.line_num}: not a CSV row: {error}") from None


def _text(path: Path) -> str:
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{path.name}:{line}: not UTF-8; save the file as UTF-8") from None
