"""The linear models: what they learn, and what they say of texts that they do not know."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from projects import ROOT
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from helpdesk.model.linear import LinearText, Vocabulary
from helpdesk.retrieval.text import pairs, words

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOUNS = {
    "printer": ("toner", "paper", "tray", "cartridge", "duplex"),
    "access": ("password", "login", "account", "locked", "code"),
    "travel": ("flight", "hotel", "train", "receipt", "mileage"),
}


def texts(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Questions of three topics, each in two words of its topic and two of none."""
    draw = np.random.default_rng(seed)
    topics = [list(_NOUNS)[n % 3] for n in range(count)]
    said = [
        " ".join(
            [*draw.choice(_NOUNS[topic], 2), *draw.choice(["please", "today", "broken", "help", "my"], 2)]
        )
        for topic in topics
    ]
    return said, topics


def fitted(said: Sequence[str], topics: Sequence[str], regularisation: float = 1.0) -> LinearText:
    return LinearText.fit(said, topics, sizes=(3, 4), largest=10_000, regularisation=regularisation, seed=1)


@pytest.fixture(scope="module")
def model() -> LinearText:
    return fitted(*texts(120)).with_temperature(*texts(60, seed=1))


# ---- what it learns


def test_it_learns_topics(model: LinearText) -> None:
    said, topics = texts(60, seed=2)
    assert np.mean([one == other for one, other in zip(model.guesses(said), topics, strict=True)]) > 0.95


def test_it_overfits_a_few_texts() -> None:
    said = [f"text number{n} alpha{n * 7} beta{n * 3}" for n in range(20)]
    topics = [("a", "b", "c", "d")[n % 4] for n in range(20)]
    assert fitted(said, topics, 100.0).guesses(said) == topics


def test_with_shuffled_labels_it_is_no_better_than_chance() -> None:
    """A leak would show: whatever it learns by heart must not help with other texts."""
    said, topics = texts(300)
    shuffled = np.random.default_rng(3).permutation(topics).tolist()
    other, truth = texts(300, seed=4)
    right = np.mean(
        [one == two for one, two in zip(fitted(said, shuffled).guesses(other), truth, strict=True)]
    )
    assert right < 1 / 3 + 0.12


def test_the_same_seed_gives_the_same_model() -> None:
    one, other = fitted(*texts(90)), fitted(*texts(90))
    assert np.array_equal(one.weights, other.weights)
    assert one.vocabulary.columns == other.vocabulary.columns


def test_the_order_of_the_questions_does_not_matter(model: LinearText) -> None:
    said, _ = texts(30, seed=5)
    turned = model.probabilities(said[::-1])[::-1]
    assert np.allclose(model.probabilities(said), turned, atol=1e-9)
    alone = np.array([model.probabilities([one])[0] for one in said])
    assert np.allclose(model.probabilities(said), alone, atol=1e-6)


def test_two_labels_have_a_side_each() -> None:
    said, topics = texts(120)
    kept = [place for place, topic in enumerate(topics) if topic != "travel"]
    model = fitted([said[n] for n in kept], [topics[n] for n in kept])
    assert model.labels == ("access", "printer")
    assert model.guesses(["toner and paper", "password and login"]) == ["printer", "access"]
    assert np.allclose(model.distances(["toner"])[:, 0], -model.distances(["toner"])[:, 1], atol=1e-6)


# ---- probabilities


@given(st.text(max_size=200))
@hypothesis_settings(max_examples=50, deadline=None)
def test_any_text_has_probabilities_that_add_up(model: LinearText, text: str) -> None:
    found = model.probabilities([text])[0]
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(1)
    assert model.spread(text).probabilities == pytest.approx(dict(zip(model.labels, found, strict=True)))


