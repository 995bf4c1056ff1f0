"""The page in a real browser, against the real service; needs the group `browser` and Chromium."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from recommender.portfolio.load import serving
from recommender.serving import ratings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WAIT_MS = 20_000
SCHEMES = ("light", "dark")
HOSTILE = (
    "<img src=x onerror=\"document.title='hit'\"><b>bold</b>",
    "W" * 255,
    "A title that goes on and on, with a subtitle, and another one: " * 3,
    "مدينة الضباب والقطار الأخير",
    "🎬🚀👩‍👩‍👧‍👦 Ünïcödé",
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


@pytest.fixture(scope="module")
def address(browser: Any, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service as a process of its own; each test has a user of its own in it."""
    database = f"sqlite:///{tmp_path_factory.mktemp('db')}/ratings.db"
    with serving("recommender", trained, **{ratings.VARIABLE: database}) as port:
        yield f"http://127.0.0.1:{port}/"


class Page:
    """The page in a browser, with what it complained about."""

    def __init__(self, browser: Any, address: str, **context: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(WAIT_MS)
        self.complaints: list[str] = []
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.address, self.keys = address, self.tab.keyboard

    def open(self, query: str = "", *, cards: int = 12) -> Page:
        self.tab.goto(self.address + query)
        if cards:
            self.cards.nth(cards - 1).wait_for()
        return self

    @property
    def cards(self) -> Any:
        return self.tab.locator("#list > li")

    def ids(self) -> list[str]:
        return list(self.cards.evaluate_all("found => found.map((one) => one.dataset.item)"))

    def text(self, id_: str) -> str:
        return str(self.tab.locator(f"#{id_}").inner_text())

    def wait_for(self, id_: str, words: str) -> None:
        self.tab.locator(f"#{id_}", has_text=words).wait_for(state="attached")

    def focused(self, script: str) -> Any:
        return self.tab.evaluate(f"(() => {{ const it = document.activeElement; return {script}; }})()")

    def tab_to(self, condition: str, *, back: bool = False) -> None:
        """Press Tab until the element with the focus meets a condition."""
        for _ in range(150):
            self.keys.press("Shift+Tab" if back else "Tab")
            if self.focused(condition):
                return
        raise AssertionError(f"the Tab key never reaches {condition}")

    def card_has_focus(self) -> str | None:
        found = self.focused("it.closest('#list > li')?.dataset.item ?? null")
        return None if found is None else str(found)

    def violations(self) -> list[str]:
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.tab).response["violations"]
        return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]

    def settle(self) -> None:
        """Give what should not happen the time to happen."""
        self.tab.wait_for_timeout(500)

    def fits(self) -> bool:
        return bool(self.tab.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.fixture
def new_page(browser: Any, address: str) -> Iterator[Callable[..., Page]]:
    """Makes pages without movement, and closes them, whatever they still wait for."""
    made: list[Page] = []

    def make(**context: Any) -> Page:
        made.append(Page(browser, address, **{"reduced_motion": "reduce", **context}))
        return made[-1]

    yield make
    for page in made:
        page.tab.unroute_all(behavior="ignoreErrors")
        page.context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


def test_it_opens_with_a_list_complains_about_nothing_and_calls_nobody_else(page: Page) -> None:
    called: set[str] = set()
    page.tab.on("request", lambda request: called.add(request.url))
    page.open()
    assert page.complaints == []
    assert all(url.startswith(page.address) for url in called)
    assert page.text("title") == "What comes next"
    assert page.text("source") == "Synthetic data: nothing here is real"
    assert page.text("list-title") == "Recommended for u00001"
    assert page.text("strategy") == "Personal"
    assert re.fullmatch(r"Chosen for u00001, from \d+ ratings\.", page.text("because"))
    assert page.tab.locator("#list .rank").all_inner_texts() == [str(rank) for rank in range(1, 13)]


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.open()
    # Choose a user.
    page.tab_to("it.id === 'user'")
    page.keys.press("Control+A")
    page.keys.type("u00007")
    page.keys.press("Enter")
    page.wait_for("said", "recommendations for u00007")
    assert page.focused("it.id") == "list-title"
    before = page.ids()
    # Rate the second card: three steps of Tab lead past the first one.
    page.tab_to(f"it.closest('li')?.dataset.item === '{before[1]}'")
    page.keys.press("ArrowRight")
    page.keys.press("End")
    assert page.focused("it.ariaLabel") == "Rate 5 of 5"
    page.keys.press("Enter")
    page.wait_for("said", "The list is personal and up to date.")
    changed = page.ids()
    assert before[1] not in changed
    assert len(changed) == 12
    assert page.card_has_focus() == changed[1], "the keyboard is not where it was"
    # Undo it.
    page.tab_to("it.id === 'undo'", back=True)
    page.keys.press("Enter")
    page.wait_for("said", "Taken back:")
    assert page.ids() == before
    assert page.card_has_focus() == before[1], "the keyboard has lost its place"
    # Ask why.
    page.tab_to("it.dataset.action === 'why'")
    page.keys.press("Enter")
    page.tab.locator("#dialog .sum").wait_for()
    assert page.tab.locator("#dialog .rows .amount").count() > 1
    assert page.focused("Boolean(it.closest('dialog'))")
    page.keys.press("Escape")
    page.tab.locator("#dialog").wait_for(state="hidden")
    assert page.focused("it.dataset.action") == "why"
    # Ask for what is similar.
    page.tab_to("it.dataset.action === 'similar'")
    page.keys.press("Space")
    page.tab.locator("#dialog .rows li").nth(5).wait_for()
    page.keys.press("Escape")
    # Load more.
    page.tab_to("it.id === 'more'")
    page.keys.press("Enter")
    page.cards.nth(23).wait_for()
    shown = page.ids()
    assert shown[:12] == before
    assert len(set(shown)) == 24
    assert page.card_has_focus() == shown[12]


def test_ctrl_z_undoes_but_not_while_typing(page: Page) -> None:
    page.open("?user=u00008")
    before = page.ids()
    page.tab.locator('[data-action="rate"]').first.click()
    page.wait_for("said", "Rated")
    page.tab.locator("#user").focus()
    page.keys.press("Control+z")
    page.settle()
    page.tab.locator("#list-title").focus()
    assert before[0] not in page.ids()
    page.keys.press("Control+z")
    page.wait_for("said", "Taken back")
    assert page.ids() == before
    assert page.tab.locator("#undoing").is_hidden()


def test_somebody_new_becomes_known_rating_by_rating(page: Page) -> None:
    page.open("?user=somebody-new")
    assert page.text("strategy") == "Popular"
    assert page.text("because").startswith("Nobody of this name has rated anything yet.")
    page.tab.locator("#more").click()
    page.cards.nth(23).wait_for()
    page.tab.locator('[data-action="why"]').first.click()
    page.wait_for("dialog-body", "one of the most popular items")
    page.keys.press("Escape")
    for number, shown in enumerate(("1 rating;", "2 ratings;", "from 3 ratings"), 1):
        page.tab.locator('[data-action="rate"][data-value="5"]').first.click()
        page.wait_for("because", shown)
        assert page.text("strategy") == ("Personal" if number == 3 else "Popular")
    assert page.text("rated-title") == "Rated so far: 3 items"
    assert page.tab.locator("#ratings li").count() == 3


def test_a_genre_filters_and_is_in_the_address_as_the_user_is(page: Page) -> None:
    page.open("?user=u00009")
    page.tab.locator("#genre").select_option("Drama")
    page.wait_for("said", "recommendations for u00009")
    page.tab.wait_for_url("**/?user=u00009&genre=Drama")
    for words in page.tab.locator("#list .band p").all_inner_texts():
        assert "Drama" in words
    page.tab.get_by_role("button", name="u00002").click()
    page.wait_for("list-title", "u00002")
    page.tab.go_back()
    page.wait_for("list-title", "u00009")
    page.tab.reload()
    page.cards.first.wait_for()
    assert page.tab.locator("#genre").input_value() == "Drama"
    assert page.text("list-title") == "Recommended for u00009"


def test_a_list_that_changed_elsewhere_begins_again(page: Page) -> None:
    page.open("?user=u00010")
    rate = 'mutation { rate(userId: "u00010", itemId: "f00001", rating: 5) { __typename } }'
    page.tab.request.post(f"{page.address}graphql", data={"query": rate})
    page.tab.locator("#more").click()
    page.wait_for("said", "The list had changed elsewhere")
    page.tab.locator("#more").click()
    page.cards.nth(23).wait_for()


def test_a_slow_earlier_answer_never_replaces_a_later_one(page: Page) -> None:
    page.open("?user=u00001")
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route) if '"u00002"' in route.request.post_data else route.continue_()

    page.tab.route("**/graphql", hold)
    page.tab.get_by_role("button", name="u00002").click()
    page.tab.get_by_role("button", name="u00003").click()
    page.wait_for("said", "recommendations for u00003")
    shown = page.ids()
    with page.tab.expect_response("**/graphql"):
        held[0].continue_()
    page.settle()
    assert page.ids() == shown
    assert page.text("list-title") == "Recommended for u00003"


