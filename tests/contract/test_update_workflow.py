"""The workflow that opens a pull request: its scripts, run against a git remote and a paper GitHub."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml
from packaging.version import Version

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    os.name == "nt" or not shutil.which("jq"), reason="runs on Ubuntu, where bash and jq are"
)

# Each program notes how it was called. `gh` knows the pull requests and refs that lie in files; `scaffolder`
# behaves as it does for a project that is behind, and ends with the status that a file names.
GH = """#!/bin/bash
echo "gh $*" >> "$PAPER/calls"
case "$1 $2" in
  "pr list") cat "$PAPER/made" ;;
  "api "*) cat "$PAPER/refs" ;;
  "pr create") cat "$PAPER/body.md" > /dev/null; exit "$(cat "$PAPER/pr_status")" ;;
esac
"""
SCAFFOLDER = """#!/bin/bash
echo "scaffolder $*" >> "$PAPER/calls"
case "$*" in
  "update --check") exit 1 ;;
  "update --defaults --branch "*" --json")
    git checkout --quiet -b "$4" && cp -r "$PAPER/change/." . && git add --all
    git commit --quiet --message update && git checkout --quiet -
    cat "$PAPER/outcome.json"; exit "$(cat "$PAPER/status")" ;;
esac
"""
PYTHON = """#!/bin/bash
echo "python $*" >> "$PAPER/calls"
if [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$PAPER/bin/python" "$PAPER/scaffolder" "$3/bin"; fi
"""
OUTCOME = {"before": "0.1.0", "after": "1.2.0", "notes": ["- all: better"], "conflicts": []}


@dataclass
class Paper:
    """A stand-in for GitHub's machine: a clone, its origin, a template's repository."""

    root: Path
    workflow: dict[str, object]
    env: dict[str, str]

    def run(self, *, has_token: bool = False) -> tuple[int, str]:
        """Run the steps as GitHub would; return the exit status of the last one and all that they said."""
        outputs: dict[str, dict[str, str]] = {}
        said = ""
        for step in self.workflow["jobs"]["pull-request"]["steps"]:
            name, _, output = step.get("if", "").removeprefix("steps.").partition(".outputs.")
            if "run" not in step or (name and not outputs.get(name, {}).get(output)):
                continue
            env = {key: self._value(value, outputs, has_token) for key, value in step.get("env", {}).items()}
            results = self.root / "outputs"
            results.write_text("")
            done = subprocess.run(
                ["bash", "-e", "-c", step["run"]],
                cwd=self.root / "clone",
                env={**self.env, **env, "GITHUB_OUTPUT": str(results)},
                capture_output=True,
                text=True,
                check=False,
            )
            said += done.stdout + done.stderr
            if done.returncode:
                return done.returncode, said
            if "id" in step:
                outputs[step["id"]] = dict(line.split("=", 1) for line in results.read_text().splitlines())
        return 0, said

    def calls(self) -> str:
        """Return how the programs were called, one line each."""
        calls = self.root / "calls"
        return calls.read_text() if calls.exists() else ""

    def put(self, name: str, text: str) -> None:
        """Write a file of the stand-in."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def pushed(self) -> list[str]:
        """Return the branches at the origin beside `main`."""
        return git(self.root / "origin.git", "branch", "--format=%(refname:short)").split()[1:]

    @staticmethod
    def _value(value: str, outputs: dict[str, dict[str, str]], has_token: bool) -> str:
        if found := re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}", value):
            return outputs[found[1]].get(found[2], "")
        known = {
            "${{ github.token }}": "job",
            "${{ secrets.TEMPLATE_UPDATE_TOKEN || github.token }}": "own" if has_token else "job",
            "${{ secrets.TEMPLATE_UPDATE_TOKEN != '' }}": str(has_token).lower(),
        }
        return known[value]


