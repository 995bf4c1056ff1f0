"""`scaffolder update --all` against a shell loop of `copier update --defaults`, over the same projects.

Run it by hand:

python tests/bench/update.py [--projects N] [--copier-sample N] [--rounds N]

Each project has two edited files and is one version behind. Copier reads the templates from a git repository
on the disk. Half of copier's projects are updated before ours and half after; read the ratios. Both have
been run once before, to warm the caches. Linux only: memory is read from /proc.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fleets import Bench, Used, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS = (sys.executable, "-m", "scaffolder", "update")
COPIER = (sys.executable, "-m", "copier", "update", "--defaults", "--quiet")
LEAST_FLEET, LEAST_ONE, MOST_GIT = 25.0, 3.0, 12
PARTS = Path(__file__).with_name("update_parts.py")


def tree(bench: Bench, path: Path) -> str:
    """Return the id of what a commit of everything would have, and go back to the last commit."""
    bench.run("git", "add", "--all", cwd=path)
    found = bench.run("git", "write-tree", cwd=path).strip()
    bench.run("git", "reset", "--quiet", "--hard", cwd=path)
    return found


def _memory(used: Used) -> str:
    return f"{used.usual_mib:.0f} MiB, at most {used.memory_mib:.0f} MiB"


def copier_loop(bench: Bench, paths: Sequence[Path]) -> Used:
    """Update the projects as a shell loop does it."""
    if not paths:
        return Used(0.0, 0.0, 0.0, 0.0)
    command = " ".join(f"'{word}'" for word in COPIER)
    loop = f'for project in "$@"; do (cd "$project" && {command}) || exit 1; done'
    return bench.measure("sh", "-c", loop, "sh", *map(str, paths), cwd=bench.fleet)


def compare_fleet(bench: Bench, sample: int) -> tuple[float, float]:
    """Print one round over the fleet; return ratios of wall and CPU time a project."""
    paths = bench.projects[:sample]
    half = len(paths) // 2
    first = copier_loop(bench, paths[:half])
    trees = {path: tree(bench, path) for path in paths[:half]}
    ours = bench.measure(*OURS, "--all", ".", cwd=bench.fleet)
    mine = {path: tree(bench, path) for path in bench.projects}
    second = copier_loop(bench, paths[half:])
    trees |= {path: tree(bench, path) for path in paths[half:]}
    bench.reset()
    count = len(bench.projects)
    theirs = Used(
        (first.wall_s + second.wall_s) / len(paths) * count,
        (first.cpu_s + second.cpu_s) / len(paths) * count,
        max(first.memory_mib, second.memory_mib),
        max(first.usual_mib, second.usual_mib),
    )
    same = sum(mine[path] == found for path, found in trees.items())
    for name, used in ((f"copier loop ({len(paths)} run)", theirs), ("scaffolder update --all", ours)):
        print(f"{name:<26} {used.wall_s:8.2f} s  {used.cpu_s:8.2f} s CPU  {_memory(used)}")
    wall, cpu = theirs.wall_s / ours.wall_s, theirs.cpu_s / ours.cpu_s
    print(f"{'ratio':<26} {wall:8.1f}    {cpu:8.1f}    trees identical: {same} of {len(trees)}")
    return wall, cpu if same == len(trees) else 0.0


def compare_one(bench: Bench, rounds: int) -> float:
    """Print medians for a single project and return their ratio."""
    path = bench.projects[0]
    taken: dict[str, list[float]] = {"copier": [], "ours": []}
    for _ in range(rounds):
        for name, command in (("copier", COPIER), ("ours", OURS)):
            taken[name].append(bench.measure(*command, cwd=path).wall_s)
            tree(bench, path)
    theirs, ours = statistics.median(taken["copier"]), statistics.median(taken["ours"])
    print(f"one project: copier {theirs:.2f} s, scaffolder {ours:.2f} s, ratio {theirs / ours:.1f}")
    return theirs / ours


def main() -> int:
    """Print everything; return 1 when a ratio is under its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument("--copier-sample", type=int, help="run copier on so many of them only")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    sample = min(options.copier_sample or options.projects, options.projects)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        bench = prepare(Path(scratch), options.projects)
        for command in (COPIER, OURS):  # warms the caches
            bench.run(*command, cwd=bench.projects[0])
            bench.reset()
        print(
            f"{options.projects} projects, {options.rounds} rounds; copier's time is scaled to all projects"
        )
        ratios = [compare_fleet(bench, sample) for _ in range(options.rounds)]
        wall, cpu = (statistics.median(column) for column in zip(*ratios, strict=True))
        print(f"median ratio: wall {wall:.1f} (at least {LEAST_FLEET}), CPU {cpu:.1f}")
        one = compare_one(bench, 2 * options.rounds + 1)
        processes = {}
        for name, command in (("copier", COPIER), ("scaffolder", OURS)):
            processes[name] = bench.git_processes(*command, cwd=bench.projects[0])
            tree(bench, bench.projects[0])
        print(f"git processes a project: {processes} (ours at most {MOST_GIT})")
        quarter = bench.projects[: options.projects // 4]
        for some in (quarter, bench.projects):
            used = bench.measure(*OURS, *map(str, some), cwd=bench.fleet)
            bench.reset()
            print(f"memory with {len(some)} projects: {_memory(used)}")
        print("where the time goes, in one process:")
        print(bench.run(sys.executable, PARTS, bench.fleet), end="")
    return int(wall < LEAST_FLEET or one < LEAST_ONE or processes["scaffolder"] > MOST_GIT)


if __name__ == "__main__":
    sys.exit(main())
