"""What the verb `predict` does: a list, or what is near an item, on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import training
from ..portfolio.errors import DataError
from .predictor import Predictor

if TYPE_CHECKING:
    from pathlib import Path

    from ..params import Params


def for_user(root: Path, params: Params, user_id: str, count: int) -> str:
    """Return the list of a user of the stored histories, a line an item.

    Raises:
        ModelMissing: nothing was trained yet. DataError: no such user.
    """
    predictor = Predictor.load(root)
    history = stored_history(predictor, user_id)
    found = predictor.rank(history, count, cold_below=params.service.cold_below)
    lines = [
        f"{rank:>3}. {_described(predictor, place)}  {score:.4f}"
        for rank, (place, score) in enumerate(zip(found.items, found.scores, strict=True), 1)
    ]
    kind = "personal" if found.personal else "popular, since too little is known"
    return "\n".join([*lines, f"for {user_id}, from {len(history)} items: {kind}"])


def near_item(root: Path, item_id: str, count: int) -> str:
    """Return the items nearest to one, a line each.

    Raises:
        ModelMissing: nothing was trained yet. DataError: no such item.
    """
    predictor = Predictor.load(root)
    if item_id not in predictor.place:
        raise DataError(f"item {item_id!r} is not in the catalogue; data/items.csv has its ids")
    place = predictor.place[item_id]
    found = predictor.similar(place, count)
    lines = [
        f"{rank:>3}. {_described(predictor, near)}  {score:.4f}"
        for rank, (near, score) in enumerate(zip(found.items, found.scores, strict=True), 1)
    ]
    return "\n".join([*lines, f"near {_described(predictor, place)}"])


def stored_history(predictor: Predictor, user_id: str) -> dict[int, float]:
    """Return what a user had when the model was stored.

    Raises:
        DataError: no such user.
    """
    with np.load(predictor.stored.file(training.HISTORIES), allow_pickle=False) as file:
        users, user, item, value = (file[name] for name in ("users", "user", "item", "value"))
    place = np.flatnonzero(users == user_id)
    if not len(place):
        raise DataError(f"user {user_id!r} is not in the data; data/ratings.csv has the ids")
    rows = user == place[0]
    return dict(zip(item[rows].tolist(), value[rows].tolist(), strict=True))


def _described(predictor: Predictor, place: int) -> str:
    item = predictor.items[place]
    return f"{item.title} ({', '.join(item.genres) or 'no genre'}) [{item.id}]"
