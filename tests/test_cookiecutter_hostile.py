"""Cookiecutter templates that are faulty or hostile: one clear line, nothing run or written elsewhere."""

from __future__ import annotations

import json
import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from scaffolder import places
from scaffolder.answers import Answers
from scaffolder.create import Created, new_project
from scaffolder.engine import bounds, workplace
from scaffolder.engine.render import render
from scaffolder.engine.source import Source
from scaffolder.engine.trust import Trust
from scaffolder.errors import InvalidAnswer, RenderFailed, ScaffolderError, UnsafeTemplate
from scaffolder.status import own_changes
from scaffolder.tree import File
from scaffolder.update import Wish, update_project

from .cookiecutter_templates import TOP, Link, commit, git, plain, template
from .trees import read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

on_posix = pytest.mark.skipif(os.name == "nt", reason="shell scripts and symbolic links")
TRUST = Trust(is_given=True)


@pytest.fixture(autouse=True)
def cache(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")


def make(source: Path, into: Path, *, trust: bool = False, **answers: object) -> Created:
    wish = {"trust": TRUST} if trust else {}
    return new_project(str(source), into, answers=answers, ask=False, **wish)


def text(content: str, **settings: object) -> dict[str, str | bytes]:
    return template(settings, {"a.txt": content})


HOSTILE: dict[str, tuple[dict[str, str | bytes], type[ScaffolderError], str]] = {
    # code
    "extension": (
        text("a", _extensions=["os.path"]),
        UnsafeTemplate,
        "has the Jinja extension 'os.path', which would run code that is not the scaffolder's; --trust",
    ),
    "own extension": (
        {**text("a", _extensions=["evil.Evil"]), "evil.py": "open('{MARK}', 'w')"},
        UnsafeTemplate,
        "has the Jinja extension 'evil.Evil'",
    ),
    "sandbox": (
        text("ok\n{{ ''.__class__.__mro__[1].__subclasses__() }}"),
        RenderFailed,
        f"{TOP}/a.txt, line 2: access to attribute '__class__'",
    ),
    "sandbox in a default": (
        text("a", x="{{ cycler.__init__.__globals__.os.system('touch {MARK}') }}"),
        RenderFailed,
        "cookiecutter.json, 'x': access to attribute '__init__'",
    ),
    "sandbox in a name": (
        template({}, {"{{ ''.__class__.__name__ }}": "a"}),
        RenderFailed,
        "access to attribute '__class__'",
    ),
    # what is not the template's
    "include absolute": (text("{% include '/etc/passwd' %}"), RenderFailed, "which is not there"),
    "include up": (text("{% include '../../home/.gitconfig' %}"), RenderFailed, "which is not there"),
    "link": (template({}, {"a": Link("/etc/passwd")}), RenderFailed, "symbolic link to '/etc/passwd'"),
    "link up": (template({}, {"a": Link("../../home/.gitconfig")}), RenderFailed, "symbolic link"),
    "link to a folder": (
        template({"_copy_without_render": ["a"]}, {"a": Link("../../home")}),
        RenderFailed,
        "symbolic link",
    ),
    "link in a circle": (template({}, {"a": Link("b"), "b": Link("a")}), RenderFailed, "in a circle"),
    "nested elsewhere": (
        {"cookiecutter.json": json.dumps({"templates": {"x": {"path": "../../home"}}}), f"{TOP}/a": ""},
        RenderFailed,
        "leads to '../../home', which is outside of the template",
    ),
    "nested absolute": (
        {"cookiecutter.json": json.dumps({"template": ["x (/etc)"]}), f"{TOP}/a": ""},
        RenderFailed,
        "leads to '/etc', which is outside of the template",
    ),
    "nested without end": (
        {"cookiecutter.json": json.dumps({"template": ["x (.)"]}), f"{TOP}/a": ""},
        RenderFailed,
        "its templates lead to each other",
    ),
    # where a project's files do not belong
    "path up": (template({"p": ".."}, {"{{cookiecutter.p}}/a.txt": "x"}), RenderFailed, "would write '..'"),
    "path up in a name": (
        template({"p": "../a"}, {"{{cookiecutter.p}}": "x"}),
        RenderFailed,
        "would write '../a'",
    ),
    "path absolute": (
        template({"p": "/tmp/a"}, {"{{cookiecutter.p}}": "x"}),
        RenderFailed,
        "would write '/tmp/a'",
    ),
    "path of another system": (
        template({"p": "C:/a"}, {"{{cookiecutter.p}}": "x"}),
        RenderFailed,
        "would write 'C:/a'",
    ),
    "path backwards": (
        template({"p": "..\\a"}, {"{{cookiecutter.p}}": "x"}),
        RenderFailed,
        "which is not a place",
    ),
    "path git": (
        template({"p": ".git"}, {"{{cookiecutter.p}}/hooks/post-commit": "x"}),
        RenderFailed,
        "would write '.git'",
    ),
    "path git below": (
        template({"p": "sub/.GIT/config"}, {"{{cookiecutter.p}}": "x"}),
        RenderFailed,
        "would write 'sub/.GIT/config'",
    ),
    "path with a line end": (
        template({"p": "a\nb"}, {"{{cookiecutter.p}}": "x"}),
        RenderFailed,
        "no name for a file",
    ),
    "path without end": (
        template({"p": "x" * 300}, {"{{cookiecutter.p}}": "x"}),
        RenderFailed,
        "no name for a file",
    ),
    "top up": (text("a", slug="../.."), RenderFailed, "would write '../..'"),
    "top absolute": (text("a", slug="/tmp/evil"), RenderFailed, "would write '/tmp/evil'"),
    "top without a name": (text("a", slug=""), RenderFailed, "the project's folder would have no name"),
    "copied up": (
        template({"_copy_without_render": ["*"], "p": "../b"}, {"{{cookiecutter.p}}/a": "x"}),
        RenderFailed,
        "would write '../b/a'",
    ),
    "a file below a file": (
        template({"p": "a/b"}, {"a": "x", "{{cookiecutter.p}}": "y"}),
        RenderFailed,
        "it would write 'a/b' below a file",
    ),
    "the record": (template({}, {".scaffolder.yml": "engine: x"}), RenderFailed, "it makes .scaffolder.yml"),
    # too much
    "range": (text("{% for i in range(1000000) %}x{% endfor %}"), RenderFailed, "line 1: Range too big"),
    "product": (text("{{ 'x' * 10000000000 }}"), RenderFailed, "more than 1,048,576 characters"),
    "power": (text("{{ 9 ** 99999 }}"), RenderFailed, "more than 1,048,576 characters"),
    "random text": (text("{{ random_ascii_string(10**9) }}"), RenderFailed, "more than 1,048,576"),
    # faults
    "syntax": (text("ok\nok\n{% if %}\n"), RenderFailed, f"{TOP}/a.txt, line 3: Expected an expression"),
    "syntax in an include": (
        {**text("{% include 'b.txt' %}"), "templates/b.txt": "\n{% fi %}"},
        RenderFailed,
        "templates/b.txt, line 2: Encountered unknown tag 'fi'",
    ),
    "syntax in a default": (
        text("a", x="{{ cookiecutter. }}"),
        RenderFailed,
        "cookiecutter.json, 'x', line 1",
    ),
    "syntax in a name": (template({}, {"{{ }}.txt": "a"}), RenderFailed, "Expected an expression"),
    "undefined": (
        text("1\n2\n{{ cookiecutter.nmae }}"),
        RenderFailed,
        f"{TOP}/a.txt, line 3: 'collections.OrderedDict object' has no attribute 'nmae'",
    ),
    "it raises": (text("{{ 1 / 0 }}"), RenderFailed, "line 1: division by zero"),
    "it recurses": (text("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"), RenderFailed, "recursion"),
    "no text": (template({}, {"a.txt": "Grüße,\n".encode("latin-1") * 40}), RenderFailed, "UTF-8 text"),
    "no JSON": ({"cookiecutter.json": "{", f"{TOP}/a": ""}, RenderFailed, "is no JSON: Expecting"),
    "no object": ({"cookiecutter.json": "[]", f"{TOP}/a": ""}, RenderFailed, "no object of questions"),
    "no folder": ({"cookiecutter.json": "{}", "a.txt": ""}, ScaffolderError, ""),
    "no choices": (text("a", x=[]), RenderFailed, "its list of choices is empty"),
    "bad line end": (text("a\n", _new_lines="\n\n"), RenderFailed, "which is no line end"),
    "bad setting": (text("a", _jinja2_env_vars={"loader": 1}), RenderFailed, "loader, which is no setting"),
    "bad extensions": (text("a", _extensions="x"), RenderFailed, "_extensions is no list"),
    "folder without a name": (
        template({"p": ""}, {"{{cookiecutter.p}}/a.txt": "x"}),
        RenderFailed,
        "there would be a folder without a name",
    ),
    "two folders of a name": (
        template({"p": "b"}, {"{{cookiecutter.p}}/a.txt": "x", "b/c.txt": ""}),
        RenderFailed,
        "there would be two folders of that name",
    ),
}


# These begin with a real repository; for the others its files are enough, and take no git.
COMMITTED = {"own extension", "sandbox in a default", "link up", "path absolute", "top up", "no folder"}


def in_memory(files: Mapping[str, str | bytes]) -> Source:
    def entry(content: str | bytes) -> File:
        if isinstance(content, Link):
            return File("120000", content.encode())
        return File("100644", content if isinstance(content, bytes) else content.encode())

    found = {name: entry(content) for name, content in files.items()}
    settings = {"is_foreign": True, "described": "v1.0.0", "commit_id": "a" * 40, "engine": "cookiecutter"}
    return Source("1.0.0", "https://example.org/hostile", is_release=True, files=found, **settings)


@on_posix
@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_told_in_one_line_and_nothing_is_left(tmp_path: Path, case: str) -> None:
    files, error, words = HOSTILE[case]
    mark = tmp_path / "it-ran"
    hooks = {"hooks/pre_prompt.py": "open('{MARK}', 'w')", "hooks/pre_gen_project.sh": "touch {MARK}"}
    filled = {
        name: content.replace("{MARK}", str(mark)) if type(content) is str else content
        for name, content in {**files, **hooks}.items()
    }
    (tmp_path / "work").mkdir()
    home = read_tree(tmp_path / "home")
    if case in COMMITTED:
        commit(tmp_path / "hostile", filled, "v1.0.0")
        attempt = partial(make, tmp_path / "hostile", tmp_path / "work/project")
    else:
        tree = in_memory(filled).tree("hostile")
        attempt = partial(render, tree, Answers("hostile", {}), ask=False, defaults={})
    with pytest.raises(error) as caught:
        attempt()
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 600
    assert list((tmp_path / "work").iterdir()) == []
    assert not mark.exists()
    assert read_tree(tmp_path / "home") == home


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
            "not done after 0.5",
        ),
        ("{% for i in range(9) %}{{ 'x' * 999999 }}{% endfor %}", "it makes more than 2,097,152 bytes"),
    ],
)
def test_a_text_without_end_is_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, words: str
) -> None:
    monkeypatch.setattr(bounds, "MOST_SECONDS", 0.5)
    monkeypatch.setattr(bounds, "MOST_BYTES", 2 << 20)
    commit(tmp_path / "hostile", text(content), "v1.0.0")
    begin = time.monotonic()
    with pytest.raises(RenderFailed) as caught:
        make(tmp_path / "hostile", tmp_path / "project")
    assert words in str(caught.value)
    assert f"{TOP}/a.txt" in str(caught.value)
    assert time.monotonic() - begin < 20
    assert not (tmp_path / "project").exists()
    time.sleep(0.6)  # nothing comes later


