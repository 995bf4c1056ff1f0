"""What the rules of a family say of a repository, and copies of the examples to put faults into."""

from __future__ import annotations

import inspect
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffolder.check.families import evidence, guide
from scaffolder.check.portfolio import Portfolio
from scaffolder.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir())
METRICS = "reports/metrics.json"


class Said(NamedTuple):
    """What one rule says: `result` is True, False or None; `text` its message, or else its proof."""

    result: bool | None
    text: str
    required: bool


def verdicts(repository: Path | Portfolio, *modules: ModuleType) -> dict[str, Said]:
    """Return what every rule of the families says; a rule whose needs failed is left out, as in a review."""
    portfolio = repository if isinstance(repository, Portfolio) else Portfolio(repository)
    found: dict[str, Said] = {}
    for module in modules or (guide, evidence):
        for name, kind in inspect.getmembers(module, inspect.isclass):
            if not (issubclass(kind, Rule) and name[-1].isdigit()):
                continue
            rule = kind()
            if all(other in found and found[other].result for other in rule.requires):
                said = rule.check(portfolio)
                message = (
                    said if isinstance(said, str) else (kind.check.__doc__ or "") if said is False else ""
                )
                result = None if said is None else said is True
                found[name] = Said(result, message or rule.proof, rule.required)
    return found


def failed(repository: Path | Portfolio, *modules: ModuleType) -> dict[str, str]:
    """Return the message of every required rule that fails, by its code."""
    said = verdicts(repository, *modules)
    return {name: one.text for name, one in said.items() if one.required and one.result is False}


def copy_example(name: str, folder: Path) -> Path:
    """Return a copy of an example, which lies in no git repository."""
    return Path(shutil.copytree(ROOT / "examples" / name, folder / name, ignore=_caches))


def _caches(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name in ("__pycache__", ".venv", "models", ".scaffolder")]


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first `old` in a file, which has to be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path} has no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")


def amend(repository: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the evidence of a repository."""
    path = repository / METRICS
    found = json.loads(path.read_text(encoding="utf-8"))
    change(found)
    path.write_text(json.dumps(found), encoding="utf-8")
