"""Workflows and image: valid, without a known weakness, every action pinned by commit."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from .tools import REPOSITORY, run, tool

if TYPE_CHECKING:
    from pathlib import Path

USES = re.compile(r"^\s*(?:- )?uses:\s*(\S+?)(?:\s+#\s*(\S+))?\s*$", re.MULTILINE)
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
# The newest major version of each action that still runs on Node 20, which GitHub's machines no longer have.
NODE20 = {
    "actions/checkout": 4,
    "actions/setup-python": 5,
    "actions/setup-node": 4,
    "actions/cache": 4,
    "actions/upload-artifact": 5,
    "actions/download-artifact": 6,
    "actions/configure-pages": 5,
    "actions/deploy-pages": 4,
    "actions/dependency-review-action": 4,
    "aws-actions/configure-aws-credentials": 5,
    "docker/build-push-action": 6,
    "docker/login-action": 3,
    "docker/metadata-action": 5,
    "docker/setup-buildx-action": 3,
}

# The workflows that change the repository, and what their jobs may write; all others only read.
WRITES = {"template-update.yml": {"contents": "write", "pull-requests": "write"}}


@pytest.fixture
def workflows(project) -> list[Path]:
    """Return the paths of a project's workflows."""
    found = [project.path / path for path in project.files(".github/workflows/*")]
    assert found
    return found


def unpinned(text: str) -> list[str]:
    """Return what is wrong with the actions that a workflow uses, one line each."""
    wrong = []
    for action, comment in USES.findall(text):
        name, _, _ = action.partition("@")
        major = re.fullmatch(r"v(\d+)(\.\d+)*", comment)
        if not PINNED.fullmatch(action):
            wrong.append(f"{action}: not pinned by commit")
        elif not major:
            wrong.append(f"{action}: no comment says which version the commit is")
        elif int(major[1]) <= NODE20.get(name, 0):
            wrong.append(f"{action}: {comment} runs on Node 20")
    return wrong


def steps(workflow: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return each step of a workflow with its job's name."""
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return [(name, step) for name, job in jobs.items() for step in job["steps"]]


def test_workflows_keep_to_the_schema(workflows):
    done = run(
        tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *workflows, cwd=REPOSITORY
    )
    assert done.returncode == 0, done.stdout


def test_compose_files_keep_to_the_schema(default_project):
    files = [default_project.path / path for path in default_project.files("compose*.yaml")]
    if not files:
        pytest.skip("the template has no compose file")
    done = run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", *files, cwd=REPOSITORY)
    assert done.returncode == 0, done.stdout


def test_zizmor_finds_nothing_above_low(project, workflows):
    command = [
        "--offline",
        "--no-config",
        "--no-progress",
        "--min-severity",
        "medium",
        "--persona",
        "regular",
    ]
    done = run(tool("zizmor"), *command, *workflows, cwd=project.path)
    assert done.returncode == 0, done.stdout


def test_actions_are_pinned_by_commit_and_run(workflows):
    for workflow in workflows:
        assert unpinned(workflow.read_text(encoding="utf-8")) == [], workflow.name


def test_this_repositorys_own_workflows_too():
    for workflow in (REPOSITORY / ".github" / "workflows").glob("*.yml"):
        assert unpinned(workflow.read_text(encoding="utf-8")) == [], workflow.name


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("uses: actions/checkout@v7", "not pinned by commit", id="tag"),
        pytest.param(f"- uses: actions/checkout@{'a' * 40}", "no comment", id="no comment"),
        pytest.param(f"uses: actions/checkout@{'a' * 40} # v4.2.0", "Node 20", id="old"),
    ],
)
def test_the_rule_on_pins_sees_what_it_must_see(line, expected):
    assert expected in unpinned(f"steps:\n  {line}\n")[0]


def test_jobs_have_least_permissions_and_an_end(workflows):
    for workflow in workflows:
        content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
        writes = workflow.name in WRITES
        assert content["permissions"] == ({} if writes else {"contents": "read"}), workflow.name
        assert content["concurrency"]["cancel-in-progress"] is not writes, workflow.name
        for name, job in content["jobs"].items():
            assert job["timeout-minutes"] <= 30, f"{workflow.name}: {name}"
            assert job.get("permissions") == WRITES.get(workflow.name), f"{workflow.name}: {name}"


def test_no_expression_reaches_a_shell(workflows):
    """What an expression gives would be read as a part of the script; `env` hands it over as a value."""
    for workflow in workflows:
        for name, step in steps(workflow):
            assert "${{" not in step.get("run", ""), f"{workflow.name}: {name}"
            assert step.get("with", {}).get("persist-credentials", False) is False, f"{workflow.name}: {name}"


def test_main_workflow_runs_on_three_systems_and_two_pythons(default_project):
    matrix = yaml.safe_load(default_project.text(".github/workflows/ci.yml"))["jobs"]["test"]["strategy"][
        "matrix"
    ]
    assert matrix == {"os": ["ubuntu-latest", "macos-latest", "windows-latest"], "python": ["3.11", "3.13"]}


def test_hadolint_is_content_with_the_dockerfile(project):
    done = run(
        tool("hadolint"), "--failure-threshold", "warning", "--format", "json", "Dockerfile", cwd=project.path
    )
    assert done.returncode == 0, "\n".join(
        f"{each['line']}: {each['message']}" for each in json.loads(done.stdout)
    )
