"""What is learned from and what is tested on. A score means little without the name of its split.

    temporal-user   the last share of each user's items is held back: what comes next? (the headline)
    global-time     everything after one moment is held back, for all users at once, as in production; users
                    without a past are cold and can only get the popular list
    random-user     a random share of each user's items: the future helps to guess the past, so scores are
                    inflated; for comparison with published tables only

Every protocol ranks all items that a user has not had; none ranks a sample (Krichene and Rendle, 2020, On
sampled metrics for item recommendation, KDD 26).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..portfolio.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..data.interactions import Interactions
    from ..params import Params

TEMPORAL, GLOBAL, RANDOM = "temporal-user", "global-time", "random-user"
PROTOCOLS = (TEMPORAL, GLOBAL, RANDOM)
FEWEST = 5  # items of a user; with fewer, none is held back


@dataclass(frozen=True, slots=True)
class Parts:
    """One split; the ids of users and items are those of the whole."""

    protocol: str
    train: Interactions
    test: Interactions
    cold: int  # users in the test without a past, not judged

    @property
    def judged(self) -> NDArray[np.int64]:
        """Places of the users who are in both parts, ascending."""
        return np.intersect1d(self.train.user, self.test.user).astype(np.int64)


def parts(found: Interactions, protocol: str, params: Params) -> Parts:
    """Cut the interactions; the same for the same seed.

    Raises:
        DataError: fewer than 20 users could be judged.
    """
    share = params.split.test_share
    if protocol == TEMPORAL:
        held_back = last_of_each(found, share)
    elif protocol == GLOBAL:
        held_back = after_a_moment(found, share)
    else:
        held_back = some_of_each(found, share, params.seed)
    cut = Parts(protocol, found.take(~held_back), found.take(held_back), 0)
    cold = len(np.setdiff1d(cut.test.user, cut.train.user))
    if len(cut.judged) < 20:
        raise DataError(
            f"{len(cut.judged)} users have a past and a future under {protocol}; expected at least 20: "
            "bring a log of more users, or of a longer time"
        )
    return Parts(protocol, cut.train, cut.test, cold)


def last_of_each(found: Interactions, share: float) -> NDArray[np.bool_]:
    """Mark the last `share` of each user's entries, rounded down, at least one."""
    size, place = _places(found)
    return np.asarray(place >= size - _held(size, share))


def after_a_moment(found: Interactions, share: float) -> NDArray[np.bool_]:
    """Mark the entries after the moment that has `share` of all entries behind it; ties stay together."""
    moment = np.quantile(found.time, 1 - share, method="higher")
    return np.asarray(found.time > moment)


def some_of_each(found: Interactions, share: float, seed: int) -> NDArray[np.bool_]:
    """Mark a random `share` of each user's entries."""
    shuffled = np.random.default_rng(seed).permutation(len(found))
    order = np.lexsort((shuffled, found.user))
    size, place = _places(found)
    marked = np.zeros(len(found), dtype=bool)
    marked[order] = place >= size - _held(size, share)
    return marked


def _places(found: Interactions) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return, for each entry in the order of users, how many its user has, and its place among them."""
    counts = np.bincount(found.user, minlength=len(found.users))
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    return counts[found.user], np.arange(len(found)) - starts[found.user]


def _held(size: NDArray[Any], share: float) -> NDArray[Any]:
    return np.where(size >= FEWEST, np.maximum(1, (size * share).astype(np.int64)), 0)