# ---- what goes wrong


def answer(status: int, body: str) -> Any:
    return lambda route: route.fulfill(status=status, body=body, content_type="application/json")


def error(code: str, message: str) -> str:
    return f'{{"data": null, "errors": [{{"message": "{message}", "extensions": {{"code": "{code}"}}}}]}}'


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (lambda route: route.abort(), "The service cannot be reached. Is it still running?"),
        (answer(503, error("NOT_READY", "loading")), "The service is not ready: loading."),
        (answer(200, error("TOO_COSTLY", "fewer")), "This is more than the service gives at once: fewer."),
        (answer(200, error("BAD_INPUT", "first is 0")), "The service does not take this: first is 0."),
        (answer(413, '{"error": "too large"}'), "The service refused: too large."),
        (answer(502, "<html>Bad gateway"), "Something other than the service answered, with status 502."),
        (answer(200, "null"), "The service refused: status 200."),
        (
            answer(200, '{"data": null, "errors": [{"message": "internal error"}]}'),
            "Something went wrong inside the service; its log says more under request",
        ),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_trying_again_works(
    page: Page, handler: Any, expected: str
) -> None:
    page.tab.route("**/graphql", handler)
    page.open("?user=u00001", cards=0)
    page.wait_for("failed", expected)
    assert page.tab.get_by_role("alert").inner_text().startswith(expected)
    page.tab.unroute("**/graphql")
    page.tab.get_by_role("button", name="Try again").press("Enter")
    page.cards.nth(11).wait_for()
    assert page.tab.locator("#failure").is_hidden()
    assert page.focused("it.id") == "list-title"


