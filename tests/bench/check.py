"""`scaffolder check` of many projects against the sum of single runs, and one against its goal.

Run it by hand: python tests/bench/check.py [--projects N] [--rounds N]

The projects are copies of the examples, a repository each; their tests are not run. The rounds alternate;
read the ratios.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scaffolder import checkout

ROOT = Path(__file__).parent.parent.parent
CHECK = (sys.executable, "-m", "scaffolder", "check")
MOST_SECONDS = 2.0  # for one project
MOST = 1.2  # of many together, by the sum of them


def main() -> int:
    """Measure, print, and return 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        projects = make_fleet(Path(folder), args.projects)
        singles, ratios, parts = [], [], []
        run(CHECK, projects[0])  # warms the caches
        for _ in range(args.rounds):
            each = [run(CHECK, project) for project in projects]
            whole = run((*CHECK, "--all"), projects[0].parent)
            singles += each
            ratios.append(whole / sum(each))
            parts.append(whole / len(projects))
    one, ratio = statistics.median(singles), statistics.median(ratios)
    spread = f"{min(singles):.2f} to {max(singles):.2f} s"
    print(f"{args.projects} projects, {args.rounds} interleaved rounds: `scaffolder check`")
    print(f"  one alone, median        {one:.2f} s  ({spread}; goal: at most {MOST_SECONDS} s)")
    print(f"  one alone, by its goal   {one / MOST_SECONDS:.2f}")
    print(f"  one among all            {statistics.median(parts):.2f} s")
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"  all by the sum of them   {ratio:.2f}  ({spread}; goal: at most {MOST})")
    return int(one > MOST_SECONDS or ratio > MOST)


def make_fleet(folder: Path, count: int) -> list[Path]:
    """Copy the examples, in turn, until there are `count` projects; each is committed."""
    examples = sorted(path.parent for path in (ROOT / "examples").glob("*/portfolio.toml"))
    (folder / "home").mkdir()
    (folder / "home" / ".gitconfig").write_text("[user]\n\tname = Bench\n\temail = bench@example.com\n")
    os.environ |= {"HOME": str(folder / "home"), "GIT_CONFIG_NOSYSTEM": "1"}
    projects = []
    for number, example in zip(range(count), itertools.cycle(examples)):
        project = folder / "fleet" / f"p{number:03}"
        for name in checkout.list_files(example):
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(example / name, project / name, follow_symlinks=False)
        for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "-m", "Copy")):
            subprocess.run(["git", *words], cwd=project, check=True)
        projects.append(project)
    return projects


def run(command: tuple[str, ...], path: Path) -> float:
    """Run a command on a folder and return its wall time in seconds."""
    begin = time.perf_counter()
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    taken = time.perf_counter() - begin
    if done.returncode not in (0, 1) or "error:" in done.stderr:
        raise SystemExit(f"{command} failed: {done.stdout}{done.stderr}")
    return taken


if __name__ == "__main__":
    sys.exit(main())
