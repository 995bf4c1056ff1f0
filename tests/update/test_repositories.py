"""`update` in repositories of every kind: what git can hold, and what a work tree can be in the middle of."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from scaffolder import update
from scaffolder.create import new_project
from scaffolder.engine import apply
from scaffolder.errors import ScaffolderError
from scaffolder.repository import open_repository
from scaffolder.update import Wish, update_project

from .cases import MINE, NUMBERS, RENEWED, Case, commit_all, files_of, git, text, write_copier_template

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Make

BEFORE, AFTER = {"a.txt": text()}, {"a.txt": text({2: RENEWED})}
MERGED = text({2: RENEWED, 9: MINE})
HERE = Wish()


@pytest.fixture
def project(make: Make) -> Path:
    """A project one version behind, in whose a.txt its owner changed another line than the template."""
    path = make(BEFORE, AFTER)
    (path / "a.txt").write_bytes(text({9: MINE}))
    commit_all(path, "Mine")
    return path


def everything(project: Path) -> tuple[object, ...]:
    """Return all that an update that does not happen must leave alone."""
    names = ("HEAD", "index", "refs/heads")
    inside = [project / ".git" / name for name in names if (project / ".git" / name).is_file()]
    log = git("log", "--all", "--format=%H", cwd=project)
    return (
        files_of(project),
        [path.read_bytes() for path in inside],
        log,
        sorted((project / ".git").iterdir()),
    )


def refused(project: Path, wish: Wish = HERE) -> str:
    """Return the one line with which an update is refused; nothing may have changed."""
    before = files_of(project)
    with pytest.raises(ScaffolderError) as caught:
        update_project(project, wish)
    assert files_of(project) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


# What a file can be


def test_a_mode_that_the_template_changes_arrives(home: Path, tmp_path: Path) -> None:
    source, project = tmp_path / "template", tmp_path / "project"
    write_copier_template(source, Case("", {"tool": text()}, {"tool": text()}))
    git("update-index", "--chmod=+x", "project/tool", cwd=source)
    git("commit", "--quiet", "-m", "Executable", cwd=source)
    git("tag", "v3.0.0", cwd=source)
    new_project(str(source), project, answers={}, ask=False, git=True, version="v1.0.0")
    update_project(project, HERE)
    assert os.access(project / "tool", os.X_OK)
    assert git("ls-files", "--stage", "tool", cwd=project).startswith(b"100755")


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_a_link_of_the_owner_in_place_of_a_file_is_a_conflict_and_stays(make: Make) -> None:
    project = make(BEFORE, AFTER)
    (project / "a.txt").rename(project / "real.txt")
    (project / "a.txt").symlink_to("real.txt")
    commit_all(project, "A link")
    outcome = update_project(project, HERE)
    assert [conflict.path for conflict in outcome.conflicts] == ["a.txt"]
    assert (project / "a.txt").is_symlink()
    assert (project / "real.txt").read_bytes() == text()


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_nothing_is_written_through_a_link_to_somewhere_else(make: Make, tmp_path: Path) -> None:
    project = make(BEFORE, {**BEFORE, "docs/new.txt": b"New.\n"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (project / "docs").symlink_to(elsewhere)
    commit_all(project, "A link")
    outcome = update_project(project, HERE)
    assert list(elsewhere.iterdir()) == []
    assert outcome.beside == (("docs/new.txt", "docs.new/new.txt"),)


@pytest.mark.parametrize(
    "name", ["größe 日本.txt", 'with "quotes".txt', "back\\slash.txt", " blanks ", "-dash", "a:b"]
)
@pytest.mark.skipif(sys.platform == "win32", reason="has no such names")
def test_names_of_every_kind(make: Make, name: str) -> None:
    project = make({name: text()}, {name: text({2: RENEWED}), f"new {name}": b"New.\n"})
    (project / name).write_bytes(text({9: MINE}))
    (project / f"own {name}").write_bytes(b"Own.\n")
    commit_all(project, "Mine")
    update_project(project, HERE)
    assert (project / name).read_bytes() == MERGED
    assert (project / f"new {name}").read_bytes() == b"New.\n"
    assert (project / f"own {name}").read_bytes() == b"Own.\n"
    assert git("diff", "--name-only", cwd=project) == b""


@pytest.mark.parametrize(
    "name", ["with\nnewline.txt", "a\ttab", '"\n\\n', b"\xff.txt".decode(errors="surrogateescape")]
)
@pytest.mark.skipif(sys.platform != "linux", reason="has no such names")
def test_names_of_the_owners_that_no_template_may_use(make: Make, name: str) -> None:
    project = make({**BEFORE, "b.txt": text()}, {**AFTER, "b.txt": text({1: b"one, renewed"})})
    (project / "b.txt").rename(project / name)
    commit_all(project, "Renamed")
    outcome = update_project(project, HERE)
    assert (project / name).read_bytes() == text({1: b"one, renewed"})
    assert not (project / "b.txt").exists()
    assert name in outcome.changed
    assert git("diff", "--name-only", cwd=project) == b""


def test_a_file_where_the_template_wants_a_folder(make: Make) -> None:
    project = make(BEFORE, {**AFTER, "docs/new.txt": b"New.\n"})
    (project / "docs").write_bytes(b"My docs.\n")
    commit_all(project, "Mine")
    update_project(project, HERE)
    assert (project / "docs").read_bytes() == b"My docs.\n"
    assert b"New.\n" in [content for content, _ in files_of(project).values()]


def test_a_folder_where_the_template_wants_a_file(make: Make) -> None:
    project = make(BEFORE, {**AFTER, "docs": b"New.\n"})
    (project / "docs").mkdir()
    (project / "docs" / "mine.txt").write_bytes(b"My docs.\n")
    commit_all(project, "Mine")
    update_project(project, HERE)
    assert (project / "docs" / "mine.txt").read_bytes() == b"My docs.\n"
    assert b"New.\n" in [content for content, _ in files_of(project).values()]


def test_an_untracked_file_is_not_overwritten_and_a_second_name_is_found(make: Make) -> None:
    project = make(BEFORE, {**AFTER, "plan.txt": b"The template's.\n"})
    (project / "plan.txt").write_bytes(b"Mine.\n")
    (project / "plan.txt.new").write_bytes(b"Mine, too.\n")
    outcome = update_project(project, HERE)
    assert outcome.beside == (("plan.txt", "plan.txt.new2"),)
    assert (project / "plan.txt").read_bytes() == b"Mine.\n"
    assert (project / "plan.txt.new").read_bytes() == b"Mine, too.\n"


def test_the_owners_comment_in_the_answers_file_stays(project: Path) -> None:
    answers = project / ".copier-answers.yml"
    answers.write_text(f"# Ask Bob before changing this.\n{answers.read_text()}")
    commit_all(project, "A comment")
    outcome = update_project(project, HERE)
    assert not outcome.conflicts
    assert "# Ask Bob before changing this." in answers.read_text()
    assert "_commit: v2.0.0" in answers.read_text()


# Where a project can lie


def test_a_project_in_a_folder_of_a_larger_repository(make: Make, tmp_path: Path) -> None:
    (tmp_path / "shop" / "apps").mkdir(parents=True)
    shop = tmp_path / "shop"
    git("init", "--quiet", "--initial-branch=main", cwd=shop)
    project = make(BEFORE, {**AFTER, "new.txt": b"New.\n"}, where="shop/apps/pumps")
    (project / "a.txt").write_bytes(text({9: MINE}))
    (shop / "a.txt").write_bytes(b"Another.\n")
    commit_all(shop, "All")
    (shop / "a.txt").write_bytes(b"Another, at work.\n")  # outside the project: none of its business
    update_project(project, HERE)
    assert (project / "a.txt").read_bytes() == MERGED
    assert (shop / "a.txt").read_bytes() == b"Another, at work.\n"
    status = git("status", "--porcelain", cwd=shop).decode().splitlines()
    inside = [
        "M  apps/pumps/.copier-answers.yml",
        "M  apps/pumps/a.txt",
        "A  apps/pumps/new.txt",
    ]
    assert status == [" M a.txt", *inside]


def test_a_submodule_is_left_alone(project: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    git("init", "--quiet", "--initial-branch=main", str(library), cwd=tmp_path)
    (library / "code.py").write_text("CODE = 1\n")
    commit_all(library, "Code")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "lib", cwd=project)
    commit_all(project, "A submodule")
    (project / "lib" / "code.py").write_text("CODE = 2\n")
    update_project(project, HERE)
    assert (project / "a.txt").read_bytes() == MERGED
    assert (project / "lib" / "code.py").read_text() == "CODE = 2\n"
    assert git("ls-files", "--stage", "lib", cwd=project).startswith(b"160000")


def test_a_linked_work_tree(project: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git("worktree", "add", "--quiet", "-b", "other", str(linked), cwd=project)
    update_project(linked, HERE)
    assert (linked / "a.txt").read_bytes() == MERGED
    assert git("status", "--porcelain", cwd=project) == b""


def test_a_repository_with_sha256(make: Make, tmp_path: Path) -> None:
    project = make(BEFORE, AFTER)
    moved = tmp_path / "sha256"
    git("init", "--quiet", "--object-format=sha256", "--initial-branch=main", str(moved), cwd=tmp_path)
    for name, (content, _) in files_of(project).items():
        (moved / name).write_bytes(content)
    (moved / "a.txt").write_bytes(text({9: MINE}))
    commit_all(moved, "Moved")
    update_project(moved, HERE)
    assert (moved / "a.txt").read_bytes() == MERGED


def test_autocrlf(home: Path, project: Path) -> None:
    git("config", "core.autocrlf", "true", cwd=project)
    (project / "a.txt").unlink()
    git("checkout", "--", "a.txt", cwd=project)
    assert b"\r\n" in (project / "a.txt").read_bytes()
    update_project(project, HERE)
    assert (project / "a.txt").read_bytes() == MERGED.replace(b"\n", b"\r\n")
    assert git("diff", "HEAD", "--numstat", "a.txt", cwd=project).split()[:2] == [b"1", b"1"]


def test_a_sparse_checkout_keeps_what_is_not_there_out(make: Make) -> None:
    before = {"a.txt": text(), "big/b.txt": text()}
    project = make(before, {"a.txt": text({2: RENEWED}), "big/b.txt": text({2: RENEWED})})
    git("sparse-checkout", "set", "--no-cone", "/*", "!/big/", cwd=project)
    assert not (project / "big").exists()
    outcome = update_project(project, HERE)
    assert (project / "a.txt").read_bytes() == text({2: RENEWED})
    assert not (project / "big" / "b.txt").exists()
    assert "big/b.txt" in dict(outcome.beside)


def test_a_file_that_git_was_told_not_to_look_at_is_not_overwritten(project: Path) -> None:
    git("update-index", "--assume-unchanged", "a.txt", cwd=project)
    (project / "a.txt").write_bytes(b"Only on this machine.\n")
    outcome = update_project(project, HERE)
    assert (project / "a.txt").read_bytes() == b"Only on this machine.\n"
    assert dict(outcome.beside)["a.txt"].startswith("a.txt.new")


# What an update refuses


def test_no_repository(make: Make, tmp_path: Path) -> None:
    project = make(BEFORE, AFTER)
    (project / ".git").rename(tmp_path / "away")
    assert "it lies in no git repository; run 'git init'" in refused(project)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give away")
def test_a_repository_of_somebody_else(make: Make) -> None:
    project = make(BEFORE, AFTER)
    os.chown(project / ".git", 4321, 4321)
    os.chown(project, 4321, 4321)
    assert "it belongs to another user; 'git config --global --add safe.directory " in refused(project)


def test_a_line_break_in_the_path(project: Path) -> None:
    with pytest.raises(ScaffolderError, match="there is a line break in its path"):
        update_project(project.rename(project.with_name("one\ntwo")), HERE)


def test_nothing_committed(make: Make) -> None:
    project = make(BEFORE, AFTER)
    git("update-ref", "-d", "HEAD", cwd=project)
    assert "nothing is committed yet" in refused(project)


@pytest.mark.parametrize("staged", [False, True])
def test_changes_that_are_not_committed(project: Path, staged: bool) -> None:
    (project / "a.txt").write_bytes(b"At work.\n")
    if staged:
        git("add", "a.txt", cwd=project)
    said = refused(project)
    assert "a.txt changed since the last commit; commit or stash that first, or pass --branch NAME" in said


def test_a_merge_under_way(project: Path) -> None:
    git("checkout", "--quiet", "-b", "side", "HEAD~1", cwd=project)
    (project / "a.txt").write_bytes(text({9: b"nine, of the side"}))
    commit_all(project, "Side")
    with pytest.raises(subprocess.CalledProcessError):
        git("merge", "main", cwd=project)
    assert "a merge is under way; finish or abort it first" in refused(project)


def test_an_answers_file_that_is_not_committed(project: Path) -> None:
    git("rm", "--quiet", "--cached", ".copier-answers.yml", cwd=project)
    git("commit", "--quiet", "-m", "Forgotten", cwd=project)
    assert ".copier-answers.yml is not committed; commit it first" in refused(project)


def test_another_git_at_work(project: Path) -> None:
    (project / ".git" / "index.lock").write_bytes(b"")
    assert "another git command is at work, or died, in this repository" in refused(project)
    (project / ".git" / "index.lock").unlink()
    assert update_project(project, HERE).state == "updated"


def test_a_second_update_at_once(project: Path) -> None:
    with apply.locked(open_repository(project)):
        assert "another update of it is under way; wait for its end" in refused(project)


def test_an_older_version_only_when_asked_for(project: Path) -> None:
    update_project(project, HERE)
    git("commit", "--quiet", "-m", "Updated", cwd=project)
    back = Wish(to="v1.0.0")
    assert "which is newer than 1.0.0; pass --allow-downgrade to go back" in refused(project, back)
    update_project(project, Wish(to="v1.0.0", allow_downgrade=True))
    assert (project / "a.txt").read_bytes() == text({9: MINE})


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(make: Make) -> None:
    project = make({"docs/a.txt": text()}, {"docs/a.txt": text({2: RENEWED})})
    (project / "docs").chmod(0o555)
    try:
        assert "docs/a.txt cannot be written: Permission denied" in refused(project)
    finally:
        (project / "docs").chmod(0o755)


def test_a_file_saved_while_the_update_was_prepared(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = apply.commit.in_own_session

    def late(*args: object) -> str:
        (project / "a.txt").write_bytes(b"Saved by an editor.\n")
        return inner(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(apply.commit, "in_own_session", late)
    with pytest.raises(ScaffolderError, match="changed while it was being updated; nothing was written"):
        update_project(project, HERE)
    assert (project / "a.txt").read_bytes() == b"Saved by an editor.\n"
    assert git("diff", "--cached", "--name-only", cwd=project) == b""


@pytest.mark.parametrize("name", ["a.txt", "new.txt"])
def test_a_file_saved_while_the_template_was_rendered(
    make: Make, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    project = make(BEFORE, {**AFTER, "new.txt": b"New.\n"})
    inner = apply.stage

    def late(*args: Any) -> Any:
        (project / name).write_bytes(b"Saved by an editor.\n")
        return inner(*args)

    monkeypatch.setattr(apply, "stage", late)
    with pytest.raises(ScaffolderError, match=f"{name} changed while it was being updated; nothing was"):
        update_project(project, HERE)
    assert (project / name).read_bytes() == b"Saved by an editor.\n"
    assert git("diff", "--cached", "--name-only", cwd=project) == b""


def test_a_commit_made_while_the_tests_ran(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def long(*_: object) -> Any:
        (project / "a.txt").write_bytes(text({9: b"nine, committed meanwhile"}))
        commit_all(project, "Meanwhile")
        return ()

    monkeypatch.setattr(update._Update, "_rehearse", long)
    with pytest.raises(ScaffolderError, match="a commit was made while it was being updated"):
        update_project(project, Wish(test=True))
    assert b"committed meanwhile" in (project / "a.txt").read_bytes()
    assert git("diff", "HEAD", "--name-only", cwd=project) == b""


# What an update can be asked for


def test_a_dry_run_writes_nothing(project: Path) -> None:
    before = everything(project)
    outcome = update_project(project, Wish(dry_run=True))
    assert everything(project) == before
    assert f"-{NUMBERS[1]}\n+{RENEWED.decode()}\n" in outcome.diff
    patch = subprocess.run(
        ["git", "apply", "--check", "-"], cwd=project, input=outcome.diff.encode(), check=False
    )
    assert patch.returncode == 0


def test_a_branch_leaves_a_dirty_work_tree_as_it_is(project: Path) -> None:
    (project / "a.txt").write_bytes(b"At work.\n")
    outcome = update_project(project, Wish(branch="template"))
    assert (project / "a.txt").read_bytes() == b"At work.\n"
    assert git("show", "template:a.txt", cwd=project) == MERGED
    assert outcome.commit == git("rev-parse", "template", cwd=project).decode().strip()
    assert git("rev-parse", "template~1", cwd=project) == git("rev-parse", "main", cwd=project)
    assert "there is a branch 'template' already" in refused(project, Wish(branch="template"))


@pytest.mark.parametrize("name", ["..", "a b", "-x", "x.lock", ""])
def test_a_name_that_is_none_for_a_branch(project: Path, name: str) -> None:
    assert repr(name) in refused(project, Wish(branch=name))


def test_a_conflict_is_resolved_with_mergetool(make: Make) -> None:
    project = make(BEFORE, {"a.txt": text({9: b"nine, renewed"})})
    (project / "a.txt").write_bytes(text({9: MINE}))
    commit_all(project, "Mine")
    update_project(project, HERE)
    marked = (project / "a.txt").read_text()
    assert "<<<<<<< yours\nnine, mine\n" in marked
    assert "=======\nnine, renewed\n>>>>>>> template-v2.0.0\n" in marked
    tool = 'cat "$LOCAL" > "$MERGED" && grep -c renewed "$REMOTE" >> "$MERGED"'
    settings = ("-c", f"mergetool.both.cmd={tool}", "-c", "mergetool.both.trustExitCode=true")
    git(*settings, "-c", "mergetool.keepBackup=false", "mergetool", "--tool=both", "--no-prompt", cwd=project)
    assert (project / "a.txt").read_bytes() == text({9: MINE}) + b"1\n"
    assert git("ls-files", "--unmerged", cwd=project) == b""
    git("commit", "--quiet", "-m", "Updated", cwd=project)
    assert update_project(project, HERE).state == "current"


def test_an_update_interrupted_while_it_is_prepared_is_cleaned_up(project: Path) -> None:
    staging = project / ".git" / "scaffolder" / "staging"
    staging.mkdir(parents=True)
    (staging / "index").write_bytes(b"half")
    assert update_project(project, HERE).state == "updated"
    assert not staging.exists()
