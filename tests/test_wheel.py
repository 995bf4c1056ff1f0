"""An installed wheel works without this checkout: other HOME, other folder, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import uv

from scaffolder import history

ROOT = Path(__file__).parent.parent
UV = uv.find_uv_bin()
NEW = ["new", "predictive-maintenance", "pump", "--defaults", "-d", "author_name=Ada Example"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([UV, "build", "--quiet", "--wheel", "--out-dir", str(out), str(ROOT)], check=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `scaffolder` command of an environment that holds the wheel and what it depends on."""
    env = tmp_path_factory.mktemp("env")
    subprocess.run([UV, "venv", "--quiet", "--clear", "--python", sys.executable, str(env)], check=True)
    subprocess.run([UV, "pip", "install", "--quiet", "--python", str(env), str(wheel)], check=True)
    return env / ("Scripts/scaffolder.exe" if os.name == "nt" else "bin/scaffolder")


def other_machine(home: Path) -> dict[str, str]:
    """An environment with a home of its own that knows nothing but who its owner is."""
    (home / "work").mkdir(parents=True)
    (home / ".gitconfig").write_text("[user]\n\tname = Ada Example\n\temail = ada@example.org\n")
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "TEMP") if key in os.environ}
    return kept | {"HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home / "cache")}


def without_network() -> list[str]:
    """A prefix that takes the network away, where the system has one and lets us."""
    prefix = ["unshare", "--net"] if shutil.which("unshare") else []
    allowed = prefix and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if allowed else []


def tree(folder: Path) -> dict[str, bytes]:
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(".git/")}


def test_the_wheel_carries_templates_history_and_no_rubbish(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "scaffolder/history.stream" in names
    assert "scaffolder/bundle/copier.yml" in names
    assert "scaffolder/bundle/templates/predictive-maintenance/project/portfolio.toml" in names
    unwanted = ("__pycache__", ".venv", "/models/", "/reports/", "readings.csv", ".egg-info")
    assert [name for name in names if any(word in name for word in unwanted)] == []


def test_two_machines_generate_the_same_tree_offline(installed: Path, tmp_path: Path) -> None:
    trees = []
    for machine, command in (("one", [str(installed)]), ("two", [sys.executable, "-m", "scaffolder"])):
        home = tmp_path / machine
        env = other_machine(home)
        work = home / "work"
        version = ["--version", history.newest()]
        subprocess.run([*without_network(), *command, *NEW, *version], cwd=work, env=env, check=True)
        trees.append(tree(work / "pump"))
    assert trees[0] == trees[1]
    assert f"_commit: v{history.newest()}".encode() in trees[0][".copier-answers.yml"]


def test_every_command_that_needs_no_project_works_from_any_folder(installed: Path, tmp_path: Path) -> None:
    env = other_machine(tmp_path / "home")
    for command in (["list"], ["list", "--json"], ["show", "predictive-maintenance"], ["--help"]):
        done = subprocess.run(
            [str(installed), *command], cwd=tmp_path, env=env, capture_output=True, check=True, text=True
        )
        assert done.stdout.strip()
        if command[0] == "show":  # also the files of folders that the template only links to
            assert "evidence.schema.json" in done.stdout
