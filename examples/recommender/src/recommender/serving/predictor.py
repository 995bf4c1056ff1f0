"""The stored model as the service uses it: lists, neighbours and reasons for a history; no HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from ..data.interactions import Item
from ..model import candidates, training
from ..model.top import top_k, without_seen
from ..portfolio import store
from ..portfolio.errors import ModelTampered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from ..model.base import Recommender
    from ..portfolio.store import StoredModel


@dataclass(frozen=True, slots=True)
class Ranking:
    """Part of a list, best first."""

    items: tuple[int, ...]  # places in the catalogue
    scores: tuple[float, ...]
    personal: bool  # False: the popular list, since too little is known of the user
    more: bool  # whether there are further items behind these


@dataclass(frozen=True, slots=True)
class Reason:
    """What one item of the history adds to a score."""

    item: int
    amount: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an item has its score: `start` and all amounts add up to it."""

    score: float
    start: float  # of somebody without a history
    reasons: tuple[Reason, ...]  # strongest first
    personal: bool


class Predictor:
    """Answers for a history: places of items and their values."""

    def __init__(
        self, stored: StoredModel, model: Recommender, popular: NDArray[Any], items: tuple[Item, ...]
    ) -> None:
        self.stored, self.model, self.items = stored, model, items
        self.place = {item.id: place for place, item in enumerate(items)}
        self.genres = tuple(sorted({genre for item in items for genre in item.genres}))
        self._popular = popular
        self._of_genre = {
            genre: np.array([genre in item.genres for item in items], dtype=bool) for genre in self.genres
        }

    @classmethod
    def load(cls, root: Path) -> Predictor:
        """Load the current model and let it repeat one answer of its training.

        Raises:
            ModelMissing: there is none. ModelTampered: its files or its answer are not those of the training.
        """
        stored = store.current(root)
        with np.load(stored.file(training.MODEL), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        rows = json.loads(stored.file(training.CATALOGUE).read_text(encoding="utf-8"))
        items = tuple(Item(row["id"], row["title"], row["year"], tuple(row["genres"])) for row in rows)
        model = candidates.restore(stored.metadata["model"], arrays)
        made = cls(stored, model, arrays["popular"], items)
        golden = stored.metadata["golden"]
        history = dict(zip(golden["history"], golden["values"], strict=True))
        found = list(made.rank(history, len(golden["items"]), cold_below=0).items)
        if found != golden["items"]:
            raise ModelTampered(
                f"model {stored.version} recommends {found} where its training recommended "
                f"{golden['items']}; train again"
            )
        return made

    def rank(
        self,
        history: Mapping[int, float],
        first: int,
        *,
        skip: int = 0,
        exclude_seen: bool = True,
        genre: str | None = None,
        cold_below: int,
    ) -> Ranking:
        """Return `first` items of the list, after the first `skip` ones.

        Args:
            history: place and value of what the user has had.
            first: how many at most.
            skip: how many are left out at the top.
            exclude_seen: leave out what is in the history.
            genre: one of `genres`, or None for all items.
            cold_below: with a shorter history, the popular list is given.
        """
        row = self._row(history)
        personal = self.model.personal and len(history) >= cold_below
        scores = self.model.scores(row) if personal else self._popular[None, :].copy()
        if exclude_seen:
            without_seen(scores, row)
        if genre is not None:
            scores[0, ~self._of_genre[genre]] = -np.inf
        wanted = top_k(scores, skip + first + 1)[0]
        found = [int(place) for place in wanted[skip : skip + first] if place >= 0]
        return Ranking(
            tuple(found),
            tuple(float(scores[0, place]) for place in found),
            personal,
            len(wanted) > skip + first and bool(wanted[skip + first] >= 0),
        )

    def similar(self, item: int, first: int) -> Ranking:
        """Return the items nearest to one, nearest first."""
        near = self.model.neighbours(item).astype(np.float64)
        near[item] = -np.inf
        wanted = top_k(near[None, :], first + 1)[0]
        found = [int(place) for place in wanted[:first] if place >= 0]
        return Ranking(
            tuple(found),
            tuple(float(near[place]) for place in found),
            personal=False,
            more=len(wanted) > first,
        )

    def explain(self, history: Mapping[int, float], item: int, *, cold_below: int) -> Explanation:
        """Say which items of the history led to the score of `item`, and by how much."""
        if not self.model.personal or len(history) < cold_below:
            popular = float(self._popular[item])
            return Explanation(popular, popular, (), personal=False)
        row = self._row(history)
        amounts = self.model.contributions(row, item)
        order = np.argsort(-np.abs(amounts), kind="stable")
        reasons = tuple(Reason(int(row.indices[place]), float(amounts[place])) for place in order)
        score = float(self.model.scores(row)[0, item])
        return Explanation(score, self.model.start(item), reasons, personal=True)

    def _row(self, history: Mapping[int, float]) -> sparse.csr_array:
        places = np.array(sorted(history), dtype=np.int32)
        values = np.array([history[place] for place in places.tolist()], dtype=np.float32)
        starts = np.array([0, len(places)])
        return sparse.csr_array((values, places, starts), shape=(1, len(self.items)))
