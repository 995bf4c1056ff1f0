"""The GraphQL service: what it answers, what it refuses, and how much it looks up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, insert
from starlette.testclient import TestClient

from recommender import params
from recommender.model import judge, split
from recommender.portfolio import store
from recommender.serving import app, paging, ratings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from recommender.serving.predictor import Predictor

LIST = """
query($id: ID!, $first: Int! = 10, $after: String, $seen: Boolean! = true, $genre: String) {
  recommendations(userId: $id, first: $first, after: $after, excludeSeen: $seen, genre: $genre) {
    __typename
    ... on RecommendationConnection {
      strategy reason
      edges { cursor score rank node { id title genres } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
    ... on UnknownUser { userId message }
    ... on UnknownGenre { genre message known }
  }
}"""
RATE = """
mutation($id: ID!, $item: ID!, $rating: Float!) {
  rate(userId: $id, itemId: $item, rating: $rating) {
    __typename
    ... on Rated { rating previous item { title } recommendations { strategy reason edges { node { id } } } }
    ... on UnknownItem { itemId message }
    ... on InvalidRating { rating message }
  }
}"""
UNDO = """
mutation($id: ID!, $item: ID!) {
  undo(userId: $id, itemId: $item) {
    __typename
    ... on Undone { rating recommendations { strategy edges { node { id } } } }
    ... on NothingToUndo { message }
  }
}"""


class Client:
    """Asks the service as a browser does."""

    def __init__(self, http: TestClient) -> None:
        self.http = http

    def raw(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = self.http.post("/graphql", json={"query": query, "variables": variables})
        found: dict[str, Any] = answer.json()
        return found

    def ask(self, query: str, **variables: Any) -> Any:
        found = self.raw(query, **variables)
        assert "errors" not in found, found
        (value,) = found["data"].values()
        return value

    def error(self, query: str, **variables: Any) -> dict[str, Any]:
        found = self.raw(query, **variables)
        (error,) = found["errors"][:1]
        return dict(error)

    def ids(self, user: str, **variables: Any) -> list[str]:
        return [edge["node"]["id"] for edge in self.ask(LIST, id=user, **variables)["edges"]]


def client_of(root: Path, *, development: bool = False) -> Iterator[Client]:
    """Start the service, with its ratings where params.toml says."""
    with TestClient(app.create_app(root, development=development)) as http:
        yield Client(http)


@pytest.fixture
def client(copy_of_trained: Path) -> Iterator[Client]:
    """A service with a database of its own, which a test may write to."""
    yield from client_of(copy_of_trained)


@pytest.fixture(scope="module")
def reading(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A service that is only read from, its ratings outside the project that others read, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ratings.VARIABLE, f"sqlite:///{tmp_path_factory.mktemp('db')}/ratings.db")
        service = TestClient(app.create_app(trained))
        service.__enter__()
    yield Client(service)
    service.__exit__(None, None, None)


# ---- lists


def test_a_known_user_gets_a_personal_list_of_unseen_items(reading: Client, predictor: Predictor) -> None:
    found = reading.ask(LIST, id="u00003")
    assert found["strategy"] == "PERSONAL"
    assert [edge["rank"] for edge in found["edges"]] == list(range(1, 11))
    scores = [edge["score"] for edge in found["edges"]]
    assert scores == sorted(scores, reverse=True)
    history = reading.ask(
        'query { user(id: "u00003") { ... on User { ratings(first: 100) { item { id } } } } }'
    )
    seen = {row["item"]["id"] for row in history["ratings"]}
    assert not seen & {edge["node"]["id"] for edge in found["edges"]}


def test_service_and_evaluation_give_the_same_scores(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the training histories in the database, a list over HTTP is the list that was judged."""
    from recommender.data import ingestion
    from recommender.serving.predictor import Predictor

    settings = params.load(trained)
    predictor = Predictor.load(trained)
    parts = split.parts(ingestion.read(trained)[0], split.TEMPORAL, settings)
    judged = judge.judged(predictor.model, parts, 10, 1000)
    monkeypatch.setenv(ratings.VARIABLE, f"sqlite:///{tmp_path}/ratings.db")
    database = ratings.Ratings.open(tmp_path, "")
    train = parts.train
    columns = zip(train.user.tolist(), train.item.tolist(), train.value.tolist(), strict=True)
    rows = [
        {
            "user_id": train.users[user],
            "item_id": train.items[item],
            "value": value,
            "at": 0,
            "imported": True,
        }
        for user, item, value in columns
    ]
    with database._writing() as connection:
        connection.execute(insert(ratings.Note).values(key="histories", value="test"))
        connection.execute(insert(ratings.Event), rows)
    matrix = train.matrix()
    for client in client_of(trained):
        for row, user in enumerate(judged.users[:100].tolist()):
            edges = client.ask(LIST, id=train.users[user])["edges"]
            assert [predictor.place[edge["node"]["id"]] for edge in edges] == judged.lists[row].tolist()
            expected = predictor.model.scores(matrix[[user], :])[0]
            for edge in edges:
                assert edge["score"] == pytest.approx(
                    float(expected[predictor.place[edge["node"]["id"]]]), abs=1e-6
                )


def test_pages_follow_each_other_without_gap_or_repeat(reading: Client) -> None:
    whole = reading.ids("u00002", first=30)
    found: list[str] = []
    after = None
    for page in range(3):
        part = reading.ask(LIST, id="u00002", first=10, after=after)
        found += [edge["node"]["id"] for edge in part["edges"]]
        after = part["pageInfo"]["endCursor"]
        assert part["pageInfo"]["hasPreviousPage"] is (page > 0)
        assert part["pageInfo"]["hasNextPage"] is True
    assert found == whole


def test_the_last_page_says_that_it_is_the_last(reading: Client) -> None:
    part = reading.ask(LIST, id="u00002", first=100)
    while part["pageInfo"]["hasNextPage"]:
        part = reading.ask(LIST, id="u00002", first=100, after=part["pageInfo"]["endCursor"])
    beyond = reading.ask(LIST, id="u00002", first=100, after=part["pageInfo"]["endCursor"])
    assert beyond["edges"] == []
    assert beyond["pageInfo"]["endCursor"] is None


def test_a_genre_is_kept_to(reading: Client) -> None:
    found = reading.ask(LIST, id="u00002", genre="Drama", first=20)
    assert found["edges"]
    assert all("Drama" in edge["node"]["genres"] for edge in found["edges"])


def test_seen_items_come_back_when_asked_for(reading: Client) -> None:
    assert set(reading.ids("u00001", seen=False, first=100)) - set(reading.ids("u00001", first=100))


def test_similar_items_leave_out_the_item_itself(reading: Client) -> None:
    query = (
        "query($id: ID!) { similarItems(itemId: $id, first: 5) "
        "{ ... on SimilarItems { items { score item { id } } } } }"
    )
    found = reading.ask(query, id="f00005")["items"]
    assert len(found) == 5
    assert "f00005" not in {row["item"]["id"] for row in found}


def test_reasons_add_up_to_the_score(reading: Client) -> None:
    item = reading.ids("u00003")[0]
    query = (
        "query($id: ID!, $item: ID!) { explain(userId: $id, itemId: $item, first: 3) { ... on Explanation "
        "{ score start rest strategy reasons { amount rating item { title } } } } }"
    )
    found = reading.ask(query, id="u00003", item=item)
    assert found["strategy"] == "PERSONAL"
    assert len(found["reasons"]) == 3
    total = found["start"] + found["rest"] + sum(reason["amount"] for reason in found["reasons"])
    assert total == pytest.approx(found["score"], abs=1e-4)
    listed = reading.ask(LIST, id="u00003")["edges"][0]["score"]
    assert found["score"] == pytest.approx(listed, abs=1e-6)


# ---- cold, unknown, wrong


def test_a_new_user_gets_the_popular_list_and_is_told_so(client: Client) -> None:
    first = client.ask(RATE, id="newcomer", item="f00007", rating=4)
    assert first["recommendations"]["strategy"] == "POPULAR"
    assert first["recommendations"]["reason"] == "1 rating; a list of one's own begins with 3"
    for item in ("f00008", "f00009"):
        last = client.ask(RATE, id="newcomer", item=item, rating=5)
    assert last["recommendations"]["strategy"] == "PERSONAL"
    assert last["recommendations"]["reason"] == "from 3 ratings"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('{ recommendations(userId: "nobody") { __typename } }', "UnknownUser"),
        ('{ recommendations(userId: "u00001", genre: "Opera") { __typename } }', "UnknownGenre"),
        ('{ user(id: "nobody") { __typename } }', "UnknownUser"),
        ('{ item(id: "nothing") { __typename } }', "UnknownItem"),
        ('{ similarItems(itemId: "nothing") { __typename } }', "UnknownItem"),
        ('{ explain(userId: "nobody", itemId: "f00001") { __typename } }', "UnknownUser"),
        ('{ explain(userId: "u00001", itemId: "nothing") { __typename } }', "UnknownItem"),
        ('mutation { rate(userId: "u00001", itemId: "nothing", rating: 3) { __typename } }', "UnknownItem"),
        ('mutation { rate(userId: "u00001", itemId: "f00001", rating: 9) { __typename } }', "InvalidRating"),
        ('mutation { undo(userId: "u00001", itemId: "nothing") { __typename } }', "UnknownItem"),
        ('mutation { undo(userId: "u00001", itemId: "f00001") { __typename } }', "NothingToUndo"),
    ],
)
def test_what_is_unknown_is_an_answer_with_a_type(reading: Client, query: str, expected: str) -> None:
    assert reading.ask(query)["__typename"] == expected


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        ({"first": 0}, "BAD_INPUT", "first is 0; expected 1 to 100"),
        ({"first": -5}, "BAD_INPUT", "first is -5; expected 1 to 100"),
        ({"first": 101}, "BAD_INPUT", "first is 101; expected 1 to 100"),
        ({"first": 2_000_000_000}, "TOO_COSTLY", "at most 5,000 are answered"),
        ({"after": "10"}, "BAD_INPUT", "after is no cursor of this service"),
        ({"after": "☃"}, "BAD_INPUT", "after is no cursor of this service"),
        ({"after": "A" * 5_000}, "BAD_INPUT", "after is no cursor of this service"),
        ({"after": paging.cursor(-3, "0" * 12)}, "BAD_INPUT", "after is no cursor of this service"),
        ({"after": paging.cursor(3, "0" * 12)}, "BAD_INPUT", "after belongs to another list"),
    ],
)
def test_arguments_that_make_no_sense_are_errors_with_a_code(
    reading: Client, arguments: dict[str, Any], code: str, expected: str
) -> None:
    error = reading.error(LIST, id="u00001", **arguments)
    assert error["extensions"]["code"] == code
    assert expected in error["message"]


