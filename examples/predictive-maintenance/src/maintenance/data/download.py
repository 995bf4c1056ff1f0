"""Fetch a file over HTTP(S): time-out, several attempts, progress on stderr.

Nothing is kept here, in part or whole: the caller checks the hash and writes the file.
"""

from __future__ import annotations

import http.client
import io
import sys
import time
import urllib.error
import urllib.request
import zipfile
from typing import TYPE_CHECKING

from ..portfolio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHUNK = 1 << 16  # bytes read between two progress lines
_LARGEST = 64 << 20  # bytes; whatever is longer is not the file that was asked for


def fetch(urls: Sequence[str], *, timeout_s: float, attempts: int, backoff_s: float) -> bytes:
    """Return the body of the first address that answers; the only CSV file of a zip archive in its stead.

    Raises:
        DataError: no address answered; names each with its last reason.
    """
    reasons = []
    for url in urls:
        for attempt in range(1, attempts + 1):
            try:
                return _unzip(_read(url, timeout_s))
            except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
                reason = str(getattr(error, "reason", "") or error)
            _say(f"attempt {attempt} of {attempts} failed: {reason}")
            if attempt < attempts:
                time.sleep(backoff_s * 2 ** (attempt - 1))
        reasons.append(f"{url}: {reason}")
    raise DataError(
        f"download failed: {'; '.join(reasons)}; "
        "fetch the file by hand and use `data --source real --file FILE`"
    )


def _read(url: str, timeout_s: float) -> bytes:
    """Read a whole body; a connection that breaks off in the middle is an error, not a shorter file."""
    if not url.startswith(("https://", "http://")):
        raise ValueError("not an http address")
    _say(f"downloading {url}")
    with urllib.request.urlopen(url, timeout=timeout_s) as answer:  # noqa: S310
        total = int(answer.headers.get("Content-Length") or 0)
        body = bytearray()
        while chunk := answer.read(_CHUNK):
            body += chunk
            if len(body) > _LARGEST:
                raise ValueError(f"longer than {_LARGEST} bytes")
            _say(f"{len(body):,} bytes" + (f" of {total:,}" if total else ""))
    if total and len(body) != total:
        raise ValueError(f"broke off after {len(body)} of {total} bytes")
    return bytes(body)


def _unzip(body: bytes) -> bytes:
    if not zipfile.is_zipfile(io.BytesIO(body)):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".csv")]
        if len(names) != 1:
            raise ValueError(f"the archive holds {len(names)} CSV files; expected 1")
        if archive.getinfo(names[0]).file_size > _LARGEST:
            raise ValueError(f"{names[0]} is longer than {_LARGEST} bytes")
        return archive.read(names[0])


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
