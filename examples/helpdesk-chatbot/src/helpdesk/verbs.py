"""What each verb does: find the project, call one function, say the result in a line.

The function is imported when it is asked for, so that `--help` costs nothing. The docstring is the help.
"""

from __future__ import annotations

import os
import sys
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
    """Get tickets, redact and check them: data/tickets.jsonl."""
    root, settings = _project(args)
    from .data import defects, ingestion

    if args.plant == "list":
        return "\n".join(defects.DEFECTS)
    wish = ingestion.Wish(args.source, args.file, args.test_file, args.url, args.tickets)
    found = ingestion.ingest(root, settings, wish, plant=args.plant)
    refused = sum(found.refused.values())
    return (
        f"{found.rows:,} {found.kind} tickets ({found.name}), {found.resolved:,} with an answer, "
        f"{refused:,} refused, {sum(found.redacted.values()):,} pieces of personal data redacted: "
        f"{ingestion.FILE}"
    )


def train(args: Namespace) -> str:
    """Choose retrieval, predictions and threshold on validation data; store them in models/."""
    root, settings = _project(args)
    from .model import training

    return training.train(root, settings)


def evaluate(args: Namespace) -> str:
    """Judge answers, retrieval and predictions on later tickets: reports/metrics.json and figures."""
    root, settings = _project(args)
    from .evaluation import evaluate

    return evaluate.run(root, settings, accept_suspicious=args.accept_suspicious)


def serve(args: Namespace) -> None:
    """Chat and show the agent's desk over HTTP until interrupted."""
    root, settings = _project(args)
    from .serving import server

    server.serve(root, settings, args.host or settings.service.host, args.port or settings.service.port)


def chat(args: Namespace) -> str | None:
    """Talk to the assistant in the terminal."""
    root, settings = _project(args)
    from .serving import terminal

    return terminal.run(root, settings, question=args.question, url=args.url)


def bench(args: Namespace) -> str:
    """Time one answer; or the service under load, more tickets, or the import."""
    root, settings = _project(args)
    if args.growth:
        from .evaluation import growth

        return growth.run(root, settings, args.growth)
    if args.imports:
        from .evaluation import imports

        return imports.run(root, settings)
    from .serving import bench

    return bench.under_load(root, settings, args.load) if args.load else bench.run(root, settings)


def redact(args: Namespace) -> str:
    """Show a text as it would be stored: without personal data."""
    from .data import redact

    content = args.file.read_bytes() if args.file else sys.stdin.buffer.read()
    return redact.redact(content.decode("utf-8", "replace")).text


def drift(args: Namespace) -> str:
    """Compare newer tickets with the training data: reports/drift.md; exit status 1 on alarm."""
    root, settings = _project(args)
    from .evaluation import monitor

    return monitor.run(root, settings, args.current)
