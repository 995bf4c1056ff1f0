"""The workflow that publishes a gallery on GitHub Pages, written into the gallery's own repository."""

from __future__ import annotations

import re
import sys
from importlib.resources import files
from pathlib import Path

from scaffolder import git
from scaffolder.errors import ScaffolderError
from scaffolder.repository import top_of

PLACE = Path(".github", "workflows", "pages.yml")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")
_PATTERN = re.compile(r"[*?+\[\]!\\{}$@()|]")  # what a filter of paths reads, or might, as more than itself


class CannotPublish(ScaffolderError):
    """The folder or its repository is not as GitHub Pages needs it."""


def write_workflow(out: Path) -> Path:
    """Write `.github/workflows/pages.yml` for the gallery in `out`; return its path.

    The same one that is there already is left alone.

    Raises:
        CannotPublish: `out` lies in no git repository, or git ignores it; its name cannot stand in a
            workflow; or another pages.yml is there.
    """
    top = top_of(out)
    if top is None:
        raise CannotPublish(
            f"{out} lies in no git repository; run 'git init' where it should be published from"
        )
    folder = out.resolve().relative_to(top).as_posix()
    if _CONTROL.search(folder):
        raise CannotPublish(f"{folder!r}: a workflow cannot hold this name; choose another folder with --out")
    _require_kept(top, folder)
    content = workflow(folder).encode()
    path = top / PLACE
    if (found := _content(path)) is not None:
        if found.replace(b"\r\n", b"\n") != content:
            raise CannotPublish(f"{path} is there and is not the one for {folder}; remove or rename it first")
        return path
    if not path.parent.resolve().is_relative_to(top):
        raise CannotPublish(f"{path.parent} leads out of its repository; put a folder in its place")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
    return path


def workflow(folder: str) -> str:
    """Return the workflow for a folder of the repository, `.` for the whole of it."""
    text = files("scaffolder.showcase").joinpath("pages.yml").read_text(encoding="utf-8")
    pattern = "**" if folder == "." else f"{_PATTERN.sub('*', folder)}/**"
    literal = folder.replace("${{", "${{ '${{' }}")  # or it would be read as the start of an expression
    return text.replace('"@FILES@"', _quoted(pattern)).replace('"@FOLDER@"', _quoted(literal))


def _quoted(text: str) -> str:
    """Return `text` as a YAML string on one line."""
    import yaml

    dumped: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=sys.maxsize)
    return dumped.rstrip("\n")


def _require_kept(top: Path, folder: str) -> None:
    """Raise CannotPublish where git ignores the folder, so that a push would not carry it."""
    page = f"./{folder}/index.html"
    ignored = git.run(["check-ignore", "--", page], cwd=top, as_user=True, accept=(0, 1))
    if ignored:
        why = f"git ignores {folder} ('git check-ignore -v {folder}/index.html' says by which line)"
        raise CannotPublish(f"{why}, so a push would not carry it; choose another folder with --out")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
