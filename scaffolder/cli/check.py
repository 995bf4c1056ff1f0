"""`check`: the rules of a portfolio, with evidence for each line."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import typer

from scaffolder.cli import check_view, options, output
from scaffolder.cli.update_view import label
from scaffolder.fleet import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from scaffolder.check.review import Report, Wish


def check(
    projects: options.Projects = None,
    *,
    below: options.All = None,
    form: options.CheckFormat = "text",
    as_json: options.AsJsonLines = False,
    page: options.Page = None,
    select: options.Select = None,
    ignore: options.Ignore = None,
    strict: options.Strict = False,
    run_tests: options.RunOwnTests = False,
    questions: options.Questions = None,
) -> int:
    """Check repositories against the rules of a portfolio.

    Each line names the file that shows it. Any repository will do; a rule that does not apply says so.
    Nothing of a repository is run, unless --run-tests asks for it. Of several, the text names what failed,
    with a table at the end. Rules of other plugins of repo-review that are installed are advisory. What
    [tool.repo-review] in a repository's pyproject.toml leaves out is shown as left out.

    Exit status 0 when every required rule passes, 1 when one does not or a repository cannot be reviewed.

    Examples:
      scaffolder check
      scaffolder check pumps --run-tests
      scaffolder check pumps --select EV,GD
      scaffolder check pumps --strict --ignore YO
      scaffolder check --all ~/projects --json
      scaffolder check pumps reviews --format html -o check.html
    """
    form = _format(form, as_json=as_json, page=page)
    paths = options.find_projects(projects, below)
    if questions is None:
        questions = form in ("json", "html") or (form == "text" and len(paths) == 1 and not select)
    wish = _wish(select, ignore, run_tests=run_tests, questions=questions)
    results: list[Report | Failure] = []
    try:
        _review(paths, wish, results, _printer(form, alone=len(paths) == 1, strict=strict))
    except KeyboardInterrupt:
        output.passing("")
        _finish(form, results, page, several=len(paths) > 1)
        output.talk(f"interrupted: {len(results)} of {len(paths)} repositories are checked")
        raise typer.Exit(130) from None
    _finish(form, results, page, several=len(paths) > 1)
    return int(any(_has_failed(found, strict=strict) for found in results))


def _format(form: options.Format, *, as_json: bool, page: Path | None) -> options.Format:
    if as_json and form not in ("text", "json"):
        raise output.Misuse(f"--json and --format {form} are two formats; give one of them")
    if as_json:
        form = "json"
    if page is not None and form != "html":
        raise output.Misuse("-o names the file of the html page; add --format html")
    return form


def _wish(
    select: Sequence[str] | None, ignore: Sequence[str] | None, *, run_tests: bool, questions: bool
) -> Wish:
    from scaffolder.check import installed, review

    installed.load_plugins()  # what is wrong with one of them is said once
    wanted, unwanted = options.read_codes(select), options.read_codes(ignore)
    known = installed.known_rules() if wanted or unwanted else ()
    try:
        codes = installed.chosen(wanted, known), installed.chosen(unwanted, known)
    except installed.UnknownRule as error:
        raise output.Misuse(str(error)) from error
    if known and not (codes[0] or set(known)) - codes[1]:
        raise output.Misuse("--select and --ignore leave no rule")
    return review.Wish(*codes, run_tests, questions)


def _review(
    paths: Sequence[Path],
    wish: Wish,
    results: list[Report | Failure],
    show: Callable[[Report | Failure], None],
) -> None:
    """Review one after the other, into `results`; each is shown as it ends."""
    from scaffolder.check.review import attempt

    for number, path in enumerate(paths, 1):
        where = f"{number} of {len(paths)}: {label(path)}" if len(paths) > 1 else label(path)
        output.passing(where)
        found = attempt(path, wish, on_line=functools.partial(_pass_line, where))
        results.append(found)
        output.passing("")
        if why := found.message if isinstance(found, Failure) else found.untested:
            output.error(why)
        show(found)


def _pass_line(where: str, line: str) -> None:
    output.passing(check_view.clean(f"{where}: {line}"))


def _printer(form: options.Format, *, alone: bool, strict: bool) -> Callable[[Report | Failure], None]:
    """Return what prints one result at once, in a format that can."""

    def show(found: Report | Failure) -> None:
        if form == "json":
            output.result(check_view.json_line(found))
        elif form == "github":
            output.result(check_view.annotate(found))
        elif (
            form == "text" and not isinstance(found, Failure) and (alone or _has_failed(found, strict=strict))
        ):
            output.result(check_view.describe(found, every_rule=alone, strict=strict) + "\n" * (not alone))

    return show


def _finish(
    form: options.Format, results: Sequence[Report | Failure], page: Path | None, *, several: bool
) -> None:
    """Print what needs all results."""
    if form == "text" and several and results:
        output.result(check_view.summary(results))
    if form == "html":
        from scaffolder.check.page import render

        text = render(results, label=label)
        if page is None:
            output.result(text)
        else:
            page.write_text(text, encoding="utf-8", errors="replace", newline="\n")
            output.talk(f"wrote {page}")


def _has_failed(found: Report | Failure, *, strict: bool) -> bool:
    if isinstance(found, Failure) or found.untested:
        return True
    return any(check_view.counts(one, strict=strict) for one in found.findings)
