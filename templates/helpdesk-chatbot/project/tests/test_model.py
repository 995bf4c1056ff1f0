"""What training stores and the service loads again."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from helpdesk import params
from helpdesk.data import ingestion
from helpdesk.data.tickets import OUT_OF_SCOPE, Ticket, to_bytes
from helpdesk.model import fitting, reference, split, training
from helpdesk.portfolio import store
from helpdesk.portfolio.errors import DataError, ModelMissing, ModelTampered
from helpdesk.portfolio.files import sha256_of
from helpdesk.retrieval.text import words
from helpdesk.serving.predictor import Predictor

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from helpdesk.model.decision import Decider
    from helpdesk.params import Params


@pytest.fixture(scope="module")
def own(trained: Path) -> Params:
    return params.load(trained)


@pytest.fixture(scope="module")
def parts(trained: Path, own: Params) -> split.Parts:
    return split.parts(*ingestion.read(trained), own)


def hits_of(decider: Decider, parts: split.Parts) -> NDArray[np.bool_]:
    """Return for each question in scope whether the first ticket is right."""
    past = {ticket.id: ticket for ticket in split.findable(parts.past)}
    index = decider.index_of((id_, ticket.question) for id_, ticket in past.items())
    found = [
        (decider.decide(ticket.question, index, lambda id_: past[id_].intent), ticket)
        for ticket in parts.test
        if ticket.intent != OUT_OF_SCOPE
    ]
    return np.array(
        [bool(one.hits) and past[one.hits[0].ticket].intent == ticket.intent for one, ticket in found]
    )


# ---- what is stored


def test_everything_that_was_tried_is_told_with_what_was_chosen(predictor: Predictor) -> None:
    tried = predictor.stored.metadata["tried"]
    by_kind: dict[str, list[dict[str, object]]] = {}
    for row in tried:
        by_kind.setdefault(row["what"], []).append(row)
    assert set(by_kind) == {"intent model", "queue model", "priority model", "search", "order of the tickets"}
    for rows in by_kind.values():
        chosen = [row for row in rows if row["chosen"]]
        assert len(chosen) == 1
        assert chosen[0]["value"] == max(float(str(row["value"])) for row in rows)


def test_the_mixture_adds_up(predictor: Predictor) -> None:
    weights = predictor.stored.metadata["weights"]
    assert sum(weights.values()) == pytest.approx(1)
    assert set(weights) <= {"bm25", "tfidf", "intent"}


def test_a_new_service_starts_with_every_resolved_ticket(trained: Path, predictor: Predictor) -> None:
    tickets, _ = ingestion.read(trained)
    assert predictor.tickets() == [ticket for ticket in tickets if ticket.is_resolved]
    some = predictor.tickets()[3]
    assert predictor.ticket(some.id) == some
    assert predictor.intent_of(some.id) == some.intent
    assert predictor.intent_of("no such ticket") == ""
    with pytest.raises(KeyError):
        predictor.ticket("no such ticket")


def test_the_model_says_what_it_was_trained_on(predictor: Predictor, parts: split.Parts) -> None:
    told = predictor.stored.metadata["trained_on"]
    assert told == {"protocol": "time", "rows": len(parts.past), "sha256": sha256_of(to_bytes(parts.past))}


def test_no_stored_file_can_run_code(predictor: Predictor) -> None:
    assert set(predictor.stored.files) == {
        training.MODEL,
        training.TICKETS,
        training.REFERENCE,
        store.METADATA,
    }
    for name in (training.MODEL, training.REFERENCE):
        with np.load(predictor.stored.file(name), allow_pickle=False) as file:
            assert all(file[one].dtype != object for one in file.files)


def test_training_again_gives_the_same_version_and_tells_its_progress_on_standard_error(
    copy_of_trained: Path, predictor: Predictor, capsys: pytest.CaptureFixture[str]
) -> None:
    said = training.train(copy_of_trained, params.load(copy_of_trained))
    assert store.current(copy_of_trained).version == predictor.stored.version
    assert predictor.stored.version in said
    told = capsys.readouterr()
    assert told.out == ""
    assert "on validation" in told.err


# ---- what is loaded


def test_a_loaded_model_decides_as_the_fitted_one(
    parts: split.Parts, own: Params, predictor: Predictor
) -> None:
    fitted = fitting.fit(parts, own).decider
    index = predictor.index_of((ticket.id, ticket.question) for ticket in predictor.tickets())
    for ticket in parts.test[:100]:
        one = fitted.decide(ticket.question, index, predictor.intent_of)
        other = predictor.decide(ticket.question, index, predictor.intent_of)
        assert other.hits == one.hits
        assert other.confidence == pytest.approx(one.confidence, abs=1e-9)
        assert (other.intent, other.queue, other.priority) == (one.intent, one.queue, one.priority)


def test_without_a_model_it_says_what_to_run(untrained: Path) -> None:
    with pytest.raises(ModelMissing, match="run 'train' first"):
        Predictor.load(untrained)


def test_a_changed_file_is_refused(copy_of_trained: Path) -> None:
    file = store.current(copy_of_trained).file(training.TICKETS)
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(ModelTampered, match=r"tickets\.jsonl"):
        Predictor.load(copy_of_trained)


def test_a_model_that_decides_otherwise_is_refused(copy_of_trained: Path) -> None:
    """The hashes fit, as after a change of the code or of a library: only the golden question tells."""
    stored = store.current(copy_of_trained)
    with np.load(stored.file(training.MODEL)) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["confidence.both"] = arrays["confidence.both"] + 0.5
    names = (training.TICKETS, training.REFERENCE)
    files = {name: stored.file(name).read_bytes() for name in names} | {training.MODEL: training.npz(arrays)}
    store.save(copy_of_trained, files, stored.metadata)
    with pytest.raises(ModelTampered, match="decides otherwise than in its training"):
        Predictor.load(copy_of_trained)


def test_an_empty_index_answers_nothing(predictor: Predictor) -> None:
    decision = predictor.decide("I forgot my password", predictor.index_of([]), lambda _: "")
    assert decision.hits == ()
    assert (decision.confidence, decision.similarity, decision.answer, decision.clarify) == (
        0,
        0,
        False,
        False,
    )
    assert decision.queue is not None  # whose matter it is can be guessed nevertheless


# ---- what was learned a minute ago


def test_a_ticket_that_was_just_learned_answers_its_question(
    parts: split.Parts, predictor: Predictor
) -> None:
    """Questions that no ticket could answer: each is resolved, asked again, and retracted."""
    past = {ticket.id: ticket for ticket in split.findable(parts.past)}
    index = predictor.index_of((id_, ticket.question) for id_, ticket in past.items())

    def intent_of(id_: str) -> str:
        return past[id_].intent if id_ in past else ""

    unknown = [
        ticket
        for ticket in parts.test
        if ticket.intent == OUT_OF_SCOPE and not predictor.decide(ticket.question, index, intent_of).answer
    ]
    real = [
        ticket for ticket in unknown if predictor.decide(ticket.question, index, intent_of).confidence > 0.05
    ]
    assert len(real) >= 10
    known = again = 0
    for ticket in real:
        index.add("learned", ticket.question)
        decision = predictor.decide(ticket.question, index, intent_of)
        known += decision.answer and decision.hits[0].ticket == "learned"
        index.retract("learned")
        again += predictor.decide(ticket.question, index, intent_of).answer
    assert known >= 0.95 * len(real)
    assert again == 0


# ---- canaries against leaks


def test_with_shuffled_topics_hardly_a_ticket_is_right(parts: split.Parts, own: Params) -> None:
    """Whatever finds right tickets when topics are drawn by lot has seen the answer."""
    draw = np.random.default_rng(0)

    def shuffled(tickets: tuple[Ticket, ...]) -> tuple[Ticket, ...]:
        inside = [ticket.intent for ticket in tickets if ticket.intent != OUT_OF_SCOPE]
        lot = iter(draw.permutation(inside).tolist())
        return tuple(
            ticket if ticket.intent == OUT_OF_SCOPE else replace(ticket, intent=next(lot))
            for ticket in tickets
        )

    past = shuffled(parts.past)
    intents = {ticket.id: ticket.intent for ticket in past}
    train = tuple(replace(ticket, intent=intents[ticket.id]) for ticket in parts.train)
    lost = replace(
        parts, train=train, past=past, validation=shuffled(parts.validation), test=shuffled(parts.test)
    )
    quick = replace(own, model=replace(own.model, regularisation=(1.0,)))
    right = hits_of(fitting.fit(lost, quick).decider, lost)
    topics = len({ticket.intent for ticket in past})
    assert right.mean() < 1 / topics + 4 * (1 / topics / len(right)) ** 0.5


@pytest.mark.parametrize(
    "field", ["resolution", "queue", "priority", "intent", "phrases", "resolved_at", "traits"]
)
def test_no_field_but_the_question_is_looked_at(field: str, parts: split.Parts, predictor: Predictor) -> None:
    """What is known only afterwards would give the answer away."""
    ticket = next(one for one in parts.test if one.intent != OUT_OF_SCOPE)
    changed: Any = {"resolved_at": 1, "traits": ("typo",)}.get(field, "something else entirely")
    assert replace(ticket, **{field: changed}).question == ticket.question
    told = reference.features(predictor, [replace(ticket, **{field: changed})], parts.past)
    before = reference.features(predictor, [ticket], parts.past)
    assert {name: array.tolist() for name, array in told.items()} == {
        name: array.tolist() for name, array in before.items()
    }


def test_the_vocabulary_has_no_word_of_answers_or_labels_alone(
    parts: split.Parts, predictor: Predictor
) -> None:
    said = {word for ticket in parts.past for word in words(ticket.question)}
    for model in predictor.guessers.values():
        single = {
            name for name in model.vocabulary.columns if not name.startswith("\x00") and " " not in name
        }
        assert single <= said


def test_the_test_part_changes_nothing_that_is_learned(
    trained: Path, own: Params, parts: split.Parts, predictor: Predictor
) -> None:
    """With other texts and topics after the cut, the same models come out, to the last bit."""
    tickets, manifest = ingestion.read(trained)
    first = min(ticket.created or 0 for ticket in parts.test)
    changed = [
        replace(ticket, body=f"{ticket.id} words", intent=parts.past[0].intent)
        if (ticket.created or 0) >= first
        else ticket
        for ticket in tickets
    ]
    other = split.parts(changed, manifest, own)
    assert other.test != parts.test
    arrays = training.arrays(fitting.fit(other, own).decider)
    with np.load(predictor.stored.file(training.MODEL), allow_pickle=False) as file:
        assert {name: file[name].tolist() for name in file.files} == {
            name: array.tolist() for name, array in arrays.items()
        }


# ---- data without labels


def test_tickets_without_labels_are_answered_all_the_same(trained: Path, own: Params) -> None:
    """An own export with questions and answers and nothing else: what one answer fits is one topic."""
    tickets, manifest = ingestion.read(trained)
    bare = [
        replace(ticket, intent="", queue="", priority="", phrases="")
        for ticket in tickets
        if ticket.intent != OUT_OF_SCOPE
    ]
    parts = split.parts(bare, replace(manifest, intents=0), own)
    fitted = fitting.fit(parts, own)
    assert fitted.decider.guessers == {}
    assert fitted.decider.settings.intent_weight == 0
    assert hits_of(fitted.decider, parts).mean() > 0.3
    arrays = training.arrays(fitted.decider)
    assert set(arrays) == {"confidence.search"}
    index = fitted.decider.index_of([("T1", "The printer on the third floor prints blank pages")])
    decision = fitted.decider.decide("The printer prints blank pages", index, lambda _: "")
    assert decision.hits[0].ticket == "T1"
    assert (decision.intent, decision.queue, decision.priority) == (None, None, None)


def test_training_without_tickets_says_what_to_run(untrained: Path) -> None:
    with pytest.raises(DataError, match="python -m helpdesk data"):
        training.train(untrained, params.load(untrained))


def test_a_model_that_other_code_has_stored_is_refused_in_a_line(copy_of_trained: Path) -> None:
    before = store.current(copy_of_trained)
    with np.load(before.file(training.MODEL), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if not name.endswith("idf")}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    files = {name: before.file(name).read_bytes() for name in before.files if name != store.METADATA}
    store.save(copy_of_trained, {**files, training.MODEL: buffer.getvalue()}, before.metadata)
    with pytest.raises(ModelTampered, match=r"not in the form that this code reads .*; train again"):
        Predictor.load(copy_of_trained)
