"""Our rules as repo-review has them, and those of other plugins as we have them."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

import pytest

from scaffolder.check import installed, plugin
from scaffolder.check.portfolio import Portfolio

from .check_samples import HOSTILE, make_repository

if TYPE_CHECKING:
    from pathlib import Path

RULES = plugin.rules()
SCAFFOLDER = "import sys; from scaffolder.cli.app import execute; sys.exit(execute())"
REPO_REVIEW = "from repo_review.__main__ import main; main()"
FAKE = '''
class ZZ100:
    """Has a {name} of its own."""
    family = "zoo"
    url = "https://example.org/{name}"
    @staticmethod
    def check(package):
        """Buy one, says {name}."""
        return package.joinpath("zoo.txt").is_file()

class ZZ101:
    """Lives."""
    family = "zoo"
    requires = {"ZZ100"}
    def check(self, portfolio):
        return portfolio.readme is not None and "BROKEN" not in portfolio.text(portfolio.readme)

def rules():
    return {"ZZ100": ZZ100(), "ZZ101": ZZ101()}

def families():
    return {"zoo": {"name": "Zoo", "order": 5, "description": "Animals, *all* of them."}}
'''


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """A folder with another plugin of repo-review, as an installer leaves it."""
    return make_repository(
        tmp_path / "site",
        {
            "zoo.py": FAKE,
            "zoo_review-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: zoo-review\nVersion: 1.0\n",
            "zoo_review-1.0.dist-info/entry_points.txt": (
                "[repo_review.checks]\nzoo = zoo:rules\n[repo_review.families]\nzoo = zoo:families\n"
            ),
        },
    )


def run(script: str, *args: str | Path, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a script with another plugin installed; its output is UTF-8."""
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, args)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(site or ""), "PYTHONUTF8": "1", "COLUMNS": "200"},
        check=False,
    )


# ---- our rules


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_whole(code: str, tmp_path: Path) -> None:
    rule = RULES[code]
    assert re.fullmatch(r"[A-Z]{2}\d{3}", code)
    title = inspect.getdoc(rule) or ""
    assert "\n" not in title
    assert title.endswith(".")
    assert len(title) <= 100
    message = inspect.getdoc(rule.check) or ""
    assert message.endswith((".", ")"))
    assert not set(title + message) & set("{}")  # repo-review would fill them in
    assert rule.family in plugin.families(Portfolio(tmp_path))
    assert rule.requires <= RULES.keys()


def test_rules_wait_for_one_another_without_end_nowhere() -> None:
    order = list(TopologicalSorter({code: rule.requires for code, rule in RULES.items()}).static_order())
    assert set(order) == RULES.keys()


def test_each_prefix_is_of_one_family() -> None:
    families = {(code[:2], rule.family) for code, rule in RULES.items()}
    assert len(families) == len({prefix for prefix, _ in families})


def test_all_are_installed() -> None:
    assert set(RULES) <= set(installed.known_rules())


# ---- repo-review itself


@pytest.mark.parametrize("form", ["json", "html", "rich", "svg"])
def test_repo_review_shows_our_rules(home: Path, tmp_path: Path, form: str) -> None:
    folder = make_repository(tmp_path / "pumps")
    done = run(REPO_REVIEW, folder, "--format", form)
    assert done.returncode == 3, done.stderr
    if form == "svg":  # repo-review 1.3 draws an empty picture of any rules
        assert done.stdout.startswith("<svg")
        return
    for word in ("GD100", "EV100", "YO101"):
        assert word in done.stdout
    if form == "json":
        checks = json.loads(done.stdout)["checks"]
        assert RULES.keys() <= checks.keys()
        assert (checks["GD100"]["result"], checks["EV100"]["result"]) == (True, False)


def test_repo_review_lists_our_rules_and_families() -> None:
    done = run(REPO_REVIEW, "--list-all")
    assert done.returncode == 0, done.stderr
    assert not [code for code in RULES if code not in done.stdout]


def test_nothing_of_a_repository_acts_in_the_page_of_repo_review(home: Path, tmp_path: Path) -> None:
    done = run(REPO_REVIEW, make_repository(tmp_path / "pumps", HOSTILE), "--format", "html")
    assert done.returncode == 3, done.stderr
    assert "alert(" in done.stdout
    assert not re.findall(r"<(?:script|img|svg|iframe|style|link)\b", done.stdout, re.IGNORECASE)
    assert not re.findall(r"<[^>]*\son\w+\s*=", done.stdout)
    assert "\x1b" not in done.stdout


