"""The two lexical retrievers against other people's implementations, and against themselves built anew."""

from __future__ import annotations

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from helpdesk.retrieval.growing import Growing
from helpdesk.retrieval.lexical import Bm25, CharTfidf
from helpdesk.retrieval.postings import MOST
from helpdesk.retrieval.text import words

K1, B, SIZES = 1.2, 0.75, (3, 4)
VOCABULARY = ("vpn", "vpns", "reset", "router", "password", "a", "of", "the", "mail")
few_words = st.lists(st.sampled_from(VOCABULARY), max_size=12)
short_texts = few_words.map(" ".join)
some_texts = st.lists(short_texts, min_size=1, max_size=12)


def filled(retriever: Bm25 | CharTfidf, texts: list[str]) -> Bm25 | CharTfidf:
    retriever.add(np.arange(len(texts), dtype=np.int32), retriever.read(texts))
    return retriever


def scores_of(retriever: Bm25 | CharTfidf, question: str) -> np.ndarray:
    return retriever.scores(retriever.read([question]))


@settings(deadline=None)
@given(some_texts, short_texts)
def test_bm25_is_that_of_bm25s(texts: list[str], question: str) -> None:
    tokens, asked = [words(text) for text in texts], words(question)
    known = {word for text in tokens for word in text}
    if not known or not asked:
        assert not scores_of(filled(Bm25(K1, B), texts), question).any()
        return
    library = bm25s.BM25(method="lucene", k1=K1, b=B)
    library.index(tokens, show_progress=False)
    # bm25s leaves words out that it does not know; the bound has them, so it is worked out from the formula.
    having = {word: sum(word in text for text in tokens) for word in asked}
    bound = sum(np.log(1 + (len(texts) - having[word] + 0.5) / (having[word] + 0.5)) for word in asked)
    expected = library.get_scores([word for word in asked if word in known]) if known & set(asked) else 0.0
    np.testing.assert_allclose(
        scores_of(filled(Bm25(K1, B), texts), question), expected / bound, rtol=1e-5, atol=1e-7
    )


@settings(deadline=None)
@given(some_texts, short_texts)
def test_tfidf_is_the_cosine_of_counts_by_scikit_learn(texts: list[str], question: str) -> None:
    counter = CountVectorizer(analyzer="char_wb", ngram_range=SIZES)
    try:
        counter.fit([*texts, question])
    except ValueError:  # no words at all
        assert not scores_of(filled(CharTfidf(SIZES), texts), question).any()
        return
    tickets, asked = counter.transform(texts).toarray(), counter.transform([question]).toarray()[0]
    idf = 1 + np.log((len(texts) + 1) / ((tickets > 0).sum(axis=0) + 1))
    left = np.where(tickets > 0, 1 + np.log(np.maximum(tickets, 1)), 0)
    right = np.where(asked > 0, 1 + np.log(np.maximum(asked, 1)), 0) * idf
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right)
    expected = np.divide(left @ right, lengths, out=np.zeros(len(texts)), where=lengths > 0)
    np.testing.assert_allclose(scores_of(filled(CharTfidf(SIZES), texts), question), expected, atol=1e-6)


def test_bm25_by_hand() -> None:
    found = scores_of(filled(Bm25(1.0, 0.5), ["vpn down", "vpn vpn is slow today here"]), "vpn")
    # Mean length 4: damping 0.5 + 0.5 * 2 / 4 = 0.75 and 0.5 + 0.5 * 6 / 4 = 1.25; one word, so idf cancels.
    np.testing.assert_allclose(found, [1 / 1.75, 2 / 3.25], rtol=1e-6)


