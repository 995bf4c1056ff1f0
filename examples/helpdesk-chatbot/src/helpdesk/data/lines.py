"""Read a text file line by line with the place of each line in bytes, whatever its encoding.

A line is decoded on its own, so that one damaged line does not spoil the file, and a reader can go on at the
place of any line without reading what is before it.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ..portfolio.errors import DataError, ParamsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 8 * 2**20  # bytes of a line: a file without line ends must not fill the memory
_HEAD = 2**16  # bytes that are looked at before a file is read
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Line(NamedTuple):
    """A line of a file."""

    number: int  # from 1
    text: str  # with its line end; empty if it could not be read
    problem: str  # why it could not be read; empty if it could
    end: int  # byte after it


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file whose encoding is known."""

    path: Path
    encoding: str
    start: int  # byte after the byte order mark

    def read(self, number: int = 0, at: int | None = None) -> Iterator[Line]:
        """Yield the lines after line `number`, which ends before byte `at`."""
        decode = codecs.getdecoder(self.encoding)
        place = self.start if at is None else at
        with self.path.open("rb") as file:
            file.seek(place)
            while raw := _line(file, self.encoding):
                place, number = place + len(raw), number + 1
                if len(raw) > LONGEST:
                    place += _skipped(file, self.encoding)
                    yield Line(number, "", "line too long", place)
                    continue
                try:
                    yield Line(number, decode(raw)[0], "", place)
                except UnicodeDecodeError:
                    yield Line(number, "", "wrong encoding", place)


def open_text(path: Path, encoding: str) -> TextFile:
    """Find out how a text file is written; a byte order mark goes before the encoding that is said.

    Raises:
        ParamsError: there is no such encoding.
        DataError: the file is empty, or is no text of that encoding.
    """
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)
    except LookupError:
        raise ParamsError(
            f"params.toml: own.encoding: no encoding {encoding!r}; utf-8, latin-1, cp1252?"
        ) from None
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise DataError(f"{path.name}: is empty; expected an export of tickets")
    if head.startswith((codecs.BOM_UTF32_BE, codecs.BOM_UTF32_LE)) or name.startswith(("utf-32", "utf_32")):
        raise DataError(f"{path.name}: is UTF-32; save it as UTF-8")
    mark, name = next(((mark, known) for mark, known in _MARKS if head.startswith(mark)), (b"", name))
    name = {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(name, name)
    is_wide = name.startswith("utf-16")
    if head.count(0) > len(head) // 4 and not is_wide:
        raise DataError(f"{path.name}: has zero bytes, as UTF-16 has; name its encoding in params.toml [own]")
    if b"\r" in head and b"\n" not in head:
        raise DataError(f"{path.name}: its lines end in CR alone; save it with line ends LF or CRLF")
    return TextFile(path, name, len(mark))


def _line(file: BinaryIO, encoding: str) -> bytes:
    """Read to the next line end, or until the line is longer than it may be."""
    raw = file.readline(LONGEST + 2)
    if not encoding.startswith("utf-16"):
        return raw
    while raw and len(raw) <= LONGEST:  # a byte 0x0a may be half of another character
        if len(raw) % 2:
            raw += file.read(1)
        if raw[-2:].decode(encoding, "replace") == "\n" or len(raw) % 2:
            break
        more = file.readline(LONGEST + 2)
        if not more:
            break
        raw += more
    return raw


def _skipped(file: BinaryIO, encoding: str) -> int:
    """Go to the end of a line that is too long; return how many bytes that were."""
    count = 0
    while piece := _line(file, encoding):
        count += len(piece)
        if len(piece) <= LONGEST:
            break
    return count
