"""The pages in a real browser, against the real service; needs the group `browser` and Chromium."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from helpdesk.portfolio.load import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WAIT_MS = 20_000
SCHEMES = ("light", "dark")
TOKEN = "a token of the tests, long enough"  # of a service that lives as long as these tests
UNKNOWN = "Which plesiosaur skeleton stands in the lobby, and when was it dug up?"
REWORDED = "When was the plesiosaur skeleton in the lobby dug up?"
LEARNED = "the plesiosaur skeleton in the lobby was dug up in 1823 near Lyme Regis."
REPLY = f"Hello,\n\n{LEARNED}\n\nKind regards\nMara"
HOSTILE = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script><b>bold</b>"
ODD = (
    "W" * 300,
    "مدينة الضباب والقطار الأخير",
    "👩‍👩‍👧‍👦 Ünïcödé",
    "https://example.org/" + "very-long/" * 30,
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the dependency group `browser`")
    pytest.importorskip("axe_playwright_python", reason="needs the dependency group `browser`")
    if CHROMIUM is None:
        pytest.skip("no Chromium on PATH")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


def started(root: Path, database: Path) -> Any:
    """The service as a process of its own, on the database of the start before."""
    environment = {"HELPDESK_DATABASE": f"sqlite:///{database}", "HELPDESK_AGENT_TOKEN": TOKEN}
    return serving("helpdesk", root, **environment)


@pytest.fixture(scope="module")
def address(browser: Any, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with started(trained, tmp_path_factory.mktemp("db") / "helpdesk.db") as port:
        yield f"http://127.0.0.1:{port}"


class Page:
    """A visitor's browser, with what the page complained about."""

    def __init__(self, browser: Any, address: str, **context: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(WAIT_MS)
        self.complaints: list[str] = []
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.address, self.keys = address, self.tab.keyboard

    def open(self, path: str = "/") -> Page:
        self.tab.goto(self.address + path)
        return self

    def ask(self, text: str) -> Any:
        """Ask, and return the reply once it is there for good."""
        before = self.messages.count()
        self.tab.get_by_role("textbox", name="question").fill(text)
        self.tab.get_by_role("button", name="Send", exact=True).click()
        reply = self.messages.nth(before + 1)
        reply.wait_for()
        return reply

    def log_in(self) -> Page:
        self.open("/agent")
        self.tab.get_by_label("Agent token").fill(TOKEN)
        self.tab.get_by_role("button", name="Log in").click()
        self.tab.get_by_role("heading", name="Waiting for a person").wait_for()
        return self

    @property
    def messages(self) -> Any:
        return self.tab.locator("#transcript > li:not(.provisional)")

    def focused(self, script: str) -> Any:
        return self.tab.evaluate(f"(() => {{ const it = document.activeElement; return {script}; }})()")

    def tab_to(self, condition: str, *, back: bool = False) -> None:
        """Press Tab until the element with the focus meets a condition."""
        for _ in range(60):
            self.keys.press("Shift+Tab" if back else "Tab")
            if self.focused(condition):
                return
        raise AssertionError(f"the Tab key never reaches {condition}")

    def violations(self) -> list[str]:
        from axe_playwright_python.sync_playwright import Axe

        self.settle()  # a page that was just clicked for has begun to come
        self.styled()
        found = Axe().run(self.tab).response["violations"]
        return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]

    def settle(self) -> None:
        """Give what should not happen the time to happen."""
        self.tab.wait_for_timeout(500)

    def styled(self) -> None:
        """Wait for the style sheet: words can be on the page, and out of shape, before it."""
        self.tab.wait_for_load_state("load")

    def fits(self) -> bool:
        self.styled()
        return bool(self.tab.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.fixture
def new_page(browser: Any, address: str) -> Iterator[Callable[..., Page]]:
    """Makes visitors, each with cookies of their own, and closes them, whatever they still wait for."""
    made: list[Page] = []

    def make(at: str = address, **context: Any) -> Page:
        made.append(Page(browser, at, **{"reduced_motion": "reduce", **context}))
        return made[-1]

    yield make
    for page in made:
        page.tab.unroute_all(behavior="ignoreErrors")
        page.context.close()


@pytest.fixture
def example(page: Page) -> str:
    """A question that the page offers, so one that it can answer."""
    return str(page.open().tab.locator(".examples button").first.inner_text())


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


def test_it_opens_complains_about_nothing_and_calls_nobody_else(page: Page) -> None:
    called: set[str] = set()
    page.tab.on("request", lambda request: called.add(request.url))
    page.open()
    assert page.tab.get_by_role("heading", level=1).inner_text() == "How can we help?"
    assert page.tab.locator(".examples button").count() == 3
    page.tab.locator(".examples button").first.click()
    page.messages.nth(1).wait_for()
    assert page.messages.nth(1).locator(".sure .number").is_visible()
    assert page.complaints == []
    assert {url.startswith(page.address + "/") for url in called} == {True}


# ---- it learns


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_person_teaches_it_and_it_knows_after_a_restart(
    browser: Any, trained: Path, tmp_path: Path, script: bool
) -> None:
    context = {"java_script_enabled": script, "reduced_motion": "reduce"}

    def visitor(port: int) -> Page:
        return Page(browser, f"http://127.0.0.1:{port}", **context)

    with started(trained, tmp_path / "helpdesk.db") as port:
        asking = visitor(port).open()
        assert "answer" not in asking.ask(UNKNOWN).get_attribute("class").split()
        asking.tab.locator("#transcript").get_by_role("button", name="Ask a person").click()
        asking.tab.get_by_text("Waiting for a person.").wait_for()

        agent = visitor(port).log_in()
        assert agent.tab.locator(".card").count() == 1
        agent.tab.locator(".card a").click()
        assert UNKNOWN in agent.tab.locator(".transcript").inner_text()
        agent.tab.get_by_label("Your reply").fill(REPLY)
        agent.tab.get_by_role("button", name="Send and learn").click()
        agent.tab.get_by_text("whoever asks this next gets your answer").wait_for()

        if not script:
            asking.tab.reload()
        reply = asking.tab.locator("#transcript > .by-person")
        reply.wait_for()
        assert LEARNED in reply.inner_text()
        assert asking.tab.locator("#status > *").count() == 0

        other = visitor(port).open()
        knows(other.ask(REWORDED))
        shown = other.tab.locator(".source summary").inner_text()
        agent.tab.get_by_role("link", name="Learned").click()
        assert shown.split()[0] in agent.tab.locator(".card").inner_text()
        for one in (asking, agent, other):
            assert one.complaints == []
            one.context.close()

    with started(trained, tmp_path / "helpdesk.db") as port:
        later = visitor(port).open()
        knows(later.ask(REWORDED))
        later.context.close()


def knows(answer: Any) -> None:
    """Check that a reply quotes what the person wrote, and names the ticket where it stands."""
    assert "answer" in answer.get_attribute("class").split()
    assert LEARNED.lower() in answer.locator(".said").text_content().lower()
    assert answer.locator(".cite").inner_text() == answer.locator(".source summary .number").inner_text()
    answer.locator(".source summary").click()
    assert answer.locator("blockquote").inner_text() == REPLY


def test_a_citation_leads_to_its_ticket(page: Page, example: str) -> None:
    answer = page.open().ask(example)
    assert answer.locator("blockquote").is_hidden()
    answer.locator(".cite").first.click()
    answer.locator("blockquote").first.wait_for(state="visible")


def test_an_answer_is_judged_and_that_is_undone(page: Page, example: str) -> None:
    answer = page.open().ask(example)
    answer.locator(".source summary").click()
    for button, words in (("Yes", "helpful"), ("No", "not helpful")):
        answer.get_by_role("button", name=button, exact=True).click()
        answer.get_by_text(f"Noted: {words}.").wait_for()
        assert answer.locator('[aria-pressed="true"]').inner_text() == button
        assert page.focused("it.innerText") == button, "the focus is lost"
    assert answer.locator("blockquote").is_visible(), "what was opened stays open"
    answer.get_by_role("button", name="Ask a person").wait_for()
    answer.get_by_role("button", name="Undo").click()
    answer.get_by_text("Was this helpful?").wait_for()
    assert answer.locator('[aria-pressed="true"]').count() == 0
    assert page.focused("it.innerText") == "Yes"
    page.tab.reload()
    assert answer.get_by_text("Was this helpful?").is_visible()


def test_the_keyboard_alone_is_enough(page: Page, new_page: Callable[..., Page], example: str) -> None:
    page.open()
    page.keys.press("Tab")
    assert page.focused("it.innerText") == "Skip to your question"
    page.keys.press("Enter")
    page.keys.type(example)
    page.keys.press("Enter")
    page.messages.nth(1).wait_for()
    assert page.focused("it.id") == "text"
    page.tab_to("it.value === 'yes'", back=True)
    page.keys.press("Space")
    page.tab.get_by_text("Noted: helpful.").wait_for()
    page.tab_to("it.matches('summary')", back=True)
    page.keys.press("Enter")
    page.tab.locator("blockquote").first.wait_for(state="visible")
    page.tab_to("it.id === 'text'")
    page.keys.type(UNKNOWN)
    page.keys.press("Shift+Enter")
    page.keys.type("I wonder.")
    page.keys.press("Enter")
    page.messages.nth(3).wait_for()
    assert page.messages.nth(2).locator(".said").inner_text() == f"{UNKNOWN}\nI wonder."
    page.tab_to("it.innerText === 'Ask a person'")
    page.keys.press("Enter")
    page.tab.get_by_text("Waiting for a person.").wait_for()

    agent = new_page().open("/agent")
    agent.tab_to("it.id === 'token'")
    agent.keys.type(TOKEN)
    agent.keys.press("Enter")
    agent.tab.get_by_role("heading", name="Waiting for a person").wait_for()
    agent.tab_to("it.closest('.card') !== null")
    agent.keys.press("Enter")
    agent.tab.get_by_label("Your reply").wait_for()
    agent.tab_to("it.id === 'resolution'")
    agent.keys.type("It was dug up long ago.")
    agent.tab_to("it.innerText === 'Send and learn'")
    agent.keys.press("Enter")
    agent.tab.locator(".done").wait_for()
    agent.tab_to("it.innerText === 'Log out'")
    agent.keys.press("Enter")
    agent.tab.get_by_label("Agent token").wait_for()


def test_what_is_new_is_announced_and_nothing_else_is(page: Page, example: str) -> None:
    page.open()
    said = page.tab.locator("#announced")
    assert said.get_attribute("role") == "status"
    assert said.text_content() == ""
    answer = page.ask(example)
    assert said.text_content() == f"Assistant: {answer.locator('.said').text_content().strip()}"
    answer.get_by_role("button", name="Yes", exact=True).click()
    answer.get_by_text("Noted: helpful.").wait_for()
    assert said.text_content().startswith("Assistant: ")


# ---- what goes wrong


def test_a_reply_is_shown_piece_by_piece(page: Page, example: str) -> None:
    page.open()
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.tab.route("**/page/conversation", hold)
    page.tab.get_by_role("textbox", name="question").fill(example)
    with page.tab.expect_request("**/page/conversation"):  # which comes after the last piece
        page.keys.press("Enter")
    page.settle()
    said = page.tab.locator(".provisional.by-assistant .said").filter(has_not_text="Looking through")
    shown = said.text_content()
    held.pop().continue_()
    page.messages.nth(1).wait_for()
    quoted = page.messages.nth(1).locator(".said > span:not(.cite)").all_text_contents()
    assert " ".join(quoted) == shown
    assert page.tab.locator(".provisional").count() == 0


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (lambda route: route.abort(), "The service cannot be reached. Are you online?"),
        (
            lambda route: route.fulfill(status=429, json={"error": "Too many; wait a minute."}),
            "Too many; wait a minute.",
        ),
        (
            lambda route: route.fulfill(status=502, body="<html>Bad gateway"),
            "Something other than the service answered, with status 502.",
        ),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_the_text_is_still_there(
    page: Page, handler: Any, expected: str, example: str
) -> None:
    page.open()
    page.tab.route("**/page/ask", handler)
    field = page.tab.get_by_role("textbox", name="question")
    field.fill(example)
    page.tab.get_by_role("button", name="Send", exact=True).click()
    assert page.tab.get_by_role("alert").locator("p").inner_text() == expected
    assert field.input_value() == example
    assert page.messages.count() == 0
    assert page.tab.get_by_role("heading", level=1).is_visible(), "the page is as it was"
    assert page.violations() == []
    page.tab.unroute("**/page/ask")
    page.tab.get_by_role("button", name="Send", exact=True).click()
    page.messages.nth(1).wait_for()
    assert page.tab.get_by_role("alert").locator("p").count() == 0
    assert field.input_value() == ""


def test_nothing_and_too_much_are_answered_without_asking(page: Page, settings: Any) -> None:
    asked: list[str] = []
    page.open()
    page.tab.on("request", lambda request: asked.append(request.url))
    limit = settings.service.longest_question
    field, count, problem = (page.tab.locator(at) for at in ("#text", "#count", "#problem p"))
    page.tab.get_by_role("button", name="Send", exact=True).click()
    assert problem.inner_text() == "Type a question first."
    assert page.focused("it.id") == "text"
    field.fill("x" * (limit // 2))
    assert count.inner_text() == ""
    field.fill("x" * (limit - 1) + "😀")
    assert count.inner_text() == f"{limit:,} of {limit:,} characters"
    field.fill("x" * (limit + 1))
    assert "over" in count.get_attribute("class")
    page.tab.get_by_role("button", name="Send", exact=True).click()
    page.tab.get_by_text(f"{limit + 1:,} characters; at most {limit:,} are taken").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    assert page.violations() == []
    assert [url for url in asked if "/page/" in url] == []


def test_two_clicks_ask_once(page: Page, example: str) -> None:
    page.open()
    page.tab.get_by_role("textbox", name="question").fill(example)
    page.tab.evaluate(
        "const form = document.getElementById('ask'); form.requestSubmit(); form.requestSubmit()"
    )
    page.messages.nth(1).wait_for()
    page.settle()
    assert page.messages.count() == 2


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_odd_texts_stay_inert_readable_and_inside(new_page: Callable[..., Page], width: int) -> None:
    page = new_page(viewport={"width": width, "height": 800})
    page.open()
    title = page.tab.title()
    for text in (HOSTILE, *ODD):
        page.ask(text)
    texts = page.tab.locator(".by-visitor .said").all_text_contents()
    assert texts == [HOSTILE, *ODD]
    assert page.tab.locator(".transcript img, .transcript script, .transcript b").count() == 0
    assert page.tab.title() == title
    assert page.fits()
    page.tab.get_by_role("button", name="Ask a person").last.click()
    page.tab.get_by_text("Waiting for a person.").wait_for()
    assert page.fits()
    agent = new_page(viewport={"width": width, "height": 800}).log_in()
    assert agent.fits()
    agent.tab.locator(".card a").last.click()
    agent.tab.get_by_label("Your reply").fill(" ".join(ODD))
    assert agent.fits()
    agent.tab.get_by_role("button", name="Send and learn").click()
    agent.tab.locator(".done").wait_for()
    for path in ("/agent", "/agent/learned", "/agent/tickets?query=W"):
        assert agent.open(path).fits(), path
    assert page.complaints == agent.complaints == []


# ---- agents


def test_the_desk_fills_itself_and_keeps_a_reply_over_a_log_out(
    page: Page, new_page: Callable[..., Page]
) -> None:
    agent = new_page()
    agent.tab.clock.install()
    agent.log_in()
    before = agent.tab.locator(".card").count()
    page.open().ask(UNKNOWN)
    page.tab.get_by_role("button", name="Ask a person").last.click()
    page.tab.get_by_text("Waiting for a person.").wait_for()
    agent.tab.clock.run_for(11_000)
    agent.tab.locator(".card").nth(before).wait_for()
    assert agent.tab.locator("#announced").text_content() == "One more question is waiting."
    assert agent.tab.locator("#waiting").inner_text() == str(before + 1)
    assert agent.tab.title().startswith(f"Waiting ({before + 1})")

    agent.tab.locator(".card a").last.click()
    agent.tab.get_by_label("Your reply").wait_for()
    agent.tab.wait_for_load_state()
    agent.tab.get_by_label("Your reply").fill("Half a rep")
    agent.context.clear_cookies()
    agent.tab.reload()
    agent.tab.get_by_label("Agent token").fill(TOKEN)
    agent.keys.press("Enter")
    agent.tab.locator(".card a").last.click()
    agent.tab.get_by_label("Your reply").wait_for()
    agent.tab.wait_for_load_state()
    assert agent.tab.get_by_label("Your reply").input_value() == "Half a rep"
    agent.tab.get_by_label("Your reply").fill("A whole reply.")
    agent.tab.get_by_role("button", name="Send and learn").click()
    agent.tab.locator(".done").wait_for()
    agent.tab.wait_for_load_state()
    assert agent.tab.evaluate("sessionStorage.length") == 0


def test_what_was_learned_is_retracted_and_restored(new_page: Callable[..., Page]) -> None:
    asking, agent = new_page().open(), new_page()
    asking.ask("Where is the lantern of the lighthouse keeper kept?")
    asking.tab.get_by_role("button", name="Ask a person").last.click()
    asking.tab.get_by_text("Waiting for a person.").wait_for()
    agent.log_in().tab.locator(".card a").last.click()
    agent.tab.get_by_label("Your reply").fill("The lantern of the lighthouse keeper is kept in the cellar.")
    agent.tab.get_by_role("button", name="Send and learn").click()
    agent.tab.locator(".done").wait_for()

    def reply() -> str:
        page = new_page().open()
        kind = page.ask("Where is the lantern of the lighthouse keeper kept?").get_attribute("class")
        return str(kind)

    card = agent.open("/agent/learned").tab.locator(".card").first
    assert "answer" in reply().split()
    card.get_by_role("button", name="Retract").click()
    card.get_by_text("Retracted: answers nobody").wait_for()
    assert "answer" not in reply().split()
    card.get_by_role("button", name="Restore").click()
    card.get_by_role("button", name="Retract").wait_for()
    assert "answer" in reply().split()


# ---- how it looks


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_messages_move_only_where_movement_is_welcome(
    new_page: Callable[..., Page], motion: str, example: str
) -> None:
    page = new_page(reduced_motion=motion).open()
    answer = page.ask(example)
    name = answer.evaluate("item => getComputedStyle(item).animationName")
    assert name == ("arrive" if motion == "no-preference" else "none")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing(new_page: Callable[..., Page], scheme: str, width: int, example: str) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 844}).open()
    assert page.violations() == []
    answer = page.ask(example)
    answer.get_by_role("button", name="No", exact=True).click()
    answer.get_by_text("Noted: not helpful.").wait_for()
    answer.locator(".source summary").click()
    assert page.violations() == []
    page.ask(UNKNOWN)
    assert page.violations() == []
    page.tab.get_by_role("button", name="Ask a person").last.click()
    page.tab.get_by_text("Waiting for a person.").wait_for()
    assert page.violations() == []

    agent = new_page(color_scheme=scheme, viewport={"width": width, "height": 844})
    agent.open("/agent")
    assert agent.violations() == []
    agent.tab.get_by_label("Agent token").fill("wrong")
    agent.tab.get_by_role("button", name="Log in").click()
    agent.tab.get_by_role("alert").wait_for()
    assert agent.violations() == []
    agent.log_in()
    assert agent.violations() == []
    agent.tab.locator(".card a").last.click()
    assert agent.violations() == []
    agent.tab.get_by_label("Your reply").fill("An answer of a person.")
    agent.tab.get_by_role("button", name="Send and learn").click()
    agent.tab.locator(".done").wait_for()
    assert agent.violations() == []
    for path in ("/agent/learned", f"/agent/tickets?query={example}", "/agent/handovers/999999"):
        assert agent.open(path).violations() == [], path
    agent.open("/agent/learned").tab.locator(".card a").first.click()
    assert agent.violations() == []
    page.tab.reload()
    page.tab.locator("#transcript > .by-person").wait_for()
    assert page.violations() == []
