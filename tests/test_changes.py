"""What the changelog says of a template between two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scaffolder import places
from scaffolder.changes import changes_between

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
# Changelog

Lines about a template begin with its name.

- toy: in no section, so never shown.

## [Unreleased]

- toy: not out yet.

## [1.10.0] - 2026-05-01

### Added

- toy: ten,
  in two lines.

  A paragraph on its own.
- toy-store: another template.
- The tool itself.

## v1.9.0

- toy: nine.
- toy: nine again.

## 1.0.0

- toy: one.
"""


@pytest.fixture(autouse=True)
def changelog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "home", lambda: tmp_path)
    path = tmp_path / "CHANGELOG.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        pytest.param("1.0.0", "1.9.0", ("nine.", "nine again."), id="one-version"),
        pytest.param("1.9.0", "1.10.0", ("ten, in two lines.",), id="wrapped-line"),
        pytest.param("1.0.0", "1.10.0", ("ten, in two lines.", "nine.", "nine again."), id="newest-first"),
        pytest.param("1.9.0", "1.9.0", (), id="same"),
        pytest.param("1.10.0", "1.0.0", (), id="downgrade"),
        pytest.param("1.8.1.dev0+gabc", "1.9.0", ("nine.", "nine again."), id="from-unreleased"),
        pytest.param("1.10.0", "1.10.1.dev0+gabc", (), id="to-unreleased"),
    ],
)
def test_lines_of_the_versions_between(old: str, new: str, lines: tuple[str, ...]) -> None:
    assert changes_between("toy", old, new) == lines


def test_a_name_that_another_begins_with_is_not_meant() -> None:
    assert changes_between("toy-store", "1.0.0", "2.0.0") == ("another template.",)


def test_without_a_changelog_there_are_no_lines(changelog: Path) -> None:
    changelog.unlink()
    assert changes_between("toy", "1.0.0", "2.0.0") == ()


def test_a_changelog_that_was_written_meanwhile_is_read_again(changelog: Path) -> None:
    assert changes_between("toy", "1.10.0", "2.0.0") == ()
    changelog.write_text("## 2.0.0\n\n- toy: two.\n", encoding="utf-8")
    assert changes_between("toy", "1.10.0", "2.0.0") == ("two.",)
