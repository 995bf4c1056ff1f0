"""The pages as a browser without scripts meets them: drawn, sent back as forms, closed to whoever may not."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from projects import new_project
from starlette.testclient import TestClient

from helpdesk import params
from helpdesk.data.tickets import Ticket
from helpdesk.serving import app, past_tickets
from helpdesk.serving.examples import examples
from helpdesk.serving.rendering import WEB, render
from helpdesk.serving.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


TOKEN = "a token of the tests, long enough"
HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(2)</script>\"'><b>bold</b> {{ 7 * 7 }} '; DROP TABLE t; --"
)
UNKNOWN = "Which plesiosaur skeleton stands in the lobby, and when was it dug up?"
FROM_HERE = {"Origin": "http://testserver", "Accept": "text/html"}
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FILES = sorted(path.name for path in WEB.iterdir() if path.suffix in TYPES)
TEMPLATES = sorted(path.name for path in WEB.glob("*.html"))
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in WEB.glob("*.js")}
VOID = {"meta", "link", "input", "img", "br"}


class Document(HTMLParser):
    """A page: its elements with their attributes, the text in each, and what is written inside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.inline: list[str] = []
        self._texts: list[list[str]] = []
        self._open: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self._texts.append([])
        if tag not in VOID:
            self._open.append(len(self.found) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.found[self._open.pop()][0] == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self.cdata_elem and data.strip():
            self.inline.append(data)
        for place in self._open:
            self._texts[place].append(data)

    def of_class(self, name: str) -> list[str]:
        """The texts of the elements of a class."""
        return [
            "".join(self._texts[place]).strip()
            for place, (_, attributes) in enumerate(self.found)
            if name in attributes.get("class", "").split()
        ]

    def values(self, name: str) -> list[str]:
        """The texts or values of what fields of a form hold."""
        return [
            attributes.get("value", "".join(self._texts[place]))
            for place, (_, attributes) in enumerate(self.found)
            if attributes.get("name") == name
        ]

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.found]


class Visitor:
    """A browser without scripts."""

    def __init__(self, application: Any) -> None:
        self.http = TestClient(application)

    def get(self, path: str = "/", status: int = 200) -> Document:
        answer = self.http.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == status, answer.text
        return Document(answer.text)

    def send(self, path: str, status: int = 200, **fields: Any) -> Document:
        answer = self.http.post(path, data=fields, headers=FROM_HERE)
        assert answer.status_code == status, answer.text
        return Document(answer.text)

    def ask(self, text: str) -> Document:
        return self.send("/page/ask", text=text)

    def log_in(self) -> Visitor:
        self.send("/agent/log-in", token=TOKEN)
        assert "agent" in self.http.cookies
        return self


