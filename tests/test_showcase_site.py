from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest

from scaffolder.showcase import facts, site
from scaffolder.showcase.entry import Entry, Measure
from scaffolder.showcase.figures import Picture
from scaffolder.showcase.owner import Link
from scaffolder.showcase.rendering import markdown

from . import showcase_samples as samples

if TYPE_CHECKING:
    from collections.abc import Sequence

URL = "https://ada.example/portfolio/"
VOID = {"meta", "link", "img", "br", "hr", "input", "line", "path", "circle", "rect"}


class Page(HTMLParser):
    """A page as a list of tags with their attributes, and its text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.source = content.decode()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(self.source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} is there twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f" {' '.join(data.split())}"

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag and wanted.items() <= attrs.items()]

    def links(self) -> list[str]:
        return [
            str(attrs[name])
            for _, attrs in self.tags
            for name in ("href", "src")
            if attrs.get(name) is not None
        ]


def pictures(entries: Sequence[Entry]) -> dict[Any, Picture]:
    """Pictures that are none, one for each figure."""
    return {
        figure.path: Picture(f"figures/{figure.path.stem}.webp", 1280, 800, b"", "")
        for entry in entries
        for figure in entry.figures
    }


def built(entries: Sequence[Entry] | None = None, **more: Any) -> dict[str, bytes]:
    shown = samples.entries(4) if entries is None else entries
    return site.pages(
        site.Site(**{"owner": samples.owner(), "pictures": pictures(shown), **more, "entries": shown})
    )


def pages(files: dict[str, bytes]) -> dict[str, Page]:
    return {name: Page(content) for name, content in files.items() if name.endswith(".html")}


def project_page(entry: Entry) -> Page:
    return Page(built([entry])[f"projects/{entry.slug}/index.html"])


# ---- what is there


def test_the_files_of_a_site() -> None:
    names = {
        *("index.html", "compare/index.html", "404.html"),
        *(f"projects/{name}/index.html" for name in samples.NAMES),
    }
    always = {"style.css", "icon.svg", "robots.txt", ".nojekyll"}
    drawn = {picture.name for picture in pictures(samples.entries(4)).values()}
    assert set(built()) == names | always | drawn
    more = built(url=URL, pdf=b"%PDF", cards={"": b"card", **dict.fromkeys(samples.NAMES, b"card")})
    cards = {"cards/_index.png", *(f"cards/{name}.png" for name in samples.NAMES)}
    assert set(more) == names | always | drawn | cards | {
        "portfolio.pdf",
        "feed.xml",
        "feed.json",
        "sitemap.xml",
    }


def test_the_same_entries_give_the_same_bytes() -> None:
    assert built(url=URL, pdf=b"%PDF") == built(url=URL, pdf=b"%PDF")


def test_every_page_is_whole() -> None:
    for name, page in pages(built(url=URL, pdf=b"%PDF")).items():
        assert page.source.startswith('<!doctype html>\n<html lang="en">'), name
        assert [len(page.all(tag)) for tag in ("h1", "main", "title", "footer")] == [1, 1, 1, 1], name
        assert page.all("meta", name="description")[0]["content"], name
        assert page.all("meta", name="viewport"), name
        assert page.all("a", **{"class": "skip", "href": "#main"}), name
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(ids) == len(set(ids)), name
        named = {attrs["aria-labelledby"] for _, attrs in page.tags if "aria-labelledby" in attrs}
        assert named <= set(ids), name


def test_no_page_has_a_script_or_calls_anybody() -> None:
    for name, page in pages(built(url=URL)).items():
        (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
        rules = dict(rule.split(" ", 1) for rule in str(policy["content"]).split("; "))
        assert rules["default-src"] == "'none'", name
        assert rules["img-src"] == "'self'", name
        assert "unsafe" not in str(policy["content"]), name
        assert not page.all("script"), name
        assert not [
            key for _, attrs in page.tags for key in attrs if key.startswith("on") or key == "style"
        ], name
        sources = [attrs["src"] for attrs in page.all("img")]
        loaded = [attrs["href"] for rel in ("stylesheet", "icon") for attrs in page.all("link", rel=rel)]
        assert not [one for one in (*sources, *loaded) if urlsplit(str(one)).netloc], name


def test_every_link_within_the_site_leads_to_a_file() -> None:
    files = built(url=URL, pdf=b"%PDF")
    ids = {name: {attrs.get("id") for _, attrs in page.tags} for name, page in pages(files).items()}
    for name, page in pages(files).items():
        for link in page.links():
            target, _, fragment = urljoin(f"{URL}{name}", link).partition("#")
            if not target.startswith(URL):
                continue
            path = target.removeprefix(URL)
            path = f"{path}index.html" if path.endswith("/") or not path else path
            assert path in files, f"{name}: {link}"
            assert not fragment or fragment in ids[path], f"{name}: {link}"


def test_the_404_page_needs_no_other_file_to_look_right() -> None:
    page = Page(built(url=URL)["404.html"])
    assert not page.all("link", rel="stylesheet")
    style = page.source.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.source
    assert all(link.startswith(("/portfolio/", "#")) for link in page.links())
    assert all(link.startswith(("/", "#")) for link in Page(built()["404.html"]).links())


# ---- addresses


def test_what_needs_an_address_is_left_out_without_one() -> None:
    for page in pages(built()).values():
        assert not page.all("link", rel="canonical")
        assert not page.all("link", rel="alternate")
        assert "og:" not in page.source
        assert "feed.xml" not in page.source


def test_each_page_says_where_it_is_and_what_a_shared_link_shows() -> None:
    found = pages(built(url=URL, cards={"": b"card", "sentiment": b"card"}))
    for name, address, card in (
        ("index.html", "", "cards/_index.png"),
        ("compare/index.html", "compare/", "cards/_index.png"),
        ("projects/sentiment/index.html", "projects/sentiment/", "cards/sentiment.png"),
    ):
        (canonical,) = found[name].all("link", rel="canonical")
        assert canonical["href"] == f"{URL}{address}"
        said = {str(one["property"]): one["content"] for one in found[name].all("meta") if "property" in one}
        assert said["og:url"] == f"{URL}{address}"
        assert said["og:image"] == f"{URL}{card}"
        assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
        assert said["og:title"]
    assert "og:image" not in found["projects/recommender/index.html"].source


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://ada.example", "https://ada.example/"),
        ("https://ada.example/portfolio", "https://ada.example/portfolio/"),
        ("https://ada.example/portfolio/index.html", "https://ada.example/portfolio/"),
        ("https://ada.example/a b/", "https://ada.example/a%20b/"),
    ],
)
def test_the_address_of_a_site_ends_with_a_slash(given: str, address: str) -> None:
    assert site.absolute(given) == address


@pytest.mark.parametrize(
    "given", ["ada.example", "/portfolio/", "mailto:a@b.c", "https://a.example/?q=1", "https://a.b/#x"]
)
def test_an_address_that_is_none(given: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        site.absolute(given)


# ---- what they say


def test_the_index_shows_owner_and_projects_in_order() -> None:
    page = Page(built(pdf=b"%PDF")["index.html"])
    owner = samples.owner()
    for text in (
        owner.name,
        owner.headline,
        owner.value_proposition,
        *(one.title for one in owner.certificates),
    ):
        assert text in page.text
    assert [link.url for link in owner.links] == [attrs["href"] for attrs in page.all("a", rel="me noopener")]
    assert "portfolio.pdf" in page.links()
    places = [link for link in page.links() if link.startswith("projects/")]
    assert places == [f"projects/{name}/index.html" for name in samples.NAMES]
    assert [attrs.get("loading") for attrs in page.all("img")] == ["lazy"] * 4


def test_without_a_profile_the_index_is_called_projects() -> None:
    page = Page(built(owner=None)["index.html"])
    assert page.source.count("<title>Projects</title>") == 1
    assert re.search(r"<h1 id=\"projects\">Projects</h1>", page.source)
    assert not page.all("h3")


def test_a_project_says_problem_and_decision_before_its_result() -> None:
    entry = samples.entry()
    text = project_page(entry).text
    order = [
        *(
            entry.title,
            entry.problem,
            entry.decision,
            "0.924",
            "against",
            "0.589",
            "+0.334",
            "(+0.241 to +0.433)",
        ),
        *("better than the baseline", "The data are synthetic", "Every model under this protocol", "Figures"),
        *(
            "A machine fails.",
            "Where it fails",
            "Random failures",
            "python -m maintenance data",
            "Data and run",
        ),
    ]
    places = [text.index(one) for one in order]
    assert places == sorted(places)


def test_a_model_that_is_worse_than_its_baseline_is_said_to_be() -> None:
    files = built()
    for name in ("index.html", "projects/sentiment/index.html", "compare/index.html"):
        assert "worse than the baseline" in Page(files[name]).text


@pytest.mark.parametrize(
    ("low", "high", "higher", "expected"),
    [
        (0.1, 0.2, True, "better"),
        (0.1, 0.2, False, "worse"),
        (-0.2, -0.1, False, "better"),
        (-0.2, -0.1, True, "worse"),
        (-0.1, 0.1, True, "open"),
        (0.0, 0.1, True, "open"),
        (0.2, -0.1, True, "open"),
    ],
)
def test_what_a_difference_shows(low: float, high: float, higher: bool, expected: str) -> None:
    assert facts.outcome(Measure(0.1, low, high), higher_is_better=higher) == expected


def test_every_number_is_the_evidence_s_own() -> None:
    entry = samples.entry()
    page = project_page(entry)
    for measured in entry.evidence["metrics"]:
        assert facts.numbers(measured["value"], *(measured["ci95"] or ()))[0] in page.text
    for one in ("10,000 rows", "123", "3.11.7", "26 November 2026", "441 kB", "0.29 ms", "train 8,000"):
        assert one in page.text


def test_the_plot_is_drawn_to_scale() -> None:
    entry = samples.entry(evidence=samples.measured(0.8, 0.7, 0.9, (0.5, 0.4, 0.6)))
    source = project_page(entry).source
    said, drawn = re.findall(r'aria-label="(On a scale[^"]+)"(.*?)</svg>', source)[0]
    assert said == "On a scale from 0.4 to 1.0: 0.800, 95 % interval 0.700 to 0.900; the baseline at 0.500"
    at = {kind: float(x) for kind, x in re.findall(r'class="(\w)" d="M([\d.]+) ', drawn)}
    end = float(re.findall(r"H([\d.]+)", drawn)[0])

    def place(value: float) -> float:
        return 3 + 94 * (value - 0.4) / 0.6

    assert at["d"] == pytest.approx(place(0.8), abs=0.06)
    assert at["b"] == pytest.approx(place(0.5), abs=0.06)
    assert (at["i"], end) == pytest.approx((place(0.7), place(0.9)), abs=0.06)


def test_figures_have_words_and_a_size() -> None:
    entry = samples.entry()
    page = project_page(entry)
    assert [attrs["alt"] for attrs in page.all("img")] == [figure.alt for figure in entry.figures]
    assert {(attrs["width"], attrs["height"], attrs["loading"]) for attrs in page.all("img")} == {
        ("1280", "800", "lazy")
    }
    assert len(page.all("figure")) == len(page.all("figcaption")) == len(entry.figures)


def test_what_a_project_lacks_has_no_heading() -> None:
    entry = samples.entry(star="", limits="", run="", figures=(), links=(), stack=(), summary="")
    for key in ("slices", "latency", "calibration", "threshold"):
        entry.evidence.pop(key, None)
    entry.evidence["anchors"] = []
    entry.evidence["run"]["git_commit"] = "unknown"
    page = project_page(entry)
    for heading in (
        "Figures",
        "Situation",
        "Where it fails",
        "How to run it",
        "Latency",
        "Commit",
        "slices",
        "bands",
    ):
        assert heading not in page.text.replace(entry.decision, "")
    assert "not measured" in Page(built([entry])["compare/index.html"]).text


def test_a_run_s_commit_is_shown() -> None:
    entry = samples.entry()
    entry.evidence["run"]["git_commit"] = "ab" * 20
    assert "ab" * 20 in project_page(entry).text


def test_compare_has_a_row_for_each_project() -> None:
    page = Page(built()["compare/index.html"])
    assert len(page.all("th", scope="row")) == 4
    for text in (
        "Average precision",
        "0.924",
        "logistic-regression",
        "0.589",
        "+0.334",
        "stratified-holdout",
    ):
        assert text in page.text
    assert "all metrics here higher is better" in " ".join(page.text.split())


def test_compare_names_metrics_of_which_less_is_better() -> None:
    entry = samples.entry(
        evidence=samples.measured(2, 1, 3, (5, 4, 6), metric="rmse", higher_is_better=False)
    )
    text = " ".join(Page(built([entry, samples.entry("sentiment")])["compare/index.html"]).text.split())
    assert "for RMSE lower is better, for all others higher is better" in text


def test_a_long_table_says_what_it_leaves_out() -> None:
    entry = samples.entry()
    entry.evidence["metrics"] *= 40
    page = project_page(entry)
    assert "All 1,000 measurements, of which 300 are shown" in page.text
    assert page.source.count("<tr") < 700


def test_fifty_projects_make_an_index_of_less_than_a_hundred_kilobytes() -> None:
    index = built(samples.many(50), url=URL, pdf=b"%PDF")["index.html"]
    assert index.count(b'<li class="card">') == 50
    assert len(index) < 100_000


# ---- hostile texts


def spoiled(value: Any) -> Any:
    """Every text of some evidence with markup in it, but for those that the schema holds to a form."""
    kept = {"real", "synthetic", "inside", "above", "below", "not applicable"}
    if isinstance(value, str):
        is_form = value in kept or re.fullmatch(r"[0-9a-f]{12,}|\d{4}-\d\d-\d\dT.*", value)
        return value if is_form else f"{value}</td></p><script>hit()</script>\" onload='hit()"
    if isinstance(value, dict):
        return {
            spoiled(key) if key in ("train", "test", "evaluate") else key: spoiled(one)
            for key, one in value.items()
        }
    return [spoiled(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "said", [*samples.HOSTILE, "</title></style><script>hit()</script>", "\"'><img src=x onerror=hit()>"]
)
def test_a_hostile_text_is_shown_as_text(said: str) -> None:
    whole = samples.entry()
    entry = replace(
        whole,
        title=said, summary=said, problem=said, decision=said, stack=(said,), run=said,
        figures=tuple(replace(figure, alt=said) for figure in whole.figures),
        links=(Link(said, "https://a.example/"),),
        evidence=spoiled(whole.evidence),
    )  # fmt: skip
    owner = samples.owner(
        name=said, headline=said, value_proposition=said, links=(Link(said, "https://a.example/"),),
        certificates=tuple(replace(one, title=said, issuer=said) for one in samples.owner().certificates),
    )  # fmt: skip
    files = built([entry], owner=owner, url=URL)
    honest = built([whole], url=URL)
    shown = " ".join(said.split())
    for name, page in pages(files).items():
        like = {tag for tag, _ in Page(honest[name]).tags}
        assert {tag for tag, _ in page.tags} <= like, name
        assert not [key for _, attrs in page.tags for key in attrs if key.startswith("on")], name
        assert shown in " ".join(page.text.split()), name


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** `b`", "<p><strong>a</strong> <code>b</code></p>\n"),
        ("[a](https://a.example)", '<p><a href="https://a.example" rel="noopener">a</a></p>\n'),
        ("[a](mailto:a@b.c)", '<p><a href="mailto:a@b.c" rel="noopener">a</a></p>\n'),
        ("[a](docs/a.md) [b](#b) [c](//c.example) [d](ftp://d.example)", "<p>a b c d</p>\n"),
        ("[![a](https://a.example/a.png)](docs/a.md)", "<p>a</p>\n"),
        ("![far](https://a.example/pixel.png)", "<p>far</p>\n"),
        ("[a](javascript:hit())", "<p>[a](javascript:hit())</p>\n"),
        (
            "[a](https://a.example \"' onclick='hit()\")",
            '<p><a href="https://a.example" rel="noopener">a</a></p>\n',
        ),
        ("<script>hit()</script>", "<p>&lt;script&gt;hit()&lt;/script&gt;</p>\n"),
        ("a <img src=x onerror=hit()>", "<p>a &lt;img src=x onerror=hit()&gt;</p>\n"),
        ("# A\n\n##### B\n\n#\n\nc", "<h3>A</h3>\n<h3>B</h3>\n<p>c</p>\n"),
        ("```html onload=hit()\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>\n"),
    ],
)
def test_markdown_can_do_nothing(text: str, html: str) -> None:
    assert markdown(text) == html


def test_tables_in_markdown_scroll_by_themselves() -> None:
    html = markdown("| | b |\n| --- | ---: |\n| 1 | 2 |")
    assert html.startswith('<div class="scroll" role="region" tabindex="0" aria-label="Table"><table>')
    assert html.count("<th") == 2  # thead and one th: an empty heading is a cell
    assert html.rstrip().endswith("</table>\n</div>")
