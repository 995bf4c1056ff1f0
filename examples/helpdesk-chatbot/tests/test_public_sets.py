"""CLINC150 and Banking77: the public files, known by their hashes; any other one is refused by name."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from helpdesk import params
from helpdesk.data import banking, clinc, ingestion
from helpdesk.data.ingestion import Wish
from helpdesk.data.tickets import OUT_OF_SCOPE
from helpdesk.portfolio.errors import DataError
from helpdesk.portfolio.files import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = {"train": 15_000, "val": 3_000, "test": 4_500, "oos_train": 100, "oos_val": 100, "oos_test": 1_000}


def clinc_like(sizes: dict[str, int] = SIZES, intents: int = 150) -> dict[str, list[list[str]]]:
    """Return questions of our own in the form of data_full.json."""
    return {
        key: [
            [f"{key} question {number}", "oos" if "oos" in key else f"intent_{number % intents}"]
            for number in range(size)
        ]
        for key, size in sizes.items()
    }


def as_json(found: Any) -> bytes:
    """Return the bytes of a JSON file."""
    return json.dumps(found).encode()


def banking_like(part: str, rows: int) -> bytes:
    """Return questions of our own in the form of train.csv and test.csv."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["text", "category"])
    writer.writerows([f"\n{part} question {number}, or so", f"card_{number % 7}"] for number in range(rows))
    return buffer.getvalue().encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a small set of either form."""
    small = clinc_like({"train": 300, "val": 60, "test": 60, "oos_train": 5, "oos_val": 5, "oos_test": 20})
    (tmp_path / "full.json").write_bytes(as_json(small))
    (tmp_path / "train.csv").write_bytes(banking_like("train", 280))
    (tmp_path / "test.csv").write_bytes(banking_like("test", 70))
    return tmp_path


@pytest.fixture
def hashes(folder: Path) -> dict[str, str]:
    """Return the sha256 that are expected of the small sets."""
    names = {"clinc150": "full.json", "train": "train.csv", "test": "test.csv"}
    return {key: sha256_of(folder / name) for key, name in names.items()}


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """Serve the folder on the loopback interface."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# ---- CLINC150


