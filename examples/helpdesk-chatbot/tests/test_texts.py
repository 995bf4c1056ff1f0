"""What the texts say is what was measured: README, model card and STAR against reports/metrics.json."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml
from projects import ROOT, TEXTS, TITLE, headline, run, with_texts

if TYPE_CHECKING:
    from pathlib import Path


def test_texts_of_this_repository_are_true() -> None:
    if not (ROOT / "README.md").exists():
        pytest.skip("there is no README.md here")
    assert run("report", "--check", "--root", str(ROOT)) == 0


def test_untouched_texts_pass_the_check(reported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", "--check", "--root", str(reported)) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", TEXTS)
def test_text_has_the_headline_and_says_what_the_data_were(reported: Path, name: str) -> None:
    text = (reported / name).read_text(encoding="utf-8")
    assert headline(reported) in text
    assert "synthetic data" in text


@pytest.mark.parametrize("name", TEXTS)
def test_one_digit_changed_is_found_with_file_and_line(
    reported: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, true = reported / name, headline(reported)
    text = path.read_text(encoding="utf-8")
    false = true[:-1] + ("1" if true[-1] != "1" else "2")
    path.write_text(text.replace(true, false, 1), encoding="utf-8")
    assert run("report", "--check", "--root", str(reported)) == 1
    line = text[: text.index(true)].count("\n") + 1
    said = capsys.readouterr().err
    assert re.search(rf"error: {re.escape(name)}:{line}: shown .*{false}.*expected .*{true}", said)


def test_without_a_run_there_is_no_number(untrained: Path) -> None:
    with_texts(untrained)
    marked = (untrained / "README.md").read_text(encoding="utf-8").partition("\n")[2]
    assert not re.search(r"\d", marked)
    assert not (untrained / "MODEL_CARD.md").exists()
    assert run("report", "--check", "--root", str(untrained)) == 0


def test_model_card_has_metadata_that_a_model_hub_reads(reported: Path) -> None:
    _, metadata, _ = (reported / "MODEL_CARD.md").read_text(encoding="utf-8").split("---\n", 2)
    (model,) = yaml.safe_load(metadata)["model-index"]
    (result,) = model["results"]
    assert model["name"] == TITLE
    assert headline(reported) in [f"{metric['value']:.3f}" for metric in result["metrics"]]
    assert "synthetic" in result["dataset"]["type"]
