"""Templates of others: what plain copier makes of them, from git's objects, with nothing of them run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from scaffolder import places
from scaffolder.cli.app import execute
from scaffolder.create import Created, new_project
from scaffolder.engine import foreign
from scaffolder.engine.foreign import parse_address
from scaffolder.engine.source import recorded, target
from scaffolder.errors import NoTerminal, RenderFailed, ScaffolderError, SourceError, UnsafeTemplate
from scaffolder.project import read_record

from .conftest import git
from .foreign_templates import PLAIN, Link, commit, copier_copy
from .trees import differences, read_tree

on_posix = pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")


@pytest.fixture(autouse=True)
def _place(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    foreign._asked.clear()
    monkeypatch.chdir(tmp_path)


def make(source: Path | str, dest: Path, **settings: object) -> Created:
    return new_project(str(source), dest, **{"answers": {}, "ask": False, **settings})  # type: ignore[arg-type]


RICH = {
    "copier.yml": """\
_subdirectory: "[% if kind == 'app' %]app[% else %]lib[% endif %]"
_templates_suffix: .tmpl
_envops:
  {variable_start_string: "[[", variable_end_string: "]]", block_start_string: "[%", block_end_string: "%]"}
_exclude: ["*.bak", "[% if not docs %]docs[% endif %]"]
_skip_if_exists: [data/*.csv]
_secret_questions: [token]
_answers_file: .copier-answers.yml
kind: {type: str, choices: [app, lib], default: app}
---
!include more/a.yml
---
!include more/b*.yml
""".replace(
        "{% if kind == 'app' %}app{% else %}lib{% endif %}",
        "[% if kind == 'app' %]app[% else %]lib[% endif %]",
    ),
    "more/a.yml": "docs: {type: bool, default: true}\ntoken: {type: str, default: hush}\n",
    "more/b.yml": """\
tools: {type: str, multiselect: true, choices: {Ruff: ruff, Mypy: mypy}, default: [mypy]}
count: {type: int, default: 3, when: "[[ docs ]]"}
slug: {type: str, when: false, default: "[[ kind ]]-[[ count ]]"}
ratio: 0.5
""",
    "parts/head.txt": "from a part: [[ slug ]]\n",
    "parts/macros.tmpl": "[% macro shout(text) %][[ text | upper ]]![% endmacro %]",
    "app/[[ _copier_conf.answers_file ]].tmpl": "[[ _copier_answers | to_nice_yaml ]]",
    "app/read me.md.tmpl": (
        "[% include 'parts/head.txt' %][% from 'parts/macros.tmpl' import shout %]\n"
        "[[ shout(kind) ]] [[ tools ]] [[ ratio ]] [[ _copier_conf.vcs_ref_hash ]] [[ _folder_name ]]\n"
    ),
    "app/src/[[ slug ]]/__init__.py": "",
    "app/[% if docs %]only docs.txt[% endif %]": "docs\n",
    "app/[% yield tool from tools %][[ tool ]].toml[% endyield %].tmpl": "[[ tool ]] of [[ kind ]]\n",
    "app/docs/index.md": "# {{ not a tag }}\n",
    "app/data/rows.csv": "1,2\r\n",
    "app/logo.png": b"\x89PNG\x00\xff",
    "app/tool.sh.tmpl": "#!/bin/sh\necho [[ kind ]]\n",
    "app/left.bak": "",
    "app/żółć.txt": "zażółć\n",
    "app/both.txt": "verbatim\n",
    "app/both.txt.tmpl": "text [[ kind ]]\n",
    "lib/lib.txt": "lib\n",
}


@pytest.mark.parametrize(
    "answers",
    [{}, {"kind": "lib"}, {"docs": False, "tools": ["ruff", "mypy"]}, {"count": 7, "token": "mine"}],
    ids=str,
)
def test_the_tree_is_that_of_plain_copier(tmp_path: Path, answers: dict[str, object]) -> None:
    source, data = tmp_path / "rich.git", tmp_path / "data.yml"
    commit(source, RICH, "v1.0.0")
    data.write_text(yaml.safe_dump(answers))
    made = make(source, tmp_path / "ours/project", answers=answers)
    copier_copy(source, tmp_path / "copied/project", "--vcs-ref", "v1.0.0", "--data-file", str(data))
    ours, copied = read_tree(tmp_path / "ours/project"), read_tree(tmp_path / "copied/project")
    assert differences(ours, copied) == []
    assert len(ours) > 0
    assert (made.template, made.version) == ("rich", "1.0.0")
    assert "hush" not in git("log", "-p", cwd=made.path)
    assert "mine" not in git("log", "-p", cwd=made.path)


@on_posix
@pytest.mark.parametrize("preserve", ["true", "false"])
def test_links_are_those_of_plain_copier(tmp_path: Path, preserve: str) -> None:
    files = {
        **PLAIN,
        "copier.yml": f"_preserve_symlinks: {preserve}\n",
        "hello.txt.jinja": "Hi\n",
        "deep/one.txt": "1\n",
        "deep/run.sh": "#!/bin/sh\n",
        "link.txt": Link("deep/one.txt"),
        "run": Link("deep/run.sh"),
        "folder": Link("deep"),
        "twice": Link("folder/one.txt"),
    }
    commit(tmp_path / "links.git", files, "1.0")
    make(tmp_path / "links.git", tmp_path / "ours")
    copier_copy(tmp_path / "links.git", tmp_path / "copied")
    assert differences(read_tree(tmp_path / "ours"), read_tree(tmp_path / "copied")) == []
    for name in ("link.txt", "folder", "run"):
        assert (tmp_path / "ours" / name).is_symlink() == (tmp_path / "copied" / name).is_symlink()


# --- versions


def versions(folder: Path, *tags: str | None) -> Path:
    for number, tag in enumerate(tags):
        commit(folder, {**PLAIN, "number.txt": f"{number}\n"}, tag)
    return folder


@pytest.mark.parametrize(
    ("tags", "wanted", "expected"),
    [
        pytest.param(["v1.9.0", "v1.10.0", "v1.2.0"], None, "v1.10.0", id="newest-by-number"),
        pytest.param(["1.0", "2.0rc1", "nightly"], None, "1.0", id="no-prerelease"),
        pytest.param(["1.0", "2.0rc1"], "2.0rc1", "2.0rc1", id="prerelease-by-name"),
        pytest.param(["v1.0.0", "v2.0.0"], "1.0", "v1.0.0", id="by-number"),
        pytest.param(["v1.0.0", None], "main", None, id="branch"),
        pytest.param([None], None, None, id="no-tag"),
    ],
)
def test_the_version_is_the_one_copier_takes(
    tmp_path: Path, tags: list[str | None], wanted: str | None, expected: str | None
) -> None:
    source = versions(tmp_path / "many", *tags)
    made = make(source, tmp_path / "ours", version=wanted)
    record = read_record(made.path)
    assert record.commit == (expected or git("describe", "--tags", "--always", cwd=source).strip())
    assert record.url == source.resolve().as_posix()
    assert recorded(record).tag == record.commit
    copier_copy(
        source, tmp_path / "copied", *(["--vcs-ref", expected or wanted] if expected or wanted else [])
    )
    assert differences(read_tree(made.path), read_tree(tmp_path / "copied")) == []


def test_a_later_version_is_found_and_the_old_one_too(tmp_path: Path) -> None:
    source = versions(tmp_path / "many", "v1.0.0")
    record = read_record(make(source, tmp_path / "ours").path)
    commit(source, {**PLAIN, "new.txt": ""}, "v1.1.0")
    assert (recorded(record).version, target(record).version) == ("1.0.0", "1.1.0")
    assert "new.txt" in target(record).files
    assert target(record, "1.0").tag == "v1.0.0"
    assert recorded(record) is recorded(record)  # read once for a whole fleet
    with pytest.raises(SourceError, match=r"has no version '3'; it has: v1\.0\.0, v1\.1\.0"):
        target(record, "3")


def test_offline_the_mirror_serves_with_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = versions(tmp_path / "many", "v1.0.0")
    first = make(source, tmp_path / "first")
    assert first.warnings == ()
    shutil.move(source, tmp_path / "away")
    source.mkdir()
    (source / ".git").mkdir()  # no repository any more
    assert execute(["new", str(source), "second", "--defaults"]) == 0
    assert "warning: " in (talk := capsys.readouterr().err)
    assert "cannot be reached" in talk
    assert (tmp_path / "second/hello.txt").read_text() == "Hello World\n"


def test_a_template_without_answers_file_is_told(tmp_path: Path) -> None:
    commit(tmp_path / "bare", {"copier.yml": "", "a.txt": "a\n"}, "v1")
    made = make(tmp_path / "bare", tmp_path / "ours")
    assert made.warnings == ("the template writes no answers file, so this project can never be updated",)


def test_what_the_projects_gitignore_names_is_written_but_not_committed(tmp_path: Path) -> None:
    commit(tmp_path / "t", {**PLAIN, ".gitignore": ".env\n", ".env": "KEY=\n"}, "v1")
    made = make(tmp_path / "t", tmp_path / "ours")
    assert (tmp_path / "ours/.env").read_text() == "KEY=\n"
    assert ".env" not in git("ls-files", cwd=made.path)
    assert git("status", "--porcelain", cwd=made.path) == ""


def test_open_questions_need_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(tmp_path / "t", PLAIN, "v1")
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        with pytest.raises(NoTerminal):
            make(tmp_path / "t", tmp_path / "ours", ask=True)
        assert execute(["new", str(tmp_path / "t"), "p"]) == 1
        assert capsys.readouterr().err.startswith(f"reading {tmp_path / 't'}\nerror: no terminal to ask on")
        assert execute(["new", str(tmp_path / "t"), "p", "-d", "name=Ada"]) == 0


# --- what is refused


HOSTILE = {
    "extensions": (
        {"copier.yml": "_jinja_extensions: [os.path]"},
        UnsafeTemplate,
        "hostile v1 has the Jinja extension 'os.path', which would run code",
    ),
    "external": ({"copier.yml": "_external_data: {x: /etc/passwd}"}, UnsafeTemplate, "has _external_data"),
    "sandbox": ({"a.jinja": "{{ ''.__class__.__mro__ }}"}, RenderFailed, "unsafe"),
    "python": (
        {"copier.yml": "x: !!python/object/apply:os.system ['touch {MARK}']"},
        RenderFailed,
        "no YAML",
    ),
    "include-outside": ({"copier.yml": "!include ../*.yml"}, RenderFailed, "which is not there"),
    "include-absolute": ({"a.jinja": "{% include '/etc/passwd' %}"}, RenderFailed, "which is not there"),
    "include-up": ({"a.jinja": "{% include '../home/.gitconfig' %}"}, RenderFailed, "which is not there"),
    "subdirectory": ({"copier.yml": "_subdirectory: ../../home"}, RenderFailed, ""),
    "path-up": ({"{{ '..' }}/a.txt": "x"}, RenderFailed, "would write '../a.txt'"),
    "path-absolute": (
        {"copier.yml": "p: /tmp/a.txt", "{{ p }}": "x"},
        RenderFailed,
        "would write '/tmp/a.txt'",
    ),
    "path-git": (
        {"{{ '.git' }}/hooks/post-commit": "x"},
        RenderFailed,
        "would write '.git/hooks/post-commit'",
    ),
    "path-git-case": ({"{{ '.GIT' }}/config": "x"}, RenderFailed, "would write '.GIT/config'"),
    "path-nested-git": ({"sub/{{ '.git' }}/config": "x"}, RenderFailed, "would write 'sub/.git/config'"),
    "path-slash": (
        {"copier.yml": "p: a/../../b", "{{ p }}": "x"},
        RenderFailed,
        "would write 'a/../../b'",
    ),
    "answers-file": ({"copier.yml": "_answers_file: ../out.yml"}, RenderFailed, "would write '../out.yml'"),
    "link": ({"a.txt": Link("../home/.gitconfig")}, RenderFailed, "symbolic link"),
    "link-absolute": ({"a.txt": Link("/etc/passwd")}, RenderFailed, "symbolic link"),
    "link-folder": ({"a": Link("/etc")}, RenderFailed, "symbolic link"),
    "link-circle": ({"a": Link("b"), "b": Link("a")}, RenderFailed, "symbolic link"),
    "link-self": ({"d/a": Link("..")}, RenderFailed, "symbolic link"),
    "link-kept": (
        {"copier.yml": "_preserve_symlinks: true", "a": Link("../../home")},
        RenderFailed,
        "symbolic link to '../../home'",
    ),
    "link-rendered": (
        {"copier.yml": "_preserve_symlinks: true", "a.jinja": Link("{{ '/etc' }}")},
        RenderFailed,
        "symbolic link to '/etc'",
    ),
    "no-template": ({"copier.yml": None}, SourceError, "no copier template"),
    "two": ({"copier.yaml": ""}, RenderFailed, "copier.yaml and copier.yml"),
    "no-mapping": ({"copier.yml": "just a text"}, RenderFailed, "where settings or questions are expected"),
    "bad-type": ({"copier.yml": "x: {type: colour, default: 1}"}, RenderFailed, "colour"),
}


@on_posix
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_or_faulty_template_is_one_line_and_leaves_nothing(tmp_path: Path, case: str) -> None:
    changes, error, words = HOSTILE[case]
    mark = tmp_path / "it-ran"
    files = {key: value for key, value in {**PLAIN, **changes}.items() if value is not None}
    files = {k: v if isinstance(v, Link) else v.replace("{MARK}", str(mark)) for k, v in files.items()}
    commit(tmp_path / "hostile", files, "v1")
    before = read_tree(tmp_path / "home")
    (tmp_path / "work").mkdir()
    with pytest.raises(error) as caught:
        make(tmp_path / "hostile", tmp_path / "work/project")
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert list((tmp_path / "work").iterdir()) == []
    assert not mark.exists()
    assert read_tree(tmp_path / "home") == before


@pytest.mark.parametrize("name", [".git", "..", ".GIT ", "git~1", "a\nb"])
def test_a_repository_made_by_hand_cannot_write_elsewhere(tmp_path: Path, name: str) -> None:
    commit(tmp_path / "t", PLAIN, "v1")
    tree = git("ls-tree", "-z", "HEAD", cwd=tmp_path / "t")
    inner = git("rev-parse", "HEAD^{tree}", cwd=tmp_path / "t").strip()
    entries = f"{tree}040000 tree {inner}\t{name}\0".encode()
    command = ["git", "mktree", "-z"]
    done = subprocess.run(command, input=entries, cwd=tmp_path / "t", capture_output=True, check=True)
    made = done.stdout.decode().strip()
    git("tag", "v2", git("commit-tree", "-m", "x", made, cwd=tmp_path / "t").strip(), cwd=tmp_path / "t")
    with pytest.raises(RenderFailed, match="template t cannot be rendered: "):
        make(tmp_path / "t", tmp_path / "project")
    assert not (tmp_path / "project").exists()


def test_a_file_below_a_file_is_refused(tmp_path: Path) -> None:
    commit(tmp_path / "t", {**PLAIN, "{{ 'a' }}": "file", "a/b.txt": "below"}, "v1")
    with pytest.raises(RenderFailed, match=r"it would write 'a/b\.txt' below a file"):
        make(tmp_path / "t", tmp_path / "project")


def test_submodules_are_left_out_and_told(tmp_path: Path) -> None:
    commit(tmp_path / "t", {**PLAIN, ".gitmodules": ""}, "v1")
    made = make(tmp_path / "t", tmp_path / "project")
    assert made.warnings[0].endswith("has submodules; their files are left out")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("https://me:s3cret@example.invalid/a.git", "https://***@example.invalid/a.git: a name or password"),
        ("https://t0ken-s3cret@example.invalid/a.git", "a name or password in the URL"),
        ("ssh://git:s3cret@example.invalid/a.git", "a name or password in the URL"),
        ("ext::sh -c touch% it-ran", "remote helpers of git are not used"),
        ("fd::7", "remote helpers of git are not used"),
        ("ftp://example.invalid/a.git", "git URLs begin with https"),
        ("-oProxyCommand=touch/it-ran", "is no URL"),
        ("./nowhere", "is not there"),
        ("./folder", "is no git repository"),
        ("https://example.invalid/a.git", "cannot be read"),
        ("./empty", "has no commit yet"),
    ],
)
def test_a_source_that_cannot_be_had_is_one_line(tmp_path: Path, source: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").mkdir()
    git("init", "--quiet", cwd=tmp_path / "empty")
    with pytest.raises(ScaffolderError) as caught:
        make(source, tmp_path / "project")
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert "s3cret" not in str(caught.value)
    assert not (tmp_path / "it-ran").exists()
    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize(
    ("given", "recorded_as"),
    [
        ("gh:owner/name", "https://github.com/owner/name.git"),
        ("gh:owner/name.git", "https://github.com/owner/name.git"),
        ("gl:group/sub/name", "https://gitlab.com/group/sub/name.git"),
        ("https://github.com/owner/name", "https://github.com/owner/name"),
        ("https://git.example.org/name", "git+https://git.example.org/name"),
        ("https://git.example.org/name.git", "https://git.example.org/name.git"),
        ("git@example.org:owner/name.git", "git@example.org:owner/name.git"),
        ("me@example.org:owner/name", "git+me@example.org:owner/name"),
        ("git+ssh://git@example.org/name", "git+ssh://git@example.org/name"),
    ],
)
def test_what_is_recorded_is_what_plain_copier_takes_for_git(given: str, recorded_as: str) -> None:
    from copier._vcs import get_repo

    address = parse_address(given)
    assert address.recorded == recorded_as
    assert address.name == "name"
    assert (get_repo(recorded_as) or "").removesuffix(".git") == address.fetched.removesuffix(".git")


@pytest.mark.parametrize("text", ["gh:", "gh:owner", "gh:owner/", "gl:/name"])
def test_an_alias_without_a_repository_is_told_before_anything_is_fetched(text: str) -> None:
    with pytest.raises(SourceError, match=r"expected g[hl]:OWNER/REPOSITORY"):
        parse_address(text)
