"""Damage good readings as real files were found damaged: `data --plant DEFECT` shows each one refused.

Every function takes and returns the bytes of a file with the AI4I header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from .contract import BOM, HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

_ROW = 11  # which data row is damaged, counted from 0; its line in the file is 13
_COLUMNS = list(HEADER)


def plant(content: bytes, defect: str) -> bytes:
    """Return `content` with the named defect in it.

    Raises:
        DataError: no such defect; the message lists them.
    """
    if defect not in DEFECTS:
        raise DataError(f"no defect {defect!r}; there are {', '.join(DEFECTS)}")
    return DEFECTS[defect](content)


def _cell(column: str, value: str) -> Callable[[bytes], bytes]:
    """Return a function that writes `value` into one cell."""

    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        cells = lines[_ROW + 1].split(b",")
        cells[_COLUMNS.index(column)] = value.encode()
        lines[_ROW + 1] = b",".join(cells)
        return b"\n".join(lines)

    return damage


def _celsius(content: bytes) -> bytes:
    """Write both temperatures of every row in degrees Celsius, as one public copy has them."""
    header, *lines = content.decode().splitlines()
    places = [_COLUMNS.index(column) for column in ("air_temperature_k", "process_temperature_k")]
    damaged = [header]
    for line in lines:
        cells = line.split(",")
        for place in places:
            cells[place] = f"{float(cells[place]) - 273.15:.1f}"
        damaged.append(",".join(cells))
    return ("\n".join(damaged) + "\n").encode()


def _duplicate(content: bytes) -> bytes:
    lines = content.split(b"\n")
    return b"\n".join([*lines[: _ROW + 2], lines[_ROW + 1], *lines[_ROW + 2 :]])


def _without_column(content: bytes) -> bytes:
    place = _COLUMNS.index("torque_nm")
    rows = [line.split(",") for line in content.decode().splitlines()]
    return ("\n".join(",".join(row[:place] + row[place + 1 :]) for row in rows) + "\n").encode()


DEFECTS: dict[str, Callable[[bytes], bytes]] = {
    "bom": lambda content: BOM + content,
    "renamed-column": lambda content: content.replace(b"Torque [Nm]", b"torque", 1),
    "missing-column": _without_column,
    "duplicate-uid": _duplicate,
    "celsius": _celsius,
    "wear-900": _cell("wear_min", "900"),
    "speed-zero": _cell("speed_rpm", "0"),
    "type-x": _cell("type", "X"),
    "missing-torque": _cell("torque_nm", ""),
    "torque-text": _cell("torque_nm", "n/a"),
    "infinite-torque": _cell("torque_nm", "inf"),
    "failure-two": _cell("failure", "2"),
    "cut-off-row": lambda content: content.rstrip(b"\n")[:-12] + b"\n",
    "latin-1": lambda content: content.replace(b"UDI", "\u00dcDI".encode("latin-1"), 1),
}
