"""`check` at the command line: what it prints in each format, and its exit status."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scaffolder.check import review
from scaffolder.check.families.guide import GD100
from scaffolder.cli import check_view, output
from scaffolder.cli.app import execute

from .check_samples import HOSTILE, make_repository
from .conftest import git

if TYPE_CHECKING:
    from collections.abc import Callable

    from scaffolder.check.portfolio import Portfolio

EXAMPLE = Path(__file__).parent.parent / "examples" / "predictive-maintenance"


@pytest.fixture
def repositories(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, in which one stands, with a repository that has a README and one that has none."""
    make_repository(tmp_path / "all" / "good")
    make_repository(tmp_path / "all" / "bad", {"notes.txt": "nothing\n"})
    monkeypatch.chdir(tmp_path / "all")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return tmp_path / "all"


def said(text: str) -> Callable[[GD100, Portfolio], str]:
    """Return what makes GD100 fail with this message."""
    return lambda self, portfolio: text


def lines_of(capsys: pytest.CaptureFixture[str], *args: str, status: int) -> list[str]:
    capsys.readouterr()
    assert execute(["check", *args]) == status
    return capsys.readouterr().out.splitlines()


# ---- exit status


@pytest.mark.parametrize(
    ("args", "status"),
    [
        pytest.param(["good", "--select", "GD100"], 0, id="passes"),
        pytest.param(["bad", "--select", "GD100"], 1, id="fails"),
        pytest.param(["good", "bad", "--select", "GD100"], 1, id="one-of-two-fails"),
        pytest.param(["good", "nowhere", "--select", "GD100"], 1, id="one-of-two-is-none"),
        pytest.param(["bad", "--select", "YO"], 0, id="advisory-rules-do-not-count"),
        pytest.param(["good", "--select", "GD100", "--run-tests"], 1, id="tests-cannot-run"),
    ],
)
def test_exit_status(repositories: Path, args: list[str], status: int) -> None:
    assert execute(["check", *args]) == status


def test_with_strict_an_advisory_rule_counts(repositories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GD100, "required", False)
    assert execute(["check", "bad", "--select", "GD100"]) == 0
    assert execute(["check", "bad", "--select", "GD100", "--strict"]) == 1


@pytest.mark.parametrize(
    ("args", "why"),
    [
        pytest.param(["--select", "GD10"], "did you mean 'GD100'?", id="unknown"),
        pytest.param(["--ignore", "GD,zz9"], "no rule 'zz9'", id="one-of-two"),
        pytest.param(["--select", "GD100", "--ignore", "gd"], "leave no rule", id="nothing-left"),
        pytest.param(["--json", "--format", "html"], "two formats", id="two-formats"),
        pytest.param(["-o", "x.html"], "add --format html", id="output"),
        pytest.param(["--format", "svg"], "'svg'", id="format"),
        pytest.param(["good", "--all", "."], "not both", id="both"),
        pytest.param(["--all", "nowhere"], "takes a folder", id="no-folder"),
    ],
)
def test_misuse(repositories: Path, capsys: pytest.CaptureFixture[str], args: list[str], why: str) -> None:
    assert execute(["check", *args]) == 2
    out, err = capsys.readouterr()
    assert why in err
    assert err.count("\n") == 1
    assert not out


