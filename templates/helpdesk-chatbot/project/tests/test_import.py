"""An export of any size and state comes in, or is refused by name; stopping it loses and doubles nothing."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from projects import ROOT, new_project

from helpdesk import params
from helpdesk.__main__ import main
from helpdesk.data import importing, lines, staging
from helpdesk.portfolio.errors import DataError, ParamsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from helpdesk.data.importing import Imported
    from helpdesk.params import Params

HEADER = ("id", "created", "queue", "priority", "subject", "body", "resolution", "resolved_at", "language")
LENIENT: dict[str, Any] = {"most_refused": 1.0}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with nothing in it."""
    return new_project(tmp_path / "project", {})


def settings(root: Path, **own: Any) -> Params:
    """Return the settings of a project, some of [own] changed."""
    read = params.load(root)
    return replace(read, own=replace(read.own, **own))


def ticket(number: int, **changed: str) -> dict[str, str]:
    """Return a good row."""
    row = {
        "id": f"A{number:05d}",
        "created": f"2024-03-{1 + number % 28:02d} 09:00:00",
        "queue": "network",
        "priority": "normal",
        "subject": f"No connection in room {number}",
        "body": f"Since this morning the wireless network in room {number} is gone.",
        "resolution": f"The access point of room {number} was restarted.",
        "resolved_at": f"2024-03-{1 + number % 28:02d} 11:30:00",
        "language": "en",
    }
    return row | changed


