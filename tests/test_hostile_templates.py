"""Templates that mean harm: nothing of theirs runs, nothing is written outside, and each ends in one line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input

from scaffolder import places
from scaffolder.answers import Answers
from scaffolder.cli.app import execute
from scaffolder.create import new_project
from scaffolder.engine import bounds, foreign
from scaffolder.engine.links import leads_outside
from scaffolder.engine.names import checked, refuse_overlaps
from scaffolder.engine.render import render
from scaffolder.engine.source import Source
from scaffolder.errors import RenderFailed, UnsafeTemplate
from scaffolder.stream import write_commit
from scaffolder.tree import File

from .conftest import git
from .cookiecutter_templates import TOP, template
from .foreign_templates import ANSWERS, PLAIN, Link, commit
from .trees import read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

on_posix = pytest.mark.skipif(os.name == "nt", reason="needs symbolic links and a POSIX shell")
pytestmark = on_posix

Files = dict[str, str | bytes]
ESCAPE = "\x1b]0;owned\x07"
RUN = "{{ cycler.__init__.__globals__.os.system('touch MARK') }}"
RUN_BY_FILTER = "{{ (cycler | attr('__init__') | attr('__globals__')).os.system('touch MARK') }}"
RUN_BY_FORMAT = "{{ '{0.__class__.__mro__}'.format(1) }}"
# Thirty files, of which each includes the next one twice.
TREE_OF_INCLUDES = {
    f"d{n}.txt": f"{{% include 'd{n + 1}.txt' %}}{{% include 'd{n + 1}.txt' %}}" for n in range(30)
}
SLOW_LOOPS = (
    "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}" * 1
    + ("{% endfor %}{% endfor %}")
)
GROWING = (
    "{% set n = namespace(x='x') %}{% for i in range(64) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}"
)
TOO_DEEP = "{% for a in [1] %}" * 40 + "{% endfor %}" * 40
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
BOMB_OF_MERGES = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)
)
SECRET = "s3cret-of-ada"


def copier(questions: str = "", **files: str) -> Files:
    return {**ANSWERS, "copier.yml": questions or "name: World\n", **files}


def text(content: str) -> Files:
    return copier(**{"a.txt.jinja": content})


# What must be in the one line that is said, by case.
COPIER: dict[str, tuple[Files, str]] = {
    "name-up": (copier(**{"{{ '..' }}/x": "x"}), "would write '../x'"),
    "name-absolute": (copier("p: /tmp\n", **{"{{ p }}/x": "x"}), "would write '/tmp/x'"),
    "name-drive": (copier(**{"{{ 'C:' }}/x": "x"}), "would write 'C:/x'"),
    "name-backslash": (copier(**{"{{ '..' ~ sep }}x": "x"}, questions="sep: '\\\\'"), "would write"),
    "name-escape": (copier(**{"a{{ '\\u001b' }}x": "x"}), "no name for a file"),
    "name-c1": (copier(**{"a{{ '\\u009b' }}x": "x"}), "no name for a file"),
    "name-bidi": (copier(**{"a{{ '\\u202e' }}x": "x"}), "no name for a file"),
    "name-long": (copier(**{"{{ 'a' * 300 }}": "x"}), "no name for a file"),
    "answers-file": (copier("_answers_file: ../../x.yml\n"), "would write"),
    "git-hook": (copier(**{"{{ '.git' }}/hooks/post-commit": "touch MARK"}), "would write '.git/hooks"),
    "git-unseen": (copier(**{"{{ '.g\\u200cit' }}/config": "x"}), "not a place"),
    "git-short": (copier(**{"{{ 'GIT~1' }}/config": "x"}), "not a place"),
    "git-file": (copier(**{"sub/{{ '.git' }}": "gitdir: /tmp"}), "not a place"),
    "link-file": (copier(**{"a": Link("../../home/.gitconfig")}), "symbolic link"),
    "link-folder": (copier(**{"a": Link("../../home")}), "symbolic link"),
    "link-kept": (copier("_preserve_symlinks: true\n", **{"a": Link("../home")}), "symbolic link"),
    "link-up-again": (
        copier("_preserve_symlinks: true\n", **{"up": Link("."), "d/l": Link(".."), "a": Link("d/l/../x")}),
        "symbolic link to 'd/l/../x', outside",
    ),
    "link-to-git": (
        copier("_preserve_symlinks: true\n", **{"h.jinja": Link("{{ '.git' }}/hooks")}),
        "symbolic link to '.git/hooks', outside",
    ),
    "through-link": (
        copier("_preserve_symlinks: true\n", **{"sub/x": "", "A": Link("sub"), "{{ 'a' }}/x": "x"}),
        "below a file",
    ),
    "external-data": (copier("_external_data: {x: ../home/.gitconfig}\n"), "has _external_data"),
    "include-absolute": (text("{% include '/etc/passwd' %}"), "which is not there"),
    "include-up": (text("{% include '../../home/.gitconfig' %}"), "which is not there"),
    "import-link": (
        copier(**{"x": "", "l": Link("x/../../../home/.gitconfig"), "a.jinja": "{% include 'l' %}"}),
        "symbolic link",
    ),
    "yaml-include": (copier("!include ../../home/.gitconfig\n"), "which is not there"),
    "variables": (text("{{ '$SECRET_TOKEN' | expandvars }}"), "looks at this machine"),
    "home": (text("{{ '~' | expanduser }}"), "looks at this machine"),
    "glob": (text("{{ '/etc/*' | fileglob }}"), "looks at this machine"),
    "globals": (text(RUN), "unsafe"),
    "globals-by-filter": (text(RUN_BY_FILTER), "has no attribute '__globals__'"),
    "globals-in-format": (text(RUN_BY_FORMAT), "unsafe"),
    "globals-in-name": (copier(**{RUN.replace("/", "_") + ".txt": "x"}), "unsafe"),
    "globals-in-default": (copier(f'x: {{type: str, default: "{RUN}"}}\n'), "unsafe"),
    "globals-in-question": (
        copier(f'x: {{type: str, default: a, validator: "{RUN}"}}\n'),
        "unsafe",
    ),
    "settings": (text("{{ _copier_conf.settings.from_file('/etc/passwd') }}"), "unsafe"),
    "extension": (copier("_jinja_extensions: [evil.Ext]\n"), "has the Jinja extension 'evil.Ext'"),
    "extension-local": (
        copier(
            "_jinja_extensions: [copier_template_extensions.TemplateExtensionLoader, 'x.py:X']\n",
            **{"x.py": "open('MARK', 'w')"},
        ),
        "has the Jinja extension",
    ),
    "extension-by-module": (copier("_jinja_extensions: [os.system]\n"), "has the Jinja extension"),
    "python-tag": (copier("x: !!python/object/apply:os.system ['touch MARK']\n"), "no YAML"),
    "yaml-bomb": (copier(BOMB), "aliases make it endless"),
    "yaml-merges": (copier(BOMB_OF_MERGES), "aliases make it endless"),
    "yaml-in-itself": (copier("a: &a [*a]\n"), "aliases make it endless"),
    "yaml-deep": (copier("a: " + "[" * 5000), "no YAML"),
    "range": (text("{% for i in range(10**9) %}{% endfor %}"), "Range too big"),
    "loops": (text(SLOW_LOOPS), "not done after 0.5 seconds"),
    "regex": (text("{{ ('a' * 99 ~ '!') | regex_search('^(a+)+$') }}"), "not done after 0.5 seconds"),
    "includes": (
        copier(**{**TREE_OF_INCLUDES, "d30.txt": "", "a.jinja": "{% include 'd0.txt' %}"}),
        "not done after 0.5 seconds",
    ),
    "includes-itself": (copier(**{"a.jinja": "{% include 'a.jinja' %}"}), "recursion"),
    "deep-text": (text(TOO_DEEP), "nested blocks"),
    "huge-value": (text("{{ 'a' * 10**9 }}"), "makes a value of more than"),
    "huge-number": (text("{{ 7 ** (10 ** 9) }}"), "makes a value of more than"),
    "huge-file": (
        text("{% for i in range(9999) %}{{ 'a' * 9999 }}{% endfor %}"),
        "makes more than 2,000,000 bytes",
    ),
    "huge-copy": (copier(**{"a.bin": "\0" * 3_000_000}), "makes more than 2,000,000 bytes"),
    "many-files": (
        copier(**{"{% yield n from range(99999) %}{{ n }}{% endyield %}.jinja": ""}),
        "makes more than 500 files",
    ),
    "memory": (text(GROWING), "takes too much memory"),
    "file-and-folder": (copier(**{"{{ 'a' }}": "x", "a/b": "x"}), "below a file"),
}


def cutter(files: Files, settings: Mapping[str, object] | None = None, **beside: str | bytes) -> Files:
    return template({"name": "World", **(settings or {})}, files, **beside)


COOKIECUTTER: dict[str, tuple[Files, str]] = {
    "name-up": (cutter({"{{ '..' }}/x": "x"}), "would write '..'"),
    "name-absolute": (cutter({"{{ cookiecutter.f }}": "x"}, {"f": "/tmp/x"}), "would write"),
    "name-default": (cutter({"{{ cookiecutter.f }}": "x"}, {"f": "../../x"}), "would write '../../x'"),
    "name-drive": (cutter({"{{ 'C:' }}/x": "x"}), "would write 'C:/x'"),
    "name-escape": (cutter({"a{{ '\\u001b' }}x": "x"}), "no name for a file"),
    "folder-up": (cutter({"a": "x"}, {"slug": "../../x"}), "would write"),
    "folder-git": (cutter({"config": "x"}, {"slug": ".git"}), "not a place"),
    "git-hook": (cutter({"{{ '.git' }}/hooks/post-commit": "touch MARK"}), "would write '.git"),
    "git-unseen": (cutter({"{{ '.g\\u200cit' }}/config": "x"}), "not a place"),
    "git-copied": (
        cutter(
            {"{{ cookiecutter.g }}/hooks/post-commit": "touch MARK"},
            {"g": ".git", "_copy_without_render": ["*hooks*"]},
        ),
        "not a place",
    ),
    "link-file": (cutter({"a": Link("../../../home/.gitconfig")}), "symbolic link"),
    "link-folder": (cutter({"a": Link("../../../home")}), "symbolic link"),
    "link-copied": (
        cutter({"a/b": Link("../../../../home")}, {"_copy_without_render": ["a"]}),
        "symbolic link",
    ),
    "link-settings": (
        {"cookiecutter.json": Link("../home/.gitconfig"), f"{TOP}/a": ""},
        "no JSON|no cookiecutter|symbolic link|no template|has no",
    ),
    "include-absolute": (cutter({"a": "{% include '/etc/passwd' %}"}), "which is not there"),
    "include-up": (cutter({"a": "{% include '../../home/.gitconfig' %}"}), "which is not there"),
    "include-link": (
        cutter({"a": "{% include 'l' %}"}, **{"templates/l": Link("../../home/.gitconfig")}),
        "which is not there|symbolic link",
    ),
    "globals": (cutter({"a": RUN}), "unsafe"),
    "globals-by-filter": (cutter({"a": RUN_BY_FILTER}), "has no attribute '__globals__'"),
    "globals-in-format": (cutter({"a": RUN_BY_FORMAT}), "unsafe"),
    "globals-in-name": (cutter({RUN: "x"}), "unsafe"),
    "globals-in-default": (cutter({"a": "x"}, {"x": RUN}), "unsafe"),
    "globals-in-private": (cutter({"a": "x"}, {"__x": RUN}), "unsafe"),
    "globals-in-choice": (cutter({"a": "x"}, {"x": [RUN, "b"]}), "unsafe"),
    "globals-in-folder": (cutter({"a": "x"}, {"slug": RUN}), "unsafe"),
    "globals-of-undefined": (
        cutter({"a": "{{ cookiecutter.get.__self__.__class__ }}"}),
        "unsafe",
    ),
    "extension": (cutter({"a": "x"}, {"_extensions": ["evil.Ext"]}), "has the Jinja extension 'evil.Ext'"),
    "extension-local": (
        cutter({"a": "x"}, {"_extensions": ["local.X"]}, **{"local.py": "open('MARK', 'w')"}),
        "has the Jinja extension 'local.X'",
    ),
    "jinja-settings": (
        cutter({"a": "x"}, {"_jinja2_env_vars": {"finalize": "os.system"}}),
        "no setting of the syntax",
    ),
    "nested-outside": (
        {"cookiecutter.json": json.dumps({"templates": {"x": {"path": "../../home", "title": "x"}}})},
        "outside|no template",
    ),
    "json-deep": (
        {"cookiecutter.json": '{"a": ' + "[" * 100_000, f"{TOP}/a": "x"},
        "no JSON",
    ),
    "range": (cutter({"a": "{% for i in range(10**9) %}{% endfor %}"}), "Range too big"),
    "loops": (cutter({"a": SLOW_LOOPS}), "not done after 0.5 seconds"),
    "loops-in-default": (cutter({"a": "x"}, {"x": SLOW_LOOPS}), "not done after 0.5 seconds"),
    "regex": (
        cutter({"a": "{{ ('a' * 99 ~ '!') | slugify(regex_pattern='^(a+)+$') }}"}),
        "not done after 0.5 seconds",
    ),
    "includes": (
        cutter({**TREE_OF_INCLUDES, "d30.txt": "", "a": "{% include 'd0.txt' %}"}),
        "not done after 0.5 seconds",
    ),
    "includes-itself": (cutter({"a": "{% include 'a' %}"}), "recursion"),
    "deep-text": (cutter({"a": TOO_DEEP}), "nested blocks"),
    "huge-value": (cutter({"a": "{{ 'a' * 10**9 }}"}), "makes a value of more than"),
    "huge-number": (cutter({"a": "{{ 7 ** (10 ** 9) }}"}), "makes a value of more than"),
    "huge-file": (
        cutter({"a": "{% for i in range(9999) %}{{ 'a' * 9999 }}{% endfor %}"}),
        "makes more than 2,000,000 bytes",
    ),
    "huge-copy": (cutter({"a.bin": "\0" * 3_000_000}), "makes more than 2,000,000 bytes"),
    "many-files": (cutter({f"{n}.txt": "" for n in range(600)}), "makes more than 500 files"),
    "huge-random": (cutter({"a": "{{ random_ascii_string(10**9) }}"}), "makes a value of more than"),
    "memory": (cutter({"a": GROWING}), "takes too much memory"),
}
CASES = {f"copier-{name}": case for name, case in COPIER.items()}
CASES |= {f"cookiecutter-{name}": case for name, case in COOKIECUTTER.items()}
NEEDS_LINUX = {"copier-memory", "cookiecutter-memory"}


@pytest.fixture(autouse=True)
def _small_bounds(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(bounds, "MOST_FILES", 500)
    monkeypatch.setattr(bounds, "MOST_BYTES", 2_000_000)
    monkeypatch.setattr(bounds, "_MOST_MEMORY", 300 << 20)
    monkeypatch.setenv("SECRET_TOKEN", SECRET)
    monkeypatch.chdir(tmp_path)
    foreign._asked.clear()


@dataclass(frozen=True)
class Gallery:
    """A repository with a branch for each template, and the file that appears when something of one runs."""

    repository: Path
    mark: Path
    cache: Path


@pytest.fixture(scope="module")
def _gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    folder = tmp_path_factory.mktemp("gallery")
    made = Gallery(folder / "hostile.git", folder / "it-ran", folder / "cache")
    everything = {name: CASES[name][0] for name in {*WHOLE, *UPDATES}}
    everything |= {"copier": PLAIN, "cookiecutter": cutter({"a.txt": "harmless\n"})}
    stream = b""
    for name, files in everything.items():
        found = {path: as_file(content) for path, content in marked(files, made.mark).items()}
        people = [f"{role} A <a@example.org> 1700000000 +0000" for role in ("author", "committer")]
        stream += write_commit(found, branch=name, people=people, message=name)
    subprocess.run(["git", "init", "--quiet", "--bare", str(made.repository)], check=True)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=made.repository, input=stream, check=True)
    return made


@pytest.fixture
def gallery(_gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> Gallery:
    monkeypatch.setattr(places, "cache", lambda: _gallery.cache)
    return _gallery


def as_file(content: str | bytes) -> File:
    if isinstance(content, Link):
        return File("120000", content.encode())
    return File("100644", content if isinstance(content, bytes) else content.encode())


def hurry(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let little time pass where time is what a template takes; elsewhere a busy machine must not matter."""
    if "not done after" in words:
        monkeypatch.setattr(bounds, "MOST_SECONDS", 0.5)


