"""No review is learned from and tested on; nothing that tells the answer gets in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sentiment import params
from sentiment.__main__ import main
from sentiment.data import generate, ingestion
from sentiment.evaluation import measures
from sentiment.evaluation.protocols import Scored
from sentiment.model import baseline, split, training
from sentiment.portfolio.errors import DataError, ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from sentiment.data.reviews import Review
    from sentiment.params import Params


def products(reviews: list[Review]) -> set[str | None]:
    return {review.product for review in reviews}


def test_no_product_and_no_review_is_in_two_parts(parts: split.Parts) -> None:
    every = (parts.train, parts.validation, parts.test, parts.seen)
    assert sum(map(len, every)) == len({review.id for part in every for review in part})
    for place, one in enumerate(every):
        for other in every[place + 1 :]:
            assert not products(one) & products(other)


def test_the_test_part_uses_phrases_that_training_never_saw(parts: split.Parts) -> None:
    assert parts.protocol == split.HELD_OUT
    assert {review.phrases for review in parts.test} == {"held-out"}
    assert {review.phrases for review in (*parts.train, *parts.validation, *parts.seen)} == {"seen"}


def test_without_phrases_products_are_the_groups(settings: Params) -> None:
    made = [replace(review, phrases=None) for review in generate.reviews(2_000, 3, settings.generator)]
    parts = split.parts(made, settings)
    assert parts.protocol == split.GROUPED
    assert not products(parts.train) & products(parts.test)
    assert len(parts.test) / len(made) == pytest.approx(settings.split.test_share, abs=0.08)
    assert parts.seen == []


def test_without_products_each_text_stands_for_itself(settings: Params) -> None:
    made = [replace(r, phrases=None, product=None) for r in generate.reviews(2_000, 3, settings.generator)]
    assert split.parts(made, settings).protocol == split.BY_TEXT


def test_a_review_without_a_product_does_not_part_the_others(settings: Params) -> None:
    """One empty cell in a file of one's own must not let every product leak into the test."""
    made = [replace(review, phrases=None) for review in generate.reviews(2_000, 3, settings.generator)]
    lacking = [replace(review, product=None) for review in made[:50]]
    parts = split.parts([*lacking, *made[50:]], settings)
    assert parts.protocol == split.GROUPED
    assert not (products(parts.train) & products(parts.test)) - {None}
    scored = Scored(parts.protocol, parts.test, training.labels_of(parts.test), {})
    drawn = measures.groups(scored)
    alone = sum(review.product is None for review in parts.test)
    assert drawn is not None
    assert len(set(drawn)) == len(products(parts.test) - {None}) + alone


def test_a_review_that_is_added_moves_no_other(settings: Params) -> None:
    made = generate.reviews(1_000, 3, settings.generator)
    before = split.parts(made, settings)
    after = split.parts(
        [*made, replace(made[0], id="new", text="Something else entirely, and good.")], settings
    )
    assert {review.id for review in before.test} <= {review.id for review in after.test}


def test_training_reviews_that_repeat_a_tested_one_are_left_out(settings: Params) -> None:
    made = generate.reviews(1_000, 3, settings.generator)
    tested = split.parts(made, settings).test[0]
    seen = next(review for review in split.parts(made, settings).train)
    copied = replace(seen, id="copy", text=tested.text.upper() + "!")
    parts = split.parts([*made, copied], settings)
    assert parts.near_duplicates == 1
    assert "copy" not in {review.id for review in (*parts.train, *parts.validation)}


def test_too_few_reviews_are_refused(settings: Params) -> None:
    with pytest.raises(DataError, match=r"part has \d+ reviews under held-out-templates"):
        split.parts(generate.reviews(100, 3, settings.generator)[:60], settings)


def test_shuffled_labels_teach_nothing(parts: split.Parts) -> None:
    """A score far from one half would mean that the labels get in by another way."""
    labels = np.random.default_rng(1).permutation(training.labels_of(parts.train))
    model = baseline.fit([review.text for review in parts.train], labels, 1)
    score = model.predict([review.text for review in parts.test])
    assert measures.accuracy(training.labels_of(parts.test), score) == pytest.approx(0.5, abs=0.12)


def test_a_score_above_its_band_ends_in_status_one(
    copy_of_trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (copy_of_trained / "anchors.toml").read_text(encoding="utf-8")
    lines = [
        "low = 0.1"
        if line.startswith("low")
        else "high = 0.2"
        if line.startswith("high")
        else "expected = 0.15"
        if line.startswith("expected")
        else line
        for line in text.splitlines()
    ]
    (copy_of_trained / "anchors.toml").write_text("\n".join(lines), encoding="utf-8")
    assert main(["evaluate", "--root", str(copy_of_trained)]) == 1
    assert "above the band 0.1 to 0.2: suspect leakage" in capsys.readouterr().err
    assert main(["evaluate", "--accept-suspicious", "--root", str(copy_of_trained)]) == 0


def test_a_model_of_other_data_is_not_evaluated(copy_of_trained: Path) -> None:
    ingestion.ingest(copy_of_trained, params.load(copy_of_trained), ingestion.Wish(rows=1_500))
    from sentiment.evaluation import evaluate

    with pytest.raises(ModelError, match="was trained on other data"):
        evaluate.run(copy_of_trained, params.load(copy_of_trained))
