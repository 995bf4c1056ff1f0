"""What the texts of this project say beyond figures: what kind of model it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from projects import TEXTS, headline

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", TEXTS)
def test_text_says_that_a_smoke_model_is_one(reported: Path, name: str) -> None:
    assert "smoke" in (reported / name).read_text(encoding="utf-8")


def test_model_card_says_what_kind_of_model_it_is(reported: Path) -> None:
    _, metadata, _ = (reported / "MODEL_CARD.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(metadata)
    (result,) = card["model-index"][0]["results"]
    figures = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert result["task"]["type"] == card["pipeline_tag"] == "text-classification"
    assert f"{figures['accuracy']:.3f}" == headline(reported)
