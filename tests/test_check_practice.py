"""The rubric: each point with the file that earns it, and none without."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from scaffolder.check.families import practice
from scaffolder.check.plugin import families
from scaffolder.check.portfolio import Portfolio

EXAMPLES = Path(__file__).parents[1] / "examples"

PROSE = (
    "Machines of the plant stop without notice, and each hour costs the shift lead two thousand euros. " * 6
)
FULL = {
    "README.md": f"# Pumps\n\n{PROSE}\n\n## Problem\n\nWho stops which machine?\n\n## Run it\n\n```sh\nuv "
    "sync\n"
    "uv run python -m pumps data\nuv run python -m pumps train\n```\n\nIt answers at "
    "https://pumps-abc.run.app/.\n",
    "main.tf": 'resource "google_cloud_run_service" "pumps" {}\n',
    "uv.lock": "version = 1\n",
    "pumps/train.py": "import mlflow\n\nwith mlflow.start_run():\n    mlflow.sklearn.log_model(m, 'm', "
    "registered_model_name='pumps')\n",
    "pumps/flow.py": "from prefect import flow\nfrom pumps.watch import drift_of\n\n@flow\ndef daily():\n"
    "    if drift_of('today') > 0.2:\n        raise RuntimeError('drift')\n\ndaily.serve(cron='0 5 * * *')\n",
    "pumps/drift.py": "def psi(a, b):\n    return 0.0\n\ndef drift_of(day):\n    return psi(day, day)\n",
    "pumps/app.py": "from fastapi import FastAPI\n\napp = FastAPI()\n",
    "Dockerfile": 'FROM python:3.13-slim\nCMD ["uvicorn", "pumps.app:app"]\n',
    "tests/test_model.py": "def test_it_adds():\n    assert 1 + 1 == 2\n",
    "tests/test_integration.py": "def test_the_service_answers():\n    assert True\n",
    "ruff.toml": "line-length = 100\n",
    "Makefile": "train:\n\tuv run python -m pumps train\n",
    ".pre-commit-config.yaml": "repos:\n- repo: local\n  hooks:\n  - id: end-of-file\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  t:\n    steps:\n    - run: pytest\n"
    "    - uses: docker/build-push-action@v7\n",
}


def repository(root: Path, files: dict[str, str]) -> Portfolio:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return Portfolio(root)


def earned(portfolio: Portfolio) -> dict[str, int]:
    return {line.__name__: practice.judged(line(), portfolio).points for line in practice.LINES}


def without(**lost: int) -> dict[str, int]:
    return {line.__name__: line.most - lost.get(line.__name__, 0) for line in practice.LINES}


# --- the rubric as a whole


def test_the_rubric_has_33_points() -> None:
    assert [line.most for line in practice.LINES] == [2, 4, 4, 4, 4, 4, 4, 1, 1, 1, 1, 1, 2]
    assert sum(line.most for line in practice.LINES) == 33


def test_an_empty_folder_earns_nothing_and_is_told_what_to_do(tmp_path: Path) -> None:
    portfolio = Portfolio(tmp_path)
    assert practice.score(portfolio) == (0, 33)
    for line in practice.LINES:
        rule = line()
        said = rule.check(portfolio)
        assert isinstance(said, str)
        assert said.startswith(f"0 of {line.most}. ")
        assert rule.points == 0
        assert rule.proof == f"0 of {line.most}: no file shows it"


def test_all_points_can_be_earned_and_each_names_its_files(tmp_path: Path) -> None:
    portfolio = repository(tmp_path, FULL)
    assert earned(portfolio) == without()
    for line in practice.LINES:
        rule = line()
        assert rule.check(portfolio) is True
        assert rule.points == line.most
        named = rule.proof.removeprefix(f"{line.most} of {line.most}: ").split(", ")
        assert all(portfolio.has(re.sub(r":\d+$", "", name)) for name in named), rule.proof


@pytest.mark.parametrize(
    ("lost", "points"),
    [
        ("README.md", {"PR101": 2, "PR102": 2, "PR107": 4}),
        ("main.tf", {"PR102": 2}),
        ("uv.lock", {"PR107": 2}),
        ("pumps/train.py", {"PR103": 4}),
        ("pumps/flow.py", {"PR104": 4, "PR106": 2}),
        ("pumps/drift.py", {"PR106": 4}),
        ("pumps/app.py", {"PR105": 4}),
        ("Dockerfile", {"PR105": 2}),
        ("tests/test_model.py", {"PR108": 1}),
        ("tests/test_integration.py", {"PR109": 1}),
        ("ruff.toml", {"PR110": 1}),
        ("Makefile", {"PR111": 1}),
        (".pre-commit-config.yaml", {"PR112": 1}),
        (".github/workflows/ci.yml", {"PR107": 2, "PR113": 2}),
    ],
)
def test_a_file_that_goes_takes_its_points_along(tmp_path: Path, lost: str, points: dict[str, int]) -> None:
    rest = {name: text for name, text in FULL.items() if name != lost}
    assert earned(repository(tmp_path, rest)) == without(**points)


@pytest.mark.parametrize(
    ("example", "points", "short"),
    [
        ("predictive-maintenance", 25, {"PR102": 2, "PR103": 2, "PR104": 2, "PR106": 2}),
        ("sentiment", 23, {"PR102": 2, "PR103": 2, "PR104": 4, "PR106": 2}),
        ("recommender", 21, {"PR102": 4, "PR103": 2, "PR104": 4, "PR106": 2}),
        ("helpdesk-chatbot", 21, {"PR102": 4, "PR103": 2, "PR104": 4, "PR106": 2}),
    ],
)
def test_the_examples_claim_what_their_files_show(example: str, points: int, short: dict[str, int]) -> None:
    portfolio = Portfolio(EXAMPLES / example)
    assert earned(portfolio) == without(**short)
    assert practice.score(portfolio) == (points, 33)


def test_the_family_says_the_total(tmp_path: Path) -> None:
    assert families(repository(tmp_path, FULL))["practice"]["description"].startswith("**33 of 33 points**")
    assert families(Portfolio(tmp_path / "none"))["practice"]["description"].startswith("**0 of 33 points**")


def test_a_message_says_what_was_earned_by_which_file_and_what_the_rest_takes(tmp_path: Path) -> None:
    (tmp_path / ".ebextensions").mkdir()
    (tmp_path / ".ebextensions" / "service.config").write_text("option_settings:\n  aws:\n    A: 1\n")
    said = practice.PR102().check(Portfolio(tmp_path))
    assert isinstance(said, str)
    assert said.startswith("2 of 4 for `.ebextensions/service.config`. For the other 2: ")
    assert "nothing shows that it was applied" in said


# --- what does not count


@pytest.mark.parametrize(
    ("files", "rule", "points"),
    [
        pytest.param({"a.py": "# import mlflow\n# mlflow.start_run()\n"}, "PR103", 0, id="a comment"),
        pytest.param(
            {"a.py": '"""\nimport mlflow\n\nmlflow.start_run()\n"""\n'}, "PR103", 0, id="a docstring"
        ),
        pytest.param({"a.py": "import mlflow\n"}, "PR103", 0, id="an import without use"),
        pytest.param({"a.py": "import mlflow\nmlflow.start_run()\n"}, "PR103", 2, id="tracking alone"),
        pytest.param({"a.py": "import mlflow\nmlflow.start_run(\n"}, "PR103", 0, id="no Python"),
        pytest.param(
            {"tests/test_a.py": "import mlflow\nmlflow.start_run()\n"}, "PR103", 0, id="only in a test"
        ),
        pytest.param(
            {
                "a.ipynb": json.dumps(
                    {"cells": [{"cell_type": "code", "source": ["import mlflow\n", "mlflow.autolog()"]}]}
                )
            },
            "PR103",
            2,
            id="a notebook",
        ),
        pytest.param(
            {"dvc.yaml": "stages:\n  a:\n    metrics:\n    - m.json\n"}, "PR103", 0, id="dvc, never run"
        ),
        pytest.param(
            {"dvc.yaml": "stages:\n  a:\n    metrics:\n    - m.json\n", "dvc.lock": "schema: '2.0'\n"},
            "PR103",
            2,
            id="dvc, run",
        ),
        pytest.param({"Dockerfile": "FROM python\nCMD x\n"}, "PR102", 0, id="an image is no cloud"),
        pytest.param(
            {"compose.yaml": "services:\n  l:\n    image: localstack/localstack\n"},
            "PR102",
            2,
            id="localstack",
        ),
        pytest.param({"k8s/a.yaml": "apiVersion: apps/v1\nkind: Deployment\n"}, "PR102", 2, id="kubernetes"),
        pytest.param(
            {"README.md": "Soon at https://your-app.onrender.com\n"}, "PR102", 0, id="a placeholder"
        ),
        pytest.param(
            {"README.md": "Data: https://x.s3.amazonaws.com/a.csv\n"}, "PR102", 0, id="a data set's address"
        ),
        pytest.param({"Dockerfile": "FROM python\nCMD x\n"}, "PR105", 0, id="an image without a service"),
        pytest.param({"batch_predict.py": "print(1)\n"}, "PR105", 2, id="a batch job"),
        pytest.param({"bentofile.yaml": 'service: "a:b"\n'}, "PR105", 4, id="a tool for deployment"),
        pytest.param({"Makefile": "train:\n\tx\nevaluate:\n\ty\n"}, "PR104", 0, id="targets are no flow"),
        pytest.param(
            {"dags/a.py": "from airflow.sdk import dag\n\n@dag\ndef a(): ...\n"}, "PR104", 2, id="a DAG"
        ),
        pytest.param(
            {
                "dags/a.py": "from airflow.sdk import dag\n\n@dag\ndef a(): ...\n",
                "docker-compose.yml": "services:\n  s:\n    image: apache/airflow:3\n",
            },
            "PR104",
            4,
            id="a DAG and its Airflow",
        ),
        pytest.param(
            {
                ".github/workflows/a.yml": "on:\n  schedule:\n  - cron: 1 1 * * *\njobs:\n  a:\n    "
                "steps:\n    - run: python train.py\n"
            },
            "PR104",
            2,
            id="a scheduled training",
        ),
        pytest.param(
            {".github/workflows/a.yml": "on: push\njobs:\n  a:\n    steps:\n    - run: python train.py\n"},
            "PR104",
            0,
            id="a training at each push",
        ),
        pytest.param(
            {"alerts.yml": "groups:\n- rules:\n  - alert: A\n    expr: up == 0\n"},
            "PR106",
            0,
            id="an alert of no model",
        ),
        pytest.param(
            {
                "watch.py": "from prometheus_client import Gauge\n\nG = Gauge('a', 'b')\n",
                "alerts.yml": "groups:\n- rules:\n  - alert: A\n    expr: model_drift > 0.2\n",
            },
            "PR106",
            4,
            id="metrics and an alert on the model",
        ),
        pytest.param(
            {"tests/test_a.py": "def test_a():\n    pass\n"}, "PR108", 0, id="a test that asserts nothing"
        ),
        pytest.param(
            {
                "test_a.py": "import unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        "
                "self.assertTrue(1)\n"
            },
            "PR108",
            1,
            id="a unittest",
        ),
        pytest.param(
            {"tests/test_a.py": "def test_a():\n    assert TestClient(app).get('/')\n"},
            "PR109",
            1,
            id="a client",
        ),
        pytest.param({"pyproject.toml": "[tool.black]\nline-length = 9\n"}, "PR110", 1, id="black"),
        pytest.param({"setup.cfg": "[flake8]\nmax-line-length = 9\n"}, "PR110", 1, id="flake8"),
        pytest.param({"Makefile": "A = 1\n"}, "PR111", 0, id="a Makefile without a target"),
        pytest.param(
            {"Makefile": "A = 1\ninclude b.mk\n", "b.mk": "a:\n\n\techo\n"},
            "PR111",
            1,
            id="an included target",
        ),
        pytest.param({".pre-commit-config.yaml": "repos: []\n"}, "PR112", 0, id="no hook"),
        pytest.param(
            {".gitlab-ci.yml": "test:\n  script:\n  - pytest\n"}, "PR113", 1, id="GitLab, tests alone"
        ),
        pytest.param(
            {
                ".github/workflows/a.yml": "on: workflow_dispatch\njobs:\n  a:\n    steps:\n    - run: "
                "pytest\n"
            },
            "PR113",
            0,
            id="tests on demand",
        ),
        pytest.param(
            {
                ".github/workflows/a.yml": "on: [push]\njobs:\n  a:\n    steps:\n    - run: |\n        # "
                "pytest\n        echo\n"
            },
            "PR113",
            0,
            id="a test in a comment",
        ),
    ],
)
def test_only_what_a_file_shows_counts(tmp_path: Path, files: dict[str, str], rule: str, points: int) -> None:
    assert earned(repository(tmp_path, files))[rule] == points


RUN = "# A\n\n```sh\npip install -r requirements.txt\nwget https://example.org/a.csv\npython train.py\n```\n"
CI = {".github/workflows/ci.yml": FULL[".github/workflows/ci.yml"]}


@pytest.mark.parametrize(
    ("files", "points"),
    [
        pytest.param({}, 0, id="nothing"),
        pytest.param({"README.md": RUN, "requirements.txt": "pandas>=2\n", **CI}, 2, id="ranges"),
        pytest.param(
            {"README.md": RUN, "requirements.txt": "pandas==2.2.3\n# a\nnumpy[x]==2.1\n", **CI}, 4, id="pins"
        ),
        pytest.param(
            {
                "README.md": RUN,
                "requirements.txt": "pandas==2.2.3\n",
                "requirements-dev.txt": "pytest\n",
                **CI,
            },
            2,
            id="one list without pins",
        ),
        pytest.param(
            {"README.md": RUN, "requirements.txt": "pandas==2.2.3\n"}, 2, id="nothing shows that it works"
        ),
        pytest.param(
            {"README.md": RUN.replace("wget https://example.org/a.csv\n", ""), "poetry.lock": "x\n", **CI},
            2,
            id="no data",
        ),
        pytest.param(
            {
                "README.md": RUN,
                "environment.yml": "dependencies:\n- python=3.12\n- pandas=2.2\n- pip\n- pip:\n  - a==1\n",
                **CI,
            },
            4,
            id="conda with pins",
        ),
        pytest.param(
            {"README.md": RUN, "environment.yml": "dependencies:\n- python=3.12\n- pandas\n", **CI},
            2,
            id="conda without",
        ),
        pytest.param({"README.md": RUN, "pdm.lock": "x\n", **CI}, 4, id="pdm"),
        pytest.param({"README.md": RUN, "requirements/a.txt": "b==1\n", **CI}, 4, id="lists in a folder"),
        pytest.param({"README.md": RUN, "app/uv.lock": "x\n", **CI}, 4, id="all of it in a folder"),
        pytest.param(
            {"README.md": RUN, "app/uv.lock": "x\n", "pyproject.toml": "[project]\n", **CI},
            2,
            id="the lock of something else",
        ),
        pytest.param(
            {"README.md": "# A\n\nInstall it and run it.\n", "uv.lock": "x\n", **CI}, 0, id="no commands"
        ),
    ],
)
def test_reproducible_means_commands_versions_data_and_a_run(
    tmp_path: Path, files: dict[str, str], points: int
) -> None:
    assert earned(repository(tmp_path, files))["PR107"] == points


@pytest.mark.parametrize(
    ("readme", "points"),
    [
        ("# A\n", 0),
        ("# A\n\n```\n" + PROSE + "\n```\n\n| " + PROSE + " |\n", 0),
        ("# A\n\n" + PROSE[:200] + "\n", 1),
        ("# A\n\n" + PROSE + "\n", 1),
        ("# A\n\n" + PROSE + "\n\n## Problem\n\nThis one.\n", 2),
        ("# A\n\n## Problem\n\n" + PROSE + "\n", 2),
        ("# A\n\n<!-- evidence:a -->\n" + PROSE + "\n<!-- /evidence:a -->\n\n## Problem\n\nThis one.\n", 0),
    ],
)
def test_a_problem_takes_a_heading_and_words(tmp_path: Path, readme: str, points: int) -> None:
    assert earned(repository(tmp_path, {"README.md": readme}))["PR101"] == points


# --- bad input


def test_no_file_is_too_bad_to_look_at(tmp_path: Path) -> None:
    names = [
        *FULL,
        "pyproject.toml",
        "portfolio.toml",
        "samconfig.toml",
        "environment.yml",
        "dvc.yaml",
        "a.ipynb",
    ]
    contents = [
        b"\xff\xfe\x00\x01" * 50,
        b"",
        b"[[[[\n" * 100,
        b"&a [*a]\n",
        b"{" * 50_000,
        b"on:\n- 1\n- {}\njobs:\n  a: [1]\n  b:\n    steps: {x: 1}\n  c:\n    steps: [1, {run: 2}, {uses: "
        b"[3]}]\n",
        b'{"cells": [{"cell_type": "code", "source": 7}, 8]}',
        b"dependencies: [1, {pip: [2]}, {pip: x}]\nrepos: {a: 1}\n",
        b"[tool]\nruff = 1\n[default]\ndeploy = 2\n",
        b":" * 400_000,
        b"`" * 300_000 + b"\n" + b"<!-- evidence:a -->\n" * 20_000,
        b"from " * 100_000,
    ]
    for number, content in enumerate(contents):
        root = tmp_path / str(number)
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        portfolio = Portfolio(root)
        for line in practice.LINES:
            said = line().check(portfolio)
            assert said is True or isinstance(said, str)


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_links_that_go_in_circles_or_outside_earn_nothing(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    repository(outside, FULL)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "loop").symlink_to(inside)
    (inside / "README.md").symlink_to("README.md")
    for name in ("Dockerfile", "main.tf", "Makefile", "ruff.toml", "uv.lock"):
        (inside / name).symlink_to(outside / name)
    assert practice.score(Portfolio(inside)) == (0, 33)


def test_a_name_of_the_repository_cannot_act_in_a_message(tmp_path: Path) -> None:
    name = "x`<img src=a>`_predict.py" if os.name != "nt" else "x`a`_predict.py"
    (tmp_path / name).write_text("from flask import Flask\n\napp = Flask('a')\n")
    said = practice.PR105().check(Portfolio(tmp_path))
    assert isinstance(said, str)
    assert f"`{name.replace('`', chr(39))}`" in said
