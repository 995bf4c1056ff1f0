"""The evidence of a run: reports/metrics.json, the only place that a stated number may come from.

Its shape is evidence.schema.json, the same in every template. Figures are kept to 6 significant digits: more
would differ between machines and mean nothing.
"""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np

from .errors import EvidenceError
from .files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = 1
PATH = Path("reports", "metrics.json")
DIGITS = 6
# What `report` writes after a run; it does not make the code another one.
WRITTEN_BY_REPORT = ("reports", "README.md", "MODEL_CARD.md")


def read(root: Path) -> dict[str, Any] | None:
    """Return the evidence of the project at `root`; None when there is none yet.

    Raises:
        EvidenceError: the file is not JSON, of another schema version, or not as evidence.schema.json says.
    """
    try:
        text = (root / PATH).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise EvidenceError(f"{PATH.as_posix()}: not UTF-8 text; run evaluate again") from None
    try:
        evidence = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except ValueError as error:
        raise EvidenceError(f"{PATH.as_posix()}: not JSON: {error}; run evaluate again") from None
    return _valid(evidence)


def write(root: Path, evidence: Mapping[str, Any]) -> Path:
    """Check `evidence` and write it, keys sorted, all or nothing; return the file's path.

    Raises:
        EvidenceError: it is not as evidence.schema.json says, or a figure is not a finite number.
    """
    rounded = _valid(_rounded(dict(evidence), "$"))
    text = json.dumps(rounded, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_atomic(root / PATH, text + "\n")
    return root / PATH


def amend(root: Path, **parts: Any) -> Path:
    """Replace whole top-level keys of the evidence, such as `latency=...`, and leave the others as they are.

    Raises:
        EvidenceError: there is no evidence yet, or the result is not as evidence.schema.json says.
    """
    evidence = read(root)
    if evidence is None:
        raise EvidenceError(f"{PATH.as_posix()}: not there yet; run evaluate first")
    return write(root, evidence | parts)


def run_facts(root: Path, seed: int, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Return the `run` part of the evidence: when, from which commit, on what machine.

    Args:
        root: the project's folder.
        seed: what every random draw of the run started from.
        seconds: wall time of each stage.
    """
    return {
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seed": seed,
        "git_commit": git_commit(root),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": f"{_cpu_name()}, {os.cpu_count() or 1} logical",
        "seconds": dict(seconds),
    }


def git_commit(root: Path) -> str:
    """Return the commit that the code is at, `-dirty` when files differ from it, `unknown` outside git."""
    if not _git(root, "ls-files", "params.toml"):
        return "unknown"  # no git, or an outer repository that does not track this folder
    ours = (f":(exclude){name}" for name in WRITTEN_BY_REPORT)
    commit = _git(root, "rev-parse", "--verify", "HEAD")
    changes = _git(root, "status", "--porcelain", "--", ".", *ours)
    return "unknown" if commit is None or changes is None else commit + ("-dirty" if changes else "")


def _valid(evidence: Any) -> dict[str, Any]:
    """Return `evidence` when it keeps to the schema."""
    where = PATH.as_posix()
    version = evidence.get("schema") if isinstance(evidence, dict) else None
    if version != SCHEMA:
        raise EvidenceError(
            f"{where}: $.schema is {version!r}; this project reads {SCHEMA}; run evaluate again"
        )
    error = jsonschema.exceptions.best_match(_validator().iter_errors(evidence))
    if error is not None:
        raise EvidenceError(f"{where}: {error.json_path}: {error.message[:200]}")
    return dict(evidence)


@cache
def _validator() -> jsonschema.Draft202012Validator:
    schema = Path(__file__).with_name("evidence.schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(schema))


def _rounded(value: Any, path: str) -> Any:
    """Return `value` as JSON holds it, its fractions rounded; `path` says where it lies."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: _rounded(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise EvidenceError(f"{PATH.as_posix()}: {path} is {value}; expected a finite number")
        return float(f"{value:.{DIGITS}g}")
    if value is None or isinstance(value, str | int):
        return value
    raise EvidenceError(f"{PATH.as_posix()}: {path} is a {type(value).__name__}; expected a number or text")


def _finite(figure: str) -> float:
    if not math.isfinite(float(figure)):  # NaN, Infinity, 1e999
        raise ValueError(f"{figure} is not a finite number")
    return float(figure)


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode().strip()


def _cpu_name() -> str:
    """Return the processor's name where the system tells it, else its architecture."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or "unknown"
