"""The questions of a cookiecutter template: what is taken, what is recorded, and what is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from scaffolder import places
from scaffolder.answers import load_data_file
from scaffolder.create import Created, new_project
from scaffolder.errors import InvalidAnswer, NoTerminal, RenderFailed, ScaffolderError, UnknownAnswer
from scaffolder.project import read_record
from scaffolder.update import Wish, update_project

from .cookiecutter_templates import FEATURES, commit, git, plain, template

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = template(
    {
        "name": "App",
        "licence": ["MIT", "BSD"],
        "web": True,
        "kinds": {"a": {"x": "1", "y": "2"}, "b": "{{ cookiecutter.name }}"},
        "_private": "p",
    },
    {"a.txt": "{{ cookiecutter.name }} {{ cookiecutter.licence }} {{ cookiecutter.web }}\n"},
)


@pytest.fixture(autouse=True)
def cache(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")


def make(folder: Path, files: Mapping[str, str | bytes] = KINDS, **answers: object) -> Created:
    if not (folder / "template").exists():
        commit(folder / "template", files, "v1.0.0")
    return new_project(str(folder / "template"), folder / "project", answers=answers, ask=False)


@pytest.mark.parametrize(
    ("key", "given", "taken"),
    [
        ("name", "Ada", "Ada"),
        ("name", "{{ 1 + 1 }} {% broken", "{{ 1 + 1 }} {% broken"),  # it is not rendered
        ("name", 7, "7"),
        ("licence", "BSD", "BSD"),
        ("web", "No", False),
        ("web", "ON", True),
        ("web", False, False),
        ("kinds", '{"a": {"x": "9"}, "c": 1}', {"a": {"x": "9", "y": "2"}, "b": "App", "c": 1}),
        ("kinds", {"b": "mine"}, {"a": {"x": "1", "y": "2"}, "b": "mine"}),
    ],
)
def test_an_answer_is_taken_as_its_question_has_it(
    tmp_path: Path, key: str, given: object, taken: object
) -> None:
    made = make(tmp_path, **{key: given})
    assert read_record(made.path).values[key] == taken


@pytest.mark.parametrize(
    ("key", "given", "error", "words"),
    [
        ("nmae", "x", UnknownAnswer, "no question named 'nmae'; did you mean 'name'?"),
        ("_private", "x", UnknownAnswer, "no question named '_private'"),
        ("template", "x", UnknownAnswer, "no question named 'template'"),
        ("licence", "GPL", InvalidAnswer, "licence: 'GPL' is not accepted; choose one of: MIT, BSD"),
        ("licence", ["MIT"], InvalidAnswer, "choose one of: MIT, BSD"),
        ("web", "perhaps", InvalidAnswer, "web: 'perhaps' is not accepted; expected yes or no"),
        ("kinds", "[1]", InvalidAnswer, "expected a JSON object"),
        ("kinds", "{", InvalidAnswer, "expected a JSON object"),
        ("name", {"a": 1}, InvalidAnswer, "expected a text"),
    ],
)
def test_a_wrong_answer_is_told_and_nothing_is_made(
    tmp_path: Path, key: str, given: object, error: type[ScaffolderError], words: str
) -> None:
    with pytest.raises(error) as caught:
        make(tmp_path, **{key: given})
    assert words in str(caught.value)
    assert not (tmp_path / "project").exists()


def test_the_record_says_how_the_project_was_made_and_nothing_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(tmp_path, licence="BSD")
    text = (made.path / ".scaffolder.yml").read_text()
    source = (tmp_path / "template").resolve().as_posix()
    head = git("rev-parse", "HEAD", cwd=tmp_path / "template").strip()
    assert yaml.safe_load(text) == {
        "engine": "cookiecutter",
        "url": source,
        "commit": head,
        "tag": "v1.0.0",
        "answers": {
            "slug": "project",
            "name": "App",
            "licence": "BSD",
            "web": True,
            "kinds": {"a": {"x": "1", "y": "2"}, "b": "App"},
        },
    }
    assert text.count(str(tmp_path)) == 1  # that a local template's own path is there
    monkeypatch.setenv("HOME", str(tmp_path))
    again = new_project(source, tmp_path / "again", answers={"licence": "BSD"}, ask=False, git=False)
    assert (again.path / ".scaffolder.yml").read_text() == text


def test_a_secret_is_used_but_not_recorded(tmp_path: Path) -> None:
    files = template(
        {"db_password": "", "SECRET_KEY": "none", "token_name": "t", "keys": {"api_key": "k", "other": "o"}},
        {".env": "{{ cookiecutter.db_password }} {{ cookiecutter.SECRET_KEY }}\n"},
    )
    made = make(
        tmp_path, files, **{"db_password": "s3cret", "SECRET_KEY": "s3cret-too"}, keys={"api_key": "s3cret-3"}
    )
    assert (made.path / ".env").read_text() == "s3cret s3cret-too\n"
    assert "s3cret" not in (made.path / ".scaffolder.yml").read_text()
    assert read_record(made.path).values == {"slug": "project", "token_name": "t", "keys": {"other": "o"}}
    (made.path / "own.txt").write_text("mine\n")
    commit(tmp_path / "template", {**files, "{{cookiecutter.slug}}/new.txt": "new\n"}, "v2.0.0")
    git("add", "--all", cwd=made.path)
    git("commit", "--quiet", "-m", "Mine", cwd=made.path)
    assert update_project(made.path, Wish()).conflicts == ()
    assert (made.path / ".env").read_text() == "s3cret s3cret-too\n"


def test_a_replay_file_of_cookiecutters_gives_the_answers(tmp_path: Path) -> None:
    replay = {
        "cookiecutter": {
            "slug": "project",
            "name": "Replayed",
            "licence": "BSD",
            "_template": "/home/someone/template",
            "_output_dir": "/home/someone",
            "_extensions": ["os.path"],
        },
        "_cookiecutter": {"name": "App"},
    }
    (tmp_path / "replay.json").write_text(json.dumps(replay))
    given = {**load_data_file(tmp_path / "replay.json"), "licence": "MIT"}
    made = make(tmp_path, **given)
    assert (made.path / "a.txt").read_text() == "Replayed MIT True\n"
    assert "someone" not in (made.path / ".scaffolder.yml").read_text()


@pytest.mark.parametrize(("given", "taken"), [("package", "package"), ("kinds/package/", "package")])
def test_of_nested_templates_one_is_chosen_and_recorded(tmp_path: Path, given: str, taken: str) -> None:
    made = make(tmp_path, FEATURES["nested templates"], template=given)
    assert (made.path / "a.txt").read_text() == "package"
    assert read_record(made.path).values == {"template": taken, "slug": "p"}
    renewed = {**FEATURES["nested templates"], "kinds/package/{{cookiecutter.slug}}/a.txt": "renewed"}
    commit(tmp_path / "template", renewed, "v2.0.0")
    assert update_project(made.path, Wish()).changed == (".scaffolder.yml", "a.txt")
    assert (made.path / "a.txt").read_text() == "renewed"


def test_a_nested_template_in_the_old_style_is_chosen_by_its_path(tmp_path: Path) -> None:
    made = make(tmp_path, FEATURES["old style of nested templates"], template="./site")
    assert read_record(made.path).values == {"template": "Site (./site)", "slug": "s"}


def test_a_nested_template_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidAnswer, match="template: 'sites' is not accepted; choose one of: site, package"
    ):
        make(tmp_path, FEATURES["nested templates"], template="sites")


def test_the_users_own_configuration_of_cookiecutter_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "home/.cookiecutterrc").write_text('default_context:\n  name: "From my home"\n')
    made = make(tmp_path)
    assert (made.path / "a.txt").read_text() == "App MIT True\n"
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == [".cookiecutterrc", ".gitconfig"]


def test_texts_see_nothing_of_this_machine(tmp_path: Path) -> None:
    names = ("_template", "_output_dir", "_repo_dir", "_checkout", "_commit")
    files = template({}, {"a.txt": "".join(f"{{{{ cookiecutter.{name} }}}}\n" for name in names)})
    made = make(tmp_path, files)
    head = git("rev-parse", "HEAD", cwd=tmp_path / "template").strip()
    assert (made.path / "a.txt").read_text().splitlines() == ["template", ".", "template", head, head]


def test_open_questions_need_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(tmp_path / "template", plain(), "v1.0.0")
    given = {"slug": "p", "name": "n"}
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        with pytest.raises(NoTerminal):
            new_project(str(tmp_path / "template"), tmp_path / "p", answers={"slug": "p"}, ask=True)
        new_project(str(tmp_path / "template"), tmp_path / "p", answers=given, ask=True)


def test_what_would_steer_the_terminal_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    commit(tmp_path / "template", plain(__prompts__={"name": "\x1b[2J"}), "v1.0.0")
    with pytest.raises(RenderFailed, match="has control characters"):
        new_project(str(tmp_path / "template"), tmp_path / "p", answers={}, ask=True)


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a POSIX terminal")
def test_a_person_is_asked_with_cookiecutters_prompts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pexpect

    prompts = {
        "name": "What is it [bold]called[/]?",
        "licence": {"__prompt__": "Which licence?", "BSD": "New BSD"},
    }
    files = {
        **KINDS,
        "cookiecutter.json": json.dumps(
            {**json.loads(str(KINDS["cookiecutter.json"])), "__prompts__": prompts}
        ),
    }
    commit(tmp_path / "template", files, "v1.0.0")
    folder = tmp_path / "my work"
    folder.mkdir()
    monkeypatch.setenv("TERM", "dumb")  # no colours between the words
    script = 'out="$("$0" -m scaffolder new ../template project -d slug=s)"; echo "result: $out"'
    terminal = pexpect.spawn(
        "sh", ["-c", script, sys.executable], cwd=str(folder), encoding="utf-8", timeout=20
    )
    terminal.expect("What is it called\\?.*App")
    terminal.sendline("Größe")
    terminal.expect("Which licence\\?")
    terminal.expect("1.* - .*MIT")
    terminal.expect("2.* - .*New BSD")
    terminal.sendline("2")
    terminal.expect("web.*y")
    terminal.sendline("maybe")
    terminal.expect("web.*y")
    terminal.sendline("no")
    terminal.expect("kinds")
    terminal.sendline("")
    terminal.expect(f"result: {folder / 'project'}\r\n")
    terminal.expect(pexpect.EOF)
    assert (folder / "project/a.txt").read_text() == "Größe BSD False\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a POSIX terminal")
def test_ctrl_c_at_a_question_leaves_nothing(tmp_path: Path) -> None:
    import pexpect

    commit(tmp_path / "template", FEATURES["nested templates"], "v1.0.0")
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "scaffolder", "new", "./template", "project"],
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=20,
    )
    terminal.expect("Select a template")
    terminal.expect("A site \\(For the web\\)")
    terminal.sendcontrol("c")
    terminal.expect("interrupted; nothing was written")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert not (tmp_path / "project").exists()


def test_light_commands_do_not_load_cookiecutter() -> None:
    script = (
        "import atexit, sys\nfrom scaffolder.__main__ import main\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\nmain()"
    )
    for args in (["--help"], ["new", "--help"], ["list"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *args], capture_output=True, text=True, check=True
        )
        assert not {"cookiecutter", "jinja2", "rich"} & set(done.stderr.split())
