"""Which column of an export holds what: as params.toml [own] says, or as a common help desk calls it.

Names are compared without regard to case, blanks and underscores: "Created at" is `created_at`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..portfolio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..params import Own

FIELDS = (
    "id",
    "created",
    "queue",
    "priority",
    "subject",
    "body",
    "resolution",
    "resolved_at",
    "language",
    "intent",
)
NEEDED = ("id", "body")

# What the columns of usual exports are called, the likeliest first. The answer is rarely among them: add the
# last public reply to the export, or name another column in params.toml.
PRESETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "": {},
    "zendesk": {
        "id": ("id", "ticket id"),
        "created": ("created at", "ticket created - date"),
        "queue": ("group", "group name", "ticket group"),
        "priority": ("priority", "ticket priority"),
        "subject": ("subject", "ticket subject"),
        "body": ("description", "ticket description"),
        "resolution": ("resolution", "last public comment", "latest comment"),
        "resolved_at": ("solved at", "ticket solved - date"),
        "language": ("locale", "requester language"),
    },
    "freshdesk": {
        "id": ("ticket id", "id"),
        "created": ("created time", "created at"),
        "queue": ("group",),
        "priority": ("priority",),
        "subject": ("subject",),
        "body": ("description text", "description"),
        "resolution": ("resolution", "last public reply"),
        "resolved_at": ("resolved time", "resolved at", "closed time"),
        "language": ("language", "contact language"),
    },
    "jira": {
        "id": ("issue key", "key"),
        "created": ("created", "fields.created"),
        "queue": ("component/s", "component s", "components", "request type"),
        "priority": ("priority", "fields.priority.name"),
        "subject": ("summary", "fields.summary"),
        "body": ("description", "fields.description"),
        "resolution": ("comment",),
        "resolved_at": ("resolved", "resolutiondate", "fields.resolutiondate"),
    },
    "zammad": {
        "id": ("number", "#"),
        "created": ("created at",),
        "queue": ("group", "group.name"),
        "priority": ("priority", "priority.name"),
        "subject": ("title",),
        "body": ("body", "article.body", "text"),
        "resolution": ("resolution", "last agent article"),
        "resolved_at": ("close at", "closed at"),
        "language": ("language",),
    },
    "osticket": {
        "id": ("ticket number", "number"),
        "created": ("date created", "created", "date"),
        "queue": ("department", "help topic"),
        "priority": ("priority",),
        "subject": ("subject",),
        "body": ("issue details", "message", "body"),
        "resolution": ("resolution", "response", "last response"),
        "resolved_at": ("closed date", "closed", "date closed"),
    },
}  # fmt: skip


def resolve(own: Own, columns: Sequence[str], file: str) -> dict[str, str]:
    """Return the column of each of FIELDS that the export has.

    A name of params.toml goes before those of the preset. Without a preset, each name has to be there.

    Raises:
        DataError: a column is not in the export; the message says which, and which there are.
    """
    there = {_plain(name): name for name in reversed(columns)}
    preset, found = PRESETS[own.preset], {}
    for field in FIELDS:
        said: str = getattr(own, field)
        column = next(
            (there[key] for key in map(_plain, (said, *preset.get(field, ()))) if key in there), None
        )
        if column is not None:
            found[field] = column
        elif field in NEEDED or (said and not own.preset):
            raise DataError(f"{file}: no column {said!r}, {_advice(field, own)}; it has {_listed(columns)}")
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def _advice(field: str, own: Own) -> str:
    if own.preset:
        return f"nor one that {own.preset} calls so; name the column of own.{field} in params.toml"
    optional = "" if field in NEEDED else ', "" for none'
    return f"which params.toml names in own.{field}; put in the right name{optional}"


def _listed(columns: Sequence[str], most: int = 30) -> str:
    names = ", ".join(columns[:most])
    return f"{names} and {len(columns) - most} more" if len(columns) > most else names