def test_a_rating_that_fails_leaves_the_list_and_says_so(page: Page) -> None:
    page.open("?user=u00011")
    before = page.ids()
    page.tab.route("**/graphql", lambda route: route.abort())
    page.tab.locator('[data-action="rate"]').first.click()
    page.wait_for("failed", "cannot be reached")
    assert page.ids() == before
    assert page.tab.locator("#undoing").is_hidden()
    page.tab.locator('[data-action="why"]').first.click()
    page.wait_for("dialog-body", "cannot be reached")


def test_an_empty_id_is_answered_at_the_field(page: Page) -> None:
    page.open()
    page.tab.locator("#user").fill("   ")
    page.keys.press("Enter")
    assert page.text("user-problem") == "Type an id, or choose one of the examples."
    assert page.focused("it.id") == "user"
    assert page.tab.locator("#user").get_attribute("aria-invalid") == "true"


def test_an_id_that_cannot_be_kept_is_refused_when_it_rates(page: Page) -> None:
    page.open("?user=zero%E2%80%8Bwidth")
    page.tab.locator('[data-action="rate"]').first.click()
    page.wait_for("failed", "The service does not take this: userId is 'zero\\u200bwidth'")


def test_an_unknown_genre_is_named(page: Page) -> None:
    page.open("?user=u00001&genre=Opera", cards=0)
    page.wait_for("failed", "No item has the genre")
    assert "Opera" in page.text("failed")
    page.tab.locator("#genre").select_option("")
    page.cards.nth(11).wait_for()


