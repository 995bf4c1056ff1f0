"""Reviews: made, read from each published form, refused by line and field; downloads that can be resumed."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment import params
from sentiment.__main__ import main
from sentiment.data import contract, defects, generate, ingestion, sources
from sentiment.data.ingestion import Wish
from sentiment.portfolio import download
from sentiment.portfolio.errors import DataError, ParamsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sentiment.data.reviews import Review
    from sentiment.params import Params

EXPECTED = {
    "label-text": r":12: label is 'positive'; expected 0 \(negative\) or 1 \(positive\)",
    "label-two": ":12: label is 2; expected 0",
    "label-true": ":12: label is True; expected 0",
    "no-label": ":12: no label; expected one in every review",
    "no-text": ":12: no text; expected one in every review",
    "empty-text": ":12: text is ' +'; expected text",
    "only-markup": ":12: text has no letters, only markup or blanks",
    "text-number": ":12: text is 5; expected text",
    "too-long": ":12: text has 25,000 characters; expected at most 20,000",
    "rating-six": ":12: rating is 6; expected 1 to 5 stars",
    "verified-yes": ":12: verified is 'yes'; expected true or false",
    "unknown-field": ":12: unknown field stars; expected id, text",
    "same-id": ":12: id 's0000001' is on an earlier line",
    "cut-off": ":12: not JSON, or cut off",
    "not-utf8": ":12: not UTF-8 at byte",
    "a-list": ":12: is not an object",
    "one-label": "0 negative reviews; at least 20 are needed",
    "cut-off-file": r":\d+: not JSON, or cut off",
}


def test_every_defect_has_its_message() -> None:
    assert EXPECTED.keys() == defects.DEFECTS.keys()


@pytest.mark.parametrize("defect", defects.DEFECTS)
def test_planted_defect_is_refused_with_line_and_field(
    untrained: Path, defect: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--plant", defect, "--root", str(untrained)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert re.search(EXPECTED[defect], said)
    assert not (untrained / ingestion.FILE).exists()


def test_a_refused_file_leaves_what_was_there(copy_of_trained: Path) -> None:
    before = (copy_of_trained / ingestion.FILE).read_bytes()
    assert main(["data", "--plant", "cut-off", "--root", str(copy_of_trained)]) == 1
    assert (copy_of_trained / ingestion.FILE).read_bytes() == before


def test_an_unknown_defect_lists_the_known_ones(untrained: Path) -> None:
    with pytest.raises(DataError, match="no defect 'nonsense'; there are label-text"):
        ingestion.ingest(untrained, params.load(untrained), Wish(), plant="nonsense")


# ---- synthetic reviews


def test_the_same_seed_makes_the_same_reviews(some_reviews: list[Review], settings: Params) -> None:
    assert generate.reviews(400, 7, settings.generator) == some_reviews
    assert generate.reviews(400, 8, settings.generator) != some_reviews


def test_what_is_planted_is_there(settings: Params) -> None:
    made = generate.reviews(6_000, 1, settings.generator)
    shape = settings.generator
    assert sum(review.label for review in made) / len(made) == pytest.approx(shape.positive_share, abs=0.03)
    held_out = {review.product for review in made if review.phrases == "held-out"}
    assert len(held_out) == pytest.approx(shape.products * shape.held_out_share, abs=2)
    assert not held_out & {review.product for review in made if review.phrases == "seen"}
    assert {review.domain for review in made} == {"kitchen", "electronics", "books", "clothing"}
    assert sum(" not " in review.text or "n't" in review.text for review in made) > 1_000
    assert all(1 <= (review.rating or 0) <= 5 for review in made)
    assert not any(re.search(r"\b[aA] [aeio]", review.text) for review in made if review.text)


def test_label_noise_bounds_what_anybody_can_score(settings: Params) -> None:
    """The same draws without noise: the labels differ in about the share that was asked for."""
    noisy = generate.reviews(5_000, 1, settings.generator)
    clean = generate.reviews(5_000, 1, replace(settings.generator, label_noise=0.0))
    differ = sum(
        one.label != other.label for one, other in zip(noisy, clean, strict=False) if one.text == other.text
    )
    compared = sum(one.text == other.text for one, other in zip(noisy, clean, strict=False))
    assert compared > 100
    assert differ / compared == pytest.approx(settings.generator.label_noise, abs=0.05)


def test_reviews_read_back_as_they_were_written(good_file: bytes, some_reviews: list[Review]) -> None:
    assert contract.parse(good_file, "reviews.jsonl", 20_000) == some_reviews


def test_texts_with_both_labels_are_left_out(some_reviews: list[Review]) -> None:
    first = some_reviews[0]
    contrary = replace(first, id="x1", label=1 - first.label, text=first.text.upper())
    again = replace(some_reviews[1], id="x2")
    kept, left_out = contract.without_repeats([first, some_reviews[1], contrary, again])
    assert kept == [some_reviews[1]]
    assert left_out == 3


# ---- published forms


def polarity_file(folder: Path, rows: list[tuple[int, str, str]]) -> Path:
    path = folder / "test.parquet"
    label, title, content = zip(*rows, strict=True)
    pq.write_table(pa.table({"label": label, "title": title, "content": content}), path)
    return path


def labelled_rows(count: int = 300) -> list[tuple[int, str, str]]:
    return [(n % 2, f"Title {n}", f"Text number {n}, {'good' if n % 2 else 'bad'}.") for n in range(count)]


def test_polarity_parquet(untrained: Path, tmp_path: Path) -> None:
    path = polarity_file(tmp_path, [*labelled_rows(), (1, "", "<br />")])
    found = ingestion.ingest(untrained, params.load(untrained), Wish("real", path))
    assert (found.source, found.kind, found.rows) == ("polarity", "real", 300)
    assert found.left_out == {"only markup or blanks": 1}
    reviews, _ = ingestion.read(untrained)
    assert reviews[1].text == "Title 1. Text number 1, good."
    assert reviews[1].label == 1


def test_polarity_csv_has_labels_one_and_two(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text('"2","Great","Works, ""really""."\n"1","Bad","No."\n', encoding="utf-8")
    rows = list(sources.polarity(path))
    assert [row["label"] for row in rows if isinstance(row, dict)] == [1, 0]
    assert rows[0]["text"] == 'Great. Works, "really".'  # type: ignore[index]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b'"2","a","b"\n"3","a","b"\n', r"test\.csv:2: 3 cells that begin with '3'", id="label"),
        pytest.param(b'"2","a"\n', r"test\.csv:1: 2 cells", id="cells"),
        pytest.param(b'"2","a","b\xff"\n', r"test\.csv:1: not UTF-8", id="latin"),
        pytest.param(b'"2","a","b"\n"2","a"x,"b"\n', r"test\.csv:2: not a CSV row", id="quotes"),
    ],
)
def test_polarity_csv_names_the_line(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "test.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=expected):
        list(sources.polarity(path))


def test_a_cut_off_parquet_file_is_refused(tmp_path: Path) -> None:
    path = polarity_file(tmp_path, labelled_rows())
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(DataError, match=r"test\.parquet: not a whole parquet file"):
        list(sources.polarity(path))


def test_another_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"label": [1], "content": ["x"]}), path)
    with pytest.raises(DataError, match=r"other\.parquet: no column title; expected label, title, content"):
        list(sources.polarity(path))


def review_2023(number: int, rating: float = 5.0) -> dict[str, Any]:
    text = f"Review number {number} is {'good' if rating > 3 else 'bad'}."
    known = {"asin": f"B{number % 40}", "parent_asin": f"P{number % 20}", "verified_purchase": number % 3 > 0}
    return {"rating": rating, "title": "", "text": text, "user_id": "u", "timestamp": 1, **known}


def lines_2023(count: int = 400) -> bytes:
    rows = [review_2023(n, 3.0 if n % 10 == 0 else 5.0 if n % 2 else 1.0) for n in range(count)]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_reviews_2023(untrained: Path, tmp_path: Path) -> None:
    path = tmp_path / "All_Beauty.jsonl"
    path.write_bytes(lines_2023())
    wish = Wish("reviews-2023", path, category="All_Beauty", rows=250)
    found = ingestion.ingest(untrained, params.load(untrained), wish)
    assert (found.rows, found.products) == (250, 18)
    assert found.left_out["three stars"] == 28
    reviews, _ = ingestion.read(untrained)
    assert (reviews[0].product, reviews[0].domain, reviews[0].rating) == ("P1", "All_Beauty", 5)


def test_half_a_character_in_a_real_review_is_left_out(untrained: Path, tmp_path: Path) -> None:
    """JSON can hold it (an emoji cut in two), UTF-8 cannot: what is stored must be readable again."""
    rows = [review_2023(n, 5.0 if n % 2 else 1.0) for n in range(1, 260)]
    rows[0]["text"] += " Great\ud83d"
    path = tmp_path / "Books.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    ingestion.ingest(untrained, params.load(untrained), Wish("reviews-2023", path, category="Books"))
    assert ingestion.read(untrained)[0][0].text.endswith(" Great")


def test_too_few_reviews_name_the_file_that_was_given(untrained: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("good\t1\nbad\t0\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.txt: 2 reviews; at least 200"):
        ingestion.ingest(untrained, params.load(untrained), Wish("labelled", path))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(b'{"rating": 5.0, "title": "a", "te', ":2: not JSON, or cut off", id="cut off"),
        pytest.param(
            b'{"rating": 7, "title": "", "text": ""}', ":2: rating is 7; expected 1 to 5", id="rating"
        ),
        pytest.param(b'{"rating": 5, "text": "x"}', ":2: no title and text", id="title"),
    ],
)
def test_reviews_2023_names_the_line(line: bytes, expected: str) -> None:
    good = json.dumps(review_2023(1)).encode()
    with pytest.raises(DataError, match=expected):
        list(sources.reviews_2023([good + b"\n", line], "x.jsonl", "c"))


def test_labelled_sentences_split_at_the_last_tab(tmp_path: Path) -> None:
    path = tmp_path / "amazon_cells_labelled.txt"
    path.write_text("So\tgood.\t1\nBad.\t0\n", encoding="utf-8")
    rows = list(sources.labelled(path))
    assert [(row["text"], row["label"]) for row in rows if isinstance(row, dict)] == [
        ("So\tgood.", 1),
        ("Bad.", 0),
    ]
    path.write_text("Good.\t1\nBad. 0\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"amazon_cells_labelled\.txt:2: no tab and label"):
        list(sources.labelled(path))


def test_own_file_by_column_map(untrained: Path, tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    rows = "".join(f'"Nr {n}, fine",{1 + n % 5},p{n % 9}\n' for n in range(400))
    path.write_text("\ufeffreview,stars,product\n" + rows, encoding="utf-8")
    found = ingestion.ingest(untrained, params.load(untrained), Wish("own", path))
    assert (found.rows, found.products, found.left_out) == (320, 9, {"three stars": 80})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            "review,product\nx,p\n", r"no column stars \(own.rating\); it has review, product", id="column"
        ),
        pytest.param(
            "review,stars,product\nx,six,p\n", "shop.csv:2: stars is 'six'; expected 1 to 5", id="stars"
        ),
        pytest.param("review,stars,product\nx,5\n", "shop.csv:2: 2 cells; expected 3", id="cells"),
        pytest.param("", "no column review .*; it has no header", id="empty"),
    ],
)
def test_own_file_names_what_is_wrong(tmp_path: Path, settings: Params, content: str, expected: str) -> None:
    path = tmp_path / "shop.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=expected):
        list(sources.own(path, settings.own))


def test_own_map_without_a_label_is_refused(tmp_path: Path, settings: Params) -> None:
    with pytest.raises(ParamsError, match="name a column for text, and one of rating and label"):
        list(sources.own(tmp_path / "x.csv", replace(settings.own, rating="")))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["--source", "own"], "own reviews need --file FILE", id="own"),
        pytest.param(["--source", "labelled"], "labelled reviews need --file FILE", id="labelled"),
        pytest.param(["--file", "x.csv"], "synthetic reviews are made, not read", id="synthetic"),
        pytest.param(["--source", "polarity", "--category", "Books"], "--category is for", id="category"),
        pytest.param(
            ["--source", "polarity", "--file", "no.parquet"], "no.parquet: No such file", id="missing"
        ),
    ],
)
def test_wrong_options_are_one_line(
    untrained: Path, arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--root", str(untrained), *arguments]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert expected in said


# ---- downloads


class _Hub(BaseHTTPRequestHandler):
    """A server that knows ranges, and closes the connection too early as often as it is told to."""

    content = b""
    etag = '"one"'
    broken = 0
    asked: list[str | None]

    def do_GET(self) -> None:
        kind = type(self)
        kind.asked.append(self.headers.get("Range"))
        start, status = 0, 200
        if self.headers.get("Range") and self.headers.get("If-Range") in (None, kind.etag):
            start, status = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")), 206
        rest = kind.content[start:]
        self.send_response(status)
        self.send_header("ETag", kind.etag)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if kind.broken:
            kind.broken -= 1
            rest = rest[: len(rest) // 2]
        self.wfile.write(rest)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[tuple[type[_Hub], str]]:
    kind = type("Hub", (_Hub,), {"asked": [], "content": lines_2023()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield kind, f"http://127.0.0.1:{server.server_port}/{{category}}.jsonl"
    server.shutdown()
    server.server_close()
    thread.join()


def quick(settings: Params) -> Params:
    return replace(settings, sources=replace(settings.sources, backoff_s=0.0))


def test_an_interrupted_download_goes_on_where_it_stopped(
    untrained: Path, hub: tuple[type[_Hub], str], settings: Params
) -> None:
    kind, url = hub
    kind.broken = 2
    wish = Wish("reviews-2023", url=url, category="Toys", rows=350)
    found = ingestion.ingest(untrained, quick(settings), wish)
    assert found.rows == 350
    assert found.origin.endswith("/Toys.jsonl")
    assert kind.asked[0] is None
    assert [wanted is not None for wanted in kind.asked[1:]] == [True, True]
    assert (untrained / "data/raw/Toys.jsonl").read_bytes() == kind.content
    ingestion.ingest(untrained, quick(settings), wish)
    assert len(kind.asked) == 3  # what has arrived is not asked for again


def test_a_file_that_changed_on_the_server_is_fetched_anew(
    untrained: Path, hub: tuple[type[_Hub], str], settings: Params
) -> None:
    kind, url = hub
    kind.broken = 3
    wish = Wish("reviews-2023", url=url, category="Toys")
    with pytest.raises(DataError, match=r"try again \(what has arrived is kept\)"):
        ingestion.ingest(untrained, quick(settings), wish)
    kind.etag, kind.content = '"two"', lines_2023(500)
    ingestion.ingest(untrained, quick(settings), wish)
    assert (untrained / "data/raw/Toys.jsonl").read_bytes() == kind.content


def test_lines_stop_the_download_when_enough_was_read(
    tmp_path: Path, hub: tuple[type[_Hub], str], settings: Params
) -> None:
    kind, url = hub
    kind.content = lines_2023(60_000)
    found = download.lines(url, tmp_path / "big.jsonl", quick(settings).sources)
    assert json.loads(next(found))["rating"] == 3.0
    assert (tmp_path / "big.jsonl").stat().st_size < len(kind.content)


def test_a_download_that_is_no_data_is_not_kept(
    untrained: Path, hub: tuple[type[_Hub], str], settings: Params
) -> None:
    """Else the next attempt would refuse the same bytes again, without asking the server."""
    kind, url = hub
    wish = Wish("polarity", url=url.replace("{category}.jsonl", "test.parquet"))
    for asked in (1, 2):
        with pytest.raises(DataError, match=r"test\.parquet"):
            ingestion.ingest(untrained, quick(settings), wish)
        assert kind.asked == [None] * asked


def test_no_network_says_what_to_do(untrained: Path, settings: Params) -> None:
    wish = Wish("polarity", url="http://127.0.0.1:9/none.parquet")
    with pytest.raises(DataError, match=r"none\.parquet: .*download it by hand and use --file FILE"):
        ingestion.ingest(untrained, quick(settings), wish)
