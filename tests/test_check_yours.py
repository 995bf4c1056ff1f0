"""What is the owner's: the figures move exactly with what the owner writes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.check.facts import share
from scaffolder.check.facts.commits import NoHistory, read_history
from scaffolder.check.facts.make_it_yours import places
from scaffolder.check.facts.share import of_code, of_text, percent, without_evidence
from scaffolder.check.families import yours
from scaffolder.check.plugin import families
from scaffolder.check.portfolio import Portfolio
from scaffolder.create import new_project

from .conftest import git

if TYPE_CHECKING:
    from scaffolder.check.rule import Rule

EXAMPLES = Path(__file__).parents[1] / "examples"
ANSWERS = {"author_name": "The scaffolder authors"}  # as the example
PM, PM_DECISIONS, PM_CODE = 114, 51, 7_330  # lines that count of predictive-maintenance 0.5.0
PM_PLACES = (
    "params.toml [cost]",
    "params.toml [own]",
    "DECISIONS.md 1. Physics in the features and in the constraints, not a bigger model",
    "DECISIONS.md 2. A threshold from costs; no 0.5, no resampling",
    "DECISIONS.md 3. Two ways to split, both reported",
    "prose/star.md",
)


@pytest.fixture
def pumps(home: Path, tmp_path: Path) -> Path:
    """A project of predictive-maintenance 0.5.0 with one commit, straight from the template."""
    path = tmp_path / "pumps"
    new_project("predictive-maintenance", path, answers=ANSWERS, ask=False, version="0.5.0")
    return path


def say(rule: Rule, root: Path) -> tuple[bool | str | None, str]:
    """Return what a rule says of the repository as it is now, and its proof."""
    return rule.check(Portfolio(root)), rule.proof


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def commit(root: Path, day: str, message: str = "Mine", author: str = "Ada") -> None:
    dates = {"GIT_AUTHOR_DATE": f"{day}T12:00:00+02:00", "GIT_COMMITTER_DATE": f"{day}T12:00:00+02:00"}
    names = {"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": "a@example.org"}
    subprocess.run(["git", "add", "--all"], cwd=root, check=True, capture_output=True)
    command = ["git", "commit", "--quiet", "--allow-empty", "-m", message]
    subprocess.run(command, cwd=root, check=True, capture_output=True, env={**os.environ, **dates, **names})


# --- straight from the template


def test_straight_from_the_template_nothing_is_the_owners(pumps: Path) -> None:
    for rule, number in ((yours.YO101(), PM), (yours.YO102(), PM_DECISIONS)):
        said, proof = say(rule, pumps)
        assert isinstance(said, str)
        assert f"{number} of {number} lines (100 %) are still the template's" in said
        assert proof == f"{rule.file}: {number} of {number} lines (100 %) as the template made them"
    said, _ = say(yours.YO103(), pumps)
    assert isinstance(said, str)
    assert said.startswith(f"All {PM_CODE:,} lines of code are the template's. ")
    said, _ = say(yours.YO104(), pumps)
    assert isinstance(said, str)
    assert said.startswith("Still as the template made them, 6 of 6 places: `params.toml` `[cost]`; ")
    said, _ = say(yours.YO105(), pumps)
    assert isinstance(said, str)
    assert said.startswith("No commit of yours since `20")
    assert yours.template_share(Portfolio(pumps)) == 1.0


def test_the_places_are_those_that_the_template_names(pumps: Path) -> None:
    made = Portfolio(pumps).made
    assert made is not None
    assert tuple(place.name for place in places(made)) == PM_PLACES


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("sentiment", ["params.toml [cost]", "params.toml [own]", "prose/star.md"]),
        ("recommender", ["params.toml [own]", "prose/star.md"]),
        ("helpdesk-chatbot", ["params.toml [own]", "params.toml [threshold]", "prose/star.md"]),
    ],
)
def test_every_template_names_its_places_and_three_choices(template: str, expected: list[str]) -> None:
    made = Portfolio(EXAMPLES / template).made
    assert made is not None
    names = [place.name for place in places(made)]
    assert [name for name in names if not name.startswith("DECISIONS.md ")] == expected
    assert len(names) == len(expected) + 3


# --- after the owner's edits


def test_lines_of_the_readme_are_counted_one_by_one(pumps: Path) -> None:
    readme = pumps / "README.md"
    append(readme, "\nMine.\n\n---\n\n```\n\nMine, too.\n<!-- a comment -->\n")
    said, proof = say(yours.YO101(), pumps)
    assert f"{PM} of {PM + 2} lines (98.3 %)" in proof
    assert "(Passed once 12 of 116 lines are yours.)" in str(said)
    replace(readme, "## Set-up\n", "## My set-up\n")
    assert f"{PM - 1} of {PM + 2} lines" in say(yours.YO101(), pumps)[1]
    append(readme, "".join(f"My line {number}.\n" for number in range(9)))  # 12 of 125 are the owner's now
    said, proof = say(yours.YO101(), pumps)
    assert isinstance(said, str)
    assert proof == f"README.md: {PM - 1} of {PM + 11} lines (90.4 %) as the template made them"
    append(readme, "And one more.\n")
    assert say(yours.YO101(), pumps) == (
        True,
        f"README.md: {PM - 1} of {PM + 12} lines (89.7 %) as the template made them",
    )


def test_moving_a_line_or_another_line_end_makes_nothing_ones_own(pumps: Path) -> None:
    readme = pumps / "README.md"
    text, marker, rest = readme.read_text(encoding="utf-8").rpartition("<!-- /evidence:metrics -->\n")
    turned = "\n".join(reversed(rest.split("\n")))
    readme.write_bytes(f"{text}{marker}{turned}".replace("\n", "  \r\n").encode())
    assert f"{PM} of {PM} lines" in say(yours.YO101(), pumps)[1]


def test_what_report_writes_is_nobodys(pumps: Path) -> None:
    shutil.copy(EXAMPLES / "predictive-maintenance" / "README.md", pumps / "README.md")
    assert f"{PM} of {PM} lines" in say(yours.YO101(), pumps)[1]


def test_a_text_that_is_gone_or_empty_is_said_to_be(pumps: Path) -> None:
    (pumps / "DECISIONS.md").write_text("\n---\n")
    assert str(say(yours.YO102(), pumps)[0]).startswith("`DECISIONS.md` has no text outside the parts")
    (pumps / "DECISIONS.md").unlink()
    assert str(say(yours.YO102(), pumps)[0]).startswith("There is no `DECISIONS.md` any more.")


def test_code_is_counted_over_all_files(pumps: Path) -> None:
    service = pumps / "src" / "maintenance" / "serving" / "service.py"
    service.rename(service.with_name("web.py"))
    said, _ = say(yours.YO103(), pumps)
    assert str(said).startswith(f"All {PM_CODE:,} lines of code are the template's (1 file less).")
    (pumps / "tests" / "test_mine.py").write_text(
        "def test_mine() -> None:\n    assert sum([20, 22]) == 42\n"
    )
    append(pumps / "wsgi.py", "\nMINE = 1\n")
    passed, proof = say(yours.YO103(), pumps)
    assert passed is True
    assert proof == (
        f"{PM_CODE:,} of {PM_CODE + 3:,} lines (99.96 %) of code as the template made them; "
        "2 files (src/maintenance/serving/web.py, tests/test_mine.py) added; 1 file (wsgi.py) changed; "
        "1 file (src/maintenance/serving/service.py) deleted"
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        ("params.toml", "missed_failure = 10.0", "missed_failure = 14.0", "[cost]"),
        ("params.toml", 'speed_rpm = "spindle_speed"', 'speed_rpm = "n"', "[own]"),
        ("params.toml", "# Your own sensor file", "# Our own sensor file", "[own]"),
        ("DECISIONS.md", "neighbouring rows share a tool", "rows of one shift share a tool", "3. Two ways"),
        ("prose/star.md", "**Task.**", "**My task.**", "prose/star.md"),
    ],
)
def test_an_edit_touches_its_own_place_alone(pumps: Path, file: str, old: str, new: str, place: str) -> None:
    replace(pumps / file, old, new)
    said, proof = say(yours.YO104(), pumps)
    assert proof == "1 of 6 places changed"
    assert "5 of 6 places" in str(said)
    assert place not in str(said)


def test_an_edit_elsewhere_touches_no_place(pumps: Path) -> None:
    replace(pumps / "params.toml", "trees = 300", "trees = 301")
    replace(pumps / "DECISIONS.md", "Three choices that", "Three of the choices that")
    append(pumps / "prose" / "model-card.md", "Mine.\n")
    assert "6 of 6 places" in str(say(yours.YO104(), pumps)[0])


def test_with_all_places_touched_the_rule_passes(pumps: Path) -> None:
    replace(pumps / "params.toml", "missed_failure = 10.0", "missed_failure = 14.0")
    replace(pumps / "params.toml", 'speed_rpm = "spindle_speed"', 'speed_rpm = "n"')
    decisions = (pumps / "DECISIONS.md").read_text(encoding="utf-8")
    (pumps / "DECISIONS.md").write_text(decisions.replace("**Make it your own.**", "**Mine.** I did."))
    append(pumps / "prose" / "star.md", "Mine.\n")
    assert say(yours.YO104(), pumps) == (True, "6 of 6 places changed")


def test_the_family_says_how_much_is_the_templates(pumps: Path) -> None:
    append(pumps / "README.md", "Mine.\n" * 114)
    shown = families(Portfolio(pumps))["yours"]["description"]
    assert shown == "Still the template's, line by line: **50 % of `README.md`, 100 % of `DECISIONS.md`**"
    assert yours.template_share(Portfolio(pumps)) == (PM + PM_DECISIONS) / (2 * PM + PM_DECISIONS)


# --- commits


def test_commits_of_the_owner_are_counted_with_their_days(pumps: Path) -> None:
    began = git("log", "-1", "--format=%as", cwd=pumps).strip()
    commit(pumps, "2031-03-04")
    commit(pumps, "2031-03-04")
    commit(pumps, "2031-02-01")  # a commit may be older than its parent
    commit(pumps, "2031-03-05", "Update template predictive-maintenance from v0.5.0 to v0.6.0")
    commit(pumps, "2031-03-06", author="dependabot[bot]")
    append(pumps / "README.md", "Mine.\n")
    commit(pumps, "2031-03-07", "Start from template")
    assert say(yours.YO105(), pumps) == (True, f"1 commit on 1 day, 2031-03-07; generated {began}")
    for day in ("2031-03-08", "2031-03-08", "2031-03-09"):
        append(pumps / "README.md", "Mine.\n")
        commit(pumps, day)
    history = read_history(pumps)
    assert history.days == ("2031-03-07", "2031-03-08", "2031-03-08", "2031-03-09")
    assert str(history) == f"4 commits on 3 days, 2031-03-07 to 2031-03-09; generated {began}"


def test_in_a_larger_repository_only_the_projects_own_folder_counts(pumps: Path, tmp_path: Path) -> None:
    shutil.rmtree(pumps / ".git")
    git("init", "--quiet", "--initial-branch=main", cwd=tmp_path)
    (tmp_path / ".gitignore").write_text("/home\n")
    (tmp_path / "elsewhere.txt").write_text("1")
    commit(tmp_path, "2031-01-01", "All of it")
    (tmp_path / "elsewhere.txt").write_text("2")
    commit(tmp_path, "2031-01-02")
    said, proof = say(yours.YO105(), pumps)
    assert proof == "no commit of the owner; generated 2031-01-01"
    assert str(said).startswith("No commit of yours since `2031-01-01`, when it was generated.")
    append(pumps / "README.md", "Mine.\n")
    commit(tmp_path, "2031-01-03")
    assert say(yours.YO105(), pumps) == (True, "1 commit on 1 day, 2031-01-03; generated 2031-01-01")


def test_another_repository_has_its_history_but_no_template(home: Path, tmp_path: Path) -> None:
    root = tmp_path / "other"
    root.mkdir()
    git("init", "--quiet", "--initial-branch=main", cwd=root)
    assert say(yours.YO105(), root) == (
        "No commit of yours. Commit your changes one by one, each with its reason.",
        "no commit of the owner",
    )
    (root / "README.md").write_text("# Other\n")
    commit(root, "2031-01-01")
    assert say(yours.YO105(), root) == (True, "1 commit on 1 day, 2031-01-01")
    for rule in (yours.YO101(), yours.YO102(), yours.YO103(), yours.YO104()):
        assert say(rule, root) == (None, "not generated from a template of the scaffolder")
    assert families(Portfolio(root))["yours"]["description"] == ""
    assert yours.template_share(Portfolio(root)) is None


def test_without_git_or_with_half_of_its_history_nothing_is_counted(pumps: Path, tmp_path: Path) -> None:
    commit(pumps, "2031-01-01")
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--depth=1", pumps.as_uri(), str(clone), cwd=tmp_path)
    none, why = say(yours.YO105(), clone)
    assert none is None
    assert why.startswith("a shallow clone has no history")
    shutil.rmtree(pumps / ".git")
    assert say(yours.YO105(), pumps) == (None, "it lies in no git repository")
    assert say(yours.YO104(), pumps)[1] == "0 of 6 places changed"


@pytest.mark.skipif(os.name == "nt", reason="needs a script with a shebang")
def test_counting_commits_runs_no_program_of_the_repository(pumps: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    evil.chmod(0o755)
    commit(pumps, "2031-01-01")
    for key, value in {
        "log.showSignature": "true",
        "gpg.program": str(evil),
        "core.pager": str(evil),
        "pager.log": "true",
        "core.fsmonitor": str(evil),
        "core.sshCommand": str(evil),
        "diff.external": str(evil),
        "extensions.partialClone": "origin",
        "remote.origin.url": f"ext::{evil}",
        "remote.origin.promisor": "true",
        "protocol.ext.allow": "always",
    }.items():
        git("config", key, value, cwd=pumps)
    for pack in (pumps / ".git" / "objects" / "pack").iterdir():
        pack.unlink()
    with pytest.raises(NoHistory):  # the first commit is missing, and nobody fetches it
        read_history(pumps)
    assert not (tmp_path / "ran").exists()


# --- what cannot be measured


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (b"a\x80", ".copier-answers.yml: it is no YAML"),
        (b"- 1\n", ".copier-answers.yml: expected a mapping"),
        (b"_src_path: gh:a/b\n_commit: v1\n", "its template gh:a/b is not the scaffolder's"),
        (
            b"_src_path: https://portfolio-scaffolder.invalid/scaffolder.git\n_commit: v9.9.9\ntemplate: "
            b"sentiment\n",
            "made by scaffolder v9.9.9",
        ),
        (
            b"_src_path: https://portfolio-scaffolder.invalid/scaffolder.git\n_commit: v0.5.0\ntemplate: "
            b"nope\n",
            "no template named 'nope'",
        ),
        (
            b"_src_path: https://portfolio-scaffolder.invalid/scaffolder.git\n_commit: v0.5.0\ntemplate: "
            b"sentiment\nweb: {a: [1]}\n"
            b'author_name: [1, {b: 2}]\nlicence: 7\nproject_name: "{{ 7 * 7 }}"\n',
            "",
        ),
    ],
)
def test_a_record_that_says_nothing_usable_is_named(tmp_path: Path, answers: bytes, why: str) -> None:
    (tmp_path / ".copier-answers.yml").write_bytes(answers)
    (tmp_path / "README.md").write_text("# Mine\n\nMine.\n")
    for rule in (yours.YO101(), yours.YO102(), yours.YO103(), yours.YO104()):
        said, proof = say(rule, tmp_path)
        if why:
            assert said is None
            assert why in proof
        else:
            assert proof


def test_files_of_any_content_are_compared(pumps: Path) -> None:
    for content in (
        b"\xff\x00" * 99,
        b"",
        b"<!-- evidence:a -->\n" * 50_000,
        b"[" * 200_000,
        b"# a\n" * 50_000,
    ):
        for name in (
            "README.md",
            "DECISIONS.md",
            "params.toml",
            "prose/star.md",
            "wsgi.py",
            "src/maintenance/verbs.py",
        ):
            (pumps / name).write_bytes(content)
        for rule in (yours.YO101(), yours.YO102(), yours.YO103(), yours.YO104()):
            said, _ = say(rule, pumps)
            assert said is True or isinstance(said, str)


# --- the counting itself


def test_a_line_counts_as_often_as_the_template_has_it() -> None:
    assert of_text("a\na\na\nb\n", "a\na\nc\n") == share.Share(lines=4, kept=2, made=3)
    assert of_text("", "a\n").value == 0.0


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\n<!-- evidence:x -->\nb\n<!-- /evidence:x -->\nc", "a c"),
        (
            "<!-- evidence:x -->\nb\n<!-- /evidence:x -->\nc\n<!-- evidence:x -->\nd\n<!-- /evidence:x -->",
            "c",
        ),
        ("<!-- evidence:x -->\nb\n<!-- /evidence:y -->\nc", "<!-- evidence:x --> b <!-- /evidence:y --> c"),
        ("<!-- /evidence:x -->\nb\n<!-- evidence:x -->", "<!-- /evidence:x --> b <!-- evidence:x -->"),
        (
            "<!-- evidence:x -->\n<!-- evidence:y -->\nb\n<!-- /evidence:x -->\nc\n<!-- /evidence:y -->",
            "c <!-- /evidence:y -->",
        ),
    ],
)
def test_evidence_blocks_are_left_out(text: str, left: str) -> None:
    assert " ".join(without_evidence(text.split("\n"))) == left


def test_code_of_other_kinds_counts_only_where_code_is(tmp_path: Path) -> None:
    for name in ("src/a.ts", "web/src/b.css", "tests/c.html", "d.py", "e.ts", "src/f.json", "docs/g.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a line\n")
    found = of_code(Portfolio(tmp_path), {})
    assert found.added == ("d.py", "src/a.ts", "tests/c.html", "web/src/b.css")
    assert found.share == share.Share(lines=4, kept=0, made=0)


def test_a_share_is_all_or_nothing_only_when_it_is() -> None:
    assert [percent(part, 30_000) for part in (0, 1, 15_000, 29_999, 30_000)] == [
        "0 %",
        "0.003 %",
        "50 %",
        "99.997 %",
        "100 %",
    ]
