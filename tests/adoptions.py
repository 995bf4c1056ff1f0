"""A template that changes a little in each of many versions, and projects of it that lost their record."""

from __future__ import annotations

import random
import re
import shutil
from typing import TYPE_CHECKING

from scaffolder.create import new_project
from scaffolder.record import RECORDS

from .conftest import git
from .foreign_templates import ANSWERS, commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

WORDS = [
    *("amber", "basalt", "cedar", "delta", "ember", "fjord", "granite", "harbor", "indigo", "jasper", "kelp"),
    *("lagoon", "meadow", "nectar", "onyx", "prairie", "quartz", "ridge", "saffron", "tundra", "umber"),
    *("valley", "willow", "xenon", "yarrow", "zephyr"),
]
LICENCES = ("MIT", "Apache-2.0", "BSD-3-Clause")

COPIER = """\
project_name:
  type: str
  default: My project
package:
  type: str
  default: "{{ project_name | lower | replace(' ', '_') }}"
  validator: "{% if not (package | regex_search('^[a-z][a-z0-9_]*$')) %}not a package{% endif %}"
author_name:
  type: str
  default: Nobody
description:
  type: str
  default: A thing
licence:
  type: str
  choices: [MIT, Apache-2.0, BSD-3-Clause]
  default: MIT
docker:
  type: bool
  default: true
"""


COOKIECUTTER = """\
{
  "project_name": "My project",
  "package": "{{ cookiecutter.project_name.lower().replace(' ', '_') }}",
  "author_name": "Nobody",
  "description": "A thing",
  "licence": ["MIT", "Apache-2.0", "BSD-3-Clause"],
  "docker": ["yes", "no"]
}
"""
QUESTIONS = ("project_name", "package", "author_name", "description", "licence", "docker")


def chance(seed: int) -> random.Random:
    """Return random numbers that are the same on each machine."""
    return random.Random(seed)  # noqa: S311 - no secret


def first_files() -> dict[str, list[str]]:
    """Return the lines of the template's first version."""
    rng = chance(0)
    prose = lambda count: [" ".join(rng.choices(WORDS, k=7)) for _ in range(count)]  # noqa: E731
    code = lambda count: [f"{rng.choice(WORDS)}_{at} = {rng.randint(1, 999)}" for at in range(count)]  # noqa: E731
    return {
        "README.md.jinja": [
            *("# {{ project_name }}", "", "{{ description }}", "", *prose(12), ""),
            *("    pip install {{ package }}", "", "Written by {{ author_name }}.", "", "{% if docker %}"),
            *("    docker run {{ package }}", "{% endif %}", *prose(6)),
        ],
        "pyproject.toml.jinja": [
            *("[project]", 'name = "{{ package }}"', 'description = "{{ description }}"'),
            *('authors = [{ name = "{{ author_name }}" }]', 'license = "{{ licence }}"', *code(14)),
        ],
        "src/{{ package }}/__init__.py.jinja": ['"""{{ description }}"""', *code(10)],
        "src/{{ package }}/core.py": code(40),
        "src/{{ package }}/io.py": code(30),
        "src/{{ package }}/cli.py.jinja": ["import {{ package }}", *code(25), 'title = "{{ project_name }}"'],
        "tests/test_core.py.jinja": ["from {{ package }} import core", *code(20)],
        "tests/test_io.py.jinja": ["from {{ package }} import io", *code(20)],
        "docs/index.md.jinja": ["# {{ project_name }}", *prose(20)],
        "docs/usage.md": prose(25),
        "docs/design.md": prose(25),
        "Makefile": code(15),
        ".github/workflows/ci.yml": code(25),
        "{% if docker %}Dockerfile{% endif %}.jinja": ["FROM python", *code(10), 'CMD ["{{ package }}"]'],
        "LICENSE.jinja": [
            *("{% if licence == 'MIT' %}", "The MIT licence", *prose(10)),
            *("{% elif licence == 'Apache-2.0' %}", "The Apache licence", *prose(10)),
            *("{% else %}", "The BSD licence", *prose(10), "{% endif %}", "Copyright {{ author_name }}"),
        ],
    }


