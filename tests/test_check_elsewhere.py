"""`check` in other repositories: the action for GitHub, and the hook for pre-commit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaffolder import checkout
from scaffolder.cli.app import commands

from .check_samples import make_repository
from .conftest import git

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: dict[str, dict[str, Any]] = {
    step.get("name", step.get("uses", "")): step for step in ACTION["runs"]["steps"]
}


def tool(name: str) -> str:
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    assert found, f"{name} is not installed; install the project with its dev extra"
    return found


def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command; both outputs in `stdout`."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        check=False,
    )


# ---- the action


def test_the_action_keeps_to_the_schema() -> None:
    done = run(tool("check-jsonschema"), "--builtin-schema", "vendor.github-actions", "action.yml")
    assert done.returncode == 0, done.stdout


def test_zizmor_finds_nothing_in_it() -> None:
    done = run(
        tool("zizmor"), "--offline", "--no-config", "--no-progress", "--persona", "regular", "action.yml"
    )
    assert done.returncode == 0, done.stdout


def test_what_it_uses_is_pinned_by_commit() -> None:
    uses = re.findall(
        r"uses: (\S+)(.*)", (ROOT / "action.yml").read_text(encoding="utf-8").partition("\nruns:")[2]
    )
    assert uses
    for action, comment in uses:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)


def test_no_expression_reaches_its_shell_and_every_input_does() -> None:
    given = "".join(str(step.get("env", {})) + str(step.get("with", {})) for step in STEPS.values())
    for step in STEPS.values():
        assert "${{" not in step.get("run", "")
        assert step.get("shell", "bash") == "bash"
    for name, about in ACTION["inputs"].items():
        assert f"inputs.{name} " in given, name
        assert about["description"]


def test_its_options_are_those_of_the_command() -> None:
    import typer

    known = {
        option
        for found in typer.main.get_command(commands).commands["check"].params
        for option in found.opts  # type: ignore[attr-defined]
    }
    options = set(re.findall(r"(?<=[\s(])--[a-z-]+", STEPS["Check"]["run"]))
    assert options == {"--format", "--select", "--ignore", "--strict", "--run-tests"}
    assert options <= known


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the step Check has in its environment, with the scaffolder of these tests as installed."""
    scripts = Path(sysconfig.get_path("scripts"))
    folder = tmp_path / "venv" / scripts.name
    folder.mkdir(parents=True)
    program = folder / "scaffolder"
    program.write_text(f"#!/bin/sh\nexec '{scripts / 'scaffolder'}' \"$@\"\n")
    program.chmod(0o755)
    defaults = {name: str(about["default"]) for name, about in ACTION["inputs"].items()}
    named = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: defaults[found[1]], value)
        for name, value in STEPS["Check"]["env"].items()
    }
    return {**named, "VENV": str(tmp_path / "venv")}


@pytest.mark.skipif(sys.platform == "win32", reason="the program in its place is a shell script")
def test_its_step_runs_the_check(home: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    workspace = make_repository(
        tmp_path / "workspace",
        {
            "a b/README.md": "# A\n",
            "c/x.txt": "",
            "$(touch ran)/README.md": "# C\n",
            "json.py": "raise SystemExit(9)\n",
        },
    )
    shell = ("bash", "-e", "-o", "pipefail", "-c", STEPS["Check"]["run"])
    wanted = {**environment, "SELECT": "GD100"}
    done = run(*shell, cwd=workspace, **{**wanted, "PATHS": "a b\nc\n\n$(touch ran)"})
    assert done.returncode == 1, done.stdout
    assert re.findall(r"(?m)^::(\w+)", done.stdout) == ["notice", "error", "notice", "notice"]
    assert not (workspace / "ran").exists()
    done = run(*shell, cwd=workspace, **{**wanted, "SELECT": "GD100$(touch ran)"})
    assert done.returncode == 2, done.stdout
    assert not (workspace / "ran").exists()
    done = run(*shell, cwd=workspace / "a b", **wanted)
    assert (done.returncode, done.stdout.count("::")) == (0, 2), done.stdout
    done = run(*shell, cwd=workspace, **{**wanted, "PATHS": "--help"})
    assert (done.returncode, "no such folder" in done.stdout) == (1, True), done.stdout


@pytest.fixture
def published(home: Path, tmp_path: Path) -> Path:
    """A repository with what this one has now, as the others would clone it."""
    folder = tmp_path / "published"
    for name in checkout.list_files(ROOT):
        if not name.startswith(("examples/", "tests/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    git("init", "--quiet", "--initial-branch=main", cwd=folder)
    git("add", "--all", "--force", cwd=folder)
    git("commit", "--quiet", "-m", "Now", cwd=folder)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_its_steps_install_and_check(published: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    workspace = make_repository(
        tmp_path / "workspace", {"README.md": "# A\n", "pip.py": "raise SystemExit(9)\n"}
    )
    venv = {**environment, "VENV": str(tmp_path / "portfolio-check")}
    for name, more in (
        ("Install the check", {"PYTHON": sys.executable, "SOURCE": str(published)}),
        ("Check", {"SELECT": "GD100"}),
    ):
        shell = ("bash", "-e", "-o", "pipefail", "-c", STEPS[name]["run"])
        done = run(*shell, cwd=workspace, **{**venv, **more})
        assert done.returncode == 0, done.stdout
    assert "::notice title=Portfolio check" in done.stdout


# ---- the hook


def test_the_hook_is_whole() -> None:
    done = run(tool("pre-commit"), "validate-manifest", ".pre-commit-hooks.yaml")
    assert done.returncode == 0, done.stdout
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["entry"].split() == ["scaffolder", "check"]
    assert (hook["pass_filenames"], hook["always_run"]) == (False, True)


@pytest.mark.slow
def test_the_hook_runs(published: Path, tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "pumps")
    git("init", "--quiet", cwd=folder)
    git("add", "--all", cwd=folder)
    done = run(
        *(tool("pre-commit"), "try-repo", published, "portfolio-check", "--all-files", "--verbose"),
        cwd=folder,
        PRE_COMMIT_HOME=str(tmp_path / "cache"),
    )
    assert done.returncode == 1, done.stdout
    assert "✗ EV100" in done.stdout
    assert "✓ GD100" in done.stdout
