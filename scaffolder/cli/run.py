"""`run`: a project's stages, shown as they go."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from scaffolder.cli import options, output

if TYPE_CHECKING:
    from scaffolder.project import Project
    from scaffolder.stages import StageName, StageResult


def run(
    project: options.Project = Path(), first: options.First = "environment", as_json: options.AsJson = False
) -> int:
    """Run a project's stages, from its environment to its service.

    They are environment, data, train, evaluate, report, test and serve. Stops at the first stage that fails.
    What a stage printed is in .scaffolder/logs.

    Examples:
      scaffolder run
      scaffolder run pumps
      scaffolder run pumps --from train
    """
    from scaffolder.project import open_project

    results, status = run_project(
        open_project(project), project, first=first, stream=sys.stderr if as_json else sys.stdout
    )
    if as_json:
        output.result_json([asdict(result) for result in results])
    return status


def run_project(
    project: Project, shown: Path, *, first: StageName = "environment", stream: TextIO
) -> tuple[list[StageResult], int]:
    """Run the stages, showing them on `stream`; return their results and the exit status.

    `shown` is the project's path as the person gave it, for the command to repeat.
    """
    from scaffolder import stages
    from scaffolder.cli.stage_view import stage_view

    with stage_view(stream) as update:
        results = stages.run(project, first=first, on_event=update)
    stopped = next((result for result in results if result.state in ("failed", "interrupted")), None)
    if stopped is None:
        passed = [result for result in results if result.state == "passed"]
        count = "1 stage" if len(passed) == 1 else f"{len(passed)} stages"
        output.talk(f"{count} passed in {sum(result.seconds for result in passed):.0f} s")
        return results, 0
    return results, _report(stopped, project, shown)


def _report(stopped: StageResult, project: Project, shown: Path) -> int:
    """Say why a stage stopped and how to go on; return the exit status."""
    start = [] if stopped.name == "environment" else ["--from", stopped.name]
    place = [] if shown == Path() else [str(shown)]
    again = output.shell_words("scaffolder", "run", *start, *place)
    if stopped.state == "interrupted":
        output.talk(f"interrupted; to go on: {again}")
        return 130
    from scaffolder.stages import log_path, log_tail

    for line in log_tail(project, stopped.name):
        output.talk(f"  | {line}")
    output.error(f"{stopped.name} failed; its log is {log_path(project, stopped.name)}; to repeat: {again}")
    return 1
