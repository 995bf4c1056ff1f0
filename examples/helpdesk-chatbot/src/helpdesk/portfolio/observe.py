"""What a running service tells: log lines in JSON and figures for Prometheus.

Neither holds a request's content. Log what happened to a request (its id, route, status, time), never what
was in it; an exception is logged by its kind and place, because its text may quote the input.
"""

from __future__ import annotations

import json
import logging
import os
import re
import traceback
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

OTHER = "other"  # label of every route and field that the service does not have
MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # latency buckets
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # score buckets of a probability

_OF_EVERY_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime"}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and the fields given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _OF_EVERY_RECORD}
        if record.exc_info and record.exc_info[0]:
            frames = traceback.extract_tb(record.exc_info[2])
            line["exception"] = record.exc_info[0].__name__
            line["where"] = [f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in frames]  # noqa: PTH119
        return json.dumps(line, default=str)


def configure_logging(stream: TextIO, level: int = logging.INFO) -> None:
    """Send every log line to `stream` as JSON, in place of the handlers that were there."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=level, force=True)


def request_id(header: str | None) -> str:
    r"""Return the caller's request id when it is plain (1 to 64 letters, digits, `._-`), else a new one.

    >>> request_id("order-17")
    'order-17'
    >>> len(request_id("two\nlines"))
    32
    """
    return header if header and _REQUEST_ID.fullmatch(header) else uuid.uuid4().hex


class ServiceMetrics:
    """The figures of one service.

    A label's values are those named here, and `other`: a caller who makes up paths or field names adds no
    time series. Count one process by default. With several (gunicorn workers) set PROMETHEUS_MULTIPROC_DIR to
    an empty folder before the start, and `exposition` adds all of them up.
    """

    def __init__(
        self,
        registry: CollectorRegistry | None = None,
        *,
        routes: Collection[str] = (),
        fields: Collection[str] = (),
        score_buckets: Sequence[float] = SHARES,
    ) -> None:
        """Make the figures.

        Args:
            registry: None makes an own one, so that several can live in one process.
            routes: route templates, such as `/items/<id>`; never paths as they were asked for.
            fields: input fields by the names that error messages give them.
            score_buckets: upper bounds of the score's histogram.
        """
        self.registry = registry or CollectorRegistry()
        self._version = ""
        self._routes, self._fields = frozenset(routes), frozenset(fields)
        self._requests = Counter(
            "requests_total", "Answered requests.", ["route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "request_seconds", "Time to answer.", ["route"], buckets=SECONDS, registry=self.registry
        )
        self._scores = Histogram("score", "Scores given.", buckets=score_buckets, registry=self.registry)
        self._refusals = Counter(
            "validation_failures_total", "Inputs refused.", ["field"], registry=self.registry
        )
        self._model = Gauge(
            "model_info",
            "1 for the model in use, 0 for those before.",
            ["version"],
            registry=self.registry,
            multiprocess_mode="max",
        )

    def answered(self, route: str | None, status: int, seconds: float) -> None:
        """Count an answered request; `route` is its template, None when no route fitted."""
        label = route if route in self._routes else OTHER
        self._requests.labels(label, str(status)).inc()
        self._seconds.labels(label).observe(seconds)

    def scored(self, score: float) -> None:
        """Count a score that was given."""
        self._scores.observe(score)

    def refused(self, field: str) -> None:
        """Count an input refused because of `field`."""
        self._refusals.labels(field if field in self._fields else OTHER).inc()

    def model_in_use(self, version: str) -> None:
        """Say which model answers; the one before it goes to 0."""
        self._model.labels(self._version or version).set(0)
        self._model.labels(version).set(1)
        self._version = version

    def exposition(self) -> tuple[bytes, str]:
        """Return the figures as Prometheus reads them, and their content type."""
        registry = self.registry
        if os.environ.get(MULTIPROCESS_FOLDER):
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
