"""Plain `copier copy` from the repository makes the tree that `scaffolder new` makes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import yaml

from .tools import run


@pytest.fixture
def copied(project, clone, tmp_path):
    """Return the folder that copier's own command line makes from the same templates, version and answers."""
    tag = f"v{project.version}"
    subprocess.run(["git", "tag", "--force", tag], cwd=clone, check=True, capture_output=True)
    (tmp_path / "answers.yml").write_text(
        yaml.safe_dump(project.case.answers, allow_unicode=True), encoding="utf-8"
    )
    copier = [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults", "--vcs-ref", tag]
    chosen = ["--data-file", tmp_path / "answers.yml", "--data", f"template={project.case.template}"]
    done = run(*copier, *chosen, clone, tmp_path / "copied", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    return tmp_path / "copied"


def test_same_files_same_bytes_same_permissions(project, copied):
    ours = {str(path): _facts(project.path / path) for path in project.files()}
    theirs = {str(path.relative_to(copied)): _facts(path) for path in copied.rglob("*") if path.is_file()}
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []


def _facts(path) -> tuple[bytes, bool]:
    """Return content and exec bit; of the answers file without the line on the template's origin."""
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [
        line for line in lines if path.name != ".copier-answers.yml" or not line.startswith(b"_src_path:")
    ]
    return b"".join(kept), os.access(path, os.X_OK)
