"""The five questions: of this repository, with its own numbers, and with an answer that is really there."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scaffolder.check.families.questions import NO_ANSWER, Question, questions
from scaffolder.check.portfolio import Portfolio, sections

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = ("predictive-maintenance", "sentiment", "recommender", "helpdesk-chatbot")


@pytest.fixture
def pumps(tmp_path: Path) -> Path:
    """A copy of predictive-maintenance without its history."""
    return Path(shutil.copytree(EXAMPLES / "predictive-maintenance", tmp_path / "pumps"))


def change(root: Path, edit: Callable[[dict[str, Any]], None]) -> tuple[Question, ...]:
    """Edit the evidence and return the questions that follow."""
    path = root / "reports" / "metrics.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    edit(found)
    path.write_text(json.dumps(found), encoding="utf-8")
    portfolio = Portfolio(root)
    assert portfolio.evidence is not None, portfolio.trouble
    return questions(portfolio)


def holds(portfolio: Portfolio, place: str) -> bool:
    """Return True when the file of an answer is there, with its line and heading."""
    found = re.fullmatch(r"([^:]+):(\d+)(?:, “(.+)”)?", place)
    assert found, place
    text = portfolio.text(found[1])
    number = int(found[2])
    if text is None or not 0 < number <= text.count("\n") + 1 or not text.split("\n")[number - 1].strip():
        return False
    title = (found[3] or "").removesuffix("…")
    return not title or any(one.line == number and one.title.startswith(title) for one in sections(text))


@pytest.mark.parametrize("example", NAMES)
def test_an_example_gets_five_questions_and_every_answer_is_there(example: str) -> None:
    portfolio = Portfolio(EXAMPLES / example)
    found = questions(portfolio)
    assert len({one.ask for one in found}) == len(found) == 5
    for one in found:
        assert one.ask.endswith("?")
        assert one.why
        for place in re.split(r"; (?=[^;“]+:\d)", one.answer):
            assert holds(portfolio, place), place


def test_no_two_repositories_get_the_same_question() -> None:
    asked = [one.ask for name in NAMES for one in questions(Portfolio(EXAMPLES / name))]
    assert len(set(asked)) == 20


@pytest.mark.parametrize("example", NAMES)
def test_every_number_is_one_of_the_evidence(example: str) -> None:
    evidence = json.loads((EXAMPLES / example / "reports" / "metrics.json").read_text(encoding="utf-8"))

    def numbers(value: object) -> list[float]:
        if isinstance(value, dict | list):
            return [
                one
                for inner in (value.values() if isinstance(value, dict) else value)
                for one in numbers(inner)
            ]
        return [float(value)] if isinstance(value, int | float) else []

    measured = {f"{value:.3f}" for value in numbers(evidence)}
    for one in questions(Portfolio(EXAMPLES / example)):
        for number in re.findall(r"(?<![\w.])-?\d+\.\d{3}(?!\d)", one.ask):
            assert number in measured


def test_the_questions_name_what_was_measured(pumps: Path) -> None:
    metric, leak, weakest, cost, running = questions(Portfolio(pumps))
    assert "average precision under stratified-holdout" in metric.ask
    assert "0.924 [0.869, 0.962]" in metric.ask
    assert "logistic-regression reaches 0.589 [0.477, 0.691]" in metric.ask
    assert "+0.334 [+0.241, +0.433], on synthetic data" in metric.why
    assert "0.924 under stratified-holdout and 0.650 under blocked-5" in leak.ask
    assert "tests/test_leakage.py:" in leak.answer
    assert (
        "For failure mode 'TWF' recall is only 0.391 [0.213, 0.568] (n = 46), for 'OSF' 0.993" in weakest.ask
    )
    assert "threshold of 0.075" in cost.ask
    assert "(false alarm 1, missed failure 10, in inspections) are the template's assumption" in cost.ask
    assert "“2. A threshold from costs; no 0.5, no resampling”; params.toml:" in cost.answer
    assert "0.29 ms at the median and 1.3 ms at the 99th percentile on 1 thread" in running.ask


def test_a_model_that_loses_is_asked_why_it_is_shipped() -> None:
    ask = questions(Portfolio(EXAMPLES / "sentiment"))[0].ask
    assert ask.startswith(
        "tfidf-logistic-regression reaches accuracy 0.854 [0.828, 0.876] and bert-int8 only 0.756"
    )
    assert "why would you ship bert-int8" in ask


def test_a_difference_that_may_be_none_is_said_to_be(pumps: Path) -> None:
    def edit(found: dict[str, Any]) -> None:
        found["headline"]["difference"]["ci95"] = [-0.01, 0.02]

    assert "the interval of the difference holds zero" in change(pumps, edit)[0].ask


def test_where_lower_is_better_a_negative_difference_is_a_gain(pumps: Path) -> None:
    def edit(found: dict[str, Any]) -> None:
        found["headline"] |= {"higher_is_better": False, "difference": {"value": -0.2, "ci95": [-0.3, -0.1]}}

    assert change(pumps, edit)[0].ask.startswith("Why average precision under")


def test_a_score_above_its_band_is_what_the_second_question_is_about(pumps: Path) -> None:
    def edit(found: dict[str, Any]) -> None:
        found["anchors"][4] |= {"verdict": "above", "value": 0.9994}

    ask = change(pumps, edit)[1].ask
    assert "average precision under stratified-5x is 0.999, above the band 0.780 to 0.985" in ask


def test_the_weakest_slice_follows_the_evidence(pumps: Path) -> None:
    def edit(found: dict[str, Any]) -> None:
        found["slices"] = [
            {"by": "site", "group": group, "metric": "rmse", "value": value, "ci95": None, "n": 40}
            for group, value in (("A", 2.0), ("B", 31.5), ("C", None))
        ]

    assert "For site 'B' rmse is only 31.500 (n = 40), for 'A' 2.000" in change(pumps, edit)[2].ask


def test_costs_of_the_owner_are_not_called_the_templates(pumps: Path) -> None:
    def edit(found: dict[str, Any]) -> None:
        found["threshold"]["costs"] = {"missed_failure": 14.5, "source": "plant 3, 2026"}

    ask = change(pumps, edit)[3].ask
    assert "with the costs missed failure 14.5: who says so" in ask
    assert "template" not in ask


def test_without_a_threshold_the_choice_of_the_model_is_asked(pumps: Path) -> None:
    ask = change(pumps, lambda found: found.pop("threshold"))[3].ask
    assert ask.startswith(
        "xgboost-physics is served at average precision 0.924, and xgboost-raw comes to 0.866"
    )


def test_what_no_file_answers_is_said_to_be_open(pumps: Path) -> None:
    for name in ("DECISIONS.md", "README.md", "MODEL_CARD.md", "params.toml"):
        (pumps / name).unlink()
    shutil.rmtree(pumps / "tests")
    assert [one.answer for one in questions(Portfolio(pumps))] == [NO_ANSWER] * 5


def test_evidence_that_is_bare_still_gives_five(pumps: Path) -> None:
    def edit(found: dict[str, Any]) -> None:
        for key in ("slices", "threshold", "latency", "calibration", "facts"):
            found.pop(key, None)
        found["metrics"], found["anchors"] = found["metrics"][:1], []
        found["headline"].pop("model")
        found["data"]["split"]["sizes"] = {}

    found = change(pumps, edit)
    assert len({one.ask for one in found}) == 5


# --- without evidence


FOREIGN = {
    "README.md": "# Churn\n\nWe predict churn.\n\n## Results\n\nAccuracy: 99.2 % on the test set.\n\n## "
    "Limitations\n\nFew.\n\n"
    "## Deployment\n\n1. Roll back with the earlier tag.\n",
    "src/train.py": "import xgboost\nfrom sklearn.model_selection import train_test_split\n\nx = "
    "train_test_split([1])\n",
    "Dockerfile": "FROM python\nCMD python app.py\n",
    "tests/test_split.py": "def test_no_customer_is_in_two_parts():\n    assert True\n",
}


def test_a_repository_without_evidence_is_asked_about_what_it_claims(tmp_path: Path) -> None:
    for name, text in FOREIGN.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    claim, split, weakest, model, service = questions(Portfolio(tmp_path))
    assert claim.ask.startswith("README.md:7 says 'Accuracy 99.2 %': against which baseline")
    assert claim.answer == NO_ANSWER
    assert split.ask.startswith("src/train.py:4 splits with train_test_split")
    assert split.answer == "tests/test_split.py:1"
    assert weakest.answer == "README.md:9, “Limitations”"
    assert model.ask.startswith(
        "src/train.py uses xgboost: what does XGBoost bring over a logistic or linear"
    )
    assert service.ask.startswith("Dockerfile builds an image")
    assert service.answer == "README.md:15"


def test_an_empty_folder_gets_five_questions_that_nothing_answers(tmp_path: Path) -> None:
    found = questions(Portfolio(tmp_path))
    assert len({one.ask for one in found}) == 5
    assert {one.answer for one in found} == {NO_ANSWER}
    assert found[0].ask.startswith("What problem does this solve")


def test_a_repository_of_uv_init_gets_five(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("")
    (tmp_path / "main.py").write_text('def main():\n    print("Hello from a!")\n')
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "a"\nversion = "0.1.0"\n')
    found = questions(Portfolio(tmp_path))
    assert len({one.ask for one in found}) == 5
    assert found[0].ask.startswith("How do you know that it works")


# --- bad input


def test_no_control_character_and_no_flood_comes_through(pumps: Path) -> None:
    evil = "\x1b[31m\u202e\n\r<script>" + "A" * 3_000

    def edit(found: dict[str, Any]) -> None:
        found["headline"] |= {"model": evil, "protocol": evil}
        found["slices"][0] |= {"group": evil, "value": 0.0001}
        found["latency"]["what"] = evil
        found["threshold"]["chosen_on"] = evil
        found["threshold"]["costs"] = {evil: 1, "unit": evil, "source": evil}

    for one in change(pumps, edit):
        for text in (one.ask, one.answer, one.why):
            assert text.isprintable()
            assert len(text) <= 600


def test_files_of_any_content_give_five(tmp_path: Path) -> None:
    for number, content in enumerate(
        [b"\xff\xfe\x00" * 99, b"accuracy " * 99_999, b"# a\n" * 20_000, b"(" * 99_999]
    ):
        root = tmp_path / str(number)
        (root / "tests").mkdir(parents=True)
        for name in ("README.md", "DECISIONS.md", "params.toml", "tests/test_leak.py", "a.py", "a.ipynb"):
            (root / name).write_bytes(content)
        assert len(questions(Portfolio(root))) == 5
