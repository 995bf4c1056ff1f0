"""Projects in temporary folders: small, synthetic, and trained once for all tests that only read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from projects import ROOT, new_project, with_texts

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two tests at once would else slow down tenfold
os.environ["HF_HUB_OFFLINE"] = "1"  # no test asks a hub

from sentiment import params
from sentiment.__main__ import main
from sentiment.data import generate, ingestion, reviews
from sentiment.model import split, training

if TYPE_CHECKING:
    from sentiment.data.reviews import Review
    from sentiment.params import Params

ROWS = 1_600
# Smaller in what costs time; the rest is what the tests rely on.
SMALLER = {
    "seed": 123,
    "data.rows": ROWS,
    "generator.products": 120,
    "tiny.epochs": 5,
    "evaluation.resamples": 100,
    "bench.requests": 20,
    "bench.warmup": 2,
}


@pytest.fixture(scope="session")
def settings() -> Params:
    """The project's own params.toml."""
    return params.load(ROOT)


@pytest.fixture
def untrained(tmp_path: Path) -> Path:
    """A fresh project: no data, no model."""
    return new_project(tmp_path / "project", SMALLER)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with data and a model, for reading only."""
    root = new_project(tmp_path_factory.mktemp("trained") / "project", SMALLER)
    ingestion.ingest(root, params.load(root), ingestion.Wish())
    training.train(root, params.load(root), device="cpu")
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
def parts(trained: Path) -> split.Parts:
    """The parts of the trained project's reviews."""
    return split.parts(ingestion.read(trained)[0], params.load(trained))


@pytest.fixture(scope="session")
def some_reviews(settings: Params) -> list[Review]:
    """Four hundred synthetic reviews."""
    return generate.reviews(400, 7, settings.generator)


@pytest.fixture(scope="session")
def good_file(some_reviews: list[Review]) -> bytes:
    """A small file that passes every check."""
    return reviews.write_lines(some_reviews)
