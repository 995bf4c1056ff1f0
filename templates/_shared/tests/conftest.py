"""A small project and its evidence, as the shared modules meet them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from parts import evidence as evidence_file

if TYPE_CHECKING:
    from pathlib import Path

SHA = "0123456789abcdef" * 4

PORTFOLIO = """\
title = "Widget watch"
problem = "Widgets fail."

[[figures]]
path = "reports/figures/pr.png"
alt = "Precision falls slowly with recall."
"""

README = """\
# Ada's "widgets": a project

Words of the owner.

<!-- evidence:headline -->
<!-- /evidence:headline -->

## Results

<!-- evidence:results -->
anything at all
<!-- /evidence:results -->

Last words of the owner.
"""

PROSE = {
    "readme-headline.md": "On {data[source]} data it reaches {headline[value]:.3f} ({interval[headline]}).\n",
    "readme-results.md": "{tables[results]}\n\n{tables[slices]}\n\n{tables[anchors]}\n\n{tables[figures]}\n",
    "model-card.md": (
        "---\nlicense: {licence}\nmodel-index:\n- name: {title!j}\n  results:\n  - metrics:\n"
        "    - type: {headline[metric]}\n      value: {headline[value]}\n---\n"
        "# {title}\n\n{tables[calibration]}\n"
    ),
    "star.md": "# STAR of 2026\n\n1. F1 aside, AP {metric[ap/holdout/tree]:.3f} on {data[rows]:,} rows.\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that has not been run."""
    root = tmp_path / "project"
    (root / "prose").mkdir(parents=True)
    (root / "reports" / "figures").mkdir(parents=True)
    (root / "reports" / "figures" / "pr.png").write_bytes(b"png")
    for name, text in {
        "params.toml": "",
        "portfolio.toml": PORTFOLIO,
        "README.md": README,
        "LICENSE": "MIT License\n\nCopyright\n",
        **{f"prose/{name}": text for name, text in PROSE.items()},
    }.items():
        (root / name).write_text(text, encoding="utf-8", newline="\n")
    return root


@pytest.fixture
def measured() -> dict[str, Any]:
    """Evidence with every key."""
    latency = {"p50_ms": 0.21, "p95_ms": 0.3, "p99_ms": 0.4, "n": 1000, "threads": 1}
    return {
        "schema": 1,
        "project": {"template": "widgets", "title": "Widget watch"},
        "run": {
            "created": "2026-01-02T03:04:05Z",
            "seed": 7,
            "git_commit": "unknown",
            "python": "3.11.7",
            "platform": "Linux x86_64",
            "cpu": "Some CPU, 2 logical",
            "seconds": {"train": 1.5},
        },
        "data": {
            "source": "synthetic",
            "name": "widget generator",
            "rows": 12000,
            "sha256": SHA,
            "split": {
                "protocol": "holdout",
                "sizes": {"train": 9600, "test": 2400},
                "hashes": {"train": SHA, "test": SHA},
            },
        },
        "headline": {
            "metric": "ap",
            "protocol": "holdout",
            "model": "tree",
            "value": 0.871234,
            "ci95": [0.812, 0.902],
            "higher_is_better": True,
            "baseline": {"name": "line", "value": 0.5, "ci95": [0.4, 0.6]},
            "difference": {"value": 0.371, "ci95": [0.3, 0.44]},
        },
        "metrics": [
            {"name": name, "protocol": protocol, "model": model, "value": value, "ci95": ci95, "n": n}
            for name, protocol, model, value, ci95, n in (
                ("ap", "holdout", "line", 0.5, [0.4, 0.6], 2400),
                ("ap", "holdout", "tree", 0.871234, [0.812, 0.902], 2400),
                ("brier", "holdout", "tree", 0.012, None, 2400),
                ("ap", "blocked", "tree", 0.62, None, 12000),
                ("failure_rate", "negation (MFT)", "tree", 0.1, [0.06, 0.15], 200),
            )
        ],
        "anchors": [
            {
                "metric": "ap",
                "protocol": "holdout",
                "model": "tree",
                "source": "real",
                "low": 0.8,
                "high": 0.92,
                "value": None,
                "verdict": "not applicable",
            }
        ],
        "threshold": {
            "value": 0.09,
            "chosen_on": "out-of-fold predictions",
            "costs": {"miss": 10, "alarm": 1},
        },
        "calibration": {
            "brier": 0.012,
            "ece": 0.004,
            "bins": [
                {"low": 0.0, "high": 0.5, "n": 2300, "predicted": 0.02, "observed": 0.021},
                {"low": 0.5, "high": 1.0, "n": 0, "predicted": None, "observed": None},
            ],
        },
        "slices": [
            {"by": "size", "group": "large|wide", "metric": "ap", "n": 500, "value": 0.7, "ci95": [0.5, 0.8]},
            {"by": "size", "group": "tiny", "metric": "ap", "n": 9, "value": None, "ci95": None},
        ],
        "latency": {"what": "one widget", **latency, "compared_with": {"what": "a table of one", **latency}},
        "artifact": {"path": "models/v1/model.ubj", "bytes": 1234, "sha256": SHA},
        "facts": {"duplicates": 3},
    }


@pytest.fixture
def evaluated(root: Path, measured: dict[str, Any]) -> Path:
    """A project that has been run."""
    evidence_file.write(root, measured)
    return root
