"""What each quantity is called and measured in, for the service, its page and its explanations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Quantity:
    """A reading, or a feature computed from readings."""

    label: str
    unit: str
    decimals: int  # shown after the point


# The quality class has no unit and is no number, so it is not in here.
QUANTITIES: Mapping[str, Quantity] = {
    "air_temperature_k": Quantity("air temperature", "K", 1),
    "process_temperature_k": Quantity("process temperature", "K", 1),
    "speed_rpm": Quantity("rotational speed", "rpm", 0),
    "torque_nm": Quantity("torque", "Nm", 1),
    "wear_min": Quantity("tool wear", "min", 0),
    "temperature_difference_k": Quantity("process minus air temperature", "K", 1),
    "power_w": Quantity("mechanical power", "W", 0),
    "strain_min_nm": Quantity("tool wear x torque", "min Nm", 0),
}


def show(name: str, value: float) -> str:
    """Write the value of a quantity with its unit.

    >>> show("strain_min_nm", 10120.0)
    '10,120 min Nm'
    """
    quantity = QUANTITIES[name]
    return f"{value:,.{quantity.decimals}f} {quantity.unit}"
