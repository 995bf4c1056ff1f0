"""The gallery of the examples in a real browser: looks, keyboard, print, phone, and a hostile project."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin

import pytest

from scaffolder.showcase.preview import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parent.parent
PROFILE = Path(__file__).parent / "data" / "owner.toml"
EXAMPLES = sorted(path.parent for path in (REPOSITORY / "examples").glob("*/portfolio.toml"))
PROJECTS = tuple(f"projects/{path.name}/index.html" for path in EXAMPLES)
PAGES = ("index.html", "compare/index.html", "404.html", *PROJECTS)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WAIT_MS = 20_000
HIT = "document.title='hit'"
HOSTILE = f'<script>{HIT}</script>"><img src=x onerror="{HIT}">\' onload=\'{HIT}'
HOSTILE_MARKDOWN = (
    f'{HOSTILE}\n\n[link](javascript:{HIT}) <javascript:{HIT}> ![picture](x" onerror="{HIT})\n\n'
    f"<svg onload={HIT}></svg>\n\n```\n</code></pre><script>{HIT}</script>\n```\n\n"
    "![far](https://example.org/pixel.png)\n"
)


def command(projects: Sequence[Path], out: Path, *options: str, profile: Path = PROFILE) -> list[str]:
    """Return the real command."""
    shown = [sys.executable, "-m", "scaffolder", "showcase", *map(str, projects)]
    return [*shown, "--out", str(out), "--owner", str(profile), *options]


def build(projects: Sequence[Path], out: Path, *options: str, profile: Path = PROFILE) -> Path:
    asked = command(projects, out, *options, profile=profile)
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery of all examples."""
    return build(EXAMPLES, tmp_path_factory.mktemp("showcase") / "gallery")


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Path], str]]:
    """Serves folders with the preview server; returns the address without the last slash."""
    running: list[Server] = []

    def begin(folder: Path) -> str:
        running.append(Server(folder, 0, live=False))
        threading.Thread(target=running[-1].serve_forever, daemon=True).start()
        return running[-1].address.rstrip("/")

    yield begin
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def address(gallery: Path, serve: Callable[[Path], str]) -> str:
    return serve(gallery)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on PATH")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


