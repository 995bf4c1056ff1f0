"""Templates of others: any copier template in a git repository, read from a mirror of it in the cache.

Nothing of the template is run, or checked out: its files are read from git's objects.
"""

from __future__ import annotations

import difflib
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from scaffolder import checkout
from scaffolder.engine import bounds, detect, mirror
from scaffolder.engine.mirror import asked as _asked  # noqa: F401 - tests forget with it what was asked
from scaffolder.engine.mirror import commit_at, has_token, reading, tags, without_secrets
from scaffolder.engine.source import Source
from scaffolder.errors import GitFailed, SourceError

if TYPE_CHECKING:
    from packaging.version import Version

    from scaffolder.record import Record
    from scaffolder.tree import File

_ALIASES = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_KNOWN_TO_COPIER = ("git@", "git://", "git+", "https://github.com/", "https://gitlab.com/")
_SCHEMES = ("https", "http", "ssh", "git", "file")
_SHORT_SSH = re.compile(r"[\w.-]+@[\w.-]+:(?!:)\S+")  # git@host:owner/repository.git
_TOLD_OF_SECRETS = (
    "in the URL would be recorded in the project; leave it out and let git ask your credential helper"
)
# Of a repository, in which there may be more than one template; --max-size may allow more bytes.
_MOST_FILES, _MOST_BYTES = 100_000, bounds.MOST_BYTES
_DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<count>\d+)-g(?P<hash>[0-9a-f]+)")


class Address(NamedTuple):
    """Where a template lies."""

    recorded: str  # what the project's answers file says, which plain copier understands too
    fetched: str  # what git understands
    is_local: bool

    @property
    def name(self) -> str:
        """The last part."""
        return re.split(r"[/:\\]", self.fetched.rstrip("/\\"))[-1].removesuffix(".git") or self.fetched


def is_address(text: str) -> bool:
    """Return True when `text` is a URL or a path rather than the name of one of our templates."""
    return text.startswith((".", "~")) or any(sign in text for sign in "/\\:")


def parse_address(text: str) -> Address:
    """Return what a URL, a path or `gh:owner/repository` leads to.

    Raises:
        SourceError: it is none of these, or has a password in it.
    """
    for alias, url in _ALIASES.items():
        if text.startswith(alias):
            if text.removeprefix(alias).strip("/").count("/") < 1:
                raise SourceError(text, f"expected {alias}OWNER/REPOSITORY")
            text = url + text.removeprefix(alias).strip("/").removesuffix(".git") + ".git"
    if has_token(text):
        raise SourceError(without_secrets(text), f"a token {_TOLD_OF_SECRETS}")
    fetched = text.removeprefix("git+")
    if fetched.startswith("-") or any(ord(sign) < 32 for sign in fetched):
        raise SourceError(repr(text), "is no URL")
    scheme = fetched.partition("://")[0] if "://" in fetched else ""
    if scheme:
        _refuse_secret(fetched)
        if scheme.lower() not in _SCHEMES:
            raise SourceError(text, f"git URLs begin with {', '.join(_SCHEMES)}; this is {scheme!r}")
        is_known = text.startswith(_KNOWN_TO_COPIER) or text.endswith(".git")
        return Address(text if is_known else f"git+{text}", fetched, scheme.lower() == "file")
    if "::" in fetched:
        raise SourceError(text, "remote helpers of git are not used; give a URL or a path")
    if _SHORT_SSH.fullmatch(fetched) and not Path(fetched).exists():
        is_known = text.startswith(_KNOWN_TO_COPIER) or text.endswith(".git")
        return Address(text if is_known else f"git+{text}", fetched, is_local=False)
    return _local(text, Path(fetched).expanduser())


