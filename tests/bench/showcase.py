"""Fifty projects: how long the gallery takes, into an empty folder and once more, and how large it is.

Run it by hand: python tests/bench/showcase.py [--projects N] [--keep DIR]

The projects are copies of the examples with titles, figures and evidence of their own, so that no two of them
share a picture or a page. All that a showcase can have is built: pages, PDF, feeds, and a card for each page.
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
PROFILE = """
name = "Ada Example"
headline = "Machine-learning engineer, from mechanical engineering"
value_proposition = "I turn sensor data into decisions that a shift lead trusts."
url = "https://ada.example/portfolio/"
"""
MOST_S = 10.0  # for fifty projects, into an empty folder
MOST_INDEX = 100_000  # bytes, without its figures


def examples() -> list[Path]:
    """Return the folders of the examples."""
    return sorted(path.parent for path in (REPOSITORY / "examples").glob("*/portfolio.toml"))


def make_projects(root: Path, count: int) -> list[Path]:
    """Write `count` projects below `root`; return their folders."""
    sources = examples()
    made = []
    for number in range(count):
        source = sources[number % len(sources)]
        made.append(root / f"{source.name}-{number:02}")
        make_project(source, made[-1], number)
    return made


def make_project(source: Path, folder: Path, number: int) -> None:
    """Copy what is shown of an example, with a title, evidence and figures that no other copy has."""
    facts = tomllib.loads((source / "portfolio.toml").read_text(encoding="utf-8"))
    (folder / "reports").mkdir(parents=True)
    for name in ("README.md", "DECISIONS.md", "reports/star.md"):
        shutil.copy2(source / name, folder / name)
    text = (source / "portfolio.toml").read_text(encoding="utf-8")
    title = f"{facts['title']} {number}"
    (folder / "portfolio.toml").write_text(
        text.replace(f'title = "{facts["title"]}"', f'title = "{title}"'), encoding="utf-8"
    )
    evidence = json.loads((source / "reports" / "metrics.json").read_text(encoding="utf-8"))
    evidence["project"]["title"] = title
    shift(evidence, random.Random(number))  # noqa: S311 - no secret
    (folder / "reports" / "metrics.json").write_text(json.dumps(evidence, indent=2), encoding="utf-8")
    for figure in facts["figures"]:
        (folder / figure["path"]).parent.mkdir(parents=True, exist_ok=True)
        mark(source / figure["path"], folder / figure["path"], number)


def shift(evidence: dict[str, Any], dice: random.Random) -> None:
    """Move the headline and its baseline a little, with their intervals."""
    headline = evidence["headline"]
    for measure in (headline, headline["baseline"]):
        step = measure["value"] * dice.uniform(-0.05, 0.0)
        measure["value"] += step
        measure["ci95"] = [limit + step for limit in measure["ci95"]]


def mark(source: Path, target: Path, number: int) -> None:
    """Copy a figure with some pixels of its own."""
    from PIL import Image

    with Image.open(source) as picture:
        drawn = picture.convert("RGB")
    drawn.paste((number * 5 % 256, 80, 160), (4, 4, 24, 24))
    drawn.save(target)


@contextlib.contextmanager
def folder_for(kept: Path | None) -> Iterator[Path]:
    """Give a folder to work in: `kept`, or one that is removed at the end."""
    if kept is not None:
        kept.mkdir(parents=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        yield Path(scratch)


def build(projects: list[Path], out: Path, profile: Path) -> tuple[float, float]:
    """Build the gallery with the real command; return the seconds that it takes, and those of a processor."""
    command = [sys.executable, "-m", "scaffolder", "showcase", *map(str, projects)]
    begin, cpu = time.perf_counter(), os.times()
    subprocess.run(
        [*command, "--out", str(out), "--owner", str(profile)], check=True, stdout=subprocess.DEVNULL
    )
    now = os.times()
    used = now.children_user + now.children_system - cpu.children_user - cpu.children_system
    return time.perf_counter() - begin, used


def sizes(out: Path) -> dict[str, int]:
    """Return the bytes of the index, of the largest other page, and of all that was written."""
    pages = {path: path.stat().st_size for path in out.rglob("*.html")}
    index = pages.pop(out / "index.html")
    largest = max(pages, key=lambda path: pages[path])
    everything = [path.stat().st_size for path in out.rglob("*") if path.is_file()]
    return {
        "index": index,
        f"largest other page, {largest.relative_to(out).as_posix()}": pages[largest],
        f"all {len(everything)} files": sum(everything),
    }


def main() -> int:
    """Measure, print, and return 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--projects", type=int, default=50)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave projects and gallery there")
    args = parser.parse_args()
    with folder_for(args.keep) as scratch:
        projects = make_projects(scratch / "projects", args.projects)
        out = scratch / "gallery"
        profile = scratch / "owner.toml"
        profile.write_text(PROFILE, encoding="utf-8")
        cold, warm = build(projects, out, profile), build(projects, out, profile)
        found = sizes(out)
    print(f"{args.projects} projects")
    goal = f"(goal: less than {MOST_S:.0f} s for 50)"
    print(f"  empty folder  {cold[0]:6.1f} s, {cold[1]:.1f} s of a processor  {goal}")
    print(f"  once more     {warm[0]:6.1f} s, {warm[1]:.1f} s of a processor")
    for what, count in found.items():
        print(f"  {count / 1000:8,.0f} kB  {what}")
    print(f"  goal: the index has less than {MOST_INDEX / 1000:.0f} kB")
    return int(found["index"] >= MOST_INDEX or cold[0] * 50 / args.projects >= MOST_S)


if __name__ == "__main__":
    sys.exit(main())
