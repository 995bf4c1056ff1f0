"""The figures, worked out by hand and held against libraries; and the sentences that are made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from helpdesk.data.tickets import OUT_OF_SCOPE, Ticket
from helpdesk.evaluation import curves, decisions, measures, searches, sentences, slices, tables
from helpdesk.evaluation.curves import Point
from helpdesk.portfolio.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk.params import Params

PAST = searches.Past(
    {
        "T1": "I forgot my password",
        "T2": "password reset link does not come",
        "T3": "printer is offline",
        "T4": "the printer prints blank pages",
        "T5": "vpn does not connect",
    },
    {"T1": "password", "T2": "password", "T3": "printer", "T4": "printer", "T5": "vpn"},
)


@pytest.fixture(scope="module")
def quick(settings: Params) -> Params:
    evaluation = replace(settings.evaluation, resamples=100, shots=(1, 2, 5), minimum_slice=2)
    return replace(settings, evaluation=evaluation)


# ---- measures


def test_places_hits_and_reciprocal_ranks_by_hand() -> None:
    relevant = np.array([[1, 0, 1], [0, 0, 1], [0, 0, 0], [0, 1, 1]], dtype=bool)
    places = measures.first_places(relevant)
    assert places.tolist() == [1, 3, 0, 2]
    assert measures.hits(places, 1).mean() == 0.25
    assert measures.hits(places, 2).mean() == 0.5
    assert measures.hits(places, 3).mean() == 0.75
    assert measures.reciprocal(places).mean() == pytest.approx((1 + 1 / 3 + 0 + 1 / 2) / 4)


def test_places_of_no_tickets_at_all_are_none() -> None:
    assert measures.first_places(np.zeros((2, 0), dtype=bool)).tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(5))
def test_macro_f1_is_that_of_scikit_learn(seed: int) -> None:
    draw = np.random.default_rng(seed)
    truth, guess = draw.integers(0, 9, 60), draw.integers(0, 12, 60)
    assert measures.macro_f1(truth, guess) == pytest.approx(f1_score(truth, guess, average="macro"))


def test_risk_and_coverage_by_hand_with_a_tie() -> None:
    right = np.array([True, False, True, False])
    confidence = np.array([0.9, 0.6, 0.6, 0.1])
    coverage, risk = measures.risk_coverage(right, confidence)
    assert coverage.tolist() == [0.25, 0.75, 1.0]
    assert risk.tolist() == [0.0, pytest.approx(1 / 3), 0.5]
    assert measures.area_under_risk(right, confidence) == pytest.approx(0.5 / 3 + 0.25 * 0.5)


def test_a_confidence_that_says_nothing_has_the_share_of_wrong_ones_as_area() -> None:
    right = np.array([True, False, False, False])
    assert measures.area_under_risk(right, np.full(4, 0.3)) == 0.75


def test_a_share_of_all_has_an_interval_that_is_not_a_point(quick: Params) -> None:
    found = measures.mean(np.ones(50), quick)
    assert found.value == found.high == 1.0
    assert found.low == pytest.approx(50 / (50 + 1.96**2))  # Wilson's, by hand


def test_one_class_alone_still_has_an_interval(quick: Params) -> None:
    truth, guess = np.zeros(40, dtype=np.int64), np.repeat([0, 1], 20)
    found = measures.measured(measures.accuracy, truth, guess, quick)
    assert found.low < found.value == 0.5 < found.high


def test_a_difference_is_paired(quick: Params) -> None:
    draw = np.random.default_rng(1)
    hard = draw.random(300)
    one, other = (hard < 0.6).astype(float), (hard < 0.55).astype(float)
    found = measures.difference(one, other, quick)
    assert found.value == pytest.approx(one.mean() - other.mean())
    apart = measures.mean(one, quick)
    assert found.high - found.low < (apart.high - apart.low) / 2
    assert measures.difference(one, one, quick) == Interval(0.0, 0.0, 0.0)


# ---- searches


def asked(*pairs: tuple[str, str]) -> Sequence[tuple[str, str]]:
    return pairs


def test_the_library_finds_what_shares_words_and_nothing_else(settings: Params) -> None:
    search = searches.library_bm25(PAST, settings.retrieval)
    assert set(search("printer")) == {"T3", "T4"}
    assert search("vpn") == ["T5"]
    assert search("espresso") == []
    assert search("???") == []


def test_a_ticket_without_words_is_no_obstacle(settings: Params) -> None:
    past = searches.Past({"T1": "!!!", "T2": "vpn down"}, {"T1": "", "T2": "vpn"})
    assert searches.library_bm25(past, settings.retrieval)("vpn") == ["T2"]


def test_ngrams_find_a_mistyped_word(settings: Params) -> None:
    assert searches.ngrams(PAST, settings.retrieval)("paswword")[0] in ("T1", "T2")


def test_places_are_those_of_the_first_ticket_about_the_topic() -> None:
    def search(question: str) -> list[str]:
        return ["T3", "T1", "T5"]

    questions = asked(("a", "printer"), ("b", "password"), ("c", "vpn"), ("d", OUT_OF_SCOPE))
    assert searches.places(search, questions, PAST, 3).tolist() == [1, 2, 3, 0]
    assert searches.places(search, questions, PAST, 2).tolist() == [1, 2, 0, 0]


def test_the_majority_is_the_same_list_for_everybody() -> None:
    questions = asked(("a", "vpn"), ("b", "password"), ("c", "printer"), ("d", "new"))
    assert searches.majority(questions, PAST, 3).tolist() == [3, 1, 2, 0]
    assert searches.majority(questions, PAST, 1).tolist() == [0, 1, 0, 0]


# ---- learning


def test_more_tickets_find_more(settings: Params, quick: Params) -> None:
    draw = np.random.default_rng(0)
    words = {f"topic{t}": [f"w{t}x{n}" for n in range(12)] for t in range(6)}

    def text(topic: str) -> str:
        return " ".join(draw.choice(words[topic], 3, replace=False))

    topics = {f"T{n:03d}": f"topic{n % 6}" for n in range(120)}
    past = searches.Past({ticket: text(topic) for ticket, topic in topics.items()}, topics)
    questions = [(text(topic), topic) for topic in words for _ in range(30)]
    whole = np.ones(len(questions)), None

    def learn(part: searches.Past) -> curves.Learned:
        return curves.Learned(searches.library_bm25(part, settings.retrieval), None)

    points = curves.curve(past, questions, quick, learn=learn, whole=whole)
    assert [(point.shots, point.tickets) for point in points] == [(1, 6), (2, 12), (5, 30), (20, 120)]
    values = [point.found.value for point in points]
    assert values == sorted(values)
    assert values[0] < 0.8 < values[-1]
    rows = curves.rows(points, len(questions))
    assert [row["protocol"] for row in rows] == ["1-shot", "2-shot", "5-shot"]


def test_the_topic_model_sees_the_drawn_tickets_and_no_other(quick: Params) -> None:
    seen = []

    def learn(part: searches.Past) -> curves.Learned:
        seen.append(sorted(part.topics.values()))
        return curves.Learned(lambda _: list(part.topics), lambda asked: ["password"] * len(asked))

    questions = asked(("forgot it", "password"), ("printer", "printer"))
    whole = np.ones(2), np.array([1.0, 0.0])
    points = curves.curve(PAST, questions, quick, learn=learn, whole=whole)
    assert seen == [["password", "printer", "vpn"]] * 2
    assert [point.guessed.value for point in points if point.guessed] == [0.5, 0.5]
    assert points[-1].found.value == 1


# ---- slices


def test_slices_by_hand(quick: Params) -> None:
    tickets = [
        Ticket("1", "a", queue="it", language="en", traits=("typo",)),
        Ticket("2", "b", queue="it", language="en", traits=("typo", "short")),
        Ticket("3", "c", queue="hr", language="en"),
        Ticket("4", "d", queue="hr", language="en"),
    ]
    places = {"hybrid": np.array([1, 2, 1, 1]), "bm25": np.array([0, 2, 1, 1])}
    rows = slices.by_kind(tickets, places, "time", quick, named=False)
    found = {(row["by"], row["group"]): (row["value"], row["n"]) for row in rows}
    assert found == {
        ("wording", "plain"): (1.0, 2),
        ("wording", "typo"): (0.5, 2),
        ("wording", "short"): (None, 1),  # too few to say anything
        ("queue", "hr"): (1.0, 2),
        ("queue", "it"): (0.5, 2),
        ("wording, bm25", "plain"): (1.0, 2),
        ("wording, bm25", "typo"): (0.0, 2),
        ("wording, bm25", "short"): (None, 1),
        ("queue, bm25", "hr"): (1.0, 2),
        ("queue, bm25", "it"): (0.0, 2),
    }


def test_the_weakest_topics_are_named_worst_first(quick: Params) -> None:
    topics = ["vpn", "vpn", "mail", "mail", "wifi", "wifi", "rare"]
    tickets = [Ticket(str(place), "a", intent=topic) for place, topic in enumerate(topics)]
    places = {"hybrid": np.array([1, 1, 2, 0, 1, 2, 0]), "bm25": np.array([1, 1, 1, 1, 1, 1, 1])}
    rows = slices.by_kind(tickets, places, "time", quick, named=True)
    found = [(row["group"], row["value"]) for row in rows if row["by"] == slices.WEAKEST]
    assert found == [("mail", 0.0), ("wifi", 0.5), ("vpn", 1.0)]  # one question of the rare one says nothing


# ---- decisions


@pytest.fixture
def decided() -> decisions.Decisions:
    """Six questions: four in scope, of which three have the right ticket first; two out of scope."""
    return decisions.Decisions(
        in_scope=np.array([1, 1, 1, 1, 0, 0], dtype=bool),
        right=np.array([1, 1, 1, 0, 0, 0], dtype=bool),
        confidence=np.array([0.9, 0.8, 0.4, 0.7, 0.1, 0.75]),
        similarity=np.array([0.3, 0.5, 0.2, 0.6, 0.4, 0.7]),
        answered=np.array([1, 1, 0, 1, 0, 1], dtype=bool),
        asked_back=np.array([0, 0, 1, 0, 0, 0], dtype=bool),
        shown=np.array([2, 3, 0, 1, 0, 1]),
        verbatim=np.array([2, 3, 0, 1, 0, 1]),
    )


def test_what_the_threshold_does_by_hand(decided: decisions.Decisions, quick: Params) -> None:
    rows = {row["name"]: row for row in decisions.of_threshold(decided, "time", quick)}
    values = {name: (row["value"], row["n"]) for name, row in rows.items()}
    assert values == {
        "answered": (0.75, 4),
        "accuracy_answered": (0.5, 4),
        "false_fallback": (0.25, 4),
        "oos_recall": (0.5, 2),
        "groundedness": (1.0, 7),
        "oos_auroc": (pytest.approx(6 / 8), 6),
        "area_under_risk": (pytest.approx((0 + 0 + 1 / 3 + 2 / 4 + 2 / 5 + 3 / 6) / 6), 6),
    }


def test_an_invented_sentence_shows(decided: decisions.Decisions, quick: Params) -> None:
    invented = replace(decided, verbatim=np.array([2, 2, 0, 1, 0, 1]))
    rows = {row["name"]: row for row in decisions.of_threshold(invented, "time", quick)}
    assert rows["groundedness"]["value"] == pytest.approx(6 / 7)


def test_without_answers_and_strangers_nothing_is_made_up(
    decided: decisions.Decisions, quick: Params
) -> None:
    nothing = replace(decided, in_scope=np.ones(6, dtype=bool), answered=np.zeros(6, dtype=bool))
    nothing = replace(nothing, shown=np.zeros(6, dtype=int), verbatim=np.zeros(6, dtype=int))
    names = {row["name"] for row in decisions.of_threshold(nothing, "time", quick)}
    assert names == {"answered", "false_fallback", "area_under_risk"}


def test_costs_and_outcomes_by_hand(decided: decisions.Decisions, quick: Params) -> None:
    cost = replace(quick.threshold, wrong_answer=5.0, person=1.0)
    metadata = {"threshold": 0.6, "chosen_on": "validation"}
    found = decisions.threshold(decided, metadata, replace(quick, threshold=cost))
    assert found["confusion"] == {
        "answered_right": 2,
        "answered_wrong": 1,
        "answered_out_of_scope": 1,
        "handed_over_though_right": 1,
        "handed_over_wrong": 0,
        "handed_over_out_of_scope": 1,
    }
    assert found["at"]["cost_per_100_chosen"] == pytest.approx(100 * (2 * 5 + 2 * 1) / 6)
    assert found["at"]["cost_per_100_always_answer"] == pytest.approx(100 * 3 * 5 / 6)
    assert found["at"]["cost_per_100_person"] == 100
    assert "| Out of scope | 1 | 1 |" in tables.outcomes(found)


def test_the_gain_of_a_better_order_is_above_nothing(decided: decisions.Decisions, quick: Params) -> None:
    found = decisions.gain_over_similarity(decided, quick)
    by_similarity = (1 + 2 / 2 + 2 / 3 + 3 / 4 + 3 / 5 + 3 / 6) / 6
    by_confidence = (0 + 0 + 1 / 3 + 2 / 4 + 2 / 5 + 3 / 6) / 6
    assert found.value == pytest.approx(by_similarity - by_confidence)
    assert decisions.gain_over_similarity(replace(decided, similarity=decided.confidence), quick).value == 0


# ---- sentences


def row(name: str, value: float, model: str = "hybrid", n: int = 100, spread: float = 0.1) -> dict[str, Any]:
    return {"name": name, "model": model, "value": value, "ci95": [value - spread, value + spread], "n": n}


@pytest.mark.parametrize(
    ("gains", "expected"),
    [
        (
            {"bm25": 0.2, "tfidf": 0.15},
            "is shown to be better than bm25 (+0.200, 95 % interval +0.100 to +0.300)",
        ),
        ({"bm25": 0.05}, "is not shown to differ from bm25 (+0.050"),
        ({"bm25": -0.2}, "is worse than bm25 (-0.200"),
        (
            {"bm25": 0.2, "tfidf": 0.0},
            "better than bm25 (+0.200, 95 % interval +0.100 to +0.300), and not shown to",
        ),
        ({}, "nothing to compare"),
    ],
)
def test_the_verdict_is_the_interval(gains: dict[str, float], expected: str) -> None:
    assert expected in sentences.verdict([row(f"gain_over_{other}", gain) for other, gain in gains.items()])


def test_the_threshold_in_words_leaves_out_what_was_not_measured() -> None:
    rows = [
        row("answered", 0.8),
        row("accuracy_answered", 0.95),
        row("false_fallback", 0.1),
        row("oos_recall", 0.9, n=50),
    ]
    assert sentences.at_threshold(rows) == (
        "At the threshold it answers 80.0% of the questions that past tickets can answer, and 95.0% of its "
        "answers are right; 10.0% it hands over though it had the right ticket. Of 50 questions out of scope "
        "90.0% are not answered."
    )
    assert "out of scope" not in sentences.at_threshold(rows[:3])


def test_learning_in_words_and_as_a_table() -> None:
    points = [
        Point(1, 24, Interval(0.4, 0.3, 0.5), None),
        Point(80, 2000, Interval(0.9, 0.85, 0.95), Interval(0.8, 0.7, 0.9)),
    ]
    assert sentences.learning_in_short(points) == (
        "With 1 past tickets of each topic the first ticket is right for 40.0% of the test questions, "
        "with all of them for 90.0%."
    )
    table = tables.learning(points)
    assert "| 1 | 24 | 0.400 (0.300 to 0.500) | n/a |" in table
    assert "| all | 2,000 | 0.900 (0.850 to 0.950) | 0.800 (0.700 to 0.900) |" in table


def test_redaction_in_words_and_as_a_table() -> None:
    table = tables.redaction({"email": 200, "phone": 100}, {"phone": 3})
    assert "| email | 200 | 0 | 1.000 |" in table
    assert "| phone | 100 | 3 | 0.970 |" in table
    assert tables.redaction({}, {}) == ""
    assert "not known here" in sentences.redaction_in_short([])


def test_predictions_stand_beside_the_most_common_guess() -> None:
    rows = [
        row("queue_accuracy", 0.8, "linear"),
        row("queue_macro_f1", 0.7, "linear"),
        row("queue_accuracy", 0.3, "majority"),
        row("queue_macro_f1", 0.1, "majority"),
    ]
    line = "| queue | 0.800 (0.700 to 0.900) | 0.300 | 0.700 (0.600 to 0.800) | 0.100 | 100 |"
    assert line in tables.predictions(rows)
    assert tables.predictions([]) == "These tickets have no labels that could be guessed."
