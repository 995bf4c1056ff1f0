"""CLINC150: short questions of 150 intents, and questions of none of them (Larson et al. 2019).

The file is known by its hash. It has no dates, queues or answers; its own split is kept in `part`.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from ..portfolio.errors import DataError
from ..portfolio.files import sha256_of
from .tickets import OUT_OF_SCOPE, Ticket

if TYPE_CHECKING:
    from pathlib import Path

NAME = "CLINC150"
LICENCE = "CC BY 3.0"
PAGE = "https://github.com/clinc/oos-eval"
SHA256 = "36923c3705a59e08fe9c3883d8bc2dd966ef93e22cb78ac41171782a698d56e0"  # of data_full.json
# Key of the file: the part it belongs to, and the questions that it has.
_KEYS = {
    "train": ("training", 15_000),
    "val": ("validation", 3_000),
    "test": ("test", 4_500),
    "oos_train": ("training", 100),
    "oos_val": ("validation", 100),
    "oos_test": ("test", 1_000),
}


def read(path: Path, sha256: str = SHA256) -> list[Ticket]:
    """Return the questions of data_full.json as tickets.

    Args:
        path: of the file.
        sha256: of the file that is expected.

    Raises:
        DataError: another file; the message says what tells it from the public one.
    """
    content = path.read_bytes()
    if (found := sha256_of(content)) != sha256:
        raise DataError(
            f"{path.name}: not CLINC150's data_full.json: {_difference(content)} (sha256 {found}, "
            f"expected {sha256}); get it from {PAGE}"
        )
    return [
        Ticket(
            id=f"clinc-{key}-{number:05d}",
            body=text.strip(),
            language="en",
            intent=OUT_OF_SCOPE if key.startswith("oos") else intent.replace("_", " "),
            part=_KEYS[key][0],
        )
        for key, pairs in json.loads(content).items()
        for number, (text, intent) in enumerate(pairs, 1)
    ]


def _difference(content: bytes) -> str:
    """Say in a few words what tells `content` from the public file."""
    try:
        found: Any = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        return "not UTF-8"
    except ValueError:
        return "not JSON, or cut off"
    if not isinstance(found, dict) or found.keys() != _KEYS.keys():
        return f"its keys are not {', '.join(_KEYS)}"
    for key, (_, expected) in _KEYS.items():
        pairs = found[key]
        if not isinstance(pairs, list) or len(pairs) != expected:
            size = f"{len(pairs):,} questions" if isinstance(pairs, list) else "no list"
            return f"{size} in {key}, expected {expected:,}"
    intents = Counter(str(pair[1]) for pair in found["train"] if isinstance(pair, list) and len(pair) == 2)
    return f"{len(intents)} intents, expected 150" if len(intents) != 150 else "some questions differ"
