"""Where tickets come from: the generator, a public file, or the owner's export; all of them redacted."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from . import ingestion
from .redact import redact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..params import Params
    from .generate import Draft
    from .ingestion import Found, Wish
    from .tickets import Ticket


def obtain(root: Path, params: Params, source: str, wish: Wish, expected: Mapping[str, str] | None) -> Found:
    """Return the tickets of a source.

    Args:
        root: the project's folder; downloads go to data/raw.
        params: of the project.
        source: one of `ingestion.SOURCES`, but `real`.
        wish: the file or address to take, or the number to make.
        expected: sha256 of public files other than the published ones.

    Raises:
        DataError: the file is not what it should be, or cannot be fetched.
    """
    if source == ingestion.SYNTHETIC:
        return _made(wish.tickets or params.data.tickets, params)
    if source == ingestion.OWN and wish.file is not None:
        return _own(root, params, wish.file)
    if source == ingestion.CLINC:
        return _clinc(root, params, wish, expected)
    return _banking(root, params, wish, expected)


def _made(count: int, params: Params) -> Found:
    from . import generate

    drafts = generate.drafts(count, params.seed, params.generator, params.split)
    redacted: Counter[str] = Counter()
    tickets = [_redacted(draft.ticket, redacted) for draft in drafts]
    return ingestion.Found(
        tickets=tickets,
        origin="generator of this project",
        redacted=redacted,
        planted=Counter(kind for draft in drafts for kind, _ in draft.planted),
        missed=_missed(drafts, tickets),
    )


def _missed(drafts: list[Draft], tickets: list[Ticket]) -> Counter[str]:
    """Count the planted pieces that are still there to be read."""
    return Counter(
        kind
        for draft, ticket in zip(drafts, tickets, strict=True)
        for kind, piece in draft.planted
        if piece in f"{ticket.question}\n{ticket.resolution}"
    )


def _own(root: Path, params: Params, file: Path) -> Found:
    from . import importing

    found = importing.run(root, params, file)
    return ingestion.Found(found.tickets, file.name, found.refused, found.redacted)


def _clinc(root: Path, params: Params, wish: Wish, expected: Mapping[str, str] | None) -> Found:
    from ..portfolio import download
    from . import clinc

    sha256 = (expected or {}).get(ingestion.CLINC, clinc.SHA256)
    if wish.file:
        return _public(clinc.read(wish.file, sha256), wish.file.name)
    address = wish.url or params.sources.clinc150
    path = download.whole(address, root / ingestion.RAW / "clinc150.json", params.sources)
    with download.forgotten_if_refused(path):
        return _public(clinc.read(path, sha256), address)


def _banking(root: Path, params: Params, wish: Wish, expected: Mapping[str, str] | None) -> Found:
    from ..portfolio import download
    from . import banking

    sha256 = expected or banking.SHA256
    if wish.file and wish.test_file:
        return _public(
            banking.read(wish.file, wish.test_file, sha256), f"{wish.file.name}, {wish.test_file.name}"
        )
    address = wish.url or params.sources.banking77
    paths = [
        download.whole(
            address.replace("{part}", part), root / ingestion.RAW / f"banking77-{part}.csv", params.sources
        )
        for part in ("train", "test")
    ]
    with ExitStack() as stack:
        for path in paths:
            stack.enter_context(download.forgotten_if_refused(path))
        return _public(banking.read(paths[0], paths[1], sha256), address)


def _public(tickets: list[Ticket], origin: str) -> Found:
    redacted: Counter[str] = Counter()
    ordered = sorted(tickets, key=lambda ticket: ticket.id)
    return ingestion.Found([_redacted(ticket, redacted) for ticket in ordered], origin, redacted=redacted)


def _redacted(ticket: Ticket, counts: Counter[str]) -> Ticket:
    """Return the ticket without personal data in its texts; count what was found."""
    subject, body, resolution = map(redact, (ticket.subject, ticket.body, ticket.resolution))
    for found in (subject, body, resolution):
        counts.update(found.counts)
    return replace(ticket, subject=subject.text, body=body.text, resolution=resolution.text)
