"""What a review says of a repository, and of a path that is none."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scaffolder.check import installed, portfolio, review
from scaffolder.check.families.guide import GD100
from scaffolder.check.review import Finding, NotReviewable, Report, Wish, attempt
from scaffolder.fleet import Failure

from .check_samples import HOSTILE, README, make_repository

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Wish(select=frozenset({"GD100", "EV100"}), questions=False)


@pytest.fixture
def repository(home: Path, tmp_path: Path) -> Path:
    """A folder with a README, which is no git repository."""
    return make_repository(tmp_path / "pumps")


def found(report: Report, rule: str) -> Finding:
    return next(one for one in report.findings if one.rule == rule)


def configured(repository: Path, text: str) -> Path:
    (repository / "pyproject.toml").write_text(text, encoding="utf-8")
    return repository


# ---- what is no repository


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotReviewable, match=r"nowhere: no such folder$"):
        review.review(tmp_path / "nowhere")


def test_a_file(repository: Path) -> None:
    with pytest.raises(NotReviewable, match=r"README\.md: is a file; expected the folder of a repository$"):
        review.review(repository / "README.md")


def test_the_root_of_the_file_system(tmp_path: Path) -> None:
    with pytest.raises(NotReviewable, match="root of a file system is no repository"):
        review.review(type(tmp_path)(tmp_path.anchor))


def test_a_bare_repository(home: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "pumps.git"], check=True)
    with pytest.raises(NotReviewable, match="a bare git repository has no files to look at; clone it"):
        review.review(tmp_path / "pumps.git")


def test_a_folder_that_may_not_be_read(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(review.os, "scandir", refuse)
    with pytest.raises(NotReviewable, match=r"pumps: permission denied$"):
        review.review(repository)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("[project", "no TOML", id="half"),
        pytest.param("tool = 3", "[tool.repo-review] is no table", id="tool"),
        pytest.param("tool.repo-review = 3", "[tool.repo-review] is no table", id="section"),
        pytest.param('[tool.repo-review]\nignore = "GD100"', "ignore: expected a list of codes", id="text"),
        pytest.param("[tool.repo-review]\nselect = [1]", "select: expected a list of codes", id="number"),
        pytest.param("[tool.repo-review]\nignore = {GD100 = 1}", "ignore: expected a list", id="reason"),
    ],
)
def test_a_configuration_that_says_nothing_usable(repository: Path, text: str, why: str) -> None:
    with pytest.raises(NotReviewable) as caught:
        review.review(configured(repository, text))
    assert str(caught.value).startswith(f"{repository / 'pyproject.toml'}: ")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_configuration_that_is_no_text(repository: Path) -> None:
    (repository / "pyproject.toml").write_bytes(b"\xff\xfe[\0")
    with pytest.raises(NotReviewable, match=r"pyproject\.toml: not UTF-8 text"):
        review.review(repository)


def test_a_configuration_that_is_too_large(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portfolio.Portfolio.bytes_of, "__kwdefaults__", {"largest": 100})
    with pytest.raises(NotReviewable, match="larger than"):
        review.review(configured(repository, "# " + "x" * 200))


# ---- what a repository says about rules


def test_a_rule_that_the_repository_leaves_out_is_named_as_left_out(repository: Path) -> None:
    report = review.review(configured(repository, '[tool.repo-review]\nignore = ["EV"]'))
    evidence = [one for one in report.findings if one.rule.startswith("EV")]
    assert len(evidence) > 1
    assert {one.verdict for one in evidence} == {"not applicable"}
    assert {one.proof for one in evidence} == {"left out by [tool.repo-review] in pyproject.toml"}
    assert found(report, "GD100").verdict == "passed"


def test_its_reason_is_shown(repository: Path) -> None:
    text = '[tool.repo-review.ignore]\nEV100 = "there is\\nno model"'
    one = found(review.review(configured(repository, text)), "EV100")
    assert (one.verdict, one.proof) == ("not applicable", "there is no model")


def test_its_selection_holds_until_another_is_wished(repository: Path) -> None:
    configured(repository, '[tool.repo-review]\nselect = ["EV100"]')
    assert found(review.review(repository), "GD100").proof.startswith("left out")
    assert found(review.review(repository, QUICK), "GD100").verdict == "passed"


# ---- what is wished


def test_only_the_rules_that_are_wished(repository: Path) -> None:
    assert [one.rule for one in review.review(repository, QUICK).findings] == ["GD100", "EV100"]
    assert list(review.review(repository, QUICK).families) == ["guide", "evidence"]


def test_all_but_the_rules_that_are_not_wished(repository: Path) -> None:
    rules = {one.rule for one in review.review(repository, Wish(ignore=frozenset({"GD100"}))).findings}
    assert rules == set(installed.known_rules()) - {"GD100"}


def test_a_rule_waits_for_the_one_that_it_builds_on(repository: Path) -> None:
    rules = installed.load_plugins().rules({})
    code, before = next((code, rule.requires) for code, rule in rules.items() if "EV100" in rule.requires)
    report = review.review(repository, Wish(select=frozenset({code}), questions=False))
    assert [one.rule for one in report.findings] == [code]
    assert report.findings[0].verdict == "not applicable"
    assert report.findings[0].proof == f"looked at once {', '.join(sorted(before))} passes"


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        pytest.param("GD10", "no rule 'GD10'; did you mean 'GD100'?", id="near"),
        pytest.param("zzz", "no rule 'zzz'; all codes begin with one of: EV, GD", id="far"),
    ],
)
def test_a_code_that_no_rule_has(code: str, answer: str) -> None:
    with pytest.raises(installed.UnknownRule) as caught:
        installed.chosen([code], ["GD100", "EV100"])
    assert str(caught.value) == answer


def test_codes_and_prefixes_in_any_case() -> None:
    assert installed.chosen(["ev100", "Gd"], ["GD100", "GD101", "EV100", "EV101"]) == {
        "GD100",
        "GD101",
        "EV100",
    }


def test_tests_that_cannot_run_are_said_beside_the_rest(repository: Path) -> None:
    report = review.review(repository, Wish(run_tests=True, questions=False))
    assert str(repository) in report.untested
    assert "the tests cannot run" in report.untested
    assert found(report, "GD100").verdict == "passed"


# ---- what is found


def test_a_rule_that_fails_names_the_place(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GD100, "check", lambda self, portfolio: "Line `README.md:3` is bad, see `README.md`.")
    one = found(review.review(repository, QUICK), "GD100")
    assert (one.verdict, one.file, one.line) == ("failed", "README.md", 3)


@pytest.mark.parametrize(
    "span", ["../secret.txt:1", "/etc/passwd", "nothing.md:4", "src", "a\\b", "link.txt", "x" * 5000, "\0"]
)
def test_a_place_outside_is_none(repository: Path, span: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository.parent / "secret.txt").write_text("secret\n")
    (repository / "src").mkdir()
    if os.name == "posix":
        (repository / "link.txt").symlink_to(repository.parent / "secret.txt")
    monkeypatch.setattr(GD100, "check", lambda self, portfolio: f"See `{span}`.")
    one = found(review.review(repository, QUICK), "GD100")
    assert (one.file, one.line) == ("", None)


def test_the_title_is_the_portfolios_own_or_the_folders(repository: Path) -> None:
    assert review.review(repository, QUICK).title == "pumps"
    (repository / "portfolio.toml").write_text('title = "Pumps\\nthat fail"\n')
    assert review.review(repository, QUICK).title == "Pumps that fail"
    (repository / "portfolio.toml").write_text("title = 3\n")
    assert review.review(repository, QUICK).title == "pumps"


def test_a_path_with_blanks_and_letters_of_the_world(home: Path, tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "Pümpe für 東京 🚰")
    report = review.review(folder)
    assert report.title == folder.name
    assert found(report, "GD100").verdict == "passed"


def test_points_and_shares_of_what_has_none(repository: Path) -> None:
    report = review.review(repository)
    assert report.template_share is None
    assert report.questions


# ---- what must not happen


def test_nothing_of_a_repository_runs_and_nothing_is_written(home: Path, tmp_path: Path) -> None:
    trap = f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\n"
    names = ("setup.py", "conftest.py", "sitecustomize.py", "tests/test_data.py", "src/pumps/__init__.py")
    folder = make_repository(tmp_path / "pumps", {**HOSTILE, **dict.fromkeys(names, trap)})
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    report = review.review(folder)
    assert len(report.findings) > 10
    assert not (tmp_path / "ran").exists()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_what_python_thinks_of_its_code_is_not_said(repository: Path) -> None:
    make_repository(repository, {"tests/test_data.py": "def test_data():\n    assert '\\d' is 'x'\n"})
    script = "import sys; from scaffolder.cli.app import execute; sys.exit(execute(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", script, "check", repository], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"Warning" not in done.stderr


def test_a_rule_with_a_bug_stops_no_other_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(self: GD100, portfolio: portfolio.Portfolio) -> bool:
        raise ZeroDivisionError("half\na pump")

    monkeypatch.setattr(GD100, "check", check)
    result = attempt(repository, QUICK)
    assert isinstance(result, Failure)
    assert result.message == (
        f"{repository}: rule GD100 failed, ZeroDivisionError: half a pump; report it, and leave it out with "
        "--ignore GD100"
    )
    rest = attempt(repository, Wish(select=frozenset({"EV100"}), questions=False))
    assert isinstance(rest, Report)


def test_a_bug_anywhere_else_is_one_line(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: object, portfolio: object) -> None:
        raise ZeroDivisionError("half")

    monkeypatch.setattr(review, "_pyproject", fail)
    assert attempt(repository, QUICK) == Failure(
        repository, f"{repository}: internal error, ZeroDivisionError: half"
    )


def test_a_tree_without_end_is_bounded(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portfolio, "MOST_FILES", 50)
    make_repository(
        repository, {f"{folder}/{number}.csv": "1\n" for folder in range(20) for number in range(20)}
    )
    assert 50 <= len(portfolio.Portfolio(repository).files) <= 50 + 20
    assert isinstance(attempt(repository, QUICK), Report)


def test_a_readme_of_its_own_is_enough_for_one_rule(repository: Path) -> None:
    assert README.startswith("# Pumps")
    assert review.review(repository, QUICK).count("passed") == 1
    assert [one.rule for one in review.review(repository, QUICK).failed] == ["EV100"]
