"""Family yours: how much of the repository is its owner's, and how much still the template's."""

from __future__ import annotations

from scaffolder.check.rule import Rule


class Yours(Rule):
    """A rule of this family."""

    family = "yours"
    required = False
