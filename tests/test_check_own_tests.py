"""A repository's own tests, run in its own environment, and what `check` says of them."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from scaffolder import environment
from scaffolder.check import own_tests
from scaffolder.check.families import guide
from scaffolder.check.own_tests import CannotTest, Counts, run_tests
from scaffolder.check.portfolio import Portfolio

from .check_samples import make_repository
from .check_verdicts import failed, verdicts

FILES = {
    "tests/test_data.py": (
        "import pytest\n\n\n"
        "def test_columns():\n    assert ['flow'] == ['flow']\n\n\n"
        "class TestRows:\n"
        "    @pytest.mark.parametrize('row', [1, 2])\n"
        "    def test_range(self, row):\n        assert row < 3\n\n\n"
        "@pytest.mark.skipif(True, reason='no network')\n"
        "def test_missing():\n    assert None is None\n"
    ),
    "tests/test_model.py": (
        "def predict(x):\n    return x + 1\n\n\ndef test_predict():\n    assert predict(1) == 2\n"
    ),
    "tests/test_other.py": "def test_other():\n    raise SystemExit(3)\n",
}


@pytest.fixture(scope="module")
def environment_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that finds the pytest of this one."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    venv.create(folder, symlinks=sys.platform != "win32")
    inner = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", scheme="venv", vars=inner))
    (packages / "of_tests.pth").write_text(sysconfig.get_path("purelib"))
    return folder


@pytest.fixture
def repository(environment_of_tests: Path, tmp_path: Path) -> Path:
    folder = make_repository(tmp_path / "mein projekt", FILES)
    (folder / ".venv").symlink_to(environment_of_tests, target_is_directory=True)
    return folder


def with_tests(repository: Path) -> Portfolio:
    portfolio = Portfolio(repository)
    portfolio.test_run = run_tests(portfolio)
    return portfolio


def test_tests_that_pass(repository: Path) -> None:
    lines: list[str] = []
    portfolio = Portfolio(repository)
    portfolio.test_run = run_tests(portfolio, lines.append)
    assert portfolio.test_run.files == {
        "tests/test_data.py": Counts(passed=3, skipped=1),
        "tests/test_model.py": Counts(passed=1),
    }
    assert portfolio.test_run.seconds > 0
    assert lines
    said = verdicts(portfolio, guide)
    assert said["GD113"] == (True, "3 passed, 1 skipped in tests/test_data.py", True)
    assert said["GD114"] == (True, "1 passed in tests/test_model.py", True)


def test_nothing_of_the_run_is_left_in_the_repository(repository: Path) -> None:
    before = sorted(repository.glob("*"))
    run_tests(Portfolio(repository))
    assert sorted(repository.glob("*")) == before
    assert not list(repository.glob("tests/__pycache__"))


def test_the_first_test_that_fails_is_named_with_its_case(repository: Path) -> None:
    path = repository / "tests/test_data.py"
    path.write_text(path.read_text().replace("row < 3", "row < 2"))
    message = failed(with_tests(repository), guide)["GD113"]
    assert message.startswith(
        "`tests/test_data.py::TestRows::test_range[2]` fails: `2 passed, 1 failed, 1 skipped`"
    )


def test_a_file_that_cannot_be_imported_is_named(repository: Path) -> None:
    path = repository / "tests/test_model.py"
    path.write_text("import nothing_of_that_name\n" + path.read_text())
    found = failed(with_tests(repository), guide)
    assert found["GD114"].startswith("`tests/test_model.py` fails: `1 errors`")
    assert "GD113" not in found


def test_a_fixture_that_fails_is_an_error(repository: Path) -> None:
    path = repository / "tests/test_model.py"
    path.write_text(path.read_text().replace("def test_predict():", "def test_predict(nobody):"))
    assert with_tests(repository).test_run == own_tests.TestRun(
        {
            "tests/test_data.py": Counts(passed=3, skipped=1),
            "tests/test_model.py": Counts(errors=1, first_failing="tests/test_model.py::test_predict"),
        },
        pytest.approx(0, abs=60),
    )


def test_variables_of_another_test_run_do_not_reach_it(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--deselect tests/test_data.py --nonsense")
    monkeypatch.setenv("PYTHONPATH", str(repository / "nowhere"))
    assert run_tests(Portfolio(repository)).files["tests/test_data.py"].passed == 3


def test_a_run_that_does_not_end_is_ended(repository: Path) -> None:
    (repository / "tests/test_model.py").write_text(
        "import time\n\n\ndef predict():\n    time.sleep(60)\n\n\ndef test_predict():\n    assert predict()\n"
    )
    with pytest.raises(CannotTest, match="not done after 2 s"):
        run_tests(Portfolio(repository), time_limit_s=2)


def test_a_run_that_breaks_off_says_why(repository: Path) -> None:
    (repository / "conftest.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(CannotTest, match=r"the tests cannot run: .*nothing_of_that_name"):
        run_tests(Portfolio(repository))


def test_without_an_environment_it_says_how_to_make_one(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "pumps", FILES)
    with pytest.raises(CannotTest, match=r"no environment at \.venv; make one with 'uv venv \.venv'"):
        run_tests(Portfolio(repository))
    (repository / "portfolio.toml").write_text("title = 'Pumps'\n")
    with pytest.raises(CannotTest, match=r"make it with 'scaffolder run .*pumps'$"):
        run_tests(Portfolio(repository))


def test_an_environment_without_pytest_is_told_so(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "pumps", FILES)
    venv.create(repository / ".venv", symlinks=sys.platform != "win32")
    assert environment.is_usable(repository)
    with pytest.raises(CannotTest, match=r"No module named pytest; install it into \.venv"):
        run_tests(Portfolio(repository))


def test_without_tests_there_is_nothing_to_run(tmp_path: Path) -> None:
    with pytest.raises(CannotTest, match="no tests for data validation or model inference"):
        run_tests(Portfolio(make_repository(tmp_path / "pumps")))


def test_a_file_that_did_not_run_counts_nothing() -> None:
    run = own_tests.TestRun({"a.py": Counts(passed=1)}, 1.0)
    assert run.total(["a.py", "b.py"]) == Counts(passed=1)
    assert run.total([]).words() == "no test ran"


@pytest.mark.slow
def test_the_tests_of_a_generated_project_pass(tmp_path: Path) -> None:
    project = tmp_path / "pumps"
    scaffolder = [sys.executable, "-m", "scaffolder"]
    command = [*scaffolder, "new", "predictive-maintenance", project, "--defaults", "--no-git", "--run"]
    subprocess.run(command, check=True)  # a machine whose git knows nobody will do
    subprocess.run(["git", "init", "--quiet", project], check=True)
    portfolio = with_tests(project)
    said = verdicts(portfolio)
    assert {rule: one for rule, one in said.items() if one.required and one.result is False} == {}
    assert {rule for rule, one in said.items() if one.result is None} == set()
