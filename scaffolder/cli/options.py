"""The arguments and options of the commands, and what completes and reads them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scaffolder.cli import output
from scaffolder.errors import ScaffolderError
from scaffolder.fleet import discover
from scaffolder.stages import StageName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.engine.source import Source
    from scaffolder.engine.trust import Code, Trust


def complete_template(incomplete: str) -> list[tuple[str, str]]:
    """Return the templates whose name begins with `incomplete`."""
    from scaffolder import catalog

    return [(found.name, found.title) for found in catalog.templates() if found.name.startswith(incomplete)]


def complete_answer(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return `key=` for each question, found with a pattern: loading YAML would make the person wait."""
    from scaffolder import catalog, places

    texts = [
        (places.home() / "templates" / part / "questions.yml").read_text(encoding="utf-8")
        for part in ("_shared", ctx.params.get("template"))
        if part in ("_shared", *(template.name for template in catalog.templates()))
    ]
    names = [name for text in texts for name in re.findall(r"(?m)^([a-z]\w*):", text)]
    return [f"{name}=" for name in names if name.startswith(incomplete)]


def read_data(pairs: Sequence[str]) -> dict[str, object]:
    """Return the answers that `-d KEY=VALUE` options give, as text; the last one of a key wins."""
    answers: dict[str, object] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (equals and key.strip()):
            raise output.Misuse(f"-d takes KEY=VALUE, such as -d licence=MIT; got {pair!r}")
        answers[key.strip()] = value
    return answers


_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}


