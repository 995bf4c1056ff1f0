"""Where a template of others lies: URLs, short forms and paths, none of which may hold a secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from scaffolder.errors import SourceError

ALIASES = {
    "gh:": "https://github.com/",
    "gl:": "https://gitlab.com/",
    "bb:": "https://bitbucket.org/",
}
_KNOWN_TO_COPIER = ("git@", "git://", "git+", "https://github.com/", "https://gitlab.com/")
_SCHEMES = ("https", "http", "ssh", "git", "file")
_SHORT_SSH = re.compile(r"[\w.-]+@[\w.-]+:(?!:)\S+")  # git@host:owner/repository.git
_SECRETS = (
    (re.compile(r"(\w+://?)[^\s'\"<>]*@"), r"\1***@"),  # up to the last: a password may have any sign
    (re.compile(r"[^\s'\"/\\@]+:[^\s'\"/\\@]*@"), "***@"),
    (re.compile(r"([?&#])[^\s'\"<>]+"), r"\1***"),
)
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+/[\w.-]+/\S+")  # such as github.com/owner/repository


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


def redacted(text: str) -> str:
    """Return a text, such as a message of git, without what could be a secret in a URL of it."""
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text


def parse_address(text: str) -> Address:
    """Return what a URL, a path or `gh:owner/repository` leads to.

    Raises:
        SourceError: it is none of these, or has a password in it.
    """
    for alias, url in ALIASES.items():
        if text.startswith(alias):
            if text.removeprefix(alias).strip("/").count("/") < 1:
                raise SourceError(redacted(text), f"expected {alias}OWNER/REPOSITORY")
            text = url + text.removeprefix(alias).strip("/").removesuffix(".git") + ".git"
    fetched = text.removeprefix("git+")
    if fetched.startswith("-") or any(ord(sign) < 32 for sign in fetched):
        raise SourceError(repr(redacted(text)), "is no URL")
    scheme = fetched.partition("://")[0] if "://" in fetched else ""
    if scheme:
        _refuse_secret(fetched)
        if scheme.lower() not in _SCHEMES:
            why = f"git URLs begin with {', '.join(_SCHEMES)}; this is {scheme!r}"
            raise SourceError(redacted(text), why)
        is_known = text.startswith(_KNOWN_TO_COPIER) or text.endswith(".git")
        return Address(text if is_known else f"git+{text}", fetched, scheme.lower() == "file")
    if "::" in fetched:
        raise SourceError(redacted(text), "remote helpers of git are not used; give a URL or a path")
    if _SHORT_SSH.fullmatch(fetched) and not Path(fetched).exists():
        is_known = text.startswith(_KNOWN_TO_COPIER) or text.endswith(".git")
        return Address(text if is_known else f"git+{text}", fetched, is_local=False)
    return _local(text, Path(fetched).expanduser())


def _refuse_secret(url: str) -> None:
    shown = redacted(url)
    try:
        parts = urlsplit(url)
        is_web = parts.scheme.lower() in ("http", "https")
        has_name = parts.username is not None
        has_secret = parts.password is not None or "%3a" in (parts.username or "").lower()
        if has_secret or (is_web and has_name):
            why = "would be recorded in the project; leave it out and let git ask your credential helper"
            raise SourceError(shown, f"a name or password in the URL {why}")
        _ = parts.port  # what stands there may be half a password
    except ValueError as error:
        raise SourceError(repr(shown), "is no URL; expected such as https://HOST/OWNER/REPOSITORY") from error
    if parts.scheme.lower() != "file" and (parts.query or parts.fragment):
        why = "what follows '?' or '#' would be recorded in the project, and may be a secret"
        raise SourceError(shown, f"{why}; leave it out (--version takes a branch, a tag or a commit)")


def _local(text: str, path: Path) -> Address:
    path = path.resolve()
    if path.is_file():
        return Address(path.as_posix(), str(path), is_local=True)  # a bundle
    if not path.is_dir():
        raise _not_there(text)
    if (path / ".git").exists():
        return Address(path.as_posix(), str(path), is_local=True)
    if (path / "HEAD").is_file() and (path / "objects").is_dir():
        posix = path.as_posix()
        return Address(posix if posix.endswith(".git") else f"git+{posix}", str(path), is_local=True)
    above = next((parent for parent in path.parents if (parent / ".git").exists()), None)
    if above is not None:
        inside = path.relative_to(above).as_posix()
        why = f"is a folder of the repository {above}; give that one, with --directory {inside}"
        raise SourceError(text, why)
    raise SourceError(
        text, "is no git repository; 'git init' there, commit, and tag a version such as v1.0.0"
    )


def _not_there(text: str) -> SourceError:
    if redacted(text) != text and "@" in text:
        why = "a password would be recorded in the project; leave it out and let git ask your ssh agent"
        return SourceError(redacted(text), why)
    if _HOST.fullmatch(text):
        return SourceError(text, f"is not there; a URL begins with https://, such as 'https://{text}'")
    if found := re.match(r"([a-z]{2,}):[^/\\]", text):
        known = ", ".join(ALIASES)
        return SourceError(redacted(text), f"{found[1]}: is no short form; there are {known}")
    why = "is not there; expected a template's name, a git URL or the path of a repository"
    return SourceError(redacted(text), why)
