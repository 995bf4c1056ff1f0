"""Twenty-four ordinary updates: what the template changed, and what the project's owner had done meanwhile.

Each case is told without a word of the tool that updates: the same cases drive scaffolder's tests and the
comparison with other tools, `python tests/bench/compare_updates.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
MINE = b"nine, mine"
RENEWED = b"two, renewed"
ANSWERS = {"{{ _copier_conf.answers_file }}.jinja": b"{{ _copier_answers | to_nice_yaml }}"}
LOGO, NEW_LOGO, MY_LOGO = (b"\x89PNG\r\n\x1a\n\0" + word * 40 for word in (b"old ", b"renewed ", b"mine "))


def text(changes: Mapping[int, bytes] | None = None) -> bytes:
    """Return twelve lines, some of them replaced: `{2: b"two, renewed"}`."""
    lines = {number: word.encode() for number, word in enumerate(NUMBERS, start=1)}
    return b"".join(line + b"\n" for line in {**lines, **(changes or {})}.values())


@dataclass(frozen=True)
class Case:
    """An update. Contents are by path in the project."""

    name: str
    before: Mapping[str, bytes]  # what the template renders at the first version
    after: Mapping[str, bytes]  # and at the second
    mine: Mapping[str, bytes | None] = field(default_factory=dict)  # what the owner wrote; None: deleted
    moved: Mapping[str, str] = field(default_factory=dict)  # what the owner renamed, before that
    executable: tuple[str, ...] = ()  # what the owner made executable
    config: Mapping[str, str] = field(default_factory=dict)  # the owner's settings of git
    settings: str = ""  # further lines of the second version's copier.yml
    keeps: tuple[bytes, ...] = ()  # must be in some file afterwards
    arrives: tuple[bytes, ...] = ()  # so must these, from the template
    gone: tuple[str, ...] = ()  # must not be there afterwards
    conflicts: Mapping[str, str] = field(default_factory=dict)  # what scaffolder calls a conflict, and how
    kept_deleted: tuple[str, ...] = ()  # what it lists as left deleted
    kept_yours: tuple[str, ...] = ()  # what it lists as left to the owner
    beside: tuple[tuple[str, str], ...] = ()  # what it writes beside a file of the owner's
    is_refused: bool = False  # whether it declines the update as a whole
    needs_copier: bool = False  # tells of something that cookiecutter's templates do not have


@dataclass(frozen=True)
class Verdict:
    """What an update did to the owner's work and to the template's."""

    lost: tuple[bytes, ...]
    missing: tuple[bytes, ...]
    reappeared: tuple[str, ...]
    marked: tuple[str, ...]  # files that git knows to be in conflict
    rejected: tuple[str, ...]  # files of hunks that could not be applied


A, B = {"a.txt": text()}, {"b.txt": text()}
A_MINE, A_RENEWED = {"a.txt": text({9: MINE})}, {"a.txt": text({2: RENEWED})}
NOTE, README = {"note.txt": b"A note.\n"}, {"README.md": text({1: b"# Read me"})}
README_RENEWED = {"README.md": text({1: b"# Read me", 2: RENEWED})}
ENV, BLOCKS = {".gitignore": b".env\n", ".env": b"KEY=template\n"}, b"def f():\n    return 1\n\n\n" * 4
UMLAUTS = "größe naïve.txt"
CASES = (
    Case(
        "the template renames a file that the owner edited",
        before={"old.txt": text(), **B},
        after={"new.txt": text({2: RENEWED}), **B},
        mine={"old.txt": text({9: MINE})},
        keeps=(MINE,),
        arrives=(RENEWED,),
        gone=("old.txt",),
    ),
    Case(
        "the template deletes a file that the owner edited",
        before={**A, **NOTE},
        after=NOTE,
        mine=A_MINE,
        keeps=(MINE,),
        conflicts={"a.txt": "deleted by the template, changed by you"},
    ),
    Case(
        "the owner replaced a binary that the template left alone",
        before={"logo.png": LOGO, **README},
        after={"logo.png": LOGO, **README_RENEWED},
        mine={"logo.png": MY_LOGO},
        keeps=(MY_LOGO,),
        arrives=(RENEWED,),
    ),
    Case(
        "both replaced a binary",
        before={"logo.png": LOGO, **README},
        after={"logo.png": NEW_LOGO, **README_RENEWED},
        mine={"logo.png": MY_LOGO},
        keeps=(MY_LOGO,),
        arrives=(RENEWED,),
        conflicts={"logo.png": "binary, both changed"},
    ),
    Case(
        "the owner edited a git-ignored file that the template left alone",
        before={**ENV, **A},
        after={**ENV, **A_RENEWED},
        mine={".env": b"KEY=mine\n"},
        keeps=(b"KEY=mine",),
        arrives=(RENEWED,),
    ),
    Case(
        "both edited a git-ignored file",
        before={**ENV, **A},
        after={**ENV, ".env": b"KEY=renewed\n", **A},
        mine={".env": b"KEY=mine\n"},
        keeps=(b"KEY=mine",),
        arrives=(b"KEY=renewed",),
        beside=((".env", ".env.new"),),
    ),
    Case(
        "the template adds a file where a git-ignored one lies",
        before={".gitignore": b"plan.txt\n", **A},
        after={".gitignore": b"plan.txt\n", **A, "plan.txt": b"The template's plan.\n"},
        mine={"plan.txt": b"My plan.\n"},
        keeps=(b"My plan.",),
        arrives=(b"The template's plan.",),
        beside=(("plan.txt", "plan.txt.new"),),
    ),
    Case(
        "trailing blanks, and apply.whitespace=error",
        before=A,
        after=A_RENEWED,
        mine={"a.txt": text({9: MINE + b"   "})},
        config={"apply.whitespace": "error"},
        keeps=(MINE + b"   \n",),
        arrives=(RENEWED,),
    ),
    Case(
        "trailing blanks, and apply.whitespace=fix",
        before=A,
        after=A_RENEWED,
        mine={"a.txt": text({9: MINE + b"   "})},
        config={"apply.whitespace": "fix"},
        keeps=(MINE,),
        arrives=(RENEWED,),
    ),
    Case(
        "the owner renamed a file that the template changed",
        before={**A, **B},
        after={**A_RENEWED, **B},
        moved={"a.txt": "mine.txt"},
        mine={"mine.txt": text({9: MINE})},
        keeps=(MINE,),
        arrives=(RENEWED,),
        gone=("a.txt",),
    ),
    Case(
        "the owner deleted a file that the template changed",
        before={**A, **NOTE},
        after={**A_RENEWED, **NOTE},
        mine={"a.txt": None},
        gone=("a.txt",),
        kept_deleted=("a.txt",),
    ),
    Case(
        "a migration of the template fails",
        before=A,
        after=A_RENEWED,
        mine=A_MINE,
        settings='_migrations:\n  - command: "false"\n',
        keeps=(MINE,),
        is_refused=True,
        needs_copier=True,
    ),
    Case(
        "the owner's file has CRLF, the template's has not",
        before=A,
        after=A_RENEWED,
        mine={"a.txt": text({9: MINE}).replace(b"\n", b"\r\n")},
        keeps=(MINE + b"\r\n",),
        arrives=(RENEWED,),
    ),
    Case(
        "both changed the same line",
        before=A,
        after={"a.txt": text({9: b"nine, renewed"})},
        mine=A_MINE,
        keeps=(MINE,),
        arrives=(b"nine, renewed",),
        conflicts={"a.txt": "both changed"},
    ),
    Case(
        "both changed neighbouring lines",
        before=A,
        after={"a.txt": text({8: b"eight, renewed"})},
        mine=A_MINE,
        keeps=(MINE,),
        arrives=(b"eight, renewed",),
        conflicts={"a.txt": "both changed"},
    ),
    Case(
        "both changed lines that lie two apart",
        before=A,
        after={"a.txt": text({7: b"seven, renewed"})},
        mine=A_MINE,
        keeps=(MINE,),
        arrives=(b"seven, renewed",),
    ),
    Case(
        "both added the same file",
        before=A,
        after={**A, "plan.txt": b"The template's plan.\n"},
        mine={"plan.txt": b"My plan.\n"},
        keeps=(b"My plan.",),
        arrives=(b"The template's plan.",),
        conflicts={"plan.txt": "both added"},
    ),
    Case(
        "names that are not ASCII",
        before={UMLAUTS: text()},
        after={UMLAUTS: text({2: RENEWED}), "日本.txt": b"New.\n"},
        mine={UMLAUTS: text({9: MINE})},
        keeps=(MINE,),
        arrives=(RENEWED, b"New."),
    ),
    Case(
        "the template indents a file that the owner edited",
        before=A,
        after={"a.txt": text().replace(b"\n", b"\n    ").rstrip(b" ")},
        mine=A_MINE,
        keeps=(MINE,),
        arrives=(b"    two\n",),
        conflicts={"a.txt": "both changed"},
    ),
    Case(
        "the same block many times",
        before={"a.py": BLOCKS},
        after={"a.py": b"# Renewed.\n" + BLOCKS},
        mine={"a.py": BLOCKS + b"def mine():\n    return 2\n"},
        keeps=(b"def mine():\n    return 2\n",),
        arrives=(b"# Renewed.",),
    ),
    Case(
        "diff.noprefix",
        before=A,
        after=A_RENEWED,
        mine=A_MINE,
        config={"diff.noprefix": "true"},
        keeps=(MINE,),
        arrives=(RENEWED,),
    ),
    Case(
        "`* text eol=crlf` among the attributes",
        before={".gitattributes": b"* text eol=crlf\n", **A},
        after={".gitattributes": b"* text eol=crlf\n", **A_RENEWED},
        mine=A_MINE,
        keeps=(MINE,),
        arrives=(RENEWED,),
    ),
    Case(
        "a file that the template leaves to the owner (skip-if-exists)",
        before=A,
        after=A_RENEWED,
        mine=A_MINE,
        settings='_skip_if_exists: ["a.txt"]\n',
        keeps=(MINE,),
        kept_yours=("a.txt",),
        needs_copier=True,
    ),
    Case(
        "the owner made a file executable that the template changed",
        before={"tool": text()},
        after={"tool": text({2: RENEWED})},
        executable=("tool",),
        arrives=(RENEWED,),
    ),
)


def git(*args: str, cwd: Path) -> bytes:
    """Run git and return its output."""
    return subprocess.run(["git", *args], cwd=cwd, capture_output=True, check=True).stdout


def write_template(folder: Path, files: Mapping[str, bytes], tag: str) -> None:
    """Make `files`, and nothing else, the next commit of the repository at `folder`, which is made."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True)
        git("init", "--quiet", "--initial-branch=main", cwd=folder)
    for entry in folder.iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    git("add", "--all", "--force", cwd=folder)
    git("-c", "core.autocrlf=false", "commit", "--quiet", "--allow-empty", "-m", tag, cwd=folder)
    git("tag", tag, cwd=folder)