def marked(files: Files, mark: Path) -> Files:
    """Return the files with the path of the file that appears when something of them runs."""

    def put(content: str | bytes) -> str | bytes:
        if isinstance(content, Link | bytes):
            return content
        return content.replace("MARK", str(mark))

    return {name.replace("MARK", "MARK-in-a-name"): put(content) for name, content in files.items()}


# Git writes down anew when it looked at a file; updates are kept apart by an empty file.
_OF_GIT = ("project/.git/index", "project/.git/scaffolder/lock")


def outside(folder: Path) -> dict[str, tuple[bool, bytes]]:
    """Return what lies around the template, its mirror and the project."""
    return {
        name: file
        for name, file in read_tree(folder).items()
        if name.split("/")[0] not in ("cache", "hostile", "work") and name not in _OF_GIT
    }


def error_line(said: str) -> str:
    """Return the one line that is no talk, which a person can read without harm."""
    assert "Traceback" not in said
    assert all(sign.isprintable() or sign == "\n" for sign in said)
    lines = [line for line in said.splitlines() if not line.startswith("reading ")]
    assert len(lines) == 1, said
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_template_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    if case in NEEDS_LINUX and sys.platform != "linux":
        pytest.skip("only Linux lets us bound the memory")
    files, words = CASES[case]
    hurry(words, monkeypatch)
    mark = tmp_path / "it-ran"
    found = {path: as_file(content) for path, content in marked(files, mark).items()}
    engine, url = case.partition("-")[0], "https://x.invalid/hostile.git"
    source = Source("1.0.0", url, True, found, is_foreign=True, described="v1.0.0", engine=engine)
    before = read_tree(tmp_path)
    begun = time.monotonic()
    with pytest.raises((RenderFailed, UnsafeTemplate)) as caught:
        render(source.tree("hostile"), Answers("hostile", {}), ask=False, defaults={})
    line = str(caught.value)
    assert time.monotonic() - begun < 20
    assert re.search(words, line), line
    assert len(line.splitlines()) == 1
    assert len(line) < 1000
    assert SECRET not in line
    assert not mark.exists()
    assert read_tree(tmp_path) == before


