"""What can be put right by the person at the keyboard; every other exception is a bug.

    ProjectError
    ├── DataError             a file, row or column is not what the data contract says
    ├── ParamsError           a number in a .toml file is unknown, missing or impossible
    ├── ModelError            a stored model cannot be used
    │   ├── ModelMissing      ... because there is none
    │   └── ModelTampered     ... because its files are not those that training wrote
    ├── EvidenceError         a figure is missing, impossible or not the one that was measured
    └── LeakageSuspected      a score is better than honest work can be

A message is one line in lower case: the thing, what was expected, what to do.
"""

from __future__ import annotations

# ruff: noqa: N818 - an error is named after what happened, not "...Error"


class ProjectError(Exception):
    """Something that one can put right; str() says what is wrong and what to do."""


class DataError(ProjectError):
    """The data are not what the data contract says."""


class ParamsError(ProjectError):
    """A setting is unknown, missing or out of range."""


class ModelError(ProjectError):
    """A stored model cannot be used."""


class ModelMissing(ModelError):
    """There is no stored model."""


class ModelTampered(ModelError):
    """The stored files are not the ones that training wrote."""


class EvidenceError(ProjectError):
    """A figure is missing, impossible, or not the one that was measured."""


class LeakageSuspected(ProjectError):
    """A score lies above the band that honest work reaches on these data."""
