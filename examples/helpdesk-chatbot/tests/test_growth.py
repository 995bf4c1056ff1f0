"""`bench --growth`: small here, the same path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpdesk.evaluation import growth
from helpdesk.portfolio.errors import ProjectError
from helpdesk.retrieval.index import TicketIndex

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk.params import Params


def test_the_report_has_a_column_for_each_size(
    settings: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(growth, "TICKETS", 60)
    said = growth.run(tmp_path, settings, 10)
    text = (tmp_path / growth.REPORT).read_text(encoding="utf-8")
    assert said == f"{text}\nwritten to {growth.REPORT}"
    assert "|  | 60 tickets | 600 tickets |" in text
    assert {line.count("|") for line in text.splitlines() if line.startswith("|")} == {4}
    assert "nan" not in text
    assert "bench --growth\n10`" in text
    assert "600 tickets" in capsys.readouterr().err


def test_questions_come_after_the_tickets_and_are_redacted(settings: Params) -> None:
    entries, later = growth.tickets_and_later(300, settings)
    ids = [ticket for ticket, _ in entries + later]
    assert len(entries) == 300
    assert ids == sorted(set(ids))
    assert any("[email]" in text for _, text in entries)
    assert not any("@" in text for _, text in entries + later)


def test_what_is_left_after_the_changes_is_told(settings: Params) -> None:
    entries, later = growth.tickets_and_later(50, settings)
    index = TicketIndex.build(settings.retrieval, {"bm25": 1.0}, entries)
    _, kept = growth.change(index, later)
    anew = TicketIndex.build(settings.retrieval, {"bm25": 1.0}, entries + kept)
    assert len(index) == len(anew)
    growth.refuse_difference(index, anew, [text for _, text in later])


def test_an_index_that_differs_from_a_rebuilt_one_is_refused(settings: Params) -> None:
    weights = {"bm25": 1.0}
    index = TicketIndex.build(settings.retrieval, weights, [("a", "the vpn is down"), ("b", "printer")])
    anew = TicketIndex.build(settings.retrieval, weights, [("a", "the vpn is down"), ("b", "printer jam")])
    with pytest.raises(ProjectError, match="differs from a rebuilt one; asked: 'printer'"):
        growth.refuse_difference(index, anew, ["printer"])
