"""The function as AWS Lambda runs it: AWS's own runtime client, against a stand-in of the runtime API."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from projects import ROOT

from sentiment.serving import local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(find_spec("awslambdaric") is None, reason="awslambdaric is not for Windows")

API = "/2018-06-01/runtime"
ANSWER_S = 60  # of what takes seconds on a quiet machine


class Runtime:
    """The server side of https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html."""

    def __init__(self) -> None:
        self.events: queue.Queue[bytes] = queue.Queue()
        self.answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        runtime = self

        class Api(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                event = runtime.events.get()
                self.send_response(200)
                for name, value in {
                    "Lambda-Runtime-Aws-Request-Id": "request-1",
                    "Lambda-Runtime-Deadline-Ms": str(int((time.time() + ANSWER_S) * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:local:000000000000:function:local",
                    "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
                    "Content-Type": "application/json",
                    "Content-Length": str(len(event)),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self) -> None:
                body = self._body()
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                runtime.answers.put((self.path.rpartition("/")[2], json.loads(body)))

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers["Content-Length"]))
                pieces = []
                while size := int(self.rfile.readline(), 16):
                    pieces.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(pieces)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def invoke(self, event: Any) -> tuple[str, Any]:
        """Send an event; returns `response` or `error` and what came."""
        self.events.put(json.dumps(event).encode())
        return self.answers.get(timeout=ANSWER_S)


@pytest.fixture(scope="module")
def runtime(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A runtime with the function in a folder as the image lays it out."""
    task = tmp_path_factory.mktemp("task")
    shutil.copytree(ROOT / "src" / "sentiment", task / "sentiment")
    shutil.copytree(
        trained / "models", task / "models", ignore=shutil.ignore_patterns("workbench", "checkpoint")
    )
    for name in ("params.toml", "portfolio.toml"):
        shutil.copy(trained / name, task)
    found = Runtime()
    env = {
        **os.environ,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{found.server.server_port}",
        "LAMBDA_TASK_ROOT": str(task),
        "AWS_LAMBDA_FUNCTION_NAME": "local",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_REGION": "eu-central-1",
        "_HANDLER": "sentiment.serving.aws.handler",
        "PYTHONPATH": str(task),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", "sentiment.serving.aws.handler"], cwd=task, env=env
    )
    yield found
    process.kill()
    process.wait()
    found.server.shutdown()


def post(body: bytes, headers: dict[str, str] | None = None) -> dict[str, Any]:
    return local.event("POST", "/predict", headers or {"content-type": "application/json"}, body)


def test_a_review_is_answered(runtime: Runtime) -> None:
    kind, answer = runtime.invoke(post(b'{"text": "An excellent pan."}'))
    assert kind == "response"
    assert answer["statusCode"] == 200
    body = json.loads(answer["body"])
    assert body["prediction"]["label"] in ("positive", "negative", "neutral")
    assert body["request_id"] == "request-1"


@pytest.mark.parametrize(
    ("event", "status"),
    [
        pytest.param(post(b""), 400, id="missing body"),
        pytest.param(post(b'{"text": ""}'), 422, id="empty text"),
        pytest.param(post(b"{}", {"content-type": "text/plain"}), 415, id="content type"),
        pytest.param(
            local.event("OPTIONS", "/predict", {"origin": "https://a.example"}, b""), 204, id="preflight"
        ),
        pytest.param(local.event("GET", "/readyz", {}, b""), 200, id="ready"),
        pytest.param({"no": "event"}, 400, id="no event"),
    ],
)
def test_every_event_gets_an_answer_and_none_kills_the_function(
    runtime: Runtime, event: dict[str, Any], status: int
) -> None:
    kind, answer = runtime.invoke(event)
    assert (kind, answer["statusCode"]) == ("response", status)


def test_cold_start_is_paid_before_the_first_event_and_warm_answers_are_quick(runtime: Runtime) -> None:
    runtime.invoke(post(b'{"text": "An excellent pan."}'))
    started = time.monotonic()
    for _ in range(20):
        runtime.invoke(post(b'{"text": "An excellent pan."}'))
    assert time.monotonic() - started < 20  # each in far less than a second, even on a busy machine
