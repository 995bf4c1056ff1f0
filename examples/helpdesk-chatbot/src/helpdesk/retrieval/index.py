"""The past tickets that can be found, and how like a question each of them is.

Several retrievers score every ticket; the mixture of their scores, lifted or lowered by feedback, is the
ticket's. Nothing is skipped or estimated. Tickets come, change and go one at a time; the result is always
that of an index built anew from the same tickets.
"""

from __future__ import annotations

import heapq
import sys
import threading
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..portfolio.errors import ParamsError
from .growing import Growing
from .lexical import Bm25, CharTfidf
from .semantic import Semantic, encoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from ..params import Retrieval

_BLOCK = 20_000  # texts that are read at once while an index is built


class Retriever(Protocol):
    """One way to score tickets; what `read` makes of texts is its own business.

    `read` needs no lock. The others are called by one thread at a time.
    """

    @property
    def name(self) -> str:
        """What reports and weights call it."""

    def read(self, texts: Sequence[str]) -> Any:
        """Work out everything about texts that depends on nothing but the texts."""

    def add(self, slots: NDArray[np.int32], read: Any) -> None:
        """Take tickets in, each at its free slot."""

    def remove(self, slots: NDArray[np.int32], texts: Sequence[str]) -> None:
        """Take tickets out that were added with the same slots and texts."""

    def scores(self, read: Any) -> NDArray[np.float32]:
        """Score every slot for a question (one text); shape (slots,), 0 to 1."""

    def memory_bytes(self) -> int:
        """Memory of what it holds."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A ticket that is like the question."""

    ticket: str
    score: float  # 0 to 1: the mixture, after feedback
    parts: dict[str, float]  # each retriever's own score, 0 to 1


