"""The only module that runs git."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

from scaffolder.errors import GitFailed, GitMissing, GitTooOld, NoGitIdentity

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

OLDEST = (2, 38)  # the first with `git merge-tree --write-tree`, on which updates rest

# Of the variables that steer git only these are the user's own. The rest comes from an outer git command, for
# example one whose hook runs us, and would point at that command's repository.
_KEPT_VARIABLES = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG", "GIT_EXEC_PATH")

_ALWAYS = (
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "fastimport.unpackLimit=1"),  # one pack is faster than a file for each object
    *("-c", "user.useConfigOnly=true"),  # never a name made up from the login and the host's name
)

# What is ignored or converted must not depend on the user, except in a repository of theirs.
_NEUTRAL = (
    *("-c", f"core.excludesFile={os.devnull}"),
    *("-c", f"core.attributesFile={os.devnull}"),
)

_THIS = {"GIT_DIR": "."}  # said outright: git may be told not to look for bare repositories
_NEEDED_BYTES = 1 << 20  # with less room a failure of git is put down to the disk; git does not always say so


class Identity(NamedTuple):
    """Who commits, as a commit has it: `Name <email> seconds zone`."""

    author: str
    committer: str

    @property
    def name(self) -> str:
        """The author's name."""
        return self.author.rpartition(" <")[0].encode(errors="surrogateescape").decode(errors="replace")


def run(
    args: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    as_user: bool = False,
    accept: Collection[int] = (0,),
) -> bytes:
    """Run git and return its output.

    Args:
        args: from the command's name on.
        cwd: where.
        env: variables on top of the environment.
        stdin: what git reads.
        as_user: what is ignored, and how line ends are converted, is the user's to say.
        accept: exit statuses that are no error.

    Raises:
        GitMissing: there is no git.
        GitFailed: it ended with an error.
    """
    given: dict[str, Any] = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    try:
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            ["git", *_ALWAYS, *(() if as_user else _NEUTRAL), *args],
            cwd=cwd,
            env=_variables(as_user=as_user) | dict(env or {}),
            **given,
            capture_output=True,
            check=False,
        )
    except (FileNotFoundError, PermissionError) as error:
        if cwd is not None and not cwd.is_dir():
            raise
        raise GitMissing from error
    if done.returncode not in accept:
        raise GitFailed(_verb(args), _reason(done.stderr, cwd) or f"exit status {done.returncode}")
    return done.stdout


def _verb(args: Sequence[str]) -> str:
    """Return git's command: the first word that is neither an option nor the setting after `-c`."""
    before = ("", *args)
    return next(word for last, word in zip(before, args, strict=False) if last != "-c" and word[0] != "-")


def start(args: Sequence[str], *, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Begin to run git, as the person would, and return at once; what it complains of is not kept.

    Raises:
        GitMissing: there is no git.
    """
    command = ["git", *_ALWAYS, *args]
    variables = _variables(as_user=True) | dict(env)
    nothing = subprocess.DEVNULL
    try:
        return subprocess.Popen(command, env=variables, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing)
    except (FileNotFoundError, PermissionError) as error:
        raise GitMissing from error


def _variables(*, as_user: bool) -> dict[str, str]:
    foreign = {k for k in os.environ if k.startswith("GIT_") and not k.startswith(_KEPT_VARIABLES)}
    ours = {key: value for key, value in os.environ.items() if key not in foreign}
    return ours | {"LC_ALL": "C"} | ({} if as_user else {"GIT_ATTR_NOSYSTEM": "1"})


def _reason(stderr: bytes, folder: Path | None) -> str:
    lines = stderr.decode(errors="replace").splitlines()
    said = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "")
    is_full = folder is not None and shutil.disk_usage(folder).free < _NEEDED_BYTES
    return f"no space left on device: {said}" if is_full else said


def check_version() -> None:
    """Raise GitTooOld, or GitMissing, unless there is a git that is new enough."""
    found = run(["--version"]).decode(errors="replace").removeprefix("git version ").strip()
    number = re.match(r"(\d+)\.(\d+)", found)
    if not number or tuple(map(int, number.groups())) < OLDEST:
        raise GitTooOld(found, ".".join(map(str, OLDEST)))


def identity(folder: Path) -> Identity:
    """Return who commits in `folder`; the configuration may depend on where that is.

    Raises:
        NoGitIdentity: author or committer is not configured.
    """
    try:
        found = [run(["var", f"GIT_{role}_IDENT"], cwd=folder) for role in ("AUTHOR", "COMMITTER")]
    except GitFailed as error:
        raise NoGitIdentity from error
    return Identity(*(line.decode(errors="surrogateescape").strip() for line in found))


def init(folder: Path) -> None:
    """Make `folder` a repository whose first branch is `main`, without hooks or templates of the user's."""
    run(["init", "--quiet", "--initial-branch=main", "--object-format=sha1", "--template=", "."], cwd=folder)


def commit_stream(stream: bytes, folder: Path) -> str:
    """Read a fast-import stream into the work tree's repository and return the id of the commit at its head.

    A stream says byte for byte what is committed, whatever the configuration has on line ends, signatures,
    ignored files or file modes. And it takes less time than `git add`.
    """
    run(["fast-import", "--quiet"], cwd=folder, stdin=stream)
    run(["reset", "--quiet"], cwd=folder)  # the index now knows the files
    return run(["rev-parse", "HEAD"], cwd=folder).decode().strip()


def import_stream(stream: bytes, repository: Path) -> None:
    """Read a fast-import stream into a bare repository, which is made where it is missing."""
    repository.mkdir(parents=True, exist_ok=True)
    kind = ["--bare", "--object-format=sha1", "--template=", "--initial-branch=releases"]
    run(["init", "--quiet", *kind, "."], cwd=repository)
    run(["fast-import", "--quiet"], cwd=repository, env=_THIS, stdin=stream)


def tree_of(revision: str, repository: Path) -> str:
    """Return the id of the tree of a revision in a bare repository."""
    return run(["rev-parse", f"{revision}^{{tree}}"], cwd=repository, env=_THIS).decode().strip()
