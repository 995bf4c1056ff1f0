"""Twenty-four ordinary updates with copier, cruft and scaffolder: what each does to the owner's work.

Run it by hand: python tests/bench/compare_updates.py [--markdown]

cruft is installed into a temporary environment first, from PyPI. Each update is played with the real command
and real git in a home of its own.
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
from tests.update import cases
from tests.update.cases import CASES, Case

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CRUFT = ("cruft==2.16.0", "cookiecutter==2.7.1")
COOKIES = b'{"slug": "project", "_copy_without_render": ["*"]}\n'


@dataclass(frozen=True)
class Tool:
    """A program that updates projects."""

    name: str
    write_template: Callable[[Path, Case], None]
    create: Callable[[Path, Path], Sequence[str]]  # (template, project) -> command
    update: Sequence[str]
    commits: bool = False  # whether it makes the first commit itself


def write_cookiecutter_template(folder: Path, case: Case) -> None:
    """Make the case's template, as cookiecutter has them."""
    for files, tag in ((case.before, "v1.0.0"), (case.after, "v2.0.0")):
        inside = {f"{{{{cookiecutter.slug}}}}/{name}": content for name, content in files.items()}
        cases.write_template(folder, {"cookiecutter.json": COOKIES, **inside}, tag)


def tools(cruft: Path) -> tuple[Tool, ...]:
    """Return the three."""
    copier = (sys.executable, "-m", "copier")
    ours = (sys.executable, "-m", "scaffolder")
    trust = ("--trust", "--defaults", "--quiet")
    return (
        Tool(
            "copier",
            cases.write_copier_template,
            lambda template, into: (*copier, "copy", *trust, "--vcs-ref=v1.0.0", str(template), str(into)),
            (*copier, "update", *trust),
        ),
        Tool(
            "cruft",
            write_cookiecutter_template,
            lambda template, into: (
                *(str(cruft), "create", str(template), "--checkout=v1.0.0", "--no-input"),
                f"--output-dir={into.parent}",
            ),
            (str(cruft), "update", "--skip-apply-ask", "--checkout=v2.0.0"),
        ),
        Tool(
            "scaffolder",
            cases.write_copier_template,
            lambda template, into: (
                *(*ours, "new", str(template), str(into), "--defaults", "--version=v1.0.0"),
            ),
            (*ours, "update", "--defaults"),
            commits=True,
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
    made = subprocess.run(
        tool.create(template, project), env=environment(home), capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise SystemExit(f"{tool.name} cannot create: {made.stdout}{made.stderr}")
    if not tool.commits:
        cases.git("init", "--quiet", cwd=project)
        cases.commit_all(project, "New")
    cases.play_owner(case, project)
    before = cases.files_of(project)
    done = subprocess.run(
        tool.update, cwd=project, env=environment(home), capture_output=True, text=True, check=False
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
    """Return the program, installed into an environment of its own."""
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
            found = [
                "-"
                if case.needs_copier and tool.name == "cruft"
                else play(tool, case, Path(scratch, f"{number}-{tool.name}"))
                for tool in all_tools
            ]
            rows.append((case.name, *found))
    header = ("case", *(tool.name for tool in all_tools))
    lost = [sum(row[column].startswith("LOST") for row in rows) for column in (1, 2, 3)]
    rows.append(("owner's work lost", *(f"{count} of {len(CASES)}" for count in lost)))
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(4)]
    for row in (header, *((tuple("-" * width for width in widths),) if markdown else ()), *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print(f"| {' | '.join(cells)} |" if markdown else "  ".join(cells).rstrip())
    return int(lost[-1] > 0)


if __name__ == "__main__":
    sys.exit(main())
