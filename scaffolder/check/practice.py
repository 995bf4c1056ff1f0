"""Family practice: the points of the MLOps-zoomcamp rubric, each with the file that earns it."""

from __future__ import annotations

from scaffolder.check.rule import Rule


class Practice(Rule):
    """A line of the rubric. A point that is not earned is named, and not required."""

    family = "practice"
    required = False
