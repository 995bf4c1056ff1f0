"""MovieLens in the exact forms that GroupLens publishes; the files are made here, none is shipped."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from recommender import params
from recommender.__main__ import main
from recommender.data import generate, ingestion, movielens
from recommender.data.ingestion import Wish
from recommender.data.movielens import GENRES_100K
from recommender.model import split, training
from recommender.portfolio.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from recommender.data.interactions import Interactions
    from recommender.params import Params

USERS, ITEMS = 120, 160


@pytest.fixture(scope="module")
def made(settings: Params) -> Interactions:
    return generate.interactions(USERS, ITEMS, 11, settings.generator)[0]


def counts(made: Interactions) -> dict[str, int]:
    return {"ratings": len(made), "users": USERS, "items": ITEMS}


def lines_100k(made: Interactions) -> list[str]:
    columns = zip(
        made.user.tolist(), made.item.tolist(), made.value.tolist(), made.time.tolist(), strict=True
    )
    rows = [f"{user + 1}\t{item + 1}\t{value:.0f}\t{time}" for user, item, value, time in columns]
    np.random.default_rng(1).shuffle(rows)
    return rows


def items_100k() -> list[str]:
    flags = ["0|" * 5 + "1" + "|0" * (len(GENRES_100K) - 6), "1" + "|0" * (len(GENRES_100K) - 1)]
    return [
        f"{n}|Café {n} ({1950 + n % 50})|01-Jan-1995||http://example.org/{n}|{flags[n % 2]}"
        for n in range(1, ITEMS + 1)
    ]


def zipped(path: Path, files: dict[str, str], encoding: str = "latin-1") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text.encode(encoding))
    return path


def archive_100k(folder: Path, ratings: list[str], items: list[str] | None = None) -> Path:
    files = {
        "ml-100k/u.data": "\n".join(ratings) + "\n",
        "ml-100k/u.item": "\n".join(items or items_100k()) + "\n",
    }
    return zipped(folder / "ml-100k.zip", files)


def test_100k_is_read_as_it_is_published(tmp_path: Path, made: Interactions) -> None:
    found, items = movielens.read(archive_100k(tmp_path, lines_100k(made)), "ml-100k", counts(made))
    assert found.fingerprint() == made.fingerprint()
    assert found.users[:2] == ("1", "2")
    assert (items[0].title, items[0].year, items[0].genres) == ("Café 1", 1951, ())
    assert items[1].genres == ("Comedy",)


def test_the_published_counts_are_demanded(tmp_path: Path, made: Interactions) -> None:
    with pytest.raises(
        DataError, match=r"MovieLens 100K: [\d,]+ ratings; the published set has 100,000: this copy"
    ):
        movielens.read(archive_100k(tmp_path, lines_100k(made)), "ml-100k")


def test_a_folder_does_as_well(tmp_path: Path, made: Interactions) -> None:
    (tmp_path / "u.data").write_text("\n".join(lines_100k(made)), encoding="latin-1")
    (tmp_path / "u.item").write_text("\n".join(items_100k()), encoding="latin-1")
    assert movielens.read(tmp_path, "ml-100k", counts(made))[0].fingerprint() == made.fingerprint()


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ("0\t1\t3\t880000000", "user 0; the published users count from 1: an altered copy"),
        ("1\t1\t3\t880000000\t", "5 fields; expected user, film, rating, time"),
        ("1\t1\t6\t880000000", "rating 6; expected 1 to 5"),
        ("x\t1\t3\t880000000", "expected numbers for user, film, rating, time"),
        ("1\t9999\t3\t880000000", "film 9999 is not in u.item"),
    ],
)
def test_an_altered_copy_is_refused_by_line(
    tmp_path: Path, made: Interactions, added: str, expected: str
) -> None:
    lines = lines_100k(made)
    with pytest.raises(DataError, match=rf"u\.data:{len(lines) + 1}: ") as refused:
        movielens.read(archive_100k(tmp_path, [*lines, added]), "ml-100k", counts(made))
    assert expected in str(refused.value)


def test_a_pair_twice_is_refused(tmp_path: Path, made: Interactions) -> None:
    lines = lines_100k(made)
    with pytest.raises(DataError, match=r"has rated film .* before"):
        movielens.read(archive_100k(tmp_path, [*lines, lines[0]]), "ml-100k", counts(made))


def test_a_broken_or_another_archive_is_refused(tmp_path: Path, made: Interactions) -> None:
    path = archive_100k(tmp_path, lines_100k(made))
    with pytest.raises(DataError, match=r"no ml-1m/ratings\.dat in this archive; is it another edition\?"):
        movielens.read(path, "ml-1m")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match=r"ml-100k\.zip: not a whole zip archive: .*; download it again"):
        movielens.read(path, "ml-100k")


def test_wrong_flags_are_refused(tmp_path: Path, made: Interactions) -> None:
    items = [*items_100k()[:-1], "160|Film (1990)|01-Jan-1990||http://example.org|1|0"]
    with pytest.raises(DataError, match=r"u\.item:160: expected 5 fields and 19 flags"):
        movielens.read(archive_100k(tmp_path, lines_100k(made), items), "ml-100k", counts(made))


def test_1m_and_latest_small_give_the_same_interactions(tmp_path: Path, made: Interactions) -> None:
    rows = [line.split("\t") for line in lines_100k(made)]
    films = [(n, f"Café {n} (1999)") for n in range(1, ITEMS + 1)]
    one = zipped(
        tmp_path / "ml-1m.zip",
        {
            "ml-1m/ratings.dat": "\n".join("::".join(row) for row in rows),
            "ml-1m/movies.dat": "\n".join(f"{n}::{title}::Drama|War" for n, title in films),
        },
    )
    small = zipped(
        tmp_path / "ml-latest-small.zip",
        {
            "ml-latest-small/ratings.csv": "userId,movieId,rating,timestamp\n"
            + "\n".join(",".join(row) for row in rows),
            "ml-latest-small/movies.csv": "movieId,title,genres\n"
            + "\n".join(f'{n},"{title}",{"(no genres listed)" if n == 1 else "Drama"}' for n, title in films),
        },
        "utf-8",
    )
    read = [
        movielens.read(path, edition, counts(made))
        for path, edition in ((one, "ml-1m"), (small, "ml-latest-small"))
    ]
    assert {found.fingerprint() for found, _ in read} == {made.fingerprint()}
    assert read[0][1][0].genres == ("Drama", "War")
    assert read[1][1][0].genres == ()
    assert read[1][1][0].title == "Café 1"


def test_the_whole_way_from_the_archive_to_the_evidence(
    untrained: Path, made: Interactions, tmp_path: Path
) -> None:
    """Loader and evaluation on a file in that exact form; its scores mean nothing, its protocol does."""
    settings = params.load(untrained)
    wish = Wish("real", file=archive_100k(tmp_path, lines_100k(made)))
    manifest = ingestion.ingest(untrained, settings, wish, expected=counts(made))
    assert (manifest.name, manifest.kind, manifest.rows) == ("MovieLens 100K", "real", len(made))
    training.train(untrained, settings)
    assert main(["evaluate", "--accept-suspicious", "--root", str(untrained)]) == 0
    from recommender.portfolio import evidence

    found = evidence.read(untrained)
    assert found is not None
    judged = {row["verdict"] for row in found["anchors"] if row["source"] == "real"}
    assert judged <= {"below", "inside", "above"}  # the bands of MovieLens apply to it
    assert judged
    assert found["data"]["licence"].startswith("GroupLens")
    parts = split.parts(ingestion.read(untrained)[0], split.TEMPORAL, settings)
    for user in parts.judged[:20]:
        past, future = (part.time[part.user == user] for part in (parts.train, parts.test))
        assert past.max() <= future.min()


def test_no_network_says_what_to_do(untrained: Path, settings: Params) -> None:
    from dataclasses import replace

    quick = replace(settings, sources=replace(settings.sources, backoff_s=0.0))
    with pytest.raises(DataError, match="download it by hand and use --file FILE"):
        ingestion.ingest(untrained, quick, Wish("real", url="http://127.0.0.1:9/ml-100k.zip"))