def _refuse_secret(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise SourceError(repr(url), f"is no URL: {error}") from error
    is_web = parts.scheme.lower() in ("http", "https")
    if parts.password is not None or (is_web and parts.username is not None):
        shown = f"{parts.scheme}://***@{parts.netloc.rpartition('@')[2]}{parts.path}"
        raise SourceError(shown, f"a name or password {_TOLD_OF_SECRETS}")


def _local(text: str, path: Path) -> Address:
    path = path.resolve()
    if path.is_file():
        return Address(path.as_posix(), str(path), is_local=True)  # a bundle
    if not path.is_dir():
        raise SourceError(
            text, "is not there; expected a template's name, a git URL or the path of a repository"
        )
    if (path / ".git").exists():
        return Address(path.as_posix(), str(path), is_local=True)
    if (path / "HEAD").is_file() and (path / "objects").is_dir():
        posix = path.as_posix()
        return Address(posix if posix.endswith(".git") else f"git+{posix}", str(path), is_local=True)
    raise SourceError(
        text, "is no git repository; 'git init' there, commit, and tag a version such as v1.0.0"
    )


def versions_of(text: str) -> dict[str, Version]:
    """Return the tags that name a version of a template, oldest first, after asking its repository.

    Raises:
        SourceError: it cannot be had.
    """
    return tags(mirror_of(text)[0])


def mirror_of(text: str) -> tuple[Path, str]:
    """Return the mirror of a template's repository, brought up to date, and a warning or nothing.

    Raises:
        SourceError: it cannot be had.
    """
    address = parse_address(text)
    warning = mirror.refresh(address)
    reading(address, lambda: mirror.names(mirror.path_of(address)))
    return mirror.path_of(address), warning


def locate(text: str, version: str | None = None, *, directory: str = "") -> Source:
    """Return a version of a template: by default the newest that is no prerelease, or HEAD without any.

    Args:
        text: a URL, a path or `gh:owner/repository`.
        version: a tag or its number, a branch, or the id of a commit, which may be short.
        directory: where the template lies in its repository.

    Raises:
        SourceError: it cannot be had, or there is no template.
    """
    return _newest(parse_address(text), version, directory=detect.clean_directory(directory))


def recorded(record: Record) -> Source:
    """Return the version that a project was made from; see `source.recorded`."""
    address = parse_address(record.url)
    at = mirror.path_of(address)
    warning = ""
    commit = _commit_kept(address, record.commit) if at.is_dir() else None
    if commit is None:
        warning = mirror.refresh(address, is_urgent=True)
        commit = reading(address, lambda: _sound_commit(at, record.commit))
    if commit is None:
        raise SourceError(
            record.url, f"has no version {record.commit!r}, which the project was made from; is it pushed?"
        )

    def read() -> Source:
        # A copier project has what `git describe` said, another one the id: a moved tag changes nothing.
        described = record.commit if record.engine == "copier" else mirror.describe(at, commit)
        return _read(address.recorded, str(at), commit, described, warning, record.engine, record.directory)

    return reading(address, read)


def target(record: Record, version: str | None = None) -> Source:
    """Return the version that a project goes to; see `source.target`."""
    source = _newest(
        *(parse_address(record.url), version, record.engine, record.directory), follows=record.follows
    )
    # What is recorded stays as it is written: it may be a form that we would write in another way.
    return source if source.url == record.url else _renamed(source, record.url)


@lru_cache(maxsize=64)
def _renamed(source: Source, url: str) -> Source:
    return Source(
        *(source.version, url, source.is_release, source.files),
        is_foreign=True,
        described=source.described,
        commit_id=source.commit_id,
        warnings=source.warnings,
        engine=source.engine,
        directory=source.directory,
    )


def _newest(
    address: Address,
    version: str | None,
    engine: str | None = None,
    directory: str = "",
    *,
    follows: str = "",
) -> Source:
    warning = mirror.refresh(address)
    at = mirror.path_of(address)

    def read() -> Source:
        commit = _wanted(address, version, follows)
        described = mirror.describe(at, commit)
        found = _read(address.recorded, str(at), commit, described, warning, engine, directory)
        if engine is not None:
            _refuse_another_engine(found, engine)
        return found

    return reading(address, read)


def _wanted(address: Address, version: str | None, follows: str) -> str:
    """Return the commit that is meant."""
    at = mirror.path_of(address)
    known = tags(at)
    if version is None and follows and _same_version(follows, known) is None:  # of a tag the newest
        version = follows
    if version is None:
        final = [tag for tag, number in known.items() if not number.is_prerelease]
        commit = _sound_commit(at, final[-1]) if final else _head(at)
        if commit is None:
            raise SourceError(address.recorded, "has no commit yet")
        return commit
    commit = commit_at(at, version, kinds=("tag", "head"))
    if commit is None:
        commit = _sound_commit(at, _same_version(version, known) or version)
    if commit is None and version == follows:
        why = f"has no branch or tag {follows!r} any more, which the project follows"
        raise SourceError(address.recorded, f"{why}; choose another one with --to")
    if commit is None:
        raise SourceError(address.recorded, f"has no version {version!r}; {_told(at, version, known)}")
    return commit


def _commit_kept(address: Address, revision: str) -> str | None:
    """Return the commit if the mirror as it is has it."""
    try:
        return commit_at(mirror.path_of(address), revision)
    except GitFailed:
        return None


def _sound_commit(at: Path, revision: str) -> str | None:
    """Return the commit, None where there is none, but GitFailed where the mirror is broken."""
    commit = commit_at(at, revision)
    if commit is None and not mirror.is_sound(at):
        raise GitFailed("cat-file", f"objects of {revision} are missing")
    return commit


def _head(at: Path) -> str | None:
    commit = _sound_commit(at, "HEAD")
    if commit is None and mirror.names(at)[1]:  # the branch that it was has another name now
        raise GitFailed("rev-parse", "its HEAD leads to no commit; name a branch or a commit")
    return commit


def _told(at: Path, wanted: str, known: dict[str, Version]) -> str:
    """Return which version may be meant, or which there are."""
    all_tags, branches = mirror.names(at)
    if near := difflib.get_close_matches(wanted, [*all_tags, *branches], n=2):
        return f"did you mean {' or '.join(map(repr, near))}?"
    there = f"it has: {', '.join(list(known)[-5:])}" if known else "it has no version tags, such as v1.0.0"
    return f"{there}; branches: {detect.shortened(branches)}" if branches else there


def _same_version(wanted: str, known: dict[str, Version]) -> str | None:
    """Return the tag with this name or, v1.2.0 being 1.2, this number."""
    if wanted in known:
        return wanted
    number = mirror.number_of(wanted)
    return next((tag for tag, found in known.items() if found == number), None)


def _refuse_another_engine(found: Source, engine: str) -> None:
    there = detect.engines(found.files, found.directory)
    if there and engine not in there:
        why = f"is a template of {there[0]} in {found.tag}, and the project was made with {engine}"
        raise SourceError(found.url, f"{why}; choose an earlier version with --to, or make a new project")
    if not there and engine == "cookiecutter":
        detect.choose(found.files, found.directory, f"{found.url} {found.tag}")


@lru_cache(maxsize=64)
def _read(  # noqa: PLR0917
    url: str,
    at: str,
    commit: str,
    described: str,
    warning: str,
    engine: str | None = None,
    directory: str = "",
) -> Source:
    files = _files(url, at, commit, max(_MOST_BYTES, bounds.most_bytes()))
    if engine is None:
        engine = detect.choose(files, directory, url)
    warnings = [warning] if warning else []
    if ".gitmodules" in files:
        warnings.append(f"{url} has submodules; their files are left out")
    if kept := detect.pointers(files, directory):
        warnings.append(f"{url} keeps files with Git LFS; only pointers to them are made: {_listed(kept)}")
    return Source(
        *(_pep440(Path(at), commit, described), url, mirror.number_of(described) is not None, files),
        is_foreign=True,
        described=described,
        commit_id=commit,
        warnings=tuple(warnings),
        engine=engine,
        directory=directory,
    )


def _listed(paths: list[str]) -> str:
    return detect.shortened([os.fsencode(path).decode(errors="replace") for path in paths])


@lru_cache(maxsize=16)
def _files(url: str, at: str, commit: str, most_bytes: int) -> dict[str, File]:
    """Return the files of a commit, none of which is read before it is known how large they are."""
    entries = checkout.list_commit(Path(at), commit, _MOST_FILES)
    if len(entries) > _MOST_FILES:
        raise SourceError(url, f"has more than {_MOST_FILES:,} files, which is too many for a template")
    size = sum({entry.oid: entry.size for entry in entries}.values())
    if size > most_bytes:
        largest = max(entries, key=lambda entry: entry.size)
        why = f"has {size:,} bytes of files, of which {_listed([largest.path])} has {largest.size:,}; at most"
        raise SourceError(url, f"{why} {most_bytes:,} are read; --max-size SIZE allows more")
    return checkout.read_entries(Path(at), entries)


def _pep440(at: Path, commit: str, described: str) -> str:
    """Return a version that sorts: 1.2.0.post3+gabc123 for the third commit after v1.2.0."""
    if mirror.number_of(described):
        return described.removeprefix("v")
    parts = _DESCRIBED.fullmatch(described)
    if parts and mirror.number_of(parts["tag"]):
        return f"{parts['tag'].removeprefix('v')}.post{parts['count']}+g{parts['hash']}"
    count = mirror.run(["rev-list", "--count", commit], at).decode().strip()
    return f"0.0.0.post{count}+g{commit[:7]}"