def test_repo_review_leaves_out_what_the_repository_leaves_out(home: Path, tmp_path: Path) -> None:
    files = {"README.md": "# Pumps\n", "pyproject.toml": '[tool.repo-review.ignore]\nEV = "no model"\n'}
    done = run(REPO_REVIEW, make_repository(tmp_path / "pumps", files), "--format", "json")
    checks = json.loads(done.stdout)["checks"]
    assert {one["skip_reason"] for code, one in checks.items() if code.startswith("EV")} == {"no model"}


# ---- other plugins


def test_rules_of_another_plugin_are_in_our_table(home: Path, tmp_path: Path, zoo: Path) -> None:
    folder = make_repository(tmp_path / "pumps")
    done = run(SCAFFOLDER, "check", folder, "--select", "GD100,ZZ", site=zoo)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[lines.index("Zoo") :] == [
        "Zoo",
        "  Animals, all of them.",
        "  ! ZZ100   Has a ZZ100 of its own.",
        "            Buy one, says ZZ100.",
        "  – ZZ101   Lives.  looked at once ZZ100 passes",  # noqa: RUF001
        "",
        "✓ 1 of 1 required rules passed",
        "  0 of 1 advisory rules passed, 1 did not: ZZ100",
        "  1 does not apply",
    ]
    (folder / "zoo.txt").touch()
    found = json.loads(run(SCAFFOLDER, "check", folder, "--select", "ZZ", "--json", site=zoo).stdout)
    assert [(one["rule"], one["verdict"], one["required"]) for one in found["findings"]] == [
        ("ZZ100", "passed", False),
        ("ZZ101", "passed", False),
    ]
    assert found["findings"][0]["url"] == "https://example.org/ZZ100"


def test_a_plugin_that_fails_at_one_repository_stops_no_other(home: Path, tmp_path: Path, zoo: Path) -> None:
    broken = FAKE.replace(
        'return portfolio.readme is not None and "BROKEN" not in portfolio.text(portfolio.readme)',
        "return portfolio.text(portfolio.readme).index('works') >= 0",
    )
    (zoo / "zoo.py").write_text(broken)
    bad = make_repository(tmp_path / "bad", {"README.md": "# Bad\n", "zoo.txt": "\n"})
    good = make_repository(tmp_path / "good", {"README.md": "# It works\n", "zoo.txt": "\n"})
    done = run(SCAFFOLDER, "check", bad, good, "--json", site=zoo)
    assert done.returncode == 1
    error = (
        f"{bad}: rule ZZ101 failed, ValueError: substring not found; report it, and leave it out with "
        "--ignore ZZ101"
    )
    assert done.stderr == f"error: {error}\n"
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["error"] == error
    assert "ZZ101" in {one["rule"] for one in second["findings"]}
    assert run(SCAFFOLDER, "check", bad, "--select", "ZZ", "--ignore", "ZZ101", site=zoo).returncode == 0


@pytest.mark.parametrize(
    ("source", "error"),
    [
        pytest.param(
            "import nothing_like_it",
            "loading the repo-review plugin 'zoo-review' failed, ModuleNotFoundError: No module named "
            "'nothing_like_it'; mend or uninstall it",
            id="import",
        ),
        pytest.param(
            "def rules():\n    return 1 / 0\nfamilies = rules",
            "asking the repo-review plugin 'zoo-review' for its rules failed, ZeroDivisionError: division by "
            "zero; mend or uninstall it",
            id="rules",
        ),
    ],
)
def test_a_plugin_that_does_not_work_is_one_line(
    home: Path, tmp_path: Path, zoo: Path, source: str, error: str
) -> None:
    (zoo / "zoo.py").write_text(source)
    folder = make_repository(tmp_path / "pumps")
    done = run(SCAFFOLDER, "check", folder, site=zoo)
    assert done.returncode == 1
    assert not done.stdout
    assert done.stderr.removeprefix("error: ").removeprefix(f"{folder}: ") == f"{error}\n"