# Of each kind some, from the command line.
WHOLE = (
    *("copier-name-up", "copier-git-hook", "copier-link-kept", "copier-through-link", "copier-globals"),
    *("copier-variables", "copier-yaml-bomb", "copier-regex", "copier-huge-file", "copier-extension-local"),
    *("cookiecutter-name-default", "cookiecutter-git-hook", "cookiecutter-link-folder"),
    *("cookiecutter-link-settings", "cookiecutter-globals-in-name", "cookiecutter-extension-local"),
    *("cookiecutter-includes", "cookiecutter-many-files"),
)


@pytest.mark.parametrize("case", WHOLE)
def test_nothing_is_written_for_a_hostile_template(
    tmp_path: Path,
    gallery: Gallery,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    words = CASES[case][1]
    hurry(words, monkeypatch)
    before = outside(tmp_path)
    (tmp_path / "work").mkdir()
    args = ["new", str(gallery.repository), "work/project", "--version", case, "--defaults"]
    assert execute(args) == 1
    out, said = capsys.readouterr()
    assert out == ""
    line = error_line(said)
    assert re.search(words, line), line
    assert list((tmp_path / "work").iterdir()) == []
    assert not gallery.mark.exists()
    assert outside(tmp_path) == before


@pytest.mark.parametrize(
    ("files", "answer"),
    [
        (copier("f: x\n", **{"{{ f }}": "x"}), "f=../../x"),
        (copier("f: x\n", **{"{{ f }}": "x"}), "f=/tmp/x"),
        (copier("f: x\n_answers_file: '{{ f }}'\n"), "f=../../x.yml"),
        (copier("f: x\n_subdirectory: '{{ f }}'\n", **{"x/a": ""}), "f=../../home"),
        (cutter({"{{ cookiecutter.f }}": "x"}, {"f": "x"}), "f=../../x"),
        (cutter({"a": "x"}), "slug=../../x"),
        (cutter({"a": "x"}), "slug=/tmp/x"),
    ],
)
def test_an_answer_leads_nowhere_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: Files, answer: str
) -> None:
    commit(tmp_path / "hostile", files, "v1.0.0")
    before = outside(tmp_path)
    (tmp_path / "work").mkdir()
    args = ["new", str(tmp_path / "hostile"), "work/project", "--defaults"]
    assert execute([*args, "-d", answer]) == 1
    error_line(capsys.readouterr().err)
    assert list((tmp_path / "work").iterdir()) == []
    assert outside(tmp_path) == before
    assert execute(args) == 0  # with another answer it is fine


