"""Migrations of a trusted copier template: they change the owner's files between two versions of a template.

Copier runs them in the project itself. Here they see a temporary copy: those before the update change what is
merged, those after it what was merged, and nothing is written before all of it is known.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from scaffolder.engine import copier_engine
from scaffolder.engine.links import LINK, leads_outside
from scaffolder.engine.names import checked
from scaffolder.errors import RenderFailed
from scaffolder.project import parse_record
from scaffolder.repository import Entry, is_submodule
from scaffolder.tree import File

if TYPE_CHECKING:
    from scaffolder.engine.merge import Merged
    from scaffolder.engine.source import Source, Tree
    from scaffolder.record import Record
    from scaffolder.repository import Repository, Tracked


class Migrated:
    """A project on its way from one version of its template to another, after the migrations before that."""

    def __init__(
        self, repository: Repository, tracked: Tracked, record: Record, old: Source, new: Tree
    ) -> None:
        self.repository = repository
        self.old = old
        self.new = new
        self.contents: dict[str, bytes] = {}  # by id: those that the project does not have
        self.entries: dict[str, Entry] = dict(tracked.entries)
        self.values = record.values  # the answers, as they are recorded now
        self.answers_file = record.answers_file
        self.changed = self._run("before")
        if (entry := self.changed.get(record.answers_file)) is not None:
            where = repository.project / record.answers_file
            self.values = parse_record(self.contents[entry.oid], where).values

    def read(self, path: str, entry: Entry) -> bytes:
        """Return the content of a file of the project."""
        made = self.contents.get(entry.oid)
        return self.repository.read(path, entry) if made is None else made

    def finish(self, merged: Merged) -> None:
        """Put into `merged` what the migrations before and after it change."""
        for path, entry in self.changed.items():
            merged.files.setdefault(path, entry)
        self.contents |= merged.contents
        for path, entry in merged.files.items():
            if entry is None:
                self.entries.pop(path, None)
            else:
                self.entries[path] = entry
        for path, entry in self._run("after").items():
            merged.files[path] = entry
            if entry is None:
                merged.stages.pop(path, None)
                merged.kinds.pop(path, None)
        merged.contents |= self.contents

    def _run(self, stage: str) -> dict[str, Entry | None]:
        """Let the migrations of a stage at the project; return the files that are others then."""
        files = self._files()
        made = copier_engine.migrate(
            *(self.old, self.new, stage, files, self.values),
            folder_name=self.repository.project.name,
        )
        if self.answers_file not in made:
            why = f"its migrations delete {self.answers_file}, so it could never be updated again"
            raise RenderFailed(self.new.template, why)
        changed: dict[str, Entry | None] = {}
        for path in sorted(files.keys() | made.keys()):
            file = made.get(path)
            if file == files.get(path):
                continue
            changed[path] = self._entry(file) if file is not None else None
        for path, entry in changed.items():
            if entry is None:
                self.entries.pop(path, None)
            else:
                self.entries[path] = entry
        return changed

    def _entry(self, file: File) -> Entry:
        oid = self.repository.oid(file.content)
        self.contents[oid] = file.content
        return Entry(file.mode, oid)

    def _files(self) -> dict[str, File]:
        """Return the files that a migration sees: no repositories in the project, and no links out of it."""
        known = {path: entry for path, entry in self.entries.items() if not is_submodule(entry)}
        contents = self.repository.blobs(
            entry.oid for entry in known.values() if entry.oid not in self.contents
        )
        contents |= self.contents
        files = {path: File(entry.mode, contents[entry.oid]) for path, entry in known.items()}
        return {path: file for path, file in files.items() if _is_seen(path, file)}


def _is_seen(path: str, file: File) -> bool:
    try:
        checked(path)
    except ValueError:
        return False
    return file.mode != LINK or not leads_outside(path, os.fsdecode(file.content))


def migrated(
    repository: Repository, tracked: Tracked, record: Record, old: Source, new: Tree
) -> Migrated | None:
    """Run the migrations before an update; None where the template has none for this step.

    Raises:
        RenderFailed: a migration failed.
    """
    if not copier_engine.migrations(old, new):
        return None
    return Migrated(repository, tracked, record, old, new)
