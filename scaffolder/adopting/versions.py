"""Every version of a template, and what each has in common with a project: told without rendering any.

A version is a tree of git's. What it shares with the project is summed up file by file, and kept for each
folder by its id: neighbouring versions share most of their folders, so a hundred of them cost little more
than one. A file that the template copies is found by its id or its lines; of one that it renders the lines
without a tag are compared, which no answer changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffolder import git, history
from scaffolder.adopting.owned import LARGEST_TEXT, counted, read_objects, read_texts
from scaffolder.engine import foreign
from scaffolder.engine.mirror import tags
from scaffolder.engine.source import locate, project_files
from scaffolder.errors import GitFailed, SourceError, UnknownTemplate
from scaffolder.tree import blob_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from scaffolder.adopting.owned import Owned
    from scaffolder.engine.source import Source

MOST_VERSIONS = 2000
_UNTAGGED = 500  # commits that stand for versions where none is tagged
_ABSENT, _MOVED = -5, 5  # lines that a file which is not at its place counts
_MOST_MATCHES = 8  # files of the project that a name with an answer in it may stand for
_MOST_TAGS = 4  # in one path
_MOST_NAMED = 1000  # paths with tags that are looked for
_BARE = {"GIT_DIR": "."}
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|\[\[.*?\]\]")
_SIGNS = re.compile(rb"\{\{|\{%|\{#|\[\[|\[%")
_SETTING = re.compile(
    rb"""(?m)^_(subdirectory|templates_suffix)\s*:\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^#\n]*))"""
)
_ANSWERS_FILE = "_copier_conf.answers_file"
_COPIER = re.compile(r"(?i)copier\.ya?ml")
_LINK, _FOLDER, _FILES = "120000", "40000", ("100644", "100755", "120000", "100664")


class Candidate(NamedTuple):
    """A version that a project may come from."""

    name: str  # 1.2.0, or of a foreign one its tag
    template: str
    load: Callable[[], Source]
    shared: int  # lines that it shares with the project without rendering, less those that it does not


