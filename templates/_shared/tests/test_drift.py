from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from parts import drift
from parts.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANDOM = np.random.default_rng(11)
REFERENCE: dict[str, NDArray[Any]] = {
    "normal": RANDOM.normal(300, 2, 8000),
    "skewed": RANDOM.exponential(5, 8000),
    "class": RANDOM.choice([0, 1, 2], 8000, p=[0.6, 0.3, 0.1]),
    "word": RANDOM.choice(["a", "b"], 8000),
    "constant": np.full(8000, 7.0),
    "with holes": np.where(RANDOM.random(8000) < 0.1, np.nan, RANDOM.normal(0, 1, 8000)),
    "mostly zero": np.where(RANDOM.random(8000) < 0.9, 0.0, RANDOM.random(8000)),
}


def sample(seed: int, n: int = 500) -> dict[str, NDArray[Any]]:
    rows = np.random.default_rng(seed).integers(8000, size=n)
    return {name: column[rows] for name, column in REFERENCE.items()}


def level(found: list[drift.Drift], name: str) -> str:
    return next(one.level for one in found if one.name == name)


def test_twenty_clean_resamples_raise_no_alarm() -> None:
    levels = [one.level for seed in range(20) for one in drift.compare(REFERENCE, sample(seed))]
    assert levels.count("none") == len(levels) == 20 * len(REFERENCE)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("normal", lambda x: x + 2),
        ("normal", lambda x: 300 + 2.5 * (x - 300)),
        ("skewed", lambda x: 2 * x),
        ("class", lambda x: np.where(x == 0, 2, x)),
        ("class", lambda x: np.full_like(x, 9)),
        ("word", lambda x: np.full_like(x, "c")),
        ("constant", lambda x: x + 1e-3),
        ("with holes", lambda x: np.where(np.arange(len(x)) % 2, np.nan, x)),
        ("with holes", lambda x: np.full_like(x, np.nan)),
        ("mostly zero", lambda x: x + (x == 0) * 0.5),
    ],
)
def test_an_injected_shift_raises_the_alarm_for_its_feature_alone(name: str, change: Any) -> None:
    current = sample(1)
    current[name] = change(current[name])
    found = drift.compare(REFERENCE, current)
    assert [one.name for one in found if one.level == "alarm"] == [name]


def test_a_small_shift_is_moderate() -> None:
    current = sample(2, 5000)
    current["normal"] = current["normal"] + 0.7  # 0.35 standard deviations
    assert level(drift.compare(REFERENCE, current), "normal") == "moderate"


def test_with_too_few_rows_there_is_no_verdict() -> None:
    found = drift.compare(REFERENCE, sample(1, 499))
    assert {(one.level, one.psi, one.ks, one.n) for one in found} == {("too few rows", None, None, 499)}


def test_a_missing_word_is_a_word() -> None:
    before = np.array(["a", "b"] * 50, dtype=object)
    assert drift.psi(before, np.array(["a", None] * 50, dtype=object)) > 1


def test_equal_shares_are_zero() -> None:
    for name in ("normal", "class", "word", "constant", "with holes"):
        assert drift.psi(REFERENCE[name], REFERENCE[name]) == 0


def test_an_empty_bin_counts_as_half_a_row() -> None:
    before, after = np.array([0] * 50 + [1] * 50), np.array([0] * 100)
    expected = (1 - 0.5) * np.log(1 / 0.5) + (0.005 - 0.5) * np.log(0.005 / 0.5)
    assert drift.psi(before, after) == pytest.approx(expected)


def test_psi_of_a_shifted_normal_is_near_its_formula() -> None:
    # For equal spreads the integral behind PSI is (shift / sd)^2.
    after = np.random.default_rng(4).normal(301, 2, 100_000)
    assert drift.psi(REFERENCE["normal"], after, bins=50) == pytest.approx(0.25, rel=0.15)


def test_a_lacking_feature_is_named() -> None:
    current = sample(1)
    del current["word"]
    with pytest.raises(DataError, match="current data lack word"):
        drift.compare(REFERENCE, current)


def test_a_feature_that_became_text_is_refused() -> None:
    with pytest.raises(DataError, match="normal: a feature of float64 cannot be compared"):
        drift.compare(REFERENCE, {**sample(1), "normal": np.array(["300.1"] * 500)})


@pytest.mark.parametrize("function", [drift.psi, drift.ks])
def test_no_rows_are_refused(function: Any) -> None:
    with pytest.raises(DataError, match="to compare; drift needs some on both sides"):
        function(REFERENCE["normal"], np.array([]))


def test_the_table_has_a_line_a_feature() -> None:
    lines = drift.table(drift.compare(REFERENCE, sample(1))).splitlines()
    assert len(lines) == 2 + len(REFERENCE)
    assert lines[2].startswith("| normal | 500 | 0.0")
    assert lines[2].endswith("| none |")
    assert lines[5].split("|")[4:6] == [" n/a ", " n/a "]  # text has no KS
