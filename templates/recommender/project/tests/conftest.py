"""Projects in temporary folders: small, synthetic, and trained once for all tests that only read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

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

ROOT = Path(__file__).resolve().parents[1]
SMALLER = (
    ("users = 1000 #", "users = 150 #"),
    ("items = 1200 #", "items = 200 #"),
    ("typical_ratings = 65 #", "typical_ratings = 40 #"),
    ("resamples = 1000 #", "resamples = 100 #"),
    ("requests = 500 #", "requests = 20 #"),
    ("warmup = 20 #", "warmup = 2 #"),
)


@pytest.fixture(scope="session")
def settings() -> Params:
    """The project's own params.toml."""
    return params.load(ROOT)


def new_project(folder: Path) -> Path:
    """Make a project with nothing but its settings, smaller in what costs time."""
    folder.mkdir(parents=True)
    for name in ("anchors.toml", "portfolio.toml"):
        shutil.copy(ROOT / name, folder)
    text = (ROOT / "params.toml").read_text(encoding="utf-8")
    for old, new in SMALLER:
        assert old in text, f"params.toml has no {old!r} any more"
        text = text.replace(old, new)
    (folder / "params.toml").write_text(text, encoding="utf-8")
    return folder


def with_texts(root: Path) -> Path:
    """Give the project at `root` the prose, and a README of a title and the marked places."""
    shutil.copytree(ROOT / "prose", root / "prose")
    names = sorted(path.stem.removeprefix("readme-") for path in (ROOT / "prose").glob("readme-*.md"))
    places = "\n".join(f"<!-- evidence:{name} -->\n<!-- /evidence:{name} -->\n" for name in names)
    (root / "README.md").write_text(f"# What comes next\n\n{places}", encoding="utf-8")
    assert main(["report", "--root", str(root)]) == 0
    return root


def interactions(rows: Sequence[tuple[int, int, float, int]], users: int, items: int) -> Interactions:
    """Make interactions of (user, item, value, time)."""
    table = np.array(rows, dtype=np.float64)
    columns = (table[:, 0], table[:, 1], table[:, 2], table[:, 3])
    return ordered([f"u{n}" for n in range(users)], [f"i{n}" for n in range(items)], columns)


@pytest.fixture
def untrained(tmp_path: Path) -> Path:
    """A fresh project: no data, no model."""
    return new_project(tmp_path / "project")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with data and a model, for reading only."""
    root = new_project(tmp_path_factory.mktemp("trained") / "project")
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
