"""What the user can put right. Each error says in one line what is wrong and what to do.

ScaffolderError
├── UnknownTemplate, UnknownVersion, NoRelease, RenderFailed     the template
├── MadeByNewer, UnknownRecord, UnknownSnapshot, VanishedTemplate     its version
├── SourceError, UnsafeTemplate     where it comes from, what it would do
├── AnswersFileError     a project's record of its template
├── UnknownAnswer, InvalidAnswer, MissingAnswer, DataFileError, NoTerminal     the answers
├── DestinationExists, DestinationUnwritable     where the project goes
├── SettingsError     the user's own settings
├── GitMissing, GitTooOld, NoGitIdentity, GitFailed     git
├── ReleaseRefused     the history of the templates
├── NotAProject     a folder that is no generated project
├── NotUpdatable     a project, or its repository, in a state in which nothing can be updated
├── NotAdoptable     in adopting/: a repository that came from no version of the template
├── UvMissing, NoEnvironment     in environment.py: what running a project needs
├── CannotRehearse     in rehearsal.py: a project's own tests do not run
├── BadEvidence     in evidence.py: reports/metrics.json is there and says nothing that can be relied on
├── NotReviewable, PluginFailed, UnknownRule, CannotTest     in check/
├── OwnerFileError, NotShowable, BadFacts, BadFigure, ClashingSlugs     in showcase/: the profile, a project
└── NotOurs, CannotShow, CannotServe, CannotPublish, DeckTooLong, ExtraMissing     in showcase/: what is made
"""

from __future__ import annotations

import difflib
import reprlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_short = reprlib.Repr()
_short.maxstring = 60


class ScaffolderError(Exception):
    """Something the user can put right; str() says what is wrong and what to do."""


class UnknownTemplate(ScaffolderError):
    """There is no such template."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"no template named {_short.repr(name)}; {_nearest(name, known)}")


class UnknownVersion(ScaffolderError):
    """No such version of the templates was released."""

    def __init__(self, version: str, known: Iterable[str]) -> None:
        there = ", ".join(known) or "none"
        super().__init__(f"no version {_short.repr(version)} of the templates; released: {there}")


class NoRelease(ScaffolderError):
    """Nothing was released, and there is no checkout to take the templates from."""

    def __init__(self) -> None:
        super().__init__("this installation holds no released template; install the scaffolder again")


class RenderFailed(ScaffolderError):
    """A template itself is faulty."""

    def __init__(self, template: str, why: str) -> None:
        super().__init__(f"template {template} cannot be rendered: {_one_line(why)}")


class MadeByNewer(ScaffolderError):
    """A project of a version that was released after this installation."""

    def __init__(self, made: str, newest: str) -> None:
        super().__init__(
            f"made by scaffolder {made}; this is {newest}: upgrade with "
            "'pip install --upgrade portfolio-scaffolder'"
        )


class UnknownRecord(ScaffolderError):
    """A project whose answers file names a version that was never released."""

    def __init__(self, commit: str, known: Iterable[str]) -> None:
        there = ", ".join(f"v{version}" for version in known) or "none"
        super().__init__(
            f"recorded as made from {_short.repr(commit)}, which is no release ({there}); put _commit in the "
            "answers file right, or bring the file back with 'git checkout'"
        )


class UnknownSnapshot(ScaffolderError):
    """A project of unreleased templates that are not on this machine."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"made from unreleased templates {_short.repr(version)}, which this machine does not have; "
            "update it where it was made"
        )


class VanishedTemplate(ScaffolderError):
    """A version no longer has the template of a project."""

    def __init__(self, template: str, version: str, known: Iterable[str]) -> None:
        there = ", ".join(known) or "none"
        super().__init__(
            f"version {version} has no template {_short.repr(template)} any more (it has: {there}); "
            "the project stays as it is, or choose a version with --to"
        )


class SourceError(ScaffolderError):
    """A foreign template that cannot be had, or that the scaffolder does not take."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source}: {_one_line(why)}")


class UnsafeTemplate(ScaffolderError):
    """A template that would run its own code."""

    def __init__(self, template: str, feature: str, why: str) -> None:
        super().__init__(f"template {template} has {feature}, {why}")


class AnswersFileError(ScaffolderError):
    """A record of how a project was made that says nothing usable."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {_one_line(why)}")


class UnknownAnswer(ScaffolderError):
    """An answer to a question that is not asked."""

    def __init__(self, key: str, known: Iterable[str]) -> None:
        super().__init__(f"no question named {_short.repr(key)}; {_nearest(key, known)}")


class InvalidAnswer(ScaffolderError):
    """An answer that its question does not accept."""

    def __init__(self, key: str, value: object, why: str) -> None:
        super().__init__(f"{key}: {_short.repr(value)} is not accepted; {_one_line(why)}")


class MissingAnswer(ScaffolderError):
    """A question without default was left open."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} has no default; answer it with -d {key}=VALUE")


class DataFileError(ScaffolderError):
    """A file of answers that cannot be used."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {_one_line(why)}")


class NoTerminal(ScaffolderError):
    """There is a question to ask and nobody to answer it."""

    def __init__(self) -> None:
        super().__init__(
            "no terminal to ask on; pass --defaults, or answer with -d KEY=VALUE or --data-file FILE"
        )


class DestinationExists(ScaffolderError):
    """Something lies where the project should go."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path} {what}; choose a folder that is new or empty")


class DestinationUnwritable(ScaffolderError):
    """The project, or a temporary file on the way to it, cannot be written."""

    def __init__(self, path: Path | str, why: str) -> None:
        super().__init__(f"cannot write {path}: {why}; nothing was generated")


class SettingsError(ScaffolderError):
    """Settings of the user's own that cannot be used."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {_one_line(why)}")

    @classmethod
    def unknown(cls, path: Path, key: str, known: Iterable[str]) -> SettingsError:
        """Return what to say of a setting that does not exist."""
        return cls(path, f"there is no setting named {_short.repr(key)}; {_nearest(key, known)}")


class GitMissing(ScaffolderError):
    """There is no git on PATH."""

    def __init__(self) -> None:
        super().__init__("git was not found; install it (https://git-scm.com), or pass --no-git to 'new'")


class GitTooOld(ScaffolderError):
    """Git is there, but lacks what the scaffolder needs."""

    def __init__(self, found: str, needed: str) -> None:
        super().__init__(f"git {found} is too old; install {needed} or newer, or pass --no-git to 'new'")


class NoGitIdentity(ScaffolderError):
    """Git does not know who commits."""

    def __init__(self) -> None:
        super().__init__(
            "git does not know who you are; run 'git config --global user.name \"Your Name\"' and "
            "'git config --global user.email you@example.com', or pass --no-git to 'new'"
        )


class GitFailed(ScaffolderError):
    """A git command ended with an error."""

    def __init__(self, verb: str, why: str) -> None:
        super().__init__(f"git {verb} failed: {_one_line(why)}")


class ReleaseRefused(ScaffolderError):
    """The templates cannot be released like this."""


class NotAProject(ScaffolderError):
    """A folder that the scaffolder did not generate."""

    def __init__(self, path: Path, why: str = "it has no portfolio.toml") -> None:
        super().__init__(f"{path} is not a generated project: {_one_line(why)}")


class NotUpdatable(ScaffolderError):
    """A project that cannot be updated as it is."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot be updated: {_one_line(why)}")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    if near := difflib.get_close_matches(name, names, n=1):
        return f"did you mean {near[0]!r}?"
    return f"choose one of: {', '.join(names)}"
