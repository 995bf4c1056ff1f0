"""The function and the service around it: good answers, every kind of bad request, parity with training."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from http.client import HTTPConnection
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest
import torch
from projects import ROOT

from sentiment.model import split, training
from sentiment.model.fitting import softmax
from sentiment.model.runtime import Runtime
from sentiment.portfolio import store
from sentiment.portfolio.errors import ModelError, ModelMissing, ModelTampered, ProjectError
from sentiment.serving import handler, local
from sentiment.serving.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTEXT = SimpleNamespace(aws_request_id="from-lambda")
JSON = {"Content-Type": "application/json"}


class Caller:
    """Calls the function with the events that API Gateway makes."""

    def __init__(self, root: Path) -> None:
        self.function = handler.create(root)

    def __call__(
        self,
        method: str,
        path: str,
        content: Any = None,
        headers: dict[str, str] | None = None,
        *,
        changed: dict[str, Any] | None = None,
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        if not isinstance(content, bytes):
            content = b"" if content is None else json.dumps(content).encode()
        event = local.event(method, path, JSON if headers is None else headers, content) | (changed or {})
        answer = self.function(event, CONTEXT)
        text = answer.get("body") or ""
        found = json.loads(text) if text.startswith("{") else {"text": text}
        return answer["statusCode"], found, answer["headers"]


@pytest.fixture(scope="module")
def call(trained: Path) -> Caller:
    return Caller(trained)


@pytest.fixture(scope="module")
def document(call: Caller) -> dict[str, Any]:
    return call("GET", "/openapi.json")[1]


def conforms(answer: Any, shape: str, document: dict[str, Any]) -> None:
    """Check `answer` against the API description, in which no field may be left out or added."""
    schema = {"$ref": f"#/components/schemas/{shape}", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer)
    assert set(answer) == set(document["components"]["schemas"][shape]["properties"])


# ---- good requests


def test_a_text_is_answered_as_described(call: Caller, document: dict[str, Any]) -> None:
    status, body, headers = call("POST", "/predict", {"text": "An excellent pan."})
    assert status == 200
    conforms(body, "Answer", document)
    assert body["prediction"]["words"] is None
    assert body["model"]["kind"] == "smoke"
    assert headers["X-Request-ID"] == body["request_id"] == "from-lambda"


def test_explanation_names_the_words_in_the_text_as_it_was_sent(call: Caller) -> None:
    text = "👍 The handle is awful."
    body = call("POST", "/predict?explain=true", {"text": text})[1]
    words = {text[word["start"] : word["end"]]: word["effect"] for word in body["prediction"]["words"]}
    assert list(words) == ["The", "handle", "is", "awful"]
    assert words["awful"] == min(words.values()) < 0


def test_a_batch_is_answered_in_its_order_each_as_if_alone(call: Caller, document: dict[str, Any]) -> None:
    texts = ["An excellent pan.", "A terrible, awful, useless thing, it is bad and I hate it.", "Fine."]
    status, body, _ = call("POST", "/predict/batch", {"texts": texts})
    assert status == 200
    conforms(body, "BatchAnswer", document)
    alone = [call("POST", "/predict", {"text": text})[1]["prediction"] for text in texts]
    assert body["predictions"] == alone


def test_inside_the_band_the_model_abstains(trained: Path) -> None:
    predictor = Predictor.load(trained)
    predictor.model = predictor.model.model_copy(update={"band": (0.0, 1.0)})
    assert predictor.predict("An excellent pan.")[0].label == "neutral"
    predictor.model = predictor.model.model_copy(update={"band": (0.5, 0.5)})
    assert predictor.predict("An excellent pan.")[0].label in ("positive", "negative")


@pytest.mark.parametrize(
    "text",
    ["😀👍🏽", "مرحبا بالعالم، ممتاز", "<script>alert(1)</script>", "a\u0000b good", "good " * 900, "ß"],
    ids=["emoji", "right to left", "markup", "control", "long", "one letter"],
)
def test_unusual_texts_are_answered(call: Caller, text: str) -> None:
    status, body, _ = call("POST", "/predict", {"text": text})
    assert status == 200
    assert 0 <= body["prediction"]["probability"] <= 1
    assert body["prediction"]["truncated"] == (len(text) > 1_000)


def test_parity_of_training_code_onnx_and_service(trained: Path, parts: split.Parts) -> None:
    """The same hundred raw texts through all that answer.

    The network in torch and its fp32 graph agree to 1e-5 in a probability; the service repeats to 1e-6 what
    the evaluation scores with the int8 graph; int8 is within 0.05 of fp32, 95 of 100 get the same label.
    """
    texts = [review.text for review in parts.test[:100]]
    assert len(texts) == 100
    stored, predictor = store.current(trained), Predictor.load(trained)
    temperature, encoded = float(stored.metadata["temperature"]), predictor.encode(texts)
    network = training.load_network(trained, stored)
    with torch.inference_mode():
        logits = [
            network(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0].numpy()
            for ids in (torch.as_tensor(one.ids[None]) for one in encoded)
        ]
    in_torch = softmax(np.array(logits, dtype=np.float64), temperature)
    fp32 = Runtime(training.workbench(trained, stored, training.FP32), 1).logits(encoded)
    in_fp32, in_int8 = softmax(fp32, temperature), predictor.probabilities(texts)
    with local.listening(trained, handler.create(trained), "127.0.0.1", 0) as server:
        connection = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        served = []
        for text in texts:
            connection.request("POST", "/predict", json.dumps({"text": text}), JSON)
            served.append(json.loads(connection.getresponse().read())["prediction"]["probability"])
        connection.close()
    assert np.abs(in_torch - in_fp32).max() <= 1e-5
    assert np.abs(np.array(served) - in_int8).max() <= 1e-6
    assert np.abs(np.array(served) - in_fp32).max() <= 0.05
    assert np.mean((np.array(served) >= 0.5) == (in_fp32 >= 0.5)) >= 0.95


# ---- bad requests


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        pytest.param({"text": ""}, "text", "is empty", id="empty"),
        pytest.param({"text": " <br> \u200b"}, "text", "is only blanks, markup or invisible", id="no words"),
        pytest.param(
            {"text": "x" * 10_000}, "text", "is 10,000 characters long; expected text of 1 to", id="long"
        ),
        pytest.param({"text": 5}, "text", "is a number; expected text", id="number"),
        pytest.param({"text": None}, "text", "is null; expected text", id="null"),
        pytest.param({"text": ["a"]}, "text", "is a list; expected text", id="list"),
        pytest.param({}, "text", "is missing; expected text", id="missing"),
        pytest.param({"text": "a", "txt": "b"}, "txt", "is not a known field", id="unknown"),
        pytest.param([], "body", "is a list; expected an object", id="no object"),
        pytest.param("x", "body", "is a text; expected an object", id="a string"),
    ],
)
def test_bad_text_gets_422_with_the_field(call: Caller, body: Any, field: str, problem: str) -> None:
    status, answer, _ = call("POST", "/predict", body)
    assert status == 422
    assert answer["fields"][0]["field"] == field
    assert answer["fields"][0]["problem"].startswith(problem)
    assert answer["request_id"]


@pytest.mark.parametrize(
    ("texts", "field", "problem"),
    [
        pytest.param([], "texts", "is 0 texts long; expected a list of 1 to 64", id="none"),
        pytest.param(["a"] * 65, "texts", "is 65 texts long", id="too many"),
        pytest.param(["a", ""], "texts[1]", "is empty", id="one empty"),
        pytest.param("a", "texts", "is a text; expected a list", id="no list"),
    ],
)
def test_bad_batch_gets_422_with_the_place(call: Caller, texts: Any, field: str, problem: str) -> None:
    status, answer, _ = call("POST", "/predict/batch", {"texts": texts})
    assert status == 422
    assert (answer["fields"][0]["field"], answer["fields"][0]["problem"][: len(problem)]) == (field, problem)


@pytest.mark.parametrize(
    ("body", "headers", "status", "error"),
    [
        pytest.param(b'{"text":', JSON, 400, "the body is not JSON", id="malformed"),
        pytest.param(b"", JSON, 400, "the body is not JSON", id="empty"),
        pytest.param(b'{"text": "\\ud800"}', JSON, 400, "the body is not JSON", id="half a character"),
        pytest.param(b'{"text": "\xff"}', JSON, 400, "the body is not JSON", id="not UTF-8"),
        pytest.param(
            b'{"text": "a"}', {"Content-Type": "text/plain"}, 415, "the body must be JSON", id="type"
        ),
        pytest.param(b'{"text": "a"}', {}, 415, "the body must be JSON", id="no type"),
        pytest.param(b" " * 1_048_577, JSON, 413, "the request is too large", id="large"),
    ],
)
def test_bad_bodies(call: Caller, body: bytes, headers: dict[str, str], status: int, error: str) -> None:
    found, answer, _ = call("POST", "/predict", body, headers)
    assert found == status
    assert answer["error"].startswith(error)


def test_explain_is_true_or_false(call: Caller) -> None:
    status, answer, _ = call("POST", "/predict?explain=yes", {"text": "a"})
    assert (status, answer["fields"][0]["field"]) == (422, "explain")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("GET", "/predict"), ("DELETE", "/predict")]
)
def test_unknown_addresses_and_methods(call: Caller, method: str, path: str) -> None:
    assert call(method, path)[0] == 404


# ---- what API Gateway sends


def test_a_body_in_base64_and_a_plain_one_are_the_same(call: Caller) -> None:
    text = {"text": "An excellent pan, größer als gedacht."}
    plain = {"body": json.dumps(text, ensure_ascii=False), "isBase64Encoded": False}
    one, other = call("POST", "/predict", text)[1], call("POST", "/predict", changed=plain)[1]
    assert one["prediction"] == other["prediction"]


def test_a_body_that_is_not_the_base64_it_says(call: Caller) -> None:
    status, answer, _ = call("POST", "/predict", changed={"body": "%%%", "isBase64Encoded": True})
    assert (status, answer["error"]) == (400, "the body is not what its encoding says")
    status, _, _ = call(
        "POST", "/predict", changed={"body": base64.b64encode(b"{}").decode(), "isBase64Encoded": True}
    )
    assert status == 422


def test_a_missing_body_is_refused(call: Caller) -> None:
    assert call("POST", "/predict", None)[0] == 400


def test_preflight_allows_the_front_end(call: Caller) -> None:
    status, _, headers = call("OPTIONS", "/predict", None, {"origin": "https://example.org"})
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("event", [{}, {"Records": []}, "text"])
def test_what_is_no_http_event_is_refused(call: Caller, event: Any) -> None:
    assert call.function(event, CONTEXT)["statusCode"] == 400


def test_a_plain_request_id_is_echoed_and_another_replaced(call: Caller) -> None:
    assert call("GET", "/healthz", None, {"X-Request-ID": "order-17"})[2]["X-Request-ID"] == "order-17"
    assert call("GET", "/healthz", None, {"X-Request-ID": "a\nb"})[2]["X-Request-ID"] != "a\nb"


# ---- health, figures, logs


def test_health_version_and_figures(call: Caller, document: dict[str, Any], trained: Path) -> None:
    for path, shape in (("/healthz", "Health"), ("/readyz", "Readiness"), ("/version", "Version")):
        status, body, _ = call("GET", path)
        assert status == 200
        conforms(body, shape, document)
    assert call("GET", "/version")[1]["model"] == store.current(trained).version
    call("POST", "/predict", {"text": ""})
    figures = call("GET", "/metrics")[1]["text"]
    assert 'validation_failures_total{field="text"}' in figures
    assert 'requests_total{route="/predict",status="422"}' in figures
    assert f'model_info{{version="{store.current(trained).version}"}} 1.0' in figures


def in_a_process(root: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` with `call`, a function that posts a body to /predict, in a Python of its own."""
    head = f"""
import sys
from pathlib import Path
from sentiment.serving import handler, local
function = handler.create(Path({str(root)!r}))
headers = {{"content-type": "application/json"}}
def call(body):
    return function(local.event("POST", "/predict?explain=true", headers, body), None)
"""
    return subprocess.run(
        [sys.executable, "-c", head + code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )


def test_logs_are_json_and_never_hold_the_text(trained: Path) -> None:
    done = in_a_process(trained, 'call(b\'{"text": "my secret"}\'); call(b\'{"text": "my secret\')')
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["status"] for line in lines if line["message"] == "answered"] == [200, 400]
    assert "secret" not in done.stderr


