"""The workflow for GitHub Pages: where it is written, what it may do, and that its steps run."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from scaffolder.showcase import publishing
from scaffolder.showcase.publishing import CannotPublish, workflow, write_workflow

from .conftest import git
from .contract.test_workflows import unpinned
from .contract.tools import run, tool

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

ODD_NAMES = [
    "gallery",
    "my site",
    "docs/été 展",
    "a'b",
    'a"b',
    "a: b # c",
    "- a",
    "!important",
    "*[a]?+",
    "back\\slash",
    "${{ github.token }}",
    "${{ github.token }} ${{ '",
    "$(touch hit)",
    "`touch hit`",
    "%0a::error::x",
    "-x",
    "🙂",
]
# Each with what it may not hold on Windows.
PORTABLE = [name for name in ODD_NAMES if os.name != "nt" or not set(name) & set('"*?\\:|<>')]


@pytest.fixture
def repository(home: Path, tmp_path: Path) -> Path:
    """A git repository of Ada's."""
    folder = tmp_path / "ada's work"
    folder.mkdir()
    git("init", "--quiet", "--initial-branch=trunk", cwd=folder)
    return folder


def gallery(repository: Path, name: str = "gallery") -> Path:
    folder = repository / name
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    return folder


def literal(value: str) -> str:
    """Return what an expression-bearing string comes to: only the escape of `${{` is ever in it."""
    return value.replace("${{ '${{' }}", "${{")


# ---- where it is written


def test_it_is_written_where_github_looks_for_it(repository):
    path = write_workflow(gallery(repository, "docs/gallery"))
    assert path == repository.resolve() / ".github" / "workflows" / "pages.yml"
    assert b"\r" not in path.read_bytes()


def test_the_same_again_is_left_alone(repository):
    out = gallery(repository)
    path = write_workflow(out)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.stat().st_mtime_ns
    assert write_workflow(out) == path
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("there", ["name: mine\n", ""], ids=["other", "empty"])
def test_another_one_is_never_overwritten(repository, there):
    out = gallery(repository)
    path = repository / publishing.PLACE
    path.parent.mkdir(parents=True)
    path.write_text(there)
    with pytest.raises(
        CannotPublish, match=r"pages\.yml is there and is not the one for gallery; remove"
    ) as caught:
        write_workflow(out)
    assert path.read_text() == there
    assert "\n" not in str(caught.value)


def test_the_one_of_another_folder_is_not_overwritten_either(repository):
    write_workflow(gallery(repository))
    with pytest.raises(CannotPublish, match="not the one for second"):
        write_workflow(gallery(repository, "second"))


def test_a_folder_in_no_repository_is_refused(tmp_path, home):
    with pytest.raises(CannotPublish, match="lies in no git repository; run 'git init'"):
        write_workflow(gallery(tmp_path))


def test_a_folder_that_git_ignores_is_refused(repository):
    (repository / ".gitignore").write_text("build/\n")
    with pytest.raises(CannotPublish, match=r"^git ignores build/gallery .*choose another folder with --out"):
        write_workflow(gallery(repository, "build/gallery"))
    assert not (repository / ".github").exists()


def test_one_that_is_committed_all_the_same_is_taken(repository):
    (repository / ".gitignore").write_text("build/\n")
    out = gallery(repository, "build")
    git("add", "--force", "build", cwd=repository)
    assert write_workflow(out).is_file()


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
@pytest.mark.parametrize("name", ["a\nb", "a\x7fb", "a\x1bb", "a\u2028b"])
def test_a_name_with_a_line_break_is_refused(repository, name):
    with pytest.raises(CannotPublish, match="cannot hold this name") as caught:
        write_workflow(gallery(repository, name))
    assert str(caught.value).isprintable()


@pytest.mark.skipif(os.name == "nt", reason="making a link needs a right there")
def test_a_link_does_not_lead_out_of_the_repository(repository, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (repository / ".github").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotPublish, match="leads out of its repository"):
        write_workflow(gallery(repository))
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.skipif(os.name == "nt", reason="making a link needs a right there")
def test_a_link_to_nowhere_is_not_written_through(repository, tmp_path):
    path = repository / publishing.PLACE
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "new.yml")
    with pytest.raises(FileExistsError):
        write_workflow(gallery(repository))
    assert not (tmp_path / "new.yml").exists()


# ---- what it says


