"""What the texts of this project say beyond figures: what lost, what can go wrong, the kind of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from projects import TEXTS, headline

from recommender.portfolio import evidence

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", TEXTS)
def test_text_says_which_models_do_not_beat_the_popular_list(reported: Path, name: str) -> None:
    measured = evidence.read(reported)
    assert measured is not None
    text = (reported / name).read_text(encoding="utf-8")
    assert measured["facts"]["verdict"] in text
    assert "Not shown to beat it: biases" in text


def test_model_card_says_what_kind_of_model_it_is(reported: Path) -> None:
    _, metadata, _ = (reported / "MODEL_CARD.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(metadata)
    (result,) = card["model-index"][0]["results"]
    figures = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert result["task"]["type"] == "recommendation"
    assert result["dataset"] == {
        "name": "synthetic film ratings",
        "type": "interactions-synthetic",
        "split": "temporal-user",
    }
    assert f"{figures['ndcg']:.3f}" == headline(reported)


@pytest.mark.parametrize("words", ["no redistribution", "clock of MovieLens", "Popularity feeds itself"])
def test_model_card_names_what_can_go_wrong(reported: Path, words: str) -> None:
    assert words in (reported / "MODEL_CARD.md").read_text(encoding="utf-8")
