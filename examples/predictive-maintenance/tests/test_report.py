"""What the texts of this project say beyond figures: the kind of the model, facts of the public data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from projects import headline

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def test_model_card_says_what_kind_of_model_it_is(reported: Path) -> None:
    _, metadata, _ = (reported / "MODEL_CARD.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(metadata)
    (result,) = card["model-index"][0]["results"]
    figures = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert result["task"]["type"] == card["pipeline_tag"] == "tabular-classification"
    assert f"{figures['average_precision']:.3f}" == headline(reported)
    assert result["dataset"]["type"] == "ai4i-2020-synthetic"


def test_what_the_texts_say_of_the_public_data_set(ai4i: pd.DataFrame) -> None:
    """README.md, DECISIONS.md and the model card state these; they cite S. Matzka, UCI 601."""
    assert len(ai4i) == 10_000
    assert ai4i["failure"].sum() == 339  # 3.39 %; never alarming is right in 96.61 %
    hot = ai4i.index[ai4i["hdf"] == 1]
    assert ((hot >= 4_000) & (hot < 6_000)).mean() > 0.9  # nearly all in one stretch of time ...
    assert not (hot >= 8_000).any()  # ... and none in the last fifth
