"""A repository for one merge or one diff, which sees the objects of the project's and is thrown away."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scaffolder.repository import Entry

_NOBODY = "committer scaffolder <scaffolder@localhost.invalid> 0 +0000"
_MERGE = (  # what the person set for other merges must not change what is found here
    *("-c", "merge.renames=true"),
    *("-c", "merge.directoryRenames=false"),  # a file that its owner added stays where they put it
    *("-c", "merge.renameLimit=0"),
    *("-c", "merge.renormalize=false"),
    *("-c", "core.quotePath=false"),
)


class Scratch:
    """A bare repository that is ready for commits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def commit(
        self, trees: Mapping[str, Mapping[str, Entry]], contents: Mapping[str, bytes], *, base: str
    ) -> None:
        """Make a branch for each of `trees`; all but `base`, which comes first, have it as parent.

        Args:
            trees: entries by path, by the branch's name.
            contents: those that the project's repository does not have, by id.
            base: name of one of the trees.
        """
        stream = [b"".join(_blob(content) for content in contents.values())]
        for name, entries in trees.items():
            parent = [f"from refs/heads/{base}"] if name != base else []
            lines = [f"commit refs/heads/{name}", _NOBODY, "data 0", *parent, "deleteall"]
            lines += [f"M {entry.mode} {entry.oid} {quoted(path)}" for path, entry in entries.items()]
            stream.append("\n".join([*lines, "", ""]).encode(errors="surrogateescape"))
        self._run(["fast-import", "--quiet"], stdin=b"".join(stream))

    def merge(self, ours: str, theirs: str) -> list[str]:
        """Return what `git merge-tree --write-tree -z` says, split at its NUL bytes."""
        names = ["--write-tree", "-z", "--messages", ours, theirs]
        said = self._run([*_MERGE, "merge-tree", *names], accept=(0, 1))
        return said.decode(errors="surrogateescape").split("\0")

    def entries(self, tree: str) -> list[str]:
        """Return the lines of `git ls-tree -r` for a tree."""
        found = self._run(["ls-tree", "-r", "-z", tree])
        return found.decode(errors="surrogateescape").split("\0")[:-1]

    def diff(self, old: str, new: str) -> str:
        """Return the unified diff between two branches."""
        shown = self._run([*_MERGE, "diff", "--no-color", "--no-ext-diff", "--no-textconv", "-M", old, new])
        return shown.decode(errors="replace")

    def _run(self, args: Sequence[str], *, stdin: bytes | None = None, accept: Sequence[int] = (0,)) -> bytes:
        return git.run(args, cwd=self.folder, env={"GIT_DIR": "."}, stdin=stdin, accept=accept)


@contextmanager
def scratch_repository(
    objects: Path | None, algorithm: str = "sha1", attributes: bytes = b""
) -> Iterator[Scratch]:
    """Yield a repository that is gone afterwards.

    Args:
        objects: folder of the objects of another repository, which are seen as well.
        algorithm: sha1 or sha256, the same as there.
        attributes: the text of its `.gitattributes`; they say which files merge in which way.
    """
    with tempfile.TemporaryDirectory(prefix="scaffolder-") as name:
        folder = Path(name)
        extension = f"[extensions]\n\tobjectFormat = {algorithm}\n" if algorithm != "sha1" else ""
        version = 1 if extension else 0
        for inner in ("objects/info", "objects/pack", "refs/heads", "info"):
            (folder / inner).mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/ours\n")
        (folder / "config").write_text(
            f"[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n{extension}"
        )
        (folder / "info" / "attributes").write_bytes(attributes)
        if objects is not None:
            path = str(objects.resolve()).encode(errors="surrogateescape")
            (folder / "objects" / "info" / "alternates").write_bytes(path + b"\n")
        yield Scratch(folder)


def quoted(path: str) -> str:
    """Return a path as fast-import and update-index read it."""
    if path.startswith('"') or "\n" in path:
        return '"{}"'.format(path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n"))
    return path


def _blob(content: bytes) -> bytes:
    return b"blob\ndata %d\n" % len(content) + content + b"\n"
