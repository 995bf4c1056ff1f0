"""Which letters a font has: the `cmap` table of an OpenType file."""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 200_000_000  # bytes; a font of all Chinese characters has some twenty million


@cache
def letters_of(path: Path, index: int = 0) -> frozenset[str]:
    """Return the characters that a font has a shape for; none when it cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            return frozenset()
        return frozenset(map(chr, _mapped(path.read_bytes(), index)))
    except (OSError, struct.error, IndexError, ValueError, OverflowError):
        return frozenset()


def _mapped(font: bytes, index: int) -> set[int]:
    """Return the code points of a font, from the subtables 4 and 12 of its `cmap` table."""
    start = struct.unpack_from(">I", font, 12 + 4 * index)[0] if font[:4] == b"ttcf" else 0
    tables = struct.unpack_from(">H", font, start + 4)[0]
    records = (struct.unpack_from(">4sIII", font, start + 12 + 16 * one) for one in range(tables))
    cmap = next((offset for tag, _, offset, _ in records if tag == b"cmap"), len(font))
    found: set[int] = set()
    for one in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        platform, _, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * one)
        if platform in (0, 3):
            found |= _subtable(font, cmap + offset)
    return found


def _subtable(font: bytes, at: int) -> set[int]:
    kind = struct.unpack_from(">H", font, at)[0]
    found: set[int] = set()
    if kind == 12:
        groups = struct.unpack_from(">I", font, at + 12)[0]
        for first, last, _ in struct.iter_unpack(">III", font[at + 16 : at + 16 + 12 * groups]):
            if first <= last <= 0x10FFFF:
                found.update(range(first, last + 1))
    elif kind == 4:
        count = struct.unpack_from(">H", font, at + 6)[0] // 2
        ends, starts, deltas, offsets = (
            struct.unpack_from(f">{count}H", font, at + place)
            for place in (14, 16 + 2 * count, 16 + 4 * count, 16 + 6 * count)
        )
        for segment, (first, last) in enumerate(zip(starts, ends, strict=True)):
            for code in range(first, min(last, 0xFFFE) + 1):
                if not offsets[segment]:
                    glyph = code + deltas[segment]
                else:
                    place = at + 16 + 6 * count + 2 * segment + offsets[segment] + 2 * (code - first)
                    glyph = struct.unpack_from(">H", font, place)[0]
                if glyph & 0xFFFF:
                    found.add(code)
    return found
