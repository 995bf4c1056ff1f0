"""Ratings: made, read from each published form, refused by line and column."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from projects import with_texts

from recommender import params
from recommender.__main__ import main
from recommender.data import contract, defects, generate, ingestion, own
from recommender.data.ingestion import Wish
from recommender.portfolio.errors import DataError, ParamsError

if TYPE_CHECKING:
    from pathlib import Path

    from recommender.params import Params

EXPECTED = {
    "same-pair": r":13: user '.*' has rated item '.*' on line 12, too; expected one rating",
    "rating-six": ":12: rating is '6'; expected a number from 1 to 5",
    "rating-zero": ":12: rating is '0'; expected a number from 1 to 5",
    "rating-word": ":12: rating is 'good'; expected a number",
    "rating-nan": ":12: rating is 'nan'; expected a number",
    "no-time": ":12: time is ''; expected whole seconds since 1970",
    "time-date": ":12: time is '2023-05-01'; expected whole seconds",
    "time-milliseconds": ":12: time is 1682899200000, after the year 2100; expected seconds",
    "time-negative": ":12: time is '-5'; expected whole seconds",
    "no-user": ":12: user is ''; expected an id of 1 to 64 characters",
    "user-blank": ":12: user is ' u00001'; expected an id",
    "unknown-item": r":12: item 'f99999' is not in items\.csv",
    "five-cells": ":12: 5 cells; expected 4",
    "cut-off": ":12: [123] cells; expected 4",
    "not-utf8": ":12: not UTF-8; save the file as UTF-8",
    "renamed-column": ":1: columns 'userId, item, rating, time'; expected user,item,rating,time",
    "no-header": ":1: columns 'u.*; expected user,item,rating,time",
    "one-user": r": \d+ rows; at least 200 are needed|: 1 user; at least 20 are needed",
    "one-item": r": \d+ rows; at least 200 are needed|: 1 item; at least 20 are needed",
    "empty": ": no ratings in it",
}


# ---- the contract


def test_every_defect_is_listed_here() -> None:
    assert set(EXPECTED) == set(defects.DEFECTS)


@pytest.mark.parametrize("defect", EXPECTED)
def test_a_planted_defect_is_refused_by_line_and_column(
    untrained: Path, defect: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--plant", defect, "--root", str(untrained)]) == 1
    said = capsys.readouterr().err
    assert re.search(r"error: ratings\.csv" + EXPECTED[defect], said)
    assert said.count("\n") == 1
    assert not (untrained / ingestion.RATINGS).exists()


def test_data_that_were_there_survive_a_refusal(copy_of_trained: Path) -> None:
    before = (copy_of_trained / ingestion.RATINGS).read_bytes()
    assert main(["data", "--plant", "no-time", "--root", str(copy_of_trained)]) == 1
    assert (copy_of_trained / ingestion.RATINGS).read_bytes() == before


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (",A film,1990,", "item is ''"),
        ("f1,A film,1990,Drama", "item 'f1' is on an earlier line, too"),
        ("f2, ,1990,Drama", "title is ' '"),
        ("f2,A film,90s,Drama", "year is '90s'"),
        ("f2,A film,1990", "3 cells; expected 4"),
    ],
)
def test_an_item_that_is_none_is_refused(row: str, expected: str) -> None:
    content = f"item,title,year,genres\nf1,First,1980,Drama|War\n{row}\n".encode()
    with pytest.raises(DataError, match=r"items\.csv:3: ") as refused:
        contract.parse_items(content, "items.csv")
    assert expected in str(refused.value)


def test_rows_may_stand_in_any_order(good_files: tuple[bytes, bytes]) -> None:
    ratings, items = good_files
    header, *rows = ratings.strip().split(b"\n")
    catalogue = contract.parse_items(items, "items.csv")
    shuffled = b"\n".join([header, *reversed(rows), b""])
    one, other = (
        contract.parse_ratings(content, "r", catalogue, contract.Scale(1, 5))
        for content in (ratings, shuffled)
    )
    assert one.fingerprint() == other.fingerprint()
    assert one.users == other.users


def test_what_is_written_is_read_back(good_files: tuple[bytes, bytes]) -> None:
    ratings, items = good_files
    catalogue = contract.parse_items(items, "items.csv")
    found = contract.parse_ratings(ratings, "r", catalogue, contract.Scale(1, 5))
    assert contract.write_ratings(found) == ratings
    assert contract.write_items(catalogue) == items


def test_ids_are_sorted_as_people_count() -> None:
    items = contract.parse_items(b"item,title,year,genres\n1,One,,\n", "i")
    rows = "".join(f"{user},1,3,{user}\n" for user in (10, 2, 1))
    found = contract.parse_ratings(
        f"user,item,rating,time\n{rows}".encode(), "r", items, contract.Scale(1, 5)
    )
    assert found.users == ("1", "2", "10")


def test_a_changed_file_is_refused_with_what_to_do(copy_of_trained: Path) -> None:
    with (copy_of_trained / ingestion.RATINGS).open("ab") as file:
        file.write(b"u00001,f00001,3,1700000000\n")
    with pytest.raises(DataError, match=r"data/ratings\.csv: changed since it was checked"):
        ingestion.read(copy_of_trained)


# ---- the generator


def test_the_same_seed_makes_the_same_log_and_another_one_another(settings: Params) -> None:
    one, again, other = (
        generate.interactions(60, 80, seed, settings.generator)[0].fingerprint() for seed in (1, 1, 2)
    )
    assert one == again != other


def test_the_log_has_the_shape_that_was_asked_for(settings: Params) -> None:
    """Shares of stars, activity, and the tenth of the films that holds two fifths, as in MovieLens 100K."""
    found, items = generate.interactions(
        settings.data.users, settings.data.items, settings.seed, settings.generator
    )
    stars = np.bincount(found.value.astype(int), minlength=6)[1:] / len(found)
    assert np.abs(stars - settings.generator.star_shares).max() < 0.001
    activity = np.bincount(found.user)
    assert activity.min() >= settings.generator.fewest_ratings * 0.9
    assert 50 <= np.median(activity) <= 80
    counts = np.sort(np.bincount(found.item, minlength=len(items)))[::-1]
    assert 0.35 <= counts[: len(items) // 10].sum() / counts.sum() <= 0.5
    assert len({item.title for item in items}) == len(items)


def test_nobody_has_seen_a_film_before_it_came_out(settings: Params) -> None:
    """New films have no early ratings: for a fifth of the catalogue, the first one comes late."""
    found, items = generate.interactions(400, 200, 5, settings.generator)
    first = np.full(len(items), found.time.max())
    np.minimum.at(first, found.item, found.time)
    late = (first - found.time.min()) > 0.25 * (found.time.max() - found.time.min())
    assert 0.05 <= late.mean() <= 0.35


# ---- the owner's own log


def own_csv(folder: Path, rows: list[str], header: str = "user_id,item_id,timestamp") -> Path:
    path = folder / "log.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def test_an_implicit_log_is_added_up(tmp_path: Path, settings: Params) -> None:
    path = own_csv(tmp_path, ["a,x,100", "a,x,50", "a,y,2026-01-01T00:00:00", "b,x,1700000000000"])
    found, items, rated = own.read(path, settings.own)
    assert not rated
    assert [item.title for item in items] == ["x", "y"]
    assert found.value.tolist() == [2.0, 1.0, 1.0]
    assert found.time.tolist() == [100, 1767225600, 1700000000]


def test_of_ratings_the_last_one_counts(tmp_path: Path, settings: Params) -> None:
    columns = replace(settings.own, rating="stars", title="name", genres="kind")
    header = "user_id,item_id,timestamp,stars,name,kind"
    path = own_csv(tmp_path, ["a,x,200,5,Film,Drama|War", "a,x,100,1,Film,Drama|War"], header)
    found, items, rated = own.read(path, columns)
    assert rated
    assert (found.value.tolist(), found.time.tolist()) == ([5.0], [200])
    assert (items[0].title, items[0].genres) == ("Film", ("Drama", "War"))


def test_parquet_is_read_like_csv(tmp_path: Path, settings: Params) -> None:
    rows = ["a,x,100", "b,y,200"]
    table = pa.table({"user_id": ["a", "b"], "item_id": ["x", "y"], "timestamp": [100, 200]})
    pq.write_table(table, tmp_path / "log.parquet")
    one, other = (
        own.read(path, settings.own)[0] for path in (own_csv(tmp_path, rows), tmp_path / "log.parquet")
    )
    assert one.fingerprint() == other.fingerprint()


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("user,item_id,timestamp", "a,x,1", r"no column user_id \(own\.user\); it has user, item_id"),
        ("user_id,item_id,timestamp", "a,,1", ":2: item_id is ''; expected an id"),
        ("user_id,item_id,timestamp", "a,x,", ":2: timestamp is ''; expected seconds since 1970 or a date"),
        ("user_id,item_id,timestamp", "a,x,-1", ":2: timestamp is '-1'; expected seconds"),
        ("user_id,item_id,timestamp", "a,x,yesterday", ":2: timestamp is 'yesterday'"),
        ("user_id,item_id,timestamp", "a,x", ":2: 2 cells; expected 3"),
        ("user_id,item_id,timestamp", '"a,x,1', "not a CSV row"),
    ],
)
def test_a_wrong_own_log_is_refused_by_line(
    tmp_path: Path, settings: Params, header: str, row: str, expected: str
) -> None:
    with pytest.raises(DataError, match=expected):
        own.read(own_csv(tmp_path, [row], header), settings.own)


def test_a_rating_out_of_range_names_column_and_range(tmp_path: Path, settings: Params) -> None:
    columns = replace(settings.own, rating="stars")
    path = own_csv(tmp_path, ["a,x,1,7"], "user_id,item_id,timestamp,stars")
    with pytest.raises(DataError, match=r":2: stars is '7'; expected a number from 1 to 5"):
        own.read(path, columns)


def test_an_unnamed_column_is_said(tmp_path: Path, settings: Params) -> None:
    with pytest.raises(ParamsError, match=r"own\.time is empty; say which column of log\.csv it is"):
        own.read(own_csv(tmp_path, ["a,x,1"]), replace(settings.own, time=""))


def test_a_cut_off_parquet_file_is_refused(tmp_path: Path, settings: Params) -> None:
    (tmp_path / "log.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"log\.parquet: not a whole parquet file"):
        own.read(tmp_path / "log.parquet", settings.own)


def test_an_own_log_goes_all_the_way(
    untrained: Path, some: object, settings: Params, capsys: pytest.CaptureFixture[str]
) -> None:
    found, _ = generate.interactions(80, 100, 4, settings.generator)
    columns = zip(found.user.tolist(), found.item.tolist(), found.time.tolist(), strict=True)
    path = own_csv(untrained, [f"person-{u},thing-{i},{t}" for u, i, t in columns])
    root = ["--root", str(untrained)]
    assert main(["data", "--source", "own", "--file", str(path), *root]) == 0
    assert "real pairs (own log), 80 users" in capsys.readouterr().out
    assert main(["train", *root]) == 0
    assert main(["evaluate", *root]) == 0
    evidence = json.loads((untrained / "reports/metrics.json").read_text(encoding="utf-8"))
    assert evidence["data"]["source"] == "real"
    assert {row["model"] for row in evidence["metrics"]} == {
        "random", "popularity", "item-knn", "als-implicit", "ease",
    }  # fmt: skip
    assert not [row for row in evidence["metrics"] if row["name"] == "rmse"]
    text = (with_texts(untrained) / "README.md").read_text(encoding="utf-8")
    assert "Result on real data: own log, 80 users" in text
    assert "This log has no ratings, so there is none to guess, and no RMSE." in text
    assert "lesson.png" not in text


# ---- the verb


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(url="http://x"), "synthetic ratings are made, not read"),
        (Wish("own"), "your own log needs --file FILE"),
        (Wish("ml-100k", users=5), "--users and --items are for the generator"),
        (Wish("films"), "source 'films' is unknown; expected synthetic, real"),
    ],
)
def test_options_that_do_not_go_together_are_refused(untrained: Path, wish: Wish, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        ingestion.ingest(untrained, params.load(untrained), wish)


def test_a_file_that_is_not_there_is_said(untrained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "--source", "real", "--file", "no.zip", "--root", str(untrained)]) == 1
    assert capsys.readouterr().err == "error: no.zip: no such file\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("users = 150 #", "users = 5 #", "data.users is 5; expected 20 to 1e+06"),
        (
            "0.342, 0.212]",
            "0.342, 0.312]",
            "generator.star_shares: expected five shares above 0 that sum to 1",
        ),
        ("alpha = [2.0", "alpha = [-2.0", "als.alpha: expected one or more numbers above 0"),
        ("lowest = 1.0", "lowest = 6.0", "own.lowest is not below own.highest"),
        ('engine = "own"', 'engine = "gpu"', "als.engine is 'gpu'; expected one of own, implicit, spark"),
    ],
)
def test_an_impossible_setting_is_named(
    untrained: Path, old: str, new: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (untrained / "params.toml").read_text(encoding="utf-8")
    assert old in text
    (untrained / "params.toml").write_text(text.replace(old, new), encoding="utf-8")
    assert main(["data", "--root", str(untrained)]) == 1
    assert expected in capsys.readouterr().err
