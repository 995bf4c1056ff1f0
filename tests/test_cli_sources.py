"""`list --source` and `show SOURCE`: templates of others, of which nothing is run or rendered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from scaffolder import places
from scaffolder.cli.app import execute

from . import cookiecutter_templates as cookies
from .foreign_templates import ANSWERS, PLAIN, commit

if TYPE_CHECKING:
    from pathlib import Path

QUESTIONS = """\
_subdirectory: template
_tasks:
  - "touch {{ name }}.done"
  - [git, init]
_jinja_extensions: [copier_templates_extensions.Loader, jinja2.ext.do]
_migrations:
  - version: v1.1.0
    command: python move.py
name:
  type: str
  help: |
    What it is called,
    in one word
slug:
  type: str
  default: "{{ name | lower }}"
count: 3
licence:
  default: MIT
  choices: [MIT, BSD-3]
database:
  type: str
  default: none
  choices:
    No database: none
    PostgreSQL: {value: pg, validator: ""}
kinds:
  type: str
  multiselect: true
  choices: [[A, a], [B, b]]
  default: [a]
pages:
  type: bool
  default: true
  when: "{{ licence == 'MIT' }}"
made:
  type: str
  default: "{{ 1 // 0 }}"
  when: false
region:
  type: str
  default: x
  choices: "{{ regions }}"
