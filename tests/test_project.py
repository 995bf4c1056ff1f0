"""Opening a generated project, and reading the record of how it was made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scaffolder.engine.source import own_url
from scaffolder.errors import AnswersFileError, NotAProject
from scaffolder.project import Project, open_project, parse_record, read_record
from scaffolder.record import ANSWERS_FILE, Record

FACTS = 'template = "toy"\npackage = "toy"\ntitle = "A toy"\n'


def test_a_project_is_what_its_portfolio_file_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "portfolio.toml").write_text(FACTS)
    monkeypatch.chdir(tmp_path)
    assert open_project(Path()) == Project(Path.cwd(), "toy", "toy", "A toy")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "it has no portfolio.toml", id="none"),
        pytest.param(b"template = ", "its portfolio.toml cannot be read: Invalid value", id="syntax"),
        pytest.param(b"\xff", "its portfolio.toml cannot be read: .* decode", id="bytes"),
        pytest.param(b'template = "toy"\n', "its portfolio.toml has no 'package'", id="key"),
        pytest.param(
            FACTS.replace('"toy"', '"-m x"').encode(), "its package '-m x' is no Python name", id="name"
        ),
        pytest.param(FACTS.replace('"toy"', "3").encode(), "its package 3 is no Python name", id="type"),
    ],
)
def test_anything_else_is_no_project(content: bytes | None, words: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "portfolio.toml").write_bytes(content)
    with pytest.raises(NotAProject, match=f"is not a generated project: {words}"):
        open_project(tmp_path)


def test_a_file_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotAProject, match=r"it has no portfolio.toml"):
        open_project(tmp_path / "file")


# --- the record

URL = own_url()
RECORD = f"_commit: v0.1.0\n_src_path: {URL}\ntemplate: toy\nlicence: MIT\nweb: true\n"


def test_the_record_is_what_the_answers_file_says(tmp_path: Path) -> None:
    (tmp_path / ANSWERS_FILE).write_text(f"# Do not edit.\n{RECORD}")
    assert read_record(tmp_path) == Record(URL, "v0.1.0", "toy", {"licence": "MIT", "web": True})


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/owner/name.git", "name"),
        ("gh:owner/name", "name"),
        ("git@example.org:name.git", "name"),
        ("/home/ada/name/", "name"),
        ("C:\\Users\\ada\\name", "name"),
    ],
)
def test_a_template_of_others_is_named_after_its_url(url: str, name: str) -> None:
    text = f"_commit: 1.0-2-gabc\n_src_path: '{url}'\ntemplate: mine\n"
    found = parse_record(text.encode(), Path("answers.yml"))
    assert found == Record(url, "1.0-2-gabc", name, {"template": "mine"}, "answers.yml")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "expected a mapping", id="empty"),
        pytest.param(b"- a\n", "expected a mapping", id="list"),
        pytest.param(b"1: a\n", "expected a mapping", id="key"),
        pytest.param(b"a: [\n", "it is no YAML", id="syntax"),
        pytest.param(b"a: \xff\n", "it is no YAML", id="bytes"),
        pytest.param(b"a: !!python/object/apply:os.getcwd []\n", "it is no YAML", id="python"),
        pytest.param(RECORD.replace("_commit", "commit").encode(), "it has no _commit", id="commit"),
        pytest.param(RECORD.replace("_src_path", "src").encode(), "it has no _src_path", id="url"),
        pytest.param(RECORD.replace("v0.1.0", "1.0").encode(), "expected a text as _commit", id="type"),
        pytest.param(RECORD.replace("toy", "[1]").encode(), "it names no template", id="template"),
        pytest.param(
            f"<<<<<<< HEAD\n{RECORD}=======\n{RECORD}>>>>>>> update\n".encode(),
            "it has conflict markers; resolve the conflict in it first",
            id="conflict",
        ),
    ],
)
def test_an_answers_file_that_was_edited_into_nonsense_is_one_line(
    content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / ANSWERS_FILE).write_bytes(content)
    with pytest.raises(AnswersFileError, match=rf"answers\.yml: {words}") as caught:
        read_record(tmp_path)
    assert len(str(caught.value).splitlines()) == 1


def test_without_answers_file_there_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(NotAProject, match=r"it has no \.copier-answers\.yml, which says how"):
        read_record(tmp_path)
    with pytest.raises(NotAProject, match="nowhere is not a generated project: there is no such folder"):
        read_record(tmp_path / "nowhere")


def test_the_answers_file_may_have_another_name(tmp_path: Path) -> None:
    (tmp_path / ".copier-answers.app.yml").write_text(RECORD)
    assert read_record(tmp_path).answers_file == ".copier-answers.app.yml"
    (tmp_path / ".copier-answers.lib.yml").write_text(RECORD)
    with pytest.raises(NotAProject, match="made from several templates"):
        read_record(tmp_path)


def test_reading_a_record_loads_no_renderer(tmp_path: Path) -> None:
    (tmp_path / ANSWERS_FILE).write_text(RECORD)
    program = (
        "import sys, pathlib; from scaffolder.project import read_record; "
        "read_record(pathlib.Path()); print(*{'copier', 'jinja2', 'questionary'} & {*sys.modules})"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == "\n"
