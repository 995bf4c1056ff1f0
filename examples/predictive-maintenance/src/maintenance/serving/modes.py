"""How near a reading is to each published failure rule, in words for the person at the machine.

The rules are those that the data set describes; the model never sees them. They say what to look at, not how
likely a failure is: that is the model's probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model.features import FEATURES, TYPES
from ..model.quantities import show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..params import Rules

_NAMES = {"twf": "tool wear", "hdf": "heat dissipation", "pwf": "power", "osf": "overstrain"}


@dataclass(frozen=True, slots=True)
class NearestRule:
    """The failure rule that a reading has gone furthest towards."""

    mode: str  # twf, hdf, pwf or osf, as in the data
    closeness: (
        float  # share of the way from a typical reading to the rule's limit; from 1 on the rule applies
    )
    text: str


def nearest_rule(row: Sequence[float], typical: Sequence[float], rules: Rules) -> NearestRule:
    """Find the rule that `row` has gone furthest towards.

    Args:
        row: the nine `FEATURES` of one reading.
        typical: the same of a typical reading, such as the medians of the training data. Without this start,
            limits in kelvin and in watt cannot be compared: 10 K is "86 % of the way" to 8.6 K, yet healthy.
        rules: limits of the published rules.
    """
    now, usual = dict(zip(FEATURES, row, strict=True)), dict(zip(FEATURES, typical, strict=True))
    candidates = {
        "twf": _tool_wear(now, usual, rules),
        "hdf": _heat_dissipation(now, usual, rules),
        "pwf": _power(now, usual, rules),
        "osf": _overstrain(now, usual, rules),
    }
    mode, (closeness, fact) = max(candidates.items(), key=lambda item: item[1][0])
    if closeness >= 1:
        return NearestRule(mode, closeness, f"the {_NAMES[mode]} rule applies: {fact}")
    way = f"{max(closeness, 0):.0%}".replace("%", " %")
    lead = f"the {_NAMES[mode]} rule is closest, {way} of the way from a typical reading to its limit"
    return NearestRule(mode, closeness, f"{lead}: {fact}")


def _way(now: float, usual: float, limit: float) -> float:
    """Share of the way from `usual` to `limit`; where they are the same, all of it."""
    return (now - usual) / (limit - usual) if limit != usual else 1.0


def _tool_wear(now: Mapping[str, float], usual: Mapping[str, float], rules: Rules) -> tuple[float, str]:
    fact = (
        f"the tool has run {show('wear_min', now['wear_min'])}; "
        f"between {rules.twf_low_min:.0f} and {show('wear_min', rules.twf_high_min)} it fails or is changed"
    )
    return _way(now["wear_min"], usual["wear_min"], rules.twf_low_min), fact


def _heat_dissipation(
    now: Mapping[str, float], usual: Mapping[str, float], rules: Rules
) -> tuple[float, str]:
    gap, speed = "temperature_difference_k", "speed_rpm"
    closeness = min(  # both conditions must hold, so the one further away decides
        _way(now[gap], usual[gap], rules.hdf_difference_k),
        _way(now[speed], usual[speed], rules.hdf_speed_rpm),
    )
    fact = (
        f"the process is {show(gap, now[gap])} warmer than the air at {show(speed, now[speed])}; it fails "
        f"below {show(gap, rules.hdf_difference_k)} with less than {show(speed, rules.hdf_speed_rpm)}"
    )
    return closeness, fact


def _power(now: Mapping[str, float], usual: Mapping[str, float], rules: Rules) -> tuple[float, str]:
    power = now["power_w"]
    ways = {
        f"below {show('power_w', rules.pwf_low_w)}": _way(power, usual["power_w"], rules.pwf_low_w),
        f"above {show('power_w', rules.pwf_high_w)}": _way(power, usual["power_w"], rules.pwf_high_w),
    }
    limit = max(ways, key=lambda name: ways[name])
    return ways[limit], f"mechanical power is {show('power_w', power)}; it fails {limit}"


def _overstrain(now: Mapping[str, float], usual: Mapping[str, float], rules: Rules) -> tuple[float, str]:
    kind, strain = list(TYPES)[int(now["type"])], now["strain_min_nm"]
    limit = {"L": rules.osf_l, "M": rules.osf_m, "H": rules.osf_h}[kind]
    share = f"{strain / limit:.0%}".replace("%", " %")
    fact = (
        f"tool wear x torque is {show('strain_min_nm', strain)}, {share} of the limit of "
        f"{show('strain_min_nm', limit)} for product quality {kind}"
    )
    return _way(strain, usual["strain_min_nm"], limit), fact
