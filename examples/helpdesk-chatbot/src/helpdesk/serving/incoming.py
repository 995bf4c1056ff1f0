"""What comes in as text: checked, without what is not text, and without personal data.

Everything that is stored, searched or sent on has been here, so no other module has to think of it.
"""

from __future__ import annotations

import re
import unicodedata

from ..data.printable import printable
from ..data.redact import redact
from .refusals import BadInput

_BLANK = re.compile(r"[ \t]+")
_LABEL = re.compile(r"[\w][\w .,&/()+-]*")


def text(given: str, field: str, longest: int, *, needed: bool = True) -> str:
    """Return a text as it may be kept.

    Args:
        given: as it was sent.
        field: how the sender calls it.
        longest: in characters, before personal data are replaced.
        needed: False lets it be empty.

    Raises:
        BadInput: nothing is left of it, or it is too long.
    """
    clean = unicodedata.normalize("NFC", printable(given)).strip()
    if len(clean) > longest:
        raise BadInput(f"has {len(clean):,} characters; at most {longest:,} are taken", field=field)
    if needed and not any(character.isprintable() and not character.isspace() for character in clean):
        raise BadInput("is empty; expected a text", field=field)
    return redact(clean).text


def line(given: str, field: str, longest: int, *, needed: bool = True) -> str:
    """Return a text of one line as it may be kept; raises as `text`."""
    return _BLANK.sub(" ", text(given.replace("\n", " "), field, longest, needed=needed))


def label(given: str, field: str, longest: int) -> str:
    """Return the name of a queue, a priority or a language; may be empty.

    Raises:
        BadInput: it is too long or has signs that no such name has.
    """
    clean = " ".join(unicodedata.normalize("NFC", given).split())
    if len(clean) > longest or (clean and not _LABEL.fullmatch(clean)):
        raise BadInput(f"is no name; expected at most {longest} letters, digits and spaces", field=field)
    return clean


def identifier(given: str, field: str, longest: int) -> str:
    """Return the id of a ticket.

    Raises:
        BadInput: nothing could be called so.
    """
    if not 1 <= len(given) <= longest or not given.isprintable() or given != given.strip():
        raise BadInput(f"is no id; expected 1 to {longest} printable characters", field=field)
    return given