def candidates(
    owned: Owned, template: str | None, *, version: str | None, directory: str = ""
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Return the versions, the likeliest first, of equal ones the newest; and what the user should know.

    Args:
        owned: the project.
        template: one of ours, or an address; None: all of ours.
        version: only this one.
        directory: where the template lies in its repository.

    Raises:
        UnknownTemplate, UnknownVersion, SourceError: there is none.
    """
    if template is not None and foreign.is_address(template):
        found, warnings = _foreign(owned, template, version, directory)
    else:
        found, warnings = list(_own(owned, template, version)), ()
    newest_first = reversed(found)
    return tuple(sorted(newest_first, key=lambda one: -one.shared)), warnings


# --- ours


def _own(owned: Owned, template: str | None, version: str | None) -> Iterator[Candidate]:
    names = [version] if version else history.versions()
    sources = [locate(name) for name in names] or [locate()]
    known = sorted({name for source in sources for name in source.templates()})
    if template is not None and template not in known:
        raise UnknownTemplate(template, known)
    for source in sources:
        for name in source.templates():
            if template in (None, name):
                yield Candidate(
                    source.version, name, partial(_itself, source), _own_shared(owned, source, name)
                )


def _itself(source: Source) -> Source:
    return source


def _own_shared(owned: Owned, source: Source, template: str) -> int:
    files = project_files(source, template)
    layout = Layout("", ".jinja", engine="copier")
    leaves = {path: (layout.place(path), file) for path, file in files.items()}
    owned.fetch(place for place, _ in leaves.values() if place)
    worth = _Worth(owned)
    return sum(
        worth.of(place, blob_id(file.content), layout.is_text(path), file.content)
        for path, (place, file) in leaves.items()
        if place is not None
    )


# --- others'


class Layout(NamedTuple):
    """Where the files of a template's projects lie in its repository, and which of them are rendered."""

    folder: str  # with a slash at its end, or empty
    suffix: str
    engine: str

    def place(self, path: str) -> str | None:
        """Return where a file goes to in the project, None when it goes nowhere; answers stay as tags."""
        if self.engine == "cookiecutter":
            if not path.startswith(self.folder):
                return None
            top, _, inside = path.removeprefix(self.folder).partition("/")
            return inside if inside and "cookiecutter" in top and "{{" in top else None
        parts, rest = self.folder.split("/")[:-1], path.split("/")
        if len(rest) <= len(parts) or not all(map(_is_like, parts, rest)):
            return None
        inside = "/".join(rest[len(parts) :])
        if _ANSWERS_FILE in inside or (not parts and _COPIER.fullmatch(inside)):
            return None
        return inside.removesuffix(self.suffix)

    def is_text(self, path: str) -> bool:
        """Return True when the file is rendered rather than copied."""
        return self.engine == "cookiecutter" or path.endswith(self.suffix)


def _is_like(pattern: str, part: str) -> bool:
    return pattern == part or ("{" in pattern and _pattern(pattern).fullmatch(part) is not None)


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    """Return what a path with tags may be in a project."""
    parts = re.split(f"({_TAG.pattern})", text)
    if len(parts) > 2 * _MOST_TAGS + 1:  # what a pattern may cost is a power of them
        return re.compile("(?!)")
    return re.compile("".join("[^/]*" if _TAG.fullmatch(part) else re.escape(part) for part in parts))


def _foreign(
    owned: Owned, text: str, version: str | None, directory: str
) -> tuple[list[Candidate], tuple[str, ...]]:
    directory = directory.replace("\\", "/").strip("/")
    name = directory.rpartition("/")[2] or foreign.parse_address(text).name
    if version is not None:
        source = foreign.locate(text, version, directory=directory)
        return [Candidate(source.version, name, partial(_itself, source), 0)], source.warnings
    mirror, warning = mirror_of(text)
    names, are_tags = versions_of(text, mirror)
    shared = _shared(owned, mirror, [f"refs/tags/{n}" if are_tags else n for n in names], directory)
    if not shared:
        foreign.locate(text, directory=directory)  # says what it is instead
        raise SourceError(text, "has no version with files of a template")
    found = [
        Candidate(one if are_tags else one[:10], name, partial(_load, text, one, directory), shared[at])
        for at, one in enumerate(names)
        if at in shared
    ]
    return found, (warning,) if warning else ()


def _load(text: str, version: str, directory: str) -> Source:
    return foreign.locate(text, version, directory=directory)


def mirror_of(text: str) -> tuple[Path, str]:
    """Return the mirror of a template's repository, brought up to date, and a warning or nothing.

    Raises:
        SourceError: it cannot be had.
    """
    return foreign.mirror_of(text)


def versions_of(text: str, mirror: Path) -> tuple[list[str], bool]:
    """Return the tags that name a version, oldest first, or without any the last commits; and True for tags.

    Raises:
        SourceError: there is neither.
    """
    if named := list(tags(mirror)):
        return named[-MOST_VERSIONS:], True
    options = ["--first-parent", f"--max-count={_UNTAGGED}", "--reverse", "HEAD", "--"]
    try:
        commits = git.run(["rev-list", *options], cwd=mirror, env=_BARE).decode().split()
    except GitFailed as error:
        raise SourceError(text, "has no commit yet") from error
    return commits, False


def _shared(owned: Owned, mirror: Path, revisions: Sequence[str], directory: str) -> dict[int, int]:
    """Return what each version that is a template shares with the project, by its place in `revisions`."""
    roots = _resolve(mirror, [f"{one}^{{tree}}" for one in revisions])
    trees = _Trees(mirror)
    trees.read(set(roots.values()))
    layouts = _layouts(mirror, trees, roots, directory)
    trees.read_below(roots[at] for at in layouts)
    sums = {layout: _Sum(owned, mirror, trees, layout) for layout in set(layouts.values())}
    for layout, one in sums.items():
        one.prepare({roots[at] for at, found in layouts.items() if found == layout})
    return {at: sums[layout].of(roots[at]) for at, layout in layouts.items()}


def _resolve(mirror: Path, names: Sequence[str]) -> dict[int, str]:
    """Return the ids of those objects that are there, by their place in `names`."""
    asked = "".join(f"{name}\n" for name in names).encode(errors="surrogateescape")
    told = git.run(["cat-file", "--batch-check=%(objectname)"], cwd=mirror, env=_BARE, stdin=asked)
    lines = told.decode(errors="replace").splitlines()
    return {at: line for at, line in enumerate(lines) if re.fullmatch(r"[0-9a-f]{40,64}", line)}


def _layouts(mirror: Path, trees: _Trees, roots: Mapping[int, str], directory: str) -> dict[int, Layout]:
    """Return where each version has its files; those that are no template are left out."""
    found: dict[int, Layout] = {}
    settings: dict[int, str] = {}  # ids of copier.yml
    for at, root in roots.items():
        top = trees.found[root]
        config = next((oid for name, mode, oid in top if _COPIER.fullmatch(name) and mode in _FILES), None)
        if config and not directory:
            settings[at] = config
        elif directory or any(name == "cookiecutter.json" for name, _, _ in top):
            found[at] = Layout(f"{directory}/" if directory else "", "", "cookiecutter")
    texts = read_texts(set(settings.values()), mirror, _BARE)
    found |= {at: _copier_layout(texts.get(oid, b"")) for at, oid in settings.items()}
    return dict(sorted(found.items()))


def _copier_layout(text: bytes) -> Layout:
    given = {
        found[1]: b"".join(part or b"" for part in found.groups()[1:]) for found in _SETTING.finditer(text)
    }
    folder = given.get(b"subdirectory", b"").decode(errors="replace").strip().strip("/").removeprefix("./")
    suffix = (
        given[b"templates_suffix"].decode(errors="replace").strip()
        if b"templates_suffix" in given
        else ".jinja"
    )
    return Layout(f"{folder}/" if folder not in ("", ".") else "", suffix, "copier")


class _Trees:
    """Git's trees by their id, each read once."""

    def __init__(self, mirror: Path) -> None:
        self.found: dict[str, tuple[tuple[str, str, str], ...]] = {}
        self._mirror = mirror

    def read(self, oids: Iterable[str]) -> None:
        missing = sorted(set(oids) - self.found.keys())
        for oid, content in read_objects(missing, self._mirror, _BARE).items():
            self.found[oid] = tuple(_entries(content, len(oid) // 2))

    def read_below(self, oids: Iterable[str]) -> None:
        """Read all folders below these, level by level: as few processes as the deepest has levels."""
        level = set(oids)
        done: set[str] = set()
        while level:
            self.read(level)
            done |= level
            folders = {oid for tree in level for _, mode, oid in self.found.get(tree, ()) if mode == _FOLDER}
            level = folders - done


def _entries(content: bytes, width: int) -> Iterator[tuple[str, str, str]]:
    """Yield name, mode and id of each entry of a tree, as git stores it."""
    at = 0
    while at < len(content):
        blank, end = content.index(b" ", at), content.index(b"\0", at)
        name = content[blank + 1 : end].decode(errors="surrogateescape")
        oid = content[end + 1 : end + 1 + width].hex()
        yield name, content[at:blank].decode(), oid
        at = end + 1 + width


class _Worth:
    """What one file of a template is worth, rendered or not, at its place in the project."""

    def __init__(self, owned: Owned) -> None:
        self._owned = owned
        self._named: dict[str, tuple[str, ...]] = {}
        self._plain: dict[bytes, Any] = {}

    def paths(self, place: str) -> tuple[str, ...]:
        """Return the files of the project that may be the one at `place`, which may have tags in it."""
        if "{" not in place and "[" not in place:
            return (place,) if place in self._owned.entries else ()
        if place not in self._named and len(self._named) >= _MOST_NAMED:
            return ()
        if place not in self._named:
            pattern, literal = _pattern(place), max(_TAG.split(place), key=len)
            found = (path for path in self._owned.entries if literal in path and pattern.fullmatch(path))
            self._named[place] = tuple(path for path, _ in zip(found, range(_MOST_MATCHES), strict=False))
        return self._named[place]

    def is_equal(self, place: str, oid: str) -> bool:
        return any(self._owned.entries[path].oid == oid for path in self.paths(place))

    def of(self, place: str, oid: str, is_text: bool, content: bytes | None) -> int:
        """Return the lines that are found, less those that are not. `content` None: too large to look at."""
        paths = self.paths(place)
        if not paths:
            return _MOVED if oid in self._owned.oids else _ABSENT
        if self.is_equal(place, oid):
            return max(1, self._owned.lines(paths[0]).total())
        if content is None:
            return _ABSENT
        lines = self._lines(content, is_text=is_text)
        total = lines.total()
        return int(max(2 * (lines & self._owned.lines(path)).total() - total for path in paths))

    def _lines(self, content: bytes, *, is_text: bool) -> Any:
        if content not in self._plain:
            is_short = len(content) <= LARGEST_TEXT
            kept = content
            if is_text and is_short and _SIGNS.search(content):
                kept = b"\n".join(line for line in content.split(b"\n") if not _SIGNS.search(line))
            self._plain[content] = counted(kept)
        return self._plain[content]


@dataclass
class _Sum:
    """What the folders of versions of one layout are worth, each folder reckoned once."""

    owned: Owned
    mirror: Path
    trees: _Trees
    layout: Layout
    _files: dict[tuple[str, str], int] = field(default_factory=dict)  # by path and id
    _folders: dict[tuple[str, str], int] = field(default_factory=dict)

    def prepare(self, roots: Iterable[str]) -> None:
        """Reckon every file below these folders."""
        leaves: dict[tuple[str, str], str] = {}
        seen: set[tuple[str, str]] = set()
        for root in roots:
            self._collect("", root, leaves, seen)
        worth = _Worth(self.owned)
        self.owned.fetch({path for place in leaves.values() for path in worth.paths(place)})
        wanted = {
            oid for (_, oid), place in leaves.items() if worth.paths(place) and not worth.is_equal(place, oid)
        }
        texts = read_texts(sorted(wanted), self.mirror, _BARE)
        for (path, oid), place in leaves.items():
            self._files[path, oid] = worth.of(place, oid, self.layout.is_text(path), texts.get(oid))

    def _collect(
        self, prefix: str, tree: str, leaves: dict[tuple[str, str], str], seen: set[tuple[str, str]]
    ) -> None:
        if (prefix, tree) in seen:
            return
        seen.add((prefix, tree))
        for name, mode, oid in self.trees.found.get(tree, ()):
            path = prefix + name
            if mode == _FOLDER:
                self._collect(f"{path}/", oid, leaves, seen)
            elif mode in _FILES and (place := self.layout.place(path)) is not None:
                leaves[path, oid] = place

    def of(self, tree: str, prefix: str = "") -> int:
        """Return what all files below a folder are worth."""
        key = prefix, tree
        if key not in self._folders:
            total = 0
            for name, mode, oid in self.trees.found.get(tree, ()):
                path = prefix + name
                total += self.of(oid, f"{path}/") if mode == _FOLDER else self._files.get((path, oid), 0)
            self._folders[key] = total
        return self._folders[key]
