"""Git itself: is it there, is it new enough, who commits, and whose environment it sees."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from scaffolder import git
from scaffolder.errors import GitFailed, GitMissing, GitTooOld, NoGitIdentity
from scaffolder.tree import File, tree_id

if TYPE_CHECKING:
    from pathlib import Path

on_posix = pytest.mark.skipif(os.name == "nt", reason="the stand-in for git is a shell script")


def pretend_git(says: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = folder / "git"
    script.write_text(f"#!/bin/sh\necho '{says}'\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@on_posix
@pytest.mark.parametrize("says", ["git version 2.38.0", "git version 2.45.1.windows.1", "git version 3.0.0"])
def test_a_git_that_is_new_enough_is_accepted(
    says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_git(says, tmp_path, monkeypatch)
    git.check_version()


@on_posix
@pytest.mark.parametrize("says", ["git version 2.37.9 (Apple Git-1)", "git version 1.99.0", "no git at all"])
def test_an_older_git_is_refused(says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_git(says, tmp_path, monkeypatch)
    with pytest.raises(GitTooOld, match=r"is too old; install 2\.38 or newer, or pass --no-git"):
        git.check_version()


@pytest.mark.parametrize("options", [[], ["--no-optional-locks"], ["-c", "a.b=c", "-c", "d.e=f"]])
def test_a_failure_names_the_command_and_no_option(options: list[str], tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match=r"^git cat-file failed: "):
        git.run([*options, "cat-file", "-p", "HEAD"], cwd=tmp_path)


def test_a_missing_git_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitMissing, match="git was not found; install it"):
        git.check_version()


def test_a_failing_command_is_told_in_gits_own_words(home: Path, tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="git rev-parse failed: fatal: not a git repository"):
        git.run(["rev-parse", "HEAD"], cwd=tmp_path)


def test_the_author_comes_from_the_configuration(home: Path) -> None:
    found = git.identity(home)
    assert found.name == "Ada Example"
    assert found.author.startswith("Ada Example <ada@example.org> ")
    assert found.committer == found.author


def test_the_author_comes_from_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".gitconfig").unlink()
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", f"Grace the {role}")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "grace@example.org")
    assert git.identity(home).name == "Grace the AUTHOR"
    assert git.identity(home).committer.startswith("Grace the COMMITTER <grace@example.org> ")


@pytest.mark.parametrize(
    "config",
    [
        "",
        "[user]\n\tname = Ada\n",
        "[user]\n\temail = ada@example.org\n",
        "[user]\n\tuseConfigOnly = false\n",
    ],
)
def test_half_an_identity_is_none(home: Path, config: str) -> None:
    (home / ".gitconfig").write_text(config)
    with pytest.raises(NoGitIdentity, match=r"user\.name .*user\.email .*or pass --no-git"):
        git.identity(home)


def test_an_author_without_a_committer_is_no_identity(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".gitconfig").unlink()
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "ada@example.org")
    with pytest.raises(NoGitIdentity, match="git does not know who you are"):
        git.identity(home)


def test_a_name_that_is_not_utf8_can_be_shown(home: Path) -> None:
    (home / ".gitconfig").write_bytes(b"[user]\n\tname = Jos\xe9\n\temail = jose@example.org\n")
    assert git.identity(home).name == "Jos\N{REPLACEMENT CHARACTER}"


def test_a_tree_has_the_id_that_git_gives_it(home: Path, tmp_path: Path) -> None:
    # Where a folder and a file begin alike, git sorts the folder as if its name ended in a slash.
    names = ["a-b/c", "a.b", "a/b/c", "a0", "ab/c", "b/run.sh", "é/ö", "Z"]
    folder = tmp_path / "tree"
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    (folder / "b/run.sh").chmod(0o755)
    git.init(folder)
    git.run(["add", "--all"], cwd=folder)
    if os.name == "nt":
        git.run(["update-index", "--chmod=+x", "b/run.sh"], cwd=folder)
    files = {name: File("100755" if name == "b/run.sh" else "100644", name.encode()) for name in names}
    assert tree_id(files) == git.run(["write-tree"], cwd=folder).decode().strip()


def test_variables_of_an_outer_git_command_are_not_seen(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "From The Environment")
    folder = tmp_path / "repository"
    folder.mkdir()
    git.init(folder)
    assert git.run(["rev-parse", "--git-dir"], cwd=folder) == b".git\n"
    assert git.identity(folder).name == "From The Environment"
    assert subprocess.run(["git", "rev-parse"], cwd=folder, capture_output=True, check=False).returncode != 0
