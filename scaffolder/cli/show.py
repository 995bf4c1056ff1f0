"""`list` and `show`: the catalogue, and one template of it."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING

from scaffolder.cli import options, output

if TYPE_CHECKING:
    from scaffolder.catalog import Question, Template


def list_templates(as_json: options.AsJson = False) -> None:
    """List the templates.

    Examples:
      scaffolder list
      scaffolder list --json
    """
    from scaffolder import catalog

    found = catalog.templates()
    if as_json:
        output.result_json([asdict(template) for template in found])
        return
    output.result("\n\n".join("\n".join(_describe(template)) for template in found))


def show_template(template: options.Template, as_json: options.AsJson = False) -> None:
    """Show a template: its stack, questions with defaults, and files.

    Examples:
      scaffolder show predictive-maintenance
      scaffolder show predictive-maintenance --json
    """
    from scaffolder import catalog

    found = catalog.find(template)
    questions, files = catalog.questions(found.name), catalog.file_tree(found.name)
    if as_json:
        output.result_json(
            {**asdict(found), "questions": [asdict(question) for question in questions], "files": files}
        )
        return
    width = max((len(question.name) for question in questions), default=0)
    asked = [line for question in questions for line in _explain(question, width)]
    output.result("\n".join([*_describe(found), "", "Questions:", *asked, "", "Files:", *_tree(files)]))


def _describe(template: Template) -> list[str]:
    summary = textwrap.wrap(template.summary, 76, initial_indent="  ", subsequent_indent="  ")
    stack = textwrap.wrap(
        ", ".join(template.stack), 76, initial_indent="  stack: ", subsequent_indent="         "
    )
    return [f"{template.name}  {template.version}", f"  {template.title}", *summary, *stack]


def _explain(question: Question, width: int) -> list[str]:
    """Return the lines of one question: its name beside what it asks, its default and other choices below."""
    default = question.default if question.type != "bool" else "yes" if question.default else "no"
    others = [choice for choice in question.choices if choice != default]
    below = f"default: {default}" + (f"; or {', '.join(others)}" if others else "")
    indent = " " * (width + 4)
    first = f"  {question.name:<{width}}  "
    return [
        *textwrap.wrap(question.help, 80, initial_indent=first, subsequent_indent=indent),
        *textwrap.wrap(below, 80, initial_indent=indent, subsequent_indent=indent),
    ]


def _tree(files: tuple[str, ...]) -> list[str]:
    """Return `files` as an indented tree, each folder named once, above what it holds."""
    lines: list[str] = []
    above: list[str] = []
    for path in sorted(files, key=lambda path: [(part, depth) for depth, part in enumerate(path.split("/"))]):
        *folders, name = path.split("/")
        shared = 0
        while shared < min(len(above), len(folders)) and above[shared] == folders[shared]:
            shared += 1
        lines += [f"{'  ' * (depth + 1)}{folders[depth]}/" for depth in range(shared, len(folders))]
        lines.append(f"{'  ' * (len(folders) + 1)}{name}")
        above = folders
    return lines
