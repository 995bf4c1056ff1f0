from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scaffolder.evidence import BadEvidence
from scaffolder.showcase import deck, letters, plot, typeset
from scaffolder.showcase.entry import Measure
from scaffolder.showcase.owner import Certificate, Link

from . import showcase_samples as samples

if TYPE_CHECKING:
    from PIL.Image import Image

    from scaffolder.showcase.entry import Entry

ROOT = Path(__file__).parent.parent
SENTENCE = "A milling machine that fails in the middle of a part costs far more than a planned stop. "


@pytest.fixture(scope="module")
def page() -> bytes:
    return deck.build(samples.owner(), samples.entries(3))


def opened(pdf: bytes) -> Any:
    import pypdfium2

    return pypdfium2.PdfDocument(pdf)


def text_of(pdf: bytes) -> str:
    """The text layer on one line, with the places where a long word was broken taken out."""
    said = opened(pdf)[0].get_textpage().get_text_bounded()
    return " ".join(said.replace("\u200b", "").replace("\x02", "-").split())


def drawn(pdf: bytes) -> Image:
    picture: Image = opened(pdf)[0].render(scale=1).to_pil().convert("L")
    return picture


def uncompressed(pdf: bytes) -> bytes:
    parts = [pdf]
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(found[1]))
        except zlib.error:
            continue
    return b"\n".join(parts)


def is_one_page(pdf: bytes) -> bool:
    return len(opened(pdf)) == 1


def in_margins(pdf: bytes) -> bool:
    """No ink within 24 points of any side."""
    left, top, right, bottom = drawn(pdf).point(lambda level: 255 * (level < 250)).getbbox()
    width, height = drawn(pdf).size
    return min(left, top, width - right, height - bottom) >= 24


# ---- the page


def test_one_a4_page(page: bytes) -> None:
    assert is_one_page(page)
    assert opened(page)[0].get_size() == pytest.approx((595.28, 841.89), abs=0.01)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_one_page_for_any_number_of_projects(count: int) -> None:
    pdf = deck.build(samples.owner(), samples.entries(count))
    assert is_one_page(pdf)
    assert in_margins(pdf)
    titles = [one.title in text_of(pdf) for one in samples.entries(4)]
    assert titles == [True] * min(count, 3) + [False] * (4 - min(count, 3))


def test_margins_are_white_and_the_ink_is_that_of_a_page_of_text(page: bytes) -> None:
    assert in_margins(page)
    histogram = drawn(page).histogram()
    assert 0.03 < sum(histogram[:200]) / sum(histogram) < 0.15


def test_texts_and_figures_are_in_the_text_layer(page: bytes) -> None:
    said = text_of(page)
    owner = samples.owner()
    expected = [
        owner.name,
        owner.headline,
        owner.value_proposition,
        "github.com/ada-example",
        "ada@example.org",
    ]
    expected += [f"{one.title} {one.issuer}, {one.year}" for one in owner.certificates]
    for one in samples.entries(3):
        value, low, high = plot.numbers(one.model.value, one.model.low, one.model.high)
        expected += [one.title, one.problem, one.decision, one.evidence["data"]["name"]]
        expected += [f"{value} ({low} to {high})", f"baseline {one.baseline.value:.3f}", *one.stack]
    assert [text for text in expected if text not in said] == []
    assert said.count("Synthetic data: ") == 3
    assert said.count("95 % interval in brackets, higher is better") == 3


def test_figures_change_with_the_evidence_and_with_nothing_else() -> None:
    told = samples.measured(12.3456, 11, 14.5, (1500.25, 1400, 1600), metric="cost", higher_is_better=False)
    told["data"]["source"] = "real"
    said = text_of(deck.build(None, [samples.entry(evidence=told)]))
    assert "Cost 12 baseline 1,500" in said
    assert "1,500 (1,400 to 1,600)" in said
    assert "lower is better. Real data: " in said
    assert "Synthetic" not in said
    assert "0.924" not in said