def test_too_many_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_FILES", 3)
    commit(tmp_path / "hostile", template({}, {f"{number}.txt": "" for number in range(4)}), "v1.0.0")
    with pytest.raises(RenderFailed, match="it makes more than 3 files"):
        make(tmp_path / "hostile", tmp_path / "project")


@pytest.mark.skipif(sys.platform != "linux", reason="only there the memory is bounded")
def test_a_text_that_doubles_runs_out_of_memory_and_not_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "_MOST_MEMORY", 200 << 20)
    double = "{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}"
    double = "{% set ns = namespace(x='xxxxxxxx') %}" + double
    commit(tmp_path / "hostile", text(double), "v1.0.0")
    with pytest.raises(RenderFailed, match="it takes too much memory"):
        make(tmp_path / "hostile", tmp_path / "project")
    assert len("x" * (300 << 20)) == 300 << 20  # the bound is gone


@on_posix
def test_names_that_another_system_does_not_take_are_told(tmp_path: Path) -> None:
    files = {"a:b.txt": "", "con.py": "", "end.": "", "Readme": "", "README": "", "fine.txt": ""}
    commit(tmp_path / "template", template({}, files), "v1.0.0")
    warnings = make(tmp_path / "template", tmp_path / "project").warnings
    assert warnings == (
        "Windows does not allow these names: 'a:b.txt', 'con.py', 'end.'",
        "these names are the same on Windows and macOS: 'README', 'Readme'",
    )