def read(folder: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(workflow(folder))
    content["on"] = content.pop(True)  # YAML 1.1 takes the word for a truth value
    return content


@pytest.mark.parametrize("name", ODD_NAMES)
def test_whatever_the_folder_is_called_the_workflow_says_that_and_nothing_else(name):
    content, plain = read(name), read("gallery")
    check, upload = content["jobs"]["upload"]["steps"][1:]
    assert literal(check["env"].pop("GALLERY")) == name
    assert literal(upload["with"].pop("path")) == name
    assert content["on"]["push"].pop("paths")[1:] == [".github/workflows/pages.yml"]
    assert "${{ github.token }}" not in workflow(name)
    for step in plain["jobs"]["upload"]["steps"][1:]:
        step.get("env", {}).pop("GALLERY", None)
        step.get("with", {}).pop("path", None)
    plain["on"]["push"].pop("paths")
    assert content == plain


def test_the_filter_of_paths_has_no_special_character_of_the_name():
    for name in ODD_NAMES:
        pattern = read(name)["on"]["push"]["paths"][0]
        assert pattern.endswith("/**")
        assert not set(pattern.removesuffix("/**")) & set("?+[]!\\{}$")
        assert len(pattern) == len(name) + 3
    assert read("gallery")["on"]["push"]["paths"][0] == "gallery/**"
    assert read(".")["on"]["push"]["paths"][0] == "**"


def test_it_runs_on_the_default_branch_and_by_hand():
    content = read("gallery")
    assert set(content["on"]) == {"push", "workflow_dispatch"}
    assert content["jobs"]["upload"]["if"] == "github.ref_name == github.event.repository.default_branch"
    assert content["jobs"]["deploy"]["needs"] == "upload"


def test_only_the_deployment_may_deploy():
    content = read("gallery")
    assert content["permissions"] == {"contents": "read"}
    assert "permissions" not in content["jobs"]["upload"]
    assert content["jobs"]["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert not any("run" in step for step in content["jobs"]["deploy"]["steps"])
    assert all(job["timeout-minutes"] <= 10 for job in content["jobs"].values())
    assert content["concurrency"]["cancel-in-progress"] is False


def test_every_action_is_pinned_by_commit():
    assert unpinned(workflow("gallery")) == []


def test_no_expression_reaches_a_shell():
    steps = [step for job in read("${{ github.token }}")["jobs"].values() for step in job["steps"]]
    assert all("${{" not in step.get("run", "") for step in steps)
    assert steps[0]["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", ["gallery", "${{ github.token }} 'é \"!*", "."])
def test_the_schema_and_zizmor_are_content(tmp_path, name):
    path = tmp_path / publishing.PLACE
    path.parent.mkdir(parents=True)
    path.write_text(workflow(name), encoding="utf-8")
    for command in (
        (tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows"),
        (tool("zizmor"), "--offline", "--no-config", "--no-progress", "--persona", "regular"),
    ):
        done = run(*command, path, cwd=tmp_path)
        assert done.returncode == 0, done.stdout


# ---- its steps


def play(name: str, cwd: Path) -> CompletedProcess[str]:
    """Run the workflow's shell step as GitHub does: in bash, with the name in a variable."""
    step = read(name)["jobs"]["upload"]["steps"][1]
    return run(
        *(shutil.which("bash"), "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]),
        cwd=cwd,
        GALLERY=literal(step["env"]["GALLERY"]),
    )


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("name", PORTABLE)
def test_its_step_finds_the_gallery_and_runs_nothing_of_its_name(repository, name):
    done = play(name, repository)
    assert done.returncode == 1
    assert done.stdout.startswith("::error::")
    assert len(done.stdout.splitlines()) == 1
    gallery(repository, name)
    done = play(name, repository)
    assert (done.returncode, done.stdout) == (0, "")
    assert not (repository / "hit").exists()


@pytest.mark.skipif(shutil.which("tar") is None, reason="there is no tar")
@pytest.mark.skipif(os.name == "nt", reason="GitHub packs it on Linux")
@pytest.mark.parametrize("name", [name for name in ODD_NAMES if not name.startswith(("${{", "%"))])
def test_what_is_committed_is_what_would_be_uploaded(repository, tmp_path, name):
    """Cloned as by checkout, then packed with the command of actions/upload-pages-artifact."""
    write_workflow(gallery(repository, name))
    git("add", "--all", cwd=repository)
    git("commit", "--quiet", "-m", "Gallery", cwd=repository)
    clone = tmp_path / "clone"
    git("clone", "--quiet", str(repository), str(clone), cwd=tmp_path)
    assert play(name, clone).returncode == 0
    archive = tmp_path / "artifact.tar"
    subprocess.run(
        ["tar", "--dereference", "--directory", name, "-cf", archive, "--exclude=.git", "."],
        cwd=clone,
        check=True,
    )
    listed = subprocess.run(["tar", "-tf", archive], capture_output=True, text=True, check=True).stdout
    assert "./index.html" in listed.split()
