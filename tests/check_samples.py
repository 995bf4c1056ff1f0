"""Small repositories for tests of `check`: made by hand, so that no template has a say in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

README = "# Pumps\n\nWhich pump fails next, for whoever plans the repairs.\n"
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"
ESCAPES = "\x1b[31m\x1b]0;owned\x07\u202e"
HOSTILE = {
    "README.md": f"# {ATTACK} {ESCAPES}\n\n{ATTACK}\n\n## Problem {ATTACK}\n\n`{ATTACK}`\n\n::error::fake\n",
    "portfolio.toml": f"title = '{ATTACK}'\nproblem = '{ATTACK}'\ndecision = '{ATTACK}'\n",
    "reports/metrics.json": '{"schema": "' + ATTACK + '"}',
    "MODEL_CARD.md": f"# {ATTACK}\n\n- {ATTACK}: 0.93\n",
    "DECISIONS.md": f"# Decisions\n\n## 1. {ATTACK}\n",
    "Dockerfile": f"FROM {ATTACK}\nCMD {ATTACK}\n",
    ".github/workflows/ci.yml": f"on: push\njobs:\n  test:\n    steps:\n      - run: '{ATTACK}'\n",
    "tests/test_data.py": f"def test_data_validation():\n    assert '{ATTACK}'\n",
    "src/pumps/load.py": f"import pickle\n\npickle.load(open('{ATTACK}'))\n",
    ".copier-answers.yml": f"_src_path: '{ATTACK}'\n_commit: '{ATTACK}'\ntemplate: '{ATTACK}'\n",
}


def make_repository(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """Write files, by default only a README, into a new folder and return it."""
    for name, text in (files or {"README.md": README}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return folder