def test_all_finds_projects(
    repositories: Path, capsys: pytest.CaptureFixture[str], released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert execute(["check", "--all", "."]) == 1
    assert "no project below ." in capsys.readouterr().err
    (repositories / "good" / ".copier-answers.yml").write_text("_src_path: x\n_commit: v1\ntemplate: toy\n")
    assert execute(["check", "--all", ".", "--select", "GD100"]) == 0


# ---- text


def test_the_text_of_one(
    repositories: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        GD100, "check", said("Write **more**:\n\n- see `README.md:1`\n- or [this](https://example.org)")
    )
    lines = lines_of(capsys, "good", "--select", "GD100,EV100", status=1)
    assert lines == [
        "good",
        "",
        "Guide: what every portfolio repository has",
        "  ✗ GD100   Has a README.",
        "            Write more:",
        "            - see README.md:1",
        "            - or this (https://example.org)",
        "",
        "Evidence: every number comes from a run",
        *[line for line in lines if "EV100" in line and "rules" not in line],
        *lines[10:-1],
        "✗ 0 of 2 required rules passed, 2 failed: GD100, EV100",
    ]


def test_a_rule_that_passed_is_one_short_line(repositories: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, "good", "--select", "GD100", status=0)
    assert re.fullmatch(r"  ✓ GD100   Has a README\.  README\.md.*", lines[3])
    assert lines[-1] == "✓ 1 of 1 required rules passed"


def test_no_line_is_wider_than_80(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert execute(["check", str(EXAMPLE)]) in (0, 1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 40
    assert max(map(len, lines)) <= 80


def test_it_ends_with_the_questions(repositories: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heading = "What an interviewer will ask about it, and the file that answers"
    lines = lines_of(capsys, "good", status=1)
    assert [line[:5] for line in lines[lines.index(heading) :] if line[2:3].isdigit()] == [
        f"  {number}. " for number in range(1, 6)
    ]
    assert heading not in lines_of(capsys, "good", "--no-questions", status=1)
    assert heading not in lines_of(capsys, "good", "bad", status=1)
    assert heading in lines_of(capsys, "good", "bad", "--questions", status=1)


def test_of_several_what_failed_and_a_table(repositories: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["check", "good", "nowhere", "bad", "--select", "GD100"]) == 1
    out, err = capsys.readouterr()
    assert err == f"error: {repositories / 'nowhere'}: no such folder\n"
    assert "  ✗ GD100" in out
    assert "  ✓ GD100" not in out
    assert out.splitlines()[-4:] == [
        "PROJECT  PASSED  FAILED  ADVICE  POINTS  TEMPLATE'S",
        "good     1       0       0       -       -",
        "nowhere  error   -       -       -       -",
        "bad      0       1       0       -       -",
    ]


def test_words_where_the_encoding_lacks_the_marks(
    repositories: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    execute(["check", "bad", "--select", "GD100,YO"])
    text = raw.getvalue().decode("ascii")
    assert "  FAIL GD100   Has a README." in text
    assert "  -    YO101" in text
    assert "?" not in text


def test_colour_on_a_terminal_only(
    repositories: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "\x1b" not in "".join(lines_of(capsys, "bad", "--select", "GD100", status=1))
    monkeypatch.setattr(output, "has_colour", lambda stream: True)
    coloured = lines_of(capsys, "bad", "--select", "GD100", status=1)
    assert any("\x1b[31m" in line and "GD100" in line for line in coloured)


def test_nothing_of_a_repository_reaches_the_terminal_but_letters(
    repositories: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_repository(repositories / "hostile", HOSTILE)
    (folder / "portfolio.toml").write_text('title = "a \\u001b[31m\\u202e\\u0007 title"\n')
    monkeypatch.setattr(GD100, "check", said("\x1b[2J `\x9b31m` \u202e\x07 \x1b]0;owned\x07\r::error::x"))
    for form in ("text", "github"):
        assert execute(["check", "hostile", "good", "--format", form, "--questions"]) == 1
        out, err = capsys.readouterr()
        assert len(out) > 500
        assert [letter for letter in out + err if not letter.isprintable() and letter != "\n"] == []


def test_a_runner_of_github_sees_no_command_in_the_text(
    repositories: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GD100, "check", said("::error::fake\n\n##[add-mask]x\n\n    ::add-mask::y\n\nA::b"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    lines = lines_of(capsys, "good", "--select", "GD100", status=1)
    assert [line.strip() for line in lines if "::" in line or "##" in line] == [
        ": :error::fake",
        "## [add-mask]x",
        ": :add-mask::y",
        "A::b",
    ]


def test_progress_of_many_is_shown_on_a_terminal(
    repositories: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[str] = []
    monkeypatch.setattr(output, "passing", passed.append)
    execute(["check", "good", "bad", "--select", "GD100"])
    assert passed == ["1 of 2: good", "", "2 of 2: bad", ""]


def test_ctrl_c_leaves_what_is_done(
    repositories: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = review.attempt

    def attempt(path: Path, *args: Any, **named: Any) -> Any:
        if path.name == "bad":
            raise KeyboardInterrupt
        return real(path, *args, **named)

    monkeypatch.setattr(review, "attempt", attempt)
    assert execute(["check", "good", "bad", "--select", "GD100"]) == 130
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].startswith("good     1")
    assert err == "interrupted: 1 of 2 repositories are checked\n"


# ---- JSON


def test_an_object_for_each_on_a_line(repositories: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, "good", "nowhere", "bad", "--select", "GD100", "--json", status=1)
    good, nowhere, bad = map(json.loads, lines)
    assert (good["state"], bad["state"], bad["failed"]) == ("passed", "failed", ["GD100"])
    assert good["path"] == str(repositories / "good")
    assert [finding["verdict"] for finding in bad["findings"]] == ["failed"]
    assert len(good["questions"]) == 5
    assert nowhere == {
        "path": str(repositories / "nowhere"),
        "state": "error",
        "error": f"{repositories / 'nowhere'}: no such folder",
    }
    assert lines == lines_of(
        capsys, "good", "nowhere", "bad", "--select", "GD100", "--format", "json", status=1
    )


def test_no_character_of_a_line_acts_and_none_is_lost(
    repositories: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = "\x1b[2J\x7f\x9b31m\u202e\u00a0\U000e0001 ##[add-mask]x ü 東 🚰 \\u0041"
    monkeypatch.setattr(GD100, "check", said(message))
    (line,) = lines_of(capsys, "good", "--select", "GD100", "--json", status=1)
    assert line.isprintable()
    assert "##[" not in line
    assert "ü 東 🚰" in line
    assert json.loads(line)["findings"][0]["message"] == message


# ---- GitHub Actions


def test_annotations(
    repositories: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GD100, "check", said("In `README.md:3`: 100 % wrong,\nor more\n\n::error::no"))
    monkeypatch.setattr(GD100, "__doc__", "Has a README: long, good.")
    assert lines_of(capsys, "good", "--select", "GD100", "--format", "github", status=1) == [
        "::error file=README.md,line=3,title=GD100 Has a README%3A long%2C good.::"
        "In README.md:3: 100 %25 wrong, or more ::error::no",
        "::notice title=Portfolio check%3A good::"
        "0 of 1 required rules passed, 1 failed; 0 advisory ones failed",
    ]


def test_an_advisory_rule_is_a_warning_and_what_cannot_be_reviewed_an_error(
    repositories: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GD100, "required", False)
    lines = lines_of(capsys, "bad", "nowhere", "--select", "GD100", "--format", "github", status=1)
    assert lines[0].startswith("::warning title=GD100 Has a README.::Write a README.md")
    assert (
        lines[2]
        == f"::error title=Not reviewed::{check_view._data(str(repositories / 'nowhere'))}: no such folder"
    )


def test_github_counts_from_the_top_of_the_repository(
    repositories: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git("init", "--quiet", cwd=repositories)
    monkeypatch.setattr(GD100, "check", said("See `README.md`."))
    lines = lines_of(capsys, "good", "--select", "GD100", "--format", "github", status=1)
    assert lines[0].startswith("::error file=good/README.md,title=GD100")


# ---- HTML


def test_a_page_on_standard_output_or_in_a_file(
    repositories: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = "\n".join(lines_of(capsys, "good", "bad", "nowhere", "--format", "html", status=1))
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert "nowhere: no such folder" in page
    assert str(repositories) not in page.replace(f"{repositories / 'nowhere'}: no such", "")
    assert execute(["check", "good", "bad", "nowhere", "--format", "html", "-o", "a page.html"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[-1]) == ("", "wrote a page.html")
    assert Path("a page.html").read_text(encoding="utf-8").rstrip() == page.rstrip()


def test_a_page_that_cannot_be_written(repositories: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["check", "good", "--format", "html", "-o", "none/page.html"]) == 1
    assert "none" in capsys.readouterr().err.splitlines()[-1]
