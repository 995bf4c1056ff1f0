"""Turn readings into what the model sees: six raw values and three quantities of physics.

Training and the service call the same formulae: `build` for a table, `row` for one reading without pandas.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..portfolio.errors import LeakageSuspected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from ..serving.predictor import Reading

# Quality classes in their order: a higher class tolerates more strain, so the order carries meaning.
TYPES: Mapping[str, int] = {"L": 0, "M": 1, "H": 2}
RAW_FEATURES = (
    "type",
    "air_temperature_k",
    "process_temperature_k",
    "speed_rpm",
    "torque_nm",
    "wear_min",
)
PHYSICS_FEATURES = ("temperature_difference_k", "power_w", "strain_min_nm")
FEATURES = RAW_FEATURES + PHYSICS_FEATURES
# Identifiers and everything that is known only once the machine has failed.
FORBIDDEN = frozenset({"uid", "product_id", "failure", "twf", "hdf", "pwf", "osf", "rnf"})


# One value or a column of them: the same formulae serve both.
Value = TypeVar("Value", float, "NDArray[np.float64]")


def temperature_difference(air: Value, process: Value) -> Value:
    """Process minus air temperature, kelvin.

    Plain float subtraction, not rounded: the published labels follow it, and rounding to 0.1 K first would
    put 12 rows of the public file on the wrong side of the 8.6 K rule.
    """
    return process - air


def power(speed: Value, torque: Value) -> Value:
    """Mechanical power in watt: torque (newton metre) times angular speed (rad/s, from rpm)."""
    return torque * speed * (2 * math.pi / 60)


def strain(wear: Value, torque: Value) -> Value:
    """Wear of the tool times torque, minute newton metre: the quantity that the overstrain rule limits."""
    return wear * torque


def build(readings: pd.DataFrame) -> pd.DataFrame:
    """Compute the feature table of validated readings; columns `FEATURES`, float64, same index.

    >>> import pandas as pd
    >>> reading = {"type": ["L"], "air_temperature_k": [300.0], "process_temperature_k": [310.0],
    ...            "speed_rpm": [1500.0], "torque_nm": [40.0], "wear_min": [100.0]}
    >>> build(pd.DataFrame(reading)).round(1).loc[0, list(PHYSICS_FEATURES)].tolist()
    [10.0, 6283.2, 4000.0]
    """
    table = readings[list(RAW_FEATURES)].assign(type=readings["type"].map(TYPES)).astype("float64")
    values = {name: table[name].to_numpy() for name in RAW_FEATURES}
    return table.assign(
        temperature_difference_k=temperature_difference(
            values["air_temperature_k"], values["process_temperature_k"]
        ),
        power_w=power(values["speed_rpm"], values["torque_nm"]),
        strain_min_nm=strain(values["wear_min"], values["torque_nm"]),
    )[list(FEATURES)]


def row(reading: Reading) -> NDArray[np.float32]:
    """Compute the features of one reading, shape (1, 9): the service's path, without a table.

    Raises:
        KeyError: `type` is not L, M or H. The service validates before.
    """
    air, process = float(reading.air_temperature_k), float(reading.process_temperature_k)
    speed, torque, wear = float(reading.speed_rpm), float(reading.torque_nm), float(reading.wear_min)
    raw = (TYPES[reading.type], air, process, speed, torque, wear)
    physics = (temperature_difference(air, process), power(speed, torque), strain(wear, torque))
    return np.array([raw + physics], dtype=np.float32)


def refuse_forbidden(names: Iterable[str]) -> None:
    """Stop when a column that tells the answer, or names the machine, is about to be learned from.

    Raises:
        LeakageSuspected: one of `names` is in `FORBIDDEN`.
    """
    found = sorted(FORBIDDEN & set(names))
    if found:
        raise LeakageSuspected(
            f"features: {', '.join(found)} must never reach the model: "
            "known only after the failure, or an identifier"
        )
