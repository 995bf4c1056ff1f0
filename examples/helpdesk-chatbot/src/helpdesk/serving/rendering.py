"""The templates in web/: how they are rendered, and how numbers and moments are said in them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

WEB = Path(__file__).with_name("web")
_AGES = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def render(name: str, **values: Any) -> str:
    """Return the page of the template `name`; a text in it is never markup."""
    return _environment().get_template(name).render(values)


def sure(confidence: float) -> str:
    """Say a calibrated probability in words.

    >>> [sure(share) for share in (0.97, 0.85, 0.6, 0.3)]
    ['Almost certainly right', 'Probably right', 'More likely right than not', 'Rather unsure']
    """
    steps = (0.95, "Almost certainly right"), (0.75, "Probably right"), (0.5, "More likely right than not")
    return next((words for least, words in steps if confidence >= least), "Rather unsure")


def percent(share: float) -> str:
    """Return a share in percent; what is not certain is never shown as certain.

    >>> percent(0.846), percent(0.999), percent(1.0)
    ('84 %', '99 %', '100 %')
    """
    return f"{int(100 * share + 1e-9)} %"


def age(seconds: float) -> str:
    """Say how long ago a moment was.

    >>> age(time.time() - 7_300), age(time.time() - 60), age(time.time())
    ('2 hours', '1 minute', 'less than a minute')
    """
    passed = max(0.0, time.time() - seconds) + 0.5  # whole seconds are stored
    for name, unit in _AGES:
        count = int(passed // unit)
        if count:
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


def first_line(text: str, longest: int = 120) -> str:
    r"""Return the beginning of a text, in one line.

    >>> first_line("VPN\nIt does not connect", 16)
    'VPN It does …'
    """
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    words, gap, _ = line[: longest - 1].rpartition(" ")
    return f"{words} …" if gap else f"{line[: longest - 1]}…"


def sentence(error: Exception | str) -> str:
    """Return what is wrong as a sentence.

    >>> sentence(ValueError("text is empty; type a question"))
    'Text is empty; type a question.'
    """
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def iso(seconds: float) -> str:
    """Return a moment as HTML has it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc(seconds: float) -> str:
    """Return a moment for readers without a script, which else shows it in their own zone."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(WEB),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        {word.__name__: word for word in (sure, percent, age, first_line, sentence, iso, utc)}
    )
    return made
