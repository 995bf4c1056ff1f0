from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from parts import evidence, prose, report, report_tables
from parts.errors import EvidenceError, ProjectError


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())


def test_after_writing_all_is_true_and_nothing_is_left_to_write(evaluated: Path) -> None:
    written = {path.relative_to(evaluated).as_posix() for path in report.write(evaluated)}
    assert written == {"README.md", "MODEL_CARD.md", "reports/star.md"}
    assert report.check(evaluated) == []
    assert report.write(evaluated) == []


def test_the_words_of_the_owner_stay(evaluated: Path) -> None:
    report.write(evaluated)
    text = (evaluated / "README.md").read_text(encoding="utf-8")
    assert "\n\nWords of the owner.\n\n" in text
    assert text.endswith("\n\nLast words of the owner.\n")
    assert "anything at all" not in text
    assert "On synthetic data it reaches 0.871 (95 % interval 0.812 to 0.902)." in text


def test_the_results_have_the_baseline_the_interval_and_the_kind_of_data(evaluated: Path) -> None:
    report.write(evaluated)
    text = (evaluated / "README.md").read_text(encoding="utf-8")
    assert "| holdout | line (baseline) | 0.500 | 0.400 to 0.600 | 2,400 |\n" in text
    assert "| holdout | **tree** | 0.871 | 0.812 to 0.902 | 2,400 |\n" in text
    assert "| blocked | **tree** | 0.620 | n/a | 12,000 |\n" in text
    assert "+0.371 (95 % interval 0.300 to 0.440); higher is better." in text
    assert r"| size | large\|wide | ap | 0.700 | 0.500 to 0.800 | 500 |" in text
    assert "| size | tiny | ap | too few rows | n/a | 9 |" in text
    assert "![Precision falls slowly with recall.](reports/figures/pr.png)" in text


def test_repeated_splits_show_their_spread(measured: dict[str, Any]) -> None:
    measured["metrics"][3]["sd"] = 0.0351
    assert "| blocked | **tree** | 0.620 | sd 0.035 | 12,000 |\n" in report_tables.results(measured)


@pytest.mark.parametrize("name", report_tables.TABLES)
@pytest.mark.parametrize("source", ["real", "synthetic"])
def test_every_table_says_what_the_data_were(measured: dict[str, Any], name: str, source: str) -> None:
    measured["data"]["source"] = source
    text = report_tables.TABLES[name](measured)
    assert text.endswith(f"\n\n*{source.capitalize()} data: widget generator, 12,000 rows; seed 7.*")
    columns = {line.count(" | ") for line in text.splitlines() if line.startswith("|")}
    assert len(columns) == 1


@pytest.mark.parametrize("name", ["slices", "calibration", "latency"])
def test_what_was_not_measured_says_so(measured: dict[str, Any], name: str) -> None:
    del measured[name]
    assert re.fullmatch(r"\*.*(was|were) (not )?measured.*\*", report_tables.TABLES[name](measured))


@pytest.mark.parametrize("page", ["README.md", "MODEL_CARD.md", "reports/star.md"])
def test_one_changed_digit_is_found_with_its_line(evaluated: Path, page: str) -> None:
    report.write(evaluated)
    old = (evaluated / page).read_text(encoding="utf-8")
    digit = re.search(r"0\.(\d)\d", old)
    assert digit is not None
    line = old[: digit.start()].count("\n") + 1
    changed = str((int(digit[1]) + 1) % 10)
    (evaluated / page).write_text(old[: digit.start(1)] + changed + old[digit.end(1) :], encoding="utf-8")
    (finding,) = report.check(evaluated)
    assert finding.startswith(f"{page}:{line}: shown '")
    shown, expected = finding.split(", expected ")
    assert f"0.{changed}" in shown
    assert digit[0] in expected


def test_a_missing_and_an_added_line_are_found(evaluated: Path) -> None:
    report.write(evaluated)
    replace(evaluated / "README.md", "| holdout | line (baseline) | 0.500 | 0.400 to 0.600 | 2,400 |\n", "")
    replace(evaluated / "reports/star.md", "# STAR", "An extra line\n# STAR")
    readme, star = report.check(evaluated)
    assert re.fullmatch(r"README\.md:\d+: shown nothing, expected '\| holdout \| line.*", readme)
    assert star == "reports/star.md:1: shown 'An extra line', expected nothing"


def test_a_missing_page_is_found(evaluated: Path) -> None:
    report.write(evaluated)
    (evaluated / "MODEL_CARD.md").unlink()
    assert report.check(evaluated) == ["MODEL_CARD.md:1: shown nothing, expected the file; run report"]


def test_crlf_line_ends_are_no_difference_and_stay(evaluated: Path) -> None:
    report.write(evaluated)
    for page in ("README.md", "MODEL_CARD.md", "reports/star.md"):
        path = evaluated / page
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert report.check(evaluated) == []
    replace(evaluated / "README.md", "0.871", "0.971")
    assert [path.name for path in report.write(evaluated)] == ["README.md"]
    content = (evaluated / "README.md").read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n") > 20


