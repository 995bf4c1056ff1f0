"""Where a version of the templates comes from, and how one template is laid out for a renderer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml
from packaging.version import Version

from scaffolder import history, places
from scaffolder.engine.source import Source, locate, project_files
from scaffolder.errors import NoRelease, RenderFailed, UnknownTemplate, UnknownVersion
from scaffolder.tree import File

from .conftest import git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROJECT = "templates/toy/project"


def test_an_unchanged_checkout_is_the_newest_release(released: Path) -> None:
    source = locate()
    assert (source.version, source.tag, source.is_release) == ("0.1.0", "v0.1.0", True)
    assert source.files == history.files("0.1.0")


def edit(folder: Path) -> None:
    (folder / PROJECT / "README.md.jinja").write_text("# Changed\n")


def add(folder: Path) -> None:
    (folder / PROJECT / "new.txt").write_text("new\n")


def delete(folder: Path) -> None:
    (folder / PROJECT / "run.sh").unlink()


def make_executable(folder: Path) -> None:
    (folder / PROJECT / "portfolio.toml").chmod(0o755)


def commit(folder: Path) -> None:
    edit(folder)
    git("commit", "--quiet", "--all", "-m", "Change", cwd=folder)


@pytest.mark.parametrize("change", [edit, add, delete, make_executable, commit])
def test_a_changed_checkout_is_an_unreleased_version(released: Path, change: Callable[[Path], None]) -> None:
    if change is make_executable and os.name == "nt":
        pytest.skip("no executable bit there")
    change(released)
    source = locate()
    assert not source.is_release
    assert source.version.startswith("0.1.1.dev0+g")
    assert Version("0.1.0") < Version(source.version) < Version("0.1.1")


def test_what_git_ignores_makes_no_version(released: Path) -> None:
    (released / PROJECT / "trace.log").write_text("ignored\n")
    (released / "notes.txt").write_text("outside of the templates\n")
    assert locate().version == "0.1.0"


def test_what_only_the_user_ignores_does(released: Path, home: Path) -> None:
    (home / "ignore").write_text("*.txt\n")
    with (home / ".gitconfig").open("a") as config:
        config.write(f"[core]\n\texcludesFile = {(home / 'ignore').as_posix()}\n")
    add(released)
    assert f"{PROJECT}/new.txt" in locate().files


def test_the_same_files_are_the_same_unreleased_version(released: Path) -> None:
    edit(released)
    first = locate().version
    git("commit", "--quiet", "--all", "-m", "Change", cwd=released)
    assert locate().version == first
    add(released)
    assert locate().version != first


def test_before_the_first_release_a_checkout_serves(toys: Path) -> None:
    tree = git("ls-tree", "HEAD", cwd=toys)
    assert len(tree.splitlines()) == 2  # so the tree of the commit is that of the templates
    assert locate().version == f"0.1.0.dev0+g{git('rev-parse', 'HEAD^{tree}', cwd=toys)[:12]}"


def test_before_the_first_commit_a_checkout_serves(toys: Path) -> None:
    shutil.rmtree(toys / ".git")
    git("init", "--quiet", cwd=toys)
    assert f"{PROJECT}/run.sh" in locate().files


def test_a_linked_work_tree_is_a_checkout(released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linked = released.parent / "linked"
    git("worktree", "add", "--quiet", str(linked), cwd=released)
    monkeypatch.setattr(places, "home", lambda: linked)
    assert locate().version == "0.1.0"
    edit(linked)
    assert locate().version.startswith("0.1.1.dev0")


def test_line_ends_of_a_windows_checkout_make_no_version(released: Path, home: Path) -> None:
    with (home / ".gitconfig").open("a") as config:
        config.write("[core]\n\tautocrlf = true\n")
    path = released / "copier.yml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert locate().version == "0.1.0"


def test_a_wheel_gives_the_newest_release(released: Path) -> None:
    shutil.rmtree(released / ".git")
    edit(released)
    assert locate().files == history.files("0.1.0")


def test_a_wheel_needs_no_git(released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(released / ".git")
    monkeypatch.setenv("PATH", "")
    assert locate().version == "0.1.0"


def test_a_wheel_without_release_says_so(toys: Path) -> None:
    shutil.rmtree(toys / ".git")
    with pytest.raises(NoRelease, match="this installation holds no released template"):
        locate()


@pytest.mark.parametrize("version", ["0.1.0", "v0.1.0"])
def test_a_release_can_be_asked_for_by_name(released: Path, version: str) -> None:
    edit(released)
    assert locate(version).files == history.files("0.1.0")


@pytest.mark.parametrize("version", ["0.2.0", "v", "latest"])
def test_an_unknown_version_is_refused(released: Path, version: str) -> None:
    with pytest.raises(UnknownVersion, match=r"no version '.*' of the templates; released: 0\.1\.0"):
        locate(version)


def test_the_origin_is_no_path_of_this_machine(released: Path) -> None:
    assert locate().url.startswith("https://")
    assert locate().url.endswith(".git")


def test_copier_reads_what_the_history_keeps(released: Path) -> None:
    edit(released)
    source = locate()
    for repository, tag in (
        (history.store(), "v0.1.0"),
        (history.keep_snapshot(source.version, source.files), source.tag),
    ):
        made = released.parent / tag
        command = [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults", "--vcs-ref", tag]
        subprocess.run([*command, "-d", "template=toy", str(repository), str(made)], check=True)
        assert yaml.safe_load((made / ".copier-answers.yml").read_text())["_commit"] == tag
    assert (made / "README.md").read_text() == "# Changed\n"


def test_a_snapshot_is_kept_once_and_beside_others(released: Path) -> None:
    kept = []
    for change in (edit, add):
        change(released)
        source = locate()
        for _ in range(2):
            repository = history.keep_snapshot(source.version, source.files)
        kept.append(source.tag)
    assert git("tag", "--list", cwd=repository).split() == sorted(kept)


def test_links_become_files(released: Path) -> None:
    files = project_files(locate(), "toy")
    assert {file.mode for file in files.values()} == {"100644", "100755"}
    shared = (released / "templates/_shared/answers.jinja").read_bytes()
    assert files["{{ _copier_conf.answers_file }}.jinja"] == File("100644", shared)
    # Copier too: git has no executable bit for a link, whatever it leads to.
    assert files["shared.sh"].mode == "100644"


def test_a_link_to_a_folder_brings_all_its_files(released: Path) -> None:
    files = project_files(locate(), "toy")
    parts = released / "templates/_shared/parts"
    for name in ("one.py", "deep/two.txt"):
        assert files[f"src/toy/parts/{name}"].content == (parts / name).read_bytes()


def test_an_unknown_template_is_told_with_the_nearest(released: Path) -> None:
    with pytest.raises(UnknownTemplate, match="no template named 'toys'; did you mean 'toy'"):
        locate().tree("toys")
    with pytest.raises(UnknownTemplate, match="no template named '_shared'; choose one of: other, toy"):
        locate().tree("_shared")


@pytest.mark.parametrize("target", ["nowhere.txt", "../../../../outside.txt", "/etc/hostname", "link", "."])
def test_a_link_that_leads_to_no_file_is_refused(target: str) -> None:
    files = {
        "templates/toy/project/web/page.html": File("100644", b""),
        "templates/toy/project/link": File("120000", target.encode()),
    }
    source = Source("1.0.0", "https://example.invalid/x.git", is_release=True, files=files)
    with pytest.raises(RenderFailed, match=r"template toy cannot be rendered: .*/link is a symbolic link to"):
        project_files(source, "toy")


def test_shared_files_of_projects_are_no_template(released: Path) -> None:
    folder = released / "templates" / "_shared" / "project"
    folder.mkdir()
    (folder / "LICENSE").write_text("Free.\n")
    assert locate().templates() == ("other", "toy")
