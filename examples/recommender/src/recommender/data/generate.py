"""Synthetic ratings of synthetic films: taste, popularity, activity and time are decided, then acted out.

Planted on purpose, so that a score means something:

    taste        every user and film is a point in a few dimensions; what is close is chosen and liked more
    popularity   a few films are seen by most (a power law), whoever asks
    activity     a few users see hundreds, most see dozens (log-normal, with a floor)
    drift        a user's point wanders from the first film to the last, so that the past predicts the future
                 less well than it predicts itself
    novelty      some films come out while the log is being written; nobody can have seen them before

Choices are drawn without replacement by adding Gumbel noise to log-weights (Vieira 2014; Efraimidis and
Spirakis 2006). No title, name or rating is taken from a real data set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .interactions import Interactions, Item, ordered
from .titles import GENRES, title

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..params import Generator

START = 1_672_531_200  # 1 January 2023
PHASES = 4  # in each of which a user's taste stands still
_DAY = 86_400


def interactions(users: int, items: int, seed: int, shape: Generator) -> tuple[Interactions, list[Item]]:
    """Make a log of `users` and `items`; the same for the same seed.

    Returns:
        About users x `shape.typical_ratings` x 1.4 ratings of 1 to 5 stars, and the films.
    """
    draw = np.random.default_rng([seed, users, items])
    films, film_taste = _films(items, draw, shape)
    log_weight = -shape.popularity_exponent * np.log(
        draw.permutation(items) + 1 + items * shape.popularity_shift
    )
    period = shape.days * _DAY
    released = np.where(draw.random(items) < shape.new_share, draw.random(items) * period, 0.0)
    # Better films are seen more: part of the popularity is quality.
    quality = 0.5 * (log_weight - log_weight.mean()) / log_weight.std() + draw.normal(size=items)
    activity = _activity(users, items, draw, shape)
    old, new = _tastes(users, draw, shape)

    rows: list[tuple[NDArray[np.int64], ...]] = []
    liking: list[NDArray[np.float64]] = []
    for user in range(users):
        times = _times(activity[user], period, draw, shape)
        seen = np.zeros(items, dtype=bool)
        for phase, moments in enumerate(np.array_split(times, PHASES)):
            blend = phase / (PHASES - 1)
            taste = _unit((1 - blend) * old[user] + blend * new[user])
            closeness = film_taste @ taste
            score = log_weight + shape.taste_strength * closeness + draw.gumbel(size=items)
            score[seen | (released > (moments[0] if len(moments) else 0))] = -np.inf
            chosen = np.argsort(-score, kind="stable")[: len(moments)]
            chosen = chosen[np.isfinite(score[chosen])]
            seen[chosen] = True
            rows.append((np.full(len(chosen), user), chosen, START + moments[: len(chosen)].astype(np.int64)))
            liking.append(
                shape.liking_strength * closeness[chosen] + quality[chosen] + draw.normal(size=len(chosen))
            )
    user_, item_, time_ = (np.concatenate(column) for column in zip(*rows, strict=True))
    stars = _stars(np.concatenate(liking), user_, draw, shape)
    ids = [f"u{number:05d}" for number in range(1, users + 1)]
    found = ordered(ids, [film.id for film in films], (user_, item_, stars, time_))
    return found, films


def _films(items: int, draw: np.random.Generator, shape: Generator) -> tuple[list[Item], NDArray[np.float64]]:
    """Make the films; a film's point is the mean of its genres' and something of its own."""
    centres = _unit(draw.normal(size=(len(GENRES), shape.dimensions)))
    films, points = [], np.empty((items, shape.dimensions))
    taken: set[str] = set()
    for number in range(items):
        genres = draw.choice(len(GENRES), size=draw.choice((1, 2, 3), p=(0.35, 0.45, 0.2)), replace=False)
        points[number] = centres[genres].mean(axis=0) + shape.film_spread * draw.normal(
            size=shape.dimensions
        ) / np.sqrt(shape.dimensions)
        name = title(draw, taken)
        kinds = tuple(sorted(GENRES[genre] for genre in genres))
        films.append(Item(f"f{number + 1:05d}", name, int(draw.integers(1960, 2024)), kinds))
    return films, _unit(points)


def _activity(users: int, items: int, draw: np.random.Generator, shape: Generator) -> NDArray[np.int64]:
    wanted = draw.lognormal(np.log(shape.typical_ratings), shape.activity_spread, users)
    return np.clip(wanted, shape.fewest_ratings, items // 2).astype(np.int64)


def _tastes(
    users: int, draw: np.random.Generator, shape: Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each user's point at the first and at the last rating."""
    old = _unit(draw.normal(size=(users, shape.dimensions)))
    wandered: NDArray[np.float64] = draw.normal(size=(users, shape.dimensions)) / np.sqrt(shape.dimensions)
    return old, _unit(np.asarray(old + shape.drift * wandered, dtype=np.float64))


def _times(count: int, period: float, draw: np.random.Generator, shape: Generator) -> NDArray[np.float64]:
    """Return the seconds of one user's ratings, sorted: a stay that begins at any time."""
    stay = min(period, draw.lognormal(np.log(shape.typical_days), 1.0) * _DAY)
    return np.sort(draw.random() * (period - stay) + draw.random(count) * stay)


def _stars(
    liking: NDArray[np.float64], user: NDArray[np.int64], draw: np.random.Generator, shape: Generator
) -> NDArray[np.float64]:
    """Cut what was felt into 1 to 5 stars so that each has its share; some users are kinder than others."""
    kindness = draw.normal(size=int(user.max()) + 1) * shape.kindness_spread
    felt = liking + kindness[user]
    cuts = np.quantile(felt, np.cumsum(shape.star_shares)[:-1])
    return np.asarray(np.searchsorted(cuts, felt, side="right") + 1, dtype=np.float64)


def _unit(points: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(points, axis=-1, keepdims=True)
    return np.asarray(points / np.maximum(length, 1e-12), dtype=np.float64)
