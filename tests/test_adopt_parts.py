"""The parts of one of our templates beside a project that was made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scaffolder.adopting.owned import NotAdoptable
from scaffolder.adopting.parts import Plan, plan_parts
from scaffolder.errors import NoGitIdentity, UnknownAnswer

from .conftest import git
from .foreign_templates import commit

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = "predictive-maintenance"
HAND_MADE = {
    "README.md": "# Mine\n",
    "LICENSE.txt": "all mine\n",
    "tests/test_mine.py": "def test() -> None: ...\n",
    "tests/conftest.py": "# mine\n",
    "src/mine/__init__.py": "",
}


@pytest.fixture
def project(home: Path, tmp_path: Path) -> Path:
    commit(tmp_path / "mine", HAND_MADE)
    return tmp_path / "mine"


def planned(project: Path, *take: str, branch: str | None = None, **answers: object) -> Plan:
    return plan_parts(project, TEMPLATE, version="0.5.0", answers=answers, take=take, branch=branch)


def states(plan: Plan) -> dict[str, str]:
    return {part.name: part.state for part in plan.parts}


def on_branch(project: Path, branch: str = "scaffolder-adopt") -> set[str]:
    return set(git("diff", "--name-only", f"HEAD...{branch}", cwd=project).split())


def test_each_part_says_what_is_lacking_and_what_stands_in_its_place(project: Path) -> None:
    plan = planned(project)
    parts = {part.name: part for part in plan.parts}
    assert (plan.branch, plan.commit, plan.added) == (None, None, ())
    assert states(plan)["dockerfile"] == states(plan)["ci"] == "lacking"
    assert (parts["licence"].lacking, parts["licence"].in_its_place) == (("LICENSE",), ("LICENSE.txt",))
    assert parts["tests"].state == "partly"
    assert parts["tests"].there == ("tests/conftest.py",)
    assert parts["tests"].in_its_place == ("tests/test_mine.py",)
    assert parts["model-card"].is_wanted()
    assert not parts["licence"].is_wanted()


def test_every_file_of_every_template_belongs_to_one_part(home: Path, tmp_path: Path) -> None:
    from scaffolder.answers import Answers
    from scaffolder.engine.render import render
    from scaffolder.engine.source import locate

    commit(tmp_path / "mine", HAND_MADE)
    for template in locate("0.5.0").templates():
        plan = plan_parts(tmp_path / "mine", template, version="0.5.0", answers={})
        files = [path for part in plan.parts for path in (*part.lacking, *part.there)]
        made = render(locate("0.5.0").tree(template), Answers(template, {}), ask=False, defaults={})
        assert sorted(files) == sorted(made.files.keys() - {made.answers_file})
        assert {"tests", "ci", "dockerfile", "model-card", "evidence", "licence", "pre-commit"} <= states(
            plan
        ).keys()
        other = next(part for part in plan.parts if part.name == "other")
        assert len(other.lacking) <= 3


def test_what_is_taken_comes_as_one_commit_on_a_branch_and_touches_nothing_else(project: Path) -> None:
    (project / "README.md").write_text("# Mine, and not committed\n")
    before = git("status", "--porcelain", cwd=project), git("rev-parse", "HEAD", cwd=project)
    plan = planned(project, "ci", "dockerfile")
    assert (git("status", "--porcelain", cwd=project), git("rev-parse", "HEAD", cwd=project)) == before
    assert on_branch(project) == set(plan.added)
    assert {"Dockerfile", ".dockerignore", ".github/workflows/ci.yml"} <= set(plan.added)
    assert git("rev-list", "--count", "HEAD..scaffolder-adopt", cwd=project).strip() == "1"
    assert git("rev-parse", "scaffolder-adopt", cwd=project).strip() == plan.commit
    assert git("branch", "--show-current", cwd=project).strip() == "main"


def test_no_file_that_exists_is_replaced(project: Path) -> None:
    (project / "tests" / "test_data.py").write_text("# untracked\n")
    plan = planned(project, "tests", branch="more-tests")
    assert "tests/test_data.py" in plan.kept
    assert "tests/conftest.py" in plan.kept
    assert not on_branch(project, "more-tests") & {"tests/conftest.py", "tests/test_data.py"}
    assert git("show", "more-tests:tests/conftest.py", cwd=project) == "# mine\n"
    git("merge", "--quiet", "more-tests", cwd=project)
    assert (project / "tests" / "test_data.py").read_text() == "# untracked\n"


def test_a_folder_of_the_template_whose_name_a_file_or_link_has_is_left_alone(
    project: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (project / "dags").symlink_to(tmp_path / "outside")
    with pytest.raises(NotAdoptable, match="it has all files of airflow already"):
        planned(project, "airflow")
    assert not list((tmp_path / "outside").iterdir())


def test_answers_decide_which_parts_there_are(project: Path) -> None:
    assert "airflow" in states(planned(project))
    plan = planned(project, "licence", airflow="no", author_name="Grace", licence="MIT")
    assert "airflow" not in states(plan)
    assert "Grace" in git("show", "scaffolder-adopt:LICENSE", cwd=project)
    with pytest.raises(UnknownAnswer, match="did you mean 'licence'"):
        planned(project, license="MIT")


def test_the_name_of_the_author_comes_from_git(project: Path) -> None:
    planned(project, "licence")
    assert "Ada Example" in git("show", "scaffolder-adopt:LICENSE", cwd=project)


def test_what_cannot_be_taken_is_said(project: Path, home: Path) -> None:
    with pytest.raises(NotAdoptable, match="no part 'docker'; it has: licence, tests, ci"):
        planned(project, "docker")
    git("branch", "scaffolder-adopt", cwd=project)
    with pytest.raises(
        NotAdoptable, match="there is a branch 'scaffolder-adopt' already; choose another name"
    ):
        planned(project, "ci")
    with pytest.raises(NotAdoptable, match="'a b' is no name for a branch"):
        planned(project, "ci", branch="a b")
    (home / ".gitconfig").write_text("")
    with pytest.raises(NoGitIdentity):
        planned(project, "ci", branch="other")
    assert git("branch", "--list", "other", cwd=project) == ""
