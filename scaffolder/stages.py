"""The stages of a project, from its environment to a service that answers; nothing here prints."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from scaffolder import environment, evidence
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from scaffolder.process import Child
    from scaffolder.project import Project

StageName = Literal["environment", "data", "train", "evaluate", "report", "test", "serve"]
State = Literal["waiting", "running", "passed", "failed", "interrupted", "skipped"]

STAGES: tuple[StageName, ...] = get_args(StageName)
LOGS = ".scaffolder/logs"
TICK_S = 0.2  # between two looks at a running command
READY_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class StageResult:
    """Where one stage stands."""

    name: StageName
    state: State
    seconds: float = 0.0
    result: str = ""  # one line: the newest output while it runs, then what came out, or why it failed


class _StageError(Exception):
    """The stage did not do its work; str() is the one line that says why."""


def run(
    project: Project, *, first: StageName = "environment", on_event: Callable[[StageResult], None]
) -> list[StageResult]:
    """Run the stages from `first` on, stopping at the first that does not pass.

    Args:
        project: the project to run.
        first: stage to begin with; those before it are reported as skipped.
        on_event: called with each change of a stage, and several times a second while one runs.

    Returns:
        One result for each stage. Ctrl-C is not raised: it ends the stage, whose state is then `interrupted`.

    Raises:
        NoEnvironment: `first` needs an environment that is not there.
        OSError: a log cannot be written.
    """
    if first != "environment" and not environment.is_usable(project.path):
        raise environment.NoEnvironment
    results: list[StageResult] = []
    for name in STAGES:
        wanted = STAGES.index(name) >= STAGES.index(first)
        going = all(result.state in ("passed", "skipped") for result in results)
        result = _Stage(project, name, on_event).run() if wanted and going else StageResult(name, "skipped")
        results.append(result)
        on_event(result)
    return results


def log_path(project: Project, name: StageName) -> Path:
    """Return where the output of the stage's last run lies."""
    return project.path / LOGS / f"{name}.log"


def log_tail(project: Project, name: StageName, lines: int = 20) -> list[str]:
    """Return the last lines of a stage's log, made fit for a terminal."""
    from scaffolder.process import clean_line

    text = log_path(project, name).read_text(encoding="utf-8", errors="replace")
    return [clean_line(line) for line in text.splitlines()][-lines:]


class _Stage:
    """One stage under way: its log, its clock, and the commands it runs one after the other."""

    def __init__(self, project: Project, name: StageName, on_event: Callable[[StageResult], None]) -> None:
        self._project = project
        self._name = name
        self._python = str(environment.project_python(project.path))
        self._on_event = on_event
        self._log = log_path(project, name)
        self._begun = time.monotonic()

    def run(self) -> StageResult:
        """Do the stage's work and return what came of it."""
        self._begin_log()
        self._show("")
        try:
            return self._result("passed", self._work())
        except (_StageError, ScaffolderError) as failure:
            return self._result("failed", str(failure))
        except KeyboardInterrupt:
            return self._result("interrupted", "")

    def _work(self) -> str:
        if self._name == "environment":
            for command in environment.install_commands(self._project.path):
                self._call(command)
            return environment.describe(self._project.path)
        if self._name == "test":
            return _counts(self._call([self._python, "-m", "pytest", "-q"]))
        verb = [self._python, "-m", self._project.package, self._name]
        if self._name == "serve":
            return self._serve(verb)
        line = self._call(verb)
        return (evidence.headline(self._project) if self._name == "evaluate" else None) or line

    def _call(self, command: Sequence[str]) -> str:
        """Run `command` to its end and return the last line of its standard output."""
        with self._start(command) as child:
            while (status := child.wait(TICK_S)) is None:
                self._show(child.latest)
        if status != 0:
            raise _StageError(child.reason(status))
        return child.last_output

    def _serve(self, verb: Sequence[str]) -> str:
        """Start the service on a free port, wait until it is ready, ask which model it serves, and end it."""
        from scaffolder import probe

        port = probe.free_port()
        begun = time.monotonic()
        with self._start([*verb, "--host", "127.0.0.1", "--port", str(port)]) as child:
            while not probe.is_ready(port):
                if (status := child.wait(TICK_S)) is not None:
                    raise _StageError(f"the service ended: {child.reason(status)}")
                if time.monotonic() - begun > READY_TIMEOUT_S:
                    raise _StageError(f"/readyz did not answer 200 within {READY_TIMEOUT_S:.0f} s")
                self._show(child.latest)
            seconds, version = time.monotonic() - begun, probe.model_version(port)
        if version is None:
            raise _StageError("/version does not tell the model's version")
        return f"ready in {seconds:.1f} s, model {version}"

    def _start(self, command: Sequence[str]) -> Child:
        from scaffolder.process import Child

        return Child(command, cwd=self._project.path, env=environment.clean_variables(), log=self._log)

    def _begin_log(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        (self._log.parent.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        self._log.write_text("", encoding="utf-8")

    def _show(self, line: str) -> None:
        self._on_event(self._result("running", line))

    def _result(self, state: State, line: str) -> StageResult:
        return StageResult(self._name, state, round(time.monotonic() - self._begun, 3), line)


def _counts(line: str) -> str:
    """Return pytest's closing line without its frame and its time.

    >>> _counts("===== 3 passed, 1 skipped in 0.12s =====")
    '3 passed, 1 skipped'
    """
    return re.sub(r" in [\d.]+s( \([\d:]+\))?$", "", line.strip("= "))