def test_when_nothing_is_left_it_says_so(page: Page) -> None:
    def emptied(route: Any) -> None:
        found = route.fetch()
        body = found.json()
        if "recommendations" in body["data"]:
            body["data"]["recommendations"]["edges"] = []
            body["data"]["recommendations"]["pageInfo"] = {"hasNextPage": False, "endCursor": None}
        route.fulfill(response=found, json=body)

    page.tab.route("**/graphql", emptied)
    page.open("?user=u00001", cards=0)
    page.wait_for("nothing", "Nothing is left to recommend: u00001 has had every item.")
    assert page.tab.locator("#more").is_hidden()
    page.tab.locator("#genre").select_option("War")
    page.wait_for("nothing", "Nothing of the genre")
    assert page.tab.locator("#all").is_visible()
    assert page.violations() == []


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_odd_items_stay_inert_readable_and_inside(new_page: Callable[..., Page], width: int) -> None:
    def odd(route: Any) -> None:
        found = route.fetch()
        body = found.json()
        nodes = [edge["node"] for edge in body["data"].get("recommendations", {}).get("edges", ())]
        for node, title in zip(nodes, HOSTILE, strict=False):
            node.update(title=title, year=None, genres=[])
        for node in nodes[len(HOSTILE) : len(HOSTILE) + 1]:
            node.update(genres=[f"Genre number {n}" for n in range(30)])
        route.fulfill(response=found, json=body)

    page = new_page(viewport={"width": width, "height": 800})
    page.tab.route("**/graphql", odd)
    page.open("?user=u00012")
    assert page.tab.locator("#list h3").all_text_contents()[: len(HOSTILE)] == list(HOSTILE)
    assert page.tab.locator("#list img, #list b").count() == 0
    assert page.tab.title() == "Try it: What comes next"
    assert page.fits()
    page.tab.locator('[data-action="similar"]').nth(1).click()
    page.tab.locator("#dialog .rows li").first.wait_for()
    assert page.fits()
    page.keys.press("Escape")
    page.tab.locator('[data-action="rate"]').nth(5).click()
    page.wait_for("said", "Rated")
    assert page.fits()
    assert page.violations() == []
    assert page.complaints == []


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_cards_glide_only_where_movement_is_welcome(new_page: Callable[..., Page], motion: str) -> None:
    page = new_page(reduced_motion=motion)
    page.tab.add_init_script(
        "window.glides = 0; const animate = Element.prototype.animate;"
        "Element.prototype.animate = function (...given) {"
        " window.glides += 1; return animate.apply(this, given); };"
    )
    page.open("?user=u00015")
    page.tab.locator('[data-action="rate"]').first.click()
    page.wait_for("said", "Rated")
    assert (page.tab.evaluate("window.glides") > 0) is (motion == "no-preference")


def test_a_log_without_ratings_has_one_button(page: Page) -> None:
    def implicit(route: Any) -> None:
        found = route.fetch()
        route.fulfill(response=found, json={**found.json(), "feedback": "implicit", "low": 1e-9, "high": 1e9})

    page.tab.route("**/info", implicit)
    page.open("?user=u00013")
    assert page.tab.locator('[data-action="rate"]').count() == 12
    page.tab.get_by_role("button", name="I have had").first.click()
    page.wait_for("said", "Noted: had")
    assert page.tab.locator("#ratings").get_by_text("had once").count() == 1
    assert page.violations() == []


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.5, 5, ["1", "2", "3", "4", "5"]),
        (1, 3, ["1", "2", "3"]),
        (0, 10, ["0", "2.5", "5", "7.5", "10"]),
        (1, 10, [str(n) for n in range(1, 11)]),
        (0, 100, ["0", "25", "50", "75", "100"]),
        (0.1, 0.9, ["0.1", "0.3", "0.5", "0.7", "0.9"]),
    ],
)
def test_the_ratings_offered_follow_the_scale(
    page: Page, low: float, high: float, expected: list[str]
) -> None:
    def scaled(route: Any) -> None:
        found = route.fetch()
        route.fulfill(response=found, json={**found.json(), "low": low, "high": high})

    page.tab.route("**/info", scaled)
    page.open("?user=u00001")
    offered = page.cards.first.locator('[data-action="rate"]')
    assert offered.evaluate_all("found => found.map((one) => one.dataset.value)") == expected


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing(new_page: Callable[..., Page], scheme: str) -> None:
    page = new_page(color_scheme=scheme)
    page.open("?user=u00014")
    assert page.violations() == []
    page.tab.locator('[data-action="rate"]').first.click()
    page.wait_for("said", "Rated")
    assert page.violations() == []
    for action in ("why", "similar"):
        page.tab.locator(f'[data-action="{action}"]').first.click()
        page.tab.locator("#dialog .rows").wait_for()
        assert page.violations() == []
        page.keys.press("Escape")
    page.tab.locator("#user").fill("")
    page.keys.press("Enter")
    assert page.violations() == []
    page.tab.route("**/graphql", lambda route: route.abort())
    page.tab.locator("#genre").select_option("War")
    page.wait_for("failed", "cannot be reached")
    assert page.violations() == []
