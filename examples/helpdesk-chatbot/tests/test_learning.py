"""Asked and not known, resolved by a person, asked again and known: at once and after a crash."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest
from desks import KNOWN, LEARNED, RESOLUTION, REWORDED, SUBJECT, TOKEN, UNKNOWN, client_of, desk_of
from projects import ROOT

from helpdesk.portfolio import probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk.serving.predictor import Predictor

AGENT = {"Authorization": f"Bearer {TOKEN}"}


class Running:
    """The service as a process of its own."""

    def __init__(self, root: Path, database: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "HELPDESK_DATABASE": database,
            "HELPDESK_AGENT_TOKEN": TOKEN,
            "PYTHONPATH": str(ROOT / "src"),
        }
        command = [sys.executable, "-m", "helpdesk", "serve", "--root", str(root), "--port", str(port)]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        probe.wait_ready(f"{self.address}/readyz", 60)

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
        request = Request(self.address + path, content, headers, method=method)  # noqa: S310
        with urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())

    def ask(self, text: str) -> Any:
        return self.send("POST", "/chat", {"text": text})

    def kill(self) -> None:
        """End it without a chance to put anything in order."""
        self.process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        self.process.wait(30)


@pytest.fixture
def started(trained: Path, tmp_path: Path) -> Iterator[Any]:
    running: list[Running] = []

    def start() -> Running:
        running.append(Running(trained, f"sqlite:///{tmp_path}/helpdesk.db"))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.kill()


def test_what_a_person_resolves_is_known_at_once_and_after_a_crash(started: Any) -> None:
    service = started()
    first = service.ask(UNKNOWN)
    assert first["reply"]["kind"] in ("clarify", "unknown")
    mine = {"X-Conversation": first["conversation"]}
    number = service.send("POST", "/handover", **mine)["reply"]["handover"]
    body = {"subject": SUBJECT, "resolution": RESOLUTION}
    ticket = service.send("POST", f"/handover/{number}/resolve", body, **AGENT)
    again = service.ask(UNKNOWN)["reply"]
    assert (again["kind"], again["text"]) == ("answer", LEARNED)
    assert [one["ticket"] for one in again["sentences"]] == [ticket["id"]]
    vote = {"answer": again["id"], "token": again["feedback_token"], "helpful": True}
    assert service.send("POST", "/feedback", vote)["helpful"] is True
    waiting = service.ask("Is there a lending desk for umbrellas?")
    theirs = {"X-Conversation": waiting["conversation"]}
    left = service.send("POST", "/handover", **theirs)["reply"]["handover"]

    service.kill()
    service = started()
    for text in (UNKNOWN, REWORDED):
        known = service.ask(text)["reply"]
        assert (known["kind"], known["text"]) == ("answer", LEARNED)
    assert service.send("GET", f"/tickets/{ticket['id']}", **AGENT)["up"] == 1
    assert [one["id"] for one in service.send("GET", "/learned", **AGENT)["tickets"]] == [ticket["id"]]
    said = service.send("GET", "/messages", **mine)["messages"]
    assert (said[0]["text"], said[-1]["text"]) == (UNKNOWN, RESOLUTION)
    assert [one["id"] for one in service.send("GET", "/handover", **AGENT)["handovers"]] == [left]
    undone = service.send("DELETE", "/feedback", {key: vote[key] for key in ("answer", "token")})
    assert undone["helpful"] is None


def test_a_service_killed_while_it_learns_keeps_all_that_it_said_it_kept(started: Any) -> None:
    """Tickets are added one after the other; the process dies between any two instructions."""
    service = started()
    kept: list[str] = []
    begun = threading.Event()

    def teach() -> None:
        try:
            for number in range(10_000):
                body = {"subject": SUBJECT, "body": f"{UNKNOWN} {number}", "resolution": RESOLUTION}
                kept.append(service.send("POST", "/tickets", body, **AGENT)["id"])
                if number == 20:
                    begun.set()
        except OSError:
            begun.set()

    teacher = threading.Thread(target=teach)
    teacher.start()
    begun.wait(60)
    service.kill()
    teacher.join(60)
    assert len(kept) > 20
    service = started()
    found = [one["id"] for one in service.send("GET", "/learned?first=200", **AGENT)["tickets"]]
    assert set(kept) <= set(found)
    assert len(found) <= len(kept) + 1  # the one that was committed but not answered any more
    changes = service.send("GET", "/audit?first=200", **AGENT)["changes"]
    assert sorted(change["ticket"] for change in changes) == sorted(found)
    assert service.ask(UNKNOWN)["reply"]["text"] == LEARNED


def test_what_two_people_resolve_twice_is_still_known(
    trained: Path, predictor: Predictor, tmp_path: Path
) -> None:
    """Tickets about the same thing are no reason to doubt, whether question or answer show it."""
    with desk_of(trained, predictor, f"sqlite:///{tmp_path}/helpdesk.db") as desk:
        first = desk.add(subject=SUBJECT, body=UNKNOWN, resolution=RESOLUTION)
        other = desk.add(subject="The skeleton", body=UNKNOWN, resolution="In 1823, at the coast.")
        third = desk.add(subject="Bones", body="How old are those bones?", resolution=f"Hi,\n{LEARNED}\nAnna")
        assert (first.intent, other.intent) == ("", first.id)
        assert third.intent == ""  # its question has nothing in common with the others
        for text in (UNKNOWN, REWORDED):
            assert desk.ask(text).message.kind == "answer"
        unlike = desk.add(subject=SUBJECT, body="Who dusts the plesiosaur skeleton?", resolution="Ms Petrie.")
        assert unlike.intent == ""
        desk.edit(other.id, body="Where do I get a visitor's badge?", resolution="At the gate.")
        assert desk.ticket(other.id).intent == ""


def test_what_was_known_before_still_is(trained: Path, tmp_path: Path) -> None:
    with client_of(trained, f"sqlite:///{tmp_path}/helpdesk.db") as client:
        before = client.post("/chat", json={"text": KNOWN}).json()["reply"]
        body = {"subject": SUBJECT, "body": UNKNOWN, "resolution": RESOLUTION}
        assert client.post("/tickets", headers=AGENT, json=body).status_code == 201
        after = client.post("/chat", json={"text": KNOWN}).json()["reply"]
        assert (before["kind"], before["text"]) == ("answer", after["text"])
