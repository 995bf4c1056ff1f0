"""The code of a generated project by the tools that its own workflow runs, and by its hooks."""

from __future__ import annotations

import hashlib
import re
import shutil

import pytest
import yaml

from .tools import run, template_python, tool

_judged: dict[
    str, str
] = {}  # what the type checker said of a set of files; most option sets share their code


def test_python_compiles(project):
    files = project.files("*.py")
    assert len(files) > 10
    for path in files:
        compile(project.text(path), str(path), "exec")


@pytest.mark.parametrize("command", [("format", "--check"), ("check",)], ids=" ".join)
def test_ruff_is_content(project, command):
    done = run(tool("ruff"), *command, "--no-cache", ".", cwd=project.path)
    assert done.returncode == 0, done.stdout


def test_mypy_is_content(project):
    files = project.files("*.py", "pyproject.toml")
    key = hashlib.sha256(
        b"".join(bytes(path) + (project.path / path).read_bytes() for path in files)
    ).hexdigest()
    if key not in _judged:
        cache = template_python(project.case.template).parents[1] / "mypy-cache"
        done = run(
            template_python(project.case.template),
            "-m",
            "mypy",
            "--cache-dir",
            cache,
            cwd=project.path,
            timeout_s=900,
        )
        _judged[key] = "" if done.returncode == 0 else done.stdout
    assert not _judged[key], _judged[key]


def test_hooks_pass_and_change_nothing(project, tmp_path):
    folder = shutil.copytree(project.path, tmp_path / "project")  # a hook that does not pass mends files
    done = run(tool("prek"), "run", "--all-files", cwd=folder, timeout_s=600)
    assert done.returncode == 0, done.stdout
    assert run("git", "status", "--porcelain", cwd=folder).stdout == ""


def test_hooks_lint_with_the_locked_version_of_ruff(default_project):
    """One version: else a commit passes the hook and fails in the workflow."""
    locked = re.search(r"^ruff==(\S+)", default_project.text("requirements-dev.txt"), re.MULTILINE)
    hooks = yaml.safe_load(default_project.text(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    pinned = {
        needed for hook in hooks for needed in hook["additional_dependencies"] if needed.startswith("ruff")
    }
    assert locked
    assert pinned == {f"ruff=={locked[1]}"}


def test_hooks_are_local(default_project):
    """Nothing is cloned from a server when they run."""
    repositories = yaml.safe_load(default_project.text(".pre-commit-config.yaml"))["repos"]
    assert {repository["repo"] for repository in repositories} == {"local"}
