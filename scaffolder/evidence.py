"""What a run measured: reports/metrics.json, read and held to the one schema of all templates."""

from __future__ import annotations

import json
import math
import reprlib
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from pathlib import Path

    from jsonschema.protocols import Validator

    from scaffolder.project import Project

METRICS = "reports/metrics.json"
SCHEMA = 1
LARGEST = 2_000_000  # bytes; the examples have some ten thousand
MOST_PROBLEMS = 20  # of which the first is told

LONGEST_COUNT = 16  # digits: what a fraction holds exactly too, so that a count can be computed with

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60

_AGAIN = "write it again with the project's evaluate"


class BadEvidence(ScaffolderError):
    """Evidence that is there and says nothing that can be relied on."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {' '.join(why.split())}; {_AGAIN}")


def read(root: Path) -> dict[str, Any] | None:
    """Return the evidence of the project at `root`; None where there is none.

    Raises:
        BadEvidence: it cannot be read, or `parse` refuses it.
    """
    path = root / METRICS
    try:
        if path.stat().st_size > LARGEST:
            raise BadEvidence(str(path), f"larger than {LARGEST // 1_000_000} MB")
        return parse(path.read_bytes(), str(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BadEvidence(str(path), error.strerror or str(error)) from error


def parse(content: bytes, where: str = METRICS) -> dict[str, Any]:
    """Return the evidence in `content`; `where` is the file that an error names.

    Raises:
        BadEvidence: it is half a file, not JSON, of another schema version, or not as the schema says.
    """
    try:
        text = content.decode("utf-8-sig")
        found = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()  # half a character, such as \ud800, is no text
    except UnicodeError as error:
        raise BadEvidence(where, f"not UTF-8 text ({getattr(error, 'reason', error)})") from None
    except (ValueError, RecursionError) as error:
        raise BadEvidence(where, f"not JSON, or only half of it: {error}") from None
    version = found.get("schema") if isinstance(found, dict) else None
    if version != SCHEMA or isinstance(version, bool):
        shown = _short.repr(version)
        raise BadEvidence(where, f"expected evidence of schema {SCHEMA}, found schema {shown}")
    problems = islice(_validator().iter_errors(found), MOST_PROBLEMS)
    problem = min(problems, key=lambda one: one.json_path, default=None)
    if problem is not None:
        raise BadEvidence(where, f"{problem.json_path[:100]}: {problem.message[:200]}")
    result: dict[str, Any] = found
    return result


def headline(project: Project) -> str | None:
    """Return the headline metric with its interval beside its baseline, or None without readable evidence."""
    try:
        found = json.loads((project.path / METRICS).read_text(encoding="utf-8"))
        head, baseline = found["headline"], found["headline"]["baseline"]
        low, high = head["ci95"]
        return (
            f"{head['metric'].replace('_', ' ')} {head['value']:.3f} [{low:.3f}, {high:.3f}] against "
            f"{baseline['value']:.3f} ({baseline['name']}), {found['data']['source']} data"
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # absent, or not yet of schema 1: the stage's own last line is shown instead


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no figure")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _whole(text: str) -> int:
    return int(text) if len(text) < LONGEST_COUNT else int(_refuse(text[:20]))


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator

    from scaffolder import places

    schema = places.home() / "templates" / "_shared" / "parts" / "evidence.schema.json"
    return Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
