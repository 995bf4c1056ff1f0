"""Tickets pass the contract, or the file is refused by line and field; what was there before stays."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk import params
from helpdesk.__main__ import main
from helpdesk.data import contract, defects, ingestion
from helpdesk.data.ingestion import Wish
from helpdesk.data.tickets import Ticket, from_lines, to_bytes
from helpdesk.portfolio.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 20_000
EXPECTED = {
    "no-id": ":12: no id; expected one in every ticket",
    "id-blank": ":12: id is ' T1'; expected 1 to 100 characters, no blank ends",
    "id-number": ":12: id is 12; expected text",
    "same-id": ":13: id 'T000012' is on an earlier line, too; expected one each",
    "no-body": ":12: no body; expected one in every ticket",
    "empty-body": ":12: body is ' \\n '; expected the words of a question",
    "body-list": ":12: body is ['help']; expected text",
    "too-long": ":12: body has 1,000,000 characters; expected at most 20,000",
    "queue-too-long": ":12: queue has 800 characters; expected at most 200",
    "created-date": ":12: created is '2024-05-01'; expected whole seconds since 1970",
    "created-milliseconds": ":12: created is 1714521600000, after the year 2100; expected seconds",
    "created-negative": ":12: created is -5; expected whole seconds since 1970",
    "created-true": ":12: created is True; expected whole seconds since 1970",
    "resolved-before-created": ":12: resolved_at is 1, before created, ",
    "language-name": ":12: language is 'English'; expected two letters such as en",
    "phrases-unknown": ":12: phrases is 'seen'; expected training, validation, test",
    "trait-unknown": ":12: traits is ['angry']; expected a list of typo, short",
    "answer-out-of-scope": ":12: resolution of a question out of scope; expected none, or its intent",
    "unknown-field": ":12: unknown field customer; expected id, body, subject",
    "not-in-order": ":2: created before the line above; expected the order of time, then of id",
    "cut-off": ":12: not JSON, or cut off; expected one object a line",
    "not-utf8": ":12: not UTF-8 at byte ",
    "a-list": ":12: is not an object; expected one object a line",
    "blank-line": ":12: not JSON, or cut off; expected one object a line",
    "one-intent": ": one intent in all tickets; expected two or more, or none at all",
    "no-answers": ": 0 tickets with a resolution and none with an intent; at least 200",
    "few-rows": ": 50 tickets; at least 200 are needed to train and test",
    "cut-off-file": ":12: not JSON, or cut off; expected one object a line",
}


def lines(*tickets: Ticket) -> list[bytes]:
    """Return the lines of a file that holds these tickets."""
    return to_bytes(tickets).splitlines(keepends=True)


def everything_in(root: Path) -> dict[str, bytes]:
    """Return the content of each file in data/."""
    folder = root / "data"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


# ---- the contract


def test_every_defect_is_listed_here() -> None:
    assert set(EXPECTED) == set(defects.DEFECTS)


@pytest.mark.parametrize("defect", EXPECTED)
def test_a_planted_defect_is_refused_in_one_line(
    untrained: Path, defect: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--plant", defect, "--tickets", "300", "--root", str(untrained)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: tickets.jsonl{EXPECTED[defect]}")
    assert said.count("\n") == 1
    assert not everything_in(untrained)


def test_an_unknown_defect_is_answered_with_the_list(untrained: Path) -> None:
    with pytest.raises(DataError, match="no defect 'rust'; there are no-id, id-blank"):
        ingestion.ingest(untrained, params.load(untrained), Wish(tickets=300), plant="rust")


def test_the_list_of_defects_is_printed(untrained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "--plant", "list", "--root", str(untrained)]) == 0
    assert capsys.readouterr().out.split() == list(defects.DEFECTS)


def test_tickets_that_were_there_survive_a_refusal(untrained: Path) -> None:
    settings = params.load(untrained)
    ingestion.ingest(untrained, settings, Wish(tickets=300))
    before = everything_in(untrained)
    with pytest.raises(DataError, match="no body"):
        ingestion.ingest(untrained, settings, Wish(tickets=300), plant="no-body")
    assert everything_in(untrained) == before


@given(
    st.builds(
        Ticket,
        id=st.from_regex(r"[A-Za-z0-9-]{1,20}", fullmatch=True),
        body=st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
        subject=st.text(st.characters(exclude_categories=["Cs"])),
        created=st.none() | st.integers(0, 4_000_000_000),
        resolution=st.text(st.characters(exclude_categories=["Cs"])),
        language=st.sampled_from(("", "en", "de")),
        traits=st.sets(st.sampled_from(("typo", "short"))).map(tuple),
    )
)
def test_what_is_written_is_read_back(ticket: Ticket) -> None:
    written = to_bytes([ticket])
    assert written.count(b"\n") == 1
    assert list(contract.parse(written.splitlines(keepends=True)[:1], "t", LONGEST)) == [ticket]
    assert list(from_lines([written])) == [ticket]


def test_tickets_without_a_date_come_in_the_order_of_their_ids() -> None:
    one, other = Ticket("a", "first"), Ticket("b", "second")
    assert list(contract.parse(lines(one, other), "t", LONGEST)) == [one, other]
    with pytest.raises(DataError, match="t:2: created before the line above"):
        list(contract.parse(lines(other, one), "t", LONGEST))


def test_an_open_ticket_is_no_defect() -> None:
    ticket = Ticket("a", "Where is it?", created=5)
    (read,) = contract.parse(lines(ticket), "t", LONGEST)
    assert not read.is_resolved


# ---- reading back


def test_what_was_ingested_is_read_in_the_order_of_time(untrained: Path) -> None:
    manifest = ingestion.ingest(untrained, params.load(untrained), Wish(tickets=300))
    tickets, again = ingestion.read(untrained)
    assert again == manifest
    assert len(tickets) == manifest.rows
    assert sum(ticket.is_resolved for ticket in tickets) == manifest.resolved
    assert tickets == sorted(tickets, key=lambda ticket: (ticket.created or 0, ticket.id))
    assert manifest.kind == "synthetic"
    assert set(everything_in(untrained)) == {"tickets.jsonl", "manifest.json"}


def test_without_tickets_it_says_what_to_run(untrained: Path) -> None:
    with pytest.raises(DataError, match=r"data/manifest\.json: no such file; run `python -m helpdesk data`"):
        ingestion.read(untrained)


def test_a_changed_file_is_refused(untrained: Path) -> None:
    ingestion.ingest(untrained, params.load(untrained), Wish(tickets=300))
    with (untrained / ingestion.FILE).open("ab") as file:
        file.write(b"{}\n")
    with pytest.raises(DataError, match=r"data/tickets\.jsonl: changed since it was checked"):
        ingestion.read(untrained)


def test_a_missing_file_is_named(untrained: Path) -> None:
    ingestion.ingest(untrained, params.load(untrained), Wish(tickets=300))
    (untrained / ingestion.FILE).unlink()
    with pytest.raises(DataError, match=r"data/tickets\.jsonl: no such file"):
        ingestion.read(untrained)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"rows": 1}', b"\xff"])
def test_a_manifest_that_is_none_is_refused(untrained: Path, content: bytes) -> None:
    (untrained / "data").mkdir()
    (untrained / ingestion.MANIFEST).write_bytes(content)
    with pytest.raises(DataError, match=r"data/manifest\.json: not a manifest"):
        ingestion.read(untrained)


# ---- the command


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--file x.csv", "synthetic tickets are made, not read"),
        ("--source own", r"needs --file FILE, and its columns' names in params.toml \[own\]"),
        ("--source own --file nowhere.csv", r"nowhere\.csv: no such file"),
        ("--source own --file .", "a folder; expected a file"),
        ("--source own --url https://example.com", "needs --file FILE"),
        ("--source clinc150 --tickets 300", "--tickets is for the generator"),
        ("--source clinc150 --file a --url b", "--file and --url name two places"),
        ("--source clinc150 --test-file a", "--test-file is for --source banking77"),
        ("--source banking77 --file a", "banking77 has two files"),
        ("--source banking77 --test-file a", "banking77 has two files"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    untrained: Path, options: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", *options.split(), "--root", str(untrained)]) == 1
    said = capsys.readouterr().err
    assert re.search(f"^error: .*{expected}", said)
    assert said.count("\n") == 1


def test_the_result_is_one_line(untrained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "--tickets", "400", "--root", str(untrained)]) == 0
    said = capsys.readouterr().out
    manifest = json.loads((untrained / ingestion.MANIFEST).read_text(encoding="utf-8"))
    assert said.startswith(f"{manifest['rows']:,} synthetic tickets (synthetic tickets), ")
    assert said.count("\n") == 1


# ---- the owner's export


def test_an_own_export_is_redacted_checked_and_counted(untrained: Path, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["id", "created", "subject", "body", "resolution", "resolved_at"])
        for number in range(240):
            created, resolved = f"2024-03-{1 + number % 28:02}", f"2024-04-{1 + number % 28:02}"
            body = f"The printer number {number} is stuck. Write to jo{number}@example.com"
            writer.writerow([f"X{number}", created, "Printer", body, "Restart it.", resolved])
        writer.writerow(["X999", "2024-03-01", "Printer", "", "Restart it.", "2024-03-02"])
    settings = params.load(untrained)
    wanted = {"queue": "", "priority": "", "language": "", "name": "Jo's desk"}
    settings = replace(settings, own=replace(settings.own, **wanted))  # type: ignore[arg-type]
    manifest = ingestion.ingest(untrained, settings, Wish("own", file=file))
    assert (manifest.kind, manifest.name, manifest.origin) == ("real", "Jo's desk", "export.csv")
    assert (manifest.rows, manifest.resolved, manifest.intents) == (240, 240, 0)
    assert manifest.redacted == {"email": 240}
    assert sum(manifest.refused.values()) == 1
    tickets, _ = ingestion.read(untrained)
    assert all("[email]" in ticket.body and "@" not in ticket.body for ticket in tickets)


def test_a_full_disk_is_said_in_a_line_and_nothing_is_lost(
    untrained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--root", str(untrained)]) == 0
    before = (untrained / ingestion.FILE).read_bytes()
    resource = pytest.importorskip("resource", reason="limits on files are of POSIX")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        assert main(["data", "--root", str(untrained)]) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("error: data/tickets.jsonl: cannot be written: ")
    assert said.endswith("; what was there before is unchanged")
    assert (untrained / ingestion.FILE).read_bytes() == before
    assert sorted(path.name for path in (untrained / "data").iterdir()) == ["manifest.json", "tickets.jsonl"]