"""
COPIER: dict[str, str | bytes] = {
    "copier.yml": QUESTIONS,
    "README.md": "Of the template\n",
    "template/{{ name }}.txt.jinja": "{{ 1 // 0 }}",
    **{f"template/{name}": text for name, text in ANSWERS.items()},
}
HOOKS = {"hooks/post_gen_project.py": "raise SystemExit('it ran')\n", "hooks/README.md": "none\n"}


@pytest.fixture(autouse=True)
def cache(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")


@pytest.fixture
def copier(tmp_path: Path) -> Path:
    """A copier template with everything that can be shown, in three versions."""
    folder = tmp_path / "package"
    commit(folder, PLAIN, "v1.0.0")
    commit(folder, COPIER, "v1.10.0")
    commit(folder, PLAIN, "v2.0.0rc1")
    return folder


@pytest.fixture
def cookiecutter(tmp_path: Path) -> Path:
    """A cookiecutter template with each kind of question, and with a hook."""
    folder = tmp_path / "cookie"
    settings = {
        "name": "World",
        "slug": "{{ cookiecutter.name | lower }}",
        "licence": ["MIT", "BSD-3"],
        "web": True,
        "kinds": {"png": {"size": 1}},
        "year": 2024,
        "_private": "x",
        "__made": "{{ cookiecutter.name * 2 }}",
        "_extensions": ["cookiecutter.extensions.SlugifyExtension", "own.Extension"],
        "__prompts__": {"name": "Whom to greet", "licence": {"__prompt__": "Which licence", "MIT": "Short"}},
    }
    files = cookies.template(settings, {"a.txt": "{{ 1 // 0 }}"}, **HOOKS, **{"README.md": "r"})
    commit(folder, files, "0.3")
    return folder


def output_of(capsys: pytest.CaptureFixture[str], *args: object, status: int = 0) -> str:
    assert execute([str(arg) for arg in args]) == status
    shown = capsys.readouterr()
    return shown.out if status == 0 else shown.err


def json_of(capsys: pytest.CaptureFixture[str], *args: object) -> Any:
    return json.loads(output_of(capsys, *args, "--json"))


def asked(found: Any) -> dict[str, Any]:
    return {question["name"]: question for question in found["questions"]}


def refusal(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    """Return the one line that says why something cannot be shown."""
    told = output_of(capsys, *args, status=1)
    assert told.startswith("error: ")
    assert told.count("\n") == 1
    return told


# --- versions


def test_versions_are_listed_newest_first_with_the_questions_of_the_newest_release(
    copier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = output_of(capsys, "list", "--source", copier).splitlines()
    at = lines.index("Versions:")
    assert lines[0] == "package  v1.10.0"
    assert lines[at + 1 : at + 5] == ["  v2.0.0rc1  (prerelease)", "  v1.10.0", "  v1.0.0", ""]
    assert any(line.startswith("  slug ") for line in lines)
    assert "Files" not in " ".join(lines)


def test_versions_as_json_have_all_that_there_is(copier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json_of(capsys, "list", "--source", copier)
    assert found["versions"] == [
        {"tag": "v2.0.0rc1", "version": "2.0.0rc1", "prerelease": True},
        {"tag": "v1.10.0", "version": "1.10.0", "prerelease": False},
        {"tag": "v1.0.0", "version": "1.0.0", "prerelease": False},
    ]
    assert (found["name"], found["engine"], found["version"]) == ("package", "copier", "1.10.0")
    assert "slug" in asked(found)
    assert not found.keys() & {"files", "code", "warnings"}


def test_of_many_versions_the_text_has_twenty_and_json_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(tmp_path / "many", PLAIN, "v1.0")
    for number in range(1, 26):
        cookies.git("tag", f"v1.{number}", cwd=tmp_path / "many")
    text = output_of(capsys, "list", "--source", tmp_path / "many")
    assert [f"  v1.{number}" in text.splitlines() for number in (25, 6, 5)] == [True, True, False]
    assert "  and 6 others; --json has them all" in text.splitlines()
    assert len(json_of(capsys, "list", "--source", tmp_path / "many")["versions"]) == 26


def test_a_template_without_a_tagged_version_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(tmp_path / "untagged", PLAIN)
    assert "none is tagged" in output_of(capsys, "list", "--source", tmp_path / "untagged")
    assert json_of(capsys, "list", "--source", tmp_path / "untagged")["versions"] == []


def test_an_older_version_is_shown_when_it_is_asked_for(
    copier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json_of(capsys, "show", copier, "--version", "1.0.0")
    assert found["tag"] == "v1.0.0"
    assert found["commit"] == cookies.git("rev-parse", "v1.0.0", cwd=copier).strip()
    assert list(asked(found)) == ["name"]
    assert "v1.10.0" in refusal(capsys, "show", copier, "--version", "v7")


# --- copier


def test_questions_of_copier_have_type_default_choices_and_help(
    copier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked(json_of(capsys, "show", copier))
    expected = {
        "name": ("str", None, []),
        "slug": ("str", "{{ name | lower }}", []),
        "count": ("int", 3, []),
        "licence": ("str", "MIT", ["MIT", "BSD-3"]),
        "database": ("str", "none", ["none", "pg"]),
        "kinds": ("str", ["a"], ["a", "b"]),
        "pages": ("bool", True, []),
        "region": ("str", "x", []),
    }
    assert {name: (one["type"], one["default"], one["choices"]) for name, one in found.items()} == expected
    assert found["name"]["help"].split() == ["What", "it", "is", "called,", "in", "one", "word"]
    assert [name for name, one in found.items() if one["required"]] == ["name"]
    assert [name for name, one in found.items() if one["multiselect"]] == ["kinds"]
    assert found["pages"]["when"] == "{{ licence == 'MIT' }}"
    assert found["region"]["choices_from"] == "{{ regions }}"


def test_a_template_of_copier_is_shown_with_its_code_and_files(
    copier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = output_of(capsys, "show", copier)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80 + len(str(copier))
    assert "  a template of copier, commit " in text
    assert "  name      (str) What it is called, in one word" in lines
    assert "            no default" in lines
    assert "            default: {{ name | lower }}" in lines
    assert "            default: MIT; or BSD-3" in lines
    assert '            default: ["a"]; or b' in lines
    code = lines[lines.index("Code of its own (runs with --trust only):") + 1 :]
    assert [line.split("  ")[1] for line in code[:4]] == ["Jinja extension", "task", "task", "migration"]
    assert "  task  touch {{ name }}.done  (copier.yml)" in code
    files = lines[lines.index("Files, as they lie in the template:") + 1 :]
    assert files == ["  template/", "    {{ _copier_conf.answers_file }}.jinja", "    {{ name }}.txt.jinja"]


def test_what_copier_includes_is_shown_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {**PLAIN, "copier.yml": "a: 1\n---\n!include more/*.yml\n", "more/b.yml": "b: false\n"}
    commit(tmp_path / "parts", files, "v1")
    found = asked(json_of(capsys, "show", tmp_path / "parts"))
    assert {name: one["type"] for name, one in found.items()} == {"a": "int", "b": "bool"}


def test_values_that_json_lacks_are_shown_as_texts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "day: 2024-01-02\nendless: .inf\nraw: !!binary aGk=\nsome: !!set {b, a}\nhuge: 0x" + "f" * 9000
    commit(tmp_path / "odd", {**PLAIN, "copier.yml": f"{text}\nkeys: {{1: {{true: null}}}}\n"}, "v1")
    found = {name: one["default"] for name, one in asked(json_of(capsys, "show", tmp_path / "odd")).items()}
    assert found.pop("huge").startswith("0xffff")
    assert found.pop("keys") is None  # a question with two odd facts, none of them a default
    assert found == {"day": "2024-01-02", "endless": "inf", "raw": "b'hi'", "some": ["a", "b"]}


# --- cookiecutter


def test_questions_of_cookiecutter_have_type_default_choices_and_help(
    cookiecutter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json_of(capsys, "show", cookiecutter)
    expected = {
        "name": ("str", "World", [], "Whom to greet"),
        "slug": ("str", "{{ cookiecutter.name | lower }}", [], ""),
        "licence": ("str", "MIT", ["MIT", "BSD-3"], "Which licence"),
        "web": ("bool", True, [], ""),
        "kinds": ("dict", {"png": {"size": 1}}, [], ""),
        "year": ("str", 2024, [], ""),
    }
    facts = ("type", "default", "choices", "help")
    assert {name: tuple(one[key] for key in facts) for name, one in asked(found).items()} == expected
    assert found["engine"] == "cookiecutter"
    assert found["files"] == [f"{cookies.TOP}/a.txt"]


def test_hooks_and_extensions_of_cookiecutter_are_named(
    cookiecutter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json_of(capsys, "show", cookiecutter)["code"]
    assert {(one["kind"], one["name"]) for one in found} == {
        ("Jinja extension", "own.Extension"),
        ("hook", "post_gen_project.py"),
    }
    text = output_of(capsys, "show", cookiecutter)
    assert "Code of its own (runs with --trust only):" in text
    assert "  hook  post_gen_project.py  (hooks/post_gen_project.py)" in text


def test_a_template_in_a_folder_is_shown_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inside = {f"library/{name}": text for name, text in cookies.plain(colour="red").items()}
    other = {f"other/{name}": text for name, text in cookies.template({}, {"b.txt": ""}, **HOOKS).items()}
    commit(tmp_path / "both", {**inside, **other}, "v1")
    found = json_of(capsys, "show", tmp_path / "both", "--directory", "library/")
    assert list(asked(found)) == ["slug", "name", "colour"]
    assert found["directory"] == "library"
    assert found["code"] == []
    assert found["files"] == [f"library/{cookies.TOP}/hello.txt"]
    assert "in library/" in output_of(capsys, "list", "--source", tmp_path / "both", "--directory", "library")


@pytest.mark.parametrize("style", ["nested templates", "old style of nested templates"])
def test_nested_templates_are_shown_with_their_questions(
    style: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(tmp_path / "several", cookies.FEATURES[style], "v1")
    found = json_of(capsys, "show", tmp_path / "several")
    names = [template["name"] for template in found["templates"]]
    assert asked(found)["template"]["choices"] == names
    assert asked(found)["template"]["default"] == names[0]
    site = next(template for template in found["templates"] if "ite" in template["name"])
    assert asked(site)["slug"]["default"] == "s"
    text = output_of(capsys, "list", "--source", tmp_path / "several")
    assert f"in {site['path']}" in text
    if style == "nested templates":
        assert "  site  A site: For the web" in text
        assert "default: red; or blue" in text


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param(
            {"cookiecutter.json": '{"templates": {"a": {"path": "../out"}}}'},
            "outside of the template",
            id="outside",
        ),
        pytest.param(
            {"cookiecutter.json": '{"templates": {"a": {"path": "."}}}'}, "lead to each other", id="circle"
        ),
        pytest.param(
            {"cookiecutter.json": '{"templates": {"a": {}}}'}, "template 'a' has no path", id="no-path"
        ),
        pytest.param(
            {"cookiecutter.json": '{"templates": {"a": {"path": "b"}}}'}, "no b/cookiecutter.json", id="gone"
        ),
        pytest.param({"cookiecutter.json": '{"template": ["A"]}'}, "names no path", id="old-no-path"),
    ],
)
def test_nested_templates_that_lead_nowhere_are_refused(
    files: dict[str, str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(tmp_path / "wrong", files, "v1")
    assert told in refusal(capsys, "show", tmp_path / "wrong")


# --- what others write is not believed


EVIL = "\x1b[2J\x1b]0;title\x07\u202e\x9b31m"


@pytest.mark.parametrize("command", [["list", "--source"], ["show"]])
@pytest.mark.parametrize("engine", ["copier", "cookiecutter"])
@pytest.mark.parametrize("as_json", [False, True])
def test_nothing_of_a_template_steers_the_terminal(
    command: list[str], engine: str, as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = {"type": EVIL, "default": EVIL, "help": EVIL, "choices": [EVIL, "b"], "when": "{{" + EVIL}
    files: dict[str, str | bytes] = {
        "copier.yml": json.dumps({f"a{EVIL}": question, "_tasks": [EVIL]}),
        f"{EVIL.replace('/', '')}.txt": "",
    }
    if engine == "cookiecutter":
        settings = {f"a{EVIL}": EVIL, "b": [EVIL], "__prompts__": {"b": EVIL}, "_extensions": [EVIL]}
        files = cookies.template(settings, {f"{EVIL}.txt": ""})
    commit(tmp_path / "evil", files, "v1")
    text = output_of(capsys, *command, tmp_path / "evil", *["--json"] * as_json)
    assert "title" in text
    assert all(sign.isprintable() for sign in text.replace("\n", ""))
    if as_json:
        assert any(EVIL in name for name in asked(json.loads(text)))


def test_nothing_of_a_template_is_run_or_rendered(
    copier: Path, cookiecutter: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import jinja2

    def fail(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a text was compiled")

    monkeypatch.setattr(jinja2.Environment, "compile", fail)
    for folder in (copier, cookiecutter):
        output_of(capsys, "show", folder)
        output_of(capsys, "list", "--source", folder, "--json")


def test_long_texts_are_cut_in_the_text_and_whole_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"a": "x" * 10_000, "b": [str(number) for number in range(100)]}
    commit(tmp_path / "long", cookies.template(settings, {"a.txt": ""}), "v1")
    text = output_of(capsys, "show", tmp_path / "long")
    assert len(text) < 3000
    assert "69 others" in " ".join(text.split())
    found = asked(json_of(capsys, "show", tmp_path / "long"))
    assert (len(found["a"]["default"]), len(found["b"]["choices"])) == (10_000, 100)


# --- what cannot be shown


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param({"copier.yml": "a: 1\nb: [\n"}, "copier.yml, line 3: ", id="yaml"),
        pytest.param(
            {"copier.yml": "!include b.yml\n", "b.yml": "a: 1\n  b: 2\n"}, "b.yml, line 2: ", id="include"
        ),
        pytest.param({"copier.yml": "a: !!bool maybe\n"}, "copier.yml", id="value"),
        pytest.param({"copier.yml": "a: !own x\n"}, "line 1: ", id="tag"),
        pytest.param({"copier.yml": "- a\n"}, "settings or questions are expected", id="list"),
        pytest.param({"copier.yml": b"a: \xff\n"}, "is no YAML", id="bytes"),
        pytest.param({"copier.yml": "a: 1\n" * 500_000}, "copier.yml is larger than 2 MB", id="large"),
        pytest.param(
            {"cookiecutter.json": '{\n"a": 1,\n}', f"{cookies.TOP}/a": ""}, "json, line 3: ", id="json"
        ),
        pytest.param({"cookiecutter.json": "[]", f"{cookies.TOP}/a": ""}, "is no object", id="no-object"),
        pytest.param({"README.md": "none\n"}, "is no copier template", id="none"),
    ],
)
def test_a_broken_template_is_refused_in_one_line_that_says_where(
    files: dict[str, str | bytes], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(tmp_path / "broken", files, "v1")
    assert told in refusal(capsys, "show", tmp_path / "broken")
    assert told in refusal(capsys, "list", "--source", tmp_path / "broken", "--json")


def test_a_source_that_cannot_be_read_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is not there" in refusal(capsys, "list", "--source", tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    assert "is no git repository" in refusal(capsys, "show", tmp_path / "folder")
    cookies.git("init", "--quiet", str(tmp_path / "empty"), cwd=tmp_path)
    assert "has no commit yet" in refusal(capsys, "list", "--source", tmp_path / "empty")
    assert "cannot be read" in refusal(capsys, "show", "http://127.0.0.1:9/template.git")


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["list", "--directory", "x"], id="list-directory"),
        pytest.param(["show", "predictive-maintenance", "--version", "v1"], id="show-version"),
        pytest.param(["show", "predictive-maintenance", "--directory", "x"], id="show-directory"),
    ],
)
def test_options_for_templates_of_others_are_refused_with_ours(
    args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "address of a template" in output_of(capsys, *args, status=2)


def test_a_trusted_address_is_told_from_others(
    copier: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from scaffolder.engine import trust

    settings = tmp_path / "settings.toml"
    settings.write_text(f"trust = [{json.dumps(copier.as_posix())}]\n", encoding="utf-8")
    monkeypatch.setattr(trust, "settings_file", lambda: settings)
    assert "runs, since your settings trust this address" in output_of(capsys, "show", copier)
