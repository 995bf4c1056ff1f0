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
    """Get the reviews and check them: data/reviews.jsonl."""
    from .data import ingestion

    root = root_of(args)
    wish = ingestion.Wish(args.source, args.file, args.url, args.category, args.rows)
    found = ingestion.ingest(root, params.load(root), wish, plant=args.plant)
    left_out = "; left out: " + ", ".join(f"{n:,} {why}" for why, n in found.left_out.items())
    return (
        f"{found.rows:,} {found.kind} reviews ({found.name}), {found.positives / found.rows:.0%} positive"
        f"{left_out if found.left_out else ''}: {ingestion.FILE}"
    )


def train(args: Namespace) -> str:
    """Train the model, export it to ONNX int8 and store it in models/."""
    from .model import training
    from .portfolio import store

    root = root_of(args)
    version = training.train(
        root, params.load(root), base_model=args.base_model, device=args.device, resume=args.resume
    )
    stored = store.current(root).metadata
    low, high = stored["band"]
    learned = f"{stored['trained_on']['rows']:,} {stored['data']['source']} reviews"
    return f"model {version} ({stored['kind']}): {learned}, neutral from {low:.2f} to {high:.2f}"


def evaluate(args: Namespace) -> str:
    """Measure the model on the test part: reports/metrics.json and reports/figures/."""
    from .evaluation import evaluate

    root = root_of(args)
    return evaluate.run(root, params.load(root), accept_suspicious=args.accept_suspicious)


def serve(args: Namespace) -> None:
    """Answer requests over HTTP until interrupted: the Lambda function, on this machine."""
    from .serving import local

    root = root_of(args)
    settings = params.load(root).service
    local.serve(root, args.host or settings.host, args.port or settings.port)


def bench(args: Namespace) -> str:
    """Time int8 against fp32; with --claim, exit status 1 when the claimed reduction is not shown."""
    from .serving import bench

    root = root_of(args)
    tokens = tuple(args.tokens or ())
    return bench.run(root, params.load(root), claim=args.claim, tokens=tokens)


def predict(args: Namespace) -> str:
    """Ask the stored model for one text, or for a file with a text a line."""
    from .serving import ask

    root = root_of(args)
    return ask.many(root, args.file) if args.file else ask.one(root, params.load(root), args.text)


def drift(args: Namespace) -> str:
    """Compare new texts with the training data: reports/drift.md; exit status 1 on alarm."""
    from .evaluation import monitor

    root = root_of(args)
    return monitor.run(root, params.load(root), args.current)


def openapi(args: Namespace) -> str:
    """Print the API description, from which the front end's types are made."""
    import json

    from .serving import openapi
    from .serving.requests import RequestReader

    root = root_of(args)
    return json.dumps(openapi.document(root, RequestReader(params.load(root).service)), indent=2)
