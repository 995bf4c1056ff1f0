"""Projects in temporary folders: small, synthetic, and trained once for all tests that only read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from projects import ROOT, new_project, with_texts

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two tests at once would else slow down tenfold

from recommender import params
from recommender.__main__ import main
from recommender.data import contract, generate, ingestion
from recommender.data.interactions import Interactions, ordered
from recommender.model import split, training
from recommender.serving.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recommender.params import Params

# Smaller in what costs time; the rest is what the tests rely on.
SMALLER = {
    "seed": 42,
    "data.users": 150,
    "data.items": 200,
    "generator.typical_ratings": 40,
    "evaluation.k": 10,
    "evaluation.resamples": 100,
    "service.cold_below": 3,
    "service.most_first": 100,
    "service.max_depth": 10,
    "service.max_aliases": 15,
    "service.max_cost": 5000,
    "bench.requests": 20,
    "bench.warmup": 2,
}


@pytest.fixture(scope="session")
def settings() -> Params:
    """The project's own params.toml."""
    return params.load(ROOT)


def interactions(rows: Sequence[tuple[int, int, float, int]], users: int, items: int) -> Interactions:
    """Make interactions of (user, item, value, time)."""
    table = np.array(rows, dtype=np.float64)
    columns = (table[:, 0], table[:, 1], table[:, 2], table[:, 3])
    return ordered([f"u{n}" for n in range(users)], [f"i{n}" for n in range(items)], columns)


@pytest.fixture
def untrained(tmp_path: Path) -> Path:
    """A fresh project: no data, no model."""
    return new_project(tmp_path / "project", SMALLER)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with data and a model, for reading only."""
    root = new_project(tmp_path_factory.mktemp("trained") / "project", SMALLER)
    (root / "README.md").write_text("# What comes next\n", encoding="utf-8")
    ingestion.ingest(root, params.load(root), ingestion.Wish())
    training.train(root, params.load(root))
    return root


@pytest.fixture
def copy_of_trained(trained: Path, tmp_path: Path) -> Path:
    """A trained project that a test may damage."""
    return Path(shutil.copytree(trained, tmp_path / "copy"))


@pytest.fixture(scope="session")
def evaluated(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with evidence and figures, for reading only."""
    root = Path(shutil.copytree(trained, tmp_path_factory.mktemp("evaluated") / "project"))
    assert main(["evaluate", "--root", str(root)]) == 0
    return root


@pytest.fixture
def reported(evaluated: Path, tmp_path: Path) -> Path:
    """An evaluated project whose texts were written."""
    return with_texts(Path(shutil.copytree(evaluated, tmp_path / "reported")))


@pytest.fixture(scope="session")
def predictor(trained: Path) -> Predictor:
    """The trained project's model as the service uses it."""
    return Predictor.load(trained)


@pytest.fixture(scope="session")
def some(settings: Params) -> Interactions:
    """Synthetic ratings of 300 users and 240 films."""
    return generate.interactions(300, 240, 7, settings.generator)[0]


@pytest.fixture(scope="session")
def parts(some: Interactions, settings: Params) -> split.Parts:
    """Their temporal split."""
    return split.parts(some, split.TEMPORAL, settings)


@pytest.fixture(scope="session")
def good_files(settings: Params) -> tuple[bytes, bytes]:
    """Small ratings and items that pass every check."""
    found, items = generate.interactions(60, 80, 3, settings.generator)
    return contract.write_ratings(found), contract.write_items(items)
