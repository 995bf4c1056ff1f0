"""Projects in temporary folders: small, synthetic, and trained once for all tests that only read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from projects import ROOT, new_project, with_texts

from maintenance import params
from maintenance.__main__ import main
from maintenance.data import contract, generate, ingestion
from maintenance.model import fitting

if TYPE_CHECKING:
    import pandas as pd

    from maintenance.params import Params

os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # two tests at once, or a busy machine, would else slow down tenfold

ROWS = 5_000  # about 190 failures, of which 38 in the test part: fewer make every score a matter of luck
SEED = 123
# Quicker in what costs time and changes no score; the rest is what the tests rely on.
SMALLER = {
    "data.rows": ROWS,
    "evaluation.resamples": 100,
    "bench.requests": 200,
    "bench.warmup": 5,
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
    ingestion.ingest(root, params.load(root))
    fitting.train(root, params.load(root))
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
def readings(trained: Path) -> pd.DataFrame:
    """The readings of the trained project."""
    frame, _ = ingestion.read(trained)
    return frame


@pytest.fixture(scope="session")
def good_file(settings: Params) -> bytes:
    """A small file that passes every check."""
    return contract.to_csv(generate.readings(200, SEED, settings))


@pytest.fixture(scope="session")
def ai4i_file() -> Path:
    """The public AI4I 2020 file where it is at hand; it is never part of this repository."""
    path = Path(os.environ.get("AI4I_FILE") or ROOT / "data" / "ai4i2020.csv")
    if not path.is_file():
        pytest.skip("the AI4I 2020 file is not here: set AI4I_FILE, or put it at data/ai4i2020.csv")
    return path


@pytest.fixture(scope="session")
def ai4i(ai4i_file: Path) -> pd.DataFrame:
    """The readings of the public file."""
    return contract.whole_numbers(contract.parse(ai4i_file.read_bytes(), ai4i_file.name))