def test_the_temperature_makes_probabilities_truer_and_changes_no_guess() -> None:
    said, topics = texts(90)
    noisy = [topic if n % 4 else "travel" for n, topic in enumerate(topics)]
    raw = fitted(said, noisy, 10.0)
    held, truth = texts(90, seed=6)
    place = [raw.labels.index(topic) for topic in truth]

    def surprise(model: LinearText) -> float:
        return float(-np.log(model.probabilities(held)[np.arange(90), place]).mean())

    warm = raw.with_temperature(held, truth)
    assert warm.guesses(held) == raw.guesses(held)
    assert surprise(warm) < surprise(raw)
    assert surprise(warm) <= surprise(raw.at(warm.temperature * 1.5))
    assert surprise(warm) <= surprise(raw.at(warm.temperature / 1.5))


def test_texts_that_are_all_guessed_rightly_do_not_make_it_certain(model: LinearText) -> None:
    held, truth = texts(60, seed=1)
    assert model.guesses(held) == truth
    assert model.probabilities(held).max(axis=1).mean() < 0.999


def test_labels_that_it_does_not_know_leave_the_temperature_as_it_is(model: LinearText) -> None:
    assert model.with_temperature(["anything"], ["a new topic"]).temperature == model.temperature


def test_a_known_word_among_unknown_ones_says_less_than_alone(model: LinearText) -> None:
    alone, among = model.spread("toner"), model.spread("toner xkqz wvvr qqhj zzkt pfff")
    assert among.farthest < alone.farthest
    assert among.probabilities["printer"] < alone.probabilities["printer"]


# ---- features: an oracle


def test_word_weights_are_those_of_scikit_learn() -> None:
    """The words' block is TF-IDF with sublinear counts, brought to length 1."""
    said = ["the printer the tray", "a tray of paper", "paper paper paper jam"]
    vocabulary = Vocabulary.of(said, (3,), 10_000)
    names = [name for name in vocabulary.columns if not name.startswith("\x00")]
    ours = vocabulary.matrix(said).toarray()[:, [vocabulary.columns[name] for name in names]]
    oracle = TfidfVectorizer(
        analyzer=lambda text: [*words(text), *pairs(words(text))], sublinear_tf=True, vocabulary=names
    )
    assert np.allclose(ours, oracle.fit_transform(said).toarray(), atol=1e-6)


def test_distances_are_those_of_scikit_learn() -> None:
    said, topics = texts(90)
    model = fitted(said, topics)
    matrix = model.vocabulary.matrix(said)
    oracle = LinearSVC(C=1.0, random_state=1).fit(matrix, topics)
    assert list(oracle.classes_) == list(model.labels)
    assert np.allclose(oracle.decision_function(matrix), model.distances(said), atol=1e-4)


def test_the_vocabulary_keeps_what_most_texts_have() -> None:
    said = ["alpha beta", "alpha gamma", "alpha beta delta"]
    kept = list(Vocabulary.of(said, (9,), 3).columns)
    assert "alpha" in kept
    assert "delta" not in kept
    assert len(kept) == 3


def test_case_accents_and_punctuation_are_not_features() -> None:
    vocabulary = Vocabulary.of(texts(30)[0], (3, 4), 10_000)
    one, other = vocabulary.matrix(["Password, LOCKED!"]), vocabulary.matrix(["pässword locked"])
    assert one.nnz > 0
    assert (one - other).nnz == 0


# ---- files


def test_arrays_bring_the_same_model_back(model: LinearText) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **model.arrays())
    with np.load(io.BytesIO(buffer.getvalue()), allow_pickle=False) as file:
        again = LinearText.restore({name: file[name] for name in file.files})
    said, _ = texts(30, seed=7)
    assert np.array_equal(again.probabilities(said), model.probabilities(said))
    assert again.labels == model.labels


def test_guessing_needs_no_scikit_learn() -> None:
    """Nothing that serves may import it: it is large, slow to load, and not needed."""
    code = "import sys; import helpdesk.serving.predictor; sys.exit('sklearn' in sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    assert subprocess.run([sys.executable, "-c", code], env=env, check=False).returncode == 0