def test_a_cursor_is_good_for_one_list_only(client: Client) -> None:
    mine = client.ask(LIST, id="u00001")["pageInfo"]["endCursor"]
    for other in ({"id": "u00002"}, {"id": "u00001", "genre": "Drama"}, {"id": "u00001", "seen": False}):
        assert "another list" in client.error(LIST, after=mine, **other)["message"]
    client.ask(RATE, id="u00001", item=client.ids("u00001")[3], rating=1)
    assert "before it changed" in client.error(LIST, id="u00001", after=mine)["message"]


def test_wrong_types_are_refused_before_anything_is_looked_up(reading: Client) -> None:
    for query in (
        "{ recommendations(userId: {a: 1}) { __typename } }",
        '{ recommendations(userId: "u00001", first: "ten") { __typename } }',
        'mutation { rate(userId: "u00001", itemId: "f00001", rating: "five") { __typename } }',
        "{ recommendations { __typename } }",
        "{ nothing }",
        "query {",
        "",
    ):
        assert reading.raw(query).get("data") is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"3",
        b'"{ genres }"',
        b'[{"query": "{ genres }"}]',
        b"{}",
        b'{"query": 3}',
        b"\xff",
        b"[" * 60_000,
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)
def test_what_is_no_graphql_request_at_all_is_refused_in_json(reading: Client, body: bytes) -> None:
    answer = reading.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("id_", ["\ud800", "\0", "", "x" * 10_000])
