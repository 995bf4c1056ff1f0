"""Make synthetic readings that follow the published rules of the AI4I 2020 data set.

Not a copy of its rows: the distributions were fitted to the public file (data/README.md says how close they
are), the labels come from the rules alone. Everything made here is called synthetic wherever it is shown.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtri

from ..model import features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..params import Generator, Params, Rules

# First number of the product ids of each quality class, as in the public file.
_PRODUCT_BASE = {"L": 47_179, "M": 14_859, "H": 29_413}


def readings(rows: int, seed: int, params: Params) -> pd.DataFrame:
    """Make `rows` consecutive readings of one machine, in canonical columns; the same for the same seed."""
    rng = np.random.default_rng(seed)
    shape = params.generator
    types = rng.choice(list(features.TYPES), size=rows, p=shape.type_shares)
    warm = _walk(rows, rng)
    air = np.round(shape.air_mean_k + shape.air_sd_k * warm, 1)
    gap = _normal(_related(warm, _walk(rows, rng), shape.air_gap_correlation))
    offset = shape.process_offset_k + shape.process_sd_k * gap
    speed, torque = _load(rows, rng, params)
    wear, twf = _wear(types, rng, shape, params.rules)
    frame = pd.DataFrame(
        {
            "uid": np.arange(1, rows + 1),
            "product_id": [f"{t}{_PRODUCT_BASE[t] + n}" for n, t in enumerate(types, start=1)],
            "type": types,
            "air_temperature_k": air,
            "process_temperature_k": np.round(air + offset, 1),
            "speed_rpm": speed,
            "torque_nm": torque,
            "wear_min": wear,
        }
    )
    modes = modes_by_rule(frame, params.rules)
    modes.insert(0, "twf", twf)
    frame["failure"] = modes.any(axis=1).astype(int)
    # As in the public file, where 18 of the 19 rows with this flag did not fail: it is not part of the label.
    return frame.join(modes.astype(int)).assign(rnf=(rng.random(rows) < shape.rnf_share).astype(int))


def modes_by_rule(frame: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Say for every reading which of the three exact rules it breaks; boolean columns hdf, pwf, osf.

    Source: description of the data set at UCI (id 601); agrees with every row of the public file.
    """
    table = features.build(frame)
    limits = frame["type"].map({"L": rules.osf_l, "M": rules.osf_m, "H": rules.osf_h})
    cool = table["temperature_difference_k"] < rules.hdf_difference_k
    return pd.DataFrame(
        {
            "hdf": cool & (frame["speed_rpm"] < rules.hdf_speed_rpm),
            "pwf": (table["power_w"] < rules.pwf_low_w) | (table["power_w"] > rules.pwf_high_w),
            "osf": table["strain_min_nm"] > limits,
        }
    )


def _walk(rows: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return values in the order of a random walk, spread like the standard normal distribution.

    A plain random walk, scaled, has another shape in every stretch that is made: one would hold no cool
    hours at all, the next hundreds, and two days could never be compared. Ranks keep its slow changes and
    give all stretches one spread.
    """
    return _normal(np.cumsum(rng.standard_normal(rows)))


def _normal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace values by the quantiles of the standard normal distribution that their ranks have."""
    place = np.argsort(np.argsort(values, kind="stable"))
    return np.asarray(ndtri((place + 0.5) / len(values)))


def _related(
    first: NDArray[np.float64], second: NDArray[np.float64], correlation: float
) -> NDArray[np.float64]:
    """Mix two series into one with the given correlation to `first`; all with mean 0 and deviation 1."""
    own = second - first * (first @ second) / (first @ first)
    return np.asarray(correlation * first + math.sqrt(1 - correlation**2) * own / own.std())


def _load(
    rows: int, rng: np.random.Generator, params: Params
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw speed (rpm) and torque (Nm): the higher the torque, the slower the spindle."""
    shape, ranges = params.generator, params.ranges
    torque = rng.normal(shape.torque_mean_nm, shape.torque_sd_nm, rows)
    torque = np.clip(torque, *ranges.torque_nm).round(1)
    noise = rng.normal(0.0, shape.log_speed_sd, rows)
    speed = np.exp(shape.log_speed_intercept + shape.log_speed_slope * np.log(torque) + noise)
    return np.round(np.clip(speed, *ranges.speed_rpm)), torque


def _wear(
    types: NDArray[np.str_], rng: np.random.Generator, shape: Generator, rules: Rules
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Let the tool wear with every part; at its random limit it is changed, sometimes after a failure."""
    step = dict(zip(features.TYPES, shape.wear_step_min, strict=True))
    wear = np.zeros(len(types))
    failed = np.zeros(len(types), dtype=np.bool_)
    used, limit = 0, rng.uniform(rules.twf_low_min, rules.twf_high_min)
    for n, kind in enumerate(types):
        wear[n] = used
        used += step[kind]
        if wear[n] >= limit:
            failed[n] = rng.random() < shape.twf_share
            used, limit = 0, rng.uniform(rules.twf_low_min, rules.twf_high_min)
    return wear, failed
