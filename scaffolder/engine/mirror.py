"""A copy of a template's repository in the cache, from which everything is read.

It has the branches and tags only: a forge keeps a ref for each pull request too, which nobody asked for.
It is brought up to date before it is used, serves as it is where that fails, and is made anew when broken.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from scaffolder import git, places
from scaffolder.errors import GitFailed, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from packaging.version import Version

    from scaffolder.engine.foreign import Address

Result = TypeVar("Result")

_FRESH_S = 60.0  # a remote repository is asked for news only once in this time
_BARE = {"GIT_DIR": "."}
_NETWORK = (*("-c", "protocol.ext.allow=never"), *("-c", "core.askPass="))
_REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_ID = re.compile(r"[0-9a-f]{40,64}")
_USER = re.compile(r"(?i)(https?://)[^/\s'\"]*@")
_PASSWORD = re.compile(r"(\w://[^/\s'\":@]*:)[^/\s'\"]*@")
_SECRET = re.compile(
    r"(?i)([?&#;](?:[\w.-]*(?:token|secret|passw(?:or)?d|apikey|api_key|signature|auth)|key|sig|pwd)=)"
    r"[^&#;\s'\"]*"
)
asked: dict[str, float] = {}  # when a mirror was brought up to date


def path_of(address: Address) -> Path:
    """Return where the mirror of a repository lies; it may not be there yet."""
    key = hashlib.sha256(address.fetched.encode(errors="surrogateescape")).hexdigest()[:32]
    return places.cache() / "mirrors" / f"{key}.git"


def refresh(address: Address, *, is_urgent: bool = False) -> str:
    """Bring the mirror up to date, and return a warning when it had to stay as it was.

    Raises:
        SourceError: there is none yet, or a broken one, and the repository cannot be reached.
    """
    mirror = path_of(address)
    now = time.monotonic()
    is_fresh = now - asked.get(str(mirror), -_FRESH_S) < _FRESH_S
    if mirror.is_dir() and is_fresh and not (address.is_local or is_urgent):
        return ""
    try:
        if mirror.is_dir():
            options = ["--quiet", "--prune", "--no-write-fetch-head", "--no-auto-gc", "--no-tags"]
            _fetch(["fetch", *options, "--", address.fetched, *_REFS], mirror)
        else:
            _clone(address, mirror)
    except GitFailed as error:
        if not mirror.is_dir():
            raise SourceError(address.recorded, f"cannot be read: {reason(error)}") from error
        if not is_sound(mirror):
            renew(address)
            return ""
        why = f"cannot be reached ({reason(error)})"
        return f"{address.recorded} {why}; going on with what was fetched before"
    asked[str(mirror)] = now
    return ""


def is_sound(mirror: Path) -> bool:
    """Return True when every branch and tag leads to commits that are there."""
    try:
        git.run(["rev-list", "--count", "--branches", "--tags"], cwd=mirror, env=_BARE)
    except GitFailed:
        return False
    return True


def renew(address: Address) -> None:
    """Make a broken mirror anew.

    Raises:
        SourceError: the repository cannot be reached; what is there stays.
    """
    mirror = path_of(address)
    try:
        _clone(address, mirror, replace=True)
    except GitFailed as error:
        why = f"what was fetched before is damaged, and it cannot be fetched again: {reason(error)}"
        raise SourceError(address.recorded, why) from error
    asked[str(mirror)] = time.monotonic()


def reading(address: Address, read: Callable[[], Result]) -> Result:
    """Return what `read` makes of the mirror, which is made anew once when git cannot read it.

    Raises:
        SourceError: nor can it then.
    """
    try:
        return read()
    except GitFailed:
        renew(address)
    try:
        return read()
    except GitFailed as error:
        raise SourceError(address.recorded, f"cannot be read: {reason(error)}") from error


def reason(error: GitFailed) -> str:
    """Return why git failed, without what may be secret in an address: the user's settings may add it."""
    return without_secrets(str(error).partition(" failed: ")[2] or str(error))


def without_secrets(text: str) -> str:
    """Return a text with names, passwords and tokens in its addresses blotted out."""
    return _SECRET.sub(r"\1***", _PASSWORD.sub(r"\1***@", _USER.sub(r"\1***@", text)))


def has_token(url: str) -> bool:
    """Return True when a URL has something like `?token=...` in it."""
    return _SECRET.search(url) is not None


# --- what it has


def tags(mirror: Path) -> dict[str, Version]:
    """Return the tags that name a version, oldest version first."""
    numbers = ((tag, number_of(tag)) for tag in _names("refs/tags", mirror))
    found = [(tag, number) for tag, number in numbers if number is not None]
    return dict(sorted(found, key=lambda pair: pair[1]))


def names(mirror: Path) -> tuple[list[str], list[str]]:
    """Return the names of all tags and of all branches."""
    return _names("refs/tags", mirror), _names("refs/heads", mirror)


def _names(below: str, mirror: Path) -> list[str]:
    listing = run(["for-each-ref", "--format=%(refname:strip=2)", below], mirror)
    return listing.decode(errors="replace").splitlines()


def number_of(text: str) -> Version | None:
    """Return the version that a tag names."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None


def commit_at(mirror: Path, revision: str, *, kinds: Sequence[str] = ("tag", "head", "id")) -> str | None:
    """Return the id of the commit that a tag, a branch, or an id or what `git describe` says stands for.

    The first of `kinds` that has one of this name wins.
    """
    if revision.startswith("-") or not revision.isprintable():
        return None
    wanted = [revision if kind == "id" else f"refs/{kind}s/{revision}" for kind in kinds]
    stdin = "".join(f"{name}^{{commit}}\n" for name in wanted).encode(errors="surrogateescape")
    answer = git.run(["cat-file", "--batch-check=%(objectname)"], cwd=mirror, env=_BARE, stdin=stdin)
    return next((line for line in answer.decode(errors="replace").splitlines() if _ID.fullmatch(line)), None)


def describe(mirror: Path, commit: str) -> str:
    """Return what `git describe` says of a commit."""
    return run(["describe", "--tags", "--always", commit], mirror).decode(errors="replace").strip()


def run(args: Sequence[str], mirror: Path) -> bytes:
    """Run git in a mirror."""
    return git.run(args, cwd=mirror, env=_BARE)


# --- how it is made


def _clone(address: Address, mirror: Path, *, replace: bool = False) -> None:
    try:
        mirror.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=mirror.parent, ignore_cleanup_errors=True) as scratch:
            made = Path(scratch, mirror.name)
            options = ["--quiet", "--bare", "--template=", "--no-hardlinks"]
            _fetch(["clone", *options, "--", address.fetched, str(made)], Path(scratch))
            if replace and mirror.exists():
                shutil.move(mirror, Path(scratch, "damaged"))
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