class Visitor:
    """A visitor's browser, with what the pages complained about and whom they called."""

    def __init__(self, browser: Any, address: str, **context: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(WAIT_MS)
        self.address, self.keys = address, self.tab.keyboard
        self.complaints: list[str] = []
        self.called: list[str] = []
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.context.on("request", lambda request: self.called.append(request.url))

    def open(self, page: str = "index.html") -> Visitor:
        self.tab.goto(f"{self.address}/{page}", wait_until="load")
        return self

    def evaluate(self, script: str) -> Any:
        return self.tab.evaluate(script)

    def see_all(self) -> None:
        """Scroll to the end, so that every figure is loaded."""
        self.evaluate(
            """async () => {
                for (let y = 0; y < document.documentElement.scrollHeight; y += 400) {
                    scrollTo(0, y);
                    await new Promise(requestAnimationFrame);
                }
                await Promise.all([...document.images].map((image) => image.decode()));
                scrollTo(0, 0);
            }"""
        )

    def violations(self) -> list[str]:
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.tab).response["violations"]
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found
            for node in one["nodes"]
        ]

    def strangers(self) -> list[str]:
        """Return the requests to anybody else."""
        return [url for url in self.called if not url.startswith((f"{self.address}/", "data:"))]


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, and closes their browsers."""
    made: list[Visitor] = []

    def make(at: str = address, **context: Any) -> Visitor:
        made.append(Visitor(browser, at, **{"reduced_motion": "reduce", **context}))
        return made[-1]

    yield make
    for visitor in made:
        visitor.context.close()


# ---- all pages


def test_every_page_is_there(gallery: Path) -> None:
    assert sorted(path.relative_to(gallery).as_posix() for path in gallery.rglob("*.html")) == sorted(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_it_complains_of_nothing_and_calls_nobody_else(visit: Callable[..., Visitor], page: str) -> None:
    visitor = visit().open(page)
    visitor.see_all()
    assert visitor.tab.locator("h1").count() == 1
    assert visitor.complaints == []
    assert visitor.strangers() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(visit: Callable[..., Visitor], scheme: str, width: int) -> None:
    visitor = visit(color_scheme=scheme, viewport={"width": width, "height": 844})
    assert {page: visitor.open(page).violations() for page in PAGES} == {page: [] for page in PAGES}


def test_light_and_dark_differ(visit: Callable[..., Visitor]) -> None:
    colours = [
        visit(color_scheme=scheme).open().evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert colours[0] != colours[1]


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_is_wider_than_the_window(visit: Callable[..., Visitor], width: int) -> None:
    visitor = visit(viewport={"width": width, "height": 844})
    wide = []
    for page in PAGES:
        visitor.open(page)
        if visitor.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(page)
    assert wide == []


def test_text_can_be_twice_as_large(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport={"width": 640, "height": 844})
    for page in PAGES:
        visitor.open(page)
        visitor.evaluate("document.documentElement.style.fontSize = '200%'")
        assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth"), page


def test_no_page_needs_a_script(visit: Callable[..., Visitor], gallery: Path) -> None:
    with_script, without = visit(), visit(java_script_enabled=False)
    for page in PAGES:
        seen = [visitor.open(page).tab.locator("body").inner_text() for visitor in (with_script, without)]
        assert seen[0] == seen[1]
        assert len(seen[1].split()) > 10, page


def test_pictures_are_described_sized_and_come_when_they_are_needed(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    for page in PAGES:
        for picture in visitor.open(page).tab.locator("img").all():
            where = f"{page}: {picture.get_attribute('src')}"
            assert (picture.get_attribute("alt") or "").strip(), where
            width, height = (int(picture.get_attribute(name) or 0) for name in ("width", "height"))
            assert width > 0, where
            assert height > 0, where
            is_near = picture.evaluate("image => image.getBoundingClientRect().top < 900")
            assert picture.get_attribute("loading") == "lazy" or is_near, where
        visitor.see_all()
        broken = "[...document.images].filter((image) => !image.naturalWidth).map((image) => image.src)"
        assert visitor.evaluate(broken) == [], page
        stretched = """[...document.images].filter((it) => {
            const given = it.getAttribute('width') / it.getAttribute('height');
            return Math.abs(it.naturalWidth / it.naturalHeight / given - 1) > 0.02;
        }).map((image) => image.src)"""
        assert visitor.evaluate(stretched) == [], page


def test_every_link_of_the_site_leads_somewhere(visit: Callable[..., Visitor], gallery: Path) -> None:
    visitor = visit()
    waiting, asked, broken = {f"{visitor.address}/"}, set(), []
    ids: dict[str, set[str]] = {}
    fragments: list[tuple[str, str]] = []
    while waiting:
        url = waiting.pop()
        asked.add(url)
        answer = visitor.context.request.get(url)
        if answer.status != 200:
            broken.append(url)
            continue
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        visitor.tab.goto(url)
        ids[url] = set(visitor.evaluate("[...document.querySelectorAll('[id]')].map((it) => it.id)"))
        given = visitor.evaluate(
            """[...document.querySelectorAll('[href], [src]')]
                .map((it) => it.getAttribute('href') ?? it.getAttribute('src'))"""
        )
        for link in given:
            target, fragment = urldefrag(urljoin(url, link))
            if not target.startswith(f"{visitor.address}/"):
                continue
            if fragment:
                fragments.append((target, unquote(fragment)))
            if target not in asked:
                waiting.add(target)
    assert broken == []
    assert [(url, name) for url, name in fragments if name not in ids[url]] == []
    seen = {unquote(url.removeprefix(f"{visitor.address}/")) or "index.html" for url in asked}
    assert set(PAGES) - {"404.html"} <= seen


def test_the_404_page_is_whole_at_any_depth(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    missing = []
    visitor.tab.on("response", lambda answer: answer.status != 200 and missing.append(answer.url))
    visitor.open("a/b/c/nothing.html")
    assert missing == [f"{visitor.address}/a/b/c/nothing.html"]
    assert visitor.strangers() == []
    visitor.tab.locator("main a").first.click()
    assert urldefrag(visitor.tab.url)[0].removesuffix("index.html") == f"{visitor.address}/"


def test_with_its_public_address_the_site_calls_nobody_either(
    visit: Callable[..., Visitor], serve: Callable[[Path], str], tmp_path: Path
) -> None:
    """Then the heads name cards, feeds and addresses of elsewhere, which no browser may load by itself."""
    public = "https://ada.example/portfolio/"
    out = build(EXAMPLES, tmp_path / "gallery", "--url", public)
    visitor = visit(serve(out))
    for page in PAGES:
        if page != "404.html":  # its links are those of the public address
            visitor.open(page)
            assert public in visitor.tab.content(), page
    assert visitor.complaints == []
    assert visitor.strangers() == []
    for name, kind in (("feed.xml", "application/xml"), ("feed.json", "application/json")):
        answer = visitor.context.request.get(f"{visitor.address}/{name}")
        assert (answer.status, answer.headers["content-type"]) == (200, kind)
        assert answer.text().count(f"{public}projects/") >= len(EXAMPLES)


def test_the_index_is_small(gallery: Path) -> None:
    assert (gallery / "index.html").stat().st_size < 100_000


# ---- keyboard

TABBABLE = "a[href], summary, button, input, select, [tabindex='0']"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    visit: Callable[..., Visitor], page: str, scheme: str
) -> None:
    visitor = visit(color_scheme=scheme).open(page)
    count = visitor.evaluate(
        f"""() => {{
            const all = [...document.querySelectorAll("{TABBABLE}")].filter((it) => it.checkVisibility());
            all.forEach((it, number) => it.dataset.number = number);
            return all.length;
        }}"""
    )
    assert count > 2
    reached = []
    for _ in range(count):
        visitor.keys.press("Tab")
        number, what, shows, is_in_view = visitor.evaluate(
            """() => {
                const it = document.activeElement, style = getComputedStyle(it);
                const box = it.getBoundingClientRect();
                return [Number(it.dataset.number ?? -1), it.outerHTML.slice(0, 80),
                    it.matches(':focus-visible') && style.outlineStyle !== 'none'
                        && parseFloat(style.outlineWidth) >= 2 && style.outlineColor !== 'rgba(0, 0, 0, 0)',
                    box.width > 0 && box.right > 0 && box.left < innerWidth
                        && box.bottom > 0 && box.top < innerHeight];
            }"""
        )
        assert shows, f"no focus to see at {what}"
        assert is_in_view, f"the focus is out of view at {what}"
        reached.append(number)
    assert reached == list(range(count))


@pytest.mark.parametrize("page", PAGES)
def test_the_first_key_leads_past_the_navigation(visit: Callable[..., Visitor], page: str) -> None:
    visitor = visit().open(page)
    visitor.keys.press("Tab")
    assert visitor.evaluate("document.activeElement.getAttribute('href')").startswith("#")
    assert visitor.evaluate("document.activeElement.innerText.trim().length > 0")
    visitor.keys.press("Enter")
    visitor.keys.press("Tab")
    after = visitor.evaluate(
        "document.activeElement.closest('main') !== null || document.activeElement.closest('footer') !== null"
    )
    assert after, "after the skip link the next stop is still in the navigation"


# ---- print


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_printed_it_is_dark_on_white_without_navigation(visit: Callable[..., Visitor], scheme: str) -> None:
    visitor = visit(color_scheme=scheme)
    for page in PAGES:
        visitor.open(page)
        visitor.tab.emulate_media(media="print")
        assert visitor.tab.locator("nav:visible").count() == 0, page
        faint = visitor.evaluate(
            """() => {
                const light = (colour) => {
                    const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => {
                        const c = part / 255;
                        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
                    });
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                };
                const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                const faint = [];
                while (texts.nextNode()) {
                    const it = texts.currentNode.parentElement;
                    if (!texts.currentNode.textContent.trim() || !it.checkVisibility()) continue;
                    const ratio = 1.05 / (light(getComputedStyle(it).color) + 0.05);
                    if (ratio < 4.5) faint.push(it.outerHTML.slice(0, 80));
                }
                return faint;
            }"""
        )
        assert faint == [], page
        ground = visitor.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert ground in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"), page
        visitor.tab.emulate_media(media="screen")


@pytest.mark.parametrize("page", PAGES)
def test_a_printed_page_fills_its_sheets(visit: Callable[..., Visitor], page: str) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    visitor = visit().open(page)
    visitor.see_all()
    title = visitor.tab.locator("h1").inner_text()
    document = pdfium.PdfDocument(io.BytesIO(visitor.tab.pdf(format="A4")))
    texts = [sheet.get_textpage().get_text_bounded() for sheet in document]
    assert " ".join(title.split()) in " ".join(texts[0].split())
    assert len(texts) <= 6
    for number, sheet in enumerate(document):
        picture = sheet.render(scale=0.5).to_pil().convert("L")
        ink = sum(count for value, count in enumerate(picture.histogram()) if value < 200)
        assert ink / (picture.width * picture.height) > 0.002, f"sheet {number + 1} is all but empty"


# ---- what a hostile project can do


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of one project that tries to be more than text, and of one honest one."""
    folder = tmp_path_factory.mktemp("hostile")
    project = folder / ("it's a project" if os.name == "nt" else '"it\'s" <b>a project')
    shutil.copytree(EXAMPLES[0], project)
    name = "a'b.png" if os.name == "nt" else "a'b\"><img src=x onerror=hit>.png"
    shutil.copy2(
        next((project / "reports" / "figures").glob("*.png")), project / "reports" / "figures" / name
    )
    quoted, short = json.dumps(HOSTILE), json.dumps(HOSTILE[:80])
    (project / "portfolio.toml").write_text(
        'template = "predictive-maintenance"\npackage = "maintenance"\n'
        f"title = {quoted}\nsummary = {quoted}\n"
        f"problem = {quoted}\ndecision = {quoted}\nstack = [{short}]\n"
        f"[[figures]]\npath = {json.dumps('reports/figures/' + name)}\nalt = {quoted}\n",
        encoding="utf-8",
    )
    readme = project / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(
        text.replace("**Where it fails.**", f"**Where it fails.** {HOSTILE_MARKDOWN}"), encoding="utf-8"
    )
    (project / "reports" / "star.md").write_text(
        f"# {HOSTILE}\n\n**Situation.** {HOSTILE_MARKDOWN}", encoding="utf-8"
    )
    metrics = project / "reports" / "metrics.json"
    evidence = json.loads(metrics.read_text(encoding="utf-8"))
    evidence["project"]["title"] = HOSTILE
    evidence["data"]["name"] = HOSTILE
    evidence["headline"]["metric"] = evidence["headline"]["protocol"] = HOSTILE
    evidence["headline"]["baseline"]["name"] = HOSTILE
    metrics.write_text(json.dumps(evidence), encoding="utf-8")
    profile = folder / "owner.toml"
    profile.write_text(
        f"name = {quoted}\nheadline = {quoted}\nvalue_proposition = {quoted}\n"
        f"[[certificates]]\ntitle = {quoted}\nissuer = {quoted}\n",
        encoding="utf-8",
    )
    return build([project, EXAMPLES[1]], folder / "gallery", profile=profile)


