"""What `evaluate` writes down: complete, honest, of the stored model, and the lesson that it teaches."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from recommender import params
from recommender.__main__ import main
from recommender.data import contract, generate, ingestion
from recommender.data.interactions import ordered
from recommender.evaluation import charts, findings, measures, protocols, slices
from recommender.model import candidates, split, training
from recommender.portfolio import evidence, prose, store
from recommender.portfolio.files import sha256_of, write_atomic

if TYPE_CHECKING:
    from recommender.params import Params

RANKERS = ("item-knn", "als-implicit", "ease")
PER_MODEL = {"ndcg", "recall", "map", "coverage", "novelty_bits", "gini"}


@pytest.fixture(scope="module")
def found(evaluated: Path) -> dict[str, Any]:
    measured = evidence.read(evaluated)
    assert measured is not None
    return measured


def row(found: dict[str, Any], name: str, model: str, protocol: str = split.TEMPORAL) -> dict[str, Any]:
    (only,) = (
        one
        for one in found["metrics"]
        if (one["name"], one["model"], one["protocol"]) == (name, model, protocol)
    )
    return dict(only)


# ---- complete


def test_every_model_stands_under_every_protocol_with_every_figure(found: dict[str, Any]) -> None:
    for protocol in split.PROTOCOLS:
        for model in candidates.ORDER:
            names = {
                one["name"]
                for one in found["metrics"]
                if (one["model"], one["protocol"]) == (model, protocol)
            }
            assert names >= PER_MODEL
            assert ("ndcg_gain" in names) is (model != candidates.BASELINE)
            assert ("rmse" in names) is (model in candidates.RATING_MODELS)
            low, high = row(found, "ndcg", model, protocol)["ci95"]
            assert low <= row(found, "ndcg", model, protocol)["value"] <= high


def test_slices_are_quarters_of_the_judged_users(found: dict[str, Any]) -> None:
    for model in (found["headline"]["model"], candidates.BASELINE):
        rows = [one for one in found["slices"] if one["model"] == model]
        assert len(rows) == 4
        assert sum(one["n"] for one in rows) == row(found, "ndcg", model)["n"]


def test_pictures_are_there_and_small(evaluated: Path) -> None:
    paths = list((evaluated / charts.FOLDER).glob("*.png"))
    shown = {Path(figure["path"]).name for figure in prose.read_portfolio(evaluated)["figures"]}
    assert shown | {"lesson.png"} == {path.name for path in paths}
    for path in paths:
        assert path.stat().st_size < 120_000
        with Image.open(path) as picture:
            assert picture.size == (1280, 800)


# ---- honest


@pytest.fixture(scope="module")
def larger(settings: Params) -> protocols.Tested:
    """The rankers on ratings of 500 users and 700 films: enough for an interval to say something."""
    ratings = generate.interactions(500, 700, 1, settings.generator)[0]
    chosen = {
        "popularity": {},
        "item-knn": {"neighbours": 50.0},
        "als-implicit": {"factors": 16.0, "alpha": 2.0, "regularisation": 10.0},
        "ease": {"regularisation": 300.0},
    }
    return protocols.examine(ratings, split.TEMPORAL, settings, chosen)


@pytest.mark.parametrize("model", RANKERS)
def test_personal_models_beat_the_popular_list_interval_and_all(
    larger: protocols.Tested, settings: Params, model: str
) -> None:
    assert measures.difference(larger, model, settings).low > 0


def test_small_slices_keep_quiet(larger: protocols.Tested, settings: Params) -> None:
    """125 users a quarter: enough for thirty, too few for two hundred."""
    for minimum, quiet in ((30, False), (200, True)):
        strict = replace(settings, evaluation=replace(settings.evaluation, minimum_slice=minimum))
        for one in slices.by_activity(larger, "ease", strict):
            assert one["n"] == 125
            assert (one["value"] is None) is (one["ci95"] is None) is quiet


@pytest.mark.parametrize("model", RANKERS)
def test_personal_lists_are_broader_than_the_popular_one(found: dict[str, Any], model: str) -> None:
    assert row(found, "coverage", model)["value"] > row(found, "coverage", candidates.BASELINE)["value"]
    assert row(found, "gini", model)["value"] < row(found, "gini", candidates.BASELINE)["value"]


def test_the_headline_is_the_row_and_its_difference_is_paired(found: dict[str, Any]) -> None:
    headline = found["headline"]
    served, simple = (row(found, "ndcg", name)["value"] for name in (headline["model"], candidates.BASELINE))
    assert (headline["value"], headline["baseline"]["value"]) == (served, simple)
    assert headline["difference"]["value"] == pytest.approx(served - simple, abs=1e-5)
    assert headline["difference"]["ci95"][0] > 0


def test_chance_is_far_behind_everything_that_has_learned(found: dict[str, Any]) -> None:
    for model in (candidates.BASELINE, *RANKERS):
        assert row(found, "ndcg", model)["value"] > 2 * row(found, "ndcg", "random")["value"]


def test_the_lesson_a_good_guess_of_ratings_is_a_bad_list(found: dict[str, Any]) -> None:
    """Both guess ratings better than the mean does, and both rank behind the list that guesses none."""
    spread = float(found["facts"]["lesson"].split("| every rating is the mean | ")[1][:5])
    for model in candidates.RATING_MODELS:
        assert row(found, "rmse", model)["value"] < spread
        assert row(found, "ndcg_gain", model)["ci95"][1] < 0


def test_the_random_split_flatters(found: dict[str, Any]) -> None:
    assert found["facts"]["random_over_temporal"] > 1.1
    for model in RANKERS:
        by_time = row(found, "ndcg", model)["value"]
        assert row(found, "ndcg", model, split.RANDOM)["value"] > by_time


def test_the_sentences_are_the_figures(found: dict[str, Any]) -> None:
    facts = found["facts"]
    for protocol in split.PROTOCOLS:
        for model in candidates.ORDER:
            if model not in (candidates.BASELINE, "random"):
                won = row(found, "ndcg_gain", model, protocol)["ci95"][0] > 0
                lost = facts["verdict"].partition("Not shown to beat it: ")[2]
                assert won or model in lost
    best = row(found, "ndcg_gain", "ease")
    assert (
        f"| ease | {best['value']:+.3f} ({best['ci95'][0]:+.3f} to {best['ci95'][1]:+.3f}) |"
        in facts["gains"]
    )
    assert f"{row(found, 'rmse', 'mf-explicit')['value']:.3f} stars" in facts["lesson_in_short"]
    assert facts["choices"].count("| **") == len(facts["choices"].split("**")) // 2


def test_the_served_model_was_chosen_on_validation_data(trained: Path, found: dict[str, Any]) -> None:
    metadata = store.current(trained).metadata
    best = max(metadata["tried"], key=lambda one: float(one["ndcg"]))
    assert found["headline"]["model"] == metadata["model"] == best["model"]
    assert found["facts"]["validation_ndcg"] == pytest.approx(best["ndcg"], abs=1e-5)


# ---- of the stored model, and nothing else


def test_evidence_is_for_the_stored_model(found: dict[str, Any], evaluated: Path) -> None:
    artifact = found["artifact"]
    assert (evaluated / artifact["path"]).stat().st_size == artifact["bytes"]
    assert sha256_of((evaluated / artifact["path"]).read_bytes()) == artifact["sha256"]
    assert str(evaluated) not in json.dumps(found)


def test_a_second_run_finds_the_same_but_for_times(
    evaluated: Path, found: dict[str, Any], tmp_path: Path
) -> None:
    root = Path(shutil.copytree(evaluated, tmp_path / "again"))
    assert main(["evaluate", "--root", str(root)]) == 0
    again = evidence.read(root)
    assert again is not None
    assert {**again, "run": 0} == {**found, "run": 0}


def test_what_is_held_back_cannot_reach_the_model(trained: Path, tmp_path: Path) -> None:
    """A canary: with other items in everybody's test part, training gives the very same model."""
    root = Path(shutil.copytree(trained, tmp_path / "canary"))
    interactions, items, _ = ingestion.read(root)
    held_back = split.last_of_each(interactions, params.load(root).split.test_share)
    draw = np.random.default_rng(3)
    changed = interactions.item.copy()
    for user in range(len(interactions.users)):
        rows = np.flatnonzero((interactions.user == user) & held_back)
        past = interactions.item[(interactions.user == user) & ~held_back]
        unseen = np.setdiff1d(np.arange(len(items)), past)
        changed[rows] = draw.choice(unseen, len(rows), replace=False)
    assert (changed != interactions.item).mean() > 0.15
    columns = (interactions.user, changed, interactions.value, interactions.time)
    content = contract.write_ratings(ordered(interactions.users, interactions.items, columns))
    manifest = json.loads((root / ingestion.MANIFEST).read_text(encoding="utf-8"))
    write_atomic(root / ingestion.RATINGS, content)
    write_atomic(root / ingestion.MANIFEST, json.dumps(manifest | {"sha256": sha256_of(content)}))
    training.train(root, params.load(root))
    one, other = (store.current(place) for place in (trained, root))
    assert one.file(training.MODEL).read_bytes() == other.file(training.MODEL).read_bytes()
    assert one.metadata["tried"] == other.metadata["tried"]


def test_a_score_above_its_band_is_a_suspected_leak(
    evaluated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(shutil.copytree(evaluated, tmp_path / "suspect"))
    monkeypatch.setattr(findings, "BANDS_ARE_OF", (150, 200))
    band = (
        '[[anchor]]\nmetric = "ndcg"\nprotocol = "temporal-user"\nmodel = "popularity"\n'
        'source = "synthetic"\nlow = 0.0\nhigh = 0.01\nexpected = 0.005\nnote = "far too low"\n'
    )
    (root / "anchors.toml").write_text(band, encoding="utf-8")
    assert main(["evaluate", "--root", str(root)]) == 1
    assert "ndcg/temporal-user of popularity is" in capsys.readouterr().err
    assert main(["evaluate", "--accept-suspicious", "--root", str(root)]) == 0


def test_a_model_of_other_data_is_not_judged(
    copy_of_trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--users", "160", "--root", str(copy_of_trained)]) == 0
    assert main(["evaluate", "--root", str(copy_of_trained)]) == 1
    assert "was trained on other data; run `python -m recommender train` again" in capsys.readouterr().err
