"""`adopt`: a repository without a record, and the template that it came from or could learn from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.cli import adopt_view, options, output, prompts
from scaffolder.engine.foreign import is_address

if TYPE_CHECKING:
    from scaffolder.adopt import Origin

_NO_TEMPLATE = (
    "--plan needs one of our templates, such as 'scaffolder adopt pumps predictive-maintenance --plan'"
)


def adopt(
    project: options.Project = Path(),
    template: options.AdoptedTemplate = None,
    *,
    version: options.AdoptedVersion = None,
    directory: options.Directory = "",
    data: options.KnownData = None,
    diff: options.RemainingDiff = False,
    yes: options.Yes = False,
    plan: options.PlanParts = False,
    take: options.Take = None,
    branch: options.PartsBranch = None,
    from_cruft: options.FromCruft = False,
    to_cruft: options.ToCruft = False,
    as_json: options.AsJson = False,
) -> int:
    """Find out which template a repository came from.

    For one whose record (.copier-answers.yml) is missing: shows the version, the answers and how sure they
    are. With --yes, or a yes on the terminal, it writes the record and stages it; then 'update' works as in
    any other project. No other file is touched. TEMPLATE may be an address, of copier or cookiecutter.

    --plan is for a repository that came from no template: it lists which parts of one it lacks, and --take
    adds some of them on a branch. No file that exists is replaced.

    Exit status 0 shown or written, 1 no version is like the project.

    Examples:
      scaffolder adopt pumps
      scaffolder adopt pumps predictive-maintenance --diff
      scaffolder adopt package gh:OWNER/REPOSITORY --yes
      scaffolder adopt pumps predictive-maintenance --plan
      scaffolder adopt pumps predictive-maintenance --plan --take ci,tests
      scaffolder adopt package --from-cruft
    """
    _refuse_senseless(
        {"--from-cruft": from_cruft, "--to-cruft": to_cruft, "--plan": plan},
        {
            "--yes": yes,
            "--diff": diff,
            "--directory": directory,
            "TEMPLATE": template,
            "--version": version,
            "-d": data,
        },
        {"--take": take, "--branch": branch},
    )
    if from_cruft or to_cruft:
        return _convert(project, is_from=from_cruft, as_json=as_json)
    if plan:
        settings = {"version": version, "answers": options.read_data(data or []), "branch": branch}
        return _plan(project, template, take=take, as_json=as_json, **settings)
    from scaffolder.adopt import find_origin, write_record

    origin = find_origin(
        *(project.absolute(), template),
        version=version,
        directory=directory,
        answers=options.read_data(data or []),
        on_progress=output.passing,
    )
    output.passing("")
    if yes:
        write_record(origin)
    _show(origin, diff=diff, as_json=as_json, is_written=yes)
    if not yes:
        if as_json or not prompts.is_interactive() or not _is_wished(origin):
            output.talk("nothing was written; --yes writes the record")
            return 0
        write_record(origin)
    output.talk(adopt_view.next_steps(origin))
    return 0


def _refuse_senseless(
    modes: dict[str, bool], finding: dict[str, object], planning: dict[str, object]
) -> None:
    chosen = [name for name, is_given in modes.items() if is_given]
    if len(chosen) > 1:
        raise output.Misuse(f"{chosen[0]} and {chosen[1]} are two different things; give one of them")
    if chosen and chosen[0] != "--plan" and (useless := [name for name, value in finding.items() if value]):
        raise output.Misuse(f"{chosen[0]} needs nothing but the project; leave out {useless[0]}")
    if chosen == ["--plan"] and (
        useless := [name for name in ("--yes", "--diff", "--directory") if finding[name]]
    ):
        raise output.Misuse(f"--plan writes no record; leave out {useless[0]}")
    if chosen != ["--plan"] and (useless := [name for name, value in planning.items() if value]):
        raise output.Misuse(f"{useless[0]} goes with --plan")
    if planning["--branch"] and not planning["--take"]:
        raise output.Misuse("--branch names the branch for what --take adds; give --take too")


def _convert(project: Path, *, is_from: bool, as_json: bool) -> int:
    from scaffolder import conversion

    done = (conversion.convert_from if is_from else conversion.convert_to)(project.absolute())
    if done.left_out:
        output.talk(f"warning: left out, since a record has no secrets: {', '.join(done.left_out)}")
    if as_json:
        files = {"path": str(done.path), "written": done.written, "removed": done.removed}
        output.result_json(files | {"left_out": list(done.left_out)})
    else:
        output.result(f"{done.written} is written, {done.removed} is removed; both are staged")
    output.talk("next:\n  git diff --staged\n  git commit -m 'Record the template in another form'")
    return 0


def _show(origin: Origin, *, diff: bool, as_json: bool, is_written: bool) -> None:
    from scaffolder.adopt import remaining_diff

    for warning in origin.warnings:
        output.talk(f"warning: {output.plain(warning)}")
    text = remaining_diff(origin).rstrip("\n") if diff else None
    if as_json:
        output.result_json(adopt_view.as_json(origin, text, is_written=is_written))
        return
    if text is None:
        output.result(adopt_view.describe(origin))
        return
    if text:
        output.result(text)
    output.talk(adopt_view.describe(origin))


def _is_wished(origin: Origin) -> bool:
    import questionary
    from prompt_toolkit.output import create_output

    question = f"Write {origin.record_path}?"
    asked = questionary.confirm(question, default=False, output=create_output(stdout=sys.stderr))
    return bool(asked.unsafe_ask())


def _plan(project: Path, template: str | None, *, take: str | None, as_json: bool, **settings: Any) -> int:
    from scaffolder.adopting.parts import plan_parts

    if template is None or is_address(template):
        raise output.Misuse(_NO_TEMPLATE)
    names = [name.strip() for name in (take or "").split(",") if name.strip()]
    if take is not None and not names:
        raise output.Misuse("--take wants names of parts, such as --take ci,tests; --plan alone lists them")
    plan = plan_parts(project.absolute(), template, take=names, **settings)
    if as_json:
        output.result_json(adopt_view.plan_as_json(plan))
    else:
        output.result(adopt_view.describe_plan(plan))
    output.talk(adopt_view.after_plan(plan, project))
    return 0
