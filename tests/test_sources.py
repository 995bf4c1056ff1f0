"""Where a template comes from: folders, versions, what is no template, and a mirror that breaks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder import checkout, places
from scaffolder.cli.app import execute
from scaffolder.create import new_project
from scaffolder.engine import bounds, detect, foreign, mirror
from scaffolder.engine.source import recorded, target
from scaffolder.errors import GitFailed, ScaffolderError, SourceError
from scaffolder.project import read_record

from .conftest import git
from .cookiecutter_templates import plain
from .foreign_templates import PLAIN, Link, commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.create import Created

on_posix = pytest.mark.skipif(os.name == "nt", reason="needs names that Windows has not")


@pytest.fixture(autouse=True)
def _place(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    mirror.asked.clear()
    monkeypatch.chdir(tmp_path)


def make(source: Path | str, dest: Path, **settings: object) -> Created:
    return new_project(str(source), dest, **{"answers": {}, "ask": False, **settings})  # type: ignore[arg-type]


def piped(*args: str, cwd: Path, content: bytes) -> str:
    done = subprocess.run(["git", *args], cwd=cwd, input=content, capture_output=True, check=True)
    return done.stdout.decode().strip()


def below(folder: str, files: Mapping[str, str | bytes]) -> dict[str, str | bytes]:
    return {f"{folder}/{path}": content for path, content in files.items()}


def refused(source: Path | str, **settings: object) -> str:
    """Return the one line with which `new` ends; nothing is left."""
    with pytest.raises(SourceError) as caught:
        make(source, Path("refused"), **settings)
    assert not Path("refused").exists()
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


# --- folders

COLLECTION: dict[str, str | bytes] = {
    "README.md": "Templates\n",
    **below("python/library", plain()),
    **below("web", plain()),
    **below("copied", PLAIN),
}


def test_a_template_in_a_folder_is_made_recorded_and_updated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "many"
    commit(source, COLLECTION, "v1.0.0")
    assert execute(["new", str(source), "p", "--directory", "./python/library/", "--defaults"]) == 0
    assert (tmp_path / "p/hello.txt").read_text() == "Hello World\n"
    record = read_record(tmp_path / "p")
    assert (record.engine, record.directory, record.tag) == ("cookiecutter", "python/library", "v1.0.0")
    commit(
        source,
        {**COLLECTION, "python/library/{{cookiecutter.slug}}/new.txt": "{{ cookiecutter.name }}\n"},
        "v1.1.0",
    )
    assert execute(["update", "p"]) == 0, capsys.readouterr().err
    assert (tmp_path / "p/new.txt").read_text() == "World\n"
    assert read_record(tmp_path / "p").directory == "python/library"


def test_the_files_are_those_of_the_whole_repository(tmp_path: Path) -> None:
    commit(tmp_path / "many", COLLECTION, "v1.0.0")
    source = foreign.locate(str(tmp_path / "many"), directory="web")
    assert (source.directory, source.engine) == ("web", "cookiecutter")
    assert source.files.keys() == COLLECTION.keys()


@pytest.mark.parametrize("directory", ["..", "web/../..", "/etc", "C:\\x", "..\\x", "a\nb"])
def test_a_folder_outside_of_the_repository_is_refused(tmp_path: Path, directory: str) -> None:
    commit(tmp_path / "many", COLLECTION, "v1.0.0")
    assert "expected a folder of the template's repository" in refused(tmp_path / "many", directory=directory)


@pytest.mark.parametrize("directory", ["", "python", "nowhere"])
def test_a_folder_without_template_names_those_with_one(tmp_path: Path, directory: str) -> None:
    commit(tmp_path / "many", COLLECTION, "v1.0.0")
    assert "--directory takes python/library, web" in refused(tmp_path / "many", directory=directory)


def test_a_copier_template_in_a_folder_is_refused_with_advice(tmp_path: Path) -> None:
    commit(tmp_path / "many", COLLECTION, "v1.0.0")
    line = refused(tmp_path / "many", directory="copied")
    assert "copied/ is a copier template, and copier does not record in which folder" in line
    assert "git subtree split" in line
    commit(tmp_path / "one", PLAIN, "v1")
    assert "leave --directory out" in refused(tmp_path / "one", directory="docs")


def test_our_own_templates_take_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["new", "predictive-maintenance", "p", "--defaults", "--directory", "x"]) == 2
    assert "--directory is for the address of a template" in capsys.readouterr().err


# --- versions


@pytest.fixture
def branched(tmp_path: Path) -> Path:
    """A repository with v1.0.0, a branch `next` and a tag and a branch called `both`."""
    source = tmp_path / "branched"
    commit(source, {**PLAIN, "at.txt": "one"}, "v1.0.0")
    git("checkout", "--quiet", "-b", "next", cwd=source)
    commit(source, {**PLAIN, "at.txt": "next"}, "both")
    commit(source, {**PLAIN, "at.txt": "branch"})
    git("branch", "both", cwd=source)
    git("branch", "1.0", cwd=source)
    git("checkout", "--quiet", "main", cwd=source)
    return source


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, "one"),
        ("v1.0.0", "one"),
        ("1.0.0", "one"),
        ("next", "branch"),
        ("both", "next"),
        ("1.0", "branch"),
    ],
)
def test_a_version_is_a_tag_or_a_branch_and_the_tag_wins(
    branched: Path, tmp_path: Path, version: str | None, expected: str
) -> None:
    made = make(branched, tmp_path / "p", version=version)
    assert (made.path / "at.txt").read_text() == expected


@pytest.mark.parametrize("length", [40, 10, 7])
def test_a_version_is_the_id_of_a_commit(branched: Path, tmp_path: Path, length: int) -> None:
    oid = git("rev-parse", "next", cwd=branched).strip()
    assert (make(branched, tmp_path / "p", version=oid[:length]).path / "at.txt").read_text() == "branch"


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("v1.0.1", "did you mean 'v1.0.0'"),
        ("nexd", "did you mean 'next'?"),
        ("zzz", "it has: v1.0.0; branches: 1.0, both, main, next"),
        ("f" * 40, "has no version 'ffff"),
        ("--all", "has no version '--all'"),
    ],
)
def test_an_unknown_version_names_the_nearest(branched: Path, version: str, words: str) -> None:
    assert words in refused(branched, version=version)


def test_versions_come_oldest_first_each_with_its_number(branched: Path) -> None:
    git("tag", "v1.10.0", cwd=branched)
    git("tag", "v1.9.0rc1", cwd=branched)
    found = foreign.versions_of(str(branched))
    assert [(tag, str(number)) for tag, number in found.items()] == [
        ("v1.0.0", "1.0.0"),
        ("v1.9.0rc1", "1.9.0rc1"),
        ("v1.10.0", "1.10.0"),
    ]
    git("tag", "v2", cwd=branched)
    assert list(foreign.versions_of(str(branched)))[-1] == "v2"


# --- what it is

SLUG = "{{cookiecutter.slug}}"
KINDS: list[tuple[dict[str, str | bytes], str]] = [
    ({**PLAIN}, "copier"),
    ({**PLAIN, **plain()}, "copier"),
    ({"Copier.yaml": "a: 1\n"}, "copier"),
    (plain(), "cookiecutter"),
    ({"cookiecutter.json": "{}", "{% if cookiecutter.a %}x{% endif %}/a": ""}, "cookiecutter"),
    ({"cookiecutter.json": "{}", "[[cookiecutter.slug]]/a": ""}, "cookiecutter"),
    (
        {"cookiecutter.json": json.dumps({"templates": {"a": {"path": "a"}}}), **below("a", plain())},
        "cookiecutter",
    ),
    ({"cookiecutter.json": json.dumps({"template": ["a (./a)"]}), **below("a", plain())}, "cookiecutter"),
    ({**PLAIN, ".copier-answers.yml": ""}, "copier"),
]


@on_posix
@pytest.mark.parametrize(("files", "engine"), KINDS, ids=lambda case: case if isinstance(case, str) else "")
def test_the_engine_is_told_by_what_is_there(
    tmp_path: Path, files: dict[str, str | bytes], engine: str
) -> None:
    commit(tmp_path / "t", files, "v1")
    assert foreign.locate(str(tmp_path / "t")).engine == engine


NO_TEMPLATES = {
    "databricks": ({"databricks_template_schema.json": "{}"}, "Databricks bundles"),
    "ccds": ({"ccds.json": "{}", f"{SLUG}/a": ""}, "'ccds'"),
    "yeoman": ({".yo-rc.json": "{}"}, "Yeoman"),
    "yeoman-generators": ({"generators/app/index.js": ""}, "Yeoman"),
    "plop": ({"plopfile.js": ""}, "Plop"),
    "cargo": ({"cargo-generate.toml": ""}, "cargo-generate"),
    "giter8": ({"src/main/g8/build.sbt": ""}, "Giter8"),
    "copier-project": ({".copier-answers.yml": ""}, "a generated project, not a template: it has a .copier-"),
    "cruft-project": ({".cruft.json": "{}"}, "a generated project, not a template: it has a .cruft.json"),
    "our-project": ({".scaffolder.yml": ""}, "a generated project, not a template: it has a .scaffolder"),
    "question-only": (
        {"cookiecutter.json": '{"template": "x"}'},
        "neither a folder whose name has {{ cookiecutter... }}",
    ),
    "nothing": ({"README.md": ""}, "looked for a copier.yml, or a cookiecutter.json"),
}


@pytest.mark.parametrize("case", NO_TEMPLATES)
def test_what_is_no_template_is_named(tmp_path: Path, case: str) -> None:
    files, words = NO_TEMPLATES[case]
    commit(tmp_path / "t", files, "v1")
    assert words in refused(tmp_path / "t")
    commit(tmp_path / "deep", below("deep/er", files), "v1")
    assert words in refused(tmp_path / "deep", directory="deep/er")


@pytest.mark.parametrize(("old", "new"), [(PLAIN, plain()), (plain(), PLAIN)], ids=["copier", "cookiecutter"])
def test_a_template_that_changes_its_engine_is_one_line_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: dict[str, str], new: dict[str, str]
) -> None:
    source = tmp_path / "t"
    commit(source, old, "v1.0.0")
    made = make(source, tmp_path / "p")
    commit(source, new, "v2.0.0")
    capsys.readouterr()
    assert execute(["update", "p"]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if "and the project was made with" in line]
    assert len(said) == 1
    assert "in v2.0.0" in said[0]
    assert git("status", "--porcelain", cwd=made.path) == ""
    assert git("rev-parse", "HEAD", cwd=made.path).strip() == made.commit
    commit(source, {**new, **old}, "v3.0.0")  # both: the project goes on with its own
    assert target(read_record(made.path)).tag == "v3.0.0"


# --- the mirror


def mirror_at(source: Path) -> Path:
    return mirror.path_of(foreign.parse_address(str(source)))


def forget() -> None:
    foreign._read.cache_clear()
    foreign._files.cache_clear()


def test_a_mirror_has_branches_and_tags_only(branched: Path, tmp_path: Path) -> None:
    git("update-ref", "refs/pull/1/head", "next", cwd=branched)
    git("update-ref", "refs/stash", "next", cwd=branched)
    make(branched, tmp_path / "p")
    git("update-ref", "refs/pull/2/head", "next", cwd=branched)
    foreign.locate(str(branched))
    kept = git("for-each-ref", "--format=%(refname)", cwd=mirror_at(branched)).split()
    assert len(kept) == 6
    assert {name.split("/")[1] for name in kept} == {"heads", "tags"}


def no_objects(at: Path) -> None:
    shutil.rmtree(at / "objects")
    (at / "objects").mkdir()


def no_blobs(at: Path) -> None:
    """Take what the commit's files are, and leave the commit and its folder."""
    for pack in (at / "objects/pack").glob("*.pack"):
        moved = pack.rename(at / "all.pack")
        pack.with_suffix(".idx").unlink()
        piped("unpack-objects", "-q", cwd=at, content=moved.read_bytes())
        moved.unlink()
    listing = git("ls-tree", "-r", "v1.0.0", cwd=at)
    for oid in (line.split()[2] for line in listing.splitlines()):
        loose = at / "objects" / oid[:2] / oid[2:]
        loose.chmod(0o644)
        loose.unlink()


