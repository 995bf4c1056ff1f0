"""Templates of others: any copier template in a git repository, read from a mirror of it in the cache.

Nothing of the template is run, or checked out: its files are read from git's objects.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from scaffolder import checkout, git, places
from scaffolder.engine.source import Source
from scaffolder.errors import GitFailed, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.version import Version

    from scaffolder.project import Record
    from scaffolder.tree import File

_ALIASES = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_KNOWN_TO_COPIER = ("git@", "git://", "git+", "https://github.com/", "https://gitlab.com/")
_SCHEMES = ("https", "http", "ssh", "git", "file")
_SHORT_SSH = re.compile(r"[\w.-]+@[\w.-]+:(?!:)\S+")  # git@host:owner/repository.git
_DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<count>\d+)-g(?P<hash>[0-9a-f]+)")
_FRESH_S = 60.0  # a remote repository is asked for news only once in this time
_BARE = {"GIT_DIR": "."}
_NETWORK = (*("-c", "protocol.ext.allow=never"), *("-c", "core.askPass="))
_asked: dict[str, float] = {}


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
        raise SourceError(
            shown,
            "a name or password in the URL would be recorded in the project; leave it out and let git ask "
            "your credential helper",
        )


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


def locate(text: str, version: str | None = None, *, directory: str = "") -> Source:
    """Return a version of a template: by default the newest that is no prerelease, or HEAD without any.

    Raises:
        SourceError: it cannot be had.
    """
    return _newest(parse_address(text), version, directory=directory)


def recorded(record: Record) -> Source:
    """Return the version that a project was made from; see `source.recorded`."""
    address = parse_address(record.url)
    mirror = _mirror(address)
    warning = ""
    commit = _commit_at(mirror, record.commit) if mirror.is_dir() else None
    if commit is None:
        warning = _refresh(address, mirror, is_urgent=True)
        commit = _commit_at(mirror, record.commit)
    if commit is None:
        raise SourceError(
            record.url, f"has no version {record.commit!r}, which the project was made from; is it pushed?"
        )
    # A copier project has what `git describe` said, another one the id: a tag that was moved changes nothing.
    described = record.commit if record.engine == "copier" else _describe(mirror, commit)
    return _read(address.recorded, str(mirror), commit, described, warning, record.engine, record.directory)


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
    mirror = _mirror(address)
    warning = _refresh(address, mirror)
    tags = _tags(mirror)
    if version is None and follows and _same_version(follows, tags) is None:  # of a tag the newest
        version = follows
    if version is not None:
        name = _same_version(version, tags) or version
        commit = _commit_at(mirror, name)
        if commit is None and version == follows:
            why = f"has no branch or tag {follows!r} any more, which the project follows"
            raise SourceError(address.recorded, f"{why}; choose another one with --to")
        if commit is None:
            raise SourceError(address.recorded, f"has no version {version!r}; {_told(tags)}")
    else:
        final = [tag for tag, number in tags.items() if not number.is_prerelease]
        commit = _commit_at(mirror, final[-1] if final else "HEAD")
        if commit is None:
            raise SourceError(address.recorded, "has no commit yet")
    described = _describe(mirror, commit)
    return _read(address.recorded, str(mirror), commit, described, warning, engine, directory)


def _told(tags: dict[str, Version]) -> str:
    return f"it has: {', '.join(list(tags)[-5:])}" if tags else "it has no version tags, such as v1.0.0"


def _same_version(wanted: str, tags: dict[str, Version]) -> str | None:
    """Return the tag with this name or, v1.2.0 being 1.2, this number."""
    if wanted in tags:
        return wanted
    number = _number(wanted)
    return next((tag for tag, found in tags.items() if found == number), None)


def _tags(mirror: Path) -> dict[str, Version]:
    """Return the tags that name a version, oldest version first."""
    listing = _git(["for-each-ref", "--format=%(refname:strip=2)", "refs/tags"], mirror)
    numbers = ((tag, _number(tag)) for tag in listing.decode(errors="replace").splitlines())
    found = [(tag, number) for tag, number in numbers if number is not None]
    return dict(sorted(found, key=lambda pair: pair[1]))


def _number(text: str) -> Version | None:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None


def _commit_at(mirror: Path, revision: str) -> str | None:
    """Return the id of the commit that a tag, what `git describe` says, a branch or an id stands for."""
    if revision.startswith("-") or not revision.isprintable():
        return None
    names = [f"refs/tags/{revision}", f"refs/heads/{revision}", revision]
    asked = "".join(f"{name}^{{commit}}\n" for name in names).encode()
    answer = git.run(["cat-file", "--batch-check=%(objectname)"], cwd=mirror, env=_BARE, stdin=asked)
    found = (line for line in answer.decode().splitlines() if re.fullmatch(r"[0-9a-f]{40,64}", line))
    return next(found, None)


def _describe(mirror: Path, commit: str) -> str:
    return _git(["describe", "--tags", "--always", commit], mirror).decode(errors="replace").strip()


@lru_cache(maxsize=64)
def _read(  # noqa: PLR0917
    url: str,
    mirror: str,
    commit: str,
    described: str,
    warning: str,
    engine: str | None = None,
    directory: str = "",
) -> Source:
    try:
        files = _files(mirror, commit)
    except GitFailed as error:
        raise SourceError(url, str(error)) from error
    if engine is None:
        inside = f"{directory}/" if directory else ""
        is_copier = any(re.fullmatch(r"(?i)copier\.ya?ml", path) for path in files)
        engine = "cookiecutter" if not is_copier and f"{inside}cookiecutter.json" in files else "copier"
        if engine == "copier" and not is_copier:
            raise SourceError(
                url, "is no copier template, nor one of cookiecutter: it has neither's settings"
            )
    warnings = [warning] if warning else []
    if ".gitmodules" in files:
        warnings.append(f"{url} has submodules; their files are left out")
    version = _pep440(Path(mirror), commit, described)
    return Source(
        *(version, url, _number(described) is not None, files),
        is_foreign=True,
        described=described,
        commit_id=commit,
        warnings=tuple(warnings),
        engine=engine,
        directory=directory,
    )


@lru_cache(maxsize=16)
def _files(mirror: str, commit: str) -> dict[str, File]:
    return checkout.read_commit(Path(mirror), commit)


def _pep440(mirror: Path, commit: str, described: str) -> str:
    """Return a version that sorts: 1.2.0.post3+gabc123 for the third commit after v1.2.0."""
    if _number(described):
        return described.removeprefix("v")
    parts = _DESCRIBED.fullmatch(described)
    if parts and _number(parts["tag"]):
        return f"{parts['tag'].removeprefix('v')}.post{parts['count']}+g{parts['hash']}"
    count = _git(["rev-list", "--count", commit], mirror).decode().strip()
    return f"0.0.0.post{count}+g{commit[:7]}"


# --- the mirror


def _mirror(address: Address) -> Path:
    key = hashlib.sha256(address.fetched.encode(errors="surrogateescape")).hexdigest()[:32]
    return places.cache() / "mirrors" / f"{key}.git"


def _refresh(address: Address, mirror: Path, *, is_urgent: bool = False) -> str:
    """Bring the mirror up to date, and return a warning when it had to stay as it was."""
    now = time.monotonic()
    is_fresh = now - _asked.get(str(mirror), -_FRESH_S) < _FRESH_S
    if mirror.is_dir() and is_fresh and not (address.is_local or is_urgent):
        return ""
    try:
        if mirror.is_dir():
            refs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
            options = ["--quiet", "--prune", "--no-write-fetch-head", "--no-auto-gc"]
            _fetch(["fetch", *options, "--", address.fetched, *refs], mirror)
        else:
            _clone(address, mirror)
    except GitFailed as error:
        why = str(error).partition(" failed: ")[2] or str(error)
        if not mirror.is_dir():
            raise SourceError(address.recorded, f"cannot be read: {why}") from error
        return f"{address.recorded} cannot be reached ({why}); going on with what was fetched before"
    _asked[str(mirror)] = now
    return ""


def _clone(address: Address, mirror: Path) -> None:
    try:
        mirror.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=mirror.parent, ignore_cleanup_errors=True) as scratch:
            made = Path(scratch, mirror.name)
            options = ["--quiet", "--mirror", "--template=", "--no-hardlinks"]
            _fetch(["clone", *options, "--", address.fetched, str(made)], Path(scratch))
            try:
                made.rename(mirror)
            except OSError:
                if not mirror.is_dir():  # otherwise another process was faster
                    raise
    except OSError as error:
        raise SourceError(str(mirror.parent), f"cannot be written: {error.strerror or error}") from error


def _fetch(args: Sequence[str], folder: Path) -> None:
    # Nobody is there to answer: what needs a password takes it from a credential helper, or fails.
    env = {"GIT_TERMINAL_PROMPT": "0", "SSH_ASKPASS_REQUIRE": "never"}
    env |= {key: os.environ[key] for key in ("GIT_SSH_COMMAND", "GIT_SSH") if key in os.environ}
    if args[0] == "fetch":
        env |= _BARE
    git.run([*_NETWORK, *args], cwd=folder, env=env)


def _git(args: Sequence[str], mirror: Path) -> bytes:
    return git.run(args, cwd=mirror, env=_BARE)
