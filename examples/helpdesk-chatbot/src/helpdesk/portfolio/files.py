"""Write a file whole or not at all, and name its content by a hash."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write `content` to `path`; a crash or a full disk leaves the old file as it was.

    The content goes into a new file in the same folder, which then takes the old one's place. Text becomes
    UTF-8 with its line ends unchanged. Missing folders are made.
    """
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave an empty file under the right name
        if path.exists():
            shutil.copymode(path, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def sha256_of(content: Path | bytes) -> str:
    """Return the SHA-256 of a file or of bytes as 64 hexadecimal digits.

    >>> sha256_of(b"abc")[:16]
    'ba7816bf8f01cfea'

    Source: NIST FIPS 180-4; the example is its one-block message.
    """
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
