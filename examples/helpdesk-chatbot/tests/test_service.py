"""The service over HTTP: what it answers, what it refuses and how, what an operator gets to know."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from desks import AGENT, KNOWN, RESOLUTION, REWORDED, SUBJECT, TOKEN, UNKNOWN, ask, client_of

from helpdesk.portfolio import observe, store
from helpdesk.serving import app, desk
from helpdesk.serving.access import Agents, Rate
from helpdesk.serving.refusals import TooMany

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

CONVERSATION = {"X-Conversation": "forged"}
TICKET = {"subject": SUBJECT, "body": UNKNOWN, "resolution": RESOLUTION}


@pytest.fixture(scope="module")
def client(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service whose database lies outside the project that others read, too."""
    with client_of(trained, f"sqlite:///{tmp_path_factory.mktemp('db')}/helpdesk.db") as started:
        yield started


@pytest.fixture
def fresh(trained: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A service that nobody has asked anything."""
    with client_of(trained, f"sqlite:///{tmp_path}/helpdesk.db") as started:
        yield started


# ---- one good request of each kind


def test_an_answer_has_all_that_a_page_needs(client: TestClient) -> None:
    found = ask(client, KNOWN)
    assert found.keys() == {"conversation", "reply"}
    reply = found["reply"]
    assert reply.keys() == {
        *("id", "kind", "text", "sentences", "confidence", "generated", "topics", "queue"),
        *("feedback_token", "handover"),
    }
    assert reply["kind"] == "answer"
    assert all(sentence.keys() == {"text", "ticket"} for sentence in reply["sentences"])
    assert 0 < reply["confidence"] <= 1


def test_a_stream_brings_each_sentence_and_then_the_whole(client: TestClient) -> None:
    answer = client.post("/chat", json={"text": KNOWN}, headers={"Accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [re.fullmatch(r"event: (\w+)\ndata: (.+)", one) for one in answer.text.strip().split("\n\n")]
    assert all(events)
    found = [(event[1], json.loads(event[2])) for event in events if event]
    assert [name for name, _ in found] == ["part"] * (len(found) - 1) + ["done"]
    done = found[-1][1]
    assert [data for name, data in found if name == "part"] == done["reply"]["sentences"]
    assert client.get("/messages", headers={"X-Conversation": done["conversation"]}).status_code == 200


def test_what_is_wrong_with_a_stream_has_its_status(client: TestClient) -> None:
    assert client.post("/chat", json={"text": ""}, headers={"Accept": "text/event-stream"}).status_code == 422


def test_a_question_goes_to_a_person_and_comes_back(fresh: TestClient) -> None:
    token = ask(fresh, UNKNOWN)["conversation"]
    mine = {"X-Conversation": token}
    number = fresh.post("/handover", headers=mine).json()["reply"]["handover"]
    waiting = fresh.get("/handover", headers=AGENT).json()
    assert (waiting["waiting"], [one["id"] for one in waiting["handovers"]]) == (1, [number])
    found = fresh.get(f"/handover/{number}", headers=AGENT).json()
    assert found["messages"][0]["text"] == UNKNOWN
    assert found["queue"].keys() == {"label", "probability"}
    body = {"subject": SUBJECT, "resolution": RESOLUTION, "queue": "facilities", "priority": "low"}
    ticket = fresh.post(f"/handover/{number}/resolve", headers=AGENT, json=body).json()
    assert (ticket["learned"], ticket["queue"], ticket["body"]) == (True, "facilities", UNKNOWN)
    messages = fresh.get("/messages", headers=mine).json()
    assert (messages["waiting"], messages["messages"][-1]["text"]) == (False, RESOLUTION)
    assert ask(fresh, UNKNOWN)["reply"]["sentences"][0]["ticket"] == ticket["id"]
    assert [one["id"] for one in fresh.get("/learned", headers=AGENT).json()["tickets"]] == [ticket["id"]]
    (change,) = fresh.get("/audit", headers=AGENT).json()["changes"]
    assert (change["what"], change["who"], change["ticket"]) == ("question resolved", "agent", ticket["id"])


def test_agents_add_find_edit_retract_and_restore_tickets(fresh: TestClient) -> None:
    added = fresh.post("/tickets", headers=AGENT, json={**TICKET, "id": "mine/1 ä"})
    assert added.status_code == 201
    address = "/tickets/mine/1%20%C3%A4"
    assert fresh.get(address, headers=AGENT).json() == added.json()
    assert fresh.get("/tickets?query=plesiosaur&first=1", headers=AGENT).json()["tickets"] == [added.json()]
    edited = fresh.put(address, headers=AGENT, json={"resolution": "In 1824."}).json()
    assert (edited["subject"], edited["resolution"]) == (SUBJECT, "In 1824.")
    assert fresh.delete(address, headers=AGENT).json()["retracted"] is True
    assert ask(fresh, UNKNOWN)["reply"]["kind"] != "answer"
    assert fresh.post(f"{address}/restore", headers=AGENT).json()["retracted"] is False
    assert ask(fresh, UNKNOWN)["reply"]["text"] == "In 1824."


# ---- the contract: each bad request has its status and names its field

BAD = [
    ("POST", "/chat", {}, 422, "text"),
    ("POST", "/chat", {"text": ""}, 422, "text"),
    ("POST", "/chat", {"text": "\u0000 \u200b"}, 422, "text"),
    ("POST", "/chat", {"text": "a" * 10_000}, 422, "text"),
    ("POST", "/chat", {"text": 3}, 422, "text"),
    ("POST", "/chat", {"text": None}, 422, "text"),
    ("POST", "/chat", {"text": ["a"]}, 422, "text"),
    ("POST", "/chat", {"text": "a", "txet": "b"}, 422, "txet"),
    ("POST", "/chat", [], 422, "body"),
    ("POST", "/chat", "text", 422, "body"),
    ("GET", "/messages", None, 404, None),
    ("GET", "/messages?after=-1", None, 422, "after"),
    ("GET", "/messages?after=x", None, 422, "after"),
    ("POST", "/handover", None, 404, None),
    ("POST", "/feedback", {"answer": 1, "token": "t"}, 422, "helpful"),
    ("POST", "/feedback", {"answer": 1, "token": "t", "helpful": "yes"}, 422, "helpful"),
    ("POST", "/feedback", {"answer": "1", "token": "t", "helpful": True}, 422, "answer"),
    ("POST", "/feedback", {"answer": 10**30, "token": "t", "helpful": True}, 422, "answer"),
    ("POST", "/feedback", {"answer": 0, "token": "t", "helpful": True}, 422, "answer"),
    ("POST", "/feedback", {"answer": 2**31 - 1, "token": "t", "helpful": True}, 404, None),
    ("DELETE", "/feedback", {"answer": 1}, 422, "token"),
    ("GET", "/handover?first=0", None, 422, "first"),
    ("GET", "/handover/x", None, 422, "number"),
    ("GET", "/handover/99999999999999999999", None, 404, None),
    ("POST", "/handover/1/resolve", {"subject": "s"}, 422, "resolution"),
    ("POST", "/handover/12345/resolve", {"subject": "s", "resolution": "r"}, 404, None),
    ("GET", "/tickets", None, 422, "query"),
    ("GET", "/tickets?query=", None, 422, "query"),
    ("GET", "/tickets?query=a&first=201", None, 422, "first"),
    ("GET", "/tickets/nothing", None, 404, None),
    ("PUT", "/tickets/nothing", {"subject": SUBJECT}, 404, None),
    ("PUT", "/tickets/nothing", {"subject": ""}, 422, "subject"),
    ("PUT", "/tickets/nothing", {"id": "x"}, 422, "id"),
    ("DELETE", "/tickets/nothing", None, 404, None),
    ("POST", "/tickets/nothing/restore", None, 404, None),
    ("POST", "/tickets", {**TICKET, "queue": "<script>"}, 422, "queue"),
    ("POST", "/tickets", {**TICKET, "id": "a\nb"}, 422, "ticket"),
    ("POST", "/tickets", {**TICKET, "body": 3}, 422, "body"),
    ("GET", "/audit?after=x", None, 422, "after"),
    ("GET", "/nowhere", None, 404, None),
    ("PUT", "/chat", {}, 405, None),
]


@pytest.mark.parametrize("case", BAD, ids=[f"{one[0]} {one[1]} {str(one[2])[:40]}" for one in BAD])
def test_a_bad_request_is_refused_by_name(client: TestClient, case: tuple[str, str, Any, int, str]) -> None:
    method, path, body, status, field = case
    answer = client.request(method, path, json=body, headers=AGENT | CONVERSATION)
    found = answer.json()
    assert (answer.status_code, [one["field"] for one in found["fields"]]) == (
        status,
        [field] if field else [],
    )
    assert found.keys() == {"error", "fields", "request_id"}
    assert found["request_id"] == answer.headers["X-Request-ID"]
    assert found["error"]
    assert "\n" not in found["error"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[" * 60_000, b'{"text": "a"'], ids=lambda one: str(one[:9])
)
def test_what_is_no_json_is_refused_in_json(client: TestClient, content: bytes) -> None:
    answer = client.post("/chat", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]


def test_a_token_is_taken_from_the_header_alone(client: TestClient) -> None:
    token = ask(client, KNOWN)["conversation"]
    assert client.get(f"/messages?conversation={token}").status_code == 422
    assert client.get("/messages", headers={"X-Conversation": token}).status_code == 200


def test_a_body_too_large_is_refused_declared_or_not(client: TestClient) -> None:
    body = json.dumps({"text": "a" * 70_000}).encode()
    headers = {"Content-Type": "application/json"}
    assert client.post("/chat", content=body, headers=headers).status_code == 413
    pieces = (body[start : start + 1_000] for start in range(0, len(body), 1_000))
    assert client.post("/chat", content=pieces, headers=headers).status_code == 413


# ---- who may what


AGENTS_ONLY = [
    *(
        ("GET", path)
        for path in ("/handover", "/handover/1", "/tickets?query=a", "/tickets/a", "/learned", "/audit")
    ),
    *(("POST", path) for path in ("/handover/1/resolve", "/tickets", "/tickets/a/restore")),
    *(("PUT", "/tickets/a"), ("DELETE", "/tickets/a")),
]


@pytest.mark.parametrize(("method", "path"), AGENTS_ONLY)
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_agents_routes_need_the_token(
    trained: Path, client: TestClient, method: str, path: str, header: str | None
) -> None:
    service = client.app._app.state.service  # type: ignore[attr-defined]
    service.agents = Agents(TOKEN)  # nobody has guessed yet
    answer = client.request(method, path, json={}, headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (401, "Bearer")


@pytest.mark.parametrize(("token", "expected"), [("", "is not set"), ("short", "is too short")])
def test_without_a_good_token_of_the_environment_nobody_is_an_agent(
    trained: Path, tmp_path: Path, token: str, expected: str
) -> None:
    with client_of(trained, f"sqlite:///{tmp_path}/helpdesk.db", token=token) as client:
        for header in ({}, {"Authorization": f"Bearer {token}"}, AGENT):
            answer = client.get("/handover", headers=header)
            assert answer.status_code == 403
            assert f"HELPDESK_AGENT_TOKEN {expected}" in answer.json()["error"]
        assert ask(client, KNOWN)["reply"]["kind"] == "answer"


def test_who_guesses_tokens_has_to_wait(fresh: TestClient) -> None:
    found = [fresh.get("/learned", headers={"Authorization": f"Bearer {n}"}) for n in range(12)]
    assert [answer.status_code for answer in found] == [401] * 10 + [429] * 2
    assert 1 <= int(found[-1].headers["Retry-After"]) <= 61
    assert fresh.get("/learned", headers=AGENT).status_code == 429  # or the right guess would be told apart


def test_questions_and_votes_have_their_limits(trained: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/helpdesk.db"
    with client_of(trained, database, questions_per_minute=3, feedback_per_minute=2) as client:
        asked = [client.post("/chat", json={"text": UNKNOWN}) for _ in range(4)]
        assert [answer.status_code for answer in asked] == [200, 200, 200, 429]
        assert 1 <= int(asked[-1].headers["Retry-After"]) <= 61
        assert "too many in a minute" in asked[-1].json()["error"]
        vote = {"answer": 1, "token": "t", "helpful": True}
        assert [client.post("/feedback", json=vote).status_code for _ in range(3)] == [404, 404, 429]
        token = asked[0].json()["conversation"]
        assert client.get("/messages", headers={"X-Conversation": token}).status_code == 200


def test_each_address_has_a_limit_of_its_own() -> None:
    rate = Rate(1)
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8:1:1::1", "2001:db8:1:2::1"):
        rate.check(address)
    for address in ("192.0.2.1", "2001:db8:1:1::2"):  # the second one is of the same network
        with pytest.raises(TooMany):
            rate.check(address)
    for _ in range(100):
        Rate(0).check("192.0.2.1")


# ---- what an operator gets to know


def test_operations_answer(client: TestClient, trained: Path) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json()["ready"] is True
    version = client.get("/version").json()
    assert version["model"] == store.current(trained).version
    assert (version["data_source"], len(version["data_sha256"])) == ("synthetic", 64)
    ask(client, KNOWN)
    client.post("/chat", json={"text": ""})
    figures = client.get("/metrics").text
    for line in (
        'requests_total{route="/chat",status="200"}',
        'requests_total{route="/healthz",status="200"}',
        'validation_failures_total{field="text"}',
        'replies_total{kind="answer"}',
        f'model_info{{version="{version["model"]}"}} 1.0',
        "handovers_waiting ",
        "score_count ",
        "tickets ",
    ):
        assert line in figures


def test_made_up_paths_and_fields_make_no_figures_of_their_own(client: TestClient) -> None:
    client.get("/made-up-path")
    client.post("/chat", json={"text": "a", "made_up_field": 1})
    figures = client.get("/metrics").text
    assert "made" not in figures
    assert 'requests_total{route="other",status="404"}' in figures


def test_every_route_is_counted_by_its_name(client: TestClient) -> None:
    """The addresses of openapi.json are those with a name; a path of a ticket is written otherwise there."""
    described = client.get("/openapi.json").json()["paths"]
    known = {re.sub(r":path", "", route) for route in app.ROUTES}
    assert described.keys() <= known
    assert {"/chat", "/feedback", "/tickets/{ticket}", "/handover/{number}/resolve"} <= described.keys()


def test_every_answer_has_its_headers_and_an_id(client: TestClient) -> None:
    for path in ("/healthz", "/nowhere", "/messages"):
        answer = client.get(path, headers={"X-Request-ID": "mine-1"})
        assert answer.headers["X-Request-ID"] == "mine-1"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_log_lines_are_json_and_hold_no_text(fresh: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    found = ask(fresh, UNKNOWN)
    fresh.post("/chat", json={"text": f"{REWORDED} jane.roe@example.com", "made_up": "plesiosaur"})
    fresh.post("/chat", json={"text": "plesiosaur" * 1_000})
    token = {"X-Conversation": found["conversation"]}
    fresh.post("/handover", headers=token)
    fresh.post("/handover/1/resolve", headers=AGENT, json={"subject": SUBJECT, "resolution": RESOLUTION})
    reply = ask(fresh, UNKNOWN)["reply"]
    fresh.post("/feedback", json={"answer": reply["id"], "token": reply["feedback_token"], "helpful": True})
    fresh.get("/tickets?query=plesiosaur", headers=AGENT)
    formatter = observe.JsonFormatter()
    records = [
        record for record in caplog.records if record.name != "httpx2"
    ]  # which is the client of this test
    lines = [formatter.format(record) for record in records]
    assert len([line for line in lines if json.loads(line)["message"] == "answered"]) >= 8
    said = "\n".join(lines).casefold()
    for secret in ("plesiosaur", "jane.roe", "lyme", TOKEN, found["conversation"], reply["feedback_token"]):
        assert secret.casefold() not in said


def test_what_goes_wrong_inside_stays_inside(
    fresh: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(UNKNOWN)

    monkeypatch.setattr(desk.Desk, "ask", broken)
    answer = fresh.post("/chat", json={"text": UNKNOWN})
    assert (answer.status_code, answer.json()["fields"]) == (500, [])
    assert "plesiosaur" not in answer.text
    formatter = observe.JsonFormatter()
    assert "plesiosaur" not in "\n".join(map(formatter.format, caplog.records))


def test_a_locked_database_is_a_503_in_json(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.asgi.database._BUSY_MS", 50)
    with client_of(trained, f"sqlite:///{tmp_path}/helpdesk.db") as client:
        reply = ask(client, KNOWN)["reply"]
        vote = {"answer": reply["id"], "token": reply["feedback_token"], "helpful": True}
        engine = client.app._app.state.service.desk.engine  # type: ignore[attr-defined]
        with engine.connect() as other:
            other.exec_driver_sql("ROLLBACK")
            other.exec_driver_sql("BEGIN EXCLUSIVE")
            for answer in (client.post("/chat", json={"text": KNOWN}), client.post("/feedback", json=vote)):
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
                assert answer.json()["error"].startswith("the database is locked by another program; nothing")
            assert client.get("/healthz").status_code == 200
            other.exec_driver_sql("ROLLBACK")
        assert client.post("/feedback", json=vote).json() == {"answer": reply["id"], "helpful": True}
        assert len(client.get("/audit", headers=AGENT).json()["changes"]) == 1


def test_without_a_model_it_runs_and_says_why_not(untrained: Path, tmp_path: Path) -> None:
    with client_of(untrained, f"sqlite:///{tmp_path}/helpdesk.db") as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["ready"]) == (503, False)
        assert "no trained model" in answer.json()["detail"]
        for method, path, body in (("GET", "/version", None), ("POST", "/chat", {"text": KNOWN})):
            refused = client.request(method, path, json=body)
            assert refused.status_code == 503
            assert "no trained model" in refused.json()["error"]
        assert client.get("/metrics").status_code == 200


def test_a_tampered_model_is_not_served(copy_of_trained: Path, tmp_path: Path) -> None:
    path = store.current(copy_of_trained).path / "model.npz"
    path.write_bytes(path.read_bytes()[:-1])
    with client_of(copy_of_trained, f"sqlite:///{tmp_path}/helpdesk.db") as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "model.npz: sha256 is" in answer.json()["detail"]


@pytest.mark.parametrize(
    "database", ["nonsense", "oracle9://me:secret@host/db", "sqlite:////proc/no/such/folder.db"]
)
def test_an_impossible_database_is_one_line_without_its_password(trained: Path, database: str) -> None:
    with client_of(trained, database) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "database" in answer.json()["detail"]
        assert "secret" not in answer.text