def test_an_id_that_nobody_can_have_is_unknown(reading: Client, id_: str) -> None:
    query = (
        "query($id: ID!) { user(id: $id) { __typename } recommendations(userId: $id) { __typename } "
        'explain(userId: $id, itemId: "f00001") { __typename } none: item(id: $id) { __typename } '
        'item(id: "f00001") { ... on Item { ratingOf(userId: $id) } } }'
    )
    body = json.dumps({"query": query, "variables": {"id": id_}})
    found = reading.http.post("/graphql", content=body, headers={"Content-Type": "application/json"}).json()
    assert "errors" not in found
    kinds = [found["data"][name]["__typename"] for name in ("user", "recommendations", "explain", "none")]
    assert kinds == ["UnknownUser"] * 3 + ["UnknownItem"]
    assert found["data"]["item"]["ratingOf"] is None


def test_a_refusal_is_no_line_in_the_log_and_names_nobody(
    reading: Client, caplog: pytest.LogCaptureFixture
) -> None:
    reading.error(LIST, id="u00001", first=0)
    reading.error('{ nothing(id: "u00001") }')
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert "u00001" not in caplog.text


@pytest.mark.parametrize("user", ["", " ", "x" * 65, "two\nlines", " left"])
def test_an_impossible_user_id_cannot_rate(reading: Client, user: str) -> None:
    error = reading.error(RATE, id=user, item="f00001", rating=3)
    assert error["extensions"] == {"code": "BAD_INPUT", "argument": "userId"}


