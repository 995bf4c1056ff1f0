"""The copies of templates' repositories in the cache: fetched once, brought up to date, used offline too.

A mirror is a bare repository without a remote: no URL is kept in it. It is never collected as garbage, so a
commit that a project was made from stays, even where its tag was moved or its branch rewritten since. One
that is damaged is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder import git, places
from scaffolder.engine.address import redacted
from scaffolder.errors import GitFailed, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.version import Version

    from scaffolder.engine.address import Address

BARE = {"GIT_DIR": "."}
MOST_BYTES = 10 << 30  # of all mirrors together; beyond it those not used for the longest time go
_FRESH_S = 60.0  # a remote repository is asked for news only once in this time
_RECENT_S = 86400.0  # a mirror used since then may be in use
_MANY_PACKS = 40
_ATTEMPTS = 4
_HEAD = "refs/scaffolder/HEAD"  # what the repository's HEAD was, when it was fetched last
_REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_NETWORK = (
    *("-c", "protocol.ext.allow=never"),
    *("-c", "core.askPass="),
    *("-c", "core.filesRefLockTimeout=5000"),
    *("-c", "core.packedRefsTimeout=5000"),
    *("-c", "fetch.unpackLimit=1"),
    *("-c", "fetch.recurseSubmodules=false"),
    *("-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=120"),  # a server that says nothing
)
_FOR_THE_NETWORK = ("GIT_SSH", "GIT_SSL", "GIT_PROXY_", "GIT_HTTP_")
asked: dict[str, tuple[float, str]] = {}  # when each mirror's repository was asked, and the warning then


class Damaged(Exception):
    """A mirror of which something is missing or unreadable."""


def path_of(address: Address) -> Path:
    """Return where the mirror of a repository lies, or will."""
    key = hashlib.sha256(address.fetched.encode(errors="surrogateescape")).hexdigest()[:32]
    return places.cache() / "mirrors" / f"{key}.git"


def refresh(address: Address, mirror: Path, *, is_urgent: bool = False) -> str:
    """Bring the mirror up to date, and return a warning when it had to stay as it was.

    Args:
        address: of the repository.
        mirror: where its mirror lies, or will.
        is_urgent: ask a remote repository even if it was asked a moment ago.

    Raises:
        SourceError: there is no mirror yet, and none can be made.
    """
    now = time.monotonic()
    when, warning = asked.get(str(mirror), (now - _FRESH_S, ""))
    if mirror.is_dir() and now - when < _FRESH_S and not (address.is_local or is_urgent):
        return warning
    warning = _fetch(address, mirror) if mirror.is_dir() else _make(address, mirror)
    asked[str(mirror)] = now, warning
    with contextlib.suppress(OSError):
        os.utime(mirror)
    return warning


def renew(address: Address, mirror: Path) -> None:
    """Make a damaged mirror anew.

    Raises:
        SourceError: the repository cannot be had.
    """
    try:
        _make(address, mirror, instead=True)
    except SourceError as error:
        why = str(error).removeprefix(f"{address.recorded}: ")
        raise SourceError(address.recorded, f"its copy in the cache is damaged, and it {why}") from error
    asked[str(mirror)] = time.monotonic(), ""


def fetch_commit(address: Address, mirror: Path, commit: str) -> None:
    """Fetch one commit by its full id, which no branch or tag leads to any more; many servers still have it."""
    with contextlib.suppress(GitFailed):
        _run_on_network(["fetch", *_FETCH_OPTIONS, "--", address.fetched, commit], mirror)


def _make(address: Address, mirror: Path, *, instead: bool = False) -> str:
    """Clone into a temporary folder, and put it in place in one step."""
    try:
        mirror.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=mirror.parent, ignore_cleanup_errors=True) as scratch:
            made = Path(scratch, mirror.name)
            _clone(address, made)
            if instead and mirror.exists():
                mirror.rename(Path(scratch, "damaged"))
            try:
                made.rename(mirror)
            except OSError:
                if not mirror.is_dir():  # otherwise another process was faster
                    raise
        _trim(mirror)
    except OSError as error:
        raise SourceError(str(mirror.parent), f"cannot be written: {error.strerror or error}") from error
    return ""


def _clone(address: Address, made: Path) -> None:
    options = ["--quiet", "--bare", "--template=", "--no-hardlinks"]
    try:
        _run_on_network(["clone", *options, "--", address.fetched, str(made)], made.parent)
        git.run(["config", "--remove-section", "remote.origin"], cwd=made, env=BARE)
    except GitFailed as error:
        raise SourceError(address.recorded, f"cannot be read: {_why(error)}") from error


_FETCH_OPTIONS = ("--quiet", "--no-write-fetch-head", "--no-auto-gc", "--update-shallow", "--no-tags")


def _fetch(address: Address, mirror: Path) -> str:
    refs = [*_REFS, f"+HEAD:{_HEAD}"]
    for attempt in range(_ATTEMPTS):
        try:
            _run_on_network(["fetch", *_FETCH_OPTIONS, "--prune", "--", address.fetched, *refs], mirror)
        except GitFailed as error:
            said = str(error)
            if "remote ref HEAD" in said and len(refs) > len(_REFS):
                refs.pop()  # an empty repository, or one whose HEAD names no branch
            elif "lock" in said and attempt < _ATTEMPTS - 1:  # another process fetches the same
                time.sleep(0.1 * 2**attempt)
            else:
                return _not_fetched(address, mirror, _why(error))
        else:
            _repack(mirror)
            return ""
    raise Damaged("it stays locked")


def _not_fetched(address: Address, mirror: Path, why: str) -> str:
    """Return the warning that a mirror stayed as it was.

    Raises:
        Damaged: the reason is the mirror itself.
    """
    try:
        git.run(["rev-list", "--objects", "--all", "--quiet"], cwd=mirror, env=BARE)
    except GitFailed as error:
        raise Damaged(str(error)) from error
    if "lock" in why:
        raise Damaged(why)
    return f"{address.recorded} cannot be reached ({why}); going on with what was fetched before"


def _repack(mirror: Path) -> None:
    """Put many small packs together; none of their objects goes."""
    packs = mirror / "objects" / "pack"
    if packs.is_dir() and sum(name.endswith(".pack") for name in os.listdir(packs)) > _MANY_PACKS:  # noqa: PTH208
        with contextlib.suppress(GitFailed):
            git.run(["repack", "-d", "--geometric=2", "--quiet"], cwd=mirror, env=BARE)


def _trim(kept: Path) -> None:
    """Remove the mirrors that were not used for the longest time, while all together are too large."""
    found = []
    for mirror in kept.parent.glob("*.git"):
        with contextlib.suppress(OSError):
            found.append((mirror.stat().st_mtime, _size(mirror), mirror))
    total = sum(size for _, size, _ in found)
    for when, size, mirror in sorted(found):
        if total <= MOST_BYTES or mirror == kept or time.time() - when < _RECENT_S:
            continue
        shutil.rmtree(mirror, ignore_errors=True)
        total -= size


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size
    return total


def _run_on_network(args: Sequence[str], folder: Path) -> None:
    # Nobody is there to answer: what needs a password takes it from a credential helper, or fails.
    env = {"GIT_TERMINAL_PROMPT": "0", "SSH_ASKPASS_REQUIRE": "never"}
    env |= {key: value for key, value in os.environ.items() if key.startswith(_FOR_THE_NETWORK)}
    if args[0] == "fetch":
        env |= BARE
    git.run([*_NETWORK, *args], cwd=folder, env=env)


_EXPLAINED = {
    "terminal prompts disabled": "it asks for a password, or is not there; log in with git's credential "
    "helper, or use ssh",
    "dubious ownership": "it belongs to another user; 'git config --global --add safe.directory PATH' lets "
    "git read it",
    "lacks these prerequisite commits": "the bundle has only a part of the history; make it with "
    "'git bundle create FILE --all'",
}


def _why(error: GitFailed) -> str:
    said = redacted(str(error).partition(" failed: ")[2] or str(error))
    return next((text for sign, text in _EXPLAINED.items() if sign in said), said)


# --- what is in it


def run(args: Sequence[str], mirror: Path) -> bytes:
    """Run git in the mirror, which reads only.

    Raises:
        Damaged: it fails.
    """
    try:
        return git.run(args, cwd=mirror, env=BARE)
    except GitFailed as error:
        raise Damaged(str(error)) from error
    except (NotADirectoryError, FileNotFoundError) as error:
        raise Damaged("it is gone") from error


def tags(mirror: Path) -> dict[str, Version]:
    """Return the tags that name a version, oldest version first."""
    names = _names(mirror, "refs/tags")
    numbers = ((tag, number(tag)) for tag in names)
    found = [(tag, parsed) for tag, parsed in numbers if parsed is not None]
    return dict(sorted(found, key=lambda pair: pair[1]))


def refs(mirror: Path) -> tuple[str, ...]:
    """Return the names of all tags and branches."""
    return (*_names(mirror, "refs/tags"), *_names(mirror, "refs/heads"))


def _names(mirror: Path, below: str) -> list[str]:
    listing = run(["for-each-ref", "--format=%(refname:strip=2)", below], mirror)
    return listing.decode(errors="replace").splitlines()


def number(text: str) -> Version | None:
    """Return the version that a tag names, if it does."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None


