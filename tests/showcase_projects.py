"""Projects on disk to show in tests: what a showcase reads of an example, to be spoiled at will."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from .showcase_samples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PICTURE = "reports/figures/precision_recall.png"
FACTS = """
title = "Pumps"
problem = "A pump that fails stops the plant."
decision = "The shift lead stops it in time."
"""


def project(folder: Path, example: str = "predictive-maintenance") -> Path:
    """Copy what is shown of an example to `folder`."""
    source = EXAMPLES / example
    (folder / "reports").mkdir(parents=True)
    for name in ("portfolio.toml", "README.md", "MODEL_CARD.md", ".copier-answers.yml"):
        shutil.copyfile(source / name, folder / name)
    for name in ("metrics.json", "star.md"):
        shutil.copyfile(source / "reports" / name, folder / "reports" / name)
    shutil.copytree(source / "reports" / "figures", folder / "reports" / "figures")
    return folder


def foreign(folder: Path, facts: str = FACTS) -> Path:
    """Make a project with the least that is shown, by hand: facts and evidence."""
    (folder / "reports").mkdir(parents=True)
    (folder / "portfolio.toml").write_text(facts, encoding="utf-8")
    shutil.copyfile(
        EXAMPLES / "predictive-maintenance" / "reports" / "metrics.json", folder / "reports" / "metrics.json"
    )
    return folder


def replace_in(file: Path, old: str, new: str) -> None:
    """Replace a text that has to be there."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def edit_evidence(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the evidence of a project."""
    file = folder / "reports" / "metrics.json"
    found = json.loads(file.read_bytes())
    change(found)
    file.write_text(json.dumps(found), encoding="utf-8")