# ---- limits


def nested(levels: int) -> str:
    inner = "id"
    for _ in range(levels):
        inner = f"similar(first: 1) {{ item {{ {inner} }} }}"
    return f'{{ item(id: "f00001") {{ ... on Item {{ {inner} }} }} }}'


def test_two_hundred_levels_are_refused(reading: Client) -> None:
    assert (
        "Document is nested too deeply" in reading.error(nested(100))["message"]
    )  # the parser gives up first
    assert "exceeds maximum operation depth of 10" in reading.error(nested(8))["message"]
    assert reading.raw(nested(3))["data"]["item"]


def test_a_thousand_aliases_are_refused(reading: Client) -> None:
    body = " ".join(f'a{n}: item(id: "f00001") {{ __typename }}' for n in range(100))
    assert "100 aliases found. Allowed: 15" in reading.error(f"{{ {body} }}")["message"]
    body = " ".join(f'a{n}: item(id: "f00001") {{ __typename }}' for n in range(1_000))
    assert "Document contains more than 2000 tokens" in reading.error(f"{{ {body} }}")["message"]


def test_lists_in_lists_are_refused_by_their_cost(reading: Client) -> None:
    query = (
        'query($n: Int!) { recommendations(userId: "u00001", first: $n) { ... on RecommendationConnection '
        "{ edges { node { similar(first: $n) { item { title } } } } } } }"
    )
    error = reading.error(query, n=100)
    assert error["extensions"]["code"] == "TOO_COSTLY"
    fields = 1 + 100 * (3 + 100 * 2)  # recommendations; edges, node, similar; item, title
    assert f"the query could have {fields:,} fields" in error["message"]
    assert reading.raw(query, n=5)["data"]


def test_cost_is_counted_through_fragments(reading: Client) -> None:
    query = (
        'query { recommendations(userId: "u00001", first: 100) { ...List } } '
        "fragment List on RecommendationConnection { edges { node { ...Near } } } "
        "fragment Near on Item { similar(first: 100) { item { title } } }"
    )
    assert reading.error(query)["extensions"]["code"] == "TOO_COSTLY"


def test_fragments_in_a_circle_are_refused(reading: Client) -> None:
    query = '{ item(id: "f00001") { ...A } } fragment A on Item { ...B } fragment B on Item { ...A }'
    assert reading.raw(query).get("data") is None


def test_in_production_the_schema_stays_closed(reading: Client, copy_of_trained: Path) -> None:
    query = "{ __schema { types { name } } }"
    assert "introspection has been disabled" in reading.error(query)["message"]
    assert "Did you mean" not in reading.error("{ itm(id: 1) { __typename } }")["message"]
    for client in client_of(copy_of_trained, development=True):
        assert client.ask(query)["types"]


