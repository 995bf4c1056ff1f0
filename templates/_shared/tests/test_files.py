from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from parts import files, roots
from parts.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_failing_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_atomic(target, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert target.read_text(encoding="utf-8") == "old"


def test_folders_are_made_and_text_keeps_its_line_ends(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "a.txt"
    files.write_atomic(target, "é\r\nb\n")
    assert target.read_bytes() == b"\xc3\xa9\r\nb\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_permissions_stay(tmp_path: Path) -> None:
    target = tmp_path / "a.sh"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o754)
    files.write_atomic(target, "new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o754


def test_a_file_and_its_bytes_have_the_same_hash(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc" * 100_000)
    assert files.sha256_of(tmp_path / "a") == files.sha256_of(b"abc" * 100_000)


def test_the_root_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / "params.toml").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert roots.find_root(tmp_path / "a" / "b") == tmp_path.resolve()


def test_outside_a_project_the_error_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"no params\.toml here or above; change into"):
        roots.find_root(tmp_path)
