"""The project's chores. `nox -l` lists them; each also runs by hand with the command that it shows."""

from __future__ import annotations

from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True


@nox.session
def tests(session: nox.Session) -> None:
    """The suite that the README names: the scaffolder, every template's contract and own tests."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """What takes minutes: a cold pipeline, Airflow, an image build where there is a container engine."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "pytest", "-m", "slow", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Formatter and linter, as the hooks run them."""
    session.install("ruff==0.17.6")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Static types of the command line and the engine."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session
def examples(session: nox.Session) -> None:
    """Generate and run every example anew (minutes), then show what changed."""
    session.install("-e", ".")
    session.run("python", "examples/regenerate.py", *session.posargs)
    session.run("git", "diff", "--stat", "--", "examples", external=True)


@nox.session
def gallery(session: nox.Session) -> None:
    """The examples under a sample profile, in build/gallery; `-- --picture` draws it for the README."""
    session.install("-e", ".[showcase]")
    projects = sorted(path.parent for path in Path("examples").glob("*/portfolio.toml"))
    shown = ["showcase", *map(str, projects), "--owner", "tests/data/owner.toml", "--out", "build/gallery"]
    session.run("scaffolder", *shown)
    if "--picture" in session.posargs:
        session.install("playwright>=1.55")
        session.run("python", "docs/picture.py", "build/gallery")
    session.log(f"to look at it: scaffolder {' '.join(shown)} --serve")


@nox.session
def bench(session: nox.Session) -> None:
    """Ratios, measured side by side, with a typer hello-world, copier, cruft and git; times of the rest."""
    session.install("-e", ".[showcase]")
    for name in (
        "startup",
        "generate",
        "update",
        "status",
        "compare_updates",
        "check",
        "showcase",
        "adopt",
        "cruft",
    ):
        session.run("python", f"tests/bench/{name}.py")


@nox.session
def build(session: nox.Session) -> None:
    """Source distribution and wheel, in dist/."""
    session.install("build")
    session.run("python", "-m", "build", "--installer", "uv", *session.posargs)