# --- what would run is left out, and named


TASKS = copier("_tasks: ['touch MARK', {command: [touch, MARK], when: true}]\n", a="")
HOOKS = {
    **cutter({"a": "x"}),
    "hooks/pre_gen_project.sh": "#!/bin/sh\ntouch MARK\n",
    "hooks/post_gen_project.py": "open('MARK', 'w').close()\n",
    "hooks/pre_prompt.py": "open('MARK', 'w').close()\n",
}
MIGRATIONS = copier("_migrations: [{version: v2, before: ['touch MARK']}, 'touch MARK']\n", a="")


@pytest.mark.parametrize(
    ("files", "named"),
    [
        pytest.param(TASKS, ["task 1 'touch ", "task 2 'touch "], id="tasks"),
        pytest.param(
            HOOKS,
            ["hooks/pre_gen_project.sh", "hooks/post_gen_project.py", "hooks/pre_prompt.py"],
            id="hooks",
        ),
    ],
)
def test_what_is_not_trusted_does_not_run_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: Files, named: list[str]
) -> None:
    mark = tmp_path / "it-ran"
    commit(tmp_path / "hostile", marked(files, mark), "v1.0.0")
    assert execute(["new", str(tmp_path / "hostile"), "project", "--defaults"]) == 0
    said = capsys.readouterr().err
    assert all(name in said for name in named)
    assert "--trust" in said
    assert not mark.exists()
    assert (tmp_path / "project/a").exists()


