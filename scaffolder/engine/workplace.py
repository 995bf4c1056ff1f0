"""A temporary folder in which code of a trusted template runs: on a copy, which is read back afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.engine.bounds import Budget
from scaffolder.engine.links import LINK, leads_outside
from scaffolder.engine.names import checked
from scaffolder.process import Child
from scaffolder.tree import File

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_SECONDS = 300.0  # of one command
_MOST_SAID = 100 << 20  # bytes of what the commands say
# What code sees of the environment: no tokens, and the same for both renders of an update.
_VARIABLES = (
    *("PATH", "HOME", "USER", "LOGNAME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "PROGRAMFILES"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
)
_FIXED = {
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONUTF8": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "GIT_TERMINAL_PROMPT": "0",
}
# Made by code at times, but no part of a project that others can use.
_LEFT_OUT = {".git", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache"}


class CodeFailed(Exception):
    """A command of a template that ended with an error."""


class Workplace:
    """The folder, with the template and the project in it; leaving the `with` block removes it.

    Its path is the same for both renders of an update, since some code writes down where it ran.
    """

    def __init__(self) -> None:
        self.root = _own_folder()
        self.template = self.root / "template"

    def __enter__(self) -> Workplace:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.root, onerror=_make_writable)

    def project(self, name: str) -> Path:
        """Return the folder for a project of this name, which is made."""
        folder = self.root / "project" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def run(
        self, command: Sequence[str] | str, name: str, *, cwd: Path, variables: Mapping[str, str]
    ) -> None:
        """Run a command, a text in the shell, and keep what it says to itself unless it fails.

        Args:
            command: what to run.
            name: what messages call it.
            cwd: where.
            variables: of the environment, on top of what every command gets.

        Raises:
            CodeFailed: it cannot be run, ends with an error, or takes too long.
        """
        if not cwd.is_dir():
            raise CodeFailed(f"{name} cannot be run: there is no folder {cwd.name!r} to run it in")
        env = {**self._environment(), **variables}
        log = self.root / "log.txt"
        try:
            with Child(command, cwd=cwd, env=env, log=log) as child:
                until = time.monotonic() + MOST_SECONDS
                while (status := child.wait(0.2)) is None:
                    if time.monotonic() > until:
                        raise CodeFailed(f"{name} was not done after {MOST_SECONDS:g} seconds")
                    if log.stat().st_size > _MOST_SAID:
                        raise CodeFailed(f"{name} does not stop talking")
                if status != 0:
                    raise CodeFailed(f"{name} failed: {child.last_complaint or child.reason(status)}")
        except OSError as error:
            raise CodeFailed(f"{name} cannot be run: {(error.strerror or str(error)).lower()}") from error

    def _environment(self) -> dict[str, str]:
        temporary = self.root / "tmp"
        temporary.mkdir(exist_ok=True)
        kept = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
        return {**kept, **_FIXED, **places, "GIT_CEILING_DIRECTORIES": str(self.root)}


def _own_folder() -> Path:
    folder = Path(tempfile.gettempdir()).resolve() / f"scaffolder-code-{os.getpid()}"
    try:
        folder.mkdir(mode=0o700)  # fails where anybody else made it
    except OSError:
        return Path(tempfile.mkdtemp(prefix="scaffolder-")).resolve()
    return folder


def _make_writable(remove: object, path: str, _why: object) -> None:
    with contextlib.suppress(OSError):  # what cannot be removed is left to the system
        for place in (Path(path).parent, Path(path)):
            if not place.is_symlink():
                place.chmod(stat.S_IRWXU)
        if callable(remove):
            remove(path)


def write_tree(files: Mapping[str, File], root: Path) -> None:
    """Write files into a folder of ours; links come last, so that nothing is written through one."""
    root.mkdir(parents=True, exist_ok=True)
    for name, file in sorted(files.items(), key=lambda item: item[1].mode == LINK):
        path = root / checked(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.mode != LINK:
            path.write_bytes(file.content)
            path.chmod(0o755 if file.mode == "100755" else 0o644)
        elif not leads_outside(name, target := os.fsdecode(file.content)):
            with contextlib.suppress(OSError):  # Windows may not let us; such a template is rare there
                path.symlink_to(target)


def read_tree(root: Path, made: Mapping[str, File]) -> tuple[dict[str, File], tuple[str, ...]]:
    """Return the files below a folder, and the names of folders in it that were left out.

    Args:
        root: the folder.
        made: what was written there before. Of these no folder is left out.

    Raises:
        ValueError: a link leads outside, or a name is none for a project's file.
        OutOfBounds: there is too much.
    """
    files: dict[str, File] = {}
    left_out: set[str] = set()
    budget = Budget()
    kept = {"/".join(parts[:count]) for parts in map(_parts, made) for count in range(1, len(parts))}
    for folder, folders, names in os.walk(root):
        inside = Path(folder).relative_to(root)
        links = [name for name in folders if Path(folder, name).is_symlink()]
        odd = {name for name in folders if name in _LEFT_OUT and (inside / name).as_posix() not in kept}
        left_out |= odd - {".git"}
        folders[:] = sorted(set(folders) - odd - set(links))
        for name in sorted([*set(names) - {".git"}, *links]):
            path = Path(folder, name)
            where = checked((inside / name).as_posix())
            file = _read(path, where, made.get(where), budget)
            if file is not None:
                files[where] = file
    return dict(sorted(files.items())), tuple(sorted(left_out))


def _parts(path: str) -> list[str]:
    return path.split("/")


def _read(path: Path, inside: str, made: File | None, budget: Budget) -> File | None:
    found = path.lstat()
    budget.spend_file()
    if stat.S_ISLNK(found.st_mode):
        target = os.fsdecode(path.readlink())
        if leads_outside(inside, target):
            raise ValueError(f"{inside} is a symbolic link to {target!r}, outside")
        return File(LINK, target.encode(errors="surrogateescape"))
    if not stat.S_ISREG(found.st_mode):
        return None
    budget.spend(found.st_size)  # before it is read
    mode = "100755" if found.st_mode & stat.S_IXUSR else "100644"
    if os.name == "nt":
        mode = made.mode if made else "100644"
    return File(mode, path.read_bytes())
