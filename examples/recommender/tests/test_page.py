"""The page: its files as they are served, and its questions to the service."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from graphql import OperationDefinitionNode, parse, validate
from starlette.testclient import TestClient

from recommender.serving import app, ratings, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from recommender.params import Params
    from recommender.serving.predictor import Predictor

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FILES = sorted(path.name for path in app.WEB.iterdir())
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in app.WEB.glob("*.js")}
HTML = (app.WEB / "index.html").read_text(encoding="utf-8")


class Elements(HTMLParser):
    """All elements with their attributes, and what is written inside of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem and data.strip():
            self.inline.append(data)


ELEMENTS = Elements(HTML)
IDS = {attributes["id"] for _, attributes in ELEMENTS.found if "id" in attributes}


def document() -> str:
    """The GraphQL document that the page sends with each question."""
    (text,) = re.findall(r"/\* GraphQL \*/ `([^`]*)`", "".join(SCRIPTS.values()))
    return str(text)


def operations() -> dict[str, OperationDefinitionNode]:
    nodes = [node for node in parse(document()).definitions if isinstance(node, OperationDefinitionNode)]
    return {node.name.value: node for node in nodes if node.name}


@pytest.fixture(scope="module")
def http(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ratings.VARIABLE, f"sqlite:///{tmp_path_factory.mktemp('db')}/ratings.db")
        with TestClient(app.create_app(trained)) as client:
            yield client


# ---- files


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_served_with_its_type_and_policy(http: TestClient, name: str) -> None:
    answer = http.get("/" if name == "index.html" else f"/web/{name}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == TYPES[f".{name.rpartition('.')[2]}"]
    assert "script-src 'self'; style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.content == (app.WEB / name).read_bytes()


def test_nothing_is_inline() -> None:
    assert ELEMENTS.inline == []
    for tag, attributes in ELEMENTS.found:
        assert tag != "style"
        assert tag != "script" or attributes["src"]
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


def test_it_refers_to_nothing_but_its_own_files() -> None:
    named = [attributes.get(name) for _, attributes in ELEMENTS.found for name in ("src", "href")]
    local = {name for name in named if name}
    assert local == {f"web/{name}" for name in FILES if name != "index.html"} | {
        path.removeprefix("/") for path in ("/info", "/version", "/readyz", "/metrics") if path in app.ROUTES
    }
    for name, text in SCRIPTS.items():
        assert set(re.findall(r'from "\./(.+?)"', text)) <= set(FILES), name
        assert set(re.findall(r"\w+://[^\s\"'`]+", text)) <= {"http://www.w3.org/2000/svg"}, name
    assert "url(" not in (app.WEB / "page.css").read_text(encoding="utf-8")


def test_text_never_becomes_markup() -> None:
    for name, text in SCRIPTS.items():
        found = re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|DOMParser", text)
        assert not found, name


def test_the_scripts_look_for_ids_that_are_there() -> None:
    asked = {id_ for text in SCRIPTS.values() for id_ in re.findall(r'(?:at|show|ById)\("([\w-]+)"', text)}
    assert len(asked) > 20
    assert asked <= IDS


# ---- questions


def test_every_question_fits_the_schema(settings: Params) -> None:
    made = schema.make(settings.service)
    assert validate(made._schema, parse(document())) == []  # strawberry has no other way to its types


def test_the_questions_that_are_asked_are_those_of_the_document() -> None:
    asked = {name for text in SCRIPTS.values() for name in re.findall(r'ask(?:For\("\w+", |\()"(\w+)"', text)}
    assert asked == set(operations())


@pytest.mark.parametrize("name", sorted(operations()))
def test_no_question_is_beyond_the_limits(http: TestClient, settings: Params, name: str) -> None:
    values = {"user": "u00001", "item": "f00001", "rating": 4, "first": settings.service.most_first}
    asked = {variable.variable.name.value for variable in operations()[name].variable_definitions or ()}
    variables = {key: value for key, value in values.items() if key in asked}
    body = {"query": document(), "operationName": name, "variables": variables}
    answer = http.post("/graphql", json=body).json()
    assert "errors" not in answer, answer
    assert answer["data"]


def test_the_facts_hold_the_popular_items_for_somebody_new(http: TestClient, predictor: Predictor) -> None:
    facts = http.get("/info").json()
    assert (facts["title"], facts["kind"], facts["low"], facts["high"]) == (
        "What comes next",
        "synthetic",
        1,
        5,
    )
    assert facts["guesses_ratings"] is (facts["model"] in {"biases", "mf-explicit"})
    best = predictor.rank({}, app.STARTERS, cold_below=1).items
    assert [item["id"] for item in facts["popular"]] == [predictor.items[place].id for place in best]
    assert set(facts["popular"][0]) == {"id", "title", "year", "genres"}


def test_without_a_model_the_facts_are_empty(untrained: Path) -> None:
    with TestClient(app.create_app(untrained)) as client:
        facts = client.get("/info").json()
    assert (facts["model"], facts["popular"]) == (None, [])