# --- code that may run


HOOKS = {
    "hooks/pre_gen_project.py": "assert '{{ cookiecutter.slug }}' != 'bad', 'the slug is bad'\n"
    "open('made-before.txt', 'w').write('before')\n",
    "hooks/post_gen_project.sh": "#!/bin/sh\nset -e\nrm gone.txt\necho {{ cookiecutter.slug }} > after.txt\n"
    "git init --quiet .\nmkdir -p .venv empty && touch .venv/x\nchmod +x a.txt\nln -s a.txt link\n"
    'test -f "{{ cookiecutter._repo_dir }}/cookiecutter.json"\ntest -z "$SECRET_TOKEN"\n',
}
HOOKED = {**template({}, {"a.txt": "a\n", "gone.txt": "gone\n"}), **HOOKS}


def test_hooks_do_not_run_by_themselves_and_that_is_said(tmp_path: Path) -> None:
    commit(tmp_path / "template", HOOKED, "v1.0.0")
    made = make(tmp_path / "template", tmp_path / "project")
    assert made.files == (".scaffolder.yml", "a.txt", "gone.txt")
    assert made.warnings == (
        "hooks/post_gen_project.sh and hooks/pre_gen_project.py were not run; --trust runs them",
    )


@on_posix
def test_with_trust_they_run_on_a_copy_and_for_both_renders_of_an_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    commit(tmp_path / "template", HOOKED, "v1.0.0")
    made = make(tmp_path / "template", tmp_path / "project", trust=True)
    assert made.files == (".scaffolder.yml", "a.txt", "after.txt", "link", "made-before.txt")
    assert made.warnings == ("the hooks made .venv, which is left out",)
    assert git("log", "--format=%s", cwd=made.path) == "Start from template template v1.0.0\n"
    assert git("ls-files", "--stage", "a.txt", "link", cwd=made.path).split()[::4] == ["100755", "120000"]
    renewed = {**HOOKED, f"{TOP}/gone.txt": "changed\n", f"{TOP}/a.txt": "renewed\n"}
    commit(tmp_path / "template", renewed, "v2.0.0")
    outcome = update_project(made.path, Wish(trust=TRUST))
    assert outcome.changed == (".scaffolder.yml", "a.txt")
    assert (outcome.added, outcome.kept_deleted, outcome.conflicts) == ((), (), ())


