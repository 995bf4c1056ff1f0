"""Banking77: questions to a bank of 77 intents that are close to one another (Casanueva et al. 2020).

Two files, known by their hashes. They have no dates, queues or answers; their split is kept in `part`.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from ..portfolio.files import sha256_of
from .tickets import Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "Banking77"
LICENCE = "CC BY 4.0"
PAGE = "https://github.com/PolyAI-LDN/task-specific-datasets"
SHA256 = {
    "train": "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b",
    "test": "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d",
}
_ROWS = {"train": 10_003, "test": 3_080}
_PARTS = {"train": "training", "test": "test"}
_HEADER = ["text", "category"]


def read(train: Path, test: Path, sha256: Mapping[str, str] = SHA256) -> list[Ticket]:
    """Return the questions of train.csv and test.csv as tickets.

    Args:
        train: path of train.csv.
        test: path of test.csv.
        sha256: of the files that are expected, by `train` and `test`.

    Raises:
        DataError: another file; the message says what tells it from the public one.
    """
    return [*_part(train, "train", sha256["train"]), *_part(test, "test", sha256["test"])]


def _part(path: Path, part: str, sha256: str) -> list[Ticket]:
    content = path.read_bytes()
    if (found := sha256_of(content)) != sha256:
        raise DataError(
            f"{path.name}: not Banking77's {part}.csv: {_difference(content, part)} (sha256 {found}, "
            f"expected {sha256}); get it from {PAGE}"
        )
    rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    next(rows)
    return [
        Ticket(
            id=f"banking-{part}-{number:05d}",
            body=text.strip(),
            language="en",
            intent=category.replace("_", " "),
            part=_PARTS[part],
        )
        for number, (text, category) in enumerate(rows, 1)
    ]


def _difference(content: bytes, part: str) -> str:
    """Say in a few words what tells `content` from the public file."""
    other = next(name for name in SHA256 if name != part)
    if sha256_of(content) == SHA256[other]:
        return f"it is {other}.csv (--file takes train.csv, --test-file takes test.csv)"
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    except UnicodeDecodeError:
        return "not UTF-8"
    except csv.Error as error:
        return f"not CSV: {error}"
    if not rows or rows[0] != _HEADER:
        return f"its first line is not {','.join(_HEADER)}"
    if len(rows) - 1 != _ROWS[part]:
        return f"{len(rows) - 1:,} rows, expected {_ROWS[part]:,}"
    return "has CRLF line ends" if b"\r\n" in content else "some rows differ"