def test_before_the_first_run_the_blocks_say_so(root: Path) -> None:
    assert [path.name for path in report.write(root)] == ["README.md"]
    text = (root / "README.md").read_text(encoding="utf-8")
    assert f"<!-- evidence:results -->\n\n{report.NO_RUN}\n<!-- /evidence:results -->" in text
    assert report.check(root) == []
    assert not (root / "MODEL_CARD.md").exists()


def test_before_the_first_run_a_number_in_a_block_is_found(root: Path) -> None:
    report.write(root)
    replace(root / "README.md", report.NO_RUN, "AP 0.99\n")
    (finding,) = report.check(root)
    assert "shown 'AP 0.99', expected '*No run yet" in finding


def test_a_page_without_evidence_is_found(evaluated: Path) -> None:
    report.write(evaluated)
    (evaluated / evidence.PATH).unlink()
    findings = report.check(evaluated)
    assert "MODEL_CARD.md:1: no reports/metrics.json behind it; run evaluate or delete the file" in findings
    assert "reports/star.md:1: no reports/metrics.json behind it; run evaluate or delete the file" in findings


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<!-- evidence:results -->\n", "", r"README\.md:\d+: <!-- /evidence:results --> has no partner"),
        ("<!-- /evidence:results -->\n", "", "no <!-- /evidence:results -->"),
        ("<!-- /evidence:headline -->\n", "", r"README\.md:\d+: <!-- evidence:results --> has no partner"),
        (
            "evidence:headline",
            "evidence:headlines",
            r"README\.md:5: no prose/readme-headlines\.md for this block",
        ),
        (
            "<!-- evidence:headline -->\n<!-- /evidence:headline -->\n",
            "",
            r"no block for prose/readme-headline\.md; put the lines <!-- evidence:headline -->",
        ),
    ],
)
def test_a_broken_block_is_named(evaluated: Path, old: str, new: str, words: str) -> None:
    replace(evaluated / "README.md", old, new)
    before = (evaluated / "README.md").read_bytes()
    with pytest.raises(ProjectError, match=words):
        report.write(evaluated)
    assert (evaluated / "README.md").read_bytes() == before


@pytest.mark.parametrize("name", ["prose/star.md", "prose/model-card.md", "portfolio.toml", "README.md"])
def test_a_missing_source_is_named(evaluated: Path, name: str) -> None:
    (evaluated / name).unlink()
    with pytest.raises(ProjectError, match=f"{Path(name).name}: no such file"):
        report.render(evaluated)


def test_a_figure_that_is_not_there_is_named(evaluated: Path) -> None:
    (evaluated / "reports/figures/pr.png").unlink()
    with pytest.raises(
        ProjectError, match=r"portfolio\.toml: no figure reports/figures/pr\.png; run evaluate"
    ):
        report.render(evaluated)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{headline[valu]:.3f}", r"prose/star\.md: \{headline\[valu\]\} is not in the evidence"),
        ("{metric[ap/holdout/forest]:.3f}", r"prose/star\.md: \{metric\[ap/holdout/forest\]\} is not in"),
        ("{tables[everything]}", r"\{tables\[everything\]\} is not in the evidence"),
        ("{data[name]:.3f}", r"prose/star\.md: 'widget generator' cannot be written as '\.3f'"),
        ("{slice[size/tiny/ap]:.2f}", r"prose/star\.md: None cannot be written as '\.2f'"),
        ("one { brace", r"prose/star\.md: .*a brace that is text is doubled"),
    ],
)
def test_a_text_that_names_what_is_not_there_is_refused(evaluated: Path, text: str, words: str) -> None:
    (evaluated / "prose/star.md").write_text(text, encoding="utf-8")
    with pytest.raises(EvidenceError, match=words):
        report.render(evaluated)


@pytest.mark.parametrize("name", ["star.md", "readme-headline.md"])
@pytest.mark.parametrize(
    "line",
    ["AP rose to 0.87", "about 5 % fail", "(3 of them)", "-3 degrees", "in 2020", "a 10-fold gain", "**7**"],
)
def test_a_typed_number_is_refused_with_its_line(evaluated: Path, name: str, line: str) -> None:
    (evaluated / "prose" / name).write_text(f"Words.\n\n{line}\n", encoding="utf-8")
    with pytest.raises(ProjectError, match=rf"prose/{name}:3: \d[\d.]* is typed in; name the figure"):
        report.render(evaluated)


@pytest.mark.parametrize(
    "line", ["AI4I and F1", "`k = 5`", "## Year 2026", "1. first", "{data[rows]:,} rows", "x2 and p99"]
)
def test_a_digit_in_a_word_is_no_number(line: str) -> None:
    assert prose.typed_numbers(line) == []


def test_the_title_is_the_owners_heading(root: Path) -> None:
    assert report.project_title(root) == 'Ada\'s "widgets": a project'
    (root / "README.md").write_text("no heading\n", encoding="utf-8")
    assert report.project_title(root) == "Widget watch"


def test_the_model_card_quotes_its_title_for_yaml(evaluated: Path) -> None:
    report.write(evaluated)
    card = (evaluated / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlicense: mit\n")
    assert '- name: "Ada\'s \\"widgets\\": a project"\n' in card
    assert "      value: 0.871234\n" in card
