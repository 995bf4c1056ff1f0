from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from parts import anchors, evidence
from parts.errors import EvidenceError, ParamsError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[[anchor]]
metric = "ap"
protocol = "holdout"
model = "tree"
source = "synthetic"
low = 0.8
high = 0.92
expected = 0.86
note = "measured"
"""


def loaded(tmp_path: Path, text: str) -> tuple[anchors.Anchor, ...]:
    path = tmp_path / "anchors.toml"
    path.write_text(text, encoding="utf-8")
    return anchors.load(path)


def metrics(value: float) -> list[dict[str, Any]]:
    return [
        {"name": "ap", "protocol": "holdout", "model": model, "value": v}
        for model, v in (("tree", value), ("line", 0.4))
    ]


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.79, "below"), (0.8, "inside"), (0.92, "inside"), (0.93, "above")]
)
def test_a_score_is_judged_by_its_band(tmp_path: Path, value: float, verdict: str) -> None:
    (row,) = anchors.judge(loaded(tmp_path, GOOD), metrics(value), "synthetic")
    assert (row["value"], row["verdict"], row["model"]) == (value, verdict, "tree")


def test_only_what_is_above_is_a_suspected_leak(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOOD)
    assert anchors.above(anchors.judge(found, metrics(0.99), "synthetic")) == [
        "ap/holdout of tree is 0.99, above the band 0.8 to 0.92: suspect leakage"
    ]
    assert anchors.above(anchors.judge(found, metrics(0.9), "synthetic")) == []


def test_a_band_of_other_data_does_not_apply(tmp_path: Path) -> None:
    (row,) = anchors.judge(loaded(tmp_path, GOOD), metrics(0.99), "real")
    assert row["verdict"] == "not applicable"


def test_an_anchor_that_guards_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="ap/holdouts/tree must fit one measured metric; it fits none"):
        anchors.judge(loaded(tmp_path, GOOD.replace("holdout", "holdouts")), metrics(0.9), "synthetic")


def test_an_anchor_must_say_which_of_two_models(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="it fits tree, line"):
        anchors.judge(loaded(tmp_path, GOOD.replace('model = "tree"\n', "")), metrics(0.9), "synthetic")


def test_verdicts_are_evidence(root: Path, tmp_path: Path, measured: dict[str, Any]) -> None:
    found = loaded(tmp_path, GOOD) + loaded(
        tmp_path, GOOD.replace("synthetic", "real").replace("holdout", "other")
    )
    measured["anchors"] = anchors.judge(found, measured["metrics"], "synthetic")
    evidence.write(root, measured)
    assert [row["verdict"] for row in measured["anchors"]] == ["inside", "not applicable"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('note = "measured"', 'nota = "x"', "anchor 1: unknown key nota"),
        ('note = "measured"', "", "anchor 1: missing key note"),
        ("low = 0.8", "low = 0.9", "expected 0.86 is not between low 0.9 and high 0.92"),
        ("low = 0.8", "low = true", "low is True; expected a number"),
        ('metric = "ap"', "metric = 1", "metric is 1; expected text"),
        ('"synthetic"', '"guess"', "source is 'guess'; expected real or synthetic"),
        ("[[anchor]]", "[[anker]]", "unknown key anker"),
        ("[[anchor]]", "[[anchor", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    with pytest.raises(ParamsError, match=f"^anchors.toml: .*{words}"):
        loaded(tmp_path, GOOD.replace(old, new))


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"anchors\.toml: no such file"):
        anchors.load(tmp_path / "anchors.toml")
