"""Any public template, version by version: what updates do to edits, scaffolder's and its own tool's.

Run it by hand, such as

python tests/bench/walk.py https://github.com/OWNER/TEMPLATE
python tests/bench/walk.py gh:OWNER/TEMPLATE --versions 20 --every 3 --seed 7

At each version a project is made by the template's own tool (copier, or cruft for a cookiecutter template)
with the default answers, and a comment line is put at a random place of each text file. Then two copies of it
are updated to the next version, one by that tool and one by scaffolder. A line is kept when it is in some
file afterwards, a conflict or a `.rej` file among them. Tasks, hooks and migrations run with none of the
tools unless --trust is given; a template may be faulty without them, and then the row says so.

The seed decides where the lines go, so the same call prints the same table. Exit status 1 where scaffolder
lost a line, or where it could make none of the updates.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
from scaffolder.engine.foreign import parse_address
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PATIENCE_S = 600
NAMES = {"Makefile": "# {}", "Dockerfile": "# {}", ".gitignore": "# {}", ".gitattributes": "# {}"}
COMMENTS = {
    **dict.fromkeys((".py", ".pyi", ".yml", ".yaml", ".toml", ".cfg", ".ini", ".sh", ".txt", ".in"), "# {}"),
    **dict.fromkeys((".md", ".html", ".xml", ".svg"), "<!-- {} -->"),
    **dict.fromkeys((".js", ".ts", ".tsx", ".c", ".h", ".cpp", ".rs", ".go", ".java", ".css"), "/* {} */"),
    ".rst": ".. {}",
}
RECORDS = (".cruft.json", ".copier-answers")
_MARKER = re.compile(rb"^<{7} ", re.MULTILINE)
# cruft runs hooks unasked, and has no option for it.
WITHOUT_HOOKS = (
    "import cookiecutter.generate as g; g.run_hook_from_repo_dir = lambda *a, **k: None; "
    "from cruft._cli import app; app(prog_name='cruft')"
)


class CannotWalk(Exception):
    """There is nothing to compare; str() is one line that says why."""


class _Failed(Exception):
    """A command that failed; str() is its last line."""


@dataclass(frozen=True)
class Template:
    """A template that was fetched."""

    mirror: Path
    directory: str  # where it lies in its repository; for cookiecutter only
    answers: tuple[str, ...]
    trust: bool

    def versions(self) -> list[str]:
        """Return the tags of its releases, oldest first."""
        tags = git("tag", "--list", cwd=self.mirror).decode(errors="replace").split()
        found = {tag: number for tag in tags if (number := _number(tag)) and not number.is_prerelease}
        return sorted(found, key=lambda tag: found[tag])

    def engine(self, tag: str) -> str:
        """Return which tool the template is for at a version."""
        names = git("ls-tree", "--name-only", "-r", "-z", tag, cwd=self.mirror).decode(errors="replace")
        files = set(names.split("\0"))
        if {"copier.yml", "copier.yaml"} & files:
            return "copier"
        inside = f"{self.directory.strip('/')}/" if self.directory else ""
        return "cruft" if f"{inside}cookiecutter.json" in files else "none"

    def create(self, tag: str, into: Path) -> None:
        """Make a project with the template's own tool, and commit it."""
        into.mkdir()
        source, made = str(self.mirror), into / "project"
        if self.engine(tag) == "copier":
            data = [f"--data={answer}" for answer in self.answers]
            run((*self._copier("copy", tag), *data, source, str(made)), into)
        else:
            extra = json.dumps(dict(answer.split("=", 1) for answer in self.answers))
            options = [f"--checkout={tag}", f"--extra-context={extra}", "--no-input", "--default-config"]
            options += [f"--directory={self.directory}"] if self.directory else []
            run((*self._cruft("create"), source, *options, f"--output-dir={into}"), into)
            next(path for path in into.iterdir() if path.is_dir()).rename(made)
        if not (made / ".git").exists():
            git("init", "--quiet", "--initial-branch=main", cwd=made)
        git("add", "--all", cwd=made)
        git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", "New", cwd=made)

    def update(self, tool: str, tag: str) -> Sequence[str]:
        """Return the command that updates a project to a version."""
        if tool == "copier":
            return self._copier("update", tag)
        if tool == "cruft":
            return (*self._cruft("update"), "--skip-apply-ask", f"--checkout={tag}")
        trust = ("--trust",) if self.trust else ()
        return (sys.executable, "-m", "scaffolder", "update", "--defaults", f"--to={tag}", *trust)

    def _copier(self, verb: str, tag: str) -> Sequence[str]:
        trust = "--trust" if self.trust else "--skip-tasks"
        return (sys.executable, "-m", "copier", verb, "--defaults", "--quiet", trust, f"--vcs-ref={tag}")

    def _cruft(self, verb: str) -> Sequence[str]:
        program = ("-m", "cruft") if self.trust else ("-c", WITHOUT_HOOKS)
        return (sys.executable, *program, verb)