def commits(mirror: Path, revisions: Sequence[str]) -> Mapping[str, str]:
    """Return the id of the commit that each of these revisions stands for; of those that stand for one.

    One that stands for several, as a few letters of an id may, has the value `ambiguous`.
    """
    names = [name for name in revisions if name.isprintable() and not name.startswith("-")]
    asked_for = "".join(f"{name}^{{commit}}\n" for name in names).encode(errors="surrogateescape")
    told = _ask(mirror, asked_for)
    found = {}
    for name, line in zip(names, told, strict=True):
        if re.fullmatch(r"[0-9a-f]{40,64}", line):
            found[name] = line
        elif line.endswith(" ambiguous"):
            found[name] = "ambiguous"
    return found


def _ask(mirror: Path, names: bytes) -> list[str]:
    try:
        told = git.run(["cat-file", "--batch-check=%(objectname)"], cwd=mirror, env=BARE, stdin=names)
    except (GitFailed, NotADirectoryError, FileNotFoundError) as error:
        raise Damaged(str(error)) from error
    return told.decode(errors="replace").splitlines()


def commit_at(mirror: Path, revision: str) -> str | None:
    """Return the id of the commit that a tag, what `git describe` says, a branch or an id stands for."""
    places_of = [f"refs/tags/{revision}", f"refs/heads/{revision}", revision]
    if revision == "HEAD":
        places_of = [_HEAD, "HEAD"]
    found = commits(mirror, places_of)
    return next((found[name] for name in places_of if name in found and found[name] != "ambiguous"), None)


def is_ambiguous(mirror: Path, revision: str) -> bool:
    """Return True for the beginning of the ids of several commits."""
    return commits(mirror, [revision]).get(revision) == "ambiguous"


def describe(mirror: Path, commit: str) -> str:
    """Return what `git describe` says of a commit, as copier records it."""
    return run(["describe", "--tags", "--always", commit], mirror).decode(errors="replace").strip()