@pytest.fixture
def paper(default_project, tmp_path) -> Paper:
    """Lay out a project that came from version 0.1.0, and a template whose newest release is 1.2.0."""
    workflow = yaml.safe_load(default_project.text(".github/workflows/template-update.yml"))
    env = {
        "HOME": str(tmp_path),
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "PAPER": str(tmp_path),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_REPOSITORY": "person/project",
        "GITHUB_REF_NAME": "main",
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C.UTF-8",
    }
    made = Paper(tmp_path, workflow, env)
    for name, text in (("bin/gh", GH), ("bin/python", PYTHON), ("scaffolder", SCAFFOLDER)):
        made.put(name, text)
        (tmp_path / name).chmod(0o755)
    facts = {"made": "", "refs": "", "pr_status": "0", "status": "0", "change/README.md": "# Newer\n"}
    for name, text in {**facts, "temp/none": "", "outcome.json": json.dumps(OUTCOME)}.items():
        made.put(name, text)
    template, clone = tmp_path / "template", tmp_path / "clone"
    made.put("template/x", "x")
    made.put("clone/.copier-answers.yml", f"# Written\n_commit: v0.1.0\n_src_path: file://{template}\n")
    for folder in (template, clone):
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "add", "--all")
        git(folder, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "x")
    for tag in ("v0.1.0", "v0.9.0", "v1.2.0", "v1.10.0rc1", "nightly"):
        git(template, "tag", tag)
    git(tmp_path, "clone", "--quiet", "--bare", "clone", "origin.git")
    git(clone, "remote", "add", "origin", str(tmp_path / "origin.git"))
    return made


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def test_a_newer_release_becomes_a_pull_request(paper):
    status, said = paper.run()
    assert status == 0, said
    assert paper.pushed() == ["template-update-1.2.0"]
    assert (
        f"pip install --quiet portfolio-scaffolder @ git+file://{paper.root}/template@v1.2.0" in paper.calls()
    )
    last = paper.calls().splitlines()[-1]
    assert "--base main --head template-update-1.2.0 --title Update from the template: version 1.2.0" in last
    body = (paper.root / "temp/body.md").read_text()
    assert "From version 0.1.0 to 1.2.0" in body
    assert "- all: better" in body
    assert "Not ready" not in body
    author = git(paper.root / "origin.git", "log", "-1", "--format=%an", "template-update-1.2.0")
    assert author == "github-actions[bot]\n"


def test_conflicts_are_listed_and_in_the_title(paper):
    conflicts = [{"path": "README.md", "kind": "both changed"}, {"path": "a.py", "kind": "both added"}]
    paper.put("outcome.json", json.dumps({**OUTCOME, "conflicts": conflicts, "notes": []}))
    paper.put("status", "3")
    status, said = paper.run()
    assert status == 0, said
    assert "version 1.2.0, conflicts to resolve: 2" in paper.calls()
    body = (paper.root / "temp/body.md").read_text()
    assert "Not ready to merge" in body
    assert "- `README.md`: both changed\n- `a.py`: both added\n" in body


@pytest.mark.parametrize("name", ["made", "refs"])
def test_nothing_is_done_twice(paper, name):
    paper.put(name, "https://github.com/person/project/pull/7\n")
    status, said = paper.run()
    assert status == 0, said
    assert "::notice::There is https://github.com/person/project/pull/7 for version 1.2.0" in said
    assert "scaffolder" not in paper.calls()


def test_nothing_is_done_when_nothing_is_newer(paper):
    git(paper.root / "template", "tag", "--delete", "v0.9.0", "v1.2.0")
    assert paper.run() == (0, f"Nothing newer at file://{paper.root}/template.\n")


def test_nothing_is_done_while_the_template_has_no_public_address(paper, default_project):
    paper.put("clone/.copier-answers.yml", default_project.text(".copier-answers.yml"))
    status, said = paper.run()
    assert status == 0
    assert said.startswith("::notice::The template has no public address yet")


def test_a_template_that_cannot_be_reached_is_an_error(paper):
    shutil.rmtree(paper.root / "template")
    status, _ = paper.run()
    assert status != 0


def test_a_failed_update_fails_and_pushes_nothing(paper):
    paper.put("status", "1")
    status, _ = paper.run()
    assert status == 1
    assert paper.pushed() == []


@pytest.mark.parametrize("has_token", [False, True])
def test_a_changed_workflow_needs_a_token_of_its_own(paper, has_token):
    paper.put("change/.github/workflows/ci.yml", "name: ci\n")
    status, said = paper.run(has_token=has_token)
    assert status == (0 if has_token else 1), said
    assert paper.pushed() == (["template-update-1.2.0"] if has_token else [])
    assert ("add the secret TEMPLATE_UPDATE_TOKEN" in said) is not has_token


def test_a_refused_pull_request_says_what_to_do(paper):
    paper.put("pr_status", "1")
    status, said = paper.run()
    assert status == 1
    assert "::error::The branch template-update-1.2.0 is pushed, but the pull request was refused" in said


def test_only_the_last_step_sees_the_secret(default_project):
    workflow = yaml.safe_load(default_project.text(".github/workflows/template-update.yml"))
    names = [
        step.get("name") for step in workflow["jobs"]["pull-request"]["steps"] if "secrets." in str(step)
    ]
    assert names == ["Push the branch, open its pull request"]


def test_renovate_reads_the_answers_file(project):
    """Its copier manager's file pattern and schema; the tags of the template are PEP 440 versions."""
    found = [
        str(path) for path in project.files() if re.search(r"(^|/)\.copier-answers(\..+)?\.ya?ml", str(path))
    ]
    assert found == [".copier-answers.yml"]
    answers = yaml.safe_load(project.text(found[0]))
    assert isinstance(answers["_commit"], str)
    assert Version(answers["_commit"]).release
    assert re.fullmatch(r"https://[\w.-]+/\S+\.git", answers["_src_path"])
