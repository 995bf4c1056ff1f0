"""Bring the owner's own sensor file into the form of the AI4I data.

The names of its columns and their units stand in params.toml.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from ..portfolio.errors import DataError, ParamsError
from . import contract

if TYPE_CHECKING:
    import pandas as pd

    from ..params import Own, Units

_OPTIONAL = ("uid", "product_id", "type", *contract.MODES)  # product ids are made here
_CELSIUS_ZERO_K = 273.15  # kelvin, exact by definition
_NM_PER_LBF_FT = 1.3558179483314  # newton metre, exact by definition of pound-force and foot
_SPEED = {"rpm": 1.0, "rad/s": 60 / (2 * math.pi), "Hz": 60.0}  # to revolutions a minute
_WEAR = {"min": 1.0, "h": 60.0, "s": 1 / 60}  # to minutes


def adapt(content: bytes, name: str, own: Own) -> pd.DataFrame:
    """Read the bytes of the owner's CSV file into canonical columns and units. Further columns are left out.

    Raises:
        ParamsError: a needed column has no name in params.toml [own.columns].
        DataError: a named column is not in the file, or a cell is not a number.
    """
    names = {column: header for column, header in asdict(own.columns).items() if header}
    unnamed = [column for column in contract.HEADER if column not in names and column not in _OPTIONAL]
    if unnamed:
        raise ParamsError(f"params.toml: own.columns.{unnamed[0]} is empty; say which column of {name} it is")
    # A spreadsheet's byte-order mark is no fault here: no hash says what this file should be.
    table = contract.read_table(content.removeprefix(contract.BOM), name)
    missing = [f"{header} (own.columns.{column})" for column, header in names.items() if header not in table]
    if missing:
        raise DataError(f"{name}: no column {', '.join(missing)}; it has {', '.join(map(str, table))}")
    readings = table[list(names.values())].set_axis(list(names), axis=1)
    return _complete(_convert(contract.numbers(readings, name), own.units), own)


def _convert(frame: pd.DataFrame, units: Units) -> pd.DataFrame:
    kelvin = _CELSIUS_ZERO_K if units.temperature == "C" else 0.0
    torque = _NM_PER_LBF_FT if units.torque == "lbf ft" else 1.0
    # Rounded to a thousandth so that 25.3 degrees Celsius become 298.45 K and not 298.45000000000005.
    return frame.assign(
        air_temperature_k=(frame["air_temperature_k"] + kelvin).round(3),
        process_temperature_k=(frame["process_temperature_k"] + kelvin).round(3),
        speed_rpm=(frame["speed_rpm"] * _SPEED[units.speed]).round(3),
        torque_nm=(frame["torque_nm"] * torque).round(3),
        wear_min=(frame["wear_min"] * _WEAR[units.wear]).round(3),
    )


def _complete(frame: pd.DataFrame, own: Own) -> pd.DataFrame:
    """Add the identifiers and the quality class where the owner's file has none."""
    result = frame.copy()
    if "uid" not in result:
        result["uid"] = np.arange(1.0, len(frame) + 1)
    if "type" not in result:
        result["type"] = own.default_type
    result["product_id"] = [f"{kind}{n:05d}" for n, kind in enumerate(result["type"], start=1)]
    return result[[column for column in contract.HEADER if column in result]]