@dataclass(frozen=True)
class Result:
    """What an update did to the edits."""

    kept: int = 0
    lost: int = 0
    conflicts: int = 0  # files
    failed: str = ""  # why it did nothing


def git(*args: str, cwd: Path) -> bytes:
    """Run git and return its output."""
    return subprocess.run(["git", *args], cwd=cwd, capture_output=True, check=True, timeout=PATIENCE_S).stdout


def run(command: Sequence[str], cwd: Path, accept: tuple[int, ...] = (0,)) -> None:
    """Run a command, or raise _Failed with the line that says why."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired as error:
        raise _Failed(f"not done after {PATIENCE_S} s") from error
    if done.returncode not in accept:
        lines = [line.strip(" │╭╮╰╯─") for line in f"{done.stdout}\n{done.stderr}".splitlines()]
        said = [line for line in lines if line]
        raise _Failed(said[-1][:200] if said else f"exit status {done.returncode}")


def _number(tag: str) -> Version | None:
    try:
        return Version(tag)
    except InvalidVersion:
        return None


def fetch(url: str, folder: Path) -> Path:
    """Return a mirror of the template's repository, made in `folder`."""
    try:
        address = parse_address(url)
    except ScaffolderError as error:
        raise CannotWalk(str(error)) from error
    mirror = folder / "template.git"
    command = ["git", "clone", "--quiet", "--mirror", "--", address.fetched, str(mirror)]
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith(("fatal:", "error:"))]
        why = said[0] if said else f"exit status {done.returncode}"
        raise CannotWalk(f"{address.recorded} cannot be read: {why}")
    return mirror


def comment_of(path: Path) -> str | None:
    """Return how a comment line is written in a file, None where that is not known."""
    return NAMES.get(path.name) or COMMENTS.get(path.suffix.lower())


def edit(project: Path, rng: random.Random) -> tuple[bytes, ...]:
    """Put a comment line at a random place of each text file, commit that, and return the lines' marks."""
    marks = []
    for name in sorted(git("ls-files", "-z", cwd=project).decode(errors="surrogateescape").split("\0")[:-1]):
        path = project / name
        comment = comment_of(path)
        if comment is None or path.is_symlink() or path.name.startswith(RECORDS) or not path.is_file():
            continue
        content = path.read_bytes()
        if not content or b"\0" in content:
            continue
        mark = f"mine {len(marks)} {rng.randrange(1 << 32):08x}"
        lines = content.splitlines(keepends=True)
        end = b"\r\n" if b"\r\n" in content else b"\n"
        at = rng.randint(0, len(lines))
        if at == len(lines) and not lines[-1].endswith((b"\n", b"\r")):
            lines[-1] += end
        lines.insert(at, comment.format(mark).encode() + end)
        path.write_bytes(b"".join(lines))
        marks.append(mark.encode())
    git("commit", "--quiet", "--all", "--allow-empty", "--no-verify", "-m", "Mine", cwd=project)
    return tuple(marks)


def look(project: Path, marks: tuple[bytes, ...]) -> Result:
    """Count which marks are still there, and the files in which something is left to resolve."""
    paths = [path for path in project.rglob("*") if path.is_file() and not path.is_symlink()]
    found = {path.relative_to(project).as_posix(): path for path in paths}
    contents = {name: path.read_bytes() for name, path in found.items() if not name.startswith(".git/")}
    everything = b"\n".join(contents.values())
    kept = sum(mark in everything for mark in marks)
    unmerged = git("ls-files", "-z", "--unmerged", cwd=project).decode(errors="surrogateescape").split("\0")
    conflicts = {line.partition("\t")[2] for line in unmerged if line}
    conflicts |= {name for name, content in contents.items() if _MARKER.search(content)}
    conflicts |= {name.removesuffix(".rej") for name in contents if name.endswith(".rej")}
    return Result(kept, len(marks) - kept, len(conflicts))