@on_posix
@pytest.mark.parametrize(
    ("hook", "words"),
    [
        (
            ("pre_gen_project.py", "import sys\nprint('first')\nsys.exit('no such licence')"),
            "failed: no such",
        ),
        (("post_gen_project.py", "raise ValueError('at last')"), "failed: ValueError: at last"),
        (("post_gen_project.sh", "#!/bin/sh\necho out\nexit 3\n"), "hooks/post_gen_project.sh failed: out"),
        (("post_gen_project.sh", "echo no shebang"), "cannot be run: exec format error"),
        (("pre_prompt.py", "raise SystemExit('not here')"), "hooks/pre_prompt.py failed: not here"),
        (("post_gen_project.py", "{{ nothing }}"), "hooks/post_gen_project.py: 'nothing' is undefined"),
        (("post_gen_project.py", "import os; os.symlink('/etc', 'etc')"), "etc is a symbolic link to '/etc'"),
        (("post_gen_project.py", "import time; time.sleep(60)"), "was not done after 1 seconds"),
    ],
)
def test_a_hook_that_fails_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: tuple[str, str], words: str
) -> None:
    monkeypatch.setattr(workplace, "MOST_SECONDS", 1)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    commit(tmp_path / "template", {**plain(), f"hooks/{hook[0]}": hook[1]}, "v1.0.0")
    with pytest.raises(RenderFailed) as caught:
        make(tmp_path / "template", tmp_path / "project", trust=True)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "project").exists()


