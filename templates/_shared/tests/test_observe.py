from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from parts import observe

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = Path(__file__).parents[1]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    root.handlers = []  # or pytest's own would be closed
    observe.configure_logging(stream)
    yield stream
    root.handlers, root.level = handlers, level


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_log_line_is_json_with_its_fields(log: io.StringIO) -> None:
    logging.getLogger("service").info("answered %s", "it\nall", extra={"status": 200, "took": Path("x")})
    (line,) = lines(log)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "service",
        "message": "answered it\nall",
        "status": 200,
        "took": "x",
    }


def test_an_exception_is_logged_without_what_it_quotes(log: io.StringIO) -> None:
    try:
        int("4111 1111 1111 1111")
    except ValueError:
        logging.getLogger("service").exception("failed")
    (line,) = lines(log)
    assert line["exception"] == "ValueError"
    assert line["where"][0].startswith("test_observe.py:")
    assert "4111" not in log.getvalue()


def test_configuring_twice_logs_once(log: io.StringIO) -> None:
    observe.configure_logging(log)
    logging.getLogger("service").warning("once")
    assert len(lines(log)) == 1


@pytest.mark.parametrize("header", [None, "", "a b", "a\nb", "x" * 65, "é", "<script>"])
def test_an_odd_request_id_is_replaced(header: str | None) -> None:
    first, second = observe.request_id(header), observe.request_id(header)
    assert first != second
    assert len(first) == 32


def metrics() -> observe.ServiceMetrics:
    return observe.ServiceMetrics(routes=["/items/<id>"], fields=["speed"])


def test_the_figures_are_counted() -> None:
    service = metrics()
    service.answered("/items/<id>", 200, 0.004)
    service.scored(0.31)
    service.refused("speed")
    service.model_in_use("v1")
    service.model_in_use("v2")
    text, content_type = service.exposition()
    shown = set(text.decode().splitlines())
    assert content_type.startswith("text/plain")
    assert {
        'requests_total{route="/items/<id>",status="200"} 1.0',
        'request_seconds_bucket{le="0.005",route="/items/<id>"} 1.0',
        'score_bucket{le="0.3"} 0.0',
        'score_bucket{le="0.4"} 1.0',
        'validation_failures_total{field="speed"} 1.0',
        'model_info{version="v1"} 0.0',
        'model_info{version="v2"} 1.0',
    } <= shown


def test_made_up_paths_and_fields_add_no_series() -> None:
    service = metrics()
    for number in range(100):
        service.answered(f"/items/{number}", 404, 0.001)
        service.refused(f"field{number}")
    service.answered(None, 404, 0.001)
    text = service.exposition()[0].decode()
    assert 'requests_total{route="other",status="404"} 101.0' in text
    assert 'validation_failures_total{field="other"} 100.0' in text
    assert "/items/1" not in text


def test_two_services_in_one_process_do_not_meet() -> None:
    first, second = metrics(), metrics()
    first.scored(0.5)
    assert "score_count 1.0" in first.exposition()[0].decode()
    assert "score_count 0.0" in second.exposition()[0].decode()


def test_several_processes_are_added_up(tmp_path: Path) -> None:
    code = (
        "import sys; from parts import observe; m = observe.ServiceMetrics(routes=['/']);"
        "m.answered('/', 200, 0.1); m.model_in_use('v1'); sys.stdout.write(m.exposition()[0].decode())"
    )
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": str(SHARED)}
    for count in ("1.0", "2.0"):
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert f'requests_total{{route="/",status="200"}} {count}' in done.stdout
    assert 'model_info{version="v1"} 1.0' in done.stdout
