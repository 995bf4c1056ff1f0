"""What each verb does: find the project, call one function, say the result in a line.

The function is imported when it is asked for, so that `--help` costs nothing. The docstring is the help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import params
from .portfolio.chores import root_of

if TYPE_CHECKING:
    from argparse import Namespace


def data(args: Namespace) -> str:
    """Get the readings and check them: data/readings.csv."""
    from .data import ingestion

    root = root_of(args)
    found = ingestion.ingest(
        root, params.load(root), source=args.source, file=args.file, rows=args.rows, plant=args.plant
    )
    failures = f"{found.failures:,} failures ({found.failures / found.rows:.2%})"
    return f"{found.rows:,} {found.source} readings, {failures}: {ingestion.READINGS}"


def train(args: Namespace) -> str:
    """Fit the model and store it in models/."""
    from .model import fitting
    from .portfolio import store

    root = root_of(args)
    version = fitting.train(root, params.load(root))
    stored = store.current(root).metadata
    learned = f"{stored['trained_on']['rows']:,} {stored['data']['source']} readings"
    return f"model {version}: {learned}, alarm from {stored['threshold']:.3f} on"


def evaluate(args: Namespace) -> str:
    """Measure the model on the test part: reports/metrics.json and reports/figures/."""
    from .evaluation import evaluate

    root = root_of(args)
    return evaluate.run(root, params.load(root), accept_suspicious=args.accept_suspicious)


def serve(args: Namespace) -> None:
    """Answer requests over HTTP until interrupted."""
    from .serving import service

    root = root_of(args)
    settings = params.load(root).service
    service.serve(
        root, args.host or settings.host, args.port or settings.port, train_if_missing=args.train_if_missing
    )


def bench(args: Namespace) -> str:
    """Time the service's prediction path, or with --requests the running service under load."""
    from .serving import bench

    root = root_of(args)
    return bench.run(root, params.load(root), requests=args.requests)


def predict(args: Namespace) -> str:
    """Ask the stored model for one reading (JSON), or for a file of readings (CSV)."""
    from .serving import ask

    root = root_of(args)
    if args.file:
        return ask.many(root, params.load(root), args.file)
    return ask.one(root, params.load(root), args.reading)


def drift(args: Namespace) -> str:
    """Compare new readings with the training data: reports/drift.md; exit status 1 on alarm."""
    from .evaluation import monitor

    root = root_of(args)
    return monitor.run(root, params.load(root), args.current)


def daily(args: Namespace) -> str:
    """Bring in one day as the Airflow DAG does: ingest, validate, features, publish."""
    from .data import daily

    return daily.run_day(root_of(args), args.day, args.source)
