"""What the texts of this project say beyond figures: what was compared, what can go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from projects import TEXTS, headline

from helpdesk.portfolio import evidence

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@pytest.fixture
def facts(reported: Path) -> dict[str, Any]:
    measured = evidence.read(reported)
    assert measured is not None
    return dict(measured["facts"])


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("fact", ["at_threshold", "quoted", "learning_in_short", "redaction_in_short"])
def test_text_says_how_often_it_is_right_and_how_often_silent(
    reported: Path, facts: dict[str, Any], name: str, fact: str
) -> None:
    text = (reported / name).read_text(encoding="utf-8")
    if (name, fact) != ("MODEL_CARD.md", "quoted"):  # there it is a row of the table
        assert facts[fact] in text


def test_readme_and_card_say_whether_the_hybrid_is_better(reported: Path, facts: dict[str, Any]) -> None:
    for name in ("README.md", "MODEL_CARD.md"):
        assert facts["verdict"] in (reported / name).read_text(encoding="utf-8")


def test_model_card_says_what_kind_of_model_it_is(reported: Path) -> None:
    _, metadata, _ = (reported / "MODEL_CARD.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(metadata)
    (result,) = card["model-index"][0]["results"]
    figures = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert result["dataset"] == {
        "name": "synthetic tickets",
        "type": "tickets-synthetic",
        "split": "time",
    }
    assert f"{figures['hit_rate']:.3f}" == headline(reported)


@pytest.mark.parametrize(
    "words",
    ["It repeats what agents wrote", "Redaction is not anonymity", "share phrase templates", "no pickle"],
)
def test_model_card_names_what_can_go_wrong(reported: Path, words: str) -> None:
    assert words in (reported / "MODEL_CARD.md").read_text(encoding="utf-8")
