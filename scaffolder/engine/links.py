"""The symbolic links of a template, followed within its files: nothing outside is ever read."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from scaffolder.tree import File

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LINK = "120000"
_MOST_LINKS = 40  # on the way to one file; more are a circle


class LinkError(Exception):
    """A link that leads to nothing in the template."""


class LinkedFiles:
    """Files by path, in which a path may lead through links to files and to folders."""

    def __init__(self, files: Mapping[str, File]) -> None:
        self._files = files
        self._folders: dict[str, list[str]] = {"": []}  # the names in each folder
        for path in sorted(files):
            self._add(path)

    def _add(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = []
            self._add(folder)
        self._folders[folder].append(name)

    def exists(self, path: str) -> bool:
        """Return True when there is a file or a folder at `path`."""
        try:
            self._resolve(path)
        except LinkError:
            return False
        return True

    def read(self, path: str) -> bytes:
        """Return the content of the file at `path`.

        Raises:
            LinkError: there is none.
        """
        found = self._files.get(self._resolve(path))
        if found is None:
            raise LinkError(f"{path} is a folder")
        return found.content

    def below(self, folder: str, *, follow: bool = True) -> Iterator[tuple[str, File]]:
        """Yield each file below `folder` by its path there; a link as the file that it leads to.

        Raises:
            LinkError: a link leads to nothing, or back to a folder that it lies in.
        """
        yield from self._walk(folder, "", (), follow=follow)

    def _walk(
        self, folder: str, prefix: str, above: tuple[str, ...], *, follow: bool
    ) -> Iterator[tuple[str, File]]:
        real = self._resolve(folder)
        if real in above:
            raise LinkError(f"{folder} is a symbolic link to a folder that it lies in")
        for name in self._folders.get(real, ()):
            path = f"{real}/{name}" if real else name
            file = self._files.get(path)
            if file is not None and (file.mode != LINK or not follow):
                yield prefix + name, file
                continue
            leads_to = self._files.get(self._resolve(path))
            if leads_to is None:
                yield from self._walk(path, f"{prefix}{name}/", (*above, real), follow=follow)
            else:  # git has no executable bit for a link, whatever it leads to
                yield prefix + name, File("100644", leads_to.content)

    def _resolve(self, path: str) -> str:
        """Return the path of the file or folder that `path` leads to."""
        rest = [part for part in path.split("/") if part not in ("", ".")]
        done: list[str] = []
        for _ in range(_MOST_LINKS):
            while rest:
                part = rest.pop(0)
                if part == "..":
                    if not done:
                        raise LinkError(self._told(path, path))
                    done.pop()
                    continue
                here = "/".join([*done, part])
                file = self._files.get(here)
                if file is not None and file.mode == LINK:
                    target = file.content.decode(errors="surrogateescape")
                    if target.startswith("/"):
                        raise LinkError(f"{here} is a symbolic link to {target!r}, which is outside")
                    rest = [piece for piece in target.split("/") if piece not in ("", ".")] + rest
                    break
                if file is None and here not in self._folders:
                    raise LinkError(self._told(path, here))
                done.append(part)
            else:
                return "/".join(done)
        raise LinkError(f"{path} is a symbolic link to a link, in a circle")

    def _told(self, path: str, missing: str) -> str:
        link = self._files.get(path)
        if link is not None and link.mode == LINK:
            target = link.content.decode(errors="replace")
            return f"{path} is a symbolic link to {target!r}, no file of the template"
        return f"{missing} is not in the template"


def leads_outside(path: str, target: str) -> bool:
    """Return True when a link at `path` with this target leads out of the folder that paths begin in.

    So does one that goes up again behind a name: that may be another link, and above it is somewhere else.
    Git's own folder is outside too.
    """
    target = target.replace("\\", "/")  # as Windows reads it
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    is_absolute = target.startswith("/") or target[1:2] == ":"
    parts = [part for part in target.split("/") if part not in ("", ".")]
    ups = next((count for count, part in enumerate(parts) if part != ".."), len(parts))
    is_git = any(part.lower().rstrip(". ") in (".git", "git~1") for part in joined.split("/"))
    return is_absolute or is_git or joined.split("/")[0] == ".." or ".." in parts[ups:]