def test_clinc_keeps_its_split_and_its_questions_out_of_scope(
    untrained: Path, folder: Path, hashes: dict[str, str]
) -> None:
    wish = Wish("real", file=folder / "full.json")
    manifest = ingestion.ingest(untrained, params.load(untrained), wish, expected=hashes)
    assert (manifest.source, manifest.kind, manifest.split) == ("clinc150", "real", "official")
    assert (manifest.rows, manifest.resolved, manifest.intents) == (450, 0, 150)
    assert manifest.planted == {}
    tickets, _ = ingestion.read(untrained)
    assert Counter(ticket.part for ticket in tickets) == {"training": 305, "validation": 65, "test": 80}
    assert sum(ticket.intent == OUT_OF_SCOPE for ticket in tickets) == 30
    first = next(ticket for ticket in tickets if ticket.id == "clinc-train-00001")
    assert (first.body, first.intent, first.language) == ("train question 0", "intent 0", "en")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "not JSON, or cut off"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "its keys are not train, val, test, oos_train, oos_val, oos_test"),
        (as_json({"train": []}), "its keys are not train"),
        (as_json(clinc_like(SIZES | {"test": 4_400})), "4,400 questions in test, expected 4,500"),
        (as_json(clinc_like() | {"val": "none"}), "no list in val, expected 3,000"),
        (as_json(clinc_like(intents=151)), "151 intents, expected 150"),
        (as_json(clinc_like()), "some questions differ"),
    ],
)
def test_another_file_is_not_clinc(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "data_full.json"
    file.write_bytes(content)
    with pytest.raises(DataError) as refused:
        clinc.read(file)
    said = str(refused.value)
    assert said.startswith(f"data_full.json: not CLINC150's data_full.json: {reason}")
    assert f"(sha256 {sha256_of(content)}, expected {clinc.SHA256}); get it from https://" in said


# ---- Banking77


def test_banking_keeps_its_split(untrained: Path, folder: Path, hashes: dict[str, str]) -> None:
    wish = Wish("banking77", file=folder / "train.csv", test_file=folder / "test.csv")
    manifest = ingestion.ingest(untrained, params.load(untrained), wish, expected=hashes)
    assert (manifest.rows, manifest.intents, manifest.split) == (350, 7, "official")
    assert manifest.origin == "train.csv, test.csv"
    tickets, _ = ingestion.read(untrained)
    assert Counter(ticket.part for ticket in tickets) == {"training": 280, "test": 70}
    first = next(ticket for ticket in tickets if ticket.id == "banking-train-00001")
    assert (first.body, first.intent) == ("train question 0, or so", "card 0")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff", "not UTF-8"),
        (b'text,category\n"open', "not CSV: "),
        (b"", "its first line is not text,category"),
        (b"category,text\na,b\n", "its first line is not text,category"),
        (banking_like("train", 10_000), "10,000 rows, expected 10,003"),
        (banking_like("train", 10_003).replace(b"\n", b"\r\n"), "has CRLF line ends"),
        (banking_like("train", 10_003), "some rows differ"),
    ],
)
def test_another_file_is_not_banking(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "train.csv"
    file.write_bytes(content)
    with pytest.raises(DataError) as refused:
        banking.read(file, file)
    assert str(refused.value).startswith(f"train.csv: not Banking77's train.csv: {reason}")


# ---- downloaded


def test_both_are_downloaded_checked_and_not_asked_for_again(
    untrained: Path, folder: Path, address: str, hashes: dict[str, str]
) -> None:
    settings = params.load(untrained)
    for source, path in (("clinc150", "full.json"), ("banking77", "{part}.csv")):
        wish = Wish(source, url=f"{address}/{path}")
        first = ingestion.ingest(untrained, settings, wish, expected=hashes)
        for file in folder.glob("*.*"):
            file.rename(file.with_suffix(file.suffix + ".away"))
        assert ingestion.ingest(untrained, settings, wish, expected=hashes) == first
        for file in folder.glob("*.away"):
            file.rename(file.with_suffix(""))
        assert first.origin == f"{address}/{path}"


def test_a_download_that_is_another_file_is_refused_and_forgotten(untrained: Path, address: str) -> None:
    settings = params.load(untrained)
    for source, path in (("clinc150", "full.json"), ("banking77", "{part}.csv")):
        with pytest.raises(DataError, match=r"not (CLINC150|Banking77)'s"):
            ingestion.ingest(untrained, settings, Wish(source, url=f"{address}/{path}"))
    assert list((untrained / ingestion.RAW).iterdir()) == []
    assert not (untrained / ingestion.FILE).exists()


# ---- the public files themselves, where they are at hand


def real(name: str) -> Path:
    """Return a public file; it is never part of this repository."""
    path = Path(os.environ.get("PORTFOLIO_REAL_DATA", "no such folder")) / name
    if not path.is_file():
        pytest.skip(f"{name} is not here: set PORTFOLIO_REAL_DATA to a folder with it")
    return path


def test_the_public_clinc150(untrained: Path) -> None:
    wish = Wish("clinc150", file=real("clinc150_data_full.json"))
    manifest = ingestion.ingest(untrained, params.load(untrained), wish)
    assert (manifest.rows, manifest.intents) == (23_700, 150)
    tickets, _ = ingestion.read(untrained)
    assert sum(ticket.intent == OUT_OF_SCOPE for ticket in tickets) == 1_200
    assert manifest.redacted.keys() <= {"secret"}  # PINs that people ask to be changed


def test_the_public_banking77(untrained: Path) -> None:
    wish = Wish("banking77", file=real("banking77_train.csv"), test_file=real("banking77_test.csv"))
    manifest = ingestion.ingest(untrained, params.load(untrained), wish)
    assert (manifest.rows, manifest.intents) == (13_083, 77)
    sizes = Counter(t.intent for t in ingestion.read(untrained)[0] if t.part == "test")
    assert set(sizes.values()) == {40}


def test_the_two_public_files_of_banking77_are_not_exchanged() -> None:
    train, test = real("banking77_train.csv"), real("banking77_test.csv")
    with pytest.raises(DataError, match=r"not Banking77's train\.csv: it is test\.csv \(--file takes"):
        banking.read(test, train)