def test_a_bug_is_a_500_without_its_text(trained: Path) -> None:
    code = """
from sentiment.serving.predictor import Predictor
Predictor.predict = lambda self, text, explained: int(text)
print(call(b'{"text": "my secret"}')["body"])
"""
    done = in_a_process(trained, code)
    assert json.loads(done.stdout)["error"] == "internal error; the log has more under this request id"
    assert '"exception_kind":"ValueError"' in done.stderr
    assert "secret" not in done.stdout + done.stderr


# ---- a model that cannot be used


def test_without_a_model_the_function_says_so(untrained: Path) -> None:
    call = Caller(untrained)
    assert call("GET", "/healthz")[0] == 200
    status, body, _ = call("GET", "/readyz")
    assert (status, body["ready"]) == (503, False)
    assert "no trained model" in body["reason"]
    assert call("POST", "/predict", {"text": "a"})[0] == 503


def test_a_tampered_model_is_refused(copy_of_trained: Path) -> None:
    path = store.current(copy_of_trained).path / "model.int8.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelTampered, match=r"model\.int8\.onnx: sha256 is"):
        Predictor.load(copy_of_trained)
    with pytest.raises(ModelTampered):
        local.serve(copy_of_trained, "127.0.0.1", 0)
    assert Caller(copy_of_trained)("GET", "/readyz")[0] == 503


