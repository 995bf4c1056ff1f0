"""Projects in temporary folders, for the tests of any project: small, or with their texts written."""

from __future__ import annotations

import importlib
import json
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
TEXTS = ("README.md", "MODEL_CARD.md", "reports/star.md")
TITLE = "A title of one's own"


def run(*arguments: str) -> int:
    """Run a verb of the project that these tests belong to, whatever its package is called."""
    portfolio = tomllib.loads((ROOT / "portfolio.toml").read_text(encoding="utf-8"))
    return int(importlib.import_module(f"{portfolio['package']}.__main__").main(list(arguments)))


def new_project(folder: Path, changed: Mapping[str, object]) -> Path:
    """Make a project with nothing but its settings, and some of them changed.

    Args:
        folder: where; must not be there yet.
        changed: by section and name, such as {"data.rows": 500}; numbers, and lists of them. What a test
            relies on stands there, too, so that the owner may change anything in params.toml.
    """
    folder.mkdir(parents=True)
    for name in ("anchors.toml", "portfolio.toml"):
        shutil.copy(ROOT / name, folder)
    lines, section, left = [], "", dict(changed)
    for line in (ROOT / "params.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]") + "."
        key, _, value = line.partition(" = ")
        new = left.pop(section + key, None)
        lines.append(line if new is None else f"{key} = {new}" + "".join(value.partition(" # ")[1:]))
    assert not left, f"params.toml has no {', '.join(left)}"
    (folder / "params.toml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return folder


def with_texts(root: Path) -> Path:
    """Give the project at `root` prose, a README of a title and marked places, and write its texts."""
    shutil.copytree(ROOT / "prose", root / "prose")
    names = sorted(path.stem.removeprefix("readme-") for path in (ROOT / "prose").glob("readme-*.md"))
    places = "\n".join(f"<!-- evidence:{name} -->\n<!-- /evidence:{name} -->\n" for name in names)
    (root / "README.md").write_text(f"# {TITLE}\n\n{places}", encoding="utf-8")
    assert run("report", "--root", str(root)) == 0
    return root


def headline(root: Path) -> str:
    """Return the headline figure of the project at `root` as texts show it."""
    measured = json.loads((root / "reports" / "metrics.json").read_text(encoding="utf-8"))
    return f"{measured['headline']['value']:.3f}"