def truncated(at: Path) -> None:
    for pack in (at / "objects/pack").glob("*.pack"):
        pack.chmod(0o644)
        pack.write_bytes(pack.read_bytes()[:-100])
    for loose in (at / "objects").glob("??/*"):
        loose.chmod(0o644)
        loose.write_bytes(b"")


def no_head(at: Path) -> None:
    (at / "HEAD").unlink()


def no_refs(at: Path) -> None:
    (at / "packed-refs").write_text("rubbish\n")


DAMAGE = [no_objects, no_blobs, truncated, no_head, no_refs]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_mirror_is_made_anew(branched: Path, tmp_path: Path, damage: object) -> None:
    made = make(branched, tmp_path / "first")
    damage(mirror_at(branched))  # type: ignore[operator]
    forget()
    again = make(branched, tmp_path / "second")
    assert again.warnings == ()
    assert (again.path / "at.txt").read_text() == "one"
    damage(mirror_at(branched))  # type: ignore[operator]
    forget()
    assert recorded(read_record(made.path)).tag == "v1.0.0"
    assert [path.name for path in mirror_at(branched).parent.iterdir()] == [mirror_at(branched).name]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_mirror_whose_source_is_gone_is_one_line(
    branched: Path, tmp_path: Path, damage: object
) -> None:
    make(branched, tmp_path / "first")
    damage(mirror_at(branched))  # type: ignore[operator]
    forget()
    shutil.move(branched / ".git", tmp_path / "away")
    (branched / ".git").mkdir()
    assert "what was fetched before is damaged, and it cannot be fetched again" in refused(branched)