def test_a_model_that_forgot_its_golden_answer_is_refused(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Predictor, "probabilities", lambda *_: np.array([0.123]))
    with pytest.raises(ModelError, match=r"answers 0\.1230, but answered"):
        Predictor.load(trained)


def test_without_a_model_serving_ends_with_what_to_do(untrained: Path) -> None:
    with pytest.raises(ModelMissing, match="run `python -m sentiment train` first"):
        local.serve(untrained, "127.0.0.1", 0)


def test_rollback_answers_with_the_version_before(copy_of_trained: Path) -> None:
    first = store.current(copy_of_trained)
    files = {name: first.file(name).read_bytes() for name in first.files if name != "metadata.json"}
    store.save(copy_of_trained, files, {**first.metadata, "seed": 1})
    second = Caller(copy_of_trained)("GET", "/version")[1]["model"]
    store.rollback(copy_of_trained)
    assert Caller(copy_of_trained)("GET", "/version")[1]["model"] == first.version != second


# ---- over HTTP


@pytest.fixture(scope="module")
def port(trained: Path) -> Iterator[int]:
    with local.listening(trained, handler.create(trained), "127.0.0.1", 0) as server:
        yield server.server_port


def get(port: int, path: str, method: str = "GET") -> tuple[int, bytes, dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path)
    answer = connection.getresponse()
    found = answer.status, answer.read(), dict(answer.getheaders())
    connection.close()
    return found