def test_the_owner_chooses_which_projects_in_which_order() -> None:
    owner = samples.owner(projects=("helpdesk-chatbot", "unknown", "recommender"))
    said = text_of(deck.build(owner, samples.entries(4)))
    places = [said.find(one) for one in ("Help-desk chatbot", "Recommender", "Predictive maintenance")]
    assert -1 < places[0] < places[1] < places[2]
    assert "Sentiment" not in said


def test_the_page_grows_into_its_room_without_an_owner_and_with_few_texts() -> None:
    bare = samples.entry(problem="", decision="", summary="", stack=(), links=())
    said = text_of(deck.build(None, [bare]))
    assert said.startswith("Portfolio ")
    assert "Decision" not in said
    assert "Certificates" not in text_of(deck.build(samples.owner(certificates=()), samples.entries(1)))


def test_without_a_project_there_is_no_page() -> None:
    with pytest.raises(deck.NothingToShow, match="no project to show"):
        deck.build(samples.owner(), [])


def test_links_can_be_clicked_and_only_where_they_lead_outside() -> None:
    owner = samples.owner(
        links=(*samples.owner().links, Link("Bad", "javascript:alert(1)"), Link("File", "/etc"))
    )
    raw = uncompressed(deck.build(owner, samples.entries(1)))
    found = set(re.findall(rb"/URI ?\(([^)]*)\)", raw))
    assert {b"https://github.com/ada-example", b"mailto:ada@example.org"} <= found
    assert not [url for url in found if not url.startswith((b"https://", b"mailto:"))]


# ---- the file


def test_every_font_is_embedded_and_ours(page: bytes) -> None:
    raw = uncompressed(page)
    names = {name.partition(b"+")[2] for name in re.findall(rb"/BaseFont ?/([^\s/]+)", raw)}
    assert names == {b"Inter-Regular", b"Inter-SemiBold"}
    assert len(re.findall(rb"/FontFile[23] ", raw)) >= len(names)


def test_it_is_tagged_and_says_language_title_author_and_date(page: bytes) -> None:
    raw = uncompressed(page)
    assert b"/Lang(en)" in raw
    assert re.search(rb"/MarkInfo ?<<[^>]*/Marked true", raw)
    assert {b"H1", b"H2", b"P", b"Link"} <= set(re.findall(rb"/S ?/(\w+)", raw))
    assert b"<pdfuaid:part>1</pdfuaid:part>" in raw
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A" in raw
    told = opened(page).get_metadata_dict()
    assert told["Title"] == "Ada Example: Predictive maintenance, Sentiment, Recommender"
    assert told["Author"] == "Ada Example"
    newest = max(one.evidence["run"]["created"] for one in samples.entries(3))
    assert told["CreationDate"] == f"D:{re.sub('[-T:]', '', newest)}"


def test_a_run_without_a_real_date_is_refused() -> None:
    told = samples.evidence()
    told["run"]["created"] = "2026-99-99T00:00:00Z"
    with pytest.raises(BadEvidence, match=r"metrics\.json: run\.created: 2026-99-99T00:00:00Z is no date"):
        deck.build(None, [samples.entry(evidence=told)])


def test_the_same_bytes_in_another_process_folder_and_time(page: bytes, tmp_path: Path) -> None:
    assert deck.build(samples.owner(), samples.entries(3)) == page
    code = (
        "import sys, time; time.time = lambda: 1.0e9; sys.path[:0] = [sys.argv[1]]\n"
        "from tests import showcase_samples as samples\nfrom scaffolder.showcase import deck\n"
        "sys.stdout.buffer.write(deck.build(samples.owner(), samples.entries(3)))"
    )
    env = {
        **os.environ,
        "SOURCE_DATE_EPOCH": "1",
        "TZ": "Asia/Tokyo",
        "HOME": str(tmp_path),
        "LANG": "de_DE.UTF-8",
    }
    there = subprocess.run(
        [sys.executable, "-c", code, str(ROOT)], cwd=tmp_path, env=env, capture_output=True, check=False
    )
    assert there.returncode == 0, there.stderr.decode()
    assert there.stdout == page


def test_no_path_of_this_machine_is_in_it(page: bytes) -> None:
    raw = uncompressed(page)
    for path in (ROOT, Path.home(), Path.cwd(), Path(sys.prefix)):
        assert len(path.parts) < 2 or str(path).encode() not in raw