class TicketIndex:
    """Tickets by their text; every method may be called by any thread at any time.

    One lock lets one thread at a time look at or change the tickets, so each search sees all of a change or
    nothing of it. Texts are read (words counted, sentences encoded) before the lock is taken.
    """

    def __init__(
        self, words: Bm25, others: Sequence[Retriever], weights: Mapping[str, float], params: Retrieval
    ) -> None:
        """Make an empty index.

        Args:
            words: which is always there, as it knows the words.
            others: further retrievers.
            weights: by name; 0 for a retriever that is not among them.
            params: the section [retrieval].

        Raises:
            ParamsError: a weight is below 0, or none is above.
        """
        if min(weights.values(), default=0) < 0 or max(weights.values(), default=0) <= 0:
            raise ParamsError(f"weights of retrievers: {dict(weights)}; expected numbers from 0, one above 0")
        self.weights = dict(weights)
        self._words, self._retrievers = words, (words, *others)
        self._votes, self._prior = params.votes, params.votes_prior
        self._lock = threading.Lock()
        self._slots: dict[str, int] = {}
        self._tickets: list[str] = []  # by slot; "" where a ticket was taken out
        self._texts: list[str] = []  # by slot; without them a ticket could not be taken out of the postings
        self._free: list[int] = []
        self._lift = Growing(np.float32)  # by slot: what feedback multiplies a score with

    @classmethod
    def build(
        cls, params: Retrieval, weights: Mapping[str, float], entries: Iterable[tuple[str, str]] = ()
    ) -> TicketIndex:
        """Make an index of tickets.

        Args:
            params: the section [retrieval].
            weights: of the retrievers by name: bm25, tfidf, semantic. Only these are made, and always bm25,
                which knows the words.
            entries: id and text of each ticket.

        Raises:
            ParamsError: there is no retriever of a name, or semantic has no model in params.toml.
            ProjectError: the library or the model for semantic is not there.
            ValueError: an id comes twice.
        """
        others = [_made(name, params) for name in weights if name != Bm25.name]
        index = cls(Bm25(params.k1, params.b), others, weights, params)
        rest = iter(entries)
        while block := list(islice(rest, _BLOCK)):
            index.add_all(block)
        return index

    def __len__(self) -> int:
        """How many tickets there are."""
        return len(self._slots)

    def __contains__(self, ticket: str) -> bool:
        """Whether a ticket of this id is there."""
        return ticket in self._slots

    def add(self, ticket: str, text: str) -> None:
        """Take a ticket in; the next search finds it.

        Raises:
            ValueError: a ticket of this id is there already.
        """
        self.add_all([(ticket, text)])

    def add_all(self, entries: Sequence[tuple[str, str]]) -> None:
        """Take several tickets in at once: all of them, or none where it raises ValueError."""
        texts = [text for _, text in entries]
        read = self._read(texts)
        with self._lock:
            self._refuse_known(entries)
            self._put(entries, read)

    def replace(self, ticket: str, text: str) -> None:
        """Give a ticket another text; its votes stay.

        Raises:
            KeyError: there is no such ticket.
        """
        read = self._read([text])
        with self._lock:
            lift = self._lift.rows[self._slots[ticket]]
            self._take_out(ticket)
            self._put([(ticket, text)], read)
            self._lift.rows[self._slots[ticket]] = lift

    def retract(self, ticket: str) -> None:
        """Take a ticket out; the next search does not find it, and its votes are forgotten.

        Raises:
            KeyError: there is no such ticket.
        """
        with self._lock:
            self._take_out(ticket)

    def vote(self, ticket: str, up: int, down: int) -> None:
        """Set how many people a ticket has helped and how many it has not, in all.

        The score is multiplied by 1 + votes (up - down) / (up + down + 2 votes_prior), so that it moves by
        less than the share `votes`, and one vote alone moves it little.

        Raises:
            KeyError: there is no such ticket.
            ValueError: a number is below 0.
        """
        if min(up, down) < 0:
            raise ValueError(f"votes of {ticket}: {up} and {down}; expected numbers from 0")
        with self._lock:
            lift = 1 + self._votes * (up - down) / (up + down + 2 * self._prior)
            self._lift.rows[self._slots[ticket]] = lift

    def search(self, text: str, first: int) -> list[Hit]:
        """Return the tickets most like a text, the best first, and by id where they are equally good.

        Those that have nothing in common with it are left out, so there may be fewer than `first`, or none.
        """
        return self.search_with(text, first, [self.weights])[0]

    def search_with(self, text: str, first: int, mixtures: Sequence[Mapping[str, float]]) -> list[list[Hit]]:
        """Search with each of several weightings; the tickets are scored once."""
        read = self._read([text])
        with self._lock:
            parts = {each.name: each.scores(one) for each, one in zip(self._retrievers, read, strict=True)}
            return [self._best(parts, weights, first) for weights in mixtures]

    def known_share(self, text: str) -> float:
        """Return how much of a text is in words that some ticket has, by idf; 0 where it has no words."""
        read = self._words.read([text])
        with self._lock:
            return self._words.known_share(read)

    def memory_bytes(self) -> int:
        """Memory of the tickets, their texts and all that is kept to find them; takes a while."""
        with self._lock:
            texts = sum(map(sys.getsizeof, self._texts)) + sum(map(sys.getsizeof, self._slots))
            lists = sum(map(sys.getsizeof, (self._slots, self._tickets, self._texts, self._free)))
            return texts + lists + self._lift.nbytes + sum(each.memory_bytes() for each in self._retrievers)

    def _read(self, texts: Sequence[str]) -> list[Any]:
        return [each.read(texts) for each in self._retrievers]

    def _refuse_known(self, entries: Sequence[tuple[str, str]]) -> None:
        new: set[str] = set()
        for ticket, _ in entries:
            if ticket in self._slots or ticket in new:
                raise ValueError(f"ticket {ticket} is in the index already")
            new.add(ticket)

    def _put(self, entries: Sequence[tuple[str, str]], read: Sequence[Any]) -> None:
        slots = np.array([self._slot_for(*entry) for entry in entries], dtype=np.int32)
        self._lift.put(slots, 1)
        for each, one in zip(self._retrievers, read, strict=True):
            each.add(slots, one)

    def _slot_for(self, ticket: str, text: str) -> int:
        if self._free:
            slot = self._free.pop()
            self._tickets[slot], self._texts[slot] = ticket, text
        else:
            slot = len(self._tickets)
            self._tickets.append(ticket)
            self._texts.append(text)
        self._slots[ticket] = slot
        return slot

    def _take_out(self, ticket: str) -> None:
        slot = self._slots.pop(ticket)
        for each in self._retrievers:
            each.remove(np.array([slot], dtype=np.int32), [self._texts[slot]])
        self._tickets[slot] = self._texts[slot] = ""
        self._free.append(slot)

    def _best(
        self, parts: Mapping[str, NDArray[np.float32]], weights: Mapping[str, float], first: int
    ) -> list[Hit]:
        whole = sum(weights.values())
        scores = np.zeros(len(self._tickets), dtype=np.float32)
        for name, part in parts.items():
            scores += np.float32(weights.get(name, 0.0) / whole) * part
        scores = np.minimum(scores * self._lift.rows, np.float32(1))
        leading = ((-scores.item(slot), self._tickets[slot], slot) for slot in _leading(scores, first))
        return [
            Hit(ticket, -lost, {name: part.item(slot) for name, part in parts.items()})
            for lost, ticket, slot in heapq.nsmallest(first, leading)
        ]


def _leading(scores: NDArray[np.float32], first: int) -> list[int]:
    """Return the slots of the `first` best and of all that are as good as the last of them; none at 0."""
    least = np.float32(0)
    if 0 < first < len(scores):
        least = np.partition(scores, len(scores) - first)[len(scores) - first]
    found: list[int] = np.flatnonzero((scores >= least) & (scores > 0)).tolist()
    return found


def _made(name: str, params: Retrieval) -> Retriever:
    if name == CharTfidf.name:
        return CharTfidf(params.grams)
    if name != Semantic.name:
        raise ParamsError(f"no retriever is called {name!r}; choose of bm25, tfidf and semantic")
    if not params.semantic:
        raise ParamsError(
            "params.toml: retrieval.semantic is empty, but semantic has a weight: name its model"
        )
    return Semantic(encoder(params.semantic))
