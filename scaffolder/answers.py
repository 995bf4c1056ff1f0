"""The answers to a template's questions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.errors import DataFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Answers:
    """Which template, and what was chosen of it."""

    template: str
    values: Mapping[str, object]


def load_data_file(path: Path) -> dict[str, object]:
    """Return the answers in a YAML file, or in a JSON file when its name ends so.

    A project's `.copier-answers.yml` will do too: keys that begin with an underscore are copier's own record.

    Raises:
        DataFileError: it cannot be read, cannot be parsed, or holds no mapping of names to values.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
        found = json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise DataFileError(path, error.strerror or str(error)) from error
    except (ValueError, yaml.YAMLError) as error:
        raise DataFileError(path, str(error)) from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise DataFileError(path, "expected a mapping of questions to answers, such as 'licence: MIT'")
    return {key: value for key, value in found.items() if not key.startswith("_")}