def test_the_fonts_have_their_licence_beside_them_and_are_small() -> None:
    assert "SIL OPEN FONT LICENSE" in (typeset.FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in typeset.FONTS.iterdir()) < 500_000


# ---- texts of others


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_a_text_that_looks_like_markup_is_shown_as_it_is(text: str) -> None:
    owner = samples.owner(
        name=text,
        headline=text,
        value_proposition=text,
        links=(Link(text, f"https://example.org/?{text}"),),
        certificates=(Certificate(text, text, 2026, text),),
    )
    told = samples.evidence()
    told["headline"]["model"] = told["headline"]["baseline"]["name"] = told["data"]["name"] = text
    entry = samples.entry(title=text, problem=text, decision=text, summary=text, stack=(text,), evidence=told)
    pdf = deck.build(owner, [replace(entry, links=(Link(text, text),))])
    shown = "".join(text.split())
    assert "".join(text_of(pdf).replace("-", "").split()).count(shown.replace("-", "")) >= 10
    assert opened(pdf).get_metadata_dict()["Author"].split() == text.split()
    assert in_margins(pdf)


def test_a_word_wider_than_its_column_is_broken_and_loses_no_letter() -> None:
    word = samples.LONG_WORD
    owner = samples.owner(headline=word, links=(Link("Home", f"https://example.org/{word}"),))
    pdf = deck.build(owner, [samples.entry(title=word[:90], problem=word, stack=(word,))])
    assert in_margins(pdf)
    assert "".join(text_of(pdf).split()).count(word) >= 4


@pytest.mark.parametrize(
    "text", ["-" * 500, ". " * 300, "( " * 300, "a! " * 200, "/ " * 300, '" ( ' * 150, "\u00a0a" * 300]
)
def test_signs_between_which_no_line_may_end_are_broken_all_the_same(text: str) -> None:
    pdf = deck.build(samples.owner(headline=text), [samples.entry(problem=text, stack=(text,))])
    assert in_margins(pdf)
    sign = text.split(maxsplit=1)[0][0]
    assert text_of(pdf).count(sign) >= 3 * text.count(sign)


def test_letters_of_other_scripts_are_set_and_a_warning_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    pdf = deck.build(samples.owner(headline="Ωμέγα Привет Đặng naïve → ≥"), samples.entries(1), said.append)
    assert "Ωμέγα Привет Đặng naïve → ≥" in text_of(pdf)
    assert said == []
    monkeypatch.setattr(typeset, "_in_no_font", frozenset)
    pdf = deck.build(samples.owner(name="Ada 漢字 \U0001f600"), samples.entries(1), said.append)
    assert "Ada \ufffd\ufffd \ufffd" in text_of(pdf)
    (warning,) = said
    assert warning.startswith(
        "portfolio.owner.toml: name: 字 (U+5B57), 漢 (U+6F22), \U0001f600 (U+1F600): no font"
    )


def test_a_font_of_the_system_stands_in_for_letters_that_ours_lacks() -> None:
    fonts = typeset.require("typst").Fonts(include_embedded_fonts=False).fonts()
    having = [one for one in fonts if one.path and "ش" in letters.letters_of(Path(one.path), one.index)]
    if not having:
        pytest.skip("no font of this system has Arabic letters")
    said: list[str] = []
    pdf = deck.build(samples.owner(name="شادي"), samples.entries(1), said.append)
    assert is_one_page(pdf)
    assert "\ufffd" not in text_of(pdf)
    (warning,) = said
    assert "portfolio.owner.toml: name: " in warning
    assert "set in a font of this system" in warning


def test_controls_halves_of_letters_and_overrides_do_no_harm() -> None:
    pdf = deck.build(samples.owner(name="A\x00d\u202ea\ud800\ufffe \n\t Example"), samples.entries(1))
    assert text_of(pdf).startswith("Ada\ufffd\ufffd Example")


