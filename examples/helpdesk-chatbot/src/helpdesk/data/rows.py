"""Make a ticket of a row of an export, or say why it cannot be one."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..portfolio.errors import ParamsError
from .contract import LONGEST_ID, LONGEST_NAME
from .printable import printable
from .redact import redact
from .tickets import OUT_OF_SCOPE, Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..params import Params

_FORMS = (
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
    "%d/%b/%y %I:%M %p", "%d/%b/%Y %I:%M %p", "%b %d, %Y %I:%M %p",
)  # fmt: skip
_SECONDS, _MILLISECONDS = 10, 13  # digits of a time in this century
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_COMMENT = re.compile(r"\d\d?/\w{3,4}/\d{2,4} \d\d?:\d\d(?: [AP]M)?;[^;\n]{0,100};")  # Jira's: when; who;


class Refused(Exception):  # noqa: N818 - named after what happened
    """A row is no ticket: why, and because of which column."""

    def __init__(self, reason: str, field: str) -> None:
        super().__init__(reason)
        self.reason, self.field = reason, field


@dataclass(frozen=True, slots=True)
class Rules:
    """What a row has to be."""

    columns: Mapping[str, str]  # by field
    longest: int  # characters of a text
    languages: frozenset[str]  # none: every one
    zone: ZoneInfo  # of times without one
    form: str  # of times, as of strptime; empty: those that can be read in one way only


def rules(params: Params, columns: Mapping[str, str]) -> Rules:
    """Return the rules of a project.

    Raises:
        ParamsError: there is no such time zone.
    """
    try:
        zone = ZoneInfo(params.own.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ParamsError(
            f"params.toml: own.time_zone: no time zone {params.own.time_zone!r}; "
            "expected one such as Europe/Berlin"
        ) from None
    languages = frozenset(filter(None, params.data.languages))
    return Rules(columns, params.data.longest, languages, zone, params.own.date_form)


def to_ticket(values: Mapping[str, Any], rules: Rules) -> tuple[Ticket, dict[str, int]]:
    """Return the redacted ticket of a row, and how many pieces of personal data were in it, by kind.

    Raises:
        Refused: it is none.
    """
    given = {field: values.get(column) for field, column in rules.columns.items()}
    id_ = _id(given)
    texts = {field: _text(given, field, rules.longest) for field in ("subject", "body", "resolution")}
    if not texts["body"]:
        raise Refused("no body", "body")
    created, resolved_at = _moment(given, "created", rules), _moment(given, "resolved_at", rules)
    if created is None and "created" in rules.columns:
        raise Refused("no date", "created")
    if created is not None and resolved_at is not None and resolved_at < created:
        raise Refused("resolved before created", "resolved_at")
    names = {field: _name(given, field) for field in ("queue", "priority", "intent")}
    if names["intent"] == OUT_OF_SCOPE and texts["resolution"]:
        raise Refused("an answer to what is out of scope", "resolution")
    language = _language(given, rules)
    pieces: dict[str, int] = {}
    for field, text in texts.items():
        found = redact(text)
        if found.counts:
            pieces = Counter(pieces) + Counter(found.counts)
            texts[field] = found.text
    ticket = Ticket(
        id=id_,
        body=texts["body"],
        subject=texts["subject"],
        created=created,
        queue=names["queue"],
        priority=names["priority"],
        resolution=texts["resolution"],
        resolved_at=resolved_at,
        language=language,
        intent=names["intent"],
    )
    return ticket, pieces


def _id(given: Mapping[str, Any]) -> str:
    id_ = _plain(given["id"])
    if not id_:
        raise Refused("no id", "id")
    if len(id_) > LONGEST_ID or not id_.isprintable():
        raise Refused("impossible id", "id")
    return id_


def _plain(value: Any) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None else str(value).strip()


def _text(given: Mapping[str, Any], field: str, longest: int) -> str:
    """Return a text with one kind of line end and without what is not text."""
    text = _plain(given.get(field))
    if field == "resolution" and (head := _COMMENT.match(text)):
        text = text[head.end() :].lstrip()
    if not text.isprintable():
        text = printable(text).strip()
    if len(text) > longest:
        raise Refused("too long", field)
    return text


def _name(given: Mapping[str, Any], field: str) -> str:
    name = _plain(given.get(field))
    if not name.isprintable() or "  " in name:
        name = " ".join(printable(name).split())
    if len(name) > LONGEST_NAME:
        raise Refused("too long", field)
    return name


def _language(given: Mapping[str, Any], rules: Rules) -> str:
    """Return the two letters of a language such as `de-AT`."""
    said = _plain(given.get("language")).lower()
    code = said.replace("_", "-").partition("-")[0]
    if said and (len(code) != 2 or not code.isascii() or not code.isalpha()):
        raise Refused("unknown language", "language")
    if code and rules.languages and code not in rules.languages:
        raise Refused("unknown language", "language")
    return code


def _moment(given: Mapping[str, Any], field: str, rules: Rules) -> int | None:
    """Return a time in seconds since 1970, UTC; None where there is none."""
    value = given.get(field)
    if value is None or value == "":
        return None
    try:
        moment = _time(value, rules.form)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=rules.zone)).timestamp()
    except (ValueError, OverflowError, TypeError, OSError):
        raise Refused("bad date", field) from None
    if not 0 <= seconds < _LATEST:
        raise Refused("bad date", field)
    return int(seconds)


def _time(value: Any, form: str) -> datetime:
    """Read a time.

    Raises:
        ValueError: it is none, or could be read in two ways.
    """
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    text = str(value).strip()
    if form:
        return datetime.strptime(text, form)
    if text.isdecimal() and len(text) in (_SECONDS, _MILLISECONDS):
        return datetime.fromtimestamp(int(text[:_SECONDS]), UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _other_time(text)


def _other_time(text: str) -> datetime:
    if text.endswith(" UTC"):
        return datetime.fromisoformat(text[:-4]).replace(tzinfo=UTC)
    for form in _FORMS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return parsedate_to_datetime(text)
