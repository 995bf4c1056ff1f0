"""A tree of files, as git sees it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class File(NamedTuple):
    """One file of a tree."""

    mode: str  # 100644, 100755 (executable) or 120000 (the content is the target of a symbolic link)
    content: bytes


def blob_id(content: bytes) -> str:
    """Return git's id of a file's content.

    >>> blob_id(b"")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    return _object_id("blob", content)


def tree_id(files: Mapping[str, File]) -> str:
    """Return git's id of the tree that holds `files`.

    >>> tree_id({})
    '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
    """
    folders: dict[str, dict[str, File]] = {}
    entries: dict[str, tuple[str, str]] = {}
    for path, file in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(f"{name}/", {})[rest] = file  # git sorts folders as if they ended in a slash
        else:
            entries[name] = (file.mode, blob_id(file.content))
    entries |= {name: ("40000", tree_id(inner)) for name, inner in folders.items()}
    lines = (
        f"{mode} {name.rstrip('/')}\0".encode() + bytes.fromhex(oid)
        for name, (mode, oid) in sorted(entries.items(), key=lambda entry: entry[0].encode())
    )
    return _object_id("tree", b"".join(lines))


def _object_id(kind: str, content: bytes) -> str:
    return hashlib.sha1(
        b"%s %d\0%s" % (kind.encode(), len(content), content), usedforsecurity=False
    ).hexdigest()
