"""Family practice: the points of the MLOps-zoomcamp rubric, each with the file that earns it.

The rubric of the course's project has 33 points. A point counts here only where a file of the repository
proves it: what a text says was done elsewhere, such as in a cloud account, proves nothing. Where the rubric
leaves room, the strict reading holds. None of the points is required.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from weakref import WeakKeyDictionary

from scaffolder.check.facts import habits, rubric
from scaffolder.check.rule import Rule, code

if TYPE_CHECKING:
    from scaffolder.check.facts.rubric import Earned
    from scaffolder.check.portfolio import Portfolio


class Practice(Rule):
    """A line of the rubric. A point that is not earned is named, and not required."""

    family = "practice"
    required = False
    most: ClassVar[int]
    points: int | None = None  # earned; None before `check`

    def check(self, portfolio: Portfolio) -> bool | str:
        """Say what earns points, and what the missing ones would take."""
        earned = judged(self, portfolio)
        self.points = earned.points
        self.passed(f"{earned.points} of {self.most}: {', '.join(earned.by) or 'no file shows it'}")
        if earned.points == self.most:
            return True
        if not earned.points:
            return f"0 of {self.most}. {earned.missing[:1].upper()}{earned.missing[1:]}."
        files, left = ", ".join(map(code, earned.by)), self.most - earned.points
        return f"{earned.points} of {self.most} for {files}. For the other {left}: {earned.missing}."

    def judge(self, portfolio: Portfolio) -> Earned:
        """Return the points, the files that earn them, and what the others would take."""
        raise NotImplementedError


class PR101(Practice):
    """The problem is described."""

    most = 2

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        2 points: the README has a heading about the problem and, with its opening, 80 words on it. 1 point:
        it has 20 words on what the project is. Whether they are well chosen, no program can tell.
        """
        return rubric.problem(portfolio)


class PR102(Practice):
    """It runs in a cloud, by infrastructure as code."""

    most = 4

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        4 points: infrastructure as code, and a sign that it was applied: a workflow that deploys, the
        settings of a deployed stack, or the address of the service. 2 points: the one without the other,
        manifests for Kubernetes, or localstack. An image alone is neither: it is counted as deployment.
        """
        return rubric.cloud(portfolio)


class PR103(Practice):
    """Experiments are tracked and models registered."""

    most = 4

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        2 points each: code that logs runs to a tracker, or DVC metrics with a lock file; code that puts
        models into a registry, or a store of its own with versions, a pointer to the one in use and a way
        back. Evidence of the last run is no history of experiments.
        """
        return rubric.tracking(portfolio)


class PR104(Practice):
    """The workflow is orchestrated."""

    most = 4

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        4 points: a flow of an orchestrator, and a sign that it is deployed (compose, a deployment of the
        flow, a cron workflow of Argo). 2 points: the flow, a DVC pipeline, or a scheduled workflow that
        trains. Targets of a Makefile that a person runs one after the other are no orchestration.
        """
        return rubric.orchestration(portfolio)


class PR105(Practice):
    """The model is deployed."""

    most = 4

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        4 points: code that serves predictions and an image that starts something, or a special tool such as
        BentoML, KServe or AWS SAM. 2 points: the code alone, which serves on this machine.
        """
        return rubric.deployment(portfolio)


class PR106(Practice):
    """The model is monitored."""

    most = 4

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        2 points: code that measures drift, a monitoring library, or metrics for Prometheus. 4 points: and
        something in the repository runs it by itself or acts on it: a schedule, a task of the flow, an
        alert rule on a figure of the model. An exit status that nobody waits for is no alert.
        """
        return rubric.monitoring(portfolio)


class PR107(Practice):
    """It is reproducible."""

    most = 4

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        4 points: the README has commands to install and to run, there is a way to the data, every version
        is locked, and a workflow or evidence of a run shows that it works. 2 points: there are commands,
        and one of the rest is missing.
        """
        return rubric.reproducibility(portfolio)


class PR108(Practice):
    """There are unit tests."""

    most = 1

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        1 point: a test with an assertion, which pytest would collect.
        """
        return habits.unit_tests(portfolio)


class PR109(Practice):
    """There is an integration test."""

    most = 1

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        1 point: a test that is named so, or whose file asks a service through a client or starts a process.
        """
        return habits.integration_test(portfolio)


class PR110(Practice):
    """A linter or formatter is used."""

    most = 1

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        1 point: settings of one, or a hook, target or step that runs one.
        """
        return habits.linter(portfolio)


class PR111(Practice):
    """There is a Makefile."""

    most = 1

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        1 point: a Makefile with a target that has a command.
        """
        return habits.makefile(portfolio)


class PR112(Practice):
    """There are pre-commit hooks."""

    most = 1

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        1 point: a configuration of pre-commit, prek, lefthook or husky with a hook in it.
        """
        return habits.hooks(portfolio)


class PR113(Practice):
    """There is a CI/CD pipeline."""

    most = 2

    def judge(self, portfolio: Portfolio) -> Earned:
        """Judge by what the files show.

        2 points: at a push a pipeline tests or lints, and one builds or deploys what is delivered. 1 point:
        one of the two.
        """
        return habits.pipeline(portfolio)


LINES = (PR101, PR102, PR103, PR104, PR105, PR106, PR107, PR108, PR109, PR110, PR111, PR112, PR113)

_judged: WeakKeyDictionary[Portfolio, dict[type[Practice], Earned]] = WeakKeyDictionary()


def judged(line: Practice, portfolio: Portfolio) -> Earned:
    """Return what a line of the rubric comes to; it is looked up once for each repository."""
    known = _judged.setdefault(portfolio, {})
    if type(line) not in known:
        known[type(line)] = line.judge(portfolio)
    return known[type(line)]


def score(portfolio: Portfolio) -> tuple[int, int]:
    """Return the points that are earned, and how many there are."""
    return sum(judged(line(), portfolio).points for line in LINES), sum(line.most for line in LINES)


def description(portfolio: Portfolio) -> str:
    """Return a line of Markdown for below the family's name."""
    earned, most = score(portfolio)
    return f"**{earned} of {most} points** are shown by files of the repository; no other is claimed."
