"""`new` makes of a cookiecutter template what plain cookiecutter makes of it, byte for byte."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from scaffolder import places
from scaffolder.create import new_project
from scaffolder.record import RECORD_FILE

from .cookiecutter_templates import FEATURES, commit, cookiecutter_copy
from .trees import differences, read_tree

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.usefixtures("home"),
    pytest.mark.skipif(os.name == "nt", reason="git checks out with other line ends there"),
]
ANSWERS = {
    "choices, booleans and dictionaries": ["licence=BSD-3", "web=no", "docs=1"],
    "texts and defaults that refer to others": ["name=Größe {x}", "empty=1"],
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")


@pytest.mark.parametrize("feature", FEATURES)
def test_the_files_are_those_of_plain_cookiecutter(tmp_path: Path, feature: str) -> None:
    commit(tmp_path / "template", FEATURES[feature], "v1.0.0")
    new_project(str(tmp_path / "template"), tmp_path / "ours", answers={}, ask=False)
    theirs = cookiecutter_copy(tmp_path / "template", tmp_path / "theirs")
    ours = read_tree(tmp_path / "ours")
    assert ours.pop(RECORD_FILE)[1].startswith(b"# How this project was made.")
    assert differences(ours, read_tree(theirs)) == []


@pytest.mark.parametrize("feature", ANSWERS)
def test_so_they_are_with_other_answers(tmp_path: Path, feature: str) -> None:
    commit(tmp_path / "template", FEATURES[feature], "v1.0.0")
    answers = dict(pair.split("=") for pair in ANSWERS[feature])
    new_project(str(tmp_path / "template"), tmp_path / "ours", answers=answers, ask=False)
    theirs = cookiecutter_copy(tmp_path / "template", tmp_path / "theirs", *ANSWERS[feature])
    ours = {path: file for path, file in read_tree(tmp_path / "ours").items() if path != RECORD_FILE}
    # Of what cookiecutter calls the original choices, it puts the one taken first; ours stay in their order.
    assert [line for line in differences(ours, read_tree(theirs)) if not line.startswith("all.txt")] == []