@pytest.fixture(scope="module")
def application(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HELPDESK_DATABASE", f"sqlite:///{tmp_path_factory.mktemp('db')}/helpdesk.db")
        patch.setenv("HELPDESK_AGENT_TOKEN", TOKEN)
        settings = params.load(trained)
        calm = replace(settings.service, questions_per_minute=0, feedback_per_minute=0)
        made = app.create_app(trained, settings=replace(settings, service=calm))
        with TestClient(made):
            yield made


@pytest.fixture
def visitor(application: Any) -> Visitor:
    return Visitor(application)


@pytest.fixture
def agent(application: Any) -> Visitor:
    return Visitor(application).log_in()


@pytest.fixture
def known(predictor: Any) -> str:
    """A question that a ticket of the model answers."""
    return examples(predictor.tickets(), 3)[0].body


@pytest.fixture
def waiting(visitor: Visitor, agent: Visitor) -> str:
    """The address of a question that waits for a person, asked by `visitor`."""
    visitor.ask(UNKNOWN)
    visitor.send("/page/person")
    links = [attributes["href"] for tag, attributes in agent.get("/agent").found if tag == "a"]
    return [link for link in links if link.startswith("/agent/handovers/")][-1]


# ---- files


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_served_with_its_type_and_policy(visitor: Visitor, name: str) -> None:
    answer = visitor.http.get(f"/web/{name}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == TYPES[f".{name.rpartition('.')[2]}"]
    assert answer.content == (WEB / name).read_bytes()


@pytest.mark.parametrize("name", [*TEMPLATES, "..%2fpages.py", "%2e%2e/pages.py", "nothing.css", ""])
def test_nothing_else_is(visitor: Visitor, name: str) -> None:
    assert visitor.http.get(f"/web/{name}").status_code == 404


def test_scripts_never_make_markup_of_text_and_load_only_each_other() -> None:
    for name, text in SCRIPTS.items():
        assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), name
        assert set(re.findall(r'from "\./(.+?)"', text)) <= set(FILES), name
        assert not re.findall(r"\w+://", text), name
    assert "url(" not in (WEB / "page.css").read_text(encoding="utf-8")


def test_the_scripts_look_for_ids_that_are_there() -> None:
    asked = {id_ for text in SCRIPTS.values() for id_ in re.findall(r'\bat\("([\w-]+)"', text)}
    templates = "".join((WEB / name).read_text(encoding="utf-8") for name in TEMPLATES)
    assert len(asked) > 8
    assert asked <= set(re.findall(r' id="([\w-]+)"', templates))


# ---- every page


def all_pages(visitor: Visitor, agent: Visitor, known: str, waiting: str) -> dict[str, Any]:
    visitor.ask(known)
    shown = {"/": visitor, "/agent/log-in": visitor}
    inside = ["/agent", waiting, "/agent/learned", "/agent/tickets", f"/agent/tickets?query={known}"]
    shown |= dict.fromkeys([*inside, "/agent/handovers/999999"], agent)
    return {path: who.http.get(path, headers={"Accept": "text/html"}) for path, who in shown.items()}


def test_every_page_is_whole_and_loads_nothing_from_elsewhere(
    visitor: Visitor, agent: Visitor, known: str, waiting: str
) -> None:
    for path, answer in all_pages(visitor, agent, known, waiting).items():
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8", path
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        page = Document(answer.text)
        assert page.inline == [], path
        assert page.tags.count("h1") == page.tags.count("main") == page.tags.count("title") == 1, path
        ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
        assert len(ids) == len(set(ids)), path
        for tag, attributes in page.found:
            assert tag != "style"
            assert not [name for name in attributes if name == "style" or name.startswith("on")], path
            for name in ("src", "href", "action", "formaction"):
                assert attributes.get(name, "/")[0] in "/#", path
                assert not attributes.get(name, "").startswith("//"), path


def test_every_page_has_the_title_of_the_project(
    visitor: Visitor, agent: Visitor, known: str, waiting: str, trained: Path
) -> None:
    readme = trained / "README.md"
    title = (
        readme.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") if readme.exists() else ""
    )
    pages = all_pages(visitor, agent, known, waiting)
    titles = [re.findall(r"<title>(.*?)</title>", answer.text)[0] for answer in pages.values()]
    assert all(one.endswith(f" · {title or 'Help-desk chatbot'}") for one in titles)
    assert len(set(titles)) == len(titles), "two pages cannot be told from each other by their title"


# ---- chat


def test_it_begins_with_questions_that_it_can_answer(visitor: Visitor, predictor: Any) -> None:
    page = visitor.get()
    asked = [text for text in page.values("text") if text.strip()]
    bodies = {ticket.body: ticket.queue for ticket in predictor.tickets()}
    assert len(asked) == len({bodies[text] for text in asked}) == 3, "they are of three queues"
    for text in asked:
        answered = visitor.ask(text)
        assert answered.of_class("answer"), text


def test_an_example_is_short_resolved_and_as_it_was_typed() -> None:
    good = Ticket("1", "How do I reset my password here?", queue="Access", resolution="So.")
    bad = [
        replace(good, id="2", body="Short"),
        replace(good, id="3", body="long " * 40),
        replace(good, id="4", resolution=""),
        replace(good, id="5", body="My address is [email], please."),
        replace(good, id="6", traits=("typo",)),
        replace(good, id="7", body="Good day,\nhow do I reset it?"),
    ]
    other = replace(good, id="8", queue="Printing")
    assert examples([*bad, good, replace(good, id="9"), other], 3) == [good, other]


def test_an_answer_quotes_its_ticket_and_says_how_sure_it_is(
    visitor: Visitor, known: str, predictor: Any
) -> None:
    page = visitor.ask(known)
    (sure,) = page.of_class("sure")
    assert re.fullmatch(r"[A-Z][a-z ]+ \d{1,3} %", sure)
    cited = [attributes for _, attributes in page.found if attributes.get("class") == "cite"]
    ids = {attributes.get("id") for _, attributes in page.found}
    assert cited
    assert {one["href"].removeprefix("#") for one in cited} <= ids, "a citation leads to its ticket"
    tickets = {ticket.id: ticket for ticket in predictor.tickets()}
    ticket = tickets[cited[0]["aria-label"].removeprefix("Source: ticket ")]
    source = page.of_class("source")[0]
    assert ticket.id in source
    assert ticket.subject in source
    assert ticket.resolution in source
    quoted = page.of_class("said")[1].partition(ticket.id)[0].strip()
    assert quoted.split(". ")[0] in ticket.resolution


def test_the_cookie_is_for_no_script_and_no_other_site(visitor: Visitor, known: str) -> None:
    answer = visitor.http.post("/page/ask", data={"text": known}, headers=FROM_HERE, follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"].lower()
    assert cookie.startswith("conversation=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    assert visitor.http.cookies["conversation"] not in visitor.http.get("/").text
    safe = TestClient(visitor.http.app, base_url="https://testserver")
    origin = {**FROM_HERE, "Origin": "https://testserver"}
    answer = safe.post("/page/ask", data={"text": known}, headers=origin, follow_redirects=False)
    assert "secure" in answer.headers["Set-Cookie"].lower()


def test_what_is_typed_stays_text(visitor: Visitor, agent: Visitor) -> None:
    asked = visitor.ask(HOSTILE)
    assert asked.of_class("by-visitor")[0].endswith(HOSTILE)
    visitor.send("/page/person")
    handover = [
        attributes["href"]
        for _, attributes in agent.get("/agent").found
        if attributes.get("href", "").startswith("/agent/handovers")
    ][-1]
    transcript = agent.get(handover)
    assert transcript.of_class("by-visitor")[0].endswith(HOSTILE)
    assert transcript.values("subject") == [HOSTILE]
    learned = agent.send(f"{handover}/resolve", resolution=f"Hello,\n\n{HOSTILE}", subject=HOSTILE)
    for page in (asked, transcript, learned, agent.get("/agent/learned"), visitor.get()):
        assert page.inline == []
        assert "b" not in page.tags
        assert not [one for tag, one in page.found if tag == "img" and one["src"] != "/web/icon.svg"]
    assert HOSTILE in visitor.get().of_class("by-person")[0]


def test_templates_escape_everything_and_miss_nothing() -> None:
    from jinja2 import UndefinedError

    text = render("trouble.html", project="<p>", heading="<h>", text="<t>", back="/")
    assert all(f"&lt;{one}&gt;" in text for one in "pht")
    with pytest.raises(UndefinedError):
        render("trouble.html", project="only this")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://testserver.elsewhere.example"},
        {"Origin": "http://testserver:8080"},
    ],
)
@pytest.mark.parametrize("path", ["/page/ask", "/page/person", "/page/vote", "/page/new", "/agent/log-in"])
def test_a_form_that_another_site_sends_is_refused(
    visitor: Visitor, headers: dict[str, str], path: str
) -> None:
    fields = {"text": "How do I reset it?", "token": TOKEN, "answer": "1", "helpful": "yes"}
    answer = visitor.http.post(path, data=fields, headers={**headers, "Accept": "text/html"})
    assert answer.status_code == 403
    assert "was not sent by a page of this service" in answer.text
    assert not visitor.http.cookies


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Type your question first."),
        (" \r\n ", "Type your question first."),
        ("x" * 5000, "5,000 characters"),
    ],
)
def test_a_question_that_is_none_is_named_and_kept(visitor: Visitor, text: str, words: str) -> None:
    page = visitor.send("/page/ask", 422, text=text)
    assert words in page.of_class("problem")[0]
    kept = [value for (tag, _), value in zip(page.found, page._texts, strict=True) if tag == "textarea"]
    assert "".join(kept[0]).removeprefix("\n").split() == text.split()
    assert visitor.get().of_class("message") == []


