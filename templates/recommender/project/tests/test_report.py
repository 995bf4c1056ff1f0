"""What the texts say is what was measured: README, model card and STAR against reports/metrics.json."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, with_texts

from recommender.__main__ import main
from recommender.portfolio import evidence, report

TEXTS = ("README.md", "MODEL_CARD.md", "reports/star.md")


@pytest.fixture
def reported(evaluated: Path, tmp_path: Path) -> Path:
    """An evaluated project whose texts were written."""
    return with_texts(Path(shutil.copytree(evaluated, tmp_path / "reported")))


def headline(root: Path) -> str:
    measured = evidence.read(root)
    assert measured is not None
    return f"{measured['headline']['value']:.3f}"


def test_texts_of_this_repository_are_true() -> None:
    if not (ROOT / "README.md").exists():
        pytest.skip("there is no README.md here")
    assert report.check(ROOT) == []


@pytest.mark.parametrize("name", TEXTS)
def test_text_has_the_headline_and_says_what_the_data_were(reported: Path, name: str) -> None:
    text = (reported / name).read_text(encoding="utf-8")
    assert headline(reported) in text
    assert "synthetic data" in text


@pytest.mark.parametrize("name", TEXTS)
def test_text_says_which_models_do_not_beat_the_popular_list(reported: Path, name: str) -> None:
    measured = evidence.read(reported)
    assert measured is not None
    text = (reported / name).read_text(encoding="utf-8")
    assert measured["facts"]["verdict"] in text
    assert "Not shown to beat it: biases" in text


@pytest.mark.parametrize("name", TEXTS)
def test_one_digit_changed_is_found_with_file_and_line(
    reported: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, true = reported / name, headline(reported)
    text = path.read_text(encoding="utf-8")
    false = true[:-1] + ("1" if true[-1] != "1" else "2")
    path.write_text(text.replace(true, false, 1), encoding="utf-8")
    assert main(["report", "--check", "--root", str(reported)]) == 1
    line = text[: text.index(true)].count("\n") + 1
    assert re.search(rf"error: {re.escape(name)}:{line}: shown .*{false}", capsys.readouterr().err)


def test_without_a_run_there_is_no_number(untrained: Path) -> None:
    with_texts(untrained)
    marked = (untrained / "README.md").read_text(encoding="utf-8").partition("\n")[2]
    assert not re.search(r"\d", marked)
    assert not (untrained / "MODEL_CARD.md").exists()


def test_model_card_has_metadata_that_a_model_hub_reads(reported: Path) -> None:
    _, metadata, _ = (reported / "MODEL_CARD.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(metadata)
    (result,) = card["model-index"][0]["results"]
    figures = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert card["model-index"][0]["name"] == "What comes next"
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
