"""The format of the history, which is that of `git fast-import`; git's manual describes it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from scaffolder.tree import File, blob_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

_RELEASER = "scaffolder releases <releases@portfolio-scaffolder.invalid>"
_BLOB = "original-oid "
_TAG = "reset refs/tags/v"


def read_versions(stream: bytes) -> tuple[str, ...]:
    """Return the versions in a stream, oldest first."""
    return tuple(line.removeprefix(_TAG) for line, _ in _lines(stream) if line.startswith(_TAG))


def read_files(stream: bytes, version: str) -> dict[str, File] | None:
    """Return the files of a version by their path, None where the stream does not have it."""
    blobs: dict[str, bytes] = {}
    files: dict[str, File] = {}
    oid = ""
    for line, data in _lines(stream):
        key, _, rest = line.partition(" ")
        if key in ("original-oid", "commit"):
            oid = rest
        elif key == "data":
            blobs[oid] = data
        elif key == "deleteall":
            files = {}
        elif key == "M":
            mode, blob, path = rest.split(" ", 2)
            files[path] = File(mode, blobs[blob])
        elif line == f"{_TAG}{version}":
            return files
    return None


def write_version(
    version: str, files: Mapping[str, File], *, branch: str, day: date, before: bytes = b""
) -> bytes:
    """Return what a version adds to the stream `before`: new blobs, a commit on top of `branch`, and a tag.

    The commit is dated midnight UTC of `day`.
    """
    seconds = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    people = [f"{role} {_RELEASER} {seconds} +0000" for role in ("author", "committer")]
    known = {line.partition(" ")[2] for line, _ in _lines(before) if line.startswith(_BLOB)}
    commit = write_commit(files, branch=branch, people=people, message=f"Release {version}", known=known)
    return commit + f"{_TAG}{version}\nfrom refs/heads/{branch}\n\n".encode()


def write_commit(
    files: Mapping[str, File],
    *,
    branch: str,
    people: Sequence[str],
    message: str,
    known: Collection[str] = (),
) -> bytes:
    """Return a commit of `files`, and nothing but them, on top of `branch`.

    Args:
        files: by path.
        branch: the short name of a branch.
        people: the lines that git has for author and committer.
        message: without the line feed at its end.
        known: ids of the blobs that need not be written.
    """
    ids = {path: blob_id(file.content) for path, file in sorted(files.items())}
    new = {oid: files[path].content for path, oid in ids.items() if oid not in known}
    text = f"{message}\n"
    commit = [f"commit refs/heads/{branch}", *people, f"data {len(text.encode())}", f"{text}deleteall"]
    listing = [f"M {files[path].mode} {oid} {path}" for path, oid in ids.items()]
    # A name in git's configuration need not be UTF-8.
    lines = "\n".join([*commit, *listing, "\n"]).encode(errors="surrogateescape")
    return b"".join([*(_blob(oid, content) for oid, content in new.items()), lines])


def _blob(oid: str, content: bytes) -> bytes:
    return f"blob\n{_BLOB}{oid}\ndata {len(content)}\n".encode() + content + b"\n"


def _lines(stream: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield each line of the stream, and with a `data` line the bytes that it announces."""
    at = 0
    while at < len(stream):
        end = stream.index(b"\n", at)
        line = stream[at:end].decode()
        at = end + 1
        size = int(line.removeprefix("data ")) if line.startswith("data ") else 0
        yield line, stream[at : at + size]
        at += size