def test_graphiql_is_there_in_development_only(reading: Client, copy_of_trained: Path) -> None:
    assert reading.http.get("/graphql", headers={"Accept": "text/html"}).status_code in (404, 405)
    for client in client_of(copy_of_trained, development=True):
        answer = client.http.get("/graphql", headers={"Accept": "text/html"})
        assert "GraphiQL" in answer.text


def test_queries_do_not_travel_in_addresses(reading: Client) -> None:
    """A rating by GET could be a link that somebody else clicks."""
    assert reading.http.get("/graphql?query={genres}").status_code in (400, 404, 405)
    mutation = 'mutation { rate(userId: "u00001", itemId: "f00001", rating: 3) { __typename } }'
    assert reading.http.get("/graphql", params={"query": mutation}).status_code in (400, 404, 405)
    form = reading.http.post("/graphql", data={"query": mutation})
    assert form.status_code == 400


# ---- how much is looked up


def test_the_number_of_queries_does_not_grow_with_the_list(copy_of_trained: Path) -> None:
    query = (
        'query($n: Int!) { recommendations(userId: "u00001", first: $n) { ... on RecommendationConnection { '
        'edges { node { title summary { count mean } ratingOf(userId: "u00002") } } } } }'
    )
    with TestClient(app.create_app(copy_of_trained)) as http:
        engine = http.app._app.state.service.ratings.engine  # type: ignore[attr-defined]
        counted: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *arguments: counted.append(arguments[2]))
        counts = []
        for size in (2, 50):
            counted.clear()
            edges = Client(http).ask(query, n=size)["edges"]
            assert len(edges) == size
            counts.append(len(counted))
    assert counts == [3, 3]  # the history, all summaries, all ratings of the other user


# ---- rating, undoing, restarting


def test_a_rating_changes_the_list_an_undo_restores_it_and_both_survive_a_restart(
    copy_of_trained: Path,
) -> None:
    user = "u00005"
    for client in client_of(copy_of_trained):
        before = client.ids(user, first=20)
        item = before[1]
        rated = client.ask(RATE, id=user, item=item, rating=5)
        assert rated["previous"] is None
        changed = [edge["node"]["id"] for edge in rated["recommendations"]["edges"]]
        assert item not in changed
        assert changed != before[:10]
    for client in client_of(copy_of_trained):  # another process would find the same file
        assert client.ids(user) == changed
        undone = client.ask(UNDO, id=user, item=item)
        assert undone["rating"] is None
        assert [edge["node"]["id"] for edge in undone["recommendations"]["edges"]] == before[:10]
    for client in client_of(copy_of_trained):
        assert client.ids(user, first=20) == before
        assert client.ask(UNDO, id=user, item=item)["__typename"] == "NothingToUndo"


def test_another_rating_of_the_same_item_replaces_the_first_until_undone(client: Client) -> None:
    client.ask(RATE, id="u00005", item="f00011", rating=2)
    assert client.ask(RATE, id="u00005", item="f00011", rating=4)["previous"] == 2
    assert client.ask(UNDO, id="u00005", item="f00011")["rating"] == 2


def test_ratings_of_the_training_cannot_be_undone(client: Client) -> None:
    query = 'query { user(id: "u00005") { ... on User { ratingCount ratings(first: 1) { item { id } } } } }'
    user = client.ask(query)
    item = user["ratings"][0]["item"]["id"]
    assert client.ask(UNDO, id="u00005", item=item)["__typename"] == "NothingToUndo"
    assert client.ask(query)["ratingCount"] == user["ratingCount"]


def test_a_rating_shows_in_the_summary(client: Client) -> None:
    query = 'query { item(id: "f00011") { ... on Item { summary { count mean } ratingOf(userId: "me") } } }'
    before = client.ask(query)
    client.ask(RATE, id="me", item="f00011", rating=1)
    after = client.ask(query)
    assert after["summary"]["count"] == before["summary"]["count"] + 1
    assert (before["ratingOf"], after["ratingOf"]) == (None, 1)


