"""What goes elsewhere: image, compose file, locked requirements, the commands that the README shows."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from projects import ROOT
from sqlalchemy.engine import make_url
from starlette.testclient import TestClient

from helpdesk.__main__ import _parser
from helpdesk.serving import app

if TYPE_CHECKING:
    from pathlib import Path

# As generated, or as it lies in the template.
README = next(path for path in (ROOT / "README.md", ROOT / "README.md.jinja") if path.is_file())
COMMANDS = re.findall(
    r"^ *(curl .+|python -m helpdesk .+?)(?:  +#.*)?$", README.read_text(encoding="utf-8"), re.MULTILINE
)
CURLS = [command for command in COMMANDS if command.startswith("curl ")]
TOKEN = "a-token-of-the-agents"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


# ---- the image


def test_image_is_not_root_pinned_checked_and_hash_locked() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"python:3\.\d+-slim-[a-z]+", base) for base in bases)
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001"]
    assert "--require-hashes" in text
    for command in re.findall(r'CMD \["portfolio", (.*)\]', text):
        assert _parser().parse_args(shlex.split(command.replace(",", " "))).func


def test_the_service_may_write_where_its_database_lies_and_nowhere_else() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^RUN install --directory --owner=service (\S+)$", text, re.MULTILINE) == ["var"]
    assert 'database = "sqlite:///var/' in (ROOT / "params.toml").read_text(encoding="utf-8")
    assert SERVICES["helpdesk"]["volumes"] == ["helpdesk:/app/var"]
    for name in (".gitignore", ".dockerignore"):
        path = next(path for path in (ROOT / name, ROOT / f"{name}.jinja") if path.is_file())
        lines = path.read_text(encoding="utf-8").splitlines()
        assert {"var", "/var/"} & set(lines), name
        assert ".env" in lines, f"{name} lets the file with the tokens through"


# ---- the compose file


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_do_as_little_as_possible(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "build" in service or service["user"] not in ("root", "0")  # the built one: USER of the Dockerfile


def test_the_database_is_pinned_checked_and_has_no_door_outside() -> None:
    database = SERVICES["database"]
    assert re.fullmatch(r"postgres:\d+\.\d+-[a-z]+", database["image"])
    assert database["profiles"] == ["postgresql"]
    assert "ports" not in database
    assert "pg_isready" in database["healthcheck"]["test"]
    assert SERVICES["helpdesk"]["depends_on"]["database"] == {
        "condition": "service_healthy",
        "required": False,
    }


def test_the_service_is_published_on_this_machine_alone() -> None:
    assert SERVICES["helpdesk"]["ports"] == ["127.0.0.1:8080:8080"]


def test_no_secret_stands_in_the_compose_file() -> None:
    for service in SERVICES.values():
        for key, value in service["environment"].items():
            if re.search("TOKEN|PASSWORD|KEY", key):
                assert re.fullmatch(r"\$\{\w+:(-|\?.+)\}", value), f"{key}: not from the environment alone"


def filled(text: str, environment: dict[str, str]) -> str:
    """Fill in a value as compose does, as far as this file needs it."""
    name, operator, rest = re.fullmatch(r"\$\{(\w+):([-+?])(.*)\}", text).groups()  # type: ignore[union-attr]
    value = environment.get(name, "")
    if operator == "?" and not value:
        raise KeyError(rest)
    return (rest if value else "") if operator == "+" else value or rest


def test_without_a_token_compose_says_what_to_set() -> None:
    with pytest.raises(KeyError, match="what agents log in with, at least 16 characters"):
        filled(SERVICES["helpdesk"]["environment"]["HELPDESK_AGENT_TOKEN"], {})


def test_a_password_of_the_database_leads_to_it_and_none_to_sqlite() -> None:
    address = SERVICES["helpdesk"]["environment"]["HELPDESK_DATABASE"]
    assert filled(address, {}) == ""
    url = make_url(filled(address, {"HELPDESK_DATABASE_PASSWORD": "secret"}))
    asked = SERVICES["database"]["environment"]
    assert (url.drivername, url.host, url.password) == ("postgresql+psycopg", "database", None)
    assert (url.username, url.database) == (asked["POSTGRES_USER"], asked["POSTGRES_DB"])
    assert SERVICES["helpdesk"]["environment"]["PGPASSWORD"] == asked["POSTGRES_PASSWORD"]
    assert url.get_dialect().driver == "psycopg"


# ---- the requirements


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.txt"])
def test_every_requirement_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    requirements = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(requirements) > 20
    for requirement in requirements:
        assert "--hash=sha256:" in requirement, requirement.partition("\n")[0]


def test_what_is_tested_is_what_is_served() -> None:
    """The same version of each package in both files; the tests bring more, and heavy ones stay out."""
    served, tested = locked("requirements.lock"), locked("requirements-dev.txt")
    assert served.items() <= tested.items()
    assert {"numpy", "scipy", "fastapi", "sqlmodel", "alembic", "psycopg-binary"} <= served.keys()
    assert not tested.keys() & {"torch", "transformers", "sentence-transformers"}


def test_nothing_that_is_served_can_run_code_when_loaded() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) (pickle|joblib|dill|shelve)\b", text, re.MULTILINE), path
        assert "allow_pickle=True" not in text, path


# ---- what the README shows


def test_every_verb_of_the_readme_is_one() -> None:
    shown = [command for command in COMMANDS if command.startswith("python ")]
    assert len(shown) == 3
    text = README.read_text(encoding="utf-8")
    inline = re.findall(r"`python -m helpdesk ([^`]+)`", text)
    table = text.partition("| verb of `python -m helpdesk` | does |")[2].partition("\n\n")[0]
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (.+?) \|", table, re.MULTILINE)))
    assert len(named) > 8
    for words in [*(command.partition("helpdesk ")[2] for command in shown), *inline]:
        asked = _parser().parse_args(shlex.split(words))
        assert asked.func, words
    for verb in named:
        assert f"    {verb} " in _parser().format_help() or f"    {verb}\n" in _parser().format_help(), verb


def test_every_request_of_the_readme_is_answered(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order in which they stand: asked, not known, handed over, resolved, known."""
    monkeypatch.setenv("HELPDESK_DATABASE", f"sqlite:///{tmp_path}/helpdesk.db")
    monkeypatch.setenv("HELPDESK_AGENT_TOKEN", TOKEN)
    assert len(CURLS) == 6
    known = {"$HELPDESK_AGENT_TOKEN": TOKEN}
    kinds = []
    with TestClient(app.create_app(trained)) as http:
        for shown in CURLS:
            command = re.sub("|".join(map(re.escape, known)), lambda match: known[match[0]], shown)
            answer = send(http, command)
            if reply := answer.get("reply"):
                kinds.append(reply["kind"])
                known["ANSWER"] = str(reply["id"])
                known["FEEDBACK_TOKEN"] = reply["feedback_token"] or known.get("FEEDBACK_TOKEN", "")
                known["CONVERSATION"] = answer["conversation"]
            if "handover" in command and "resolve" not in command:
                known["HANDOVER"] = str(answer["reply"]["handover"])
    assert kinds[0] == "answer"
    assert kinds[1] != "answer"
    assert kinds[-1] == "answer"


def send(http: TestClient, command: str) -> dict[str, Any]:
    """Send what a line with curl would."""
    words = shlex.split(command)
    headers = dict(words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "--header")
    body = words[words.index("--data") + 1] if "--data" in words else None
    answer = http.post(words[1].removeprefix("http://127.0.0.1:8080"), content=body, headers=headers)
    assert answer.status_code < 300, (command, answer.text)
    found: dict[str, Any] = json.loads(answer.text)
    return found
