"""What kind of template a folder of a repository holds: told by what is really there, never by its name."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

from scaffolder.engine.links import LinkedFiles, LinkError
from scaffolder.errors import SourceError
from scaffolder.record import RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.tree import File

_COPIER = re.compile(r"(?i)copier\.ya?ml")
_COOKIECUTTER = "cookiecutter.json"
_SIGNS = ("{{", "{%", "cookiecutter.")  # in the name of the folder that a cookiecutter makes projects from
_MOST_NAMED = 5
_POINTER = b"version https://git-lfs.github.com/spec/v1"
_OTHERS = {  # a file or a folder that only templates of another tool have, and what is to be said
    "databricks_template_schema.json": "a template of Databricks bundles; 'databricks bundle init' takes it",
    "ccds.json": "the template of cookiecutter-data-science, which has a command of its own, 'ccds'",
    ".yo-rc.json": "a generator or a project of Yeoman, which 'yo' runs",
    "generators": "a generator of Yeoman, which 'yo' runs",
    "plopfile.js": "a generator of Plop, which 'plop' runs",
    "cargo-generate.toml": "a template of cargo-generate; 'cargo generate' takes it",
    "src/main/g8": "a template of Giter8; 'sbt new' takes it",
}


def clean_directory(text: str) -> str:
    """Return the path of a folder in a repository: with slashes, without one at its end; empty for the top.

    Raises:
        SourceError: it would lead out of the repository.
    """
    path = text.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or ".." in parts or not path.isprintable():
        raise SourceError(repr(text), "expected a folder of the template's repository, such as templates/app")
    return "/".join(parts)


def engines(files: Mapping[str, File], directory: str = "") -> tuple[str, ...]:
    """Return what can render the template in a folder, the first choice first; nothing: it holds none."""
    inside = f"{directory}/" if directory else ""
    top = _top(files, directory)
    is_copier = any(_COPIER.fullmatch(name) and f"{inside}{name}" in files for name in top)
    is_cookiecutter = f"{inside}{_COOKIECUTTER}" in files and _is_cookiecutter(files, directory, top)
    return ("copier",) * is_copier + ("cookiecutter",) * is_cookiecutter


def choose(files: Mapping[str, File], directory: str, url: str) -> str:
    """Return the engine of the template in a folder.

    Raises:
        SourceError: it holds none that can be used; the message says what it holds, and where one is.
    """
    found = engines(files, directory)
    if not found:
        raise SourceError(url, f"{_place(directory)} {_what_else(files, directory)}")
    if found[0] == "copier" and directory:
        raise SourceError(url, f"{_place(directory)} is a copier template, {_ADVICE}")
    return found[0]


_ADVICE = (
    "and copier does not record in which folder one lies, so no project of it could be updated; give it a "
    "repository of its own, with 'git subtree split --prefix FOLDER -b template'"
)


def pointers(files: Mapping[str, File], directory: str) -> list[str]:
    """Return the paths of the files that Git LFS keeps elsewhere."""
    inside = f"{directory}/" if directory else ""
    return [path for path, file in files.items() if path.startswith(inside) and _is_pointer(file.content)]


def shortened(names: list[str]) -> str:
    """Return the first names, and how many more there are."""
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _is_pointer(content: bytes) -> bool:
    return content.startswith(_POINTER) and len(content) < 1024  # as its specification has it


def _place(directory: str) -> str:
    return f"{directory}/" if directory else "the repository"


def _top(files: Mapping[str, File], directory: str) -> dict[str, bool]:
    """Return the names in a folder, and True for those that are folders."""
    inside = f"{directory}/" if directory else ""
    found: dict[str, bool] = {}
    for path in files:
        if path.startswith(inside):
            name, slash, _ = path.removeprefix(inside).partition("/")
            found[name] = bool(slash)
    return found


def _is_cookiecutter(files: Mapping[str, File], directory: str, top: Mapping[str, bool]) -> bool:
    if any(is_folder and any(sign in name for sign in _SIGNS) for name, is_folder in top.items()):
        return True
    try:
        settings: Any = json.loads(LinkedFiles(files).read(posixpath.join(directory, _COOKIECUTTER)))
    except (LinkError, ValueError, RecursionError):
        return True  # its engine says what is wrong with that file
    if not isinstance(settings, dict):
        return True
    return "templates" in settings or isinstance(settings.get("template"), list | dict)


def _what_else(files: Mapping[str, File], directory: str) -> str:
    top = _top(files, directory)
    if not top:
        return f"is not there{_elsewhere(files)}"
    if record := next((name for name in RECORDS if name in top), None):
        return f"is a generated project, not a template: it has a {record}; give the address in that file"
    inside = f"{directory}/" if directory else ""
    for name, kind in _OTHERS.items():
        if f"{inside}{name}" in files or any(path.startswith(f"{inside}{name}/") for path in files):
            return f"is {kind}; the scaffolder takes templates of copier and cookiecutter"
    if _COOKIECUTTER in top:
        return (
            f"has a {_COOKIECUTTER}, but neither a folder whose name has {{{{ cookiecutter... }}}} in it, "
            f"nor a list of templates in that file{_elsewhere(files)}"
        )
    looked_for = f"a copier.yml, or a {_COOKIECUTTER} beside a folder such as {{{{cookiecutter.name}}}}"
    return f"is no copier template, nor one of cookiecutter; looked for {looked_for}{_elsewhere(files)}"


def _elsewhere(files: Mapping[str, File]) -> str:
    """Return where templates lie, as the end of a sentence."""
    found: dict[str, list[str]] = {"copier": [], "cookiecutter": []}
    for folder in _candidates(files):
        for engine in engines(files, folder)[:1]:
            found[engine].append(folder or ".")
    if found["cookiecutter"]:
        return f"; --directory takes {shortened(found['cookiecutter'])}"
    if "." in found["copier"]:
        return "; the repository itself is a copier template: leave --directory out"
    return f"; {shortened(found['copier'])}: {_ADVICE[4:]}" if found["copier"] else ""


def _candidates(files: Mapping[str, File]) -> Iterator[str]:
    """Yield the folders that may hold a template; at most so many that looking at them stays cheap."""
    folders = {
        posixpath.dirname(path)
        for path in files
        if (name := posixpath.basename(path)) == _COOKIECUTTER or _COPIER.fullmatch(name)
    }
    plain = sorted(folder for folder in folders if not any(sign in folder for sign in _SIGNS))
    yield from plain[:50]