def test_a_branch_that_got_another_name_is_followed(tmp_path: Path) -> None:
    commit(tmp_path / "t", PLAIN)
    foreign.locate(str(tmp_path / "t"))
    git("branch", "-m", "main", "trunk", cwd=tmp_path / "t")
    commit(tmp_path / "t", {**PLAIN, "new.txt": ""})
    assert "new.txt" in foreign.locate(str(tmp_path / "t")).files


def test_offline_a_version_that_is_there_serves_and_another_is_one_line(
    branched: Path, tmp_path: Path
) -> None:
    record = read_record(make(branched, tmp_path / "first").path)
    shutil.move(branched / ".git", tmp_path / "away")
    (branched / ".git").mkdir()
    made = make(branched, tmp_path / "second", version="next")
    assert (made.path / "at.txt").read_text() == "branch"
    assert "cannot be reached" in made.warnings[0]
    assert recorded(record).warnings == ()  # nothing had to be asked
    assert "has no version 'v9'" in refused(branched, version="v9")
    shutil.rmtree(tmp_path / "cache")
    assert "cannot be read" in refused(branched)


# --- secrets


@pytest.mark.parametrize(
    "url",
    [
        "https://example.invalid/a.git?token=s3cret",
        "https://example.invalid/a.git?x=1&access_token=s3cret",
        "https://example.invalid/a.git?private_token=s3cret#x",
        "https://example.invalid/a.git#token=s3cret",
        "git+https://example.invalid/a.git?job-token=s3cret",
        "gh:owner/name?token=s3cret",
        "./name?token=s3cret",
    ],
)
def test_a_token_in_an_address_is_refused_and_not_repeated(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(url)
    assert "a token in the URL would be recorded" in line
    assert "s3cret" not in line
    assert execute(["new", url, "p", "--defaults"]) == 1
    assert "s3cret" not in "".join(capsys.readouterr())


def test_what_the_users_settings_add_to_an_address_is_not_repeated(home: Path) -> None:
    for scheme in ("https", "ftp"):
        alias = f"url.{scheme}://me:s3cret@127.0.0.1:9/?token=s3cret&x=.insteadOf"
        git("config", "--global", "--add", alias, f"https://{scheme}.invalid/", cwd=home)
        line = refused(f"https://{scheme}.invalid/a.git")
        assert "cannot be read" in line
        assert "s3cret" not in line


def test_secrets_are_blotted_out_and_nothing_else() -> None:
    text = "at 'https://t0k@h/p?a=1&token=s3&b=2' and ssh://git:pw@h/x, ssh://git@h/x, git@h:x"
    assert mirror.without_secrets(text) == (
        "at 'https://***@h/p?a=1&token=***&b=2' and ssh://git:***@h/x, ssh://git@h/x, git@h:x"
    )


# --- what is in it

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"


def test_files_of_git_lfs_are_told(tmp_path: Path) -> None:
    commit(tmp_path / "t", {**PLAIN, "model.bin": POINTER, "notes.md": f"As in\n{POINTER}"}, "v1")
    made = make(tmp_path / "t", tmp_path / "p")
    assert made.warnings[0].endswith("keeps files with Git LFS; only pointers to them are made: model.bin")
    many = {f"{number}.bin": POINTER for number in range(8)}
    commit(tmp_path / "many", {**below("a", {**plain(), **many}), **below("b", plain())}, "v1")
    assert "a/4.bin and 3 more" in foreign.locate(str(tmp_path / "many"), directory="a").warnings[0]
    assert foreign.locate(str(tmp_path / "many"), directory="b").warnings == ()


def test_submodules_are_told(tmp_path: Path) -> None:
    commit(tmp_path / "inner", {"a.txt": ""})
    commit(tmp_path / "t", PLAIN)
    add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "inner"), "sub"]
    git(*add, cwd=tmp_path / "t")
    git("commit", "--quiet", "-m", "sub", cwd=tmp_path / "t")
    made = make(tmp_path / "t", tmp_path / "p")
    assert made.warnings[0].endswith("has submodules; their files are left out")
    assert not (made.path / "sub").exists()


