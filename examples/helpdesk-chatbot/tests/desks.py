"""What the tests of the service have in common: something that no ticket knows, and ways to ask."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from helpdesk import params
from helpdesk.serving import access, app
from helpdesk.serving.desk import VARIABLE, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk.serving.predictor import Predictor

TOKEN = "a token of the tests, long enough"
AGENT = {"Authorization": f"Bearer {TOKEN}"}
KNOWN = "I forgot my password and cannot log in any more."
UNKNOWN = "Which plesiosaur skeleton stands in the lobby, and when was it dug up?"
REWORDED = "When was the plesiosaur skeleton in the lobby dug up?"
SUBJECT = "Plesiosaur in the lobby"
RESOLUTION = (
    "Hello,\n\nthe plesiosaur skeleton in the lobby was dug up in 1823 near Lyme Regis.\n\nKind regards\nMara"
)
LEARNED = "the plesiosaur skeleton in the lobby was dug up in 1823 near Lyme Regis."


@contextmanager
def desk_of(root: Path, predictor: Predictor, database: str, **service: Any) -> Iterator[Desk]:
    """Open a desk on a database of its own; `service` changes settings of that section."""
    settings = params.load(root)
    settings = replace(settings, service=replace(settings.service, **service))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, database)
        desk = Desk.open(root, settings, predictor)
        yield desk
        desk.close()


@contextmanager
def client_of(root: Path, database: str, *, token: str = TOKEN, **service: Any) -> Iterator[TestClient]:
    """Start the application on a database of its own; without limits, unless `service` sets them."""
    settings = params.load(root)
    unlimited = {"questions_per_minute": 0, "feedback_per_minute": 0}
    settings = replace(settings, service=replace(settings.service, **(unlimited | service)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, database)
        patch.setenv(access.VARIABLE, token)
        with TestClient(app.create_app(root, settings=settings)) as client:
            yield client


def ask(client: TestClient, text: str, conversation: str | None = None) -> dict[str, Any]:
    """Ask over HTTP; returns the conversation and the reply."""
    headers = {"X-Conversation": conversation} if conversation else {}
    answer = client.post("/chat", json={"text": text}, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
