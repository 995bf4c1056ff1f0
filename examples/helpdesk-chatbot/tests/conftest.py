"""Projects in temporary folders: small, synthetic, and trained once for all tests that only read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from projects import ROOT, new_project, with_texts

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two tests at once would else slow down tenfold

from helpdesk import params
from helpdesk.__main__ import main
from helpdesk.data import ingestion
from helpdesk.model import training
from helpdesk.serving.predictor import Predictor

if TYPE_CHECKING:
    from helpdesk.params import Params

# Smaller in what costs time; the rest is what the tests rely on.
SMALLER = {
    "seed": 42,
    "data.tickets": 1500,
    "model.regularisation": [1.0],
    "generator.german_share": 0.15,
    "generator.out_of_scope_share": 0.12,
    "split.test_share": 0.2,
    "split.validation_share": 0.2,
    "split.near_duplicate": 0.8,
    "retrieval.first": 10,
    "threshold.wrong_answer": 5.0,
    "threshold.person": 1.0,
    "evaluation.resamples": 100,
    "evaluation.shots": [1, 5, 20],
    "bench.warmup": 2,
    "bench.requests": 20,
    "bench.clients": 4,
    "bench.seconds": 1,
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
