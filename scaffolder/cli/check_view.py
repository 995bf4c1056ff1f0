"""What the rules found, for a terminal and for GitHub Actions. Nothing of a repository acts in either."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.cli import output
from scaffolder.cli.update_view import label, table
from scaffolder.fleet import Failure
from scaffolder.repository import top_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

    from scaffolder.check.review import Finding, Report

WIDTH = 80
HEADINGS = ("PROJECT", "PASSED", "FAILED", "ADVICE", "POINTS", "TEMPLATE'S")
_RULE = 6  # characters of the longest of our codes
# For each outcome its mark, the word where the encoding lacks the mark, and its style.
_MARKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "passed": ("✓", "ok", {"fg": "green"}),
    "failed": ("✗", "FAIL", {"fg": "red", "bold": True}),
    "advised": ("!", "todo", {"fg": "yellow"}),
    "not applicable": ("–", "-", {"dim": True}),  # noqa: RUF001
}


# ---- JSON


def as_json(found: Report | Failure) -> dict[str, Any]:
    """Return a result as what JSON can have; what could not be reviewed has `error`."""
    if isinstance(found, Failure):
        return {"path": str(found.path), "state": "error", "error": found.message}
    return {
        "path": str(found.path),
        "title": found.title,
        "state": "failed" if found.failed or found.untested else "passed",
        "failed": [one.rule for one in found.failed],
        "advised": [one.rule for one in found.advised],
        "points": None if found.points is None else dict(zip(("earned", "of"), found.points, strict=True)),
        "template_share": found.template_share,
        "untested": found.untested,
        "families": [
            {"family": key, "name": name, "note": found.notes.get(key, "")}
            for key, name in found.families.items()
        ],
        "findings": [asdict(one) for one in found.findings],
        "questions": [asdict(one) for one in found.questions],
    }


def json_line(found: Report | Failure) -> str:
    """Return a result as a line of JSON in which no character acts: not on a terminal, not in a runner."""
    text = json.dumps(as_json(found), ensure_ascii=False).replace("##[", "#\\u0023[")
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return json.dumps(letter)[1:-1] if ord(letter) > 0x7F else f"\\u{ord(letter):04x}"


# ---- text


def describe(report: Report, *, every_rule: bool, strict: bool) -> str:
    """Return a report as lines for a terminal: all rules, or only those that failed and count."""
    wide = _width()
    title, place = clean(report.title), clean(label(report.path))
    beside = f"  {_styled(place, dim=True)}" if place not in (title, ".") else ""
    lines = [_styled(title, bold=True) + beside]
    for key, name in report.families.items():
        shown = [one for one in report.of(key) if every_rule or counts(one, strict=strict)]
        if shown or (every_rule and report.notes.get(key)):
            lines += ["", _styled(clean(name), bold=True)]
        if every_rule:
            lines += _block(report.notes.get(key, ""), "  ", wide)
        for one in shown:
            lines += _rule_lines(one, wide)
    lines += ["", *_verdict_lines(report, wide)]
    if report.questions:
        lines += ["", *_question_lines(report, wide)]
    return "\n".join(map(_inert, lines))


def row(found: Report | Failure) -> list[str]:
    """Return the cells under HEADINGS."""
    from scaffolder.check.page import as_percent

    if isinstance(found, Failure):
        return [clean(label(found.path)), "error", *["-"] * 4]
    return [
        clean(label(found.path)),
        str(found.count("passed")),
        str(len(found.failed)),
        str(len(found.advised)),
        "-" if found.points is None else "{} of {}".format(*found.points),
        "-" if found.template_share is None else as_percent(found.template_share),
    ]


def summary(results: Sequence[Report | Failure]) -> str:
    """Return the table of several projects."""
    return "\n".join(map(_inert, table(HEADINGS, map(row, results)).split("\n")))


def counts(one: Finding, *, strict: bool) -> bool:
    """Return True when a rule failed that makes the exit status 1."""
    return one.verdict == "failed" and (one.required or strict)


def _width() -> int:
    return min(WIDTH, max(40, shutil.get_terminal_size((WIDTH, 24)).columns))


def _rule_lines(one: Finding, wide: int) -> Iterator[str]:
    outcome = "advised" if one.verdict == "failed" and not one.required else one.verdict
    mark, space, style = _mark(outcome)
    head = f"{mark:<{space}} {one.rule:<{_RULE}}"
    indent = " " * (len(head) + 4)
    mild = {"dim": True} if outcome == "not applicable" else {}
    titles = textwrap.wrap(clean(one.title), wide - len(indent)) or [""]
    lines = [indent + _styled(title, **mild) for title in titles]
    lines[0] = f"  {_styled(head, **style)}  {lines[0].removeprefix(indent)}"
    if (proof := clean(one.proof)) and not one.message:
        if len(indent) + len(titles[-1]) + 2 + len(proof) <= wide:
            lines[-1] += f"  {_styled(proof, dim=True)}"
        else:
            lines.append(indent + _styled(_short(proof, wide - len(indent)), dim=True))
    yield from lines
    yield from _block(one.message, indent, wide)


def _short(text: str, room: int) -> str:
    more = "…" if _can_show("…") else "..."
    return text if len(text) <= room else text[: room - len(more)].rstrip() + more


def _mark(outcome: str) -> tuple[str, int, dict[str, Any]]:
    """Return the mark of an outcome, the room that all marks take, and its style."""
    plain = not _can_show("".join(mark for mark, _, _ in _MARKS.values()))
    mark, word, style = _MARKS[outcome]
    return (word, max(len(word) for _, word, _ in _MARKS.values()), style) if plain else (mark, 1, style)


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _verdict_lines(report: Report, wide: int) -> Iterator[str]:
    mark, _, style = _mark("failed" if report.failed else "passed")
    text = f"{mark} {_share(report, 'required', report.failed, 'failed')}"
    for line in textwrap.wrap(text, wide, subsequent_indent="  "):
        yield _styled(line, **{**style, "bold": True})
    if any(not one.required for one in report.findings):
        text = _share(report, "advisory", report.advised, "did not")
        yield from textwrap.wrap(text, wide, initial_indent="  ", subsequent_indent="  ")
    if skipped := report.count("not applicable"):
        yield f"  {skipped} {'does' if skipped == 1 else 'do'} not apply"


def _share(report: Report, kind: str, failed: Sequence[Finding], verb: str) -> str:
    passed = report.count("passed", required=kind == "required")
    codes = ", ".join(one.rule for one in failed)
    text = f"{passed} of {passed + len(failed)} {kind} rules passed"
    return f"{text}, {len(failed)} {verb}: {codes}" if failed else text


def _question_lines(report: Report, wide: int) -> Iterator[str]:
    yield _styled("What an interviewer will ask about it, and the file that answers", bold=True)
    for number, one in enumerate(report.questions, 1):
        yield from textwrap.wrap(
            clean(one.ask), wide, initial_indent=f"  {number}. ", subsequent_indent="     "
        )
        yield from (
            _styled(line, dim=True)
            for line in textwrap.wrap(
                clean(one.answer), wide, initial_indent="     ", subsequent_indent="     "
            )
        )


def _styled(text: str, **style: Any) -> str:
    return output.styled(text, sys.stdout, **style)


# ---- Markdown as plain text


def plain(markdown: str) -> list[str]:
    r"""Return the blocks of a Markdown text without markup: a paragraph or an item of a list each.

    >>> plain("**Write** `a.md`:\n\n- [one](https://example.org)\n- two")
    ['Write a.md:', '- one (https://example.org)', '- two']
    """
    from markdown_it import MarkdownIt

    blocks: list[str] = []
    mark = ""
    for token in MarkdownIt("commonmark", {"html": False}).parse(markdown):
        if token.type == "list_item_open":
            mark = "- "
        elif token.type in ("fence", "code_block"):
            blocks += [f"    {line}" for line in map(_safe, token.content.splitlines())]
        elif token.type == "inline":
            blocks.append(mark + clean("".join(_words(token.children or []))))
            mark = "  " if mark else ""
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            mark = ""
    return [block for block in blocks if block.strip()]


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    target = ""
    for token in tokens:
        if token.type in ("text", "code_inline"):
            yield token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.type == "image":
            yield token.content
        elif token.type == "link_open":
            target = str(token.attrGet("href") or "")
        elif token.type == "link_close" and target:
            yield f" ({target})"


def _block(markdown: str, indent: str, wide: int) -> Iterator[str]:
    for block in plain(markdown) if markdown.strip() else ():
        if block.startswith("    "):
            yield indent + block
        else:
            hang = "  " if block.startswith(("- ", "  ")) else ""
            yield from textwrap.wrap(
                block,
                wide,
                initial_indent=indent,
                subsequent_indent=indent + hang,
                break_on_hyphens=False,
            )


def _safe(text: str) -> str:
    """Return `text` without characters that a terminal would obey, or that hide what stands there."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def clean(text: str) -> str:
    """Return `text` as one line of nothing but what can be seen."""
    return " ".join(_safe(text).split())


