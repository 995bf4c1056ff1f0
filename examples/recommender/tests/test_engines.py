"""Other engines beside our own, larger data, and the index: what they compare, and what they need."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse

from recommender import verbs
from recommender.__main__ import main
from recommender.evaluation import engines as comparison
from recommender.evaluation import growth, nearest
from recommender.model import als, engines, judge
from recommender.model.als import ImplicitAls
from recommender.model.engines import IMPLICIT, OWN, SPARK, lacks
from recommender.model.popularity import Popularity
from recommender.portfolio.errors import ModelError
from recommender.portfolio.intervals import paired_difference

if TYPE_CHECKING:
    from recommender.data.interactions import Interactions
    from recommender.model.split import Parts
    from recommender.params import Params

OTHERS = [
    pytest.param(name, marks=pytest.mark.skipif(bool(lacks(name)), reason=lacks(name)), id=name)
    for name in (IMPLICIT, SPARK)
]


def model_of(engine: str, params: Params, *, factors: int = 8, sweeps: int = 15) -> ImplicitAls:
    ridge, seed = params.als.regularisation[0], params.seed
    return ImplicitAls(factors, 5.0, ridge, sweeps, seed, engine=engines.engine(engine))


# ---- engines


@pytest.mark.parametrize("name", OTHERS)
def test_lists_of_another_engine_are_as_good_as_our_own(parts: Parts, settings: Params, name: str) -> None:
    own, other = (
        judge.judged(model_of(one, settings).fit(parts.train), parts, 10, 1000).ndcg for one in (OWN, name)
    )
    popular = judge.judged(Popularity().fit(parts.train), parts, 10, 1000).ndcg
    gain = paired_difference(
        lambda _, one: float(one.mean()), np.arange(len(own)), own, other, resamples=500, seed=1
    )
    assert own.mean() > popular.mean()
    assert other.mean() > popular.mean()
    assert gain.low - 0.01 < 0 < gain.high + 0.01


@pytest.mark.skipif(bool(lacks(IMPLICIT)), reason=lacks(IMPLICIT))
def test_implicit_comes_to_the_same_loss(some: Interactions, settings: Params) -> None:
    """Both minimise one sum: from another start, they end about as low."""
    matrix = some.matrix()
    had = sparse.csr_array((np.ones(matrix.nnz, np.float32), matrix.indices, matrix.indptr), matrix.shape)
    losses = []
    for name in (OWN, IMPLICIT):
        model = model_of(name, settings, sweeps=40).fit(some)
        items = model.arrays()["items"]
        losses.append(als.loss(model.fold_in(matrix), items, had, 5.0, settings.als.regularisation[0]))
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


@pytest.mark.skipif(bool(lacks(IMPLICIT)), reason=lacks(IMPLICIT))
def test_threads_do_not_change_what_implicit_finds(some: Interactions, settings: Params) -> None:
    model = model_of(IMPLICIT, settings)
    weighed = model._weighed(some.matrix())
    one, two = (engines.engine(IMPLICIT, threads)(weighed, model) for threads in (1, 2))
    assert np.allclose(one, two, atol=1e-4)


@pytest.mark.parametrize("name", [IMPLICIT, SPARK])
def test_an_engine_that_is_not_installed_is_named_with_what_to_install(
    untrained: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    file = untrained / "params.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('engine = "own"', f'engine = "{name}"'))
    assert main(["data", "--root", str(untrained)]) == 0
    capsys.readouterr()
    assert main(["train", "--root", str(untrained)]) == 1
    said = capsys.readouterr().err
    package = {IMPLICIT: "implicit", SPARK: "pyspark"}[name]
    assert said.startswith(f"error: als.engine is {name}, but {package} is not installed: `pip install ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("home", ["", "/no/such/java"])
def test_spark_without_java_is_refused_in_words(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda _: True)
    monkeypatch.setenv("PATH", "/no/such/folder")
    monkeypatch.setenv("JAVA_HOME", home)
    with pytest.raises(ModelError, match="there is no Java: install version 17 or newer"):
        engines.engine(SPARK)


def test_an_unknown_engine_is_refused(untrained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = untrained / "params.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('engine = "own"', 'engine = "mahout"'))
    assert main(["train", "--root", str(untrained)]) == 1
    said = capsys.readouterr().err
    assert "als.engine" in said
    assert "mahout" in said


def test_linear_algebra_has_the_threads_of_the_settings(
    untrained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in verbs._THREADS:
        monkeypatch.setenv(name, "7")
    file = untrained / "params.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("threads = 1 #", "threads = 2 #"))
    assert main(["train", "--root", str(untrained)]) == 1  # no data yet
    assert {os.environ[name] for name in verbs._THREADS} == {"2"}
    # numpy reads them once, when it is loaded: until a verb runs, nothing may load it.
    looks = "import sys, recommender.__main__; sys.exit('numpy' in sys.modules)"
    source = Path(verbs.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", looks], cwd=source, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


# ---- the comparison


@pytest.mark.skipif(bool(lacks(IMPLICIT)), reason=lacks(IMPLICIT))
def test_engines_are_compared_on_the_data_of_the_project(
    copy_of_trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(comparison, "_LARGER", 2)
    monkeypatch.setattr(comparison, "_ROUNDS", 2)
    monkeypatch.setattr(comparison, "lacks", lambda name: lacks(name) or "left out" * (name == SPARK))
    assert main(["bench", "--engines", "--root", str(copy_of_trained)]) == 0
    report = (copy_of_trained / comparison.REPORT).read_text(encoding="utf-8")
    assert report in capsys.readouterr().out
    rows = [line.split("|") for line in report.splitlines() if line.startswith("| synthetic")]
    assert [int(row[2]) for row in rows] == [16, 32]
    for row in rows:
        assert 0 < float(row[4]) < 60
        assert abs(float(row[7]) - float(row[8])) == pytest.approx(abs(float(row[9].split()[0])), abs=2e-4)


def test_with_no_other_engine_there_is_nothing_to_compare(
    copy_of_trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    assert main(["bench", "--engines", "--root", str(copy_of_trained)]) == 1
    said = capsys.readouterr().err
    assert "pip install implicit" in said
    assert "pip install pyspark" in said
    assert not (copy_of_trained / comparison.REPORT).exists()


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ((0.5, 1.9), "it is the right default"),
        ((0.5, 2.1), 'als.engine = "implicit"'),
        ((), "says nothing about the default"),
    ],
)
def test_the_default_follows_from_the_ratio(ratios: tuple[float, ...], expected: str) -> None:
    pair = comparison.Pair("", 8, IMPLICIT, 1.0, 1.0, 1.0, (1.0, 1.0))
    pairs = [replace(pair, ratio=ratio) for ratio in ratios] + [replace(pair, other=SPARK, ratio=0.01)]
    assert expected in comparison.verdict(pairs)


# ---- larger data


def test_a_larger_log_has_the_shape_of_the_settings(settings: Params) -> None:
    shape = settings.generator
    found, again = (growth.log_alike(2500, 600, 1, shape) for _ in range(2))
    assert found.fingerprint() == again.fingerprint()
    counts = np.bincount(found.user, minlength=2500)
    assert counts.min() >= shape.fewest_ratings
    assert counts.max() <= 300
    assert abs(np.median(counts) - shape.typical_ratings) < 5
    assert found.matrix().nnz == len(found)  # no pair twice
    by_item = np.sort(np.bincount(found.item, minlength=600))[::-1]
    assert by_item[:60].sum() > 0.25 * len(found)


def test_memory_of_all_lists_follows_the_chunk_and_not_the_users(
    some: Interactions, settings: Params
) -> None:
    model = model_of(OWN, settings).fit(some)
    few = some.matrix()
    many = sparse.csr_array(sparse.vstack([few] * 4))
    small, large = (growth.memory_mb(model, few, 10, chunk) for chunk in (20, 300))
    assert small < 0.5 * large
    lists_mb = many.shape[0] * 10 * 4 / 1e6  # what comes out, twice while it is put together
    assert growth.memory_mb(model, many, 10, 20) < small + 3 * lists_mb
    assert growth.memory_mb(model, many, 10, 20) < many.shape[0] * many.shape[1] * 4 / 1e6


def test_growth_is_measured_and_written(untrained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--growth", "1", "--root", str(untrained)]) == 0
    told = capsys.readouterr()
    report = (untrained / growth.REPORT).read_text(encoding="utf-8")
    assert report in told.out
    assert "1 x: 150 users, 200 items" in told.err  # progress
    (row,) = [line.split("|") for line in report.splitlines() if line.startswith("| 1 x")]
    users, items, rows = (int(cell.replace(",", "")) for cell in row[2:5])
    assert (users, items) == (150, 200)
    assert 150 * 20 <= rows <= 150 * 100
    lists, folding, product, ratio = (float(cell) for cell in row[6:10])
    assert folding <= lists
    assert product <= lists
    assert ratio > 1


def test_a_process_that_dies_is_told_in_words(
    untrained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(growth, "measure", dies)
    assert main(["bench", "--growth", "1", "--root", str(untrained)]) == 1
    assert "error: 1 x the data: the process was ended; too little memory?" in capsys.readouterr().err


def dies(*_: object) -> None:
    """End this process as the system does when memory runs out: at once, and without a word."""
    os._exit(137)


# ---- the index


def test_a_larger_catalogue_begins_with_the_items_of_the_log() -> None:
    own = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    items = nearest.catalogue(own, 400, 1)
    assert items.shape == (400, 4)
    assert np.array_equal(items[:50], own)
    distance = np.linalg.norm(items[50:, None] - own[None], axis=2).min(axis=1)
    assert 0 < np.median(distance) < np.linalg.norm(own.std(axis=0))


def test_with_a_column_more_the_nearest_item_is_the_one_with_the_highest_product() -> None:
    draw = np.random.default_rng(2)
    items, users = draw.normal(size=(80, 5)).astype(np.float32), draw.normal(size=(20, 5)).astype(np.float32)
    points = nearest._longer(items)
    for user in users:
        apart = np.linalg.norm(points - np.append(user, 0), axis=1)
        assert np.argmin(apart) == np.argmax(items @ user)


def test_the_index_finds_what_it_says() -> None:
    pytest.importorskip("faiss", reason="faiss is not installed: `pip install faiss-cpu`")
    draw = np.random.default_rng(3)
    items = draw.normal(size=(3000, 8)).astype(np.float32)
    users = draw.normal(size=(60, 8)).astype(np.float32)
    seen = [draw.integers(3000, size=20) for _ in users]
    row = nearest.measure(items, users, seen, 10)
    assert row.items == 3000
    assert nearest.WANTED <= row.recall <= 1
    assert row.exact_ms > 0
    assert row.index_ms > 0


def test_where_the_index_pays_is_the_first_size_from_which_on_it_always_does() -> None:
    def row(items: int, exact: float, index: float, recall: float = 0.97) -> nearest.Row:
        return nearest.Row(items, exact, index, recall, 64, 1.0)

    small, lucky, middle, large = row(10, 1, 2), row(20, 3, 2), row(30, 1, 2), row(40, 3, 2)
    assert "From 40 items on" in nearest.verdict([small, lucky, middle, large])
    assert "From 20 items on" in nearest.verdict([small, lucky, large])
    assert "Up to 30 items" in nearest.verdict([small, lucky, middle])
    assert "Up to 40 items" in nearest.verdict([small, row(40, 3, 2, recall=0.9)])


def test_without_faiss_the_index_is_refused_in_words(
    untrained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nearest, "find_spec", lambda _: None)
    assert main(["bench", "--index", "--root", str(untrained)]) == 1
    assert "`pip install faiss-cpu`" in capsys.readouterr().err
