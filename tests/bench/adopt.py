"""How long `adopt` takes with a template of many tagged versions, and where the time goes.

Run it by hand:

python tests/bench/adopt.py [--versions N] [--rounds N] [--files N]

The template changes a few files in each version; the project comes from one in the middle, with one file in
five edited. The figure to keep is the whole command, in a process of its own: under 10 s for 500 versions. It
is also given as a multiple of `git log` in the template's repository, which goes over the same commits.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from scaffolder import git
from scaffolder.adopting.owned import open_owned
from scaffolder.adopting.versions import candidates, mirror_of, versions_of
from scaffolder.stream import write_version
from scaffolder.tree import File
from tests.adoptions import chance, make_lost, random_answers, versions

LIMIT_S = 10.0
ADOPT = (sys.executable, "-m", "scaffolder", "adopt", "--json")


def make_template(folder: Path, count: int, more: int) -> Path:
    """Return a bare repository with `count` tagged versions of the toy template and `more` files in each."""
    rng = chance(2)
    ballast = {f"data/table{at}.csv": File("100644", rng.randbytes(200).hex().encode()) for at in range(more)}
    stream = b""
    for number, files in enumerate(versions(count)):
        tree = {path: File("100644", text.encode()) for path, text in files.items()} | ballast
        stream += write_version(f"1.{number}.0", tree, branch="releases", day=date(2026, 1, 1), before=stream)
    git.import_stream(stream, folder)
    return folder


def timed(command: tuple[str, ...], cwd: Path) -> float:
    """Return how many seconds a command takes."""
    began = time.perf_counter()
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)
    return time.perf_counter() - began


def parts(project: Path, template: str) -> dict[str, float]:
    """Return the seconds of each step before rendering, in this process."""
    taken: dict[str, float] = {}
    began = time.perf_counter()
    owned = open_owned(project)
    taken["the project's files"] = time.perf_counter() - began
    began = time.perf_counter()
    mirror, _ = mirror_of(template)
    taken["the mirror, fetched"] = time.perf_counter() - began
    began = time.perf_counter()
    versions_of(template, mirror)
    taken["the list of versions"] = time.perf_counter() - began
    began = time.perf_counter()
    candidates(owned, template, version=None)
    taken["those three, and what each version shares"] = time.perf_counter() - began
    return taken


def main() -> int:
    """Print everything; return 1 when the limit is passed or the version is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--versions", type=int, default=500)
    parser.add_argument("--files", type=int, default=100, help="that no version changes")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        home = Path(scratch)
        (home / ".gitconfig").write_text("[user]\n\tname = Ada Example\n\temail = ada@example.org\n")
        os.environ |= {"HOME": scratch, "XDG_CACHE_HOME": str(home / "cache"), "GIT_CONFIG_NOSYSTEM": "1"}
        folder = make_template(home / "template.git", options.versions, options.files)
        version = f"1.{options.versions // 2}.0"
        rng = chance(3)
        project = make_lost(home / "project", str(folder), f"v{version}", random_answers(rng), rng)
        whole, logs = [], []
        for _ in range(options.rounds):
            logs.append(timed(("git", "log"), folder))
            whole.append(timed((*ADOPT, str(project), str(folder)), home))
        usual, log = statistics.median(whole), statistics.median(logs)
        print(f"{options.versions} versions, {options.rounds} rounds, median")
        for name, seconds in parts(project, str(folder)).items():
            print(f"  {name:<44} {seconds:6.2f} s")
        print(f"  {'adopt, the whole command':<44} {usual:6.2f} s  (limit {LIMIT_S:.0f} s)")
        print(f"  {'the first time, which clones the template':<44} {whole[0]:6.2f} s")
        print(f"  {'git log':<44} {log:6.2f} s, ratio {usual / log:.1f}")
        found = subprocess.run(
            (*ADOPT, str(project), str(folder)), cwd=home, check=True, capture_output=True, text=True
        ).stdout
        is_right = f'"version": "{version}"' in found
        print(f"  found {version}: {'yes' if is_right else 'NO'}")
    return int(usual > LIMIT_S or not is_right)


if __name__ == "__main__":
    sys.exit(main())
