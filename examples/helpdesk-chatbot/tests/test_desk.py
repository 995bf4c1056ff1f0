"""The rules of the desk: what is answered, asked back, handed over, remembered and forgotten."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from desks import KNOWN, LEARNED, RESOLUTION, REWORDED, SUBJECT, UNKNOWN, desk_of
from sqlalchemy import event
from sqlmodel import select, update

from helpdesk.data.printable import printable
from helpdesk.model.decision import Decider
from helpdesk.serving import answers, conversations, followups, past_tickets
from helpdesk.serving.predictor import Predictor
from helpdesk.serving.refusals import BadInput, Conflict, NotAllowed, NotFound, Unavailable
from helpdesk.serving.tables import (
    AnswerRow,
    CitationRow,
    ConversationRow,
    FeedbackRow,
    HandoverRow,
    MessageRow,
    TicketRow,
)
from helpdesk.serving.transactions import reading, writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk.serving.desk import Desk


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/helpdesk.db"


@pytest.fixture
def desk(trained: Path, predictor: Predictor, database: str) -> Iterator[Desk]:
    with desk_of(trained, predictor, database) as opened:
        yield opened


def age(desk: Desk, seconds: int) -> None:
    """Let all conversations be as much older."""
    with writing(desk.engine) as session:
        session.exec(update(ConversationRow).values(last_at=past_tickets.now() - seconds))


# ---- answers


def test_an_answer_quotes_its_ticket_word_by_word(desk: Desk) -> None:
    reply = desk.ask(KNOWN)
    assert reply.message.kind == "answer"
    assert reply.message.confidence is not None
    assert reply.message.confidence >= desk.predictor.threshold
    assert 1 <= len(reply.message.sentences) <= desk.params.service.sentences
    for sentence in reply.message.sentences:
        assert sentence.text in desk.ticket(sentence.ticket).resolution
    assert reply.message.text == " ".join(sentence.text for sentence in reply.message.sentences)
    assert reply.feedback_token


def test_what_is_shown_is_what_was_kept(desk: Desk) -> None:
    reply = desk.ask(KNOWN)
    found = desk.conversation(reply.conversation)
    assert [message.who for message in found.messages] == ["visitor", "assistant"]
    assert found.messages[0].text == KNOWN
    assert found.messages[1] == reply.message
    assert not found.waiting
    assert desk.conversation(reply.conversation, after=found.messages[0].id).messages == (reply.message,)


@pytest.mark.parametrize(
    "resolution",
    [
        "Hello,\n{}\nKind regards\nYour service desk",
        "Hello and thank you for your message. {}\nBest wishes",
        "Dear Ms. Miller,\n\n{}\n\nPlease write again if it does not help.\nService desk",
        "Guten Tag Frau Müller,\n{}\nMit freundlichen Grüßen\nIhr Support-Team",
        "{}",
    ],
)
def test_greeting_and_signature_are_no_answer(resolution: str) -> None:
    said = "Open the portal, e.g. version 2.1 of it. Choose 'Forgot password'."
    found = answers.extract(resolution.format(said), "t1", 5)
    assert [one.text for one in found] == [
        "Open the portal, e.g. version 2.1 of it.",
        "Choose 'Forgot password'.",
    ]


@pytest.mark.parametrize("resolution", ["Hello,", "Kind regards\nAnna", "Thanks!", "Hello, the end"])
def test_of_a_resolution_something_is_always_left(resolution: str) -> None:
    (found,) = answers.extract(resolution, "t1", 1)
    assert found.text in resolution


def test_a_name_at_the_start_of_a_sentence_is_no_greeting() -> None:
    text = "Hi there the printer on the third floor is in order again."
    assert [one.text for one in answers.extract(text, "t1", 3)] == [text]


def test_what_was_not_understood_is_asked_back_or_not_known(desk: Desk) -> None:
    reply = desk.ask(UNKNOWN)
    assert reply.message.kind in ("clarify", "unknown")
    assert reply.message.text in (answers.CLARIFY, answers.UNKNOWN)
    assert not reply.message.sentences
    assert reply.feedback_token is None
    assert len(reply.message.topics) <= 3
    assert bool(reply.message.topics) == (reply.message.kind == "clarify")


def test_topics_are_subjects_of_tickets_of_different_intents(
    copy_of_trained: Path, predictor: Predictor, tmp_path: Path
) -> None:
    never = replace(predictor.settings, threshold=1.01, clarify_from=1e-9)  # so that all is asked back
    hesitant = Predictor(predictor.stored, Decider(never, predictor.guessers, predictor.sureness))
    with desk_of(copy_of_trained, hesitant, f"sqlite:///{tmp_path}/hesitant.db") as desk:
        found = [
            desk.ask(text).message for text in ("my invoice", "it is broken", "account", "access", "order")
        ]
    assert {message.kind for message in found} == {"clarify"}
    for message in found:
        assert 1 <= len(message.topics) <= 3
        assert len(set(map(str.casefold, message.topics))) == len(message.topics)


# ---- persons


def test_the_second_reply_in_a_row_that_is_no_answer_hands_over(desk: Desk) -> None:
    first = desk.ask(UNKNOWN)
    assert first.handover is None
    second = desk.ask(REWORDED, first.conversation)
    assert second.message.kind == "handed over"
    handover, messages = desk.handover(second.handover or 0)
    assert handover.open
    assert handover.question == f"{UNKNOWN}\n{REWORDED}"
    assert [message.text for message in messages if message.who == "visitor"] == [UNKNOWN, REWORDED]
    assert handover.queue is not None
    assert desk.conversation(first.conversation).waiting


def test_an_answer_in_between_starts_the_count_again(desk: Desk) -> None:
    token = desk.ask(UNKNOWN).conversation
    assert desk.ask(KNOWN, token).message.kind == "answer"
    assert desk.ask(UNKNOWN, token).message.kind in ("clarify", "unknown")
    assert desk.waiting() == 0


def test_a_person_is_asked_once_for_each_conversation(desk: Desk) -> None:
    token = desk.ask(UNKNOWN).conversation
    numbers = {desk.hand_over(token).handover for _ in range(3)}
    assert len(numbers) == 1
    assert desk.ask(REWORDED, token).message.text == answers.STILL_WAITING
    assert desk.waiting() == 1


def test_a_conversation_in_which_nothing_was_asked_has_nothing_to_hand_over(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no such conversation"):
        desk.hand_over("forged")
    with writing(desk.engine) as session:
        _, token = conversations.begin(session)
    with pytest.raises(Conflict, match="ask your question first"):
        desk.hand_over(token)


def test_two_at_once_make_one_handover(desk: Desk) -> None:
    token = desk.ask(UNKNOWN).conversation
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: desk.hand_over(token).handover, range(8)))
    assert len(set(found)) == 1
    assert desk.waiting() == 1


def test_beyond_the_limit_nobody_is_handed_over(trained: Path, predictor: Predictor, database: str) -> None:
    with desk_of(trained, predictor, database, handovers_open=1) as desk:
        desk.hand_over(desk.ask(UNKNOWN).conversation)
        token = desk.ask(UNKNOWN).conversation
        reply = desk.ask(REWORDED, token)
        assert (reply.message.kind, reply.message.text) == ("unknown", answers.TOO_MANY)
        with pytest.raises(Unavailable, match="come back later"):
            desk.hand_over(token)
        assert desk.waiting() == 1


def test_a_persons_reply_reaches_the_conversation_and_is_learned(desk: Desk) -> None:
    token = desk.ask(UNKNOWN).conversation
    number = desk.hand_over(token).handover or 0
    ticket = desk.resolve(number, subject=SUBJECT, resolution=RESOLUTION, queue="facilities")
    found = desk.conversation(token)
    assert not found.waiting
    assert (found.messages[-1].kind, found.messages[-1].text) == ("person", RESOLUTION)
    assert ticket in desk.learned()
    assert desk.handover(number)[0].ticket == ticket.id
    assert desk.ask(UNKNOWN).message.text == LEARNED
    with pytest.raises(Conflict, match="resolved already"):
        desk.resolve(number, subject=SUBJECT, resolution=RESOLUTION)


def test_two_agents_who_resolve_at_once_make_one_ticket(desk: Desk) -> None:
    number = desk.hand_over(desk.ask(UNKNOWN).conversation).handover or 0
    outcomes: list[str] = []

    def resolve(name: int) -> None:
        try:
            outcomes.append(desk.resolve(number, subject=f"{SUBJECT} {name}", resolution=RESOLUTION).id)
        except Conflict:
            outcomes.append("refused")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(resolve, range(4)))
    assert sorted(outcomes) == ["desk-1", "refused", "refused", "refused"]
    assert len(desk.learned()) == 1


# ---- memory


def test_a_follow_up_is_understood_with_the_question_before(desk: Desk) -> None:
    said = "On a tablet, get the plesiosaur tracker from the software centre."
    body = "How do I install the plesiosaur tracker on a tablet?"
    desk.add(subject="Plesiosaur tracker on a tablet", body=body, resolution=said)
    token = desk.ask("How do I install the plesiosaur tracker?").conversation
    assert desk.ask("and on a tablet?").message.kind != "answer"
    assert desk.ask("and on a tablet?", token).message.text == said
    with reading(desk.engine) as session:
        asked = session.exec(select(MessageRow).where(MessageRow.text == "and on a tablet?")).all()
    assert [one.follows for one in asked] == [False, True]


def test_of_two_tickets_the_follow_up_decides(desk: Desk) -> None:
    for device in ("laptop", "tablet"):
        body = f"How do I install the plesiosaur tracker on a {device}?"
        desk.add(
            subject=f"The tracker on a {device}",
            body=body,
            resolution=f"As always on a {device}.",
            ticket=device,
        )
    before = ["How do I install the plesiosaur tracker on a laptop?"]
    index = desk.learning.index()
    assert index.search(followups.together(before, "and on a tablet?"), 1)[0].ticket == "tablet"


@pytest.mark.parametrize(
    "text", ["and qwxz vbnm?", "qwxz vbnm", "What is the capital of France?", "and pizza?"]
)
def test_what_has_nothing_to_do_with_the_question_before_does_not_get_its_answer(
    desk: Desk, text: str
) -> None:
    token = desk.ask(KNOWN).conversation
    assert desk.ask(text, token).message.kind != "answer"


def test_after_a_while_the_question_before_is_forgotten(desk: Desk) -> None:
    first = desk.ask(UNKNOWN)
    age(desk, 60 * desk.params.service.memory_minutes + 5)
    assert desk.conversation(first.conversation).over
    later = desk.ask(REWORDED, first.conversation)
    assert later.conversation != first.conversation
    assert later.handover is None  # it would be the second in a row, had it been remembered
    assert len(desk.conversation(later.conversation).messages) == 2


def test_a_conversation_that_waits_for_a_person_goes_on_without_memory(desk: Desk) -> None:
    token = desk.ask(UNKNOWN).conversation
    desk.hand_over(token)
    age(desk, 60 * desk.params.service.memory_minutes + 5)
    assert not desk.conversation(token).over
    assert desk.ask(KNOWN, token).conversation == token
    with reading(desk.engine) as session:
        age(desk, 60 * desk.params.service.memory_minutes + 5)
        assert conversations.talk(session, token, desk.params.service.memory_minutes) == conversations.Talk()


def test_old_transcripts_are_deleted_and_votes_stay(
    trained: Path, predictor: Predictor, database: str
) -> None:
    with desk_of(trained, predictor, database) as desk:
        old, kept = desk.ask(KNOWN), desk.ask(UNKNOWN)
        desk.feedback(old.message.id, old.feedback_token or "", helpful=True)
        desk.hand_over(kept.conversation)
        age(desk, 86_400 * desk.params.service.keep_days + 5)
    with desk_of(trained, predictor, database) as desk:
        new = desk.ask(KNOWN)  # which is when the desk looks
        with pytest.raises(NotFound):
            desk.conversation(old.conversation)
        assert len(desk.conversation(kept.conversation).messages) == 3  # a person was asked
        assert len(desk.conversation(new.conversation).messages) == 2
        assert new.message.id > old.message.id
        assert desk.ticket(old.message.sentences[0].ticket).up == 1
        desk.undo_feedback(old.message.id, old.feedback_token or "")
        assert desk.ticket(old.message.sentences[0].ticket).up == 0


# ---- what may come in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "text is empty"),
        (" \n\t ", "text is empty"),
        ("\0\x01\u202e", "text is empty"),
        ("\ud800", "text is empty"),
        ("a" * 10_000, "text has 10,000 characters; at most 4,000 are taken"),
    ],
)
def test_what_is_no_question_is_refused_by_name(desk: Desk, text: str, expected: str) -> None:
    with pytest.raises(BadInput, match=expected) as refused:
        desk.ask(text)
    assert refused.value.field == "text"
    with reading(desk.engine) as session:
        assert session.exec(select(MessageRow)).first() is None


@pytest.mark.parametrize(
    "text", ["?", "🙂", "ÄÖÜ ß", "日本語で書かれた質問です", "שלום, הסיסמה שלי", "[email]", "a" * 4_000]
)
def test_any_other_text_is_a_question(desk: Desk, text: str) -> None:
    reply = desk.ask(text)
    assert desk.conversation(reply.conversation).messages[0].text == text
    assert reply.message.kind in ("clarify", "unknown")


def test_personal_data_reach_neither_database_nor_index(desk: Desk, tmp_path: Path) -> None:
    token = desk.ask(f"{UNKNOWN} Write to jane.roe@example.com or call +44 20 7946 0958.").conversation
    number = desk.hand_over(token).handover or 0
    desk.resolve(
        number, subject="For jane.roe@example.com", resolution="Password: hunter2secret. It was in 1823."
    )
    desk.add(
        subject="A card", body="My card is 4111 1111 1111 1111.", resolution="Write to jane.roe@example.com."
    )
    desk.edit("desk-1", resolution="The IBAN is DE89370400440532013000.")
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        for secret in (b"jane.roe", b"7946", b"hunter2", b"4111 1111", b"DE8937"):
            assert secret not in content, (file.name, secret)
    assert "[email]" in desk.handover(number)[0].question
    index = desk.learning.index()
    assert index.known_share("plesiosaur") == 1
    assert index.known_share("hunter2secret DE89370400440532013000 roe") == 0


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert printable("a\x1b[31mb\x9b2J\r\nc\u202e") == "a [31mb 2J\nc "


# ---- tickets


def test_a_new_desk_knows_the_models_tickets_once(trained: Path, predictor: Predictor, database: str) -> None:
    with desk_of(trained, predictor, database) as desk:
        known = desk.known()
        assert known == len(predictor.tickets())
        desk.retract(predictor.tickets()[0].id)
        assert desk.known() == known - 1
    with desk_of(trained, predictor, database) as desk:  # what was changed stays so
        assert desk.known() == known - 1


def test_an_edited_ticket_answers_in_its_new_words_and_a_retracted_one_not_at_all(desk: Desk) -> None:
    ticket = desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION)
    assert desk.ask(UNKNOWN).message.text == LEARNED
    desk.edit(ticket.id, resolution="It was found in 1824.")
    assert desk.ask(UNKNOWN).message.text == "It was found in 1824."
    assert desk.retract(ticket.id).retracted
    assert desk.ask(UNKNOWN).message.kind != "answer"
    assert ticket.id in [one.id for one in desk.find("plesiosaur")]  # so that it can be restored
    desk.restore(ticket.id)
    assert desk.ask(UNKNOWN).message.text == "It was found in 1824."
    what = [change.what for change in desk.audit()]
    assert what == ["ticket added", "ticket edited", "ticket retracted", "ticket restored"]
    edited = desk.audit()[1]
    assert edited.before is not None
    assert edited.after is not None
    assert (edited.before["resolution"], edited.after["resolution"]) == (RESOLUTION, "It was found in 1824.")


def test_what_changes_nothing_is_not_in_the_audit(desk: Desk) -> None:
    ticket = desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION)
    desk.edit(ticket.id, subject=SUBJECT)
    desk.restore(ticket.id)
    assert len(desk.audit()) == 1


def test_a_ticket_that_was_cited_and_retracted_is_no_source_any_more(desk: Desk) -> None:
    reply = desk.ask(KNOWN)
    cited = [sentence.ticket for sentence in reply.message.sentences]
    assert set(desk.sources(cited)) == set(cited)
    desk.retract(cited[0])
    assert cited[0] not in desk.sources(cited)
    assert desk.conversation(reply.conversation).messages[1].sentences == reply.message.sentences


def test_an_id_comes_once(desk: Desk) -> None:
    desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION, ticket="mine/1")
    with pytest.raises(Conflict, match="of this id is there already"):
        desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION, ticket="mine/1")
    with pytest.raises(NotFound, match="no such ticket"):
        desk.edit("other", subject=SUBJECT)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("subject", "", "subject is empty"),
        ("subject", "s" * 201, "subject has 201 characters; at most 200"),
        ("body", " ", "body is empty"),
        ("resolution", "r" * 20_001, "resolution has 20,001 characters; at most 20,000"),
        ("queue", "<b>it</b>", "queue is no name"),
        ("priority", "p" * 65, "priority is no name"),
        ("ticket", "two\nlines", "ticket is no id"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(desk: Desk, field: str, value: str, expected: str) -> None:
    good = {"subject": SUBJECT, "body": UNKNOWN, "resolution": RESOLUTION}
    with pytest.raises(BadInput, match=expected):
        desk.add(**(good | {field: value}))
    assert not desk.learned()


def test_the_index_is_that_of_a_fresh_start_whatever_was_done(
    trained: Path, predictor: Predictor, database: str
) -> None:
    questions = [KNOWN, UNKNOWN, REWORDED, "vpn", "my invoice is wrong"]
    with desk_of(trained, predictor, database) as desk:
        some = [ticket.id for ticket in predictor.tickets()[:6]]
        desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION, ticket="new")
        desk.edit(some[0], body=UNKNOWN)
        desk.retract(some[1])
        desk.retract(some[2])
        desk.restore(some[2])
        for text in questions:
            reply = desk.ask(text)
            if reply.feedback_token:
                desk.feedback(reply.message.id, reply.feedback_token, helpful="vpn" not in text)
        grown = [desk.learning.index().search(text, 10) for text in questions]
    with desk_of(trained, predictor, database) as desk:
        rebuilt = [desk.learning.index().search(text, 10) for text in questions]
    assert [[hit.ticket for hit in hits] for hits in grown] == [
        [hit.ticket for hit in hits] for hits in rebuilt
    ]
    for hits, others in zip(grown, rebuilt, strict=True):
        assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in others], abs=1e-5)


def test_another_process_on_the_same_database_is_followed(
    trained: Path, predictor: Predictor, database: str
) -> None:
    with desk_of(trained, predictor, database) as one, desk_of(trained, predictor, database) as other:
        assert other.ask(UNKNOWN).message.kind != "answer"
        ticket = one.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION)
        reply = other.ask(UNKNOWN)
        assert reply.message.text == LEARNED
        one.retract(ticket.id)
        assert other.ask(UNKNOWN).message.kind != "answer"


def test_without_any_ticket_nothing_is_known(trained: Path, predictor: Predictor, database: str) -> None:
    with desk_of(trained, predictor, database) as desk, writing(desk.engine) as session:
        session.exec(update(TicketRow).values(retracted=True))
    with desk_of(trained, predictor, database) as desk:
        assert desk.known() == 0
        assert desk.ask(KNOWN).message.kind == "unknown"
        desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION)
        assert desk.known() == 1


# ---- the database fails


def test_a_locked_database_refuses_and_keeps_nothing_twice(
    trained: Path, predictor: Predictor, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.asgi.database._BUSY_MS", 50)
    with desk_of(trained, predictor, database) as desk:
        reply = desk.ask(KNOWN)
        with desk.engine.connect() as other:
            other.exec_driver_sql("ROLLBACK")
            other.exec_driver_sql("BEGIN EXCLUSIVE")
            for change in (
                lambda: desk.ask(UNKNOWN),
                lambda: desk.feedback(reply.message.id, reply.feedback_token or "", helpful=True),
                lambda: desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION),
            ):
                with pytest.raises(Unavailable, match="the database is locked by another program"):
                    change()
            other.exec_driver_sql("ROLLBACK")
        assert desk.ask(UNKNOWN).message.kind != "answer"  # the ticket was not added
        assert not desk.audit()
        desk.feedback(reply.message.id, reply.feedback_token or "", helpful=True)
        assert len(desk.audit()) == 1


def test_a_full_disk_refuses_and_loses_nothing(trained: Path, predictor: Predictor, database: str) -> None:
    """SQLite is told that there are no more pages to be had, which is what it finds on a full disk."""
    with desk_of(trained, predictor, database) as desk:
        kept = desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION)
        known = desk.known()
        event.listen(
            desk.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 1")
        )
        desk.engine.dispose()  # so that new connections are made
        refused: list[str] = []
        for _ in range(5):
            try:
                desk.add(subject=SUBJECT, body="More. " * 3_000, resolution=RESOLUTION)
            except Unavailable as refusal:
                refused.append(str(refusal))
        assert len(refused) > 1
        assert set(refused) == {"the disk of the database is full; nothing of this was kept, try again"}
        now_known = desk.known()
    with desk_of(trained, predictor, database) as desk:
        assert desk.known() == now_known  # the index had nothing that is not on disk
        assert now_known >= known
        assert desk.ticket(kept.id).resolution == RESOLUTION
        assert desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION)


def test_many_at_once_ask_judge_and_teach_without_an_error(desk: Desk) -> None:
    barrier = threading.Barrier(8)

    def work(number: int) -> list[int]:
        barrier.wait()
        judged = []
        for turn in range(5):
            reply = desk.ask(KNOWN)
            desk.feedback(reply.message.id, reply.feedback_token or "", helpful=turn % 2 == 0)
            desk.add(subject=SUBJECT, body=f"{UNKNOWN} {number} {turn}", resolution=RESOLUTION)
            judged.append(reply.message.id)
        return judged

    with ThreadPoolExecutor(8) as pool:
        judged = [number for numbers in pool.map(work, range(8)) for number in numbers]
    assert len(set(judged)) == 40
    assert len(desk.learned()) == 40
    assert len([change for change in desk.audit() if change.what == "feedback"]) == 40
    with reading(desk.engine) as session:
        assert len(session.exec(select(FeedbackRow)).all()) == 40
        cited = session.exec(select(CitationRow.answer_id).distinct()).all()
        assert set(cited) == set(session.exec(select(AnswerRow.id)).all())
        assert session.exec(select(HandoverRow)).first() is None


def test_a_forged_token_judges_nothing(desk: Desk) -> None:
    reply, other = desk.ask(KNOWN), desk.ask(KNOWN)
    for token in ("", "forged", other.feedback_token or "", other.conversation, "\ud800"):
        with pytest.raises(NotAllowed, match="not the one that came with the answer"):
            desk.feedback(reply.message.id, token, helpful=False)
    for number in (0, -1, 10**12, reply.message.id - 1):
        with pytest.raises(NotFound, match="no such answer"):
            desk.feedback(number, reply.feedback_token or "", helpful=False)
    assert not desk.audit()