@pytest.mark.parametrize("make", [lambda: Bm25(K1, B), lambda: CharTfidf(SIZES)], ids=["bm25", "tfidf"])
class TestBoth:
    """What holds for each of them."""

    def test_nothing_is_found_in_nothing(self, make) -> None:  # type: ignore[no-untyped-def]
        assert scores_of(make(), "vpn").shape == (0,)
        assert scores_of(filled(make(), ["", "?!"]), "vpn").tolist() == [0, 0]
        assert scores_of(filled(make(), ["vpn"]), "").tolist() == [0]

    def test_scores_lie_between_0_and_1_and_the_same_text_is_best(self, make) -> None:  # type: ignore[no-untyped-def]
        texts = ["reset the password", "router is down", "the mail is slow", "x", "", "the " * 500]
        index = filled(make(), texts)
        for place, text in enumerate(texts):
            scores = scores_of(index, text)
            assert scores.dtype == np.float32
            assert scores.min() >= 0
            assert scores.max() <= 1
            if words(text):
                assert scores.argmax() == place

    def test_the_only_ticket_is_found(self, make) -> None:  # type: ignore[no-untyped-def]
        assert scores_of(filled(make(), ["reset the password"]), "password reset")[0] > 0.3

    @settings(deadline=None)
    @given(
        texts=st.lists(short_texts, min_size=2, max_size=10),
        gone=st.sets(st.integers(0, 9)),
        question=short_texts,
    )
    def test_what_was_taken_out_leaves_no_trace(self, make, texts, gone, question) -> None:  # type: ignore[no-untyped-def]
        changed = filled(make(), texts)
        out = [place for place in sorted(gone) if place < len(texts)]
        changed.remove(np.array(out, dtype=np.int32), [texts[place] for place in out])
        kept = [place for place in range(len(texts)) if place not in out]
        anew = filled(make(), [texts[place] for place in kept])
        scores = scores_of(changed, question)
        assert scores[kept].tolist() == scores_of(anew, question).tolist()
        assert not scores[out].any()

    def test_more_occurrences_than_are_counted(self, make) -> None:  # type: ignore[no-untyped-def]
        texts = ["spam " * (MOST + 5), "spam", "other"]
        index = filled(make(), texts)
        assert scores_of(index, "spam").max() <= 1
        index.remove(np.array([0], dtype=np.int32), texts[:1])
        assert scores_of(index, "spam").tolist()[0] == 0

    def test_one_by_one_is_all_at_once_bit_for_bit(self, make) -> None:  # type: ignore[no-untyped-def]
        draw = np.random.default_rng(5)
        texts = [" ".join(f"w{n}" for n in draw.zipf(1.5, 30) % 400) for _ in range(200)]
        at_once, one_by_one = filled(make(), texts), make()
        for slot in draw.permutation(len(texts)):
            one_by_one.add(np.array([slot], dtype=np.int32), one_by_one.read([texts[slot]]))
        for question in texts[:20]:
            assert scores_of(at_once, question).tolist() == scores_of(one_by_one, question).tolist()


def test_rare_words_say_more() -> None:
    index = filled(Bm25(K1, B), ["the vpn", "the mail", "the router"])
    scores = scores_of(index, "the vpn")
    assert scores[0] > 2 * scores[1] > 0


def test_known_share_is_by_idf() -> None:
    index = filled(Bm25(K1, B), ["the vpn", "the mail"])
    assert isinstance(index, Bm25)

    def share(text: str) -> float:
        return index.known_share(index.read([text]))

    assert share("the vpn") == 1
    assert share("zebra") == share("") == share("?!") == 0
    assert 0 < share("the zebra") < share("vpn zebra") < 1


def test_a_growing_array_keeps_its_rows_and_fills_gaps_with_zeros() -> None:
    held = Growing(np.float32, (2,))
    for slot in range(0, 100, 2):
        held.put(np.array([slot], dtype=np.int32), [slot, 1])
    assert held.rows.shape == (99, 2)
    assert held.rows[::2, 0].tolist() == list(range(0, 100, 2))
    assert not held.rows[1::2].any()
    assert held.nbytes <= 2 * held.rows.nbytes
