"""How sure it is: the regression, the features, the threshold; and that nonsense is never answered."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from helpdesk import params
from helpdesk.data import ingestion
from helpdesk.data.tickets import OUT_OF_SCOPE
from helpdesk.model import confidence, ordering, split
from helpdesk.model.confidence import Confidence, Logistic
from helpdesk.model.linear import Spread
from helpdesk.params import Threshold
from helpdesk.retrieval.index import Hit

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from helpdesk.model.decision import Decision
    from helpdesk.retrieval.index import TicketIndex
    from helpdesk.serving.predictor import Predictor

TOPICS = {"A1": "printer", "A2": "printer", "B1": "password", "N1": ""}
POOL = (
    Hit("A1", 0.6, {"bm25": 0.6}),
    Hit("A2", 0.5, {"bm25": 0.5}),
    Hit("B1", 0.2, {"bm25": 0.2}),
)
SPREAD = Spread({"printer": 0.7, "password": 0.3}, 0.4)


@pytest.fixture(scope="module")
def index(predictor: Predictor) -> TicketIndex:
    return predictor.index_of((ticket.id, ticket.question) for ticket in predictor.tickets())


# ---- gibberish


LETTERS = {
    "letters": string.ascii_lowercase,
    "capitals and digits": string.ascii_letters + string.digits,
    "digits": string.digits,
    "consonants": "bcdfghjklmnpqrstvwxz",
    "one key": "asdfjklö",
    "punctuation": string.punctuation,
    "emoji": "😀😂🔥👍🎉💡🚀🙈",
    "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "devanagari": "".join(map(chr, range(0x905, 0x93A))),
    "han": "".join(map(chr, range(0x4E00, 0x4F00))),
}


def gibberish(kind: str, draw: random.Random) -> str:
    return " ".join(
        "".join(draw.choices(LETTERS[kind], k=draw.randint(1, 12))) for _ in range(draw.randint(1, 8))
    )


@pytest.mark.parametrize("kind", LETTERS)
def test_gibberish_is_never_answered(kind: str, predictor: Predictor, index: TicketIndex) -> None:
    """A thousand strings in all; the draw has a fixed seed, the letters have none of the tickets' words."""
    draw = random.Random(f"gibberish {kind}")  # noqa: S311
    asked = [gibberish(kind, draw) for _ in range(1_000 // len(LETTERS) + 1)]
    answered = [text for text in asked if predictor.decide(text, index, predictor.intent_of).answer]
    assert answered == []


@pytest.mark.parametrize(
    "text", ["", " ", "?", "8", "2 b", "a", "\x00", "…", "1234 5678", "<b></b>", "\u202e"]
)
def test_what_says_nothing_has_no_confidence(text: str, predictor: Predictor, index: TicketIndex) -> None:
    assert predictor.decide(text, index, predictor.intent_of).confidence == 0


@given(st.text(max_size=300))
@hypothesis_settings(max_examples=100, deadline=None)
def test_any_text_gets_a_sound_decision(predictor: Predictor, index: TicketIndex, text: str) -> None:
    decision = predictor.decide(text, index, predictor.intent_of)
    assert 0 <= decision.confidence <= 1
    assert decision.answer == (decision.confidence >= predictor.threshold)
    assert not (decision.answer and decision.clarify)
    assert decision.hits or not (decision.answer or decision.clarify)


# ---- does it mean what it says, on questions of the test part


@pytest.fixture(scope="module")
def judged(
    trained: Path, predictor: Predictor
) -> tuple[list[Decision], NDArray[np.bool_], NDArray[np.bool_]]:
    """Decisions about test questions, whether the first ticket is right, and whether they are in scope."""
    tickets, manifest = ingestion.read(trained)
    parts = split.parts(tickets, manifest, params.load(trained))
    past = {ticket.id: ticket for ticket in split.findable(parts.past)}
    index = predictor.index_of((id_, ticket.question) for id_, ticket in past.items())
    found = [predictor.decide(ticket.question, index, lambda id_: past[id_].intent) for ticket in parts.test]
    right = [
        bool(one.hits) and past[one.hits[0].ticket].intent == ticket.intent
        for one, ticket in zip(found, parts.test, strict=True)
    ]
    return found, np.array(right), np.array([ticket.intent != OUT_OF_SCOPE for ticket in parts.test])


def test_sure_answers_are_righter_than_unsure_ones(
    judged: tuple[list[Decision], NDArray[np.bool_], NDArray[np.bool_]],
) -> None:
    found, right, _ = judged
    answered = np.array([one.answer for one in found])
    assert right[answered].mean() > right[~answered].mean() + 0.3
    assert right[answered].mean() > 0.8


def test_most_questions_out_of_scope_are_not_answered(
    judged: tuple[list[Decision], NDArray[np.bool_], NDArray[np.bool_]],
) -> None:
    found, _, inside = judged
    answered = np.array([one.answer for one in found])
    assert answered[inside].mean() > 2 * answered[~inside].mean()


def test_it_costs_less_than_either_always_answering_or_never(
    judged: tuple[list[Decision], NDArray[np.bool_], NDArray[np.bool_]], trained: Path
) -> None:
    found, right, _ = judged
    costs = params.load(trained).threshold
    answered = np.array([one.answer for one in found])
    cost = costs.wrong_answer * (answered & ~right).sum() + costs.person * (~answered).sum()
    assert cost < costs.wrong_answer * (~right).sum()
    assert cost < costs.person * len(right)


# ---- the regression


def test_it_is_that_of_scikit_learn_where_no_weight_is_below_nothing() -> None:
    draw = np.random.default_rng(1)
    features = draw.random((400, 3))
    right = draw.random(400) < 1 / (1 + np.exp(2.5 - features @ np.array([3.0, 1.0, 2.0])))
    ours = Logistic.fit(features, right)
    oracle = LogisticRegression(C=1e6, tol=1e-8).fit(features, right)
    assert np.allclose(ours.probabilities(features), oracle.predict_proba(features)[:, 1], atol=0.01)


def test_a_better_match_never_makes_it_less_sure() -> None:
    """In these data the second feature speaks against the answer: it is not listened to."""
    draw = np.random.default_rng(2)
    features = draw.random((300, 2))
    found = Logistic.fit(features, features[:, 0] - features[:, 1] > 0)
    assert found.weights[0] > 0
    assert found.weights[1] == 0


@pytest.mark.parametrize(("right", "expected"), [(True, 21 / 22), (False, 1 / 22)])
def test_where_all_are_equal_it_says_their_share(right: bool, expected: float) -> None:
    found = Logistic.fit(np.random.default_rng(0).random((20, 3)), np.full(20, right))
    assert found.probabilities(np.array([[0.0, 9.0, 1.0]]))[0] == pytest.approx(expected)


def test_separable_features_give_finite_weights() -> None:
    features = np.array([[0.0], [0.1], [0.9], [1.0]])
    found = Logistic.fit(features, np.array([False, False, True, True]))
    assert np.isfinite(found.weights).all()
    assert found.probabilities(features)[[0, 3]] == pytest.approx([0, 1], abs=0.05)


def test_arrays_bring_it_back(predictor: Predictor) -> None:
    again = Confidence.restore(predictor.sureness.arrays())
    for row in (np.array([0.4, 0.1, 0.9]), np.array([0.8, 0.2, 0.1, 0.9])):
        assert again.of(row) == predictor.sureness.of(row)


# ---- features


def test_features_by_hand() -> None:
    found = confidence.features("A1", POOL, 0.9, TOPICS.__getitem__, None)
    assert found == pytest.approx([0.6, 0.6 - 0.2, 0.9])  # A2 is about the same thing, so B1 is the rival
    found = confidence.features("B1", POOL, 0.9, TOPICS.__getitem__, SPREAD)
    assert found == pytest.approx([0.3, 0.4, 0.2 - 0.6, 0.9])


def test_a_ticket_without_intent_is_a_topic_of_its_own() -> None:
    pool = (Hit("N1", 0.8, {}), *POOL)
    found = confidence.features("N1", pool, 1.0, TOPICS.__getitem__, SPREAD)
    assert found == pytest.approx([0.8, 0.8 - 0.6, 1.0])


# ---- the order of the tickets


def test_the_intent_model_puts_the_likelier_ticket_first() -> None:
    spread = Spread({"printer": 0.1, "password": 0.9}, 1.0)
    found = ordering.reordered(POOL, TOPICS.__getitem__, spread, 0.5)
    assert [hit.ticket for hit in found] == ["B1", "A1", "A2"]
    assert found[0].score == pytest.approx(0.5 * 0.2 + 0.5 * 0.9)
    assert found[0].parts == {"bm25": 0.2, "intent": 0.9}


def test_nothing_is_held_against_a_ticket_without_intent() -> None:
    pool = (Hit("N1", 0.61, {}), *POOL)
    for spread in (SPREAD, Spread({"printer": 0.99, "password": 0.01}, 2.0)):
        assert ordering.reordered(pool, TOPICS.__getitem__, spread, 0.5)[0].ticket == "N1"


def test_without_a_model_or_a_weight_the_order_stays() -> None:
    assert ordering.reordered(POOL, TOPICS.__getitem__, None, 0.5) == list(POOL)
    assert ordering.reordered(POOL, TOPICS.__getitem__, SPREAD, 0.0) == list(POOL)


# ---- the threshold


def test_the_threshold_by_hand() -> None:
    sure = np.array([0.9, 0.8, 0.7, 0.6])
    right = np.array([True, True, False, True])
    # Answering 2 of 4: cost 2. All: cost 5. So where a wrong answer costs little, all are answered.
    assert confidence.threshold(sure, right, Threshold(5.0, 1.0, 0.5)) == pytest.approx(0.75)
    assert confidence.threshold(sure, right, Threshold(1.5, 1.0, 0.5)) == pytest.approx(0.3)


def test_where_every_answer_is_wrong_nothing_is_answered() -> None:
    assert confidence.threshold(np.array([0.9, 1.0]), np.array([False, False]), Threshold(5.0, 1.0, 0.5)) > 1


def test_equal_confidences_are_answered_together() -> None:
    sure, right = np.array([0.8, 0.8, 0.8, 0.2]), np.array([True, True, False, False])
    assert confidence.threshold(sure, right, Threshold(5.0, 1.0, 0.5)) > 0.8
    assert confidence.threshold(sure, right, Threshold(1.5, 1.0, 0.5)) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
@hypothesis_settings(max_examples=100, deadline=None)
def test_the_dearer_a_wrong_answer_the_higher_the_threshold(rows: list[tuple[float, bool]]) -> None:
    sure, right = np.array([one for one, _ in rows]), np.array([one for _, one in rows])
    found = [confidence.threshold(sure, right, Threshold(cost, 1.0, 0.5)) for cost in (1.5, 5.0, 50.0)]
    answered = [(sure >= one).sum() for one in found]
    assert answered == sorted(answered, reverse=True)
