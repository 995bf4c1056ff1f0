"""Data: every way to be wrong is refused with its column, values and lines; what is right comes in whole."""

from __future__ import annotations

import json
import re
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np
import pytest

from maintenance import params
from maintenance.data import ai4i as public
from maintenance.data import contract, defects, download, generate, ingestion, own
from maintenance.model import split
from maintenance.portfolio.errors import DataError, ParamsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pandas as pd

    from maintenance.params import Params

SEEDS = range(5)


def checked(content: bytes, settings: Params) -> pd.DataFrame:
    return contract.validate(contract.parse(content, "readings.csv"), settings.ranges, "readings.csv")


def with_cells(content: bytes, column: str, values: dict[int, str]) -> bytes:
    """Write `values` into a column, by line of the file; the header is line 1."""
    lines = content.decode().split("\n")
    place = list(contract.HEADER).index(column)
    for line, value in values.items():
        cells = lines[line - 1].split(",")
        assert cells[place] != value
        lines[line - 1] = ",".join([*cells[:place], value, *cells[place + 1 :]])
    return "\n".join(lines).encode()


# ---- the data contract


def test_good_readings_pass_and_come_back_as_they_were(good_file: bytes, settings: Params) -> None:
    frame = checked(good_file, settings)
    assert len(frame) == 200
    assert list(frame.columns) == list(contract.HEADER)
    assert contract.to_csv(frame) == good_file


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        pytest.param(
            "speed_rpm",
            {14: "0", 80: "0", 95: "0"},
            "readings.csv: 3 rows with speed_rpm 0 (lines 14, 80, 95); expected 1000 to 3000",
            id="several rows",
        ),
        pytest.param("speed_rpm", {2: "3001"}, "1 row with speed_rpm 3001 (line 2); expected", id="too fast"),
        pytest.param(
            "air_temperature_k",
            {5: "26.8"},
            "air_temperature_k 26.8 (line 5); expected 285 to 315 kelvin, these look like degrees Celsius",
            id="celsius",
        ),
        pytest.param("process_temperature_k", {5: "400"}, "expected 295 to 325", id="too hot"),
        pytest.param("torque_nm", {7: "-4"}, "torque_nm -4 (line 7); expected 1 to 100", id="sign"),
        pytest.param("torque_nm", {7: "", 8: ""}, "2 rows without torque_nm (lines 7, 8)", id="missing"),
        pytest.param("torque_nm", {7: "inf"}, "torque_nm inf (line 7); expected 1 to 100", id="infinite"),
        pytest.param("torque_nm", {7: "40,1"}, "not a CSV table", id="decimal comma"),
        pytest.param("torque_nm", {7: "forty"}, "torque_nm 'forty' (line 7); expected a number", id="text"),
        pytest.param("wear_min", {9: "900"}, "wear_min 900 (line 9); expected 0 to 300", id="wear"),
        pytest.param("type", {3: "X", 4: "l"}, "type 'X', 'l' (lines 3, 4); expected L, M or H", id="type"),
        pytest.param("product_id", {3: "14860"}, "product_id '14860' (line 3); expected L", id="product"),
        pytest.param("uid", {4: "1"}, "1 row with uid 1 (line 4); expected a number that no other", id="key"),
        pytest.param("failure", {4: "2"}, "failure 2 (line 4); expected 0 or 1", id="label"),
        pytest.param("hdf", {4: "0.5"}, "hdf 0.5 (line 4); expected 0 or 1", id="mode"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(
    good_file: bytes, settings: Params, column: str, values: dict[int, str], message: str
) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        checked(with_cells(good_file, column, values), settings)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(lambda _: b"", "not a CSV table: No columns to parse", id="empty"),
        pytest.param(lambda good: good.split(b"\n")[0], "no rows below the header", id="header only"),
        pytest.param(lambda good: contract.BOM + good, "starts with a byte-order mark", id="mark"),
        pytest.param(lambda good: good.replace(b"Type", b"T\xffpe"), "not UTF-8 at byte", id="encoding"),
        pytest.param(
            lambda good: good.replace(b"Torque [Nm]", b"torque"),
            "no column Torque [Nm]; unknown column torque; expected UDI, Product ID",
            id="renamed",
        ),
        pytest.param(
            lambda good: good.replace(b"RNF\n", b"RNF,failed_tomorrow\n", 1).replace(b",0\n", b",0,0\n"),
            "unknown column failed_tomorrow",
            id="future column",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(
    good_file: bytes, settings: Params, damage: Callable[[bytes], bytes], message: str
) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        checked(damage(good_file), settings)


@pytest.mark.parametrize("defect", sorted(defects.DEFECTS))
def test_a_planted_defect_is_refused_and_changes_nothing(
    copy_of_trained: Path, settings: Params, defect: str
) -> None:
    before = {
        name: (copy_of_trained / name).read_bytes() for name in (ingestion.READINGS, ingestion.MANIFEST)
    }
    with pytest.raises(DataError, match=r"^readings\.csv: "):
        ingestion.ingest(copy_of_trained, settings, rows=200, plant=defect)
    assert {name: (copy_of_trained / name).read_bytes() for name in before} == before


def test_an_unknown_defect_is_answered_with_those_there_are(untrained: Path, settings: Params) -> None:
    with pytest.raises(DataError, match=r"no defect 'rust'; there are bom, renamed-column"):
        ingestion.ingest(untrained, settings, rows=200, plant="rust")


def test_labels_may_be_absent_only_where_they_are_not_known_yet(good_file: bytes, settings: Params) -> None:
    unlabelled = b"\n".join(b",".join(line.split(b",")[:8]) for line in good_file.rstrip().split(b"\n"))
    frame = contract.parse(unlabelled, "day.csv", labelled=False)
    assert len(contract.validate(frame, settings.ranges, "day.csv", labelled=False)) == 200
    with pytest.raises(DataError, match=r"readings\.csv: no column Machine failure"):
        checked(unlabelled, settings)


# ---- bringing data in


def test_the_manifest_tells_where_the_readings_came_from(trained: Path, settings: Params) -> None:
    frame, manifest = ingestion.read(trained)
    assert (manifest.source, manifest.rows, manifest.seed) == ("synthetic", len(frame), settings.seed)
    assert manifest.failures == frame["failure"].sum()
    text = (trained / ingestion.MANIFEST).read_text(encoding="utf-8")
    assert str(trained) not in text


def test_reading_without_data_says_what_to_run(untrained: Path) -> None:
    with pytest.raises(
        DataError, match=r"data/manifest\.json: no such file; run `python -m maintenance data`"
    ):
        ingestion.read(untrained)


def test_readings_changed_after_the_check_are_refused(copy_of_trained: Path) -> None:
    path = copy_of_trained / ingestion.READINGS
    path.write_bytes(path.read_bytes().replace(b",0\n", b",1\n", 1))
    with pytest.raises(DataError, match=r"data/readings\.csv: changed since it was checked"):
        ingestion.read(copy_of_trained)


@pytest.mark.parametrize(
    ("source", "file", "rows", "message"),
    [
        ("synthetic", "some.csv", None, "synthetic readings are made, not read"),
        ("real", None, 500, "--rows is for synthetic readings"),
        ("own", None, None, "own readings need --file FILE"),
        ("oracle", None, None, "source 'oracle' is unknown; expected synthetic, real, own"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    untrained: Path, settings: Params, *, source: str, file: str | None, rows: int | None, message: str
) -> None:
    path = untrained / file if file else None
    with pytest.raises(DataError, match=message):
        ingestion.ingest(untrained, settings, source=source, file=path, rows=rows)


# ---- the public file and its counterfeits


def served(content: bytes) -> bytes:
    """The form in which the UCI archive serves a plain file."""
    return contract.BOM + content.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(lambda good: good, "200 rows, expected 10000", id="fewer rows"),
        pytest.param(lambda good: contract.BOM + good, "starts with a byte-order mark; 200 rows", id="mark"),
        pytest.param(served, "starts with a byte-order mark; has CRLF line ends; 200 rows", id="served"),
        pytest.param(
            lambda good: good.replace(b"Torque [Nm]", b"torque"), "no column Torque [Nm]", id="renamed"
        ),
        pytest.param(
            lambda good: defects.plant(good, "celsius"), "these look like degrees Celsius", id="celsius"
        ),
        pytest.param(
            lambda good: defects.plant(good, "duplicate-uid"), "1 row with uid 12 (line 14)", id="duplicate"
        ),
    ],
)
def test_a_counterfeit_is_refused_by_name_with_the_reason(
    untrained: Path, settings: Params, good_file: bytes, damage: Callable[[bytes], bytes], reason: str
) -> None:
    file = untrained / "ai4i2020.csv"
    file.write_bytes(damage(good_file))
    message = re.escape("ai4i2020.csv: not the AI4I 2020 file: ") + ".*" + re.escape(reason)
    with pytest.raises(DataError, match=message) as caught:
        ingestion.ingest(untrained, settings, source="real", file=file)
    assert settings.download.sha256 in str(caught.value)
    assert not (untrained / "data").exists()


def test_the_public_file_is_accepted_in_both_of_its_forms(ai4i_file: Path, settings: Params) -> None:
    content = ai4i_file.read_bytes()
    assert public.accept(content, "plain", settings) == content
    assert public.accept(served(content), "served", settings) == content
    with pytest.raises(DataError, match="some values differ"):
        public.accept(content.replace(b",42.8,", b",42.9,", 1), "changed", settings)
    with pytest.raises(DataError, match="not the AI4I 2020 file: starts with a byte-order mark"):
        public.accept(contract.BOM + content, "marked", settings)


def test_the_documented_errors_of_the_public_file(ai4i: pd.DataFrame) -> None:
    """What its description says and what is in it differ; whoever trusts the text counts wrong."""
    modes = ai4i[list(contract.MODES)]
    assert ai4i["type"].value_counts().to_dict() == {"L": 6000, "M": 2997, "H": 1003}  # text: 50, 30, 20 %
    assert modes.sum().to_dict() == {
        "twf": 46,
        "hdf": 115,
        "pwf": 95,
        "osf": 98,
        "rnf": 19,
    }  # text: TWF 51, RNF 5
    assert int(ai4i["failure"].sum()) == 339
    assert int((ai4i["failure"][ai4i["rnf"] == 1] == 0).sum()) == 18  # text: any mode means failure
    assert int(((ai4i["failure"] == 1) & ~modes.any(axis=1)).sum()) == 9
    assert int((modes.sum(axis=1) > 1).sum()) == 24
    power = ai4i["torque_nm"] * ai4i["speed_rpm"] * 2 * np.pi / 60
    assert power.mean() == pytest.approx(6280, abs=5)  # text: 2860 W


def test_the_published_rules_reproduce_the_modes_row_by_row(ai4i: pd.DataFrame, settings: Params) -> None:
    modes = generate.modes_by_rule(ai4i, settings.rules)
    assert modes.sum().to_dict() == {"hdf": 115, "pwf": 95, "osf": 98}
    for mode in modes:
        assert (modes[mode] == (ai4i[mode] == 1)).all()


# ---- download


class Archive(BaseHTTPRequestHandler):
    """Answers from a list of (status, body, declared length); counts what it was asked."""

    answers: list[tuple[int, bytes, int]]

    def do_GET(self) -> None:
        status, body, length = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def archive() -> Iterator[tuple[str, type[Archive]]]:
    handler = type("Handler", (Archive,), {"answers": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/ai4i2020.csv", handler
    server.shutdown()
    server.server_close()


def fetch(*urls: str) -> bytes:
    return download.fetch(urls, timeout_s=10, attempts=2, backoff_s=0)


def test_a_download_is_tried_again(
    archive: tuple[str, type[Archive]], capsys: pytest.CaptureFixture[str]
) -> None:
    url, handler = archive
    handler.answers = [(503, b"", 0), (200, b"content", 7)]
    assert fetch(url) == b"content"
    said = capsys.readouterr()
    assert "attempt 1 of 2 failed" in said.err
    assert said.out == ""


def test_the_next_address_is_tried_when_one_fails(archive: tuple[str, type[Archive]]) -> None:
    url, handler = archive
    handler.answers = [(404, b"", 0), (404, b"", 0), (200, b"content", 7)]
    assert fetch(url, url) == b"content"


def test_a_broken_off_download_is_no_file(
    archive: tuple[str, type[Archive]], untrained: Path, settings: Params
) -> None:
    url, handler = archive
    handler.answers = [(200, b"half", 8)]
    source = replace(settings.download, urls=(url,), attempts=2, backoff_s=0.0, timeout_s=10.0)
    with pytest.raises(DataError, match=r"download failed: .*; fetch the file by hand and use"):
        ingestion.ingest(untrained, replace(settings, download=source), source="real")
    assert not (untrained / "data").exists()


def test_a_downloaded_file_is_checked_like_any_other(
    archive: tuple[str, type[Archive]], untrained: Path, settings: Params, good_file: bytes
) -> None:
    url, handler = archive
    handler.answers = [(200, good_file, len(good_file))]
    source = replace(settings.download, urls=(url,))
    with pytest.raises(DataError, match="not the AI4I 2020 file: 200 rows, expected 10000"):
        ingestion.ingest(untrained, replace(settings, download=source), source="real")


def test_a_server_that_stays_silent_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/ai4i2020.csv"
        with pytest.raises(DataError, match=r"download failed: .*timed out"):
            download.fetch([url], timeout_s=0.2, attempts=2, backoff_s=0)
    assert "attempt 2 of 2 failed" in capsys.readouterr().err


def test_an_address_that_is_not_http_is_not_opened() -> None:
    with pytest.raises(DataError, match="not an http address"):
        fetch("file:///etc/hostname")


# ---- the owner's own file

OWN = (
    "\ufeffat,ambient,process,spindle,load,hours,broken\n"
    "1,26.85,36.85,150,30,1.5,0\n"
    "2,26.95,36.95,160,31,1.6,1\n"
)


@pytest.fixture
def mapped(settings: Params) -> Params:
    columns = replace(
        settings.own.columns,
        air_temperature_k="ambient",
        process_temperature_k="process",
        speed_rpm="spindle",
        torque_nm="load",
        wear_min="hours",
        failure="broken",
    )
    units = params.Units(temperature="C", speed="rad/s", torque="lbf ft", wear="h")
    return replace(settings, own=replace(settings.own, columns=columns, units=units))


def test_own_readings_are_renamed_and_converted(untrained: Path, mapped: Params) -> None:
    file = untrained / "plant.csv"
    file.write_text(OWN, encoding="utf-8")
    manifest = ingestion.ingest(untrained, mapped, source="own", file=file)
    frame, _ = ingestion.read(untrained)
    assert (manifest.source, manifest.rows, manifest.failures) == ("own", 2, 1)
    first = frame.iloc[0]
    assert first["air_temperature_k"] == 300.0  # 26.85 degrees Celsius
    assert first["speed_rpm"] == pytest.approx(1432.394)  # 150 rad/s
    assert first["torque_nm"] == pytest.approx(40.675)  # 30 lbf ft
    assert (first["wear_min"], first["type"], first["uid"]) == (90.0, "M", 1)
    assert not set(contract.MODES) & set(frame.columns)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("spindle", "motor", r"plant.csv: no column spindle \(own.columns.speed_rpm\); it has at, ambient"),
        ("26.85", "300", r"1 row with air_temperature_k 573.15 \(line 2\); expected 285 to 315"),
        (",30,", ",thirty,", r"torque_nm 'thirty' \(line 2\); expected a number"),
        (",1\n", ",yes\n", r"failure 'yes' \(line 3\); expected a number"),
    ],
)
def test_own_readings_are_held_to_the_same_contract(
    untrained: Path, mapped: Params, old: str, new: str, message: str
) -> None:
    file = untrained / "plant.csv"
    file.write_text(OWN.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        ingestion.ingest(untrained, mapped, source="own", file=file)


def test_a_column_without_a_name_is_asked_for(mapped: Params) -> None:
    columns = replace(mapped.own.columns, failure="")
    with pytest.raises(ParamsError, match=r"own\.columns\.failure is empty; say which column of plant\.csv"):
        own.adapt(OWN.encode(), "plant.csv", replace(mapped.own, columns=columns))


# ---- the generator


def test_the_generator_stays_like_the_public_file(settings: Params) -> None:
    """Acceptance ranges. The public file: failures 3.39 %, correlation -0.875, process spread 1.48 K."""
    for seed in SEEDS:
        frame = generate.readings(10_000, seed, settings)
        assert 0.025 <= frame["failure"].mean() <= 0.055
        assert -0.95 <= frame["speed_rpm"].corr(frame["torque_nm"]) <= -0.85
        assert frame["process_temperature_k"].std() == pytest.approx(1.48, abs=0.15)
        assert frame["air_temperature_k"].autocorr(1) > 0.99
        assert 30 <= frame["twf"].sum() <= 65
        assert 60 <= frame["hdf"].sum() <= 190
        assert len(contract.validate(frame, settings.ranges, "synthetic")) == 10_000


def test_the_generator_repeats_itself_by_seed_alone(settings: Params) -> None:
    first, again, other = (contract.to_csv(generate.readings(300, seed, settings)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_random_failure_flag_is_not_in_the_synthetic_label(settings: Params) -> None:
    frame = generate.readings(20_000, 3, settings)
    flagged = frame[frame["rnf"] == 1]
    assert len(flagged) > 10
    assert (flagged["failure"] == flagged[["twf", "hdf", "pwf", "osf"]].max(axis=1)).all()


# ---- splits


def test_no_split_tests_on_rows_that_it_learns_from(readings: pd.DataFrame) -> None:
    failure = readings["failure"].to_numpy()
    parts = [split.holdout(failure, 1, 0.2), *split.folds(failure, 1, 5), *split.blocks(len(failure), 5)]
    for train, test in parts:
        assert not set(readings["uid"].iloc[train]) & set(readings["uid"].iloc[test])
        assert len(train) + len(test) == len(readings)


def test_blocks_are_contiguous_in_time(readings: pd.DataFrame) -> None:
    tested = [test for _, test in split.blocks(len(readings), 5)]
    assert np.array_equal(np.concatenate(tested), np.arange(len(readings)))


def test_the_holdout_is_stratified_and_the_first_of_the_repeats(readings: pd.DataFrame) -> None:
    failure = readings["failure"].to_numpy()
    _, test = split.holdout(failure, 7, 0.2)
    assert failure[test].mean() == pytest.approx(failure.mean(), abs=0.001)
    repeats = split.repeats(failure, 7, 5, 0.2)
    assert np.array_equal(repeats[0][1], test)
    assert not np.array_equal(repeats[1][1], test)


def test_too_few_failures_are_refused_before_the_split() -> None:
    with pytest.raises(DataError, match="only 3 failures among 100 rows; at least 10 are needed"):
        split.holdout(np.array([1] * 3 + [0] * 97), 1, 0.2)


# ---- params.toml


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("depth = 5", "depht = 5", r"params\.toml: unknown key model\.depht; known here: depth, folds"),
        ("depth = 5", "", r"params\.toml: missing key model\.depth"),
        ("depth = 5", "depth = 0", r"model\.depth is 0; expected 1 to 16"),
        ("depth = 5", "depth = 2.5", r"model\.depth is 2\.5; expected a whole number"),
        ("depth = 5", "depth = true", r"model\.depth is True; expected a whole number"),
        ("twf_share = 0.39", "twf_share = 39", r"generator\.twf_share is 39; expected 0 to 1"),
        ('temperature = "C"', 'temperature = "F"', r"own\.units\.temperature is 'F'; expected one of K, C"),
        ("[1000.0, 3000.0]", "[3000.0, 1000.0]", r"ranges\.speed_rpm: 3000 is not below 1000"),
        ("[1000.0, 3000.0]", "[1000.0]", r"ranges\.speed_rpm has 1 values; expected 2"),
        ("[cost]", "[costs]", r"unknown key costs; known here: bench, cost"),
        ("depth = 5", "depth =", r"params\.toml: not valid TOML"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(untrained: Path, old: str, new: str, message: str) -> None:
    path = untrained / "params.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ParamsError, match=message):
        params.load(untrained)


def test_the_manifest_is_plain_json(trained: Path) -> None:
    found = json.loads((trained / ingestion.MANIFEST).read_text(encoding="utf-8"))
    assert set(found) == set(ingestion.Manifest.__slots__)
