"""`scaffolder status --all` against `git status` in each of the same projects.

Run it by hand: python tests/bench/status.py [--projects N] [--rounds N]

The rounds alternate; read the ratio. Each project has two edited files and is one version behind.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from fleets import prepare

OURS = (sys.executable, "-m", "scaffolder", "status", "--all", ".")
LOOP = 'for project in "$@"; do (cd "$project" && git status --porcelain) || exit 1; done'
MOST = 1.5


def main() -> int:
    """Measure, print, and return 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--projects", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = prepare(Path(folder), args.projects)
        loop = ("sh", "-c", LOOP, "sh", *map(str, bench.projects))
        wall, cpu, memory = [], [], []
        for number in range(args.rounds + 1):
            theirs = bench.measure(*loop, cwd=bench.fleet)
            ours = bench.measure(*OURS, cwd=bench.fleet, accept=(0, 1))
            if number:  # the first one warms the caches
                wall.append(ours.wall_s / theirs.wall_s)
                cpu.append(ours.cpu_s / theirs.cpu_s)
                memory.append(ours.memory_mib)
        processes = bench.git_processes("sh", "-c", f"{' '.join(OURS)} || true", cwd=bench.fleet)
    ratio = statistics.median(wall)
    print(f"{args.projects} projects, {args.rounds} interleaved rounds: `scaffolder status` by `git status`")
    print(f"  wall, median  {ratio:.2f}  ({min(wall):.2f} to {max(wall):.2f}; goal: at most {MOST})")
    print(f"  CPU, median   {statistics.median(cpu):.2f}")
    print(f"  git processes {processes / args.projects:.1f} a project")
    print(f"  peak memory   {max(memory):.0f} MiB")
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