def step(
    template: Template, tools: Sequence[str], before: str, after: str, seed: str
) -> tuple[int, list[Result]]:
    """Return how many edits were made at a version, and what each tool's update made of them."""
    with tempfile.TemporaryDirectory(dir=template.mirror.parent, ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch, "made")
        try:
            template.create(before, folder)
        except (_Failed, subprocess.CalledProcessError, StopIteration) as error:
            return 0, [Result(failed=f"cannot be made: {error}")] * len(tools)
        marks = edit(folder / "project", random.Random(f"{seed} {before}"))  # noqa: S311
        results = []
        for tool in tools:
            copy = Path(scratch, tool)
            shutil.copytree(folder / "project", copy, symlinks=True)
            accept = (0, 3) if tool == "scaffolder" else (0,)  # 3: conflicts are left
            try:
                run(template.update(tool, after), copy, accept)
            except _Failed as error:
                found = look(copy, marks)
                results.append(Result(found.kept, found.lost, found.conflicts, failed=str(error)))
            else:
                results.append(look(copy, marks))
        return len(marks), results


def pairs(template: Template, count: int, every: int) -> list[tuple[str, str]]:
    """Return the pairs of versions to update between: the newest `count` of every so many."""
    tags = template.versions()
    if len(tags) < 2:
        raise CannotWalk("it has no two versions; tags such as v1.0.0 are looked for")
    chosen = tags[::-1][::every][: count + 1][::-1]
    engines = {tag: template.engine(tag) for tag in chosen}
    found = [
        (a, b)
        for a, b in itertools.pairwise(chosen)
        if engines[a] == engines[b] == engines[chosen[-1]] != "none"
    ]
    if not found:
        raise CannotWalk("no two neighbouring versions are templates of copier, or of cookiecutter")
    return found


def table(rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table whose first row is the header."""
    header, *body = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def walk(
    template: Template, count: int, every: int, seed: str, say: Callable[[str], None]
) -> tuple[str, int]:
    """Return the table, and how many lines scaffolder lost; -1 where nothing could be updated."""
    steps = pairs(template, count, every)
    tools = (template.engine(steps[-1][1]), "scaffolder")
    header = [
        "versions",
        "edits",
        *(f"{tool}: {word}" for tool in tools for word in ("kept", "lost", "conflicts")),
    ]
    rows: list[list[object]] = [header]
    notes: list[str] = []
    sums, updated = [0] * (len(header) - 1), 0
    for before, after in steps:
        say(f"{before} -> {after}")
        edits, results = step(template, tools, before, after, seed)
        cells: list[object] = []
        for tool, result in zip(tools, results, strict=True):
            if result.failed:
                notes.append(f"{before} → {after}, {tool}: {result.failed}")
                cells += ["failed", result.lost if edits else "-", result.conflicts if edits else "-"]
            else:
                cells += [result.kept, result.lost, result.conflicts]
        rows.append([f"{before} → {after}", edits, *cells])
        updated += not results[-1].failed
        numbers = [edits, *(cell if isinstance(cell, int) else 0 for cell in cells)]
        sums = [total + number for total, number in zip(sums, numbers, strict=True)]
    rows.append(["sum", *sums])
    text = "\n".join([table(rows), *(["", *(f"- {note}" for note in dict.fromkeys(notes))] if notes else [])])
    return text, sums[-2] if updated else -1


def machine(folder: Path) -> None:
    """Let every command have a home of its own."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_", "COPIER_"))]:
        del os.environ[name]
    home = folder / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    (home / "cookiecutter.yml").write_text("default_context: {}\n")
    os.environ |= {
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "COOKIECUTTER_CONFIG": str(home / "cookiecutter.yml"),
    }


def main(args: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", metavar="URL", help="git URL, gh:OWNER/REPOSITORY or path of the template")
    parser.add_argument(
        "--versions", type=_positive, default=10, metavar="N", help="so many updates, up to the newest"
    )
    parser.add_argument("--every", type=_positive, default=1, metavar="N", help="take every Nth version only")
    parser.add_argument("--seed", default="1", help="where the lines go")
    parser.add_argument("--directory", default="", metavar="DIR", help="where a cookiecutter template lies")
    parser.add_argument(
        "-d", "--data", action="append", default=[], metavar="KEY=VALUE", help="give an answer"
    )
    parser.add_argument("--trust", action="store_true", help="let the template's code run, with every tool")
    given = parser.parse_args(args)
    if bad := [answer for answer in given.data if "=" not in answer]:
        parser.error(f"-d takes KEY=VALUE, got {bad[0]!r}")
    url = str(Path(given.url).absolute()) if Path(given.url).exists() else given.url
    with tempfile.TemporaryDirectory(prefix="walk-", ignore_cleanup_errors=True) as scratch:
        machine(Path(scratch))
        try:
            mirror = fetch(url, Path(scratch))
            template = Template(mirror, given.directory, tuple(given.data), given.trust)
            text, lost = walk(
                *(template, given.versions, given.every, given.seed),
                say=lambda line: print(line, file=sys.stderr),
            )
        except CannotWalk as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    print(text)
    return int(lost != 0)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
