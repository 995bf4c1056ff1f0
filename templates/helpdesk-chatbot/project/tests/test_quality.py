"""What `evaluate` writes down: complete, honest, and of the stored model."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from projects import new_project

from helpdesk import params
from helpdesk.__main__ import main
from helpdesk.data import ingestion
from helpdesk.data.tickets import OUT_OF_SCOPE, to_bytes
from helpdesk.evaluation import charts, findings, searches
from helpdesk.model import split, training
from helpdesk.portfolio import evidence, prose, store
from helpdesk.portfolio.files import sha256_of, write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk.params import Params

SEARCHES = {"hit@1", "hit@5", "hit@10", "mrr"}
DECISIONS = {
    "answered",
    "accuracy_answered",
    "false_fallback",
    "oos_recall",
    "oos_auroc",
    "groundedness",
    "area_under_risk",
}


@pytest.fixture(scope="module")
def found(evaluated: Path) -> dict[str, Any]:
    measured = evidence.read(evaluated)
    assert measured is not None
    return measured


@pytest.fixture(scope="module")
def parts(evaluated: Path) -> split.Parts:
    return split.parts(*ingestion.read(evaluated), params.load(evaluated))


def row(found: Mapping[str, Any], name: str, model: str, protocol: str = split.TIME) -> dict[str, Any]:
    (only,) = (
        one
        for one in found["metrics"]
        if (one["name"], one["model"], one["protocol"]) == (name, model, protocol)
    )
    return dict(only)


# ---- complete


def test_every_search_has_every_figure_with_its_interval(found: dict[str, Any]) -> None:
    for model in searches.MODELS:
        for name in SEARCHES:
            one = row(found, name, model)
            assert one["ci95"][0] <= one["value"] <= one["ci95"][1]
            assert one["n"] == row(found, "hit@1", "hybrid")["n"]


def test_the_threshold_the_guesses_and_the_redaction_are_judged(found: dict[str, Any]) -> None:
    for name in DECISIONS:
        assert 0 <= row(found, name, "hybrid")["value"] <= 1
    for field in ("intent", "queue", "priority"):
        for name in ("accuracy", "macro_f1"):
            for model in ("linear", "majority"):
                assert len(row(found, f"{field}_{name}", model)["ci95"]) == 2
    assert row(found, "redaction_recall", "rules")["n"] == sum(ingestion_of(found).values())


def ingestion_of(found: Mapping[str, Any]) -> dict[str, int]:
    """Return the planted pieces that the redaction's table speaks of."""
    lines = found["facts"]["redaction"].splitlines()[2:]
    return {line.split("|")[1].strip(): int(line.split("|")[2].replace(",", "")) for line in lines}


def test_the_outcomes_are_all_questions(found: dict[str, Any], parts: split.Parts) -> None:
    assert sum(found["threshold"]["confusion"].values()) == len(parts.test)
    assert sum(one["n"] for one in found["calibration"]["bins"]) == len(parts.test)


def test_slices_of_queues_and_languages_add_up(found: dict[str, Any]) -> None:
    for by in ("queue", "language"):
        for model, suffix in (("hybrid", ""), ("bm25", ", bm25")):
            rows = [one for one in found["slices"] if one["by"] == f"{by}{suffix}"]
            assert {one["model"] for one in rows} == {model}
            assert sum(one["n"] for one in rows) == row(found, "hit@1", model)["n"]
    groups = {one["group"] for one in found["slices"] if one["by"] == "wording"}
    assert groups >= {"plain", "typo", "short", "colloquial"}


def test_pictures_are_there_and_small(evaluated: Path) -> None:
    paths = list((evaluated / charts.FOLDER).glob("*.png"))
    shown = {Path(figure["path"]).name for figure in prose.read_portfolio(evaluated)["figures"]}
    assert shown == {path.name for path in paths}
    for path in paths:
        assert path.stat().st_size < 120_000
        with Image.open(path) as picture:
            assert picture.width == 1280
            assert picture.height >= 800


# ---- honest


def test_the_test_part_is_later_reworded_and_known_to_nobody(parts: split.Parts) -> None:
    latest = max(ticket.created or 0 for ticket in parts.past)
    assert min(ticket.created or 0 for ticket in parts.test) >= latest
    assert {ticket.phrases for ticket in parts.test} == {"test"}
    assert "test" not in {ticket.phrases for ticket in parts.past}
    assert OUT_OF_SCOPE not in {ticket.intent for ticket in parts.past}
    assert OUT_OF_SCOPE in {ticket.intent for ticket in parts.test}
    assert not {ticket.question for ticket in parts.test} & {ticket.question for ticket in parts.past}


