"""Twenty-four ordinary updates with copier, cruft and scaffolder: what each does to the owner's work.

Run it by hand: python tests/bench/compare_updates.py [--markdown]

Each update is played with the real command and real git in a home of its own. scaffolder plays them three
times: with a copier template, with a cookiecutter template, and in the very project that cruft made. cruft is
installed into a temporary environment first, from PyPI, where it is not beside this Python.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
from tests.update import cases, cookiecutter_cases
from tests.update.cases import CASES, Case
from tests.update.cookiecutter_cases import HOOK_CASE, SKIP_CASE, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CRUFT = ("cruft==2.16.0", "cookiecutter==2.7.1")


@dataclass(frozen=True)
class Tool:
    """A program that updates projects."""

    name: str
    write_template: Callable[[Path, Case], None]
    create: Callable[[Path, Path], Sequence[str]]  # (template, project) -> command
    update: Sequence[str]
    commits: bool = False  # whether it makes the first commit itself
    skips: Callable[[Path], None] | None = None  # how a project of ours is told to leave a file alone


def tools(cruft: Path) -> tuple[Tool, ...]:
    """Return them all."""
    copier = (sys.executable, "-m", "copier")
    ours = (sys.executable, "-m", "scaffolder")
    trust = ("--trust", "--defaults", "--quiet")

    def new(template: Path, into: Path) -> Sequence[str]:
        return (*ours, "new", str(template), str(into), "--defaults", "--version=v1.0.0")

    def create(template: Path, into: Path) -> Sequence[str]:
        where = (f"--output-dir={into.parent}", "--checkout=v1.0.0", "--no-input")
        return (str(cruft), "create", str(template), *where)

    return (
        Tool(
            "copier",
            cases.write_copier_template,
            lambda template, into: (*copier, "copy", *trust, "--vcs-ref=v1.0.0", str(template), str(into)),
            (*copier, "update", *trust),
        ),
        Tool(
            "cruft",
            cookiecutter_cases.write_cookiecutter_template,
            create,
            (str(cruft), "update", "--skip-apply-ask", "--checkout=v2.0.0"),
        ),
        Tool("scaffolder", cases.write_copier_template, new, (*ours, "update", "--defaults"), commits=True),
        Tool(
            "scaffolder, cookiecutter",
            cookiecutter_cases.write_cookiecutter_template,
            new,
            (*ours, "update", "--defaults"),
            commits=True,
            skips=cookiecutter_cases.skip,
        ),
        Tool(
            "scaffolder, .cruft.json",
            cookiecutter_cases.write_cookiecutter_template,
            create,
            (*ours, "update", "--defaults"),
        ),
    )


def environment(home: Path) -> dict[str, str]:
    """Return the variables of a machine of its own."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("GIT_", "XDG_", "COPIER_"))}
    return kept | {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


def play(tool: Tool, case: Case, folder: Path) -> str:
    """Play a case with a tool; return in words what came of the owner's work."""
    home, template, project = folder / "home", folder / "template", folder / "project"
    home.mkdir(parents=True)
    (home / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    os.environ["HOME"] = str(home)
    tool.write_template(template, case)
    command = tool.create(template, project)
    if case is SKIP_CASE and command[1] == "create":  # cruft's
        command = (*command, f"--skip={SKIPPED}")
    made = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(f"{tool.name} cannot create: {made.stdout}{made.stderr}")
    if case is SKIP_CASE and tool.skips:
        tool.skips(project)
    if not tool.commits:
        cases.git("init", "--quiet", cwd=project)
        cases.commit_all(project, "New")
    cases.play_owner(case, project)
    before = cases.files_of(project)
    # Cruft runs it unasked.
    is_code_run = (case is HOOK_CASE or case.is_refused) and tool.name.startswith("scaffolder")
    done = subprocess.run(
        (*tool.update, *(("--trust",) if is_code_run else ())),
        cwd=project,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    return in_words(case, project, done.returncode, is_untouched=cases.files_of(project) == before)


def in_words(case: Case, project: Path, status: int, *, is_untouched: bool) -> str:
    """Return what an update did, beginning with LOST where something of the owner's is gone."""
    verdict = cases.judge(case, project)
    words = {
        "LOST": bool(verdict.lost),
        "refused": is_untouched and status != 0,
        "half done": case.is_refused and status != 0,
        "came back": bool(verdict.reappeared),
        "kept, rest in .rej": bool(verdict.rejected),
        "kept, conflict": bool(verdict.marked),
        "kept, template's change missing": bool(verdict.missing or case.conflicts),
        "kept": True,
    }
    return f"{next(word for word, is_so in words.items() if is_so)}, exit {status}"


def install_cruft(folder: Path) -> Path:
    """Return the program: the one beside this Python, or installed into an environment of its own."""
    found = Path(sys.executable).with_name("cruft")
    if found.exists():
        return found
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(python), *CRUFT], check=True)
    return folder / "bin" / "cruft"


def main() -> int:
    """Play all, print the table, and return 1 where scaffolder lost something."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--markdown", action="store_true")
    markdown = parser.parse_args().markdown
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        all_tools = tools(install_cruft(Path(scratch, "cruft")))
        rows = []
        for number, case in enumerate(CASES):
            found = [play(tool, case, Path(scratch, f"{number}-{tool.name}")) for tool in all_tools]
            rows.append((case.name, *found))
    header = ("case", *(tool.name for tool in all_tools))
    columns = range(len(header))
    lost = [sum(row[column].startswith("LOST") for row in rows) for column in columns[1:]]
    rows.append(("owner's work lost", *(f"{count} of {len(CASES)}" for count in lost)))
    widths = [max(len(row[column]) for row in (header, *rows)) for column in columns]
    for row in (header, *((tuple("-" * width for width in widths),) if markdown else ()), *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print(f"| {' | '.join(cells)} |" if markdown else "  ".join(cells).rstrip())
    return int(any(lost[2:]))


if __name__ == "__main__":
    sys.exit(main())