def versions(count: int) -> Iterator[dict[str, str]]:
    """Yield the files of each version: a few lines changed in some files, now and then a file more."""
    rng = chance(1)
    files = first_files()
    for number in range(count):
        yield {"copier.yml": COPIER, **ANSWERS, **{p: "\n".join(lines) + "\n" for p, lines in files.items()}}
        for path in rng.sample(sorted(files), 3):
            lines = files[path]
            free = [at for at, line in enumerate(lines) if line and "{" not in line]
            for at in sorted(rng.sample(free, min(2, len(free))), reverse=True):
                new = f"{rng.choice(WORDS)} {number} {rng.randint(1, 999)}"
                lines[at : at + 1] = [[new], [lines[at], new], []][rng.choices((0, 1, 2), (3, 2, 1))[0]]
        if number % 4 == 3:
            files[f"docs/note{number}.md"] = [" ".join(rng.choices(WORDS, k=7)) for _ in range(8)]


def as_cookiecutter(files: dict[str, str]) -> dict[str, str]:
    """Return a version of the template as cookiecutter has it: the same files, a folder further down."""
    top = "{{ cookiecutter.package }}"
    made = {"cookiecutter.json": COOKIECUTTER}
    for path, content in files.items():
        if path == "copier.yml" or "_copier" in path:
            continue
        name = path.removesuffix(".jinja").removeprefix("{% if docker %}").removesuffix("{% endif %}")
        text = _prefixed(content).replace("cookiecutter.docker %", "cookiecutter.docker == 'yes' %")
        made[f"{top}/{_prefixed(name)}"] = text
    return made


def _prefixed(text: str) -> str:
    return re.sub(rf"({{{{ |{{% (?:el)?if )(?={'|'.join(QUESTIONS)})", r"\1cookiecutter.", text)


def make_template(
    folder: Path, count: int, change: Callable[[dict[str, str]], dict[str, str]] = dict
) -> Path:
    """Return a repository with `count` tagged versions, v1.0.0 and so on."""
    for number, files in enumerate(versions(count)):
        commit(folder, change(files), f"v1.{number}.0")
    return folder


def random_answers(rng: random.Random, *, is_copier: bool = True) -> dict[str, object]:
    """Return answers to all questions of the template."""
    name = " ".join(rng.sample(WORDS, 2))
    return {
        "project_name": name.title(),
        "package": rng.choice([name.replace(" ", "_"), rng.choice(WORDS) + "lib"]),
        "author_name": f"{rng.choice(WORDS).title()} {rng.choice(WORDS).title()}",
        "description": " ".join(rng.sample(WORDS, 4)).capitalize(),
        "licence": rng.choice(LICENCES),
        "docker": rng.choice([True, False]) if is_copier else rng.choice(["yes", "no"]),
    }


def make_lost(
    path: Path, template: str, version: str, answers: dict[str, object], rng: random.Random
) -> Path:
    """Return a project whose record is gone, with one file in five edited and one renamed."""
    new_project(template, path, answers=answers, ask=False, version=version)
    for name in RECORDS:
        (path / name).unlink(missing_ok=True)
    edit_files(path, rng, share=0.2)
    shutil.rmtree(path / ".git")
    git("init", "--quiet", "--initial-branch=main", cwd=path)
    git("add", "--all", cwd=path)
    git("commit", "--quiet", "-m", "Everything", cwd=path)
    return path


def edit_files(path: Path, rng: random.Random, *, share: float) -> None:
    """Change, add and delete lines in a share of a project's text files, and rename one file."""
    files = sorted(file for file in path.rglob("*") if file.is_file() and ".git/" not in file.as_posix())
    texts = [file for file in files if b"\0" not in file.read_bytes() and file.name not in RECORDS]
    for file in rng.sample(texts, max(1, round(len(texts) * share))):
        lines = file.read_text(encoding="utf-8").split("\n")
        file.write_text("\n".join(edited(lines, rng)), encoding="utf-8")
    moved = rng.choice(texts)
    moved.rename(moved.with_name(f"my-{moved.name}"))


def edited(lines: Iterable[str], rng: random.Random) -> Iterator[str]:
    """Yield lines of which three in ten are changed, deleted, or followed by another."""
    for line in lines:
        what = rng.choices(("keep", "change", "delete", "add"), (7, 1, 1, 1))[0]
        if what in ("keep", "add"):
            yield line
        if what == "change":
            yield f"{line} # mine"
        if what == "add":
            yield f"added {rng.randint(0, 10**6)}"