@pytest.mark.parametrize("files", [copier(), cutter({"a": "x"})], ids=["copier", "cookiecutter"])
def test_a_submodule_is_not_fetched(tmp_path: Path, capsys: pytest.CaptureFixture[str], files: Files) -> None:
    mark = tmp_path / "it-ran"
    modules = f'[submodule "x"]\n\tpath = x\n\turl = "ext::sh -c touch% {mark}"\n'
    commit(tmp_path / "hostile", {**files, ".gitmodules": modules}, "v1.0.0")
    assert execute(["new", str(tmp_path / "hostile"), "project", "--defaults"]) == 0
    assert "has submodules; their files are left out" in capsys.readouterr().err
    assert not mark.exists()


@pytest.mark.parametrize("case", ["tasks", "hooks", "globals", "extension"])
def test_the_same_templates_do_run_in_plain_copier_and_cookiecutter(tmp_path: Path, case: str) -> None:
    """Else the tests here would prove nothing."""
    mark = tmp_path / "it-ran"
    local = {"local.py": "from jinja2.ext import Extension as X\nopen('MARK', 'w').close()\n"}
    files: Files = {
        "tasks": TASKS,
        "hooks": HOOKS,
        "globals": cutter({"a": RUN}),
        "extension": cutter({"a": "x"}, {"_extensions": ["local.X"]}, **local),
    }[case]
    commit(tmp_path / "hostile", marked(files, mark), "v1.0.0")
    if case == "tasks":
        args = ["copier", "copy", "--quiet", "--defaults", "--trust", str(tmp_path / "hostile"), "project"]
    else:
        args = ["cookiecutter", "--no-input", "--default-config", str(tmp_path / "hostile")]
    done = subprocess.run([sys.executable, "-m", *args], cwd=tmp_path, capture_output=True, check=False)
    assert mark.exists(), done.stderr.decode()


