"""Whether a file is a picture, told by how it begins and ends: a half one is none."""

from __future__ import annotations

import re

_SVG = re.compile(
    rb"\s*(?:<\?xml[^>]{0,500}\?>\s*)?(?:<!--.{0,2000}?-->\s*)*(?:<!DOCTYPE svg[^>]{0,500}>\s*)?<svg\b", re.S
)
_TAIL = 1024


def kind_of(content: bytes) -> str | None:
    """Return PNG, JPEG, GIF, WebP or SVG; None for anything else, and for a picture that is cut off.

    >>> kind_of(b"<svg xmlns='http://www.w3.org/2000/svg'></svg>"), kind_of(b"PNG")
    ('SVG', None)
    """
    tail = content[-_TAIL:]
    if content.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"):
        sized = content[16:20] != bytes(4) and content[20:24] != bytes(4)
        return "PNG" if sized and b"IEND\xaeB`\x82" in tail else None
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG" if b"\xff\xd9" in tail else None
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF" if b";" in tail else None
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WebP" if int.from_bytes(content[4:8], "little") + 8 <= len(content) else None
    return "SVG" if _SVG.match(content[:8192]) and b"</svg" in tail else None
