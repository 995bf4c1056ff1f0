"""`scaffolder new --defaults` against `copier copy` of the same templates, from a git repository at a tag.

Run it by hand:

python tests/bench/generate.py [ROUNDS] [TEMPLATE]

The two are interleaved, after one round that warms the caches; read the ratio. Only `new` makes a commit too.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scaffolder import places

# Without byte code, which the first round writes, both would be measured compiling themselves.
VARIABLES = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
LIMIT = 0.6
TAG = "v0.0.1"


def tagged_copy(folder: Path) -> Path:
    """Return a git repository in `folder` that holds this checkout's templates under one tag."""
    repository = folder / "templates.git-checkout"
    repository.mkdir()
    shutil.copy2(places.home() / "copier.yml", repository)
    ignored = shutil.ignore_patterns("__pycache__", ".venv", ".*_cache", "*.egg-info")
    shutil.copytree(places.home() / "templates", repository / "templates", symlinks=True, ignore=ignored)
    author = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
    for command in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["commit", "--quiet", "-m", "Templates"],
        ["tag", TAG],
    ):
        subprocess.run(["git", *author, *command], cwd=repository, check=True)
    return repository


def seconds(command: list[str], made: Path) -> float:
    """Return how long `command` takes to make the folder `made`, which is removed again."""
    begin = time.perf_counter()
    subprocess.run(command, capture_output=True, env=VARIABLES, check=True)
    taken = time.perf_counter() - begin
    shutil.rmtree(made)
    return taken


def main(rounds: int = 9, template: str = "predictive-maintenance") -> int:
    """Print medians and the ratio; return 1 when it is over the limit."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        made = folder / "made"
        chosen = ["--defaults", "--data", f"template={template}", "--vcs-ref", TAG, "--quiet"]
        commands = {
            "copier copy": [
                sys.executable,
                "-m",
                "copier",
                "copy",
                *chosen,
                str(tagged_copy(folder)),
                str(made),
            ],
            "scaffolder new": [sys.executable, "-m", "scaffolder", "new", template, str(made), "--defaults"],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            seconds(command, made)
        for _ in range(rounds):
            for name, command in commands.items():
                taken[name].append(seconds(command, made))
    median = {name: statistics.median(times) for name, times in taken.items()}
    for name, value in median.items():
        print(f"{name:<15} {value:6.2f} s  (median of {rounds})")
    ratio = median["scaffolder new"] / median["copier copy"]
    print(f"{'ratio':<15} {ratio:6.2f}    (at most {LIMIT})")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main(*[int(word) if word.isdigit() else word for word in sys.argv[1:3]]))