def test_searching_is_worth_it(found: dict[str, Any]) -> None:
    for model in ("hybrid", "bm25", "tfidf"):
        assert row(found, "hit@1", model)["ci95"][0] > row(found, "hit@1", "majority")["ci95"][1]


def test_the_hybrid_is_not_shown_to_be_worse_than_its_parts(found: dict[str, Any]) -> None:
    for other in ("bm25", "tfidf"):
        assert row(found, f"gain_over_{other}", "hybrid")["ci95"][1] >= 0


def test_the_headline_is_the_row_and_its_difference_is_paired(found: dict[str, Any]) -> None:
    headline = found["headline"]
    served, simple = (row(found, "hit@1", name)["value"] for name in ("hybrid", "bm25"))
    assert (headline["value"], headline["baseline"]["value"]) == (served, simple)
    assert headline["difference"]["value"] == pytest.approx(served - simple, abs=1e-5)
    assert headline["difference"]["ci95"] == row(found, "gain_over_bm25", "hybrid")["ci95"]


def test_it_learns(found: dict[str, Any]) -> None:
    """Each step of the curve has more tickets; from one of each topic to all, the gain is beyond chance."""
    steps = [row(found, "learning_hit@1", "hybrid", f"{shots}-shot") for shots in (1, 5, 20)]
    values = [step["value"] for step in steps] + [row(found, "hit@1", "hybrid")["value"]]
    assert values == sorted(values)
    assert steps[0]["ci95"][1] < row(found, "hit@1", "hybrid")["ci95"][0]


def test_guesses_are_better_than_the_most_common_label(found: dict[str, Any]) -> None:
    for field in ("intent", "queue"):
        for name in ("accuracy", "macro_f1"):
            guessed = row(found, f"{field}_{name}", "linear")["ci95"][0]
            assert guessed > row(found, f"{field}_{name}", "majority")["ci95"][1]


def test_the_threshold_is_cheaper_than_answering_everything_or_nothing(found: dict[str, Any]) -> None:
    at = found["threshold"]["at"]
    assert at["cost_per_100_chosen"] < min(at["cost_per_100_always_answer"], at["cost_per_100_person"])


def test_a_confident_answer_is_righter_than_any(found: dict[str, Any]) -> None:
    assert row(found, "accuracy_answered", "hybrid")["value"] > row(found, "hit@1", "hybrid")["value"]
    assert row(found, "oos_auroc", "hybrid")["ci95"][0] > 0.7  # chance is one half
    assert found["calibration"]["brier"] < found["calibration"]["baseline_brier"]


def test_nothing_that_is_shown_was_invented(found: dict[str, Any]) -> None:
    assert row(found, "groundedness", "hybrid")["value"] == 1.0


def test_planted_personal_data_are_gone(found: dict[str, Any]) -> None:
    assert row(found, "redaction_recall", "rules")["value"] >= 0.99


def test_the_threshold_was_chosen_on_validation_data(evaluated: Path, found: dict[str, Any]) -> None:
    metadata = store.current(evaluated).metadata
    assert found["threshold"]["value"] == pytest.approx(metadata["threshold"], abs=1e-5)
    assert found["threshold"]["chosen_on"] == metadata["chosen_on"]
    assert "just before the test" in metadata["chosen_on"]


def test_what_is_held_back_cannot_reach_the_model(trained: Path, tmp_path: Path) -> None:
    """A canary: with other words and labels in the test part, training gives the very same model."""
    root = Path(shutil.copytree(trained, tmp_path / "canary"))
    tickets, manifest = ingestion.read(root)
    later = {ticket.id for ticket in split.parts(tickets, manifest, params.load(root)).test}
    changed = [
        replace(ticket, body=f"canary {ticket.id}", subject="", intent="vpn")
        if ticket.id in later
        else ticket
        for ticket in tickets
    ]
    content = to_bytes(changed)
    known = json.loads((root / ingestion.MANIFEST).read_text(encoding="utf-8"))
    write_atomic(root / ingestion.FILE, content)
    write_atomic(root / ingestion.MANIFEST, json.dumps(known | {"sha256": sha256_of(content)}))
    training.train(root, params.load(root))
    one, other = (store.current(place) for place in (trained, root))
    assert one.file(training.MODEL).read_bytes() == other.file(training.MODEL).read_bytes()
    assert one.metadata["tried"] == other.metadata["tried"]


