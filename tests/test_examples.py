"""The committed examples are what the templates give today, and their evidence is what a run gives."""

from __future__ import annotations

import json
import math
import re
import runpy
from pathlib import Path

import pytest
import yaml

from scaffolder import catalog, create

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
REGENERATE = runpy.run_path(str(EXAMPLES / "regenerate.py"))
NAMES = [template.name for template in catalog.templates()]
BLOCK = re.compile(r"(<!-- evidence:(\S+) -->\n).*?(<!-- /evidence:\2 -->)", re.DOTALL)
WRITTEN_BY_A_RUN = ("reports/", "MODEL_CARD.md")
# Facts of one run that no second run shares: when, how long, where; a model's version begins with its time.
OF_ONE_RUN = re.compile(
    r"/run|/latency|/artifact/path|/facts/(\w+_ms|ms_ratio|reduction_\w+|bench_sentence)", re.ASCII
)
# Where another processor rounds otherwise, thousands of steps of training end somewhere else.
TRAINED_BY_GRADIENTS = {"sentiment"}


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def without_evidence(name: str, content: bytes) -> bytes:
    return BLOCK.sub(r"\1\3", content.decode()).encode() if name == "README.md" else content


@pytest.mark.parametrize("template", NAMES)
def test_the_rendered_files_of_an_example_are_the_templates_own(template: str, tmp_path: Path) -> None:
    example = EXAMPLES / template
    recorded = yaml.safe_load((example / ".copier-answers.yml").read_text())
    answers = {k: v for k, v in recorded.items() if not k.startswith("_") and k != "template"}
    fresh = tmp_path / template
    create.new_project(template, fresh, answers=answers, ask=False, git=False)

    expected = {k: without_evidence(k, v) for k, v in files_of(fresh).items()}
    names = REGENERATE["committed_files"](example)
    committed = {name: without_evidence(name, (example / name).read_bytes()) for name in names}
    rendered = {k: v for k, v in committed.items() if not k.startswith(WRITTEN_BY_A_RUN)}
    assert sorted(rendered) == sorted(expected)
    assert [name for name in expected if rendered[name] != expected[name]] == []


@pytest.mark.parametrize("template", NAMES)
def test_the_run_of_an_example_was_held_to_bands(template: str) -> None:
    found = json.loads((EXAMPLES / template / "reports" / "metrics.json").read_text())
    verdicts = {anchor["verdict"] for anchor in found["anchors"]}
    assert "inside" in verdicts
    assert verdicts <= {"inside", "not applicable"}


@pytest.mark.slow
@pytest.mark.parametrize("template", NAMES)
def test_a_fresh_run_gives_the_evidence_of_the_example(template: str, tmp_path: Path) -> None:
    fresh = tmp_path / template
    REGENERATE["generate"](template, fresh)
    committed = json.loads((EXAMPLES / template / "reports" / "metrics.json").read_text())
    again = json.loads((fresh / "reports" / "metrics.json").read_text())
    if template in TRAINED_BY_GRADIENTS and committed["run"]["cpu"] != again["run"]["cpu"]:
        pytest.skip(f"the example was trained on another processor: {committed['run']['cpu']}")
    assert differences(committed, again) == []


def differences(a: object, b: object, where: str = "") -> list[str]:
    """Paths at which evidence differs; numbers may differ by 1 %, since processors round differently."""
    if isinstance(a, dict) and isinstance(b, dict):
        keys = [key for key in sorted(a.keys() | b.keys()) if not OF_ONE_RUN.fullmatch(f"{where}/{key}")]
        return [line for key in keys for line in differences(a.get(key), b.get(key), f"{where}/{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [
            line
            for i, (x, y) in enumerate(zip(a, b, strict=True))
            for line in differences(x, y, f"{where}/{i}")
        ]
    if isinstance(a, float | int) and isinstance(b, float | int):
        return [] if math.isclose(a, b, rel_tol=0.01, abs_tol=0.005) else [f"{where}: {a} / {b}"]
    return [] if a == b else [f"{where}: {a} / {b}"]
