"""`.scaffolder.yml`: how a project of a cookiecutter template was made; cookiecutter keeps that nowhere.

It names the engine, the template's repository, the exact commit, and the answers. What depends on the machine
is not in it, nor is an answer whose question asks for a secret.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import AnswersFileError
from scaffolder.record import RECORD_FILE, RESTORE, Record, parse_yaml, template_name, text_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.engine.render import Rendered
    from scaffolder.engine.source import Source

_HEAD = "# How this project was made. Written by 'scaffolder update'; change an answer with its option -d.\n"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def render(source: Source, answers: Mapping[str, object]) -> bytes:
    """Return the record of a project that is made from `source` with these answers."""
    tag = source.described if source.is_release else ""
    record = Record(
        *(source.url, source.commit_id or "", "", answers, RECORD_FILE),
        engine=source.engine,
        directory=source.directory,
        tag=tag,
    )
    return render_record(record)


def render_record(record: Record) -> bytes:
    """Return a record as it stands in the file."""
    import yaml

    values = {
        "engine": record.engine,
        "url": record.url,
        "directory": record.directory,
        "commit": record.commit,
        "tag": record.tag,
        "follows": record.follows,
        "skip": list(record.skip),
        "answers": {key: _plain(value) for key, value in record.values.items()},
    }
    kept = {key: value for key, value in values.items() if value or key == "answers"}
    text = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1 << 20)
    return (_HEAD + text).encode()


def parse(text: bytes, where: Path) -> Record:
    """Return the record in the file `where`, whose content is `text`.

    Raises:
        AnswersFileError: it is no such record.
    """
    values = parse_yaml(text, where)
    engine, url, commit = (text_at(values, key, where) for key in ("engine", "url", "commit"))
    if engine != "cookiecutter":
        raise AnswersFileError(where, f"expected 'cookiecutter' as engine, not {engine!r}; {RESTORE}")
    if not _COMMIT.fullmatch(commit):
        raise AnswersFileError(where, f"expected the full id of a commit, not {commit!r}; {RESTORE}")
    answers = values.get("answers", {})
    if not isinstance(answers, dict) or not all(isinstance(key, str) for key in answers):
        raise AnswersFileError(where, f"expected a mapping of questions to answers; {RESTORE}")
    directory, tag, follows = (_optional(values, key, where) for key in ("directory", "tag", "follows"))
    skip = values.get("skip") or []
    if not isinstance(skip, list) or not all(isinstance(pattern, str) and pattern for pattern in skip):
        raise AnswersFileError(where, f"expected a list of paths as skip, not {skip!r}")
    if directory.startswith("/") or ".." in directory.split("/"):
        raise AnswersFileError(where, f"expected a folder of the template, not {directory!r}; {RESTORE}")
    return Record(
        *(url, commit, template_name(url), answers, where.name),
        engine=engine,
        directory=directory,
        tag=tag,
        skip=tuple(skip),
        follows=follows,
    )


def renewed(
    record: Record, before: bytes, old: Source, new: Source, rendered: Rendered, *, version: str | None
) -> bytes:
    """Return the record of a project that is updated, in the form that the project has it in.

    Where it follows a branch or a tag, as cruft's do, that is now the one asked for as `version`; else the
    same branch, or the tag that is new.
    """
    if record.engine != "cookiecutter":
        return b""  # the template has made it
    followed = version or (new.tag if record.follows == old.tag else record.follows)
    if record.answers_file == RECORD_FILE:
        made = parse(rendered.files[RECORD_FILE].content, Path(RECORD_FILE))
        follows = followed if record.follows else ""
        return render_record(replace(made, url=record.url, skip=record.skip, follows=follows))
    from scaffolder import cruft

    checkout = None if followed in ("", "HEAD") else followed
    return cruft.render(before, commit=new.commit_id or "", checkout=checkout, variables=rendered.variables)


def in_place(rendered: Rendered, record: Record, content: bytes) -> Rendered:
    """Return what was rendered with the record where the project has it, `content`; cruft's stays cruft's."""
    if record.engine != "cookiecutter":
        return rendered
    files = {path: file for path, file in rendered.files.items() if path != RECORD_FILE}
    files[record.answers_file] = rendered.files[RECORD_FILE]._replace(content=content)
    return replace(rendered, files=dict(sorted(files.items())), answers_file=record.answers_file)


def without_skipped(old: Rendered, new: Rendered, patterns: tuple[str, ...]) -> tuple[Rendered, Rendered]:
    """Return both such that an update leaves the files alone that `patterns` match, as cruft does it.

    A pattern is a path of a file or a folder; with a star it is one as of `Path.glob`.
    """
    if not patterns:
        return old, new
    literal = [pattern if "*" in pattern else escape(pattern) for pattern in patterns]
    parts = [pattern.strip("/").removeprefix("./").split("/") for pattern in literal]

    def is_skipped(path: str) -> bool:
        return any(_matches(path.split("/"), pattern) for pattern in parts)

    both = frozenset(path for path in new.files if path in old.files and is_skipped(path))
    old_files, new_files = (
        {path: file for path, file in one.files.items() if path in both or not is_skipped(path)}
        for one in (old, new)
    )
    skipped = new.skip_if_exists | both
    return replace(old, files=old_files), replace(new, files=new_files, skip_if_exists=skipped)


def _matches(path: list[str], pattern: list[str]) -> bool:
    """Return True when the pattern matches the path, or a folder that it lies in."""
    begins = {0}  # where in the path the rest of the pattern may begin
    for part in pattern:
        if part == "**":
            begins = set(range(min(begins, default=len(path)), len(path)))
        else:
            begins = {at + 1 for at in begins if at < len(path) and fnmatchcase(path[at], part)}
    return bool(begins)


def _plain(value: object) -> object:
    """Return an answer as YAML has it."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _optional(values: Mapping[str, Any], key: str, where: Path) -> str:
    return text_at(values, key, where) if values.get(key) not in (None, "") else ""
