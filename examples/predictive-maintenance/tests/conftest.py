"""Projects in temporary folders: small, synthetic, and trained once for all tests that only read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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

ROOT = Path(__file__).resolve().parents[1]
ROWS = 5_000  # about 190 failures, of which 38 in the test part: fewer make every score a matter of luck
SEED = 123


@pytest.fixture(scope="session")
def settings() -> Params:
    """The project's own params.toml."""
    return params.load(ROOT)


def new_project(folder: Path) -> Path:
    """Make a project with nothing but its settings, quicker in what costs time and changes no score."""
    folder.mkdir(parents=True)
    for name in ("anchors.toml", "portfolio.toml"):
        shutil.copy(ROOT / name, folder)
    text = (ROOT / "params.toml").read_text(encoding="utf-8")
    for old, new in (
        ("resamples = 1000", "resamples = 100"),
        ("requests = 1000", "requests = 200"),
        ("warmup = 50", "warmup = 5"),
        (f"rows = {10_000} # rows of the synthetic", f"rows = {ROWS} # rows of the synthetic"),
    ):
        assert old in text, f"params.toml has no {old!r} any more"
        text = text.replace(old, new)
    (folder / "params.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def untrained(tmp_path: Path) -> Path:
    """A fresh project: no data, no model."""
    return new_project(tmp_path / "project")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with data and a model, for reading only."""
    root = new_project(tmp_path_factory.mktemp("trained") / "project")
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
