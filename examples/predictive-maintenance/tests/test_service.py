"""The service over HTTP: good answers, every kind of bad request, health, and the page."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from maintenance import params
from maintenance.portfolio import store
from maintenance.portfolio.observe import JsonFormatter
from maintenance.serving import page
from maintenance.serving.predictor import Predictor
from maintenance.serving.service import ROUTES, create_app

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

GOOD = {
    "type": "L",
    "air_temperature_k": 302.5,
    "process_temperature_k": 310.7,
    "speed_rpm": 1330,
    "torque_nm": 52.0,
    "wear_min": 90,
}


@pytest.fixture(scope="module")
def client(trained: Path) -> FlaskClient:
    return create_app(trained).test_client()


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").get_json()
    return found


def conforms(answer: Any, shape: str, document: dict[str, Any]) -> None:
    """Check `answer` against the API description, in which no field may be left out or added."""
    schema = {"$ref": f"#/components/schemas/{shape}", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer)
    assert set(answer) == set(document["components"]["schemas"][shape]["properties"])


# ---- good requests


def test_a_reading_is_answered_as_described(client: FlaskClient, document: dict[str, Any]) -> None:
    answer = client.post("/predict", json=GOOD)
    assert answer.status_code == 200
    body = answer.get_json()
    conforms(body, "Answer", document)
    assert body["prediction"]["alert"]
    assert body["prediction"]["nearest_rule"]["mode"] == "hdf"
    assert len(body["prediction"]["explanation"]["reasons"]) == 3
    assert body["model"]["data_source"] == "synthetic"


def test_a_batch_is_answered_in_its_order(client: FlaskClient, document: dict[str, Any]) -> None:
    readings = [GOOD, {**GOOD, "speed_rpm": 1530}, {**GOOD, "type": "H"}]
    body = client.post("/predict/batch", json={"readings": readings}).get_json()
    conforms(body, "BatchAnswer", document)
    alone = [client.post("/predict", json=reading).get_json()["prediction"] for reading in readings]
    assert body["predictions"] == alone


def test_reasons_can_be_asked_for(client: FlaskClient) -> None:
    calm = {**GOOD, "speed_rpm": 1530, "torque_nm": 39.5, "process_temperature_k": 312.7}
    plain = client.post("/predict", json=calm).get_json()["prediction"]
    asked = client.post("/predict?explain=true", json=calm).get_json()["prediction"]
    assert plain["explanation"] is None
    assert asked["explanation"]["reasons"]
    assert plain["probability"] == asked["probability"]


# ---- bad requests: each gets its status, and the field where one is at fault


def body(**changes: Any) -> str:
    """Return a good reading with some fields changed, as JSON; None takes a field away."""
    return json.dumps({name: value for name, value in {**GOOD, **changes}.items() if value is not None})


BAD_READINGS = [
    pytest.param("{", 400, None, "not JSON", id="cut off"),
    pytest.param("", 400, None, "not JSON", id="empty"),
    pytest.param(b"\xff\xfe{}", 400, None, "not JSON", id="not UTF-8"),
    pytest.param("[" * 5000, 400, None, "recursion limit", id="nested too deeply"),
    pytest.param("[1, 2]", 422, "body", "is a list; expected an object", id="a list"),
    pytest.param("null", 422, "body", "is null; expected an object", id="null"),
    pytest.param(body(torque=52), 422, "torque", "is not a known field", id="unknown field"),
    pytest.param(body(torque_nm=None), 422, "torque_nm", "is missing; expected a number from", id="missing"),
    pytest.param(body(torque_nm="52"), 422, "torque_nm", "is text", id="text for a number"),
    pytest.param(body(torque_nm=True), 422, "torque_nm", "is true or false", id="truth value for a number"),
    pytest.param(body(torque_nm=[52]), 422, "torque_nm", "is a list", id="list for a number"),
    pytest.param(body().replace("52.0", "null"), 422, "torque_nm", "is null", id="null for a number"),
    pytest.param(body(speed_rpm=float("nan")), 422, "speed_rpm", "not a finite number", id="NaN"),
    pytest.param(body(speed_rpm=float("-inf")), 422, "speed_rpm", "not a finite number", id="-Infinity"),
    pytest.param(
        body().replace("1330", "1e999"), 422, "speed_rpm", "not a finite number", id="beyond a float"
    ),
    pytest.param(body(air_temperature_k=26.9), 422, "air_temperature_k", "is 26.9", id="Celsius for kelvin"),
    pytest.param(
        body(wear_min=-1), 422, "wear_min", "is -1; expected a number from 0 to", id="below the range"
    ),
    pytest.param(
        body(speed_rpm=1e6), 422, "speed_rpm", "is 1e+06; expected a number from", id="above the range"
    ),
    pytest.param(
        body(type="X"), 422, "type", 'expected the product quality "L", "M" or "H"', id="unknown type"
    ),
    pytest.param(body(type=1), 422, "type", "is a number", id="number for the type"),
]


@pytest.mark.parametrize(("content", "status", "field", "words"), BAD_READINGS)
def test_a_bad_reading_is_refused_by_field(
    client: FlaskClient, document: dict[str, Any], *, content: str, status: int, field: str | None, words: str
) -> None:
    answer = client.post("/predict", data=content, content_type="application/json")
    assert answer.status_code == status
    refusal = answer.get_json()
    conforms(refusal, "ErrorAnswer", document)
    assert [problem["field"] for problem in refusal["fields"]] == ([field] if field else [])
    assert words in (refusal["fields"][0]["problem"] if field else refusal["error"])


@pytest.mark.parametrize(
    ("readings", "field", "words"),
    [
        pytest.param([], "readings", "is 0 readings long; expected a list of 1 to", id="none"),
        pytest.param([GOOD] * 1001, "readings", "is 1001 readings long", id="too many"),
        pytest.param(GOOD, "readings", "is an object; expected a list", id="no list"),
        pytest.param(
            [GOOD, {**GOOD, "wear_min": "9"}], "readings[1].wear_min", "is text", id="one bad reading"
        ),
        pytest.param(
            [GOOD, 7], "readings[1]", "is a number; expected an object", id="a number among readings"
        ),
    ],
)
def test_a_bad_batch_is_refused_by_field(client: FlaskClient, readings: Any, field: str, words: str) -> None:
    answer = client.post("/predict/batch", json={"readings": readings})
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.get_json()["fields"]] == [field]
    assert words in answer.get_json()["fields"][0]["problem"]


def test_several_faults_are_all_named_and_very_many_are_cut_short(client: FlaskClient) -> None:
    answer = client.post("/predict", json={"type": "X", "torque_nm": 1e9, "extra": 1})
    assert answer.get_json()["error"] == "7 values are not valid"
    assert len(answer.get_json()["fields"]) == 7
    many = client.post("/predict/batch", json={"readings": [{}] * 100}).get_json()
    assert many["error"] == "600 values are not valid"
    assert len(many["fields"]) == 20


@pytest.mark.parametrize(
    ("method", "path", "headers", "content", "status"),
    [
        pytest.param("POST", "/predict", {"Content-Type": "text/plain"}, body(), 415, id="text"),
        pytest.param("POST", "/predict", {}, body(), 415, id="no content type"),
        pytest.param(
            "POST", "/predict", {"Content-Type": "application/json"}, " " * 2_000_000, 413, id="too large"
        ),
        pytest.param(
            "POST", "/predict?explain=perhaps", {"Content-Type": "application/json"}, body(), 422, id="query"
        ),
        pytest.param("GET", "/predict", {}, None, 405, id="wrong method"),
        pytest.param("GET", "/predictions", {}, None, 404, id="no such address"),
        pytest.param("GET", "/web/../params.toml", {}, None, 404, id="a way out of the web folder"),
    ],
)
def test_other_bad_requests_get_their_status_as_json(
    client: FlaskClient,
    document: dict[str, Any],
    *,
    method: str,
    path: str,
    headers: Any,
    content: Any,
    status: int,
) -> None:
    answer = client.open(path, method=method, headers=headers, data=content)
    assert answer.status_code == status
    conforms(answer.get_json(), "ErrorAnswer", document)
    if status == 405:
        assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_a_bug_answers_500_and_tells_neither_caller_nor_log_what_was_in_the_request(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("torque was 51.937")

    monkeypatch.setattr(Predictor, "predict", fail)
    with caplog.at_level(logging.INFO):
        answer = client.post("/predict", json={**GOOD, "torque_nm": 51.937})
    assert answer.status_code == 500
    assert "internal error" in answer.get_json()["error"]
    assert "RuntimeError" not in answer.text
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert any(
        '"exception": "RuntimeError"' in line and answer.headers["X-Request-ID"] in line for line in lines
    )
    assert not any("51.937" in line for line in [answer.text, *lines])


# ---- what all answers share


def test_a_plain_request_id_is_echoed_and_any_other_replaced(client: FlaskClient) -> None:
    assert (
        client.get("/healthz", headers={"X-Request-ID": "line-4_press.7"}).headers["X-Request-ID"]
        == "line-4_press.7"
    )
    for odd in ("", "two words", "x" * 65, '"><script>'):
        found = client.post("/predict", headers={"X-Request-ID": odd}, json={})
        assert re.fullmatch(r"[0-9a-f]{32}", found.headers["X-Request-ID"])
        assert found.get_json()["request_id"] == found.headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/web/page.js"])
def test_every_answer_has_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_each_request_leaves_one_log_line_without_its_content(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.post("/predict", json={**GOOD, "torque_nm": 51.937, "secret": "tell nobody"})
    (line,) = [JsonFormatter().format(record) for record in caplog.records]
    told = json.loads(line)
    assert (told["route"], told["status"], told["method"]) == ("/predict", 422, "POST")
    assert not {"51.937", "secret", "nobody"} & set(re.findall(r"[\w.]+", line))


def test_metrics_count_by_route_and_field_and_not_by_what_callers_make_up(trained: Path) -> None:
    client = create_app(trained).test_client()
    client.post("/predict", json=GOOD)
    client.post("/predict/batch", json={"readings": [GOOD, {**GOOD, "torque_nm": 0}]})
    client.post("/predict", json={**GOOD, "made_up_by_a_caller": 1})
    client.get("/made/up/by/a/caller")
    text = client.get("/metrics").text
    for line in (
        'requests_total{route="/predict",status="200"} 1.0',
        'requests_total{route="/predict",status="422"} 1.0',
        'requests_total{route="other",status="404"} 1.0',
        'validation_failures_total{field="torque_nm"} 1.0',
        'validation_failures_total{field="other"} 1.0',
        "score_count 1.0",
        'model_info{version="' + store.current(trained).version + '"} 1.0',
    ):
        assert line in text.splitlines()
    assert "made" not in text


def test_the_description_covers_every_route_and_its_schemas_are_valid(document: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described | {("GET", "/"), ("GET", "/openapi.json")} == {
        (method, path) for method, path, _ in ROUTES
    }
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(document)
    for name in re.findall(r'"#/components/schemas/(\w+)"', text):
        assert name in document["components"]["schemas"]
    torque = document["components"]["schemas"]["Reading"]["properties"]["torque_nm"]
    assert (torque["minimum"], torque["maximum"], torque["description"]) == (1, 100, "Nm")
    assert document["components"]["schemas"]["Reading"]["additionalProperties"] is False


# ---- health, versions, missing and damaged models


def test_health_readiness_and_version(client: FlaskClient, document: dict[str, Any], trained: Path) -> None:
    assert client.get("/healthz").get_json() == {"status": "alive"}
    assert client.get("/readyz").status_code == 200
    conforms(client.get("/readyz").get_json(), "Readiness", document)
    version = client.get("/version").get_json()
    conforms(version, "Version", document)
    stored = store.current(trained)
    assert version["model"] == stored.version
    assert version["data_sha256"] == stored.metadata["data"]["sha256"]


def unready(answer: TestResponse, words: str) -> None:
    assert answer.status_code == 503
    assert words in answer.text


def test_without_a_model_the_process_lives_but_is_not_ready(untrained: Path) -> None:
    client = create_app(untrained).test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 200
    unready(client.get("/readyz"), "no trained model in models/")
    unready(client.post("/predict", json=GOOD), "no trained model in models/")
    unready(client.get("/version"), "no trained model in models/")


def test_a_tampered_model_is_never_served(copy_of_trained: Path) -> None:
    path = store.current(copy_of_trained).path / "model.ubj"
    path.write_bytes(path.read_bytes() + b"\0")
    client = create_app(copy_of_trained).test_client()
    unready(client.get("/readyz"), "model.ubj: sha256 is")
    unready(client.post("/predict", json=GOOD), "model.ubj: sha256 is")


def test_after_a_rollback_the_version_before_answers_again(copy_of_trained: Path) -> None:
    old = store.current(copy_of_trained)
    files = {name: (old.path / name).read_bytes() for name in ("model.ubj", "reference.npz")}
    new = store.save(copy_of_trained, files, {**old.metadata, "threshold": 0.999})

    def answer() -> tuple[str, float]:
        found = create_app(copy_of_trained).test_client().post("/predict", json=GOOD).get_json()
        return found["model"]["version"], found["prediction"]["threshold"]

    assert answer() == (new, 0.999)
    store.rollback(copy_of_trained)
    assert answer() == (old.version, old.metadata["threshold"])


# ---- the page


def test_the_page_labels_every_field_and_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    html = client.get("/").text
    for name in GOOD:
        assert f'name="{name}"' in html
        assert f'id="{name}-problem"' in html
        assert name == "type" or f'<label class="name" for="{name}">' in html
    assert "1 to 100 Nm" in html
    assert "synthetic" in html
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", html)
    for path in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert client.get(path).status_code == 200, path


def test_the_title_of_the_project_is_escaped(copy_of_trained: Path) -> None:
    (copy_of_trained / "README.md").write_text("# Pumps & <b>presses</b>\n", encoding="utf-8")
    html = create_app(copy_of_trained).test_client().get("/").text
    assert "Pumps &amp; &lt;b&gt;presses&lt;/b&gt;" in html
    assert "<b>" not in html


def test_the_examples_of_the_page_do_what_they_say(client: FlaskClient) -> None:
    found = {}
    for example in page.read_examples():
        answer = client.post("/predict", json=example["reading"]).get_json()["prediction"]
        found[example["name"]] = (answer["alert"], answer["nearest_rule"]["mode"])
    assert found.pop("Healthy")[0] is False
    assert found == {"Overheating": (True, "hdf"), "Worn tool": (True, "twf"), "Overload": (True, "pwf")}


def test_limits_come_from_the_parameters(copy_of_trained: Path) -> None:
    text = (copy_of_trained / "params.toml").read_text(encoding="utf-8")
    changed = re.sub(r"torque_nm = \[1\.0, 100\.0\]", "torque_nm = [1.0, 50.0]", text)
    assert changed != text
    (copy_of_trained / "params.toml").write_text(changed, encoding="utf-8")
    assert params.load(copy_of_trained).ranges.torque_nm == (1.0, 50.0)
    answer = create_app(copy_of_trained).test_client().post("/predict", json=GOOD)
    assert answer.get_json()["fields"] == [
        {"field": "torque_nm", "problem": "is 52; expected a number from 1 to 50 Nm"}
    ]
