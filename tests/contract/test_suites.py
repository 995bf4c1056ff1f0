"""Each template's own tests, in an environment and process of their own.

In place here; as generated in `test_updates` (a bare project, edited and updated) and in `test_examples` (one
that has run), which are slow.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from .cases import cases
from .tools import REPOSITORY, TEMPLATES, run, template_python

if TYPE_CHECKING:
    from pathlib import Path

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


def passes(python: Path, folder: Path, *arguments: str) -> str:
    """Run the tests of the project in `folder`; return what they said."""
    env = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(folder / "src"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(REPOSITORY / ".cache" / "hypothesis"),
    }
    done = run(python, *PYTEST, *arguments, cwd=folder, timeout_s=1800, **env)
    assert done.returncode == 0, done.stdout
    return done.stdout


def listing(folder: Path) -> set[str]:
    """Return the files of a project that its tests may not add to or change the names of."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if "__pycache__" not in path.parts}


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


# What a template does with more than its locked requirements: groups of its pyproject.toml, their tests, and
# a program that has to be there.
WITH_MORE = [
    pytest.param(
        "helpdesk-chatbot",
        ("browser",),
        ("tests/test_pages_in_browser.py",),
        "chromium",
        id="chat-in-browser",
    ),
    pytest.param("helpdesk-chatbot", (), ("tests/test_postgresql.py",), "postgres", id="postgresql"),
    pytest.param("predictive-maintenance", ("airflow",), ("tests/test_dag.py",), None, id="airflow"),
    pytest.param("recommender", ("browser",), ("tests/test_page_in_browser.py",), "chromium", id="browser"),
    pytest.param(
        "recommender", ("engines",), ("tests/test_engines.py", "-k", "not spark"), None, id="engines"
    ),
    pytest.param(
        "recommender", ("engines", "spark"), ("tests/test_engines.py", "-k", "spark"), "java", id="spark"
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("template", "groups", "tests", "program"), WITH_MORE)
def test_what_needs_more_passes_with_it(template, groups, tests, program, renderer):
    if program and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    said = passes(template_python(template, *groups), renderer(cases(template)[0]).path, *tests)
    assert re.search(r"\d+ passed", said)
    assert "skipped" not in said
