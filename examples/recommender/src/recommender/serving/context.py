"""What the resolvers of one request share: the predictor, the ratings, and loaders that batch.

A loader collects the keys that a query asks for, entry by entry, and gets them all at once: so the number of
database queries depends on the shape of a GraphQL query, not on the length of its lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync
from strawberry.dataloader import DataLoader
from strawberry.fastapi import BaseContext

from .ratings import NOBODY, may_be_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..params import Params
    from .predictor import Predictor
    from .ratings import History, Ratings


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call something that waits for the database without holding up other requests."""
    return await run_sync(function, *arguments)


class Context(BaseContext):
    """One request."""

    def __init__(self, predictor: Predictor, ratings: Ratings, params: Params) -> None:
        super().__init__()
        self.predictor, self.ratings, self.params = predictor, ratings, params
        self.forget()

    async def history(self, user_id: str) -> History:
        """Return what a user has rated, read once a request unless a rating changes it."""
        return await self.histories.load(user_id) if may_be_id(user_id) else NOBODY

    async def rating_of(self, user_id: str, item_id: str) -> float | None:
        """Return how a user has rated an item, None if not."""
        return await self.values.load((user_id, item_id)) if may_be_id(user_id) else None

    def places(self, history: History) -> dict[int, float]:
        """Return the part of a history that the model knows, by place; the newest ones, if there are many."""
        known = self.predictor.place
        found = {known[item]: value for item, value in history.values.items() if item in known}
        most = self.params.training.history
        return dict(list(found.items())[-most:])

    def forget(self) -> None:
        """Begin with empty loaders, at first and after a change."""
        self.histories: DataLoader[str, History] = DataLoader(load_fn=self._histories)
        self.summaries: DataLoader[str, tuple[int, float | None]] = DataLoader(load_fn=self._summaries)
        self.values: DataLoader[tuple[str, str], float | None] = DataLoader(load_fn=self._values)

    async def _histories(self, keys: list[str]) -> list[History]:
        found = await in_thread(self.ratings.histories, tuple(dict.fromkeys(keys)))
        return [found[key] for key in keys]

    async def _summaries(self, keys: list[str]) -> list[tuple[int, float | None]]:
        found = await in_thread(self.ratings.summaries, keys)
        return [found.get(key, (0, None)) for key in keys]

    async def _values(self, keys: list[tuple[str, str]]) -> list[float | None]:
        found = await in_thread(self.ratings.values, keys)
        return [found.get(key) for key in keys]
