"""One project as it is shown: what it says of itself, and what its last run measured.

Of portfolio.toml it needs title, problem and decision; figures have a path and an alt text. Two keys are for
the showcase alone: `slug`, the project's part of an address where the folder's name will not do, and [links].
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from scaffolder import evidence, git
from scaffolder.errors import ScaffolderError
from scaffolder.showcase import excerpts, texts
from scaffolder.showcase.owner import SLUG, Link, read_links

if TYPE_CHECKING:
    from collections.abc import Mapping

FACTS, README, MODEL_CARD, STAR = "portfolio.toml", "README.md", "MODEL_CARD.md", "reports/star.md"
LARGEST_DOCUMENT = 1_000_000  # bytes
LARGEST_FIGURE = 10_000_000

TITLE, SUMMARY, PROBLEM, STACK, ALT = 200, 600, 1_500, 80, 1_000  # the most characters of each text
STACKS, FIGURES = 40, 50  # the most entries of each list
LONGEST_PATH = 1_000
LONGEST_WORDS = 300  # of a text in the evidence: more of it is not shown

_SLUG = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
_RESERVED = {  # names that no file can have on Windows
    *("con", "prn", "aux", "nul"),
    *(f"{device}{number}" for device in ("com", "lpt") for number in range(10)),
}
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_NOWHERE = {"invalid", "local", "localhost", "localdomain", "internal", "lan", "test"}


class NotShowable(ScaffolderError):
    """A folder of which there is nothing to show yet."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {' '.join(why.split())}")


class BadFacts(ScaffolderError):
    """A file of a project that cannot be shown as it is."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {' '.join(why.split())}")


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that the project's run drew."""

    path: Path  # absolute, a regular file inside the project
    alt: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Entry:
    """What is shown of one project. Texts are plain unless they say Markdown; all of them are untrusted."""

    path: Path  # absolute
    slug: str  # lower case letters, digits and hyphens; unique in a showcase; a name in addresses and files
    title: str
    summary: str
    problem: str
    decision: str
    stack: tuple[str, ...]
    figures: tuple[Figure, ...]
    star: str  # Markdown of reports/star.md without its title; empty where there is none
    run: str  # the commands of the README's first code block
    limits: str  # Markdown: where it fails
    links: tuple[Link, ...]  # portfolio.toml [links], else the repository's public address
    evidence: Mapping[str, Any]  # valid: scaffolder.evidence.read

    @property
    def metric(self) -> str:
        """The headline metric in words: `average precision`."""
        return str(self.evidence["headline"]["metric"]).replace("_", " ")

    @property
    def model(self) -> Measure:
        """The headline."""
        return _measure(self.evidence["headline"])

    @property
    def baseline(self) -> Measure:
        """The same of the simple baseline."""
        return _measure(self.evidence["headline"]["baseline"])

    @property
    def is_synthetic(self) -> bool:
        """True when the data of the run were made by a generator, which every page has to say."""
        return bool(self.evidence["data"]["source"] == "synthetic")


def _measure(found: Mapping[str, Any]) -> Measure:
    return Measure(found["value"], *found["ci95"])


def read_entry(path: Path) -> Entry:
    """Read the project at `path`.

    Raises:
        ScaffolderError: it is no project, has no evidence or half of it, or a figure is missing or too large.
    """
    root = path.resolve()
    if not root.is_dir():
        raise NotShowable(path, "there is no such folder")
    facts = _facts(path, root)
    measured = _evidence(path, root)
    readme = _document(root, README)
    return Entry(
        path=path.absolute(),
        slug=_slug(facts, root),
        title=facts.text("title", TITLE, needed="the project's name"),
        summary=facts.text("summary", SUMMARY),
        problem=facts.text("problem", PROBLEM, needed="say in a sentence or two who has which problem"),
        decision=facts.text("decision", PROBLEM, needed="say who decides what with it"),
        stack=facts.texts("stack", STACK, STACKS),
        figures=tuple(_figure(one, path, root) for one in facts.tables("figures", FIGURES)),
        star=excerpts.star(_document(root, STAR)),
        run=excerpts.commands(readme),
        limits=excerpts.limits(readme, _document(root, MODEL_CARD)),
        links=read_links(facts) or repository_links(root),
        evidence=measured,
    )


def _facts(path: Path, root: Path) -> texts.Table:
    file = path / FACTS

    def complain(why: str) -> BadFacts:
        return BadFacts(file, why)

    try:
        content = _read(root, FACTS)
        if content is None:
            why = f"it has no {FACTS}; write one with title, problem and decision"
            raise NotShowable(path, f"{why} ('scaffolder new' makes projects that have it)")
        return texts.Table(texts.parse_toml(content), complain)
    except ValueError as error:
        raise complain(str(error)) from None


def _evidence(path: Path, root: Path) -> dict[str, Any]:
    _require_inside(root, root / evidence.METRICS, path / evidence.METRICS)
    found = evidence.read(path)
    if found is None:
        raise NotShowable(path, f"it has no evidence ({evidence.METRICS}); run 'scaffolder run {path}' first")
    shown: dict[str, Any] = _shown(found)
    return shown


