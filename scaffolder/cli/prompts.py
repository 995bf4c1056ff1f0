"""The questions that the command line asks itself; those of a template are asked by copier."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prompt_toolkit.output import Output

    from scaffolder.catalog import Template


def is_interactive() -> bool:
    """Return True when a person can be asked; prompts go to standard error, beside the talk."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def pick_template(templates: Sequence[Template]) -> str:
    """Ask for one of `templates` and return its name; Ctrl-C raises KeyboardInterrupt."""
    import questionary

    room = shutil.get_terminal_size().columns - len("  Description: ") - 1
    choices = [
        questionary.Choice(
            f"{template.name}: {template.title}",
            value=template.name,
            description=textwrap.shorten(template.summary, room, placeholder=" ..."),
        )
        for template in templates
    ]
    return str(questionary.select("Which template?", choices=choices, output=_output()).unsafe_ask())


def ask_destination(template: str) -> Path:
    """Ask for the project's folder and return it; Ctrl-C raises KeyboardInterrupt."""
    import questionary

    answer = questionary.text(
        "In which folder?", default=template, validate=_is_free, output=_output()
    ).unsafe_ask()
    return Path(answer.strip()).expanduser()


def _output() -> Output:
    from prompt_toolkit.output import create_output

    return create_output(stdout=sys.stderr)


def _is_free(text: str) -> bool | str:
    if not text.strip():
        return "type the name of a folder, such as pumps"
    path = Path(text.strip()).expanduser()
    if path.is_dir():
        return not any(path.iterdir()) or f"{path} exists and is not empty; choose another folder"
    return not path.exists() or f"{path} is a file; choose another name"
