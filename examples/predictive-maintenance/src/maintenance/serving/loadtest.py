"""Put the service under load: each reading once, eight clients."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..portfolio import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .predictor import Reading

CLIENTS = 8


def run(root: Path, readings: Sequence[Reading]) -> str:
    """Send every reading once to a service started for this; returns the figures in one line.

    Raises:
        ProjectError: the service does not start or stop in good order, or an answer is not 200.
    """
    with load.serving("maintenance", root) as port:
        return drive(port, readings)


def drive(port: int, readings: Sequence[Reading]) -> str:
    """Send every reading once to the service at `port`; returns one line of figures.

    Raises:
        ProjectError: a request is not answered with 200.
    """
    bodies = [json.dumps(asdict(reading)) for reading in readings]
    return str(load.drive(port, "/predict", bodies, clients=CLIENTS))
