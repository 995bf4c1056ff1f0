"""Each template's own tests, in an environment and process of their own: as generated, and in place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from .tools import TEMPLATES, run, template_python

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


def passes(python: Path, folder: Path, *arguments: str) -> str:
    """Run the tests of the project in `folder`; return what they said."""
    env = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder / "src")}
    done = run(python, *PYTEST, *arguments, cwd=folder, timeout_s=1800, **env)
    assert done.returncode == 0, done.stdout
    return done.stdout


def listing(folder: Path) -> set[str]:
    """Return the files of a project that its tests may not add to or change the names of."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_suite_passes_as_generated_and_leaves_nothing_behind(default_project, tmp_path):
    folder = Path(shutil.copytree(default_project.path, tmp_path / "project"))
    before = listing(folder)
    said = passes(template_python(default_project.case.template), folder)
    assert re.search(r"\d+ passed", said)
    assert listing(folder) - before == set()


def test_suite_passes_where_the_template_lies(template):
    folder = TEMPLATES / template / "project"
    before = listing(folder)
    said = passes(template_python(template), folder)
    assert re.search(r"\d+ passed", said)
    assert listing(folder) - before == set()


def test_shared_parts_pass_with_their_worked_examples():
    shared = TEMPLATES / "_shared"
    env = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(shared)}
    command = (*PYTEST, "--doctest-modules", "--import-mode=importlib", "parts", "tests")
    done = run(template_python("predictive-maintenance"), *command, cwd=shared, timeout_s=600, **env)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d+ passed", done.stdout)


@pytest.mark.slow
def test_airflow_suite_passes_with_airflow(renderer):
    from .cases import cases

    project = renderer(next(case for case in cases("predictive-maintenance") if case.answers["airflow"]))
    said = passes(template_python("predictive-maintenance", "airflow"), project.path, "tests/test_dag.py")
    assert re.search(r"\d+ passed", said)
    assert "skipped" not in said
