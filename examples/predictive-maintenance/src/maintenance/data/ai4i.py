"""The public AI4I 2020 file: accept exactly it, and say what is wrong with any other.

Copies with changed rows, names or units are common, so the content is known by its hash, never by its file
name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from ..portfolio.files import sha256_of
from . import contract

if TYPE_CHECKING:
    from ..params import Params

NAME = "AI4I 2020 Predictive Maintenance (UCI 601)"
LICENCE = "CC BY 4.0"
PAGE = "https://archive.ics.uci.edu/dataset/601/ai4i+2020+predictive+maintenance+dataset"


def accept(content: bytes, name: str, params: Params) -> bytes:
    """Return the file in its plain form: UTF-8 without a byte-order mark, LF line ends.

    Two forms are known by hash: the plain one, and the one that the UCI archive serves.

    Raises:
        DataError: any other content, with both hashes and the differences found.
    """
    known = params.download
    found = sha256_of(content)
    if found == known.sha256_as_served:
        content = content.removeprefix(contract.BOM).replace(b"\r\n", b"\n")
    if sha256_of(content) == known.sha256:
        return content
    reasons = "; ".join(_differences(content, params))
    raise DataError(
        f"{name}: not the AI4I 2020 file: {reasons} (sha256 {found}, expected {known.sha256} or "
        f"{known.sha256_as_served}); get it from {PAGE}"
    )


def _differences(content: bytes, params: Params) -> list[str]:
    """Say in a few words each what tells `content` from the public file; never empty."""
    reasons = []
    if content.startswith(contract.BOM):
        reasons.append("starts with a byte-order mark")
        content = content.removeprefix(contract.BOM)
    if b"\r\n" in content:
        reasons.append("has CRLF line ends")
    try:
        frame = contract.parse(content, "content")
        if len(frame) != params.download.rows:
            reasons.append(f"{len(frame)} rows, expected {params.download.rows}")
        contract.validate(frame, params.ranges, "content")
    except DataError as error:
        reasons.append(str(error).removeprefix("content: "))
    return reasons or ["some values differ"]