def test_a_hostile_project_is_shown_as_the_text_that_it_is(
    visit: Callable[..., Visitor], serve: Callable[[Path], str], hostile: Path
) -> None:
    visitor = visit(serve(hostile))
    pages = sorted(path.relative_to(hostile).as_posix() for path in hostile.rglob("*.html"))
    assert len(pages) == 5
    shown = 0
    for page in pages:
        visitor.open(page)
        visitor.see_all()
        assert visitor.tab.title() != "hit", page
        assert (
            visitor.tab.locator("[onerror], [onload], [src='x'], svg[onload], a[href^='javascript']").count()
            == 0
        )
        assert visitor.tab.locator("script:not([type='application/ld+json'])").count() == 0
        shown += HOSTILE.partition(">")[0] in visitor.tab.locator("body").inner_text()
        assert visitor.violations() == [], page
    assert shown >= 3
    assert visitor.complaints == []
    assert visitor.strangers() == []


def test_no_policy_is_needed_for_that(browser: Any, serve: Callable[[Path], str], hostile: Path) -> None:
    """The pages' policy is the second fence; this is the first one alone."""
    visitor = Visitor(browser, serve(hostile), bypass_csp=True)
    for path in sorted(hostile.rglob("*.html")):
        visitor.open(path.relative_to(hostile).as_posix())
        visitor.see_all()
        assert visitor.tab.title() != "hit", path.name
    assert visitor.strangers() == []
    visitor.context.close()