def _shown(value: Any) -> Any:
    """Return evidence with every text on one line, without what shows nothing."""
    if isinstance(value, str):
        return texts.shorten(texts.one_line(value), LONGEST_WORDS)
    if isinstance(value, dict):
        return {texts.one_line(key): _shown(one) for key, one in value.items() if key != "facts"}
    return [_shown(one) for one in value] if isinstance(value, list) else value


def _slug(facts: texts.Table, root: Path) -> str:
    if given := facts.text("slug", SLUG):
        if not _SLUG.fullmatch(given) or given in _RESERVED:
            facts.fail(f"slug: expected lower case letters, digits and hyphens between them, not {given!r}")
        return given
    for text in (root.name, str(facts.values.get("title", "")), str(facts.values.get("package", ""))):
        if slug := slug_of(text):
            return slug
    return facts.fail(
        f'no address can be made of the name {root.name!r}; write slug = "a-name" into this file'
    )


def slug_of(name: str) -> str:
    """Return the part of an address that stands for `name`; empty where it has no letter of the alphabet.

    >>> slug_of("Prädiktive Wartung (2)"), slug_of("../..")
    ('pradiktive-wartung-2', '')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall("[a-z0-9]+", plain))[:SLUG].strip("-")
    return f"{slug}-project" if slug in _RESERVED else slug


def _figure(found: texts.Table, path: Path, root: Path) -> Figure:
    named = found.text("path", LONGEST_PATH, needed="where the picture lies, such as reports/figures/a.png")
    alt = found.text("alt", ALT, needed=f"say in words what {named} shows, for who cannot see it")
    parts = PureWindowsPath(named)
    if parts.drive or parts.root or ".." in parts.parts:
        found.fail(f"{found.name}path: {named!r} leads out of the project; name a file inside it")
    file = root / named
    _require_inside(root, file, path / named)
    try:
        size = file.stat().st_size
    except (OSError, ValueError):
        found.fail(f"{found.name}path: there is no {named}; run the project again, or take it out of here")
    if not file.is_file():
        found.fail(f"{found.name}path: {named} is no file")
    if size > LARGEST_FIGURE:
        found.fail(
            f"{found.name}path: {named} has {size / 1e6:.1f} MB; a figure has at most "
            f"{LARGEST_FIGURE // 1_000_000}"
        )
    return Figure(file, alt)


def _document(root: Path, name: str) -> str:
    """Return the text of a document; empty where there is none."""
    content = _read(root, name)
    return "" if content is None else texts.shown(content.decode("utf-8-sig", errors="replace"))


def _read(root: Path, name: str) -> bytes | None:
    """Return what a file of the project holds; None where there is none."""
    file = root / name
    _require_inside(root, file, file)
    try:
        if not file.is_file():
            return None
        if (size := file.stat().st_size) > LARGEST_DOCUMENT:
            why = f"it has {size / 1e6:.1f} MB; at most {LARGEST_DOCUMENT // 1_000_000} are read"
            raise BadFacts(file, why)
        return file.read_bytes()
    except OSError as error:
        raise BadFacts(file, (error.strerror or str(error)).lower()) from error


def _require_inside(root: Path, file: Path, name: Path) -> None:
    """Raise BadFacts where a symbolic link leads out of the project."""
    try:
        inside = file.resolve().is_relative_to(root)
    except (OSError, ValueError, RuntimeError):  # a loop of links, on older Pythons
        inside = False
    if not inside:
        raise BadFacts(name, "it is a link that leads out of the project; put the file itself there")


def repository_links(root: Path) -> tuple[Link, ...]:
    """Return the link to the public address of the repository around a project, if git knows one."""
    try:
        found = git.run(["config", "--get", "remote.origin.url"], cwd=root, as_user=True, accept=(0, 1))
    except (ScaffolderError, OSError):
        return ()
    address = public_address(found.decode(errors="replace").strip())
    return (Link("Repository", address),) if address else ()


def public_address(remote: str) -> str:
    """Return where a git remote can be read by anybody, without user name and password; else nothing.

    >>> public_address("git@github.com:ada/pumps.git"), public_address("https://ada:secret@example.org/a.git")
    ('https://github.com/ada/pumps', 'https://example.org/a')
    """
    short = re.fullmatch(r"(?:[^@/\s]+@)?([^:/@\s]+):(?!//)([^\s]+)", remote)
    if short and "." in short[1]:
        remote = f"ssh://{short[1]}/{short[2].lstrip('/')}"
    try:
        parts = urlsplit(remote)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    path = parts.path.rstrip("/").removesuffix(".git")
    is_public = _HOST.fullmatch(host) and host.rpartition(".")[2] not in _NOWHERE
    if parts.scheme not in ("http", "https", "ssh", "git+ssh") or not is_public or not path.strip("/"):
        return ""
    scheme = "http" if parts.scheme == "http" else "https"
    where = f"{host}:{port}" if port and parts.scheme in ("http", "https") else host
    return f"{scheme}://{where}{quote(unquote(path))}"