def read_size(text: str | None) -> int | None:
    """Return the bytes that a size such as 200MB or 1GiB stands for, None where none is given."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(|[kmg]i?)b?", text.strip().lower())
    size = int(float(found[1]) * _UNITS[found[2]]) if found else 0
    if not 0 < size <= _UNITS["gi"] * 1024:
        raise output.Misuse(f"--max-size takes a size such as 200MB or 1GB; got {text!r}")
    return size


def read_trust(*, is_given: bool) -> Trust:
    """Return what is trusted, by --trust and by the settings; what it lets run is printed before."""
    from scaffolder.engine.trust import from_settings

    return from_settings(is_given=is_given, show=_show_code)


def _show_code(source: Source, found: Sequence[Code]) -> None:
    """Print what will run, once for each version of a template."""
    if source.url + source.tag in _shown:
        return
    _shown.add(source.url + source.tag)
    commit = f", commit {source.commit_id[:12]}" if source.commit_id else ""
    lines = [f"code of {source.url} {source.tag}{commit} that may run now:"]
    width = max(len(code.kind) for code in found)
    lines += [
        f"  {code.kind:<{width}}  {output.plain(code.name)}  ({output.plain(code.path)})" for code in found
    ]
    output.talk("\n".join(lines))


_shown: set[str] = set()

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Template = Annotated[
    str, typer.Argument(metavar="TEMPLATE", help="Name of a template.", autocompletion=complete_template)
]
ShownTemplate = Annotated[
    str,
    typer.Argument(
        metavar="TEMPLATE",
        help="Name of a template, or the address of one.",
        autocompletion=complete_template,
    ),
]
ListedSource = Annotated[
    str | None,
    typer.Option("--source", metavar="SOURCE", help="The template of others at this address, not ours."),
]
ShownVersion = Annotated[
    str | None, typer.Option("--version", metavar="V", help="Show this version instead of the newest.")
]
TemplateOrNone = Annotated[
    str | None,
    typer.Argument(
        metavar="TEMPLATE",
        help="A template; without it a list to pick from.",
        autocompletion=complete_template,
    ),
]
Destination = Annotated[
    Path | None, typer.Argument(metavar="DEST", help="The folder to make; it must be new or empty.")
]
Data = Annotated[
    list[str] | None,
    typer.Option(
        "-d",
        "--data",
        metavar="KEY=VALUE",
        help="Give an answer; repeatable.",
        autocompletion=complete_answer,
    ),
]
DataFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Take answers from a YAML or JSON file; -d wins over it.")
]
Defaults = Annotated[bool, typer.Option("--defaults", help="Ask nothing and take the defaults.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List what would be written and write nothing.")]
RunStages = Annotated[bool, typer.Option("--run", help="Run every stage of the new project.")]
NoGit = Annotated[bool, typer.Option("--no-git", help="Make no git repository.")]
Version = Annotated[str | None, typer.Option(metavar="V", help="Take this version of the template.")]
Project = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="The project's folder.", show_default="this folder")
]
First = Annotated[StageName, typer.Option("--from", metavar="STAGE", help="Begin with this stage.")]
Projects = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[PROJECT]...", help="The projects' folders.", show_default="this folder"),
]
All = Annotated[Path | None, typer.Option("--all", metavar="DIR", help="Every project below this folder.")]
AsJsonLines = Annotated[
    bool, typer.Option("--json", help="Print a JSON object for each project, on a line of its own.")
]
Diff = Annotated[
    bool, typer.Option("--diff", help="Print what you changed in the files that the template made.")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="V", help="Go to this version instead of the newest.")
]
ProjectData = Annotated[
    list[str] | None,
    typer.Option(
        "-d", "--data", metavar="KEY=VALUE", help="Change an answer, or give a new one; repeatable."
    ),
]
UpdateDryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the diff and the conflicts to come, and write nothing.")
]
Check = Annotated[
    bool, typer.Option("--check", help="Only look: exit status 1 when a project is behind its template.")
]
Branch = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Commit the result on this new branch and leave your files as they are."
    ),
]
RunTests = Annotated[
    bool,
    typer.Option(
        "--test", help="Run the project's tests before and after; update only if what passed still does."
    ),
]
AllowDowngrade = Annotated[
    bool, typer.Option("--allow-downgrade", help="Go to an older version than the project has.")
]
Jobs = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="This many projects at once; by default one for each core."),
]

AdoptedTemplate = Annotated[
    str | None,
    typer.Argument(
        metavar="TEMPLATE",
        help="A template, or the address of one; without it all of ours are compared.",
        autocompletion=complete_template,
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Write the record without asking.")]
AdoptedVersion = Annotated[
    str | None, typer.Option("--version", metavar="V", help="Compare with this version of the template only.")
]
Directory = Annotated[
    str, typer.Option(metavar="DIR", help="Where the template lies in its repository.", show_default=False)
]
KnownData = Annotated[
    list[str] | None,
    typer.Option("-d", "--data", metavar="KEY=VALUE", help="Give an answer that you know; repeatable."),
]
RemainingDiff = Annotated[
    bool, typer.Option("--diff", help="Print what would differ between the template and the project.")
]
PlanParts = Annotated[
    bool, typer.Option("--plan", help="List which parts of the template the project lacks.")
]
Take = Annotated[
    str | None,
    typer.Option(metavar="PART,...", help="With --plan: add these parts, in a commit on a new branch."),
]
PartsBranch = Annotated[
    str | None, typer.Option("--branch", metavar="NAME", help="With --take: the name of that branch.")
]
FromCruft = Annotated[bool, typer.Option("--from-cruft", help="Make a record of ours out of a .cruft.json.")]
ToCruft = Annotated[bool, typer.Option("--to-cruft", help="Write a .cruft.json out of a record of ours.")]

Trusted = Annotated[
    bool,
    typer.Option(
        "--trust", help="Let hooks, tasks, migrations and Jinja extensions of a template of others run."
    ),
]
MaxSize = Annotated[
    str | None,
    typer.Option(
        "--max-size",
        metavar="SIZE",
        help="Let a template of others make as much as this, such as 2GB.",
        show_default="500MB",
    ),
]
Format = Literal["text", "json", "html", "github"]
CheckFormat = Annotated[
    Format,
    typer.Option(
        "--format", help="How to print it; html is one page, github annotates the lines of a pull request."
    ),
]
RunOwnTests = Annotated[
    bool, typer.Option("--run-tests", help="Run the repository's own tests too; this runs its code.")
]
Select = Annotated[
    list[str] | None,
    typer.Option(metavar="CODES", help="Only these rules, such as EV or EV,GD101; repeatable."),
]
Ignore = Annotated[list[str] | None, typer.Option(metavar="CODES", help="All rules but these; repeatable.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit status 1 also when an advisory rule fails.")]
Questions = Annotated[
    bool | None,
    typer.Option(
        "--questions/--no-questions",
        help="Show what an interviewer will ask; in text by default of one repository only.",
    ),
]
Page = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write the html page to this file."),
]
Out = Annotated[
    Path,
    typer.Option("--out", metavar="DIR", help="The gallery's folder: new, empty, or of an earlier showcase."),
]
OwnerFile = Annotated[
    Path | None,
    typer.Option(
        "--owner",
        metavar="FILE",
        help="The profile.",
        show_default="portfolio.owner.toml of this folder, if there",
    ),
]
SiteUrl = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="Where the gallery will be published.")
]
NoPdf = Annotated[bool, typer.Option("--no-pdf", help="Leave the one-page PDF out.")]
SkipBroken = Annotated[
    bool, typer.Option("--skip-broken", help="Name the projects that cannot be shown, and show the others.")
]
PagesWorkflow = Annotated[
    bool, typer.Option("--pages", help="Write the workflow that publishes the gallery on GitHub Pages.")
]
Serve = Annotated[bool, typer.Option("--serve", help="Show the gallery at 127.0.0.1 until Ctrl-C.")]
Watch = Annotated[
    bool, typer.Option("--watch", help="Show it, and build it again whenever a project changes.")
]
Port = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, max=65535, help="The port of --serve.", show_default="a free one"),
]


def find_projects(given: Sequence[Path] | None, below: Path | None) -> list[Path]:
    """Return the projects that a command is about: those given, those below a folder, or this folder.

    Raises:
        output.Misuse: both are given, or `below` is no folder.
        ScaffolderError: there is none below it.
    """
    if below is None:
        return [path.absolute() for path in given or [Path()]]
    if given:
        raise output.Misuse("--all finds the projects itself; give PROJECT or --all, not both")
    if not below.is_dir():
        raise output.Misuse(f"--all takes a folder; {below} is none")
    found = list(discover(below.absolute()))
    if not found:
        raise ScaffolderError(f"no project below {below}: no folder there has a record of its template")
    return found


def read_codes(given: Sequence[str] | None) -> tuple[str, ...]:
    """Return the codes that options such as `--select EV,GD101` name."""
    return tuple(code.strip() for text in given or () for code in text.split(",") if code.strip())
