"""The page of a check: one file, in which nothing of a repository acts."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import threading
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scaffolder.check import page
from scaffolder.check.families.questions import Question
from scaffolder.check.review import Finding, Report, review
from scaffolder.fleet import Failure

from .check_samples import ATTACK, HOSTILE, make_repository

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parent.parent / "examples" / "predictive-maintenance"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Elements(HTMLParser):
    """All elements of a page with their attributes, and whether each that was opened was closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f" {data.strip()}" if data.strip() else ""

    def values(self, name: str) -> list[str]:
        return [str(attributes[name]) for _, attributes in self.found if name in attributes]


def report(message: str = "", **changes: Any) -> Report:
    """Return a report of three rules; what failed says `message`."""
    findings = (
        Finding("GD100", "guide", "Has a README.", "failed", True, message=message),
        Finding("GD101", "guide", "Says why.", "passed", True, proof="README.md:3: Problem"),
        Finding("YO100", "yours", "Is yours.", "failed", False, message="Write."),
        Finding("XX100", "other plugin", "Is not asked.", "not applicable", False, proof="no such thing"),
    )
    families = {"guide": "Guide: what", "yours": "Yours", "other plugin": "Other"}
    given: dict[str, Any] = {
        "path": Path("pumps"),
        "title": "Pumps",
        "families": families,
        "findings": findings,
    }
    return Report(**{**given, **changes})


def test_one_report_says_everything() -> None:
    shown = report(
        "Write **more** into `README.md`.",
        questions=(Question("Why?", "README.md", "a reason"),),
        points=(24, 33),
        template_share=0.61,
        untested="no environment",
        notes={"guide": "*A note.*"},
    )
    html = page.render([shown])
    text = " ".join(Elements(html).text.split())
    for words in (
        "1 required rule failed",
        "Required rules passed 1 of 2",
        "Advice followed 0 of 1",
        "Points of the rubric 24 of 33",
        "Still the template's 61 %",
        "Tests not run no environment",
        "1 passed, 1 failed",
        "1 left as advice",
        "1 not applicable",
        "Write more into README.md .",
        "README.md:3: Problem",
        "no such thing",
        "Why? README.md Wanted: a reason",
        "A note.",
    ):
        assert words in text, words
    assert "<strong>more</strong>" in html
    assert "<title>Pumps: portfolio check</title>" in html


def test_several_have_a_table_on_top() -> None:
    failure = Failure(Path("nowhere"), "nowhere: no such folder")
    elements = Elements(page.render([report(), report(title="Reviews"), failure]))
    text = " ".join(elements.text.split())
    assert "0 of 3 repositories pass every required rule." in text
    assert "nowhere Not reviewed nowhere: no such folder" in text
    assert [attributes["href"] for tag, attributes in elements.found if tag == "a"][1:3] == ["#p1", "#p2"]


def test_nothing_but_failures_is_a_page_too() -> None:
    text = Elements(page.render([Failure(Path("nowhere"), "nowhere: no such folder")])).text
    assert "0 of 1 repositories" in text


def test_each_address_in_the_page_is_there_once() -> None:
    elements = Elements(page.render([report(), report()]))
    ids = Counter(elements.values("id"))
    assert set(ids.values()) == {1}
    links = [href.removeprefix("#") for href in elements.values("href") if href.startswith("#")]
    assert len(links) > 10
    assert set(links) <= set(ids)


