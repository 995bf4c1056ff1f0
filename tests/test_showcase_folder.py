from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from scaffolder.showcase.folder import MANIFEST, STAGING, Folder, NotOurs, open_folder

can_link = pytest.mark.skipif(os.name == "nt", reason="links need a right of their own there")
SITE = {"index.html": b"<p>one", "projects/a/index.html": b"<p>a", "figures/x.webp": b"xx"}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "my sité"


def written(out: Path, files: dict[str, bytes] = SITE, **notes: Any) -> Folder:
    folder = open_folder(out)
    folder.write(files, notes)
    return folder


def on_disk(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def refusal(out: Path, files: dict[str, bytes] = SITE) -> str:
    before = on_disk(out) if out.is_dir() else {}
    with pytest.raises(NotOurs) as caught:
        open_folder(out).write(files, {})
    assert before == (on_disk(out) if out.is_dir() else {})
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_new_folder(out: Path) -> None:
    change = open_folder(out / "deep").write(SITE, {})
    assert change.written == tuple(sorted(SITE))
    assert on_disk(out / "deep") == SITE


def test_opening_writes_nothing(out: Path) -> None:
    open_folder(out)
    assert not out.exists()


def test_an_empty_folder_and_a_new_repository_to_publish_from(out: Path) -> None:
    (out / ".git").mkdir(parents=True)
    (out / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (out / ".github").mkdir()
    written(out)
    assert (out / ".git" / "HEAD").read_text() == "ref: refs/heads/main\n"


def test_a_folder_with_files_of_others(out: Path) -> None:
    out.mkdir()
    (out / "thesis.tex").write_bytes(b"\\end{document}")
    assert "holds files that no showcase wrote, such as thesis.tex; choose a folder" in refusal(out)


def test_a_file(out: Path) -> None:
    out.write_bytes(b"mine")
    assert "is a file; --out takes a folder" in refusal(out)
    assert "is a file, so there can be no folder" in refusal(out / "site")
    assert out.read_bytes() == b"mine"


def test_a_second_build_writes_only_what_differs(out: Path) -> None:
    written(out)
    stamps = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    folder = open_folder(out)
    assert folder.write(SITE, {}).written == ()
    assert stamps == {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert open_folder(out).write({**SITE, "index.html": b"<p>two"}, {}).written == ("index.html",)
    assert on_disk(out)["index.html"] == b"<p>two"


def test_what_is_no_longer_part_of_it_goes_with_its_folder(out: Path) -> None:
    written(out)
    change = open_folder(out).write({"index.html": b"<p>one"}, {})
    assert change.deleted == ("figures/x.webp", "projects/a/index.html")
    assert on_disk(out) == {"index.html": b"<p>one"}
    assert not (out / "projects").exists()


def test_what_somebody_put_there_stays(out: Path) -> None:
    written(out)
    (out / "CNAME").write_bytes(b"ada.example")
    (out / "projects" / "a" / "notes.txt").write_bytes(b"mine")
    open_folder(out).write({"index.html": b"<p>one"}, {})
    assert on_disk(out) == {
        "index.html": b"<p>one",
        "CNAME": b"ada.example",
        "projects/a/notes.txt": b"mine",
    }


def test_a_page_that_somebody_changed_is_not_deleted(out: Path) -> None:
    written(out)
    (out / "projects" / "a" / "index.html").write_bytes(b"<p>mine")
    change = open_folder(out).write({"index.html": b"<p>one"}, {})
    assert change.kept == ("projects/a/index.html",)
    assert on_disk(out)["projects/a/index.html"] == b"<p>mine"


def test_a_page_that_somebody_changed_is_not_replaced(out: Path) -> None:
    written(out)
    (out / "index.html").write_bytes(b"<p>mine")
    assert "index.html was changed after it was built" in refusal(out, {**SITE, "index.html": b"<p>two"})
    assert "index.html was changed after it was built" in refusal(out)
    (out / "index.html").unlink()
    assert open_folder(out).write(SITE, {}).written == ("index.html",)


def test_a_file_of_another_that_is_in_the_way(out: Path) -> None:
    written(out)
    (out / "compare").mkdir()
    (out / "compare" / "index.html").write_bytes(b"mine")
    said = refusal(out, {**SITE, "compare/index.html": b"ours"})
    assert "was not written by a showcase, and one would replace it; move or delete it first" in said
    (out / "compare" / "index.html").unlink()
    (out / "compare" / "index.html").mkdir()
    assert "is a folder where a file" in refusal(out, {**SITE, "compare/index.html": b"ours"})


def test_line_ends_of_a_checkout_on_windows_are_no_change(out: Path) -> None:
    written(out, {"index.html": b"<p>\n<b>\n"})
    (out / "index.html").write_bytes(b"<p>\r\n<b>\r\n")
    assert open_folder(out).write({"index.html": b"<i>\n"}, {}).written == ("index.html",)


def test_a_build_that_fails_leaves_the_site_as_it_was(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(out)
    before = on_disk(out), (out / MANIFEST).read_bytes()
    write = Path.write_bytes

    def full(self: Path, content: bytes) -> int:
        if content == b"last":
            raise OSError(28, "No space left on device", str(self))
        return write(self, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        open_folder(out).write({"index.html": b"<p>two", "z.html": b"last"}, {})
    assert (on_disk(out), (out / MANIFEST).read_bytes()) == before
    assert not (out / STAGING).exists()


def test_a_build_that_is_broken_off_can_be_built_again(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(out)
    replace = Path.replace
    new = {"index.html": b"<p>two", "projects/a/index.html": b"<p>b", "new.html": b"new"}

    def killed(self: Path, target: Path) -> Path:
        if target.name == "new.html":
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        open_folder(out).write(new, {})
    monkeypatch.undo()
    assert on_disk(out)["index.html"] == b"<p>two"
    change = open_folder(out).write({"index.html": b"<p>three"}, {})
    assert change.kept == ()
    assert on_disk(out) == {"index.html": b"<p>three"}


def test_what_a_killed_build_left_goes(out: Path) -> None:
    written(out)
    (out / STAGING).mkdir()
    (out / STAGING / "0").write_bytes(b"half")
    written(out)
    assert on_disk(out) == SITE


def test_notes_come_back(out: Path) -> None:
    written(out, pictures={"a": 1})
    assert open_folder(out).notes["pictures"] == {"a": 1}


def test_what_it_wrote_is_the_same_every_time(out: Path, tmp_path: Path) -> None:
    written(out)
    written(tmp_path / "other", dict(reversed(SITE.items())))
    assert (out / MANIFEST).read_bytes() == (tmp_path / "other" / MANIFEST).read_bytes()


# ---- a manifest that lies


def edit(out: Path, **changes: Any) -> None:
    found = json.loads((out / MANIFEST).read_text())
    (out / MANIFEST).write_text(json.dumps({**found, **changes}))


@pytest.mark.parametrize(
    "name", ["../victim", "/etc/passwd", "a/../../victim", "C:\\victim", "..\\victim", "", ".git/config"]
)
def test_no_manifest_leads_out_of_the_folder(out: Path, tmp_path: Path, name: str) -> None:
    written(out)
    victim = tmp_path / "victim"
    victim.write_bytes(b"xx")
    sha = json.loads((out / MANIFEST).read_text())["files"]["figures/x.webp"]
    edit(out, files={name: sha})
    assert "is not as a showcase writes it" in refusal(out)
    assert victim.read_bytes() == b"xx"


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"schema": 1}', '{"schema": 1, "files": {"a": ["x"]}}', "[" * 9_999]
)
def test_a_manifest_that_is_none(out: Path, text: str) -> None:
    written(out)
    (out / MANIFEST).write_text(text)
    assert "is not as a showcase writes it; bring it back, or choose another --out" in refusal(out)


def test_a_manifest_of_another_schema(out: Path) -> None:
    written(out)
    edit(out, schema=2)
    assert "is of schema 2, this showcase writes 1" in refusal(out)


@can_link
def test_nothing_is_written_or_deleted_through_a_link(out: Path, tmp_path: Path) -> None:
    written(out)
    elsewhere = tmp_path / "elsewhere"
    (out / "projects").rename(elsewhere)
    (out / "projects").symlink_to(elsewhere)
    said = refusal(out, {**SITE, "projects/a/index.html": b"new"})
    assert "is, or lies behind, a symbolic link" in said
    open_folder(out).write({"index.html": b"<p>one"}, {})
    assert (elsewhere / "a" / "index.html").read_bytes() == b"<p>a"


@can_link
def test_a_page_that_became_a_link(out: Path, tmp_path: Path) -> None:
    written(out)
    victim = tmp_path / "victim"
    victim.write_bytes(b"<p>one")
    (out / "index.html").unlink()
    (out / "index.html").symlink_to(victim)
    assert "symbolic link" in refusal(out, {**SITE, "index.html": b"<p>two"})
    open_folder(out).write({"figures/x.webp": b"xx"}, {})
    assert victim.read_bytes() == b"<p>one"


@can_link
def test_a_folder_may_be_a_link_itself(out: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    out.symlink_to(tmp_path / "real")
    written(out)
    assert on_disk(tmp_path / "real") == SITE