def csv_text(rows: Sequence[Mapping[str, str]], delimiter: str = ",", header: Sequence[str] = HEADER) -> str:
    """Return rows as an export."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def written(root: Path, content: str | bytes, name: str = "export.csv") -> Path:
    """Write a file beside the project."""
    path = root.parent / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def import_rows(root: Path, rows: Sequence[Mapping[str, str]], **own: Any) -> Imported:
    """Import rows as CSV."""
    return importing.run(root, settings(root, **(LENIENT | own)), written(root, csv_text(rows)))


def refused(root: Path) -> list[tuple[int, str, str]]:
    """Return data/refused.jsonl."""
    found = map(json.loads, (root / "data/refused.jsonl").read_text(encoding="utf-8").splitlines())
    return [(row["line"], row["reason"], row["column"]) for row in found]


def ids(found: Imported) -> list[str]:
    """Return the ids of the tickets."""
    return [one.id for one in found.tickets]


def test_a_good_export_comes_in_whole_and_in_the_order_of_time(root: Path) -> None:
    rows = [ticket(number) for number in (9, 3, 31, 4)]
    found = import_rows(root, rows)
    assert found.refused == {}
    tickets = list(found.tickets)
    assert [one.id for one in tickets] == ["A00003", "A00031", "A00004", "A00009"]  # of equal times, by id
    assert tickets[0].created == datetime(2024, 3, 4, 9, tzinfo=UTC).timestamp()
    assert tickets[0].resolution == "The access point of room 3 was restarted."
    assert "| taken | 4 |" in (root / "reports/import.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changed", "reason", "column"),
    [
        pytest.param({"id": " "}, "no id", "id", id="no id"),
        pytest.param({"id": "x" * 101}, "impossible id", "id", id="long id"),
        pytest.param({"body": " \n "}, "no body", "body", id="empty question"),
        pytest.param({"body": "\x00\x1b\u202e"}, "no body", "body", id="nothing but control characters"),
        pytest.param({"body": "a" * 20_001}, "too long", "body", id="too long"),
        pytest.param({"resolution": "a" * 20_001}, "too long", "resolution", id="long resolution"),
        pytest.param({"queue": "q" * 201}, "too long", "queue", id="long queue"),
        pytest.param({"created": ""}, "no date", "created", id="no date"),
        pytest.param({"created": "soon"}, "bad date", "created", id="no such date"),
        pytest.param({"created": "2024-02-30 10:00"}, "bad date", "created", id="30 February"),
        pytest.param({"created": "03/04/2024 10:00"}, "bad date", "created", id="of two meanings"),
        pytest.param({"created": "1924-02-03"}, "bad date", "created", id="before 1970"),
        pytest.param({"created": "9999-12-31T23:59:59"}, "bad date", "created", id="far off"),
        pytest.param({"resolved_at": "later"}, "bad date", "resolved_at", id="bad second date"),
        pytest.param(
            {"resolved_at": "2024-01-01"}, "resolved before created", "resolved_at", id="order of dates"
        ),
        pytest.param({"language": "fr"}, "unknown language", "language", id="other language"),
        pytest.param({"language": "English!"}, "unknown language", "language", id="no language"),
    ],
)
def test_a_row_that_is_no_ticket_is_refused_with_line_and_column(
    root: Path, changed: dict[str, str], reason: str, column: str
) -> None:
    found = import_rows(root, [ticket(1), ticket(2, **changed), ticket(3)])
    assert ids(found) == ["A00001", "A00003"]
    assert found.refused == {reason: 1}
    assert refused(root) == [(3, reason, column)]


def test_ten_thousand_characters_and_an_open_ticket_are_fine(root: Path) -> None:
    found = import_rows(root, [ticket(1, body="long " * 2000), ticket(2, resolution="", resolved_at="")])
    long, unsolved = found.tickets
    assert len(long.body) == 9_999
    assert not unsolved.is_resolved
    assert "still open (no resolution) | 1 |" in (root / "reports/import.md").read_text(encoding="utf-8")


def test_script_tags_sql_and_formulas_stay_the_text_they_are(root: Path) -> None:
    evil = [
        "<script>alert(1)</script>",
        "'); DROP TABLE ticket; --",
        '=HYPERLINK("http://x")',
        "{{7*7}} ${x} %s",
    ]
    found = import_rows(
        root, [ticket(number, body=body, id=f"{body[:20]}{number}") for number, body in enumerate(evil)]
    )
    assert {one.body for one in found.tickets} == set(evil)


def test_personal_data_never_reach_the_disk(root: Path) -> None:
    secret = "alex.moreau@example.com"
    found = import_rows(
        root,
        [
            ticket(
                1, subject=f"Mail {secret}", body="My password: Summer22!", resolution="Call 030 23125123."
            ),
            ticket(2, body=f"{secret} " * 2000),  # refused as too long
            ticket(3, id=""),
        ],
    )
    assert found.redacted == {"email": 1, "secret": 1, "phone": 1}
    kept = b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())
    for piece in (secret, "Summer22", "23125123"):
        assert piece.encode() not in kept


def test_one_id_with_two_contents_is_refused_and_a_repeated_row_counts_once(root: Path) -> None:
    found = import_rows(
        root, [ticket(1), ticket(2), ticket(1), ticket(2, body="Something else."), ticket(3)], batch=2
    )
    assert ids(found) == ["A00001", "A00002", "A00003"]
    assert found.refused == {"another ticket has the id": 1}
    assert refused(root) == [(5, "another ticket has the id", "id")]
    assert "said the same as an earlier row | 1 |" in (root / "reports/import.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(root: Path, delimiter: str) -> None:
    file = written(root, csv_text([ticket(1, body=f'Several\nlines{delimiter} "quoted"')], delimiter))
    (one,) = importing.run(root, settings(root), file).tickets
    assert one.body == f'Several\nlines{delimiter} "quoted"'


def test_a_broken_row_costs_no_other_row(root: Path) -> None:
    text = csv_text([ticket(number) for number in range(6)]).splitlines(keepends=True)
    text[2] = 'A00001,2024-03-02,"an opened quotation mark, never closed\r\n'
    text[4] = "too,few,cells\r\n"
    text[5] = text[5].rstrip() + ",one,too,many\r\n"
    found = importing.run(root, settings(root, **LENIENT), written(root, "".join(text)))
    assert ids(found) == ["A00000", "A00002", "A00005"]
    assert refused(root) == [(3, "broken row", ""), (5, "broken row", ""), (6, "broken row", "")]


def test_a_file_that_ends_within_a_row_is_refused_there_alone(root: Path) -> None:
    text = csv_text([ticket(number) for number in range(5)]) + 'A00009,2024-03-02,"cut of'
    found = importing.run(root, settings(root, **LENIENT), written(root, text))
    assert len(ids(found)) == 5
    assert refused(root) == [(7, "broken row", "")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
@pytest.mark.parametrize("batch", [1, 2000])
def test_encodings_are_read_as_said_or_as_marked(root: Path, encoding: str, batch: int) -> None:
    rows = [ticket(number, body=f"Öffnen geht nicht, Raum {number}: größer\nals 5 m") for number in range(5)]
    said = "utf-8" if encoding in ("utf-8-sig", "utf-16") else encoding
    file = written(root, csv_text(rows).encode(encoding))
    found = importing.run(root, settings(root, encoding=said, batch=batch), file)
    assert [one.body for one in found.tickets] == [row["body"] for row in rows]


def test_utf_16_is_cut_at_line_ends_only(root: Path) -> None:
    body = "\u0a0a\u0a0d\u0d0a\u010a and so on"  # each has a byte that could be a line end
    file = written(root, csv_text([ticket(1, body=body), ticket(2)]).encode("utf-16"))
    assert next(importing.run(root, settings(root), file).tickets).body == body


def test_latin_1_said_to_be_utf_8_is_refused_with_lines_and_advice(root: Path) -> None:
    rows = [
        ticket(number, body="Der Rechner läuft nicht." if number % 2 else "It does not run.")
        for number in range(10)
    ]
    file = written(root, csv_text(rows).encode("latin-1"))
    with pytest.raises(
        DataError, match=r"5 of 10 rows are refused.*wrong encoding 5 \(line 3, 5, 7, \.\.\.\).*cp1252"
    ):
        importing.run(root, settings(root), file)
    assert refused(root)[0] == (3, "wrong encoding", "")
    assert list(staging.latest(root)) == []
    assert len(ids(importing.run(root, settings(root, encoding="latin-1"), file))) == 10


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("e.csv", b"", r"e\.csv: is empty", id="empty"),
        pytest.param("e.csv", csv_text([]).encode(), r"e\.csv: has no rows", id="only a header"),
        pytest.param("e.csv", b"\n\n\n", "does not name the columns", id="blank"),
        pytest.param(
            "e.csv", csv_text([ticket(1)]).encode("utf-16-le"), "zero bytes, as UTF-16", id="no mark"
        ),
        pytest.param(
            "e.csv", csv_text([ticket(1)]).encode("utf-32"), "is UTF-32; save it as UTF-8", id="utf-32"
        ),
        pytest.param(
            "e.csv", csv_text([ticket(1)]).replace("\r\n", "\r").encode(), "end in CR alone", id="cr"
        ),
        pytest.param(
            "e.csv", "größe,id\n".encode("latin-1"), "first line: wrong encoding", id="header encoding"
        ),
        pytest.param("e.csv", b"a,b\n1,2\n", "no column 'id'.*own.id.*it has a, b", id="other columns"),
        pytest.param(
            "e.jsonl", b'[{"id": 1}]', "is one JSON list; expected an object a line", id="json list"
        ),
        pytest.param("e.jsonl", b"hello\n", "is no JSON object", id="no json"),
        pytest.param("e.xlsx", b"PK\x03\x04 broken", "no spreadsheet that can be read", id="broken zip"),
        pytest.param("e.xls", b"x", "of no known kind; expected a name that ends in .csv", id="ending"),
    ],
)
def test_a_file_that_is_no_export_is_refused_by_name(
    root: Path, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        importing.run(root, settings(root), written(root, content, name))


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"encoding": "utf-9"}, r"own\.encoding: no encoding 'utf-9'"),
        ({"time_zone": "Mars"}, "no time zone 'Mars'"),
    ],
)
def test_impossible_settings_are_refused_by_name(root: Path, own: dict[str, str], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        import_rows(root, [ticket(1)], **own)


def test_json_lines_come_in_with_paths_and_bad_lines_are_named(root: Path) -> None:
    issue = {
        "key": "HD-1",
        "fields": {"summary": "No sound", "description": "In calls.", "priority": {"name": "High"}},
    }
    issue["fields"] |= {"created": "2024-03-01T10:00:00.000+0100", "resolutiondate": None}  # type: ignore[operator]
    text = f"{json.dumps(issue)}\n\nnot json\n[1]\n" + json.dumps(issue | {"key": "HD-2"}) + "\n"
    found = importing.run(root, settings(root, preset="jira", **LENIENT), written(root, text, "export.jsonl"))
    one, two = found.tickets
    assert (one.id, two.id, one.subject, one.priority) == ("HD-1", "HD-2", "No sound", "High")
    assert one.created == datetime(2024, 3, 1, 9, tzinfo=UTC).timestamp()
    assert refused(root) == [(3, "no JSON object", ""), (4, "no JSON object", "")]


def test_half_characters_and_numbers_in_json_do_no_harm(root: Path) -> None:
    text = '{"id": 7, "body": "half \\ud83d of it", "created": 1709287200, "resolution": null}\n'
    own = dict.fromkeys(("queue", "priority", "subject", "resolved_at", "language"), "")
    (one,) = importing.run(root, settings(root, **own), written(root, text, "export.jsonl")).tickets
    assert (one.id, one.body, one.created) == ("7", "half   of it", 1709287200)


def test_spreadsheets_have_dates_formulas_numbers_and_empty_rows(root: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(
        [
            1,
            datetime(2024, 7, 1, 9),
            "it",
            "high",
            None,
            "No sound.",
            "Plug in.",
            datetime(2024, 7, 1, 10),
            "en",
        ]
    )
    sheet.append([])
    sheet.append([2.0, datetime(2024, 7, 2, 9), "it", "high", "Formula", "No picture.", "=1+1", None, "en"])
    sheet.append(["3", datetime(2024, 7, 3, 9), "it", "high", "#N/A", "No mouse.", None, None, None])
    sheet.append([None, datetime(2024, 7, 3, 9), "it", "high", "x", "No id.", None, None, None])
    file = root.parent / "export.xlsx"
    book.save(file)
    found = importing.run(root, settings(root, time_zone="Europe/Berlin", batch=1, **LENIENT), file)
    one, two, three = found.tickets
    assert one.created == datetime(2024, 7, 1, 7, tzinfo=UTC).timestamp()
    assert (one.id, two.id, three.id) == ("1", "2", "3")
    assert (two.resolution, three.subject) == (
        "",
        "",
    )  # no result was stored of the formula; an error is nothing
    assert refused(root) == [(6, "no id", "id")]


@pytest.mark.parametrize(
    ("said", "zone", "expected"),
    [
        ("2024-01-15 12:00", "UTC", "2024-01-15T12:00"),
        ("2024-01-15 12:00", "Europe/Berlin", "2024-01-15T11:00"),
        ("2024-07-15 12:00", "Europe/Berlin", "2024-07-15T10:00"),
        ("2024-10-27 02:30", "Europe/Berlin", "2024-10-27T00:30"),  # there twice: the first one
        ("2024-01-15T12:00:00Z", "America/New_York", "2024-01-15T12:00"),
        ("2024-01-15T12:00:00.123+05:30", "UTC", "2024-01-15T06:30"),
        ("2024-01-15 12:00:00 UTC", "Asia/Tokyo", "2024-01-15T12:00"),
        ("15.01.2024 12:00", "UTC", "2024-01-15T12:00"),
        ("15/Jan/24 3:05 PM", "UTC", "2024-01-15T15:05"),
        ("Mon, 15 Jan 2024 12:00:00 +0100", "UTC", "2024-01-15T11:00"),
        ("1705320000", "Asia/Tokyo", "2024-01-15T12:00"),
        ("1705320000000", "Asia/Tokyo", "2024-01-15T12:00"),
    ],
)
def test_times_are_read_in_their_zone(root: Path, said: str, zone: str, expected: str) -> None:
    (one,) = import_rows(root, [ticket(1, created=said, resolved_at="")], time_zone=zone).tickets
    assert one.created is not None
    assert datetime.fromtimestamp(one.created, UTC).isoformat()[:16] == expected


def test_a_date_of_two_meanings_is_read_as_the_settings_say(root: Path) -> None:
    row = ticket(1, created="03/04/2024", resolved_at="")
    (one,) = import_rows(root, [row], date_form="%d/%m/%Y").tickets
    assert one.created == datetime(2024, 4, 3, tzinfo=UTC).timestamp()


def test_presets_know_the_columns_and_of_several_comments_the_last_counts(root: Path) -> None:
    text = (
        "Summary,Issue key,Created,Resolved,Priority,Description,Comment,Comment,Comment\n"
        "No sound,HD-1,15/Jan/24 3:05 PM,,High,In calls.,"
        "16/Jan/24 9:00 AM;kim;First?,17/Jan/24 9:00 AM;kim;Plug it in.,\n"
    )
    (one,) = importing.run(root, settings(root, preset="jira"), written(root, text)).tickets
    assert (one.id, one.resolution, one.priority) == ("HD-1", "Plug it in.", "High")


def test_importing_again_changes_nothing(root: Path) -> None:
    rows = [ticket(number) for number in range(50)]
    first = import_rows(root, rows, batch=7)
    before = list(first.tickets)
    second = import_rows(root, rows, batch=9)
    assert (second.rows, second.redacted, list(second.tickets)) == (first.rows, first.redacted, before)


def test_a_newer_export_replaces_and_an_older_one_imported_again_does_not(root: Path) -> None:
    old, new = csv_text([ticket(1), ticket(2)]), csv_text([ticket(2, resolution="Solved now."), ticket(3)])
    for content in (old, new, old):
        found = importing.run(root, settings(root), written(root, content))
    assert [(one.id, one.resolution[:6]) for one in found.tickets] == [
        ("A00001", "The ac"),
        ("A00002", "Solved"),
        ("A00003", "The ac"),
    ]


def test_other_settings_read_the_file_again(root: Path) -> None:
    (before,) = import_rows(root, [ticket(1)]).tickets
    (after,) = import_rows(root, [ticket(1)], time_zone="Asia/Tokyo").tickets
    assert before.created is not None
    assert after.created == before.created - 9 * 3600


def test_a_refused_file_leaves_the_earlier_one_in_place(root: Path) -> None:
    import_rows(root, [ticket(1)])
    with pytest.raises(DataError, match="3 of 4 rows are refused"):
        import_rows(
            root,
            [ticket(1, body="New."), *(ticket(number, body="") for number in (2, 3, 4))],
            most_refused=0.5,
        )
    (one,) = staging.latest(root)
    assert one.body == ticket(1)["body"]


def test_a_file_of_refused_rows_is_read_to_its_end_where_all_may_be_refused(root: Path) -> None:
    found = import_rows(root, [*(ticket(number, body="") for number in range(5)), ticket(6)], batch=2)
    assert (ids(found), found.refused) == (["A00006"], {"no body": 5})


def test_a_change_in_the_middle_of_a_file_is_read(root: Path) -> None:
    rows = [ticket(number) for number in range(50)]
    import_rows(root, rows)
    rows[25]["resolution"] = "b" * len(rows[25]["resolution"])
    assert "b" * 20 in "".join(one.resolution for one in import_rows(root, rows).tickets)


def test_the_verb_says_what_came_in_and_what_did_not(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [ticket(number, body=f"Mail to a{number}@example.com, please.") for number in range(250)]
    file = written(root, csv_text([*rows, ticket(999, created="soon")]))
    assert main(["data", "--source", "own", "--file", str(file), "--root", str(root)]) == 0
    assert (
        "250 real tickets (own tickets), 250 with an answer, 1 refused, 250 pieces" in capsys.readouterr().out
    )
    written(root, b"a,b\n1,2\n")
    assert main(["data", "--source", "own", "--file", str(file), "--root", str(root)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: export.csv: no column 'id'")
    assert said.count("\n") == 1


IMPORT = textwrap.dedent(
    """
    import os, resource, sys
    from pathlib import Path
    from helpdesk import params
    from helpdesk.data import importing
    from helpdesk.portfolio.errors import ProjectError
    if limit := int(os.environ.get("LARGEST_FILE", "0")):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    root, file = map(Path, sys.argv[1:])
    try:
        found = importing.run(root, params.load(root), file)
    except ProjectError as error:
        sys.exit(f"error: {error}")
    print(found.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    """
)


def start(root: Path, file: Path, **environment: str) -> subprocess.Popen[str]:
    """Import a file in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", IMPORT, str(root), str(file)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """Return an export that takes a second or two, with some refused and some repeated rows."""
    rows = [
        ticket(number - number % 50 % 2, body=f"Question {number}." * (number % 30 > 0))
        for number in range(12_000)
    ]
    path = tmp_path / "long.csv"
    path.write_text(csv_text(rows), encoding="utf-8", newline="")
    return path


def outcome(root: Path) -> tuple[list[object], list[tuple[int, str, str]], str]:
    """Return everything that an import leaves behind."""
    return list(staging.latest(root)), refused(root), (root / "reports/import.md").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal there")
@pytest.mark.parametrize(
    "kilobytes", [300, 600]
)  # by then several batches are whole, whichever is being written
def test_an_import_that_is_killed_goes_on_and_ends_as_if_it_had_not_been(
    tmp_path: Path, long: Path, kilobytes: int
) -> None:
    whole, killed = (
        new_project(tmp_path / name, {"own.batch": 100, "own.most_refused": 1.0}) for name in ("a", "b")
    )
    assert start(whole, long).wait() == 0
    running = start(killed, long)
    while running.poll() is None and size_of(killed) < kilobytes * 1000:
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL, "the import was over before it could be killed"
    again = start(killed, long)
    _, said = again.communicate()
    assert again.returncode == 0
    assert "going on after line" in said
    assert outcome(killed) == outcome(whole)


def size_of(root: Path) -> int:
    """Return the bytes that are staged."""
    found = 0
    for path in (root / "data").glob("import.db*"):
        with contextlib.suppress(FileNotFoundError):  # a journal comes and goes
            found += path.stat().st_size
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit for the size of a file there")
def test_a_full_disk_is_said_in_a_line_and_nothing_is_lost(tmp_path: Path, long: Path) -> None:
    whole, full = (
        new_project(tmp_path / name, {"own.batch": 100, "own.most_refused": 1.0}) for name in ("a", "b")
    )
    assert start(whole, long).wait() == 0
    stopped = start(full, long, LARGEST_FILE="500000")
    _, said = stopped.communicate()
    assert stopped.returncode == 1
    assert said.splitlines()[-1].startswith("error: data/import.db: cannot be written")
    assert "Traceback" not in said
    again = start(full, long)
    _, said = again.communicate()
    assert (again.returncode, "going on after line" in said) == (0, True)
    assert outcome(full) == outcome(whole)


def test_a_second_import_at_once_is_refused_and_the_first_goes_on(root: Path) -> None:
    import_rows(root, [ticket(1)])
    with closing(sqlite3.connect(root / staging.FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DataError, match="another import is running; wait until it has ended"):
            import_rows(root, [ticket(2)])
        other.execute("ROLLBACK")
    assert ids(import_rows(root, [ticket(2)])) == ["A00001", "A00002"]


def test_a_damaged_staging_file_is_named(root: Path) -> None:
    (root / "data").mkdir(exist_ok=True)
    (root / staging.FILE).write_bytes(b"this is not a database" * 100)
    with pytest.raises(DataError, match=r"data/import\.db: is damaged .* delete it"):
        import_rows(root, [ticket(1)])


def test_a_line_without_end_is_not_read_into_memory(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 10_000)
    rows = csv_text([ticket(1), ticket(2, body="x" * 50_000), ticket(3)])
    found = importing.run(root, settings(root, **LENIENT), written(root, rows))
    assert ids(found) == ["A00001", "A00003"]
    assert refused(root) == [(3, "line too long", "")]


@pytest.mark.skipif(sys.platform == "win32", reason="memory is not measured there")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for rows in (2_000, 20_000):
        root = new_project(tmp_path / str(rows), {})
        file = root.parent / f"{rows}.csv"
        file.write_text(csv_text([ticket(number) for number in range(rows)]), encoding="utf-8", newline="")
        said, _ = start(root, file).communicate()
        count, peak = map(int, said.split())
        assert count == rows
        peaks.append(peak)
    assert peaks[1] < 1.2 * peaks[0]


def test_ten_thousand_rows_a_second_of_cpu_are_not_far(root: Path) -> None:
    """A floor that a busy machine passes, too; `bench --imports` measures."""
    file = written(root, csv_text([ticket(number) for number in range(5_000)]))
    began = time.process_time()
    importing.run(root, settings(root), file)
    assert 5_000 / (time.process_time() - began) > 2_500