# --- an update to a version that means harm


UPDATES = (
    *("copier-name-up", "copier-git-hook", "copier-link-kept", "copier-globals", "copier-yaml-bomb"),
    *("copier-extension", "copier-loops", "copier-huge-file", "copier-variables"),
    *("cookiecutter-name-default", "cookiecutter-git-hook", "cookiecutter-globals", "cookiecutter-extension"),
    *("cookiecutter-loops", "cookiecutter-huge-file", "cookiecutter-link-file"),
)


def harmless(case: str) -> str:
    return case.partition("-")[0]


@pytest.mark.parametrize("case", UPDATES)
def test_an_update_to_a_hostile_version_leaves_the_project_as_it_was(
    tmp_path: Path,
    gallery: Gallery,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    args = ["new", str(gallery.repository), "project", "--version", harmless(case), "--defaults"]
    assert execute(args) == 0
    before = outside(tmp_path)
    words = CASES[case][1]
    hurry(words, monkeypatch)
    capsys.readouterr()
    assert execute(["update", "project", "--to", case, "--allow-downgrade", "--defaults"]) == 1
    line = error_line(capsys.readouterr().err)
    assert re.search(words, line), line
    assert outside(tmp_path) == before
    assert git("status", "--porcelain", cwd=tmp_path / "project") == ""
    assert not gallery.mark.exists()


@pytest.mark.parametrize("files", [TASKS, HOOKS, MIGRATIONS], ids=["tasks", "hooks", "migrations"])
def test_an_update_runs_no_code_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: Files
) -> None:
    mark = tmp_path / "it-ran"
    before = cutter({"a.txt": "harmless\n"}) if files is HOOKS else PLAIN
    commit(tmp_path / "hostile", before, "v1.0.0")
    assert execute(["new", str(tmp_path / "hostile"), "project", "--defaults"]) == 0
    commit(tmp_path / "hostile", marked(files, mark), "v2.0.0")
    capsys.readouterr()
    assert execute(["update", "project", "--defaults"]) == 0
    assert re.search("(was|were) not run", capsys.readouterr().err)
    assert (tmp_path / "project/a").exists()
    assert not mark.exists()


