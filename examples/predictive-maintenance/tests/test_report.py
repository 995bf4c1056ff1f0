"""What the texts say is what was measured: README, model card and STAR against reports/metrics.json."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from maintenance.__main__ import main
from maintenance.portfolio import evidence, report

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
TEXTS = ("README.md", "MODEL_CARD.md", "reports/star.md")


def with_texts(root: Path) -> Path:
    """Give the project at `root` the prose, and a README of a title and the marked places."""
    shutil.copytree(ROOT / "prose", root / "prose")
    names = sorted(path.stem.removeprefix("readme-") for path in (ROOT / "prose").glob("readme-*.md"))
    places = [f"<!-- evidence:{name} -->\n<!-- /evidence:{name} -->\n" for name in names]
    (root / "README.md").write_text("\n".join(["# Pump watch\n", *places]), encoding="utf-8")
    assert main(["report", "--root", str(root)]) == 0
    return root


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
def test_one_digit_changed_is_found_with_file_and_line(
    reported: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, true = reported / name, headline(reported)
    text = path.read_text(encoding="utf-8")
    false = true[:-1] + ("1" if true[-1] != "1" else "2")
    line = text[: text.index(true)].count("\n") + 1
    path.write_text(text.replace(true, false, 1), encoding="utf-8")
    assert main(["report", "--check", "--root", str(reported)]) == 1
    assert re.search(
        rf"error: {re.escape(name)}:{line}: shown .*{false}.*expected .*{true}", capsys.readouterr().err
    )


def test_untouched_texts_pass_the_check(reported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--check", "--root", str(reported)]) == 0
    assert capsys.readouterr().err == ""


def test_without_a_run_there_is_no_number(untrained: Path) -> None:
    with_texts(untrained)
    marked = (untrained / "README.md").read_text(encoding="utf-8").partition("\n")[2]
    assert not re.search(r"\d", marked)
    assert not (untrained / "MODEL_CARD.md").exists()
    assert main(["report", "--check", "--root", str(untrained)]) == 0


def test_model_card_has_metadata_that_a_model_hub_reads(reported: Path) -> None:
    _, metadata, _ = (reported / "MODEL_CARD.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(metadata)
    (result,) = card["model-index"][0]["results"]
    figures = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert card["model-index"][0]["name"] == "Pump watch"
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
