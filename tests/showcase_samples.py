"""An owner and entries to show in tests: those of examples/, and as many made-up ones as wanted."""

from __future__ import annotations

import copy
import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from scaffolder.showcase.entry import Entry, Figure
from scaffolder.showcase.owner import Certificate, Link, Owner

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMES = ("predictive-maintenance", "sentiment", "recommender", "helpdesk-chatbot")

# Texts that would act if anything took them for markup, or that fonts and line breaking find hard.
HOSTILE = (
    '#import "@preview/cetz:0.3.0"',
    "#read('/etc/passwd') #panic()",
    "$x^2$ *bold* _slanted_ `code` <label> @ref",
    "= heading\n- item\n/ term: text // no comment /* none */",
    "\\backslash \\u{41} \"double\" 'single' ~ --- ...",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% raw %} &amp; %s {0}",
)
LONG_WORD = "Donaudampfschifffahrt" * 15


def owner(**changes: Any) -> Owner:
    """Return a profile with every field; `changes` replace some."""
    whole = Owner(
        name="Ada Example",
        headline="Machine-learning engineer, from mechanical engineering",
        value_proposition=(
            "I turn sensor data into decisions that a shift lead trusts: measured against a simple baseline, "
            "with the uncertainty stated, and explained in the words of the plant."
        ),
        links=(
            Link("GitHub", "https://github.com/ada-example"),
            Link("LinkedIn", "https://www.linkedin.com/in/ada-example"),
            Link("E-mail", "mailto:ada@example.org"),
        ),
        certificates=(
            Certificate(
                "AWS Certified Machine Learning Engineer - Associate",
                "Amazon Web Services",
                2026,
                "https://aws.amazon.com/certification/certified-machine-learning-engineer-associate/",
            ),
            Certificate("TensorFlow Developer Certificate", "Google", 2024),
        ),
        projects=("predictive-maintenance", "sentiment", "recommender"),
        url="https://ada.example.org/",
    )
    return replace(whole, **changes)


def evidence(name: str = "predictive-maintenance") -> dict[str, Any]:
    """Return the evidence of an example, the caller's own copy."""
    found: dict[str, Any] = json.loads((EXAMPLES / name / "reports" / "metrics.json").read_bytes())
    return found


def entry(name: str = "predictive-maintenance", **changes: Any) -> Entry:
    """Return an example's entry; `changes` replace some of its fields."""
    folder = EXAMPLES / name
    facts = tomllib.loads((folder / "portfolio.toml").read_text(encoding="utf-8"))
    whole = Entry(
        path=folder,
        slug=name,
        title=facts["title"],
        summary=facts["summary"],
        problem=facts["problem"],
        decision=facts["decision"],
        stack=tuple(facts["stack"]),
        figures=tuple(Figure(folder / one["path"], one["alt"]) for one in facts["figures"]),
        star="**Situation.** A machine fails.\n\n**Task.** Say so before it does.",
        run="python -m maintenance data\npython -m maintenance train",
        limits="Random failures have no cause in the readings.",
        links=(Link("Repository", f"https://github.com/ada-example/{name}"),),
        evidence=evidence(name),
    )
    return replace(whole, **changes)


def entries(count: int = 3) -> list[Entry]:
    """Return the first `count` examples."""
    return [entry(name) for name in NAMES[:count]]


def measured(value: float, low: float, high: float, base: tuple[float, float, float], **headline: Any) -> Any:
    """Return the first example's evidence with another headline: figure and interval, and the baseline's."""
    found = evidence()
    found["headline"].update(value=value, ci95=[low, high], **headline)
    found["headline"]["baseline"].update(value=base[0], ci95=[base[1], base[2]])
    return found


def many(count: int) -> list[Entry]:
    """Return `count` entries that differ in title, slug and headline."""
    found = []
    for number in range(count):
        model = copy.deepcopy(entry(NAMES[number % len(NAMES)]))
        share = 0.5 + 0.4 * number / max(count - 1, 1)
        told = measured(share, share - 0.04, share + 0.03, (share - 0.2, share - 0.25, share - 0.16))
        slug = f"project-{number + 1:03}"
        found.append(replace(model, slug=slug, title=f"Project {number + 1}: {model.title}", evidence=told))
    return found
