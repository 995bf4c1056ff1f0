"""The drift check: silent on interactions like those of the training, loud on others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from recommender import params
from recommender.__main__ import main
from recommender.data import contract, ingestion
from recommender.model import split

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from recommender.data.interactions import Interactions


@pytest.fixture(scope="module")
def train(trained: Path) -> Interactions:
    """What the model has learned from."""
    return split.parts(ingestion.read(trained)[0], split.TEMPORAL, params.load(trained)).train


def drift(root: Path, path: Path, found: Interactions) -> int:
    path.write_bytes(contract.write_ratings(found))
    return main(["drift", "--current", str(path), "--root", str(root)])


def some(found: Interactions, seed: int, weights: NDArray[np.float64] | None = None) -> Interactions:
    rows = np.random.default_rng(seed).choice(len(found), 1_500, replace=False, p=weights)
    return found.take(np.sort(rows))


@pytest.mark.parametrize("seed", range(8))
def test_silent_on_the_same_kind_of_interactions(
    copy_of_trained: Path, train: Interactions, tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drift(copy_of_trained, tmp_path / "week.csv", some(train, seed)) == 0
    assert "no alarm: 1,500 interactions of week.csv" in capsys.readouterr().out


def test_loud_when_other_items_are_had(
    copy_of_trained: Path, train: Interactions, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = np.bincount(train.item, minlength=len(train.items))[train.item]
    rare = 1.0 / count**2
    assert drift(copy_of_trained, tmp_path / "week.csv", some(train, 1, rare / rare.sum())) == 1
    assert "alarm: popularity rank (reports/drift.md); train on newer data" in capsys.readouterr().err
    assert "| popularity rank |" in (copy_of_trained / "reports/drift.md").read_text(encoding="utf-8")


def test_loud_when_ratings_fall(
    copy_of_trained: Path, train: Interactions, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worse = replace(train, value=np.maximum(train.value - 2, 1))
    assert drift(copy_of_trained, tmp_path / "week.csv", some(worse, 1)) == 1
    assert "alarm: rating (reports/drift.md)" in capsys.readouterr().err


def test_few_interactions_give_no_verdict(
    copy_of_trained: Path, train: Interactions, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drift(copy_of_trained, tmp_path / "week.csv", train.take(np.arange(20))) == 0
    assert "no verdict on 20 interactions of week.csv: at least 500 are needed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"user,item,stars,time\n", "week.csv:1: columns 'user, item, stars, time'"),
        (
            b"user,item,rating,time\nu1,nothing,3,1700000000\n",
            "week.csv:2: item 'nothing' is not in items.csv",
        ),
        (b"user,item,rating,time\nu1,f00001,9,1700000000\n", "week.csv:2: rating is '9'"),
        (b"user,item,rating,time\n", "week.csv: no ratings in it"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_line(
    trained: Path, tmp_path: Path, content: bytes, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "week.csv").write_bytes(content)
    assert main(["drift", "--current", str(tmp_path / "week.csv"), "--root", str(trained)]) == 1
    assert expected in capsys.readouterr().err