def test_it_needs_no_other_file_and_no_script() -> None:
    html = page.render([report("[a](https://example.org)")])
    elements = Elements(html)
    assert not {tag for tag, _ in elements.found} & {
        "script",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
    }
    assert not elements.values("src")
    assert [attributes["href"] for tag, attributes in elements.found if tag == "link"] == ["data:,"]
    assert "url(" not in html
    assert "@import" not in html
    policy = next(
        a["content"] for tag, a in elements.found if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert str(policy).startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(ATTACK, id="html"),
        pytest.param(f"`{ATTACK}`", id="code"),
        pytest.param(f"```{ATTACK}\n{ATTACK}\n```", id="fence"),
        pytest.param(f"&lt;script&gt; {ATTACK}\n\n- {ATTACK}\n", id="list"),
        pytest.param(
            "[a](javascript:alert(1)) [b](data:text/html,x) [c](vbscript:x) [d](file:///x)", id="links"
        ),
        pytest.param("[a](//example.org/x) [b](x.html) <javascript:alert(1)>", id="relative"),
        pytest.param("![a](https://example.org/a.png) ![b](data:image/png;base64,xx)", id="pictures"),
        pytest.param('[a](https://example.org/"onclick="alert(1) "\\" onclick=\\"alert(1)")', id="attribute"),
        pytest.param("# Heading\n\nHeading\n===\n", id="heading"),
    ],
)
def test_a_message_is_inert(message: str) -> None:
    before, after = Elements(page.render([report("x")])), Elements(page.render([report(message)]))
    new = Counter(tag for tag, _ in after.found) - Counter(tag for tag, _ in before.found)
    assert set(new) <= {"code", "pre", "p", "ul", "li", "a"}
    assert not [name for _, attributes in after.found for name in attributes if name.startswith("on")]
    for href in after.values("href"):
        assert href.startswith(("#", "https://", "data:,"))
        assert href == "data:," or not href.startswith("data:")


def test_a_link_of_a_message_says_nothing_of_where_it_stood() -> None:
    html = page.render([report("[a](https://example.org/a)")])
    assert '<a href="https://example.org/a" rel="nofollow noopener noreferrer">a</a>' in html


def test_every_text_is_escaped() -> None:
    finding = Finding(ATTACK, "guide", ATTACK, "passed", True, proof=ATTACK, url=ATTACK, file=ATTACK)
    shown = report(
        path=Path(f"x{ATTACK}".replace("/", "")),
        title=ATTACK,
        families={"guide": ATTACK},
        findings=(finding,),
        notes={"guide": ATTACK},
        questions=(Question(ATTACK, ATTACK, ATTACK),),
        untested=ATTACK,
    )
    html = page.render([shown, Failure(Path("x"), ATTACK)])
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(2)&gt;") > 8


def test_a_hostile_repository_is_shown_and_does_nothing(home: Path, tmp_path: Path) -> None:
    html = page.render([review(make_repository(tmp_path / "hostile", HOSTILE))])
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


# ---- in a browser


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server of the folder in which the pages lie."""
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", tmp_path
    server.shutdown()
    thread.join()
    server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.mark.slow
def test_in_a_browser(home: Path, site: tuple[str, Path]) -> None:
    """No finding of axe, no request but the page, nothing wider than a phone, every link by keyboard."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        pytest.skip("no Chromium on PATH")
    address, folder = site
    reports = [review(EXAMPLE), review(make_repository(folder / "hostile", HOSTILE)), report("`a`" * 90)]
    (folder / "one.html").write_text(page.render(reports[:1]), encoding="utf-8")
    (folder / "many.html").write_text(
        page.render([*reports, Failure(Path("x"), "x: no such folder")]), encoding="utf-8"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name in ("one.html", "many.html"):
            for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")):
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
                )
                shown = context.new_page()
                requests: list[str] = []
                problems: list[str] = []
                shown.on("request", lambda request, requests=requests: requests.append(request.url))
                shown.on("console", lambda message, problems=problems: problems.append(message.text))
                shown.on("dialog", lambda dialog, problems=problems: problems.append(dialog.message))
                shown.goto(f"{address}/{name}")
                assert requests == [f"{address}/{name}"]
                assert shown.evaluate("document.documentElement.scrollWidth") == width
                found = Axe().run(shown)
                assert found.violations_count == 0, found.generate_report()
                assert problems == []
                context.close()
        shown = browser.new_page()
        shown.goto(f"{address}/one.html")
        links = shown.locator("a").count()
        for _ in range(links):
            shown.keyboard.press("Tab")
        assert shown.evaluate("document.activeElement.href.split('#')[1]").startswith("p1-")
        browser.close()


def test_its_style_has_a_rule_for_paper_dark_and_phones() -> None:
    html = page.render([report()])
    assert [query for query in re.findall(r"@media ([^{]+) \{", html) if "motion" not in query] == [
        "(prefers-color-scheme: dark)",
        "(max-width: 40rem)",
        "print",
    ]
