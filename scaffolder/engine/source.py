"""Where a version of the templates comes from: a release in the history, or the checkout as it stands."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder import checkout, history, places
from scaffolder.errors import NoRelease, RenderFailed, UnknownTemplate
from scaffolder.tree import File, tree_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LINK = "120000"
_SUFFIX = ".jinja"  # of texts with tags
_MOST_LINKS = 8  # in a row; more are a circle


@dataclass(frozen=True, slots=True)
class Source:
    """One version of all templates."""

    version: str  # 1.2.0, or 1.2.1.dev0+g<tree> for a checkout that differs from release 1.2.0
    url: str  # portable: the same on every machine
    is_release: bool
    files: Mapping[str, File] = field(repr=False)  # by path from the root of the repository

    @property
    def tag(self) -> str:
        """What a project's answers file records as `_commit`."""
        return f"v{self.version}"

    def is_executable(self, template: str, path: str) -> bool:
        """Return True when git has `path` of a project as executable, which some file systems cannot tell."""
        origin = f"templates/{template}/project/{path}"
        file = self.files.get(origin) or self.files.get(origin + _SUFFIX)
        return file is not None and file.mode == "100755"


@dataclass(frozen=True, slots=True)
class Tree:
    """One template of a source, ready for a renderer."""

    path: Path  # holds what must be rendered: texts with tags, questions, and every folder
    template: str
    source: Source
    modes: Mapping[str, int]  # git's mode of each file below `path`
    verbatim: Mapping[
        str, File
    ]  # the rest of the project by its path there, links replaced by what they lead to


def locate(version: str | None = None) -> Source:
    """Return the templates of a version: by default the newest release, or the checkout where it differs.

    Raises:
        UnknownVersion: it was not released.
        NoRelease: there is neither a release nor a checkout.
    """
    if version is not None:
        return _release(version.removeprefix("v"))
    newest = history.newest()
    released = _release(newest) if newest else None
    if places.is_checkout():
        files = checkout.read_files(places.home(), places.ROOTS)
        if released is None or files != released.files:
            # The same files give the same version on every machine.
            unreleased = f"{history.next_version()}.dev0+g{tree_id(files)[:12]}"
            return Source(unreleased, _url(), is_release=False, files=files)
    if released is None:
        raise NoRelease
    return released


def _release(version: str) -> Source:
    return Source(version, _url(), is_release=True, files=history.files(version))


def materialise(source: Source, template: str, into: Path) -> Tree:
    """Write what must be rendered of `template` into the empty folder `into`.

    Symbolic links become the files that they lead to, one by one or as whole folders, so this works where
    links cannot be made.

    Raises:
        UnknownTemplate: this version has no such template.
        RenderFailed: a link leads nowhere.
    """
    known = sorted({path.split("/")[1] for path in source.files if _is_in_project(path)})
    if template not in known:
        raise UnknownTemplate(template, known)
    files = _with_linked_folders(source.files, template)
    needed = {path: file for path, file in files.items() if _is_needed(path, template)}
    for folder in {posixpath.dirname(path) for path in needed}:
        into.joinpath(folder).mkdir(parents=True, exist_ok=True)
    modes, verbatim = {}, {}
    for path, file in needed.items():
        content = _content(files, path, template)
        # Copier reads the mode that git has for a path, so a link is not executable whatever it leads to.
        if _is_verbatim(path, needed):
            mode = file.mode if file.mode != _LINK else "100644"
            verbatim[path.split("/", 3)[3]] = File(mode, content)
        else:
            modes[path] = int(file.mode, 8)
            into.joinpath(path).write_bytes(content)
    return Tree(into, template, source, modes, verbatim)


def project_files(source: Source, template: str) -> dict[str, File]:
    """Return the files of a template's project by their path in it, as they lie in the template.

    Raises:
        RenderFailed: a link leads nowhere.
    """
    start = f"templates/{template}/project/"
    files = _with_linked_folders(source.files, template)
    return {path.removeprefix(start): file for path, file in files.items() if path.startswith(start)}


def _is_in_project(path: str) -> bool:
    return path.startswith("templates/") and path.split("/")[2:3] == ["project"]


def _is_needed(path: str, template: str) -> bool:
    # The questions of every template: copier.yml includes them all, and their `_exclude` holds for all.
    return (
        path == "copier.yml"
        or path.startswith(("templates/_shared/", f"templates/{template}/"))
        or path.endswith("/questions.yml")
    )


def _is_verbatim(path: str, needed: Mapping[str, File]) -> bool:
    has_tag = "{" in path or path.endswith(_SUFFIX)
    return _is_in_project(path) and not has_tag and path + _SUFFIX not in needed


def _content(files: Mapping[str, File], path: str, template: str) -> bytes:
    target = path
    for _ in range(_MOST_LINKS):
        file = files.get(target)
        if file is None:
            break
        if file.mode != _LINK:
            return file.content
        target = _leads_to(target, file)
    raise RenderFailed(template, f"{path} is a symbolic link to {target!r}, no file of the templates")


def _with_linked_folders(files: Mapping[str, File], template: str) -> dict[str, File]:
    """Return `files` with each link to a folder replaced by the files of that folder."""
    result: dict[str, File] = {}
    for path, file in files.items():
        folder = f"{_leads_to(path, file)}/" if file.mode == _LINK else None
        inside = [name for name in files if folder and name.startswith(folder)]
        for name in inside:
            mode = files[name].mode if files[name].mode != _LINK else "100644"
            content = _content(files, name, template)
            result[f"{path}/{name.removeprefix(folder or '')}"] = File(mode, content)
        if not inside:
            result[path] = file
    return result


def _leads_to(path: str, link: File) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link.content.decode()))


def _url() -> str:
    from importlib.metadata import metadata

    urls = dict(entry.split(", ", 1) for entry in metadata("portfolio-scaffolder").get_all("Project-URL", ()))
    return str(urls["Repository"])