# ---- Lighthouse

LIGHTHOUSE = "lighthouse@13.5.0"
BARS = {"accessibility": 1.0, "performance": 0.95, "best-practices": 0.95, "seo": 0.95}


@pytest.fixture(scope="module")
def lighthouse() -> list[str]:
    """The command that runs Lighthouse, installed once by npm into .cache."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("node and npm are not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on PATH")
    folder = REPOSITORY / ".cache" / LIGHTHOUSE
    program = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        install = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", LIGHTHOUSE]
        done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode:
            pytest.skip(f"npm cannot install {LIGHTHOUSE}: {done.stderr.strip().splitlines()[-1:]}")
    return [node, str(program)]


@pytest.mark.parametrize("page", ["index.html", PROJECTS[0], "compare/index.html"])
def test_lighthouse_gives_full_marks(lighthouse: list[str], address: str, tmp_path: Path, page: str) -> None:
    report = tmp_path / "report.json"
    options = ("--quiet", "--output=json", f"--output-path={report}", f"--only-categories={','.join(BARS)}")
    chrome = "--chrome-flags=--headless=new --no-sandbox"
    low: dict[str, float] = {}
    for _ in range(2):  # the time of a page depends on what else the machine does
        environment = {**os.environ, "CHROME_PATH": CHROMIUM or ""}
        asked = [*lighthouse, f"{address}/{page}", *options, chrome]
        subprocess.run(asked, env=environment, check=True, capture_output=True, timeout=240)
        found = json.loads(report.read_text(encoding="utf-8"))["categories"]
        low = {name: found[name]["score"] for name, bar in BARS.items() if found[name]["score"] < bar}
        if not low:
            break
    assert low == {}


# ---- watching


@pytest.mark.skipif(os.name == "nt", reason="no Ctrl-C for one process there")
def test_an_open_page_follows_its_project(visit: Callable[..., Visitor], tmp_path: Path) -> None:
    project, out = tmp_path / "project", tmp_path / "gallery"
    shutil.copytree(EXAMPLES[0], project)
    facts, metrics = project / "portfolio.toml", project / "reports" / "metrics.json"
    before = facts.read_text(encoding="utf-8")
    title = next(line for line in before.splitlines() if line.startswith("title")).split('"')[1]
    evidence = metrics.read_bytes()
    with subprocess.Popen(
        command([project], out, "--serve", "--watch"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # A job in the background of a shell has been told to ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as running:  # fmt: skip
        try:
            said: list[str] = []
            reader = threading.Thread(target=lambda: said.extend(running.stdout), daemon=True)
            reader.start()
            visitor = visit(wait_for(said, r"http://127\.0\.0\.1:\d+").rstrip("/")).open()
            assert title in visitor.tab.locator("main").inner_text()

            facts.write_text(before.replace(title, "Another title"), encoding="utf-8")
            visitor.tab.get_by_text("Another title").first.wait_for()
            page = (out / "index.html").read_text(encoding="utf-8")
            assert "Another title" in page
            assert "reload.js" not in page

            metrics.write_bytes(evidence[: len(evidence) // 2])
            assert "metrics.json" in wait_for(said, r".*not JSON, or only half of it.*")
            visitor.open()
            assert "Another title" in visitor.tab.locator("main").inner_text()

            metrics.write_bytes(evidence)
            facts.write_text(before.replace(title, "A third title"), encoding="utf-8")
            visitor.tab.get_by_text("A third title").first.wait_for()
            assert visitor.complaints == []
            assert visitor.strangers() == []
            running.send_signal(signal.SIGINT)
            assert running.wait(10) == 0
            reader.join(10)
        finally:
            running.kill()  # after an error; else it has ended
    assert "Traceback" not in "".join(said)


def wait_for(said: list[str], pattern: str) -> str:
    """Wait until a program has said something; return what matches."""
    import re

    end = time.monotonic() + WAIT_MS / 1000
    while time.monotonic() < end:
        if found := re.search(pattern, "".join(said)):
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"it never said {pattern}: {said}")