# ---- of the stored model, and nothing else


def test_evidence_is_for_the_stored_model(found: dict[str, Any], evaluated: Path) -> None:
    artifact = found["artifact"]
    assert (evaluated / artifact["path"]).stat().st_size == artifact["bytes"]
    assert sha256_of((evaluated / artifact["path"]).read_bytes()) == artifact["sha256"]
    assert str(evaluated) not in json.dumps(found)


def test_a_score_above_its_band_is_a_suspected_leak_and_a_second_run_finds_the_same(
    evaluated: Path,
    found: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = Path(shutil.copytree(evaluated, tmp_path / "suspect"))
    monkeypatch.setattr(findings, "BANDS_ARE_OF", ingestion.read(root)[1].rows)
    band = (
        '[[anchor]]\nmetric = "hit@1"\nprotocol = "time"\nmodel = "bm25"\n'
        'source = "synthetic"\nlow = 0.0\nhigh = 0.01\nexpected = 0.005\nnote = "far too low"\n'
    )
    (root / "anchors.toml").write_text(band, encoding="utf-8")
    assert main(["evaluate", "--root", str(root)]) == 1
    assert "hit@1/time of bm25 is" in capsys.readouterr().err
    assert main(["evaluate", "--accept-suspicious", "--root", str(root)]) == 0
    again = evidence.read(root)
    assert again is not None
    assert [anchor["verdict"] for anchor in again["anchors"]] == ["above"]
    assert {**again, "run": 0, "anchors": 0} == {**found, "run": 0, "anchors": 0}


def test_the_default_run_is_held_to_bands_of_what_it_is_quoted_for(
    evaluated: Path, settings: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here with fewer tickets, so that only the names are compared; `evaluate` judges the values."""
    manifest = ingestion.read(evaluated)[1]
    monkeypatch.setattr(findings, "BANDS_ARE_OF", manifest.rows)
    found = evidence.read(evaluated)
    assert found is not None
    bands = findings.bands(evaluated, manifest, found["metrics"])
    quoted = {("hit@1", "hybrid"), ("hit@1", "bm25"), ("intent_accuracy", "linear"), ("oos_auroc", "hybrid")}
    assert {(band.metric, band.model) for band in bands if band.protocol == "time"} == quoted


def test_a_model_of_other_data_is_not_judged(
    copy_of_trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--tickets", "900", "--root", str(copy_of_trained)]) == 0
    assert main(["evaluate", "--root", str(copy_of_trained)]) == 1
    assert "was trained on other data; run `python -m helpdesk train` again" in capsys.readouterr().err


# ---- the public sets


@pytest.fixture(scope="module")
def public() -> Path:
    folder = Path(os.environ.get("PORTFOLIO_REAL_DATA") or Path(__file__).parents[1] / "data" / "raw")
    wanted = ("banking77_train.csv", "banking77_test.csv")
    if not all((folder / name).is_file() for name in wanted):
        pytest.skip(f"no {' and '.join(wanted)} here: set PORTFOLIO_REAL_DATA to their folder")
    return folder


def test_banking77_is_inside_its_bands_and_no_worse_than_bm25(public: Path, tmp_path: Path) -> None:
    """Real questions without dates, queues, answers and strangers: what cannot be measured is left out."""
    root = new_project(tmp_path / "project", {"evaluation.resamples": 200, "bench.requests": 20})
    files = ["--file", str(public / "banking77_train.csv"), "--test-file", str(public / "banking77_test.csv")]
    assert main(["data", "--source", "banking77", *files, "--root", str(root)]) == 0
    assert main(["train", "--root", str(root)]) == 0
    assert main(["evaluate", "--root", str(root)]) == 0
    found = evidence.read(root)
    assert found is not None
    judged = [one for one in found["anchors"] if one["note"].startswith("Banking77")]
    assert len(judged) > 5
    assert {one["verdict"] for one in judged} == {"inside"}
    assert row(found, "gain_over_bm25", "hybrid", split.OFFICIAL)["ci95"][1] >= 0
    names = {one["name"] for one in found["metrics"]}
    assert not names & {"oos_recall", "oos_auroc", "groundedness", "redaction_recall", "queue_accuracy"}
    assert "text not published" in found["facts"]["example_right"]
