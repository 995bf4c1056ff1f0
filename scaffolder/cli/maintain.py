"""`status` and `update`: projects and their templates."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import typer

from scaffolder.cli import options, output, prompts, update_view
from scaffolder.errors import ScaffolderError
from scaffolder.fleet import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scaffolder.status import Status
    from scaffolder.update import Outcome, Wish


def status(
    projects: options.Projects = None,
    *,
    below: options.All = None,
    diff: options.Diff = False,
    as_json: options.AsJsonLines = False,
) -> int:
    """Show which projects are behind, and what you changed.

    Exit status 0 when all are current, 1 when one is not. `changed` counts the files that the template only
    copies and that differ from it now; `uncommitted` those that differ from the last commit. --diff compares
    every file that the template made, and has the same exit status.

    Examples:
      scaffolder status
      scaffolder status pumps reviews
      scaffolder status pumps --diff
      scaffolder status --all ~/projects --json
    """
    from scaffolder.status import all_statuses

    paths = options.find_projects(projects, below)
    if diff and as_json:
        raise output.Misuse("--diff prints a diff, not JSON; give one of --diff and --json")
    found = list(all_statuses(paths))
    if diff:
        _show_diffs(found)
    else:
        _show_statuses(found, as_json=as_json)
    return int(any(isinstance(one, Failure) or one.state != "current" for one in found))


def _show_diffs(found: Sequence[Status | Failure]) -> None:
    from scaffolder.status import own_changes

    for one in found:
        if isinstance(one, Failure):
            output.error(one.message)
            continue
        _warn(one)
        if len(found) > 1:
            output.result(f"# {update_view.label(one.path)}")
        if text := own_changes(one.path).rstrip("\n"):
            output.result(text)


def _show_statuses(found: Sequence[Status | Failure], *, as_json: bool) -> None:
    for one in found:
        if isinstance(one, Failure):
            output.error(one.message)
        else:
            _warn(one)
        if as_json:
            _print_line(one)
    rows = [update_view.status_row(one) for one in found if not isinstance(one, Failure)]
    if rows and not as_json:
        output.result(update_view.table(update_view.STATUS_HEADINGS, rows))


def update(
    projects: options.Projects = None,
    *,
    below: options.All = None,
    to: options.To = None,
    data: options.ProjectData = None,
    data_file: options.DataFile = None,
    defaults: options.Defaults = False,
    dry_run: options.UpdateDryRun = False,
    check: options.Check = False,
    branch: options.Branch = None,
    test: options.RunTests = False,
    allow_downgrade: options.AllowDowngrade = False,
    jobs: options.Jobs = None,
    trust: options.Trusted = False,
    max_size: options.MaxSize = None,
    as_json: options.AsJsonLines = False,
) -> int:
    """Update projects from their template; nothing of yours is lost.

    What only the template changed is taken, what only you changed stays. Where both changed the same lines,
    the file gets conflict markers, as with git merge. The result is staged, not committed; all of it is
    written or nothing. -d changes an answer that you gave.

    Exit status 0 done, 1 a project failed (or is behind, with --check), 3 conflicts are left to resolve.

    Examples:
      scaffolder update
      scaffolder update --dry-run
      scaffolder update -d licence=MIT
      scaffolder update --test --branch template-update
      scaffolder update --all ~/projects --jobs 4
      scaffolder update --all ~/projects --check
    """
    changing = {"--to": to, "-d": data, "--data-file": data_file, "--allow-downgrade": allow_downgrade}
    changing |= {"--trust": trust, "--max-size": max_size}
    _refuse_senseless(
        check=check,
        dry_run=dry_run,
        others={"--branch": branch is not None, "--test": test},
        changing=[name for name, value in changing.items() if value],
    )
    most_bytes = options.read_size(max_size)
    paths = options.find_projects(projects, below)
    if check:
        return _check(paths, as_json=as_json)
    from scaffolder.answers import load_data_file
    from scaffolder.engine import bounds
    from scaffolder.update import Wish

    answers = {**(load_data_file(data_file) if data_file else {}), **options.read_data(data or [])}
    ask = len(paths) == 1 and not defaults and not as_json and prompts.is_interactive()
    wish = Wish(
        *(to, answers, ask, allow_downgrade, branch, dry_run, test),
        trust=options.read_trust(is_given=trust),
    )
    with bounds.at_most(most_bytes):
        if len(paths) == 1:
            return _update_one(paths[0], wish, as_json=as_json)
        return _update_many(paths, wish, jobs or os.cpu_count() or 1, as_json=as_json)


def _refuse_senseless(*, check: bool, dry_run: bool, others: dict[str, bool], changing: list[str]) -> None:
    given = [name for name, is_given in others.items() if is_given]
    if check and (useless := [*given, *(["--dry-run"] if dry_run else []), *changing]):
        raise output.Misuse(f"--check only looks which projects are behind; leave out {useless[0]}")
    if dry_run and given:
        raise output.Misuse(f"--dry-run writes nothing, so {given[0]} has no use; give one of them")


def _check(paths: Sequence[Path], *, as_json: bool) -> int:
    from scaffolder.status import all_statuses

    found = list(all_statuses(paths))
    _show_statuses(found, as_json=as_json)
    return int(any(isinstance(one, Failure) or one.state in ("behind", "interrupted") for one in found))


def _update_one(path: Path, wish: Wish, *, as_json: bool) -> int:
    from scaffolder.update import update_project

    try:
        found = update_project(path, wish, on_progress=output.passing)
    except KeyboardInterrupt:
        output.talk("interrupted; the project is as it was, or wholly updated: see 'git status'")
        raise typer.Exit(130) from None
    except ScaffolderError as error:
        if as_json:
            _print_line(Failure(path, str(error)))
        raise
    _warn(found)
    if as_json:
        _print_line(found)
    else:
        if found.diff:
            output.result(found.diff.rstrip("\n"))
            output.talk(update_view.describe(found))
        else:
            output.result(update_view.describe(found))
        if steps := update_view.next_steps(found):
            output.talk(steps)
    return _exit_status([found])


def _update_many(paths: Sequence[Path], wish: Wish, jobs: int, *, as_json: bool) -> int:
    from scaffolder.fleet import update_all

    results: list[Outcome | Failure] = []
    try:
        with update_view.progress(len(paths)) as done:
            for found in update_all(paths, wish, jobs=jobs):
                results.append(found)
                if as_json:
                    _print_line(found)
                done(found)
    except KeyboardInterrupt:
        _show_many(results, as_json=as_json)
        output.talk(
            f"interrupted: {len(results)} of {len(paths)} projects are done; run it again for the rest"
        )
        raise typer.Exit(130) from None
    _show_many(results, as_json=as_json)
    return _exit_status(results)


def _show_many(results: list[Outcome | Failure], *, as_json: bool) -> None:
    """Print what several updates did: a table, and above it the diffs of a dry run."""
    results = sorted(results, key=lambda found: found.path)
    for found in results:
        if isinstance(found, Failure):
            output.error(found.message)
            continue
        _warn(found)
        if found.diff and not as_json:
            output.result(f"# {update_view.label(found.path)}\n{found.diff.rstrip()}")
    if results and not as_json:
        output.result(update_view.table(update_view.UPDATE_HEADINGS, map(update_view.update_row, results)))


def _exit_status(results: Sequence[Outcome | Failure]) -> int:
    if any(isinstance(found, Failure) or found.state == "refused" for found in results):
        return 1
    return 3 if any(not isinstance(found, Failure) and found.conflicts for found in results) else 0


def _warn(found: Outcome | Status) -> None:
    for warning in found.warnings:
        output.warning(warning)


def _print_line(found: Outcome | Status | Failure) -> None:
    output.result(json.dumps(update_view.as_json(found), ensure_ascii=False, default=str))
