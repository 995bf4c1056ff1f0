"""What the light commands must not load: importing it would be most of the time that they take."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {
    *("copier", "jinja2", "questionary", "prompt_toolkit", "yaml", "rich", "platformdirs", "pexpect", "uv"),
    *("repo_review", "markdown_it", "jsonschema"),
}

# Prints the names of the loaded packages last on standard error, however the command ends.
SCRIPT = """
import atexit, sys
atexit.register(lambda: print("\\n", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr))
from scaffolder.__main__ import main
main()
"""


def loaded_packages(*args: str, **variables: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *args],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["--help"], id="help"),
        pytest.param(["--version"], id="version"),
        pytest.param(["new", "--help"], id="new-help"),
        pytest.param(["run", "--help"], id="run-help"),
        pytest.param(["check", "--help"], id="check-help"),
        pytest.param(["list"], id="list"),
        pytest.param(["list", "--json"], id="list-json"),
    ],
)
def test_light_commands_load_nothing_heavy(args: list[str]) -> None:
    loaded = loaded_packages(*args)
    assert "typer" in loaded  # the list of packages is really there
    assert not loaded & HEAVY


@pytest.mark.parametrize(
    "words", ["new pred", "new predictive-maintenance x -d lic", "run --from t", "check --format h"]
)
def test_completion_loads_nothing_heavy(words: str) -> None:
    position = str(len(words.split()))
    loaded = loaded_packages(
        _SCAFFOLDER_COMPLETE="complete_bash", COMP_WORDS=f"scaffolder {words}", COMP_CWORD=position
    )
    assert "typer" in loaded
    assert not loaded & HEAVY


def test_show_needs_no_renderer() -> None:
    """`show` reads YAML and fills in defaults, but neither copier nor a prompt is needed for that."""
    assert not loaded_packages("show", "predictive-maintenance") & {"copier", "questionary", "prompt_toolkit"}


def test_check_of_a_repository_of_another_origin_needs_no_renderer(tmp_path: Path) -> None:
    """Copier takes longer to import than all the rules need; only a generated project is rendered again."""
    (tmp_path / "README.md").write_text("# Pumps\n", encoding="utf-8")
    loaded = loaded_packages("check", str(tmp_path), "--select", "GD100,YO", "--no-questions")
    assert "repo_review" in loaded
    assert not loaded & {"copier", "questionary", "prompt_toolkit", "jinja2", "rich", "PIL", "typst"}
