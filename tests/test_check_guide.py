"""The rules of the family guide, on repositories that have what it asks for and on ones that only look so."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from scaffolder.check.families import guide
from scaffolder.check.own_tests import Counts, TestRun
from scaffolder.check.portfolio import Portfolio

from .check_samples import make_repository
from .check_verdicts import EXAMPLES, ROOT, copy_example, failed, verdicts

if TYPE_CHECKING:
    from pathlib import Path

WORDS = (
    "Pumps of a water works fail without warning, and each failure stops the supply of a district for hours. "
    "The planner of repairs decides every Monday which three pumps are taken apart."
)
TESTS = (
    "import pandas as pd\n\n\ndef test_no_missing_values(frame):\n    assert not frame.isna().any().any()\n"
)
CI = "on: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: {}\n"


def of_readme(tmp_path: Path, text: str) -> dict[str, str]:
    return failed(make_repository(tmp_path / "pumps", {"README.md": f"# Pumps\n\n{text}\n"}), guide)


def with_file(tmp_path: Path, name: str, text: str) -> dict[str, str]:
    return failed(make_repository(tmp_path / "pumps", {name: text}), guide)


# ---- whole repositories


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_required_rule_passes_on_an_example(name: str) -> None:
    said = verdicts(ROOT / "examples" / name, guide)
    assert failed(ROOT / "examples" / name, guide) == {}
    asked_for = {"GD113", "GD114"}
    assert {rule for rule, one in said.items() if one.result is None} == asked_for
    assert all("--run-tests" in said[rule].text for rule in asked_for)
    assert said["GD101"].text.startswith("README.md:2")
    assert said["GD111"].text.startswith("tests/test_data.py:")


def test_an_empty_folder_fails_each_rule_with_what_to_do(tmp_path: Path) -> None:
    found = failed(make_repository(tmp_path / "pumps", {"x": ""}), guide)
    assert set(found) == {
        *("GD100", "GD101", "GD102", "GD103", "GD104", "GD111", "GD112", "GD121", "GD131"),
    }
    assert all(len(message.split()) > 5 for message in found.values())


def test_a_project_of_uv_init_has_no_readme_in_it(tmp_path: Path) -> None:
    files = {
        "README.md": "",
        "main.py": 'def main():\n    print("Hello from pumps!")\n',
        "pyproject.toml": '[project]\nname = "pumps"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n',
        ".python-version": "3.13\n",
    }
    assert "GD100" in failed(make_repository(tmp_path / "pumps", files), guide)


def test_this_repository_is_no_portfolio_and_is_told_what_it_lacks() -> None:
    found = failed(ROOT, guide)
    assert "GD100" not in found
    assert "GD121" not in found
    assert {"GD101", "GD102", "GD103"} <= set(found)


# ---- sections of the README


@pytest.mark.parametrize(
    "heading",
    [
        "## Problem statement",
        "## 🎯 The Problem",
        "## 1. **Business problem**",
        "### Problem description ###",
        "## Motivation",
        "## Why?",
        "## Problemstellung",
        "Problem\n-------",
        '<h2 align="center">Problem statement</h2>',
    ],
)
def test_a_problem_may_stand_under_any_usual_heading(tmp_path: Path, heading: str) -> None:
    assert "GD101" not in of_readme(tmp_path, f"{heading}\n\n{WORDS}\n")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "has 0 words of its own"),
        ("TODO", "placeholder: `TODO`"),
        ("Describe your problem here.", "placeholder"),
        (
            "[Insert a description of the problem and of those who have it, in words that all of them know]",
            "placeholder",
        ),
        (
            "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor ut labore et.",
            "placeholder: `Lorem`",
        ),
        (
            "See [the docs](https://example.org/a-very-long-address/with-many/words/in/it/and/more/of/them).",
            "has 3 words",
        ),
        (
            "![a picture with a very long alternative text that says all there is to say about pumps](x.png)",
            "has 0 words",
        ),
        ("<!-- " + WORDS + " -->", "has 0 words"),
        ("```\n" + WORDS + "\n```", "has 0 words"),
        ("problem " * 60, "words of its own"),
        ("Pumps fail.", "has 2 words of its own, expected 20 or more"),
    ],
)
def test_a_problem_without_words_of_its_own_is_none(tmp_path: Path, body: str, says: str) -> None:
    message = of_readme(tmp_path, f"## Problem\n\n{body}\n")["GD101"]
    assert message.startswith("`README.md:3`: `Problem` ")
    assert says in message


def test_a_placeholder_beside_words_enough_does_no_harm(tmp_path: Path) -> None:
    assert "GD101" not in of_readme(tmp_path, f"## Problem\n\n{WORDS}\n\nTODO: a picture.\n")


def test_the_title_is_no_section(tmp_path: Path) -> None:
    readme = f"# The problem of pumps\n\n{WORDS}\n\n## Licence\n\nMIT\n"
    assert "GD101" in failed(make_repository(tmp_path / "pumps", {"README.md": readme}), guide)


def test_a_heading_in_a_code_block_is_none(tmp_path: Path) -> None:
    assert "GD101" in of_readme(tmp_path, f"```\n## Problem\n\n{WORDS}\n```\n")


def test_words_in_chinese_count(tmp_path: Path) -> None:
    text = "水泵在没有预警的情况下发生故障每次故障都会使一个地区停水数小时维修计划员每周一决定拆卸哪三台水泵"
    assert "GD101" not in of_readme(tmp_path, f"## Problem\n\n{text}\n")


@pytest.mark.parametrize(
    "body",
    [
        "Ten thousand readings of pumps from [a public set](https://example.org/pumps), one each minute.",
        "All rows are synthetic: a seeded generator makes them after the rules of the plant.",
        "Readings of the pumps of one year, published under CC BY 4.0 by the water works of a town.",
    ],
)
def test_a_source_is_a_link_a_generator_or_a_licence(tmp_path: Path, body: str) -> None:
    assert "GD102" not in of_readme(tmp_path, f"## Data\n\n{body}\n")


def test_data_without_a_source_are_nobodys(tmp_path: Path) -> None:
    message = of_readme(tmp_path, "## Dataset\n\nThere are many rows with columns of temperature and flow.\n")
    assert "`Dataset` names no source" in message["GD102"]


def test_data_validation_is_no_section_about_data(tmp_path: Path) -> None:
    text = "## Data validation\n\nEvery row is held to a schema by a generator of checks, see https://example.org.\n"
    assert "GD102" in of_readme(tmp_path, text)


@pytest.mark.parametrize(
    "body",
    [
        "RMSE 0.42 on the test set.",
        "| model | MAE |\n| --- | ---: |\n| tree | 23 |",
        "Recall is 87 %.",
        "MAE: 23",
    ],
)
def test_metrics_have_a_number(tmp_path: Path, body: str) -> None:
    assert "GD103" not in of_readme(tmp_path, f"## Results\n\n{body}\n")


@pytest.mark.parametrize(
    "body",
    [
        "It works well, see the 2024 report.",
        "1. Accuracy\n2. F1\n3. hit@10",
        "`accuracy = 0.93`",
        "![0.93](x-0.93.png)",
        "Each figure has a 95 % interval around it.",
        "TODO: accuracy is 0.93",
        "*No run yet, so no numbers: `data`, `train`, `evaluate` and `report` write them here.*\n\nF1 0.2",
    ],
)
def test_metrics_without_a_measured_number_are_none(tmp_path: Path, body: str) -> None:
    assert of_readme(tmp_path, f"## Model metrics\n\n{body}\n")["GD103"].startswith("`README.md:3`: ")


@pytest.mark.parametrize(
    "body",
    [
        "Build the image and start it, then ask it for a pump:\n\n```sh\ndocker run pumps\n```",
        "Run `docker compose up` on the server of the water works, and open its page.",
        "Build the image and start it on the server of the works:\n\n```\n$ docker run -p 80:80 pumps\n```",
        "Build the image and start it on the server of the works:\n\n    kubectl apply -f pumps.yaml\n",
    ],
)
def test_a_deployment_has_a_command(tmp_path: Path, body: str) -> None:
    assert "GD104" not in of_readme(tmp_path, f"## Deployment\n\n{body}\n")


@pytest.mark.parametrize(
    "body",
    [
        "Copy the files to the server of the water works, start the program and open its page.",
        "Write the settings of the server of the works into a file:\n\n```yaml\nport: 80\n```",
        "Start it on the server of the water works with this command:\n\n```sh\n<your command here>\n```",
        "Start it on the server of the water works with this command:\n\n```sh\n# docker run pumps\n```",
    ],
)
def test_a_deployment_without_a_command_is_none(tmp_path: Path, body: str) -> None:
    assert "no command" in of_readme(tmp_path, f"## Deployment\n\n{body}\n")["GD104"]


def test_a_readme_that_cannot_be_read_is_told_why(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "pumps", {"x": ""})
    (repository / "README.md").write_bytes(b"# P\xff\xfe\x00")
    assert "not UTF-8 text" in failed(repository, guide)["GD100"]


def test_a_readme_of_50_mb_is_not_read(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "pumps", {"x": ""})
    with (repository / "README.md").open("wb") as file:
        file.truncate(50_000_000)
    assert "larger than 2 MB" in failed(repository, guide)["GD100"]


# ---- tests


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_deleted_test_of_data_is_missed_by_name(name: str, tmp_path: Path) -> None:
    repository = copy_example(name, tmp_path)
    (repository / "tests" / "test_data.py").unlink()
    found = failed(repository, guide)
    assert set(found) == {"GD111"}
    assert "`tests/test_data.py` of the template is not there" in found["GD111"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tests/test_data.py", TESTS),
        (
            "tests/test_schema.py",
            "def test_wrong_columns(load):\n    with pytest.raises(ValueError):\n        load('x')\n",
        ),
        (
            "test_dataset.py",
            "class TestRows:\n    def test_unique(self, df):\n        assert df.id.is_unique\n",
        ),
        ("tests/data_test.py", TESTS),
        ("tests/test_all.py", TESTS.replace("test_no_missing_values", "test_data_has_no_missing_values")),
        (
            "tests/test_validation.py",
            "class Rows(unittest.TestCase):\n    def test_types(self):\n        self.assertEqual(a, 1)\n",
        ),
    ],
)
def test_what_counts_as_a_test_of_data(tmp_path: Path, name: str, text: str) -> None:
    assert "GD111" not in with_file(tmp_path, name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tests/check_data.py", TESTS),
        ("tests/test_data.py", TESTS.replace("def test_", "def check_")),
        ("tests/test_data.py", TESTS.replace("assert not frame.isna().any().any()", "pass  # isna")),
        ("tests/test_data.py", TESTS.replace("assert not frame.isna().any().any()", "assert True  # isna")),
        ("tests/test_data.py", TESTS.replace("def test_", "@pytest.mark.skip\ndef test_")),
        ("tests/test_data.py", TESTS.replace("def test_", "@pytest.mark.skip(reason='later')\ndef test_")),
        ("tests/test_data.py", "pytestmark = pytest.mark.skip\n" + TESTS),
        ("tests/test_data.py", "# " + TESTS.replace("\n", "\n# ")),
        ("tests/test_data.py", "def test_valid(:\n"),
        ("tests/test_page.py", "def test_a_page(client):\n    assert client.get('/').status == 200\n"),
        ("tests/test_data.py", "def outer():\n    def test_valid(df):\n        assert df.columns\n"),
    ],
)
def test_what_pytest_does_not_collect_or_run_counts_nothing(tmp_path: Path, name: str, text: str) -> None:
    assert "GD111" in with_file(tmp_path, name, text)


def test_a_test_outside_of_testpaths_counts_nothing(tmp_path: Path) -> None:
    options = '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'
    files = {"checks/test_data.py": TESTS, "pyproject.toml": options}
    assert "GD111" in failed(make_repository(tmp_path / "pumps", files), guide)
    files = {"tests/unit/test_data.py": TESTS, "pyproject.toml": options}
    assert "GD111" not in failed(make_repository(tmp_path / "others", files), guide)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("test_model.py", "assert model.predict([[1.0]]) == [1]"),
        ("test_service.py", "assert client.post('/predict', json={}).status_code == 400"),
        ("test_all.py", "assert predict(1) > 0"),
        ("test_inference.py", "np.testing.assert_allclose(pipeline.predict_proba(x), 1)"),
        ("test_chatbot.py", "assert 'pump' in bot.answer('why?')"),
    ],
)
def test_what_counts_as_a_test_of_inference(tmp_path: Path, name: str, body: str) -> None:
    assert "GD112" not in with_file(tmp_path, f"tests/{name}", f"def test_a_prediction(x):\n    {body}\n")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("test_model.py", "assert Model().layers == 3"),
        ("test_model.py", "model.predict([[1.0]])"),
        ("test_paths.py", "assert root.exists()"),
    ],
)
def test_what_does_not_ask_the_model_is_no_test_of_inference(tmp_path: Path, name: str, body: str) -> None:
    assert "GD112" in with_file(tmp_path, f"tests/{name}", f"def test_it(x):\n    {body}\n")


# ---- what came of the tests


def after_tests(tmp_path: Path, counts: Counts) -> dict[str, str]:
    portfolio = Portfolio(make_repository(tmp_path / "pumps", {"tests/test_data.py": TESTS}))
    portfolio.test_run = TestRun({"tests/test_data.py": counts}, 1.0)
    return {
        rule: one.text
        for rule, one in verdicts(portfolio, guide).items()
        if rule == "GD113" and not one.result
    }


def test_tests_that_passed_are_counted(tmp_path: Path) -> None:
    assert after_tests(tmp_path, Counts(passed=3)) == {}


def test_the_first_test_that_fails_is_named(tmp_path: Path) -> None:
    found = after_tests(tmp_path, Counts(passed=3, failed=1, first_failing="tests/test_data.py::test_a[1]"))
    assert found["GD113"].startswith("`tests/test_data.py::test_a[1]` fails: `3 passed, 1 failed`.")


@pytest.mark.parametrize("counts", [Counts(skipped=3), Counts()])
def test_where_none_passed_nothing_was_shown(tmp_path: Path, counts: Counts) -> None:
    assert "none passed" in after_tests(tmp_path, counts)["GD113"]


# ---- workflows


@pytest.mark.parametrize(
    "command",
    [
        "pytest",
        "python -m pytest -q",
        "pip install -e . && python3 -m pytest",
        "uv run --frozen pytest tests",
        "poetry run pytest",
        "nox -s tests",
        "tox -e py311",
        "make test",
        "PYTHONPATH=src pytest --cov",
        "coverage run -m pytest",
        "|\n          pip install pytest\n          pytest -x",
        ".venv/bin/pytest",
        "hatch test",
    ],
)
def test_a_workflow_that_runs_the_tests(tmp_path: Path, command: str) -> None:
    assert "GD121" not in with_file(tmp_path, ".github/workflows/ci.yml", CI.format(command))


@pytest.mark.parametrize(
    "command",
    [
        "pip install pytest",
        "uv add pytest",
        "echo pytest",
        "'# pytest'",
        "pytest || true",
        "pytest --collect-only",
        "ruff check tests",
        "cat tests/test_data.py",
        "make lint",
    ],
)
def test_a_workflow_that_only_names_the_tests(tmp_path: Path, command: str) -> None:
    message = with_file(tmp_path, ".github/workflows/ci.yml", CI.format(command))["GD121"]
    assert message.startswith("`.github/workflows/ci.yml`: no step runs the tests")


@pytest.mark.parametrize(
    "old_new",
    [
        ("on: [push]", "on: workflow_dispatch"),
        ("on: [push]", "on: {schedule: [{cron: '0 0 * * *'}]}"),
        ("- run: pytest", "- if: false\n        run: pytest"),
        ("- run: pytest", "- if: ${{ false }}\n        run: pytest"),
        ("- run: pytest", "- continue-on-error: true\n        run: pytest"),
        ("runs-on: ubuntu-latest", "if: false"),
    ],
)
def test_a_workflow_that_runs_no_test_at_a_push(tmp_path: Path, old_new: tuple[str, str]) -> None:
    workflow = CI.format("pytest").replace(*old_new)
    assert workflow != CI.format("pytest")
    assert "GD121" in with_file(tmp_path, ".github/workflows/ci.yml", workflow)


@pytest.mark.parametrize("on", ["push", "[pull_request]", "{push: {branches: [main]}}", "{pull_request: }"])
def test_the_key_on_is_true_for_yaml(tmp_path: Path, on: str) -> None:
    workflow = CI.format("pytest").replace("[push]", on)
    assert "GD121" not in with_file(tmp_path, ".github/workflows/ci.yaml", workflow)


def test_a_workflow_may_call_another_one(tmp_path: Path) -> None:
    files = {
        ".github/workflows/ci.yml": "on: push\njobs:\n  test:\n    uses: ./.github/workflows/tests.yml\n",
        ".github/workflows/tests.yml": CI.format("pytest").replace("[push]", "workflow_call"),
    }
    assert "GD121" not in failed(make_repository(tmp_path / "pumps", files), guide)


@pytest.mark.parametrize(
    "text",
    [
        "on: [push\njobs: {",
        "- a\n- b\n",
        "on: push\njobs: 3\n",
        "on: push\njobs:\n  a: 1\n  b: {steps: 2}\n  c: {steps: [1, {run: 3}]}\n",
        "a: &a [x, x]\nb: &b [*a, *a]\non: *b\njobs: *b\n",
        "on: &on [push, *on]\njobs: {a: &a {steps: [*a]}}\n",
        "on: !!timestamp x\n",
        "on: !!int ''\n",
        "on: !!python/object/apply:os.system [ls]\n",
        "[" * 50_000,
        "on: push\0\njobs: {}\n",
    ],
)
def test_a_workflow_that_is_none(tmp_path: Path, text: str) -> None:
    assert "GD121" in with_file(tmp_path, ".github/workflows/ci.yml", text)


# ---- Dockerfile, licence, junk


@pytest.mark.parametrize(
    "name",
    ["Dockerfile", "docker/Dockerfile", "Containerfile", "Dockerfile.prod", "deploy/service.dockerfile"],
)
def test_a_dockerfile_may_have_any_usual_place(tmp_path: Path, name: str) -> None:
    text = '# syntax=docker/dockerfile:1\nfrom python:3.13\nRUN a && \\\n  b\nENTRYPOINT ["pumps"]\n'
    assert "GD131" not in with_file(tmp_path, name, text)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("Dockerfile", "FROM python:3.13\nRUN pip install .\n", "no CMD or ENTRYPOINT"),
        ("Dockerfile", 'CMD ["pumps"]\n', "no FROM"),
        ("Dockerfile", "# FROM python\n# CMD x\n", "no FROM"),
        ("Dockerfile", "FROM python:3.13\nRUN echo \\\nCMD x\n", "no CMD"),
        ("Dockerfile.dockerignore", "FROM python:3.13\nCMD x\n", "Write a `Dockerfile`"),
        ("examples/a/Dockerfile", "FROM python:3.13\nCMD x\n", "Write a `Dockerfile`"),
    ],
)
def test_a_dockerfile_that_starts_nothing(tmp_path: Path, name: str, text: str, says: str) -> None:
    assert says in with_file(tmp_path, name, text)["GD131"]


def test_a_licence_has_words_in_it(tmp_path: Path) -> None:
    licence = (ROOT / "LICENSE").read_text()
    assert verdicts(make_repository(tmp_path / "a", {"LICENCE.txt": licence}), guide)["GD141"].result is True
    assert verdicts(make_repository(tmp_path / "b", {"LICENSE": "MIT\n"}), guide)["GD141"].result is False


def test_caches_and_secrets_in_git_are_named(home: Path, tmp_path: Path) -> None:
    files = {".env": "KEY=1\n", "src/__pycache__/a.cpython-311.pyc": "x", "README.md": "# P\n"}
    repository = make_repository(tmp_path / "pumps", files)
    assert verdicts(repository, guide)["GD142"].result is None
    subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
    said = verdicts(repository, guide)["GD142"]
    assert (said.result, said.required) == (False, False)
    assert "`.env`, `src/__pycache__/a.cpython-311.pyc`" in said.text
    (repository / ".gitignore").write_text(".env\n__pycache__/\n")
    assert verdicts(repository, guide)["GD142"].result is True
