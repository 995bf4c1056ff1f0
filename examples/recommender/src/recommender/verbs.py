"""What each verb does: find the project, call one function, say the result in a line.

The function is imported when it is asked for, so that `--help` costs nothing. The docstring is the help.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from . import params
from .portfolio.chores import root_of

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from .params import Params

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def _project(args: Namespace) -> tuple[Path, Params]:
    """Return the project and its settings; numpy, not loaded yet, will use as many threads as they say."""
    root = root_of(args)
    settings = params.load(root)
    os.environ.update(dict.fromkeys(_THREADS, str(settings.threads)))
    return root, settings


def data(args: Namespace) -> str:
    """Get the ratings and check them: data/ratings.csv and data/items.csv."""
    root, settings = _project(args)
    from .data import defects, ingestion

    if args.plant == "list":
        return "\n".join(defects.DEFECTS)
    wish = ingestion.Wish(args.source, args.file, args.url, args.users, args.items)
    found = ingestion.ingest(root, settings, wish, plant=args.plant)
    what = "ratings" if found.feedback == "explicit" else "pairs"
    return (
        f"{found.rows:,} {found.kind} {what} ({found.name}), "
        f"{found.users:,} users, {found.items:,} items: {ingestion.RATINGS}"
    )


def train(args: Namespace) -> str:
    """Judge every model on validation data and store the best one in models/."""
    root, settings = _project(args)
    from .model import training
    from .portfolio import store

    version = training.train(root, settings)
    stored = store.current(root).metadata
    chosen = ", ".join(f"{key} {value:g}" for key, value in stored["settings"][stored["model"]].items())
    learned = f"{stored['trained_on']['rows']:,} {stored['kind']} interactions"
    best = f"{stored['model']} ({chosen or 'no settings'}), the best of {len(stored['tried'])}"
    return f"model {version}: {best}; {learned}"


def evaluate(args: Namespace) -> str:
    """Judge every model on the test parts: reports/metrics.json and reports/figures/."""
    root, settings = _project(args)
    from .evaluation import evaluate

    return evaluate.run(root, settings, accept_suspicious=args.accept_suspicious)


def serve(args: Namespace) -> None:
    """Answer GraphQL and show the page over HTTP until interrupted."""
    root, settings = _project(args)
    from .serving import server

    service = settings.service
    server.serve(root, args.host or service.host, args.port or service.port, development=args.dev)


def bench(args: Namespace) -> str:
    """Time one list; or the service under load, larger data, other engines, or an index."""
    root, settings = _project(args)
    if args.growth:
        from .evaluation import growth

        return growth.run(root, settings, args.growth)
    if args.engines:
        from .evaluation import engines

        return engines.run(root, settings)
    if args.index:
        from .evaluation import nearest

        return nearest.run(root, settings)
    from .serving import bench

    return bench.under_load(root, settings, args.load) if args.load else bench.run(root, settings)


def predict(args: Namespace) -> str:
    """Show the list of a user, or what is near an item."""
    root, settings = _project(args)
    from .serving import ask

    if args.item is not None:
        return ask.near_item(root, args.item, args.count)
    return ask.for_user(root, settings, args.user, args.count)


def drift(args: Namespace) -> str:
    """Compare new interactions with the training data: reports/drift.md; exit status 1 on alarm."""
    root, settings = _project(args)
    from .evaluation import monitor

    return monitor.run(root, settings, args.current)


def schema(args: Namespace) -> str:
    """Print the GraphQL schema, which schema.graphql holds; --check exits 1 when they differ."""
    root, settings = _project(args)
    from .serving import describe

    return describe.run(root, settings, check=args.check)
