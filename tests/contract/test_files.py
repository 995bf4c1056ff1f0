"""What lies in a generated project: nothing unrendered, nothing broken, nothing of this machine."""

from __future__ import annotations

import json
import os
import re
import tomllib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import yaml

from .tools import REPOSITORY, TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

TAG = re.compile(r"(?<!\$)\{\{|\{%")
# The one index that a text may name: torch's small CPU build is nowhere else.
TORCH_INDEX = "--extra-index-url https://download.pytorch.org/whl/cpu"
INDEX = re.compile(r"--(extra-)?index-url|--find-links|pypi\.org/simple|files\.pythonhosted\.org")


def test_no_template_tag_is_left(project):
    """GitHub's own `${{ }}` is not ours; neither are the doubled braces of a Python format text.

    The pages of a service are templates of its own, which it renders: a test below holds them to the bytes.
    """
    left = [
        f"{path}: {line}"
        for path in project.files()
        if not path.match("serving/web/*.html")
        for line in _lines(project.path / path)
        if TAG.search(line)
    ]
    assert [line for line in left if ".py: " not in line] == []
    assert [line for line in left if "{%" in line] == []


def test_no_file_keeps_the_suffix_of_a_template(project):
    assert project.files("*.jinja") == []


def test_files_without_the_suffix_are_the_templates_own_bytes(project):
    """Jinja reaches a handful of texts and nothing else."""
    source = TEMPLATES / project.case.template / "project"
    rendered = [path for path in project.files() if not (source / path).exists()]
    assert {str(path) for path in rendered} <= {
        ".copier-answers.yml",
        ".gitattributes",
        ".gitignore",
        "LICENSE",
        "README.md",
    }
    for path in set(project.files()) - set(rendered):
        assert (project.path / path).read_bytes() == (source / path).read_bytes(), path


def test_toml_yaml_and_json_parse(project):
    parsers = {
        ".toml": tomllib.loads,
        ".yml": yaml.safe_load,
        ".yaml": yaml.safe_load,
        ".config": yaml.safe_load,
        ".json": json.loads,
    }
    read = [parsers[path.suffix](project.text(path)) for path in project.files() if path.suffix in parsers]
    assert len(read) > 5
    assert all(read)


def test_texts_are_utf8_with_unix_line_ends_and_one_newline_at_the_end(project):
    for path in project.files("*.py", "*.md", "*.toml", "*.yml", "*.txt", "*.mk", "LICENSE", ".git*"):
        content = (project.path / path).read_bytes()
        content.decode("utf-8")
        assert b"\r" not in content, path
        assert not content or (content.endswith(b"\n") and not content.endswith(b"\n\n")), path


def test_nothing_of_this_machine_is_in_it(project, person):
    """No folder of the checkout, the home or the project, no address of a package index."""
    places = [str(REPOSITORY), str(person), str(project.path.parent), *_index_hosts()]
    for path in project.files():
        text = (project.path / path).read_bytes().decode("utf-8", "replace")
        assert [place for place in places if place in text] == [], path
        assert INDEX.search(text.replace(TORCH_INDEX, "")) is None, path


def test_scripts_can_be_executed_and_nothing_else(project):
    for path in project.files():
        script = (project.path / path).read_bytes().startswith(b"#!")
        mode = (project.path / path).stat().st_mode
        assert bool(mode & 0o111) == script, path


def test_answers_file_holds_each_answer_and_no_path(project):
    answers = yaml.safe_load(project.text(".copier-answers.yml"))
    assert {key: answers[key] for key in project.case.answers} == project.case.answers
    assert answers["template"] == project.case.template
    assert answers["_src_path"].startswith("https://")


def _lines(path: Path) -> list[str]:
    return path.read_bytes().decode("utf-8", "replace").splitlines()


def _index_hosts() -> list[str]:
    """Return the hosts of the package indexes that this machine is told to use."""
    variables = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL")
    addresses = " ".join(os.environ.get(variable, "") for variable in variables).split()
    return [host for address in addresses if (host := urlsplit(address).hostname)]
