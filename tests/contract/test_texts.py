"""The texts of a generated project: the guide's sections, links that lead somewhere, the person's names."""

from __future__ import annotations

import re
import shutil
import tomllib
from typing import TYPE_CHECKING

import pytest

from .tools import run

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = ["Problem statement", "Data sources", "Model metrics", "Deployment steps"]
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def headings(text: str) -> list[str]:
    """Return the headings of a Markdown text, those in code left out."""
    return HEADING.findall(FENCE.sub("", text))


def anchor(heading: str) -> str:
    """Return the fragment under which GitHub shows a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_readme_has_the_guides_sections_in_order(project):
    found = headings(project.text("README.md"))
    assert [heading for heading in found if heading in GUIDE] == GUIDE


def test_readme_begins_with_the_persons_title(project):
    assert project.text("README.md").splitlines()[0] == f"# {project.case.answers['project_name']}"


def test_readme_shows_problem_figure_and_commands_on_the_first_screen(project):
    """What somebody sees who does not scroll: 30 lines."""
    screen = "\n".join(project.text("README.md").splitlines()[:30])
    package = tomllib.loads(project.text("portfolio.toml"))["package"]
    assert "<!-- evidence:headline -->" in screen
    assert screen.count(f"python -m {package} ") == 3


def test_licence_is_the_chosen_one_and_names_the_person(project):
    first = {"MIT": "MIT License", "Apache-2.0": "Apache License", "BSD-3-Clause": "BSD 3-Clause License"}
    text = project.text("LICENSE")
    assert text.strip().splitlines()[0].strip() == first[project.case.answers["licence"]]
    assert f"Copyright (c) {project.case.answers['author_name']}\n" in text


def test_links_lead_somewhere(project):
    for path in project.files("*.md"):
        text = project.text(path)
        anchors = {anchor(heading) for heading in headings(text)}
        for target in LINK.findall(FENCE.sub("", text)):
            if target.startswith("#"):
                assert target[1:] in anchors, f"{path}: {target}"
            elif not target.startswith(("https://", "http://")) and not is_written_by_a_run(path):
                assert (project.path / path.parent / target).exists(), f"{path}: {target}"


def is_written_by_a_run(path: Path) -> bool:
    """Texts for `report`; what they link to is there once they are."""
    return path.parts[0] == "prose"


def test_files_named_in_the_readme_exist(project):
    """A file map that lies is worse than none. What a run writes lies in known folders."""
    made = (
        "reports/",
        "models/",
        "MODEL_CARD.md",
        "data/readings.csv",
        "data/manifest.json",
        ".venv",
        "bundle.zip",
    )
    for name in re.findall(
        r"`([\w.-][\w./-]*\.(?:py|toml|md|txt|yml|json|csv|mk|html))`", project.text("README.md")
    ):
        found = (project.path / name).exists() or any(path.match(f"*/{name}") for path in project.files())
        assert found or name.startswith(made), name


def test_decisions_are_three_and_each_can_become_the_owners(default_project):
    text = default_project.text("DECISIONS.md")
    assert len([heading for heading in headings(text) if re.match(r"\d\. ", heading)]) == 3
    for word in ("Chosen", "Why", "Rejected", "Measured", "Make it your own"):
        assert text.count(f"**{word}.**") == 3, word


def test_make_offers_the_verbs_and_explains_each(default_project):
    """Nothing needs make; who has it finds the same words as in the README."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    verbs = ["data", "train", "evaluate", "report", "serve", "bench", "drift"]
    chores = ["setup", "test", "lint", "image"]
    shown = run(make, "help", cwd=default_project.path).stdout
    assert {line.split()[0] for line in shown.splitlines()} >= {*verbs, *chores}
    dry = run(make, "--dry-run", *verbs, *chores, cwd=default_project.path)
    package = tomllib.loads(default_project.text("portfolio.toml"))["package"]
    assert dry.returncode == 0, dry.stdout
    assert dry.stdout.count(f"-m {package} ") == len(verbs)