@pytest.mark.parametrize(
    ("model", "baseline"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((1e308, -1e308, 1e308), (-1e308, -1e308, -1e308)),
        ((1e-310, 0, 1e-310), (0, 0, 0)),
        ((0.5, 0.9, 0.1), (2, 3, 1)),
        ((-123456.789, -200000, -100000), (1, 0, 2)),
        ((1e16, 1e16, 1e16 + 2), (1e16, 1e16, 1e16)),
    ],
)
def test_odd_figures_stay_on_the_page(model: tuple[float, float, float], baseline: Any) -> None:
    entry = samples.entry(evidence=samples.measured(*model, baseline))
    pdf = deck.build(samples.owner(), [entry])
    assert in_margins(pdf)
    drawn = plot.interval_plot(Measure(*model), Measure(*baseline))
    places = [at for row in drawn["rows"] for at in row.values()] + [tick["at"] for tick in drawn["ticks"]]
    assert all(-1e-9 <= at <= 1 + 1e-9 for at in places)
    assert 2 <= len(drawn["ticks"]) <= 7


def test_an_axis_is_to_scale() -> None:
    scale = plot.axis([Measure(0.92, 0.87, 0.96), Measure(0.59, 0.48, 0.69)])
    assert (scale.low, scale.high, scale.ticks) == (0.4, 1.0, (0.4, 0.6, 0.8, 1.0))
    assert scale.at(0.55) == pytest.approx(0.25)


# ---- too long


def entries_with(**texts: Any) -> list[Entry]:
    return [samples.entry(**texts), *samples.entries(3)[1:]]


def test_an_overflow_names_the_text_its_file_its_length_and_what_fits() -> None:
    with pytest.raises(deck.DeckTooLong) as caught:
        deck.build(samples.owner(value_proposition=(SENTENCE * 30)[:2400]), samples.entries(3))
    assert re.fullmatch(
        r"portfolio\.owner\.toml: value_proposition has 2,\d\d\d characters; "
        r"about \d,?\d\d0 fit on the page; shorten it",
        str(caught.value),
    )


def test_an_overflow_names_a_text_of_a_project_and_leaves_the_others_alone(monkeypatch: Any) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(deck.DeckTooLong) as caught:
        deck.build(samples.owner(), entries_with(problem=SENTENCE * 40))
    assert str(caught.value).startswith("examples/predictive-maintenance/portfolio.toml: problem has ")
    assert "; shorten it" in str(caught.value)
    told = samples.evidence()
    told["data"]["name"] = SENTENCE * 40
    with pytest.raises(deck.DeckTooLong, match=r"reports/metrics\.json: data\.name has 3,559 characters"):
        deck.build(samples.owner(), entries_with(evidence=told))


def test_a_list_is_counted_in_entries() -> None:
    certificates = samples.owner().certificates * 30
    with pytest.raises(deck.DeckTooLong, match=r"certificates has 60 entries; about \d+ fit on the page"):
        deck.build(samples.owner(certificates=certificates), samples.entries(3))
    with pytest.raises(deck.DeckTooLong, match=r"stack has 900 entries; about \d+ fit on the page"):
        deck.build(None, [samples.entry(stack=("scikit-learn",) * 900)])


def test_an_enormous_text_is_measured_in_part_and_counted_whole() -> None:
    with pytest.raises(deck.DeckTooLong, match="headline has 1,000,000 characters; about "):
        deck.build(samples.owner(headline="m" * 1_000_000), samples.entries(1))
    marks = "a" + "\N{COMBINING ACUTE ACCENT}" * 20_000  # takes no room at all
    with pytest.raises(deck.DeckTooLong, match="headline has 20,000 characters; about "):
        deck.build(samples.owner(headline=marks), samples.entries(1))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_texts_that_take_no_more_than_their_shares_always_fit(count: int) -> None:
    """Else an overflow could have no text to blame."""
    page = typeset.Page("deck.typ", deck._Content().of(samples.owner(), samples.entries(count)))
    measured = page.ask("measured")
    keys = [one["key"] for band in measured["bands"] for column in band for one in column if one["key"]]
    assert {"name", "headline", "value_proposition", "links", "certificates", "url"} < set(keys)
    assert len(keys) == 6 + count * (9 if count == 3 else 10)
    crowded = replace(samples.owner(), value_proposition=SENTENCE * 500)
    content = deck._Content().of(crowded, samples.entries(count))
    measured = typeset.Page("deck.typ", content).ask("measured")  # in the smallest scale
    assert not measured["fits"]
    shares = [
        max(sum(one["above"] + max(one["share"], 0) for one in column) for column in band)
        for band in measured["bands"]
    ]
    assert sum(shares) <= measured["room"]