def _inert(line: str) -> str:
    """Return a line in which a runner of GitHub Actions, which reads what a step prints, sees no command."""
    if "GITHUB_ACTIONS" not in os.environ:
        return line
    return re.sub(r"^(\s*):(?=:)", r"\1: ", line).replace("##[", "## [")


# ---- GitHub Actions


def annotate(found: Report | Failure) -> str:
    """Return the workflow commands that annotate the lines of a pull request, and one that sums up."""
    if isinstance(found, Failure):
        return _command("error", found.message, title="Not reviewed")
    base = _base(found.path)
    lines = [
        _command(
            "error" if one.required else "warning",
            " ".join(plain(one.message)) or one.title,
            file="/".join((*base, one.file)) if one.file else "",
            line=one.line if one.file else None,
            title=f"{one.rule} {clean(one.title)}",
        )
        for one in (*found.failed, *found.advised)
    ]
    if found.untested:
        lines.insert(0, _command("error", found.untested, title="Tests not run"))
    required = found.count("passed", required=True)
    text = f"{required} of {required + len(found.failed)} required rules passed, "
    text += f"{len(found.failed)} failed; {len(found.advised)} advisory ones failed"
    if found.points:
        text += "; {} of {} points of the rubric".format(*found.points)
    return "\n".join([*lines, _command("notice", text, title=f"Portfolio check: {clean(found.title)}")])


def _base(path: Path) -> tuple[str, ...]:
    """Return the folders above a project in its git repository, from which GitHub counts."""
    whole = Path(os.path.normpath(path.absolute()))
    top = top_of(whole)
    return whole.relative_to(top).parts if top and whole.is_relative_to(top) else ()


def _command(kind: str, message: str, **properties: object) -> str:
    given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value)
    return f"::{kind} {given}::{_data(message)}"


def _data(text: str) -> str:
    """Escape a message as https://github.com/actions/toolkit does."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
