"""`new`: a project from a template."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from scaffolder.cli import options, output, prompts
from scaffolder.engine.foreign import is_address, parse_address

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.create import Created

EXAMPLE = "scaffolder new predictive-maintenance pumps --defaults"


def new(
    template: options.TemplateOrNone = None,
    dest: options.Destination = None,
    *,
    defaults: options.Defaults = False,
    data: options.Data = None,
    data_file: options.DataFile = None,
    dry_run: options.DryRun = False,
    run_stages: options.RunStages = False,
    no_git: options.NoGit = False,
    version: options.Version = None,
    directory: options.Directory = "",
    trust: options.Trusted = False,
    max_size: options.MaxSize = None,
    as_json: options.AsJson = False,
) -> int:
    """Generate a project from a template, as a git repository.

    It gets one commit, and its path is printed. On a terminal it asks what -d and --data-file leave open.
    TEMPLATE may also be a template of others, copier's or cookiecutter's: a git URL, gh:OWNER/REPOSITORY or
    a path, with --directory for one in a folder of its repository. Its newest tag is taken, or --version: a
    tag, a branch or a commit. Code of its own runs only with --trust.

    Examples:
      scaffolder new
      scaffolder new predictive-maintenance pumps --defaults --run
      scaffolder new predictive-maintenance pumps -d licence=MIT -d airflow=no
      scaffolder new predictive-maintenance pumps --defaults --dry-run
      scaffolder new gh:OWNER/REPOSITORY package
      scaffolder new https://git.example.org/template.git package --version v1.2.0
      scaffolder new gh:OWNER/TEMPLATES package --directory library
      scaffolder new ../my-template package --defaults
    """
    if dry_run and run_stages:
        raise output.Misuse("--dry-run writes nothing that --run could run; give one of them")
    ask = not defaults and prompts.is_interactive()
    is_foreign = template is not None and is_address(template)
    if directory and not is_foreign:
        raise output.Misuse("--directory is for the address of a template; ours have a name each")
    given = _given_answers(data_file, data or [])
    most_bytes = options.read_size(max_size)
    try:
        name, path = _subject(template, dest, ask=ask)
        if is_foreign:
            output.talk(f"reading {name}")
            ask = not defaults  # without a terminal, the first question that is open ends it
        elif not (ask or defaults):
            _require_answers(name, given)
        settings: dict[str, Any] = {"answers": given, "ask": ask, "git": not no_git, "version": version}
        if is_foreign:
            settings["trust"] = options.read_trust(is_given=trust)
            settings["directory"] = directory
        from scaffolder.engine import bounds

        with bounds.at_most(most_bytes):
            if dry_run:
                return _show_plan(name, path, settings, as_json=as_json)
            from scaffolder.create import new_project

            created = new_project(name, path, **settings)
    except KeyboardInterrupt:
        output.talk("interrupted; nothing was written")
        raise typer.Exit(130) from None
    return _finish(created, path, run_stages=run_stages, as_json=as_json)


def _given_answers(data_file: Path | None, data: list[str]) -> dict[str, object]:
    from scaffolder.answers import load_data_file

    return {**(load_data_file(data_file) if data_file else {}), **options.read_data(data)}


def _require_answers(template: str, given: dict[str, object]) -> None:
    """Refuse, before anything is done, when a question is left open and nobody can be asked."""
    from scaffolder import catalog

    missing = [f"{question.name}=" for question in catalog.questions(template) if question.name not in given]
    if missing:
        raise output.Misuse(
            f"no terminal to ask on; pass --defaults, or answer with -d: {', '.join(missing)}"
        )


def _subject(template: str | None, dest: Path | None, *, ask: bool) -> tuple[str, Path]:
    """Return the template's name and the destination, asking for what is missing."""
    if not ask and (template is None or dest is None):
        raise output.Misuse(f"missing {'TEMPLATE and ' * (template is None)}DEST; for example: {EXAMPLE}")
    if template is not None and is_address(template):
        name, proposed = template, parse_address(template).name
    else:
        from scaffolder import catalog

        name = prompts.pick_template(catalog.templates()) if template is None else catalog.find(template).name
        proposed = name
    return name, prompts.ask_destination(proposed) if dest is None else dest


def _show_plan(template: str, path: Path, settings: dict[str, Any], *, as_json: bool) -> int:
    from scaffolder.create import plan_project

    planned = plan_project(template, path, **settings)
    if as_json:
        output.result_json({"path": str(path), "template": template, **asdict(planned)})
    else:
        output.result("\n".join(planned.files))
    for warning in planned.warnings:
        output.warning(warning)
    output.talk(f"{template} {planned.version}: {len(planned.files)} files for {path}; nothing was written")
    return 0


def _finish(created: Created, path: Path, *, run_stages: bool, as_json: bool) -> int:
    """Print where the project is, run its stages when asked to, and say what comes next."""
    from scaffolder.cli.run import run_project
    from scaffolder.project import open_project

    facts: dict[str, Any] = {**asdict(created), "path": str(created.path)}
    if not as_json:
        output.result(str(created.path))
    commit = f", commit {created.commit[:7]}" if created.commit else ""
    output.talk(f"{created.template} {created.version}: {len(created.files)} files{commit}")
    for warning in created.warnings:
        output.warning(warning)
    status = 0
    if run_stages:
        results, status = run_project(open_project(created.path), path, stream=sys.stderr)
        facts["stages"] = [asdict(result) for result in results]
    if as_json:
        output.result_json(facts)
    if status == 0:
        output.talk(_next_steps(path, has_run=run_stages or not (created.path / "portfolio.toml").is_file()))
    return status


def _next_steps(path: Path, *, has_run: bool) -> str:
    steps = [output.shell_words("cd", str(path)), *([] if has_run else ["scaffolder run"])]
    return "\n  ".join(["next:", *steps, "read README.md"])
