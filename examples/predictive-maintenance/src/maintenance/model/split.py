"""Which rows are learned from and which are tested on. A score means little without the name of its split.

Three protocols, because the answer depends on them: neighbouring rows share a tool and nearly a
temperature, so a random split is easier than contiguous blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit

from ..portfolio.errors import DataError
from ..portfolio.files import sha256_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]  # positions, ascending
    Split = tuple[Rows, Rows]  # training part, test part


def holdout(failure: NDArray[np.int64], seed: int, share: float) -> Split:
    """Set a random `share` of the rows aside for the test, with failures in both parts alike.

    Raises:
        DataError: too few rows of one kind to put some in both parts.
    """
    return repeats(failure, seed, 1, share)[0]


def repeats(failure: NDArray[np.int64], seed: int, times: int, share: float) -> list[Split]:
    """Return `times` independent stratified splits; the first one is `holdout`'s.

    Raises:
        DataError: too few rows of one kind to put some in both parts.
    """
    _refuse_few(failure, round(2 / share))
    splitter = StratifiedShuffleSplit(n_splits=times, test_size=share, random_state=seed)
    return [(np.sort(train), np.sort(test)) for train, test in splitter.split(failure, failure)]


def folds(failure: NDArray[np.int64], seed: int, times: int) -> list[Split]:
    """Return stratified folds: every row is in exactly one test part.

    Raises:
        DataError: fewer failures, or fewer good rows, than folds.
    """
    _refuse_few(failure, times)
    splitter = StratifiedKFold(n_splits=times, shuffle=True, random_state=seed)
    return [(np.sort(train), np.sort(test)) for train, test in splitter.split(failure, failure)]


def blocks(rows: int, times: int) -> list[Split]:
    """Cut `rows` rows in order into `times` blocks; each is once the test, the others the training part.

    >>> [test.tolist() for _, test in blocks(5, 2)]
    [[0, 1, 2], [3, 4]]
    """
    order = np.arange(rows)
    return [(np.setdiff1d(order, test), test) for test in np.array_split(order, times)]


def tool_runs(wear: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number the tools: a new one starts where the wear falls. Rows of one tool are not independent.

    >>> tool_runs(np.array([0.0, 2.0, 5.0, 0.0, 3.0])).tolist()
    [0, 0, 0, 1, 1]
    """
    return np.concatenate([[0], np.cumsum(np.diff(wear) < 0)]).astype(np.int64)


def fingerprint(frame: pd.DataFrame, rows: Rows) -> str:
    """Return the sha256 of the identifiers of `rows`, in their order: two equal ones are the same part."""
    return sha256_of("\n".join(map(str, frame["uid"].to_numpy()[rows])).encode())


def _refuse_few(failure: NDArray[np.int64], needed: int) -> None:
    failed = int(failure.sum())
    for count, what in ((failed, "failures"), (len(failure) - failed, "rows without failure")):
        if count < needed:
            raise DataError(f"only {count} {what} among {len(failure)} rows; at least {needed} are needed")
