"""Released versions: only ever appended, the same on every machine, read without git and readable by it."""

from __future__ import annotations

import os
import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest

from scaffolder import checkout, git, history, places
from scaffolder.errors import ReleaseRefused, ScaffolderError, UnknownVersion
from scaffolder.tree import File

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 1, 2)
SMALL = {
    "copier.yml": File("100644", b"a: 1\n"),
    "templates/x/project/run.sh": File("100755", b"#!/bin/sh\n"),
}
AWKWARD = {
    "copier.yml": File("100644", b""),
    "templates/a b/project/no line end": File("100644", b"no line end"),
    "templates/a b/project/commands": File("100644", b"data 3\nblob\nreset refs/tags/v9.9.9\nfrom x\n\n"),
    "templates/a b/project/bytes": File("100644", bytes(range(256))),
    "templates/a b/project/crlf": File("100644", b"a\r\nb\r\n"),
    "templates/a b/project/link": File("120000", b"crlf"),
    "templates/a b/project/ünïcode": File("100644", "ü".encode()),
    "templates/{{ x }}/same": File("100644", b"a\r\nb\r\n"),
}


def rev_parse(revision: str, repository: Path) -> str:
    return git.run([f"--git-dir={repository}", "rev-parse", revision]).decode().strip()


def test_nothing_is_released_at_first(toys: Path) -> None:
    assert history.versions() == ()
    assert history.newest() is None
    assert history.next_version() == "0.1.0"


def test_a_release_reads_back_as_it_was_written(toys: Path) -> None:
    history.add("1.0.0", SMALL, DAY)
    history.add("1.2.0", AWKWARD, DAY)
    assert history.versions() == ("1.0.0", "1.2.0")
    assert history.newest() == "1.2.0"
    assert history.next_version() == "1.2.1"
    assert history.files("1.0.0") == SMALL
    assert history.files("1.2.0") == AWKWARD


def test_a_release_is_appended_and_repeats_no_content(toys: Path) -> None:
    history.add("1.0.0", SMALL, DAY)
    before = places.stream().read_bytes()
    history.add("1.0.1", {**SMALL, "copier.yml": File("100644", b"a: 2\n")}, DAY)
    after = places.stream().read_bytes()
    assert after.startswith(before)
    assert after.count(b"#!/bin/sh") == 1


