"""What `evaluate` and `bench` write down: complete, honest, and of the stored model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from sentiment.__main__ import main
from sentiment.data import generate
from sentiment.evaluation import charts, evaluate
from sentiment.model import baseline, training
from sentiment.portfolio import evidence
from sentiment.serving import bench
from sentiment.serving.predictor import is_answered

if TYPE_CHECKING:
    from pathlib import Path

    from sentiment.params import Params


@pytest.fixture(scope="module")
def found(evaluated: Path) -> dict[str, Any]:
    measured = evidence.read(evaluated)
    assert measured is not None
    return measured


def value(found: dict[str, Any], name: str, protocol: str, model: str) -> float:
    return float(
        next(
            row["value"]
            for row in found["metrics"]
            if (row["name"], row["protocol"], row["model"]) == (name, protocol, model)
        )
    )


def test_the_model_beats_guessing_and_stands_beside_the_simple_one(found: dict[str, Any]) -> None:
    served, simple, guess = (
        value(found, "accuracy", "held-out-templates", name)
        for name in (training.SERVED, baseline.TFIDF, baseline.MAJORITY)
    )
    assert served > guess + 0.1
    assert found["headline"]["baseline"]["value"] == simple > guess + 0.2
    low, high = found["headline"]["difference"]["ci95"]
    assert low <= found["headline"]["difference"]["value"] <= high


def test_known_phrases_are_easier_than_new_ones(found: dict[str, Any]) -> None:
    """What a careless split would report is in the evidence, too, under its own name."""
    assert value(found, "accuracy", "seen-templates", training.SERVED) > 0.85
    assert found["facts"]["seen_minus_held_out"] > 0


def test_nobody_scores_far_above_the_planted_noise(found: dict[str, Any], settings: Params) -> None:
    ceiling = 1 - settings.generator.label_noise
    for row in found["metrics"]:
        if row["name"] == "accuracy":
            assert row["value"] < ceiling + 0.03


def test_int8_and_fp32_give_the_same_labels(found: dict[str, Any]) -> None:
    assert found["facts"]["agreement"] >= 0.97
    assert found["facts"]["int8_agreement_test"] >= 0.95
    assert found["facts"]["int8_mb"] < 0.6 * found["facts"]["fp32_mb"]


def test_the_band_is_counted_out(found: dict[str, Any]) -> None:
    counts = found["threshold"]["confusion"]
    assert (
        counts["right"] + counts["wrong"] + counts["handed_over"] == found["data"]["split"]["sizes"]["test"]
    )
    assert "validation" in found["threshold"]["chosen_on"]
    band = [0.2, 0.8]
    assert is_answered(np.array([0.1, 0.2, 0.5, 0.8, 0.9]), band).tolist() == [True, True, False, True, True]


def test_abilities_are_counted_with_their_budgets(found: dict[str, Any]) -> None:
    rows = [row for row in found["metrics"] if row["name"] == "failure_rate"]
    assert {row["protocol"].partition(" ")[2] for row in rows} == {"(MFT)", "(INV)", "(DIR)"}
    for row in rows:
        assert row["n"] >= 100
        budget = float(row["note"].partition("%")[0]) / 100
        assert row["note"].endswith("kept" if row["value"] <= budget else "exceeded")


def test_slices_keep_quiet_when_small(found: dict[str, Any], settings: Params) -> None:
    assert {"length", "domain", "rating", "purchase"} <= {row["by"] for row in found["slices"]}
    for row in found["slices"]:
        if row["n"] < settings.evaluation.minimum_slice:
            assert (row["value"], row["ci95"]) == (None, None)


def test_what_it_costs_stands_beside_what_it_brings(found: dict[str, Any]) -> None:
    facts = found["facts"]
    for name in ("bert_ms", "tfidf_ms", "bert_mb", "tfidf_mb", "ms_ratio", "truncated_test"):
        assert facts[name] >= 0
    assert facts["kind"] == "smoke"


def test_the_quoted_sentence_is_the_measurement(found: dict[str, Any], settings: Params) -> None:
    facts = found["facts"]
    for length in settings.bench.tokens:
        assert f"{round(100 * facts[f'reduction_{length}'])} % at {length} tokens" in facts["bench_sentence"]
        low, high = facts[f"reduction_{length}_low"], facts[f"reduction_{length}_high"]
        assert low <= facts[f"reduction_{length}"] <= high


def test_the_quoted_sentence_has_no_minus_nothing() -> None:
    reductions = {
        f"reduction_16{end}": value for end, value in (("_low", -0.03), ("", -0.001), ("_high", 0.02))
    }
    facts = reductions | {"vnni": "with VNNI", "fp32_mb": 0.6, "int8_mb": 0.2, "agreement": 1.0}
    assert "by 0 % at 16 tokens (-3 to 2 %)" in bench.sentence(facts, (16,), 1)


def test_a_claim_that_does_not_hold_ends_in_status_one(
    evaluated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--claim", "99", "--tokens", "16,64", "--root", str(evaluated)]) == 1
    said = capsys.readouterr()
    assert "a reduction of 99 % is not shown at 16, 64 tokens: the interval begins at" in said.err
    assert "tokens: fp32 p50" in said.out


def test_a_claim_that_holds_ends_in_status_zero(evaluated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--claim", "-900", "--tokens", "16", "--root", str(evaluated)]) == 0
    assert "-900 % holds at all of 16 tokens" in capsys.readouterr().out


def test_the_interval_is_that_of_pairs() -> None:
    random = np.random.default_rng(1)
    slow = 10 + random.normal(0, 0.1, 400)
    low, high = bench._interval({"fp32": slow, "int8": 0.6 * slow}, 1)
    assert low <= 0.4 <= high
    assert high - low < 0.01


def test_reviews_of_others_are_measured_and_never_published(
    untrained: Path, settings: Params, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither as a mistake nor as the example of a failed ability: whoever owns them did not agree."""
    reviews = generate.reviews(400, 3, settings.generator)
    file = untrained / "theirs.txt"
    file.write_text("".join(f"{review.text}\t{review.label}\n" for review in reviews), encoding="utf-8")
    for verb in (["data", "--source", "labelled", "--file", str(file)], ["train"], ["evaluate"]):
        assert main([*verb, "--root", str(untrained)]) == 0, capsys.readouterr().err
    texts = [(untrained / name).read_text(encoding="utf-8") for name in (evidence.PATH, evaluate.MISTAKES)]
    assert all("not published" in text for text in texts)
    published = "".join(map(str, json.loads(texts[0])["facts"].values())) + texts[1]
    assert not [review.text for review in reviews if review.text[:40] in published]


def test_pictures_and_mistakes_are_there(evaluated: Path, found: dict[str, Any]) -> None:
    names = {"risk_coverage", "latency", "reliability", "behaviour", "slices"}
    paths = list((evaluated / charts.FOLDER).glob("*.png"))
    assert {path.stem for path in paths} == names
    for path in paths:
        assert path.stat().st_size < 120_000
        with Image.open(path) as picture:
            assert picture.size == (1280, 800)
    table = (evaluated / evaluate.MISTAKES).read_text(encoding="utf-8")
    assert table.count("\n| s0") == min(20, found["threshold"]["confusion"]["wrong_without_band"])


def test_evidence_is_for_the_stored_model(found: dict[str, Any], evaluated: Path) -> None:
    artifact = found["artifact"]
    assert (evaluated / artifact["path"]).stat().st_size == artifact["bytes"]
    assert str(evaluated) not in json.dumps(found)