@on_posix
def test_the_first_hook_may_change_the_questions(tmp_path: Path) -> None:
    hook = "import json\njson.dump({'slug': 'p', 'name': 'by the hook'}, open('cookiecutter.json', 'w'))\n"
    commit(tmp_path / "template", {**plain(), "hooks/pre_prompt.py": hook}, "v1.0.0")
    made = make(tmp_path / "template", tmp_path / "project", trust=True)
    assert (made.path / "hello.txt").read_text() == "Hello by the hook\n"
    assert git("status", "--porcelain", cwd=tmp_path / "template") == ""


EXTENSION = (
    "from jinja2.ext import Extension\nclass Loud(Extension):\n"
    "    def __init__(self, env):\n        super().__init__(env)\n"
    "        env.filters['loud'] = lambda t: t{}\n"
)


def test_own_extensions_need_trust_and_each_version_has_its_own(tmp_path: Path) -> None:
    files = text("{{ 'x' | loud }}\n", _extensions=["own_words.Loud"])
    files["own_words.py"] = EXTENSION.format(".upper()")
    commit(tmp_path / "template", files, "v1.0.0")
    with pytest.raises(UnsafeTemplate):
        make(tmp_path / "template", tmp_path / "project")
    project = make(tmp_path / "template", tmp_path / "project", trust=True).path
    assert (project / "a.txt").read_text() == "X\n"
    commit(tmp_path / "template", {**files, "own_words.py": EXTENSION.format(" + '!'")}, "v2.0.0")
    update_project(project, Wish(trust=TRUST))
    assert (project / "a.txt").read_text() == "x!\n"
    assert "own_words" not in sys.modules


def test_an_extension_that_is_not_there_names_its_package(tmp_path: Path) -> None:
    commit(tmp_path / "template", text("a", _extensions=["jinja2_nowhere.Time"]), "v1.0.0")
    with pytest.raises(
        RenderFailed, match="needs the module 'jinja2_nowhere': install jinja2-nowhere next to"
    ):
        make(tmp_path / "template", tmp_path / "project", trust=True)


def test_a_recorded_answer_that_the_new_version_refuses_is_told(tmp_path: Path) -> None:
    commit(tmp_path / "template", text("{{ cookiecutter.x }}", x=["a", "b"]), "v1.0.0")
    project = make(tmp_path / "template", tmp_path / "project", x="b").path
    commit(tmp_path / "template", text("{{ cookiecutter.x }}", x=["a", "c"]), "v2.0.0")
    with pytest.raises(
        InvalidAnswer, match="choose one of: a, c; this is recorded in the project: pass -d x="
    ):
        update_project(project, Wish())
    assert own_changes(project) == ""
    update_project(project, Wish(answers={"x": "c"}))
    assert (project / "a.txt").read_text() == "c"
