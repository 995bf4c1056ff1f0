"""Generate portfolio repositories for applied AI that run, and whose numbers a run produced."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    # Read on demand: importlib.metadata would be a good part of the time that `--help` takes.
    if name == "__version__":
        from importlib.metadata import version

        return version("portfolio-scaffolder")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