def test_a_database_starts_once_from_the_models_histories(copy_of_trained: Path) -> None:
    rows = store.current(copy_of_trained).metadata["data"]["rows"]
    database = ratings.Ratings.open(copy_of_trained, "sqlite:///var/ratings.db")
    assert [database.start_from(store.current(copy_of_trained)) for _ in range(2)] == [rows, 0]
    database.close()


def test_an_impossible_database_is_one_line_without_its_password(copy_of_trained: Path) -> None:
    from recommender.portfolio.errors import ProjectError

    for address in ("nonsense", "oracle9://me:secret@host/db", "sqlite:////proc/no/such/folder.db"):
        with pytest.raises(ProjectError) as refused:
            ratings.Ratings.open(copy_of_trained, address)
        assert "secret" not in str(refused.value)


# ---- what an operator asks


def test_operations_answer(reading: Client, trained: Path) -> None:
    assert reading.http.get("/healthz").json() == {"status": "alive"}
    assert reading.http.get("/readyz").json()["ready"] is True
    version = reading.http.get("/version").json()
    assert version["model"] == store.current(trained).version
    assert version["data_source"] == "synthetic"
    reading.ids("u00001")
    figures = reading.http.get("/metrics").text
    assert 'requests_total{route="/graphql",status="200"}' in figures
    assert f'model_info{{version="{version["model"]}"}} 1.0' in figures


def test_every_answer_has_its_headers_and_an_id(reading: Client) -> None:
    for path in ("/", "/healthz", "/nowhere", "/web/page.js"):
        answer = reading.http.get(path, headers={"X-Request-ID": "mine-1"})
        assert answer.headers["X-Request-ID"] == "mine-1"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    answer = reading.http.get("/nowhere", headers={"X-Request-ID": "mine-2"})
    assert (answer.status_code, answer.json()) == (404, {"error": "no such address", "request_id": "mine-2"})
    assert reading.http.put("/healthz").status_code == 405


def test_a_body_too_large_is_refused_declared_or_not(reading: Client) -> None:
    body = json.dumps({"query": "{ genres }" + " " * 70_000})
    headers = {"Content-Type": "application/json"}
    assert reading.http.post("/graphql", content=body, headers=headers).status_code == 413
    pieces = (body[start : start + 1_000].encode() for start in range(0, len(body), 1_000))
    assert reading.http.post("/graphql", content=pieces, headers=headers).status_code == 413


def test_what_goes_wrong_inside_stays_inside(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(ratings.Ratings, "histories", broken)
    error = client.error(LIST, id="u00001")
    assert error["message"] == "internal error"
    assert "secret" not in json.dumps(error)


def test_without_a_model_it_runs_and_says_why_not(untrained: Path) -> None:
    for client in client_of(untrained):
        assert client.http.get("/healthz").status_code == 200
        assert client.http.get("/readyz").status_code == 503
        assert "no trained model" in client.http.get("/readyz").json()["detail"]
        assert client.http.get("/version").status_code == 503
        answer = client.http.post("/graphql", json={"query": "{ genres }"})
        assert answer.status_code == 503
        assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_READY"


def test_a_tampered_model_is_not_served(copy_of_trained: Path) -> None:
    path = store.current(copy_of_trained).path / "model.npz"
    path.write_bytes(path.read_bytes()[:-1])
    for client in client_of(copy_of_trained):
        answer = client.http.get("/readyz")
        assert answer.status_code == 503
        assert "model.npz: sha256 is" in answer.json()["detail"]


def test_a_rollback_brings_the_earlier_model_back(copy_of_trained: Path) -> None:
    from recommender.__main__ import main
    from recommender.model import training

    first = store.current(copy_of_trained).version
    text = (copy_of_trained / "params.toml").read_text(encoding="utf-8")
    (copy_of_trained / "params.toml").write_text(text.replace("alpha = [2.0, 5.0]", "alpha = [2.0]"))
    training.train(copy_of_trained, params.load(copy_of_trained))
    assert store.current(copy_of_trained).version != first
    assert main(["rollback", "--root", str(copy_of_trained)]) == 0
    for client in client_of(copy_of_trained):
        assert client.http.get("/version").json()["model"] == first
        assert client.ids("u00001")