def test_without_a_built_front_end_the_page_says_what_to_do(port: int) -> None:
    status, content, headers = get(port, "/")
    assert status == 200
    assert b"without a front end" in content
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/../params.toml", "/%2e%2e/params.toml", "/a%00b", "/assets/none.js"])
def test_no_file_outside_the_front_end_is_given_out(port: int, path: str) -> None:
    assert get(port, path)[0] == 404


def test_a_built_front_end_is_served(copy_of_trained: Path) -> None:
    built = copy_of_trained / "web" / "dist" / "assets"
    built.mkdir(parents=True)
    (built.parent / "index.html").write_text("<!doctype html>page", encoding="utf-8")
    (built / "a.js").write_text("1", encoding="utf-8")
    with local.listening(copy_of_trained, handler.create(copy_of_trained), "127.0.0.1", 0) as server:
        assert get(server.server_port, "/")[1] == b"<!doctype html>page"
        assert get(server.server_port, "/assets/a.js")[2]["Content-Type"] == "text/javascript; charset=utf-8"
        assert get(server.server_port, "/", "HEAD")[1] == b""


def test_a_body_too_large_is_refused_and_the_answer_arrives(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/predict", b" " * (3 << 20), JSON)
    assert connection.getresponse().status == 413
    connection.close()


def test_requests_at_once_are_all_answered(port: int) -> None:
    statuses = []

    def ask() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(10):
            connection.request("POST", "/predict", b'{"text": "An excellent pan."}', JSON)
            answer = connection.getresponse()
            statuses.append((answer.status, json.loads(answer.read())["prediction"]["probability"]))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses) == 80
    assert len(set(statuses)) == 1
    assert statuses[0][0] == 200


def test_a_port_in_use_is_said_in_one_line(trained: Path, port: int) -> None:
    with (
        pytest.raises(
            ProjectError, match=f"cannot listen on 127.0.0.1 port {port}: .*; choose another --port"
        ),
        local.listening(trained, handler.create(trained), "127.0.0.1", port),
    ):
        pass


def test_serving_imports_no_torch(trained: Path) -> None:
    heavy = "{'torch', 'transformers', 'sklearn', 'scipy', 'pandas', 'matplotlib', 'onnx'}"
    code = f"""
assert call(b'{{"text": "good pan"}}')["statusCode"] == 200
print(sorted({heavy} & set(sys.modules)))
"""
    assert in_a_process(trained, code).stdout.strip() == "[]"


def test_training_and_service_share_one_normaliser() -> None:
    """Whoever reads texts has the very function of `model.text`."""
    from sentiment.model import baseline, encoder, text
    from sentiment.serving import requests

    for module in (baseline, encoder, requests):
        assert vars(module)["normalise"] is text.normalise
    assert vars(training)["Encoder"] is encoder.Encoder