def test_a_fleet_goes_on_beside_a_hostile_template(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_SECONDS", 0.5)
    for name in ("good", "hostile"):
        commit(tmp_path / name, PLAIN, "v1.0.0")
        assert execute(["new", str(tmp_path / name), f"work/{name}", "--defaults"]) == 0
    commit(tmp_path / "good", {**PLAIN, "new.txt": ""}, "v2.0.0")
    commit(tmp_path / "hostile", text(SLOW_LOOPS), "v2.0.0")
    capsys.readouterr()
    assert execute(["update", "--all", "work", "--jobs", "2"]) == 1
    assert "not done after 0.5 seconds" in capsys.readouterr().err
    assert (tmp_path / "work/good/new.txt").exists()


@pytest.mark.parametrize(
    "question",
    [
        f"{{type: str, default: a, help: {json.dumps(ESCAPE)}}}",
        f"{{type: str, default: {json.dumps(ESCAPE)}}}",
        f"{{type: str, choices: {{{json.dumps(ESCAPE)}: a}}}}",
        "{type: str, default: a, help: \"{{ '%c' % 155 }}2J\"}",
    ],
)
def test_a_question_steers_no_terminal(tmp_path: Path, question: str) -> None:
    commit(tmp_path / "hostile", copier(f"x: {question}\n"), "v1.0.0")
    with create_pipe_input() as keyboard, create_app_session(input=keyboard):
        keyboard.send_text("\r")
        with pytest.raises(RenderFailed, match="must not reach a terminal") as caught:
            new_project(str(tmp_path / "hostile"), tmp_path / "project", answers={}, ask=True)
    assert str(caught.value).isprintable()
    assert not (tmp_path / "project").exists()


# --- sizes


def test_more_is_allowed_where_that_is_wished(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(tmp_path / "hostile", COPIER["huge-copy"][0], "v1.0.0")
    args = ["new", str(tmp_path / "hostile"), "project", "--defaults", "--max-size"]
    assert execute([*args, "2.5MB"]) == 1
    assert "more than 2,500,000 bytes; --max-size SIZE allows more" in capsys.readouterr().err
    assert execute([*args, "4 MB"]) == 0
    assert (tmp_path / "project/a.bin").stat().st_size == 3_000_000


@pytest.mark.parametrize("size", ["0", "-1", "5 apples", "", "1e9", "9999999GB"])
def test_a_size_that_is_none_is_misuse(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["new", "./nothing", "project", "--max-size", size]) == 2
    assert "--max-size takes a size such as 200MB" in capsys.readouterr().err


def test_a_thread_is_watched_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_SECONDS", 0.5)
    said: list[str] = []

    def loop() -> None:
        try:
            with bounds.Watch():
                while True:
                    pass
        except bounds.OutOfBounds as error:
            said.append(str(error))

    thread = threading.Thread(target=loop)
    thread.start()
    thread.join(20)
    assert said == ["it was not done after 0.5 seconds"]


# --- names and links


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../a",
            "a/../b",
            "/a",
            "\\a",
            "a\\..\\..\\b",
            "C:/a",
            "c:\\a",
            ".git/config",
            ".GIT/config",
            "x/.git",
        ),
        *(".git./a", ".git /a", "git~1/a", ".g\u200cit/a", "\ufeff.git/a", "a//b", "", "a/", "a\0b", "a\nb"),
        *("a\x1b[2Jb", "a\x9b2Jb", "a\x7fb", "a\u202etxt.exe", "a\u2028b", '"a', "x" * 256),
    ],
)
def test_such_a_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="it would write"):
        checked(path)


@pytest.mark.parametrize(
    "path", ["a", ".github/x", ".gitignore", "a..b/...c", "git/config", "größe 日本 👩‍💻"]
)
def test_such_a_path_is_fine(path: str) -> None:
    assert checked(path) == path


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        *[("b", False), ("../b", False), ("./x/y", False), ("../../b", True), ("/b", True)],
        *[("..", False), ("../..", True), ("x/../b", True), ("..\\..\\b", True), ("C:\\b", True)],
        *[("../.git", True), ("../.GIT/hooks", True), ("../.github", False), ("", False)],
    ],
)
def test_a_link_at_a_slash_l_leads_outside_or_not(target: str, expected: bool) -> None:
    assert leads_outside("a/l", target) == expected


def test_nothing_is_written_through_a_link_in_other_letters() -> None:
    link, file = File("120000", b"sub"), File("100644", b"")
    with pytest.raises(ValueError, match="below a file"):
        refuse_overlaps({"Straße": link, "STRASSE/x": file})
    refuse_overlaps({"Docs": file, "docs/x": file})  # Linux tells them apart