def write_copier_template(folder: Path, case: Case) -> None:
    """Make the case's template, as copier has them, with the tags v1.0.0 and v2.0.0."""
    skip = case.settings if "_skip_if_exists" in case.settings else ""
    for files, tag, settings in ((case.before, "v1.0.0", skip), (case.after, "v2.0.0", case.settings)):
        inside = {f"project/{name}": content for name, content in {**ANSWERS, **files}.items()}
        configuration = f"_subdirectory: project\n{settings}name:\n  type: str\n  default: Ada\n"
        write_template(folder, {"copier.yml": configuration.encode(), **inside}, tag)


def commit_all(project: Path, message: str) -> None:
    """Commit everything that git does not ignore."""
    git("add", "--all", cwd=project)
    git("commit", "--quiet", "--allow-empty", "-m", message, cwd=project)


def play_owner(case: Case, project: Path) -> None:
    """Do to the project what its owner did, and commit it."""
    for setting, value in case.config.items():
        git("config", setting, value, cwd=project)
    for old, new in case.moved.items():
        (project / old).rename(project / new)
    for name, content in case.mine.items():
        if content is None:
            (project / name).unlink()
        else:
            (project / name).write_bytes(content)
    for name in case.executable:
        (project / name).chmod(0o755)
    commit_all(project, "Mine")


def files_of(project: Path) -> dict[str, tuple[bytes, bool]]:
    """Return content and executability of every file that lies there, but git's own."""
    found = {}
    for path in sorted(project.rglob("*")):
        name = path.relative_to(project).as_posix()
        if not name.startswith(".git/") and path.is_file():
            found[name] = (path.read_bytes(), os.access(path, os.X_OK))
    return found


def judge(case: Case, project: Path) -> Verdict:
    """Look for the owner's work, and for the template's, in what an update left."""
    found = files_of(project)
    contents = [content for content, _ in found.values()]

    def absent(wanted: tuple[bytes, ...]) -> tuple[bytes, ...]:
        return tuple(part for part in wanted if not any(part in content for content in contents))

    modes = tuple(name.encode() for name in case.executable if not found[name][1])
    unmerged = git("ls-files", "-z", "--unmerged", cwd=project).decode().split("\0")
    return Verdict(
        lost=absent(case.keeps) + modes,
        missing=absent(case.arrives),
        reappeared=tuple(name for name in case.gone if name in found),
        marked=tuple(sorted({line.partition("\t")[2] for line in unmerged if line})),
        rejected=tuple(name for name in found if name.endswith(".rej")),
    )
