"""A new project: the tree that plain copier makes, in one commit, or nothing at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input

from scaffolder import create, destination, history, places
from scaffolder.create import new_project, plan_project
from scaffolder.errors import (
    DestinationExists,
    DestinationUnwritable,
    GitMissing,
    InvalidAnswer,
    MissingAnswer,
    NoGitIdentity,
    NoTerminal,
    RenderFailed,
    ScaffolderError,
    UnknownAnswer,
    UnknownTemplate,
    UnknownVersion,
    UnsafeTemplate,
)

from .conftest import git
from .trees import Tree, differences, read_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

on_posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions, paths or scripts")
ADA = {"author_name": "Ada"}


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    """A destination that is not there, alone in a folder."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work" / "pump"


@pytest.fixture(autouse=True)
def _nothing_is_left_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    yield
    assert list(scratch.iterdir()) == []


def make(dest: Path, template: str = "toy", **settings: object) -> create.Created:
    return new_project(template, dest, **{"answers": ADA, "ask": False, **settings})  # type: ignore[arg-type]


def copier_copy(source: Path, tag: str, template: str, answers: dict[str, object], into: Path) -> None:
    data = into.with_suffix(".yml")
    data.write_text(yaml.safe_dump({**answers, "template": template}, allow_unicode=True), encoding="utf-8")
    command = [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults", "--vcs-ref", tag]
    subprocess.run([*command, "--data-file", str(data), str(source), str(into)], check=True)


def without_origin(tree: Tree) -> Tree:
    executable, answers = tree[".copier-answers.yml"]
    kept = [line for line in answers.splitlines() if not line.startswith(b"_src_path:")]
    assert len(kept) == len(answers.splitlines()) - 1
    return {**tree, ".copier-answers.yml": (executable, b"\n".join(kept))}


# --- what comes out


@pytest.mark.parametrize(
    ("template", "answers"),
    [
        pytest.param("toy", {}, id="defaults"),
        pytest.param("toy", {"web": False, "licence": "Apache-2.0", "workers": 3}, id="other answers"),
        pytest.param("toy", {"web": "no", "workers": "3"}, id="answers as text"),
        pytest.param(
            "toy", {"project_name": "Pumpe №1: {{ x }} & 'y'", "author_name": "Żółć"}, id="awkward text"
        ),
        pytest.param("other", {"colour": "blue"}, id="other template"),
    ],
)
def test_the_tree_is_that_of_plain_copier(
    released: Path, dest: Path, tmp_path: Path, template: str, answers: dict[str, object]
) -> None:
    make(dest, template, answers={**ADA, **answers})
    copier_copy(released, "v0.1.0", template, {**ADA, **answers}, tmp_path / "copied")
    ours, copied = read_tree(dest), read_tree(tmp_path / "copied")
    assert differences(without_origin(ours), without_origin(copied)) == []


@on_posix
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_permissions_are_those_of_plain_copier(
    released: Path, dest: Path, tmp_path: Path, umask: int
) -> None:
    before = os.umask(umask)
    try:
        make(dest)
        copier_copy(released, "v0.1.0", "toy", ADA, tmp_path / "copied")
    finally:
        os.umask(before)

    def modes(folder: Path) -> dict[str, str]:
        paths = [path for path in folder.rglob("*") if ".git" not in path.parts]
        return {str(path.relative_to(folder)): oct(path.stat().st_mode) for path in [*paths, folder]}

    assert modes(dest) == modes(tmp_path / "copied")
    assert os.access(dest / "run.sh", os.X_OK)


def test_the_answers_file_names_version_and_portable_origin(released: Path, dest: Path) -> None:
    make(dest)
    recorded = yaml.safe_load((dest / ".copier-answers.yml").read_text())
    assert recorded == {
        "_commit": "v0.1.0",
        "_src_path": "https://portfolio-scaffolder.invalid/scaffolder.git",
        "template": "toy",
        "project_name": "Toy",
        "author_name": "Ada",
        "licence": "MIT",
        "web": True,
        "workers": 2,
    }


def test_an_unreleased_template_is_kept_for_a_later_update(released: Path, dest: Path) -> None:
    (released / "templates/toy/project/new.txt").write_text("new\n")
    created = make(dest)
    assert (dest / "new.txt").read_text() == "new\n"
    recorded = yaml.safe_load((dest / ".copier-answers.yml").read_text())
    assert recorded["_commit"] == f"v{created.version}"
    assert git("tag", "--list", cwd=places.cache() / "dev.git").split() == [f"v{created.version}"]


def test_an_older_version_can_be_asked_for(released: Path, dest: Path) -> None:
    (released / "templates/toy/project/new.txt").write_text("new\n")
    created = make(dest, version="0.1.0")
    assert created.version == "0.1.0"
    assert not (dest / "new.txt").exists()


def test_it_tells_what_was_made(released: Path, dest: Path) -> None:
    created = make(dest)
    assert created.path == dest
    assert created.template == "toy"
    assert sorted(created.files) == sorted(read_tree(dest))
    assert created.commit == git("rev-parse", "HEAD", cwd=dest).strip()


def test_nothing_is_printed(released: Path, dest: Path, capfd: pytest.CaptureFixture[str]) -> None:
    make(dest)
    assert capfd.readouterr() == ("", "")


def test_the_default_author_is_gits(released: Path, dest: Path) -> None:
    make(dest, answers={})
    assert "MIT, Ada Example" in (dest / "README.md").read_text()


@pytest.mark.parametrize("config", ["[user]\n\tname = Ada #1\n\temail = a@b.c\n", '[user]\n\tname = "#"\n'])
def test_a_git_name_that_the_question_refuses_is_not_proposed(
    released: Path, home: Path, dest: Path, config: str
) -> None:
    (home / ".gitconfig").write_text(config.replace(" #1", ' "#1"'))
    make(dest, answers={}, git=False)
    assert "MIT, Your Name" in (dest / "README.md").read_text()


@pytest.mark.parametrize("settings", ["defaults:\n  licence: Apache-2.0\n", "no: [yaml", "defaults: 3\n"])
def test_the_settings_of_the_users_copier_have_no_part(
    released: Path, home: Path, dest: Path, monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    (home / "settings.yml").write_text(settings)
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(home / "settings.yml"))
    make(dest)
    assert "MIT, Ada" in (dest / "README.md").read_text()


# --- the commit


def assert_one_sound_commit(dest: Path, created: create.Created) -> None:
    assert git("rev-list", "--count", "--all", cwd=dest).strip() == "1"
    assert git("status", "--porcelain", "--ignored", cwd=dest) == ""
    assert git("symbolic-ref", "HEAD", cwd=dest).strip() == "refs/heads/main"
    listed = git("ls-tree", "-r", "-z", "HEAD", cwd=dest).split("\0")[:-1]
    modes = {line.partition("\t")[2]: line.split()[0] for line in listed}
    assert tuple(sorted(modes)) == created.files
    assert {path for path, mode in modes.items() if mode == "100755"} == {"run.sh", "named.sh"}
    for path in modes:
        blob = subprocess.run(
            ["git", "show", f"HEAD:{path}"], cwd=dest, capture_output=True, check=True
        ).stdout
        assert blob == (dest / path).read_bytes(), path


def test_a_new_project_is_one_commit(released: Path, dest: Path) -> None:
    created = make(dest)
    assert_one_sound_commit(dest, created)
    log = git("log", "--format=%an <%ae> %cn <%ce>%n%B", cwd=dest)
    people = "Ada Example <ada@example.org> Ada Example <ada@example.org>"
    assert log == f"{people}\nStart from template toy v0.1.0\n\n"
    git("fsck", "--strict", cwd=dest)
    assert [path.name for path in (dest / ".git").iterdir() if path.name == "hooks"] == []


HOSTILE = {
    "signed commits": "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n",
    "hooks": "[core]\n\thooksPath = HOME/hooks\n",
    "template folder": "[init]\n\ttemplateDir = HOME/template\n",
    "missing template folder": "[init]\n\ttemplateDir = HOME/nowhere\n",
    "carriage returns": "[core]\n\tautocrlf = true\n\tsafecrlf = true\n\teol = crlf\n",
    "odd branch": "[init]\n\tdefaultBranch = a..b\n",
    "ignore all": "[core]\n\texcludesFile = HOME/everything\n",
    "filters": '[core]\n\tattributesFile = HOME/attributes\n[filter "x"]\n\tclean = false\n\trequired\n',
    "no file modes": "[core]\n\tfileMode = false\n",
    "sha256": "[init]\n\tdefaultObjectFormat = sha256\n",
    "commit template": "[commit]\n\ttemplate = HOME/nowhere\n\tcleanup = scissors\n\tverbose = true\n",
    "monitor": "[core]\n\tfsmonitor = HOME/hooks/monitor\n\tuntrackedCache = true\n",
    "other encoding": "[i18n]\n\tcommitEncoding = ISO-8859-1\n",
    "no bare repositories": "[safe]\n\tbareRepository = explicit\n",
}


@on_posix
@pytest.mark.parametrize("config", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_commit_succeeds_under_any_configuration(
    released: Path, home: Path, dest: Path, config: str
) -> None:
    hooks = home / "hooks"
    (home / "template").mkdir()
    hooks.mkdir()
    for name in (
        "pre-commit",
        "commit-msg",
        "post-commit",
        "reference-transaction",
        "post-index-change",
        "monitor",
    ):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> {home}/ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    shutil.copytree(hooks, home / "template/hooks")
    (home / "everything").write_text("*\n")
    (home / "attributes").write_text("* filter=x\n")
    plain = (home / ".gitconfig").read_text()
    (home / ".gitconfig").write_text(plain + config.replace("HOME", str(home)))
    created = make(dest)
    (home / ".gitconfig").write_text(plain)
    assert not (home / "ran").exists()
    assert_one_sound_commit(dest, created)


def test_a_hook_of_another_repository_can_call(
    released: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = git("rev-parse", "HEAD", cwd=released)
    for name, value in {
        "GIT_DIR": ".git",
        "GIT_WORK_TREE": ".",
        "GIT_INDEX_FILE": ".git/index",
        "GIT_OBJECT_DIRECTORY": ".git/objects",
        "GIT_PREFIX": "templates/",
    }.items():
        monkeypatch.setenv(name, value if name == "GIT_PREFIX" else str(released / value))
    created = make(dest)
    for name in [name for name in os.environ if name.startswith("GIT_") and name != "GIT_CONFIG_NOSYSTEM"]:
        monkeypatch.delenv(name)
    assert_one_sound_commit(dest, created)
    assert git("rev-parse", "HEAD", cwd=released) == head
    assert git("status", "--porcelain", cwd=released) == ""


def test_a_project_may_lie_in_another_repository(released: Path, dest: Path) -> None:
    git("init", "--quiet", cwd=dest.parent)
    created = make(dest)
    assert_one_sound_commit(dest, created)
    assert git("rev-parse", "--show-toplevel", cwd=dest).strip() == dest.resolve().as_posix()


def test_the_identity_may_depend_on_the_place(released: Path, home: Path, dest: Path) -> None:
    (home / ".gitconfig").write_text(
        f'[includeIf "gitdir:{dest.parent.resolve().as_posix()}/"]\n\tpath = {(home / "work").as_posix()}\n'
    )
    (home / "work").write_text("[user]\n\tname = Ada At Work\n\temail = ada@work.example\n")
    make(dest, answers={})
    assert git("log", "--format=%an", cwd=dest).strip() == "Ada At Work"
    assert "MIT, Ada At Work" in (dest / "README.md").read_text()


def test_without_git_there_is_no_repository(released: Path, dest: Path) -> None:
    created = make(dest, git=False)
    assert created.commit is None
    assert not (dest / ".git").exists()


def test_without_git_an_installation_needs_none(
    released: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(released / ".git")
    monkeypatch.setenv("PATH", "")
    make(dest, answers={}, git=False)
    assert "MIT, Your Name" in (dest / "README.md").read_text()


# --- what is refused, with nothing left behind


def no_identity(released: Path) -> None:
    (released.parent / "home/.gitconfig").unlink()


def broken_syntax(released: Path) -> None:
    (released / "templates/toy/project/README.md.jinja").write_text("{% if %}\n")


def unknown_variable(released: Path) -> None:
    (released / "templates/toy/project/README.md.jinja").write_text("{{ projct_name }}\n")


def unsafe_template(released: Path) -> None:
    with (released / "copier.yml").open("a") as settings:
        settings.write("---\n_tasks: [touch owned]\n")


def broken_yaml(released: Path) -> None:
    (released / "templates/toy/questions.yml").write_text("web: [\n")


def needs_newer_copier(released: Path) -> None:
    path = released / "copier.yml"
    path.write_text(path.read_text().replace('"9.15.0"', '"99.0.0"'))


REFUSED = [
    pytest.param({"template": "toyy"}, None, UnknownTemplate, "'toyy'; did you mean 'toy'", id="template"),
    pytest.param({"version": "9.9.9"}, None, UnknownVersion, r"released: 0\.1\.0", id="version"),
    pytest.param(
        {"answers": {"licens": "MIT"}}, None, UnknownAnswer, "'licens'; did you mean 'licence'", id="key"
    ),
    pytest.param(
        {"answers": {"colour": "red"}},
        None,
        UnknownAnswer,
        "no question named 'colour'; choose one of: proj",
        id="key of another template",
    ),
    pytest.param(
        {"answers": {"licence": "GPL"}},
        None,
        InvalidAnswer,
        r"^licence: 'GPL' is not accepted; choose one of: MIT, Apache-2\.0$",
        id="choice",
    ),
    pytest.param(
        {"answers": {"web": "perhaps"}},
        None,
        InvalidAnswer,
        "^web: 'perhaps' is not accepted; expected yes or no$",
        id="yes or no",
    ),
    pytest.param(
        {"answers": {"web": [True]}}, None, InvalidAnswer, "^web: .* expected yes or no$", id="list"
    ),
    pytest.param(
        {"answers": {"web": None}}, None, InvalidAnswer, "^web: None .* expected yes or no$", id="none"
    ),
    pytest.param(
        {"answers": {"workers": "two"}},
        None,
        InvalidAnswer,
        "^workers: 'two' .* expected a whole",
        id="number",
    ),
    pytest.param(
        {"answers": {"workers": None}},
        None,
        InvalidAnswer,
        "^workers: None .* a whole number$",
        id="no number",
    ),
    pytest.param(
        {"answers": {"author_name": "#1"}},
        None,
        InvalidAnswer,
        "^author_name: '#1' is not accepted; type a name without #$",
        id="validator",
    ),
    pytest.param(
        {"answers": {"project_name": ["a"]}},
        None,
        InvalidAnswer,
        "^project_name: .'a'. .* a text$",
        id="text",
    ),
    pytest.param(
        {"answers": {"template": "other"}}, None, InvalidAnswer, "^template: 'other' is not acc", id="both"
    ),
    pytest.param({"template": "other"}, None, MissingAnswer, "-d colour=VALUE", id="no default"),
    pytest.param({}, no_identity, NoGitIdentity, "git does not know who you are", id="no identity"),
    pytest.param({}, broken_syntax, RenderFailed, r"README\.md\.jinja, line 1: Expected", id="syntax"),
    pytest.param({}, unknown_variable, RenderFailed, "'projct_name' is undefined", id="variable"),
    pytest.param({}, unsafe_template, UnsafeTemplate, "template toy has _tasks, which would run", id="tasks"),
    pytest.param({}, broken_yaml, RenderFailed, "questions.yml is no YAML: line 2", id="questions"),
    pytest.param(
        {}, needs_newer_copier, RenderFailed, r"requires Copier version >= 99\.0\.0", id="old copier"
    ),
]


@pytest.mark.parametrize(("settings", "damage", "error", "words"), REFUSED)
@pytest.mark.parametrize("do", [new_project, plan_project], ids=["new", "plan"])
def test_bad_input_is_one_line_and_leaves_nothing(
    released: Path,
    dest: Path,
    capfd: pytest.CaptureFixture[str],
    *,
    do: Callable[..., object],
    settings: dict[str, object],
    damage: Callable[[Path], None] | None,
    error: type[ScaffolderError],
    words: str,
) -> None:
    if damage:
        damage(released)
    settings = {"template": "toy", "dest": dest, "answers": {}, "ask": False, **settings}
    with pytest.raises(error, match=words) as caught:
        do(**settings)
    assert len(str(caught.value).splitlines()) == 1
    assert list(dest.parent.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_the_template_may_be_among_the_answers(released: Path, dest: Path) -> None:
    make(dest, answers={**ADA, "template": "toy"})
    assert (dest / "README.md").is_file()


def test_a_very_long_answer_is_shown_shortened(released: Path, dest: Path) -> None:
    with pytest.raises(InvalidAnswer, match="licence") as caught:
        make(dest, answers={"licence": "x" * 100_000})
    assert len(str(caught.value)) < 200


def test_git_is_looked_for_first(released: Path, dest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitMissing, match="or pass --no-git"):
        make(dest)
    assert list(dest.parent.iterdir()) == []


def a_file(dest: Path) -> None:
    dest.write_text("mine\n")


def a_folder_with_a_file(dest: Path) -> None:
    dest.mkdir()
    (dest / "mine.txt").write_text("mine\n")


def a_broken_link(dest: Path) -> None:
    dest.symlink_to(dest.parent / "nowhere")


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (a_file, "pump is a file; choose a folder that is new or empty"),
        (a_folder_with_a_file, "pump exists and is not empty; choose a folder that is new or empty"),
        pytest.param(a_broken_link, "pump is a broken symbolic link; choose", marks=on_posix),
    ],
)
def test_what_lies_at_the_destination_is_kept(
    released: Path, dest: Path, there: Callable[[Path], None], words: str
) -> None:
    there(dest)
    before = [(path, path.lstat().st_mtime_ns) for path in sorted(dest.parent.rglob("*"))]
    with pytest.raises(DestinationExists, match=words):
        make(dest)
    with pytest.raises(DestinationExists, match=words):
        plan_project("toy", dest, answers={}, ask=False)
    assert [(path, path.lstat().st_mtime_ns) for path in sorted(dest.parent.rglob("*"))] == before


def test_a_parent_that_is_a_file_is_refused(released: Path, dest: Path) -> None:
    dest.write_text("mine\n")
    with pytest.raises(
        DestinationUnwritable, match=r"cannot write .*: not a directory; nothing was generated"
    ):
        make(dest / "below" / "it")
    assert dest.read_text() == "mine\n"


@on_posix
def test_an_unwritable_parent_is_refused(released: Path, dest: Path) -> None:
    dest.parent.chmod(0o555)
    is_root = os.geteuid() == 0
    for folder in (released.parents[1], released.parent):
        folder.chmod(0o755)
    if is_root:
        os.seteuid(65534)  # root may write anywhere
    try:
        with pytest.raises(DestinationUnwritable, match=r"cannot write .*pump: permission denied"):
            make(dest, git=False, version="0.1.0")
    finally:
        if is_root:
            os.seteuid(0)
        dest.parent.chmod(0o755)
    assert list(dest.parent.iterdir()) == []


def test_a_name_that_is_too_long_is_refused(released: Path, dest: Path) -> None:
    with pytest.raises(DestinationUnwritable, match="file name too long"):
        make(dest.parent / ("x" * 300))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("left", [0, 16_000, 60_000])
def test_a_full_disk_leaves_nothing(released: Path, small_disk: Path, left: int) -> None:
    (small_disk / "ballast").write_bytes(b"x" * (128 * 1024 - 4096 - left))
    with pytest.raises(ScaffolderError, match=r"(?i)no space left on device") as caught:
        make(small_disk / "pump")
    assert len(str(caught.value).splitlines()) == 1
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]


def test_a_full_cache_leaves_nothing(
    toys: Path, dest: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small_disk / "ballast").write_bytes(b"x" * (128 * 1024 - 4096))
    monkeypatch.setattr(places, "cache", lambda: small_disk / "cache")
    with pytest.raises(ScaffolderError, match=r"(?i)no space left on device"):
        make(dest)
    assert list(dest.parent.iterdir()) == []


# --- interruption


@pytest.mark.parametrize("step", ["identity", "render", "commit_stream", "put_in_place"])
@pytest.mark.parametrize("existing", [False, True], ids=["new", "existing"])
def test_an_interruption_leaves_nothing(
    released: Path, dest: Path, monkeypatch: pytest.MonkeyPatch, step: str, existing: bool
) -> None:
    if existing:
        dest.mkdir()

    def interrupted(*args: object, **settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(create, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(dest)
    assert list(dest.parent.rglob("*")) == ([dest] if existing else [])


def test_an_interruption_while_files_move_in_leaves_nothing(
    released: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest.mkdir()
    rename, moved = Path.rename, []

    def interrupted(path: Path, target: Path) -> Path:
        if len(moved) == 4:
            raise KeyboardInterrupt
        moved.append(target)
        return rename(path, target)

    monkeypatch.setattr(destination.Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(dest)
    assert len(moved) == 4
    assert list(dest.parent.rglob("*")) == [dest]


# --- where it goes


def test_missing_parents_are_made(released: Path, dest: Path) -> None:
    created = make(dest / "a" / "b")
    assert created.path == dest / "a" / "b"
    assert_one_sound_commit(dest / "a" / "b", created)


def test_an_existing_empty_folder_stays_the_same_folder(
    released: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest.mkdir()
    monkeypatch.chdir(dest)
    created = make(Path())
    assert created.path == dest.resolve()
    assert Path("README.md").is_file()  # seen by who stood there before
    assert_one_sound_commit(dest, created)
    assert list(dest.parent.iterdir()) == [dest]


def test_a_relative_destination_is_where_one_stands(
    released: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest.mkdir()
    monkeypatch.chdir(dest)
    assert make(Path("../other pump")).path == dest.parent.resolve() / "other pump"


# --- a plan


def test_a_plan_is_what_is_made_later(released: Path, dest: Path) -> None:
    (released / "templates/toy/project/new.txt").write_text("new\n")
    planned = plan_project("toy", dest, answers={"web": "no"}, ask=False)
    assert list(dest.parent.iterdir()) == []
    assert not places.cache().exists()
    created = make(dest, answers={"web": "no"})
    assert (planned.files, planned.version) == (created.files, created.version)
    assert planned.answers == {
        "project_name": "Toy",
        "author_name": "Ada Example",
        "licence": "MIT",
        "web": False,
        "workers": 2,
    }


# --- asking


def ask(dest: Path, typed: str, **answers: object) -> create.Created:
    with create_pipe_input() as keyboard, create_app_session(input=keyboard):
        keyboard.send_text(typed)
        return new_project("toy", dest, answers=answers, ask=True)


def test_only_what_is_open_is_asked(released: Path, dest: Path, capfd: pytest.CaptureFixture[str]) -> None:
    # The person's name is proposed, the licence picked with the arrow key, the page declined.
    ask(dest, "\r\x1b[B\rn", project_name="Given", workers=5)
    recorded = yaml.safe_load((dest / ".copier-answers.yml").read_text())
    assert recorded["project_name"] == "Given"
    assert recorded["author_name"] == "Ada Example"
    assert recorded["licence"] == "Apache-2.0"
    assert (recorded["web"], recorded["workers"]) == (False, 5)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "Which licence?" in shown.err
    assert "What is it called?" not in shown.err


def test_ctrl_c_at_a_question_leaves_nothing(released: Path, dest: Path) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        ask(dest, "\r\x03")
    assert type(caught.value) is KeyboardInterrupt  # copier's own would pass for an ordinary error
    assert list(dest.parent.iterdir()) == []


def test_a_wrong_answer_is_told_before_anything_is_asked(released: Path, dest: Path) -> None:
    with pytest.raises(UnknownAnswer, match="did you mean 'licence'"):
        ask(dest, "", licens="MIT")


def test_asking_without_a_terminal_is_refused(
    released: Path, dest: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        with pytest.raises(NoTerminal, match="no terminal to ask on; pass --defaults, or answer with"):
            new_project("toy", dest, answers={}, ask=True)
    assert list(dest.parent.iterdir()) == []


def test_history_stays_as_it_is(released: Path, dest: Path) -> None:
    before = places.stream().read_bytes()
    make(dest)
    assert places.stream().read_bytes() == before
    assert history.versions() == ("0.1.0",)
