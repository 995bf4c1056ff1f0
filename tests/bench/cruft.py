"""The update of one cookiecutter project: how long scaffolder takes, and cruft, in turns.

Run it by hand: python tests/bench/cruft.py [--rounds N] [--files N]

Both are the real commands, each started anew on a fresh copy of its project. The template is a git repository
on the same disk, with two versions.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
from tests.update.cases import commit_all, git, write_template

TOP = "{{cookiecutter.slug}}"
SCAFFOLDER = (sys.executable, "-m", "scaffolder")
CRUFT = (str(Path(sys.executable).with_name("cruft")),)


def template(folder: Path, count: int) -> None:
    """Make a template of so many files of 60 lines, 3 of them with a tag; half change in v2.0.0."""
    tags = (" of {{ cookiecutter.name }}", "{% if cookiecutter.licence == 'MIT' %} MIT{% endif %}")
    lines = "".join(
        f"line {number}{tags[number // 20 % 2] if number % 20 == 7 else ''}\n" for number in range(60)
    )
    for tag, extra in (("v1.0.0", ""), ("v2.0.0", "renewed for {{ cookiecutter.name }}\n")):
        files = {"cookiecutter.json": b'{"slug": "project", "name": "Ada", "licence": ["MIT", "BSD"]}\n'}
        for number in range(count):
            text = (extra if number % 2 else "") + lines
            files[f"{TOP}/folder{number % 5}/file{number}.txt"] = text.encode()
        write_template(folder, files, tag)


def projects(root: Path) -> dict[str, Path]:
    """Return a project of each kind, in which five files are edited."""
    source = str(root / "template")
    run((*SCAFFOLDER, "new", source, str(root / "ours"), "--defaults", "--version", "v1.0.0"))
    (root / "made").mkdir()
    run((*CRUFT, "create", source, "--checkout", "v1.0.0", "--no-input", "--output-dir", str(root / "made")))
    (root / "made" / "project").rename(root / "cruft's")
    git("init", "--quiet", cwd=root / "cruft's")
    found = {
        "scaffolder": root / "ours",
        "scaffolder, .cruft.json": root / "cruft's",
        "cruft": root / "cruft's",
    }
    for project in {*found.values()}:
        for number in range(5):
            with (project / f"folder{number}" / f"file{number}.txt").open("a") as file:
                file.write("mine\n")
        commit_all(project, "Mine")
    return found


def run(command: tuple[str, ...], cwd: Path | None = None) -> None:
    """Run a command, which must not fail."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")


def main() -> int:
    """Play the rounds and print the medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--files", type=int, default=40)
    given = parser.parse_args()
    update = {
        "scaffolder": (*SCAFFOLDER, "update", "--defaults"),
        "scaffolder, .cruft.json": (*SCAFFOLDER, "update", "--defaults"),
        "cruft": (*CRUFT, "update", "--skip-apply-ask"),
    }
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        root = Path(scratch)
        (root / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
        os.environ["HOME"] = scratch
        template(root / "template", given.files)
        found = projects(root)
        times: dict[str, list[float]] = {name: [] for name in update}
        for number in range(given.rounds + 1):
            for name, command in update.items():
                copy = root / f"{name}-{number}"
                shutil.copytree(found[name], copy)
                begin = time.perf_counter()
                run(command, copy)
                if number:  # the first one warms up
                    times[name].append(time.perf_counter() - begin)
                shutil.rmtree(copy)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, seconds in medians.items():
        print(f"{name:24} {seconds:6.2f} s  {medians['cruft'] / seconds:5.2f} x as fast as cruft")
    return 0


if __name__ == "__main__":
    sys.exit(main())