def test_the_address_at_the_foot_can_be_too_long_as_well() -> None:
    with pytest.raises(deck.DeckTooLong, match=r"portfolio\.owner\.toml: url has 4,4\d\d characters; about "):
        deck.build(samples.owner(url="https://example.org/" + "a-b/" * 1100), samples.entries(3))


def test_an_error_names_at_most_three_texts() -> None:
    long = [
        replace(one, problem=SENTENCE * 12, decision=SENTENCE * 12, stack=("NumPy",) * 90)
        for one in samples.entries(3)
    ]
    with pytest.raises(deck.DeckTooLong) as caught:
        deck.build(samples.owner(), long)
    assert len(caught.value.found) > 3
    assert str(caught.value).count(" fit on the page") == 3
    assert re.search(r"; \d more texts are too long; shorten them$", str(caught.value))


@pytest.mark.parametrize("factor", [1.0, 3.0, 9.0])
def test_doing_what_the_error_says_makes_it_fit(factor: float) -> None:
    """Texts are cut to the length that the error gives, at a space, until the page is built."""

    def long(number: int) -> str:
        return (SENTENCE * 100)[: int(number * factor)].strip()

    names = {"value_proposition": long(700), "headline": long(150), "name": long(60)}
    projects = [{"title": long(90), "problem": long(500), "decision": long(430)} for _ in range(3)]
    for _ in range(4):
        entries = [replace(one, **texts) for one, texts in zip(samples.entries(3), projects, strict=True)]
        try:
            pdf = deck.build(samples.owner(**names), entries)
        except deck.DeckTooLong as error:
            for one in error.found:
                file, _, name = one.where.rpartition(": ")
                place = [slug in file for slug in samples.NAMES[:3]]
                texts = projects[place.index(True)] if any(place) else names
                assert len(texts[name]) == one.size
                assert one.fits < one.size
                texts[name] = texts[name][: one.fits].rsplit(" ", 1)[0]
        else:
            assert in_margins(pdf)
            assert len(names["value_proposition"]) > 200
            return
    pytest.fail("four rounds of shortening were not enough")


# ---- without typst, and when it fails


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(typeset.ExtraMissing) as caught:
        deck.build(samples.owner(), samples.entries(1))
    expected = "needs the library typst; install it with \"pip install 'portfolio-scaffolder[showcase]'\""
    assert expected in str(caught.value)
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "PIL.Image", raising=False)
    with pytest.raises(typeset.ExtraMissing, match="the library pillow"):
        typeset.require("PIL.Image")


def test_an_error_of_typst_is_one_line_of_ours() -> None:
    page = typeset.Page("deck.typ", {"nothing": "that the template asks for"})
    with pytest.raises(typeset.TypesettingFailed) as caught:
        page.pdf()
    assert str(caught.value).startswith("deck.typ cannot be typeset: ")
    assert "\n" not in str(caught.value)


def test_templates_load_nothing_from_elsewhere() -> None:
    for template in typeset.HERE.glob("*.typ"):
        text = re.sub("//.*", "", template.read_text(encoding="utf-8"))
        assert not re.search(r"\b(import|include)\b *[\"(]|\b(read|eval|image|plugin)\(", text), template.name
        assert "@" not in text.replace("[-/_.?&=:@]", "")


@pytest.mark.parametrize(
    "content",
    [b"", b"ttcf", b"\x00\x01\x00\x00\xff\xff" + b"\xff" * 60, b"OTTO" + bytes(90)],
    ids=["empty", "half a collection", "beyond its end", "no tables"],
)
def test_a_broken_font_has_no_letters(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.ttf"
    path.write_bytes(content)
    assert letters.letters_of(path) == frozenset()
    assert letters.letters_of(tmp_path / "absent.ttf") == frozenset()