def test_line_ends_of_forms_do_not_count_twice(visitor: Visitor, settings: Any) -> None:
    longest = settings.service.longest_question
    visitor.send("/page/ask", text="a\r\n" * (longest // 2 - 1) + "a")


def test_too_many_questions_are_refused_with_the_text_kept(trained: Path, tmp_path: Path) -> None:
    settings = params.load(trained)
    strict = replace(settings.service, questions_per_minute=2, database=f"sqlite:///{tmp_path}/a.db")
    made = app.create_app(trained, settings=replace(settings, service=strict))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("HELPDESK_DATABASE", raising=False)
        with TestClient(made):
            visitor = Visitor(made)
            for _ in range(2):
                visitor.ask("How do I reset it?")
            answer = visitor.http.post("/page/ask", data={"text": "And on the phone?"}, headers=FROM_HERE)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) in range(1, 61)
    page = Document(answer.text)
    assert page.of_class("problem")
    assert "And on the phone?" in answer.text


def test_a_vote_is_shown_changed_and_taken_back(visitor: Visitor, known: str) -> None:
    (answer,) = visitor.ask(known).values("answer")
    said = {
        "yes": "Noted: helpful.",
        "no": "Noted: not helpful.",
        "undo": "Was this helpful?",
    }
    for helpful in ("yes", "no", "undo"):
        page = visitor.send("/page/vote", answer=answer, helpful=helpful)
        assert page.of_class("vote")[0].startswith(said[helpful])
        pressed = [one["value"] for _, one in page.found if one.get("aria-pressed") == "true"]
        assert pressed == ([] if helpful == "undo" else [helpful])
    visitor.send("/page/vote", 409, answer=answer, helpful="undo")


@pytest.mark.parametrize("answer", ["1", "0", "-1", "99999999999999999999", "x", ""])
def test_nobody_votes_on_an_answer_of_somebody_else(application: Any, known: str, answer: str) -> None:
    owner, other = Visitor(application), Visitor(application)
    given = owner.ask(known).values("answer")[0]
    other.ask(known)
    sent = other.http.post("/page/vote", data={"answer": answer, "helpful": "yes"}, headers=FROM_HERE)
    assert sent.status_code in {400, 403, 404}
    sent = other.http.post("/page/vote", data={"answer": given, "helpful": "yes"}, headers=FROM_HERE)
    assert sent.status_code == 403
    assert owner.get().of_class("vote")[0].startswith("Was this helpful?")


def test_only_yes_is_yes(visitor: Visitor, known: str) -> None:
    (answer,) = visitor.ask(known).values("answer")
    visitor.send("/page/vote", 400, answer=answer, helpful="maybe")
    assert visitor.get().of_class("vote")[0].startswith("Was this helpful?")


def test_a_person_is_asked_with_what_was_typed(visitor: Visitor, agent: Visitor) -> None:
    page = visitor.send("/page/person", text=UNKNOWN)
    assert page.of_class("by-visitor")[0].endswith(UNKNOWN)
    assert "Waiting for a person." in page.of_class("status")[0]
    assert UNKNOWN in " ".join(agent.get("/agent").of_class("card"))


def test_a_person_without_a_question_is_asked_nothing(visitor: Visitor) -> None:
    page = visitor.send("/page/person", 422)
    assert page.of_class("problem") == ["Type your question first."]


def test_a_question_is_kept_though_too_many_wait(trained: Path, tmp_path: Path) -> None:
    settings = params.load(trained)
    full = replace(settings.service, handovers_open=1, database=f"sqlite:///{tmp_path}/a.db")
    made = app.create_app(trained, settings=replace(settings, service=full))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("HELPDESK_DATABASE", raising=False)
        with TestClient(made):
            Visitor(made).send("/page/person", text=UNKNOWN)
            visitor = Visitor(made)
            page = visitor.send("/page/person", 503, text=f"Another one: {UNKNOWN}")
            kept = visitor.get()
    assert "come back later" in page.of_class("problem")[0]
    for shown in (page, kept):
        assert f"Another one: {UNKNOWN}" in shown.of_class("by-visitor")[0]


def test_a_conversation_is_over_after_its_time(
    visitor: Visitor, known: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.ask(known)
    now = past_tickets.now()
    monkeypatch.setattr(past_tickets, "now", lambda: now + 60 * settings.service.memory_minutes + 1)
    page = visitor.get()
    assert page.of_class("status")[0].startswith("This conversation is over.")
    assert len(visitor.ask(UNKNOWN).of_class("message")) == 2, "the next question begins another one"


def test_a_browser_that_is_not_known_any_more_begins_anew(visitor: Visitor, known: str) -> None:
    visitor.http.cookies.set("conversation", "forged", domain="testserver.local", path="/")
    assert visitor.get().of_class("message") == []
    assert len(visitor.ask(known).of_class("message")) == 2
    visitor.send("/page/new")
    assert "conversation" not in visitor.http.cookies


# ---- agents


def agent_routes() -> list[tuple[str, str]]:
    return [
        ("GET", "/agent"),
        ("GET", "/agent/handovers/1"),
        ("POST", "/agent/handovers/1/resolve"),
        ("GET", "/agent/learned"),
        ("GET", "/agent/tickets"),
        ("GET", "/agent/tickets/any"),
        ("POST", "/agent/edit"),
        ("POST", "/agent/retract"),
        ("POST", "/agent/restore"),
    ]


@pytest.mark.parametrize(("method", "path"), agent_routes())
@pytest.mark.parametrize("cookie", [None, "", "forged", TOKEN])
def test_the_desk_is_closed_without_a_session(
    visitor: Visitor, method: str, path: str, cookie: str | None
) -> None:
    headers = FROM_HERE if cookie is None else {**FROM_HERE, "Cookie": f"agent={cookie}"}
    fields = {"ticket": "any", "resolution": "any"} if method == "POST" else None
    answer = visitor.http.request(method, path, headers=headers, data=fields, follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/agent/log-in")


@pytest.mark.parametrize(("method", "path"), [one for one in agent_routes() if one[0] == "POST"])
def test_nothing_is_changed_in_an_agents_name_from_elsewhere(agent: Visitor, method: str, path: str) -> None:
    fields = {"ticket": "any", "resolution": "any"}
    headers = {"Origin": "https://elsewhere.example", "Accept": "text/html"}
    assert agent.http.request(method, path, headers=headers, data=fields).status_code == 403


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ü" * 40])
def test_another_token_opens_nothing(visitor: Visitor, token: str) -> None:
    page = visitor.send("/agent/log-in", 401, token=token)
    assert page.of_class("problem") == ["This is not the agents' token."]
    assert token not in page.values("token")[0] or not token
    assert "agent" not in visitor.http.cookies


def test_the_session_is_for_no_script_no_other_site_and_no_other_page(application: Any) -> None:
    http = TestClient(application)
    answer = http.post("/agent/log-in", data={"token": TOKEN}, headers=FROM_HERE, follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/agent")
    cookie = answer.headers["Set-Cookie"].lower()
    assert cookie.startswith("agent=")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/agent" in cookie
    assert TOKEN not in cookie


def test_logging_out_ends_the_session_for_good(agent: Visitor) -> None:
    session = agent.http.cookies["agent"]
    agent.send("/agent/log-out")
    assert "agent" not in agent.http.cookies
    headers = {"Cookie": f"agent={session}"}
    assert agent.http.get("/agent", headers=headers, follow_redirects=False).status_code == 303


def test_a_session_is_over_after_its_time(application: Any, agent: Visitor, settings: Any) -> None:
    pages = application._app.state.pages
    now = [0.0]
    pages.sessions, before = Sessions(settings.service.session_minutes, lambda: now[0]), pages.sessions
    try:
        agent.log_in()
        now[0] = 60 * settings.service.session_minutes - 1
        assert (
            agent.http.get("/agent", headers={"X-Looking": "yes"}, follow_redirects=False).status_code == 200
        )
        now[0] += 1
        page = agent.get("/agent")
        assert page.of_class("done") == ["You were logged out: log in again to go on."]
    finally:
        pages.sessions = before


def test_without_a_token_the_desk_says_how_to_open_it(trained: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HELPDESK_DATABASE", f"sqlite:///{tmp_path}/a.db")
        patch.delenv("HELPDESK_AGENT_TOKEN", raising=False)
        made = app.create_app(trained)
        with TestClient(made):
            visitor = Visitor(made)
            page = visitor.get("/agent/log-in")
            assert "HELPDESK_AGENT_TOKEN" in page.of_class("panel")[0]
            assert page.values("token") == []
            visitor.send("/agent/log-in", 403, token="")


def test_a_question_is_resolved_once_and_then_known(visitor: Visitor, agent: Visitor, waiting: str) -> None:
    form = agent.get(waiting)
    assert form.values("subject")[0] in UNKNOWN
    fields: dict[str, Any] = {
        "resolution": "Hello,\r\n\r\nit was dug up in 1823.",
        "subject": "Skeleton",
        "queue": "Front desk",
    }
    page = agent.send(f"{waiting}/resolve", **fields)
    assert "whoever asks this next gets your answer" in page.of_class("done")[0]
    assert "it was dug up in 1823." in visitor.get().of_class("by-person")[0]
    again = agent.send(f"{waiting}/resolve", 409, **fields)
    assert again.of_class("problem")
    assert "Skeleton" in agent.get("/agent/learned").of_class("card")[0]
    other = Visitor(visitor.http.app).ask(UNKNOWN)
    assert "it was dug up in 1823." in other.of_class("answer")[0]


def test_a_reply_that_is_none_is_named_and_the_rest_is_kept(agent: Visitor, waiting: str) -> None:
    page = agent.send(f"{waiting}/resolve", 422, subject="Kept", queue="Front desk")
    assert page.of_class("problem")
    assert (page.values("subject"), page.values("queue")) == (["Kept"], ["Front desk"])


def test_a_ticket_is_found_edited_retracted_and_restored(agent: Visitor, known: str, predictor: Any) -> None:
    ticket = next(one for one in predictor.tickets() if one.body == known)
    assert ticket.id in " ".join(agent.get(f"/agent/tickets?query={known}").of_class("card"))
    page = agent.send("/agent/edit", ticket=ticket.id, subject="Another", resolution="Another answer.")
    assert page.of_class("done")
    assert page.values("resolution")[0].strip() == "Another answer."
    assert "Retracted" in " ".join(agent.send("/agent/retract", ticket=ticket.id).of_class("facts"))
    assert "Retracted" not in " ".join(agent.send("/agent/restore", ticket=ticket.id).of_class("facts"))
    agent.send("/agent/edit", ticket=ticket.id, subject=ticket.subject, resolution=ticket.resolution)


@pytest.mark.parametrize(
    "path", ["/agent/handovers/0", "/agent/handovers/99999999999", "/agent/tickets/none"]
)
def test_what_is_not_there_is_a_page(agent: Visitor, path: str) -> None:
    page = agent.get(path, 404)
    assert "Back to the desk" in str(page._texts)


def test_without_a_model_the_pages_say_what_is_missing(tmp_path: Path) -> None:
    made = app.create_app(new_project(tmp_path / "project", {}))
    with TestClient(made):
        page = Visitor(made).get("/", 503)
    assert page.of_class("lead")[0].endswith(".")
    assert "train" in page.of_class("lead")[0]
