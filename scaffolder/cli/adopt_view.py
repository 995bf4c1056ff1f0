"""What `adopt` found, in words: the version, the answers and the parts, each with what speaks for it."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.cli import output
from scaffolder.cli.update_view import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.adopt import Origin
    from scaffolder.adopting.infer import FoundAnswer
    from scaffolder.adopting.parts import Part, Plan

_WIDTH = 80
_MOST_FILES = 6
_LONGEST_VALUE = 30


def as_json(origin: Origin, diff: str | None, *, is_written: bool) -> dict[str, Any]:
    """Return everything that was found as what JSON can have."""
    left_out = {"record", "made", "votes", "is_written"}
    facts = {key: getattr(origin, key) for key in origin.__dataclass_fields__ if key not in left_out}
    answers = [
        {**asdict(answer), "votes": answer.votes._asdict(), "is_sure": answer.is_sure}
        for answer in origin.answers
    ]
    facts |= {"path": str(origin.path), "votes": origin.votes._asdict(), "answers": answers}
    facts |= {"record": origin.record.decode(errors="replace"), "is_written": is_written}
    return facts if diff is None else {**facts, "diff": diff}


def describe(origin: Origin) -> str:
    """Return the evidence for a person."""
    sure = "" if origin.is_sure else ", UNSURE"
    lines = [f"{origin.template} {origin.version}{sure}: the project has {origin.score:.0%} of its lines"]
    lines += _wrapped(_rivals(origin))
    equal, edited, absent = len(origin.equal), len(origin.edited), len(origin.absent)
    lines += ["", f"files: {equal} as the template makes them, {edited} edited, {absent} absent"]
    lines += _named("edited", origin.edited) + _named("absent", origin.absent)
    lines += ["", "answers:" if origin.answers else "no answers: the template asks nothing"]
    width = max((len(answer.key) for answer in origin.answers), default=0)
    for answer in origin.answers:
        lines += _answer(answer, width)
    unsure = [answer.key for answer in origin.answers if not answer.is_sure]
    if unsure:
        lines += [
            "",
            *_wrapped(f"unsure: {', '.join(unsure)}; if one is wrong, give it with -d KEY=VALUE", 0),
        ]
    return _printable(lines)


def _printable(lines: Sequence[str]) -> str:
    """Return lines without what a name or a text of the project could do to a terminal."""
    return "\n".join("".join(sign if sign.isprintable() else "?" for sign in line) for line in lines)


def _rivals(origin: Origin) -> str:
    said = []
    if origin.same:
        said.append(f"{', '.join(origin.same)} would make the same files")
    if origin.next_version is None:
        said.append("there is no other version to compare it with")
    else:
        total = origin.votes.ours + origin.votes.theirs
        other = f"{origin.next_template} " if origin.next_template != origin.template else ""
        said.append(f"next best: {other}{origin.next_version} with {origin.next_score:.0%}")
        said.append(
            f"of the {total} lines that tell them apart {origin.votes.ours} are as in {origin.version}"
        )
    return "; ".join(said)


def _answer(answer: FoundAnswer, width: int) -> list[str]:
    value = "yes" if answer.value is True else "no" if answer.value is False else str(answer.value)
    shown = textwrap.shorten(value, _LONGEST_VALUE, placeholder="...") or '""'
    first = f"  {answer.key:<{width}}  {shown:<{_LONGEST_VALUE if len(shown) > 16 else 16}}  "
    indent = " " * (width + 6)
    text = f"{first}{_why(answer)}"
    return textwrap.wrap(text, _WIDTH, subsequent_indent=indent, drop_whitespace=True, break_long_words=True)


def _why(answer: FoundAnswer) -> str:
    if answer.how == "given":
        return "given with -d"
    if answer.how == "default":
        return "UNSURE: the default, no file shows it"
    ours, total = answer.votes.ours, answer.votes.ours + answer.votes.theirs
    lines = "line shows" if total == 1 else "lines show"
    what = (
        f"{ours} of {total} {lines} it" if answer.how == "found" else f"{ours} of {total} lines fit it best"
    )
    where = f", {answer.where}" if answer.where else ""
    return f"{'' if answer.is_sure else 'UNSURE: '}{what}{where} ({answer.certainty:.0%})"


def _named(what: str, paths: Sequence[str]) -> list[str]:
    if not paths:
        return []
    more = f" and {len(paths) - _MOST_FILES} more" if len(paths) > _MOST_FILES else ""
    return _wrapped(f"{what}: {', '.join(paths[:_MOST_FILES])}{more}")


def _wrapped(text: str, indent: int = 2) -> list[str]:
    blank = " " * indent
    return textwrap.wrap(
        text, _WIDTH, initial_indent=blank, subsequent_indent=blank + "  ", break_on_hyphens=False
    )


def next_steps(origin: Origin) -> str:
    """Return the commands that come after the record was written."""
    place = "" if origin.path == Path.cwd() else output.shell_words("cd", label(origin.path))
    message = output.shell_words("git", "commit", "-m", f"Adopt template {origin.template} {origin.tag}")
    steps = [*([place] if place else []), message, "scaffolder update --dry-run"]
    return "\n  ".join([f"{origin.record_path} is written and staged; next:", *steps])


# --- parts


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as what JSON can have."""
    return {**asdict(plan), "path": str(plan.path)}


def describe_plan(plan: Plan) -> str:
    """Return the parts, and what the project has of each."""
    lines = [f"{plan.template} {plan.version}: parts, and what {label(plan.path)} has of them"]
    width = max(len(part.name) for part in plan.parts)
    for part in plan.parts:
        first = f"  {part.name:<{width}}  "
        indent = " " * (width + 6)
        lines += textwrap.wrap(first + _state(part), _WIDTH, subsequent_indent=indent, break_on_hyphens=False)
    if plan.added:
        lines += ["", f"added on branch {plan.branch}:", *(f"  {path}" for path in plan.added)]
    if plan.kept:
        lines += ["", "there already, and left as they are:", *(f"  {path}" for path in plan.kept)]
    return _printable(lines)


def _state(part: Part) -> str:
    count = len(part.lacking) + len(part.there)
    instead = f"; in its place: {', '.join(part.in_its_place)}" if part.in_its_place else ""
    names = ", ".join(part.lacking[:3]) + (", ..." if len(part.lacking) > 3 else "")
    if part.state == "there":
        return f"there ({_files(count)})"
    if part.state == "partly":
        return f"{len(part.there)} of {_files(count)} there; lacking: {names}{instead}"
    return f"LACKING ({_files(count)}: {names}){instead}"


def _files(count: int) -> str:
    return f"{count} file{'s' * (count != 1)}"


def after_plan(plan: Plan, project: Path) -> str:
    """Return what comes next."""
    if plan.commit and plan.branch:
        look = output.shell_words("git", "diff", f"HEAD...{plan.branch}")
        return "\n  ".join(["next:", look, output.shell_words("git", "merge", plan.branch)])
    wanted = [part.name for part in plan.parts if part.is_wanted()]
    if not wanted:
        return "nothing was written; --take PART adds what a part lacks on a branch"
    command = ["scaffolder", "adopt", str(project), plan.template, "--plan", "--take", ",".join(wanted[:3])]
    return f"nothing was written; to add parts on a branch:\n  {output.shell_words(*command)}"