def test_commit_ids_are_the_same_on_every_machine(toys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history.add("1.0.0", SMALL, DAY)
    history.add("1.0.1", AWKWARD, date(2026, 2, 3))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Somebody Else")
    (toys.parent / "home/.gitconfig").write_text(
        "[core]\n\tautocrlf = true\n[init]\n\tdefaultBranch = a b\n\tdefaultObjectFormat = sha256\n"
        "[commit]\n\tgpgsign = true\n[i18n]\n\tcommitEncoding = latin1\n[safe]\n\tbareRepository = explicit\n"
    )
    # Written down once; a change of either means that the projects in the world have lost their base.
    assert rev_parse("v1.0.0", history.store()) == "cc597191436850800e403eeb5d83c5792418fe27"
    assert rev_parse("v1.0.1", history.store()) == "94412ace5321588b6e779b960ef8de9c3c5cf507"


def test_the_store_is_a_sound_repository(toys: Path) -> None:
    history.add("1.0.0", SMALL, DAY)
    history.add("1.0.1", AWKWARD, DAY)
    store = history.store()
    git.run([f"--git-dir={store}", "fsck", "--strict"])
    assert rev_parse("v1.0.1^", store) == rev_parse("v1.0.0", store)
    assert rev_parse("HEAD", store) == rev_parse("v1.0.1", store)
    date_of = git.run([f"--git-dir={store}", "log", "-1", "--format=%cI %aI", "v1.0.0"]).decode()
    assert date_of == "2026-01-02T00:00:00+00:00 2026-01-02T00:00:00+00:00\n"


def test_the_store_is_made_once(toys: Path) -> None:
    history.add("1.0.0", SMALL, DAY)
    store = history.store()
    made = store.stat().st_ino
    assert history.store().stat().st_ino == made
    assert [path.name for path in store.parent.iterdir()] == [store.name]


@pytest.mark.parametrize(
    "version", ["1", "1.0", "1.0.0.0", "v1.0.0", "1.0.0rc1", "01.0.0", "1.0.x", "", "1.0.0\n"]
)
def test_a_release_has_three_numbers(toys: Path, version: str) -> None:
    with pytest.raises(ReleaseRefused, match=r"is no version; expected three numbers, such as 1\.2\.0"):
        history.add(version, SMALL, DAY)
    assert not places.stream().exists()


@pytest.mark.parametrize("version", ["1.9.0", "1.10.0", "0.11.0"])
def test_a_release_is_newer_than_the_newest(toys: Path, version: str) -> None:
    history.add("1.10.0", SMALL, DAY)
    with pytest.raises(ReleaseRefused, match=rf"{version} is not newer than 1\.10\.0"):
        history.add(version, AWKWARD, DAY)


def test_unchanged_templates_are_no_release(toys: Path) -> None:
    history.add("1.0.0", SMALL, DAY)
    with pytest.raises(ReleaseRefused, match=r"the templates are those of 1\.0\.0"):
        history.add("1.0.1", dict(reversed(SMALL.items())), DAY)


@pytest.mark.parametrize("name", ['"quoted"', "two\nlines"])
def test_a_name_that_git_would_read_otherwise_is_refused(toys: Path, name: str) -> None:
    with pytest.raises(ScaffolderError, match=r"git (reads other files back|fast-import failed)"):
        history.add("1.0.0", {name: File("100644", b"")}, DAY)
    assert not places.stream().exists()


def test_an_unknown_version_is_told_with_those_that_exist(toys: Path) -> None:
    history.add("1.0.0", SMALL, DAY)
    with pytest.raises(UnknownVersion, match=r"no version '2\.0\.0' of the templates; released: 1\.0\.0"):
        history.files("2.0.0")


def test_the_command_releases_what_git_would_add(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = toys / "templates/toy/project"
    (project / "new.txt").write_text("untracked\n")
    (project / "trace.log").write_text("ignored\n")
    (project / "README.md.jinja").unlink()
    (toys / "elsewhere.txt").write_text("no template\n")
    assert history.main(["add", "0.1.0", "--date", "2026-01-02"]) == 0
    assert history.main(["list"]) == 0
    assert history.main(["store"]) == 0
    assert capsys.readouterr() == (f"released 0.1.0\n0.1.0\n{history.store()}\n", "")
    found = history.files("0.1.0")
    inside = {path.removeprefix("templates/toy/project/") for path in found if "/toy/project/" in path}
    assert {"new.txt", "run.sh", ".gitignore", "web/a page.html"} <= inside
    assert not {"trace.log", "README.md.jinja"} & inside
    assert {path.split("/")[0] for path in found} == {"copier.yml", "templates"}
    assert found["templates/toy/project/shared.sh"] == File("120000", b"../../_shared/shared.sh")
    assert found["templates/toy/project/run.sh"].mode == "100755"


def test_the_command_says_why_it_refuses(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(toys / ".git")
    assert history.main(["add", "0.1.0"]) == 1
    assert capsys.readouterr().err == f"error: {toys} is no git checkout; a release is made in one\n"


def test_reading_a_checkout_leaves_its_repository_alone(toys: Path) -> None:
    (toys / "templates/toy/project/new.txt").write_text("untracked\n")

    def repository() -> dict[Path, tuple[bytes, int]]:
        return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in (toys / ".git").rglob("*") if p.is_file()}

    before = repository()
    assert "templates/toy/project/new.txt" in checkout.read_files(toys, places.ROOTS)
    assert repository() == before


@pytest.mark.skipif(os.name == "nt", reason="a colon cannot be part of a name there")
def test_a_checkout_may_lie_anywhere(toys: Path) -> None:
    moved = toys.rename(toys.parent / 'a "strange": näme')
    assert "copier.yml" in checkout.read_files(moved, places.ROOTS)
