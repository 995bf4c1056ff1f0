"""The optional retriever by meaning: with a stand-in for its model, and with the real library where it is."""

from __future__ import annotations

import dataclasses
import json
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpdesk.params import load
from helpdesk.portfolio.errors import ModelError, ProjectError
from helpdesk.retrieval import semantic
from helpdesk.retrieval.index import TicketIndex
from helpdesk.retrieval.lexical import Bm25
from helpdesk.retrieval.semantic import Encoder, Semantic
from helpdesk.retrieval.text import words

PARAMS = load(Path(__file__).parents[1]).retrieval
TICKETS = {"T-1": "my password is wrong", "T-2": "the vpn is slow", "T-3": ""}
WIDTH = 32


class WordSums:
    """A stand-in for SentenceTransformer: a text's vector is the sum of fixed random vectors of its words."""

    def encode(self, texts: str | list[str], **options: Any) -> np.ndarray:
        if isinstance(texts, str):
            return self._vector(texts)
        assert options["normalize_embeddings"]
        assert not options["show_progress_bar"]
        vectors = np.array([self._vector(text) for text in texts])
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

    def _vector(self, text: str) -> np.ndarray:
        text.encode()  # as the real tokenizer does, it refuses half surrogates
        seeds = [zlib.crc32(word.encode()) for word in words(text) or [text]]
        draws = [np.random.default_rng(seed).normal(size=WIDTH) for seed in seeds]
        return np.asarray(np.sum(draws, axis=0), dtype=np.float32)


def index_with(encoder: Encoder) -> TicketIndex:
    index = TicketIndex(Bm25(1.2, 0.75), [Semantic(encoder)], {"bm25": 0.2, "semantic": 0.8}, PARAMS)
    index.add_all(list(TICKETS.items()))
    return index


def test_an_index_mixes_it_in_as_any_other() -> None:
    index = index_with(Encoder(WordSums()))
    hit = index.search("password wrong", 3)[0]
    assert hit.ticket == "T-1"
    assert set(hit.parts) == {"bm25", "semantic"}
    assert hit.score == pytest.approx(0.2 * hit.parts["bm25"] + 0.8 * hit.parts["semantic"], rel=1e-5)


def test_the_same_text_has_a_cosine_of_1_and_nothing_is_below_0() -> None:
    retriever = Semantic(Encoder(WordSums()))
    texts = [" ".join(f"w{n}" for n in range(first, first + 3)) for first in range(0, 90, 3)]
    retriever.add(np.arange(30, dtype=np.int32), retriever.read(texts))
    scores = retriever.scores(retriever.read(texts[:1]))
    assert scores.dtype == np.float32
    assert scores[0] == pytest.approx(1, abs=1e-6)
    assert scores.min() == 0  # about half of the cosines are below 0


def test_changes_are_a_rebuild() -> None:
    encoder = Encoder(WordSums())
    index = index_with(encoder)
    index.replace("T-1", "my invoice is wrong")
    index.retract("T-2")
    index.add("T-4", "mail does not come")
    anew = TicketIndex(Bm25(1.2, 0.75), [Semantic(encoder)], index.weights, PARAMS)
    anew.add_all([("T-3", ""), ("T-1", "my invoice is wrong"), ("T-4", "mail does not come")])
    for question in ("the vpn is slow", "invoice", "mail wrong"):
        left, right = index.search(question, 5), anew.search(question, 5)
        assert [hit.ticket for hit in left] == [hit.ticket for hit in right]
        assert [hit.score for hit in left] == pytest.approx([hit.score for hit in right], abs=1e-6)


@pytest.mark.parametrize("question", ["", " \n", "\udcff"])
def test_nothing_to_encode_finds_nothing_or_does_not_fail(question: str) -> None:
    hits = index_with(Encoder(WordSums())).search(question, 3)
    assert all(0 < hit.score <= 1 for hit in hits)
    assert "T-3" not in [hit.ticket for hit in hits]


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    params = dataclasses.replace(PARAMS, semantic="some/model")
    with pytest.raises(ProjectError, match=r"'some/model', which needs sentence-transformers: pip install"):
        TicketIndex.build(params, {"semantic": 1.0})


def test_without_a_weight_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    params = dataclasses.replace(PARAMS, semantic="some/model")
    assert len(TicketIndex.build(params, {"bm25": 1.0}, TICKETS.items())) == 3


# ---- the real library, with a tiny model of random weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a model folder of the library's own form: one layer of BERT, its weights never trained."""
    reason = "sentence-transformers is not installed: pip install '.[semantic]'"
    library = pytest.importorskip("sentence_transformers", reason=reason)
    transformers = pytest.importorskip("transformers", reason=reason)
    path = tmp_path_factory.mktemp("models")
    known = sorted({word for text in TICKETS.values() for word in words(text)})
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *known]
    (path / "vocab.txt").write_text("\n".join(tokens), encoding="utf-8")
    transformers.BertTokenizerFast(str(path / "vocab.txt")).save_pretrained(str(path / "bert"))
    shape = {"vocab_size": len(tokens), "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    transformers.set_seed(0)
    config = transformers.BertConfig(**shape, intermediate_size=32, max_position_embeddings=64)
    transformers.BertModel(config).save_pretrained(str(path / "bert"))
    library.SentenceTransformer(str(path / "bert"), device="cpu").save(str(path / "whole"))  # mean of tokens
    return str(path / "whole")


def test_the_real_library_through_the_index(folder: str) -> None:
    params = dataclasses.replace(PARAMS, semantic=folder)
    index = TicketIndex.build(params, {"bm25": 0.0, "semantic": 1.0}, TICKETS.items())
    hit = index.search("the vpn is slow", 1)[0]
    assert hit.ticket == "T-2"
    assert hit.score == pytest.approx(1, abs=1e-5)
    index.add("T-4", "my vpn is wrong")
    assert index.search("my vpn is wrong", 1)[0].ticket == "T-4"
    for text in ("", json.loads('"\\ud800"'), "x" * 10_000, "vpn \U0001f600"):
        index.search(text, 3)
    assert semantic.encoder(folder) is semantic.encoder(folder)


def test_the_real_library_does_not_know_the_model(folder: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    params = dataclasses.replace(PARAMS, semantic=str(tmp_path / "empty"))
    with pytest.raises(ModelError, match=r"retrieval\.semantic: cannot load '.*empty': \S"):
        TicketIndex.build(params, {"semantic": 1.0})