def test_too_many_bytes_are_refused_before_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(tmp_path / "t", {**PLAIN, "large.bin": b"x" * 200_000, "small.bin": b"x"}, "v1")

    def read(*_: object) -> None:
        raise AssertionError("a file was read")

    monkeypatch.setattr(foreign, "_MOST_BYTES", 100_000)
    with monkeypatch.context() as patch, bounds.at_most(100_000):
        patch.setattr(checkout, "read_entries", read)
        line = refused(tmp_path / "t")
    assert "large.bin has 200,000; at most 100,000 are read; --max-size SIZE allows more" in line
    with bounds.at_most(250_000):
        assert (make(tmp_path / "t", tmp_path / "p").path / "large.bin").stat().st_size == 200_000


def test_folders_in_folders_without_end_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "bomb"
    commit(source, PLAIN)
    tree = git("rev-parse", "HEAD^{tree}", cwd=source).strip()
    for _ in range(12):  # ten folders in each: billions of files
        entries = "".join(f"040000 tree {tree}\t{number}\n" for number in range(10))
        tree = piped("mktree", cwd=source, content=entries.encode())
    top = git("ls-tree", "HEAD", cwd=source) + f"040000 tree {tree}\tdeep\n"
    tree = piped("mktree", cwd=source, content=top.encode())
    git("tag", "v1", git("commit-tree", "-m", "x", tree, cwd=source).strip(), cwd=source)
    assert "has more than 100,000 files" in refused(source)


def test_the_listing_of_a_commit_that_is_not_there_is_an_error(branched: Path) -> None:
    with pytest.raises(GitFailed):
        checkout.list_commit(branched / ".git", "f" * 40, 10)


@on_posix
def test_a_settings_file_that_leads_outside_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text('{"templates": {"a": {"path": "a"}}}')
    commit(tmp_path / "t", {"cookiecutter.json": Link("../outside.json"), "a.txt": ""}, "v1")
    with pytest.raises(ScaffolderError) as caught:
        make(tmp_path / "t", tmp_path / "p")
    assert len(str(caught.value).splitlines()) == 1
    assert detect.clean_directory("./a//b/") == "a/b"
