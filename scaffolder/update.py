"""From a project and the version of its template that it should have to an updated project."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from scaffolder import git, record_file
from scaffolder.answers import Answers
from scaffolder.changes import changes_between
from scaffolder.engine import apply, chance
from scaffolder.engine.render import render
from scaffolder.engine.rules import propose
from scaffolder.engine.source import is_unchanged, recorded, target
from scaffolder.engine.trust import Trust
from scaffolder.errors import InvalidAnswer, NotUpdatable
from scaffolder.project import other_records, parse_record, read_record
from scaffolder.repository import open_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from scaffolder.engine.migrations import Migrated
    from scaffolder.engine.render import Rendered
    from scaffolder.engine.rules import Proposal
    from scaffolder.engine.source import Source
    from scaffolder.record import Record
    from scaffolder.repository import Repository


@dataclass(frozen=True, slots=True)
class Wish:
    """What to do, the same for each project of a fleet."""

    to: str | None = None  # a version; None: the newest
    answers: Mapping[str, object] = field(default_factory=dict)  # new answers, over the recorded ones
    ask: bool = False  # put questions that are new to the person at the terminal
    allow_downgrade: bool = False
    branch: str | None = None  # commit the result there and leave the work tree as it is
    dry_run: bool = False
    test: bool = False  # apply only if the project's tests that pass still pass afterwards
    trust: Trust = field(default_factory=Trust)  # whose code may run


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file that the project's owner must look at."""

    path: str
    kind: str  # such as "both changed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an update did, or would do. Paths are those in the project."""

    path: Path
    template: str
    before: str  # version
    after: str
    state: str  # "updated", "current" (nothing to do), "planned" (dry run) or "refused" (tests would fail)
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    kept_deleted: tuple[str, ...] = ()  # the template changed them, but the owner had deleted them
    kept_yours: tuple[str, ...] = ()  # the template leaves them to the owner
    beside: tuple[tuple[str, str], ...] = ()  # (path where an untracked file lies, where the template's went)
    new_answers: Mapping[str, object] = field(default_factory=dict)
    branch: str | None = None
    commit: str | None = None
    notes: tuple[str, ...] = ()  # what changed in the template
    diff: str = ""  # with dry_run
    failed_tests: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def _quiet(_line: str) -> None:
    pass


def update_project(path: Path, wish: Wish, *, on_progress: Callable[[str], None] = _quiet) -> Outcome:
    """Update the project at `path`.

    Args:
        path: its folder.
        wish: what to do.
        on_progress: called with one line now and then while tests run.

    Raises:
        ScaffolderError: it cannot be done, and nothing was changed.
    """
    git.check_version()
    path = path.absolute()
    read_record(path)  # for its errors: whoever stands in the wrong folder should hear that, nothing of git
    repository = open_repository(path)
    if wish.dry_run:
        if apply.is_interrupted(repository):
            raise NotUpdatable(path, "an update of it was interrupted; run 'scaffolder update' to finish it")
        return _Update(path, repository, wish, on_progress).run()
    with apply.locked(repository):
        return _Update(path, repository, wish, on_progress).run()


class _Update:
    def __init__(
        self, path: Path, repository: Repository, wish: Wish, on_progress: Callable[[str], None]
    ) -> None:
        self.path = path
        self.on_progress = on_progress
        self.repository = repository
        self.wish = wish
        self.migrated: Migrated | None = None
        self.tracked = repository.committed if wish.branch is not None else repository.index
        self.found = apply.look(repository, self.tracked)
        if wish.branch is None:
            repository.require_clean()
        self.record = self._read_record()
        self.old = recorded(self.record)
        self.new = target(self.record, wish.to)

    def _read_record(self) -> Record:
        record = read_record(self.path)
        entry = self.tracked.entries.get(record.answers_file)
        if entry is None:
            raise NotUpdatable(self.path, f"{record.answers_file} is not committed; commit it first")
        self.recorded = self.repository.read(record.answers_file, entry)
        return parse_record(self.recorded, self.path / record.answers_file)

    def run(self) -> Outcome:
        before, after = self.old.version, self.new.version
        if Version(after) < Version(before) and not self.wish.allow_downgrade:
            why = f"it has {before}, which is newer than {after}; pass --allow-downgrade to go back"
            raise NotUpdatable(self.path, why)
        said = other_records(self.path, self.record.answers_file)
        outcome = Outcome(self.path, self.record.template, before, after, "current", warnings=said)
        if not self.wish.answers and is_unchanged(self.old, self.new, self.record.template):
            return outcome
        with chance.repeated():
            rendered = self._render()
        proposal = propose(
            *(self.repository, self.tracked, *rendered),
            name=f"template-{self.new.tag}",
            migrated=self.migrated,
        )
        outcome = replace(outcome, **self._described(proposal), **self._about_template(rendered[1]))
        if not (proposal.change.files or proposal.change.stages or proposal.change.beside):
            return outcome
        return self._carry_out(proposal, outcome)

    def _render(self) -> tuple[Rendered, Rendered]:
        template, previous = self.record.template, self.record.values
        try:
            old = self._render_one(self.old, Answers(template, {}), previous, ask=False)
        except InvalidAnswer:  # edited by hand into something that not even the old version accepts
            if not self.wish.answers:
                raise
            old = self._render_one(
                self.old, Answers(template, {}), {**previous, **self.wish.answers}, ask=False
            )
        if self.new.engine == "copier" and self.wish.trust.allows(self.new):
            self.migrated = self._migrated()
            previous = self.migrated.values if self.migrated else previous
        new = self._render_one(self.new, Answers(template, self.wish.answers), previous, ask=self.wish.ask)
        record = self.record
        renewed = record_file.renewed(record, self.recorded, self.old, self.new, new, version=self.wish.to)
        old, new = (
            record_file.in_place(made, record, content)
            for made, content in ((old, self.recorded), (new, renewed))
        )
        return record_file.without_skipped(old, new, record.skip)

    def _render_one(
        self, source: Source, answers: Answers, previous: Mapping[str, object], *, ask: bool
    ) -> Rendered:
        tree, name = source.tree(answers.template), self.path.name
        trust = self.wish.trust.allows(source)
        return render(tree, answers, ask=ask, defaults={}, previous=previous, folder_name=name, trust=trust)

    def _described(self, proposal: Proposal) -> dict[str, Any]:
        mine, files = self.tracked.entries, proposal.change.files
        return {
            "added": tuple(path for path, entry in files.items() if entry and path not in mine),
            "changed": tuple(path for path, entry in files.items() if entry and path in mine),
            "removed": tuple(path for path, entry in files.items() if entry is None),
            "conflicts": tuple(Conflict(path, kind) for path, kind in sorted(proposal.kinds.items())),
            "kept_deleted": proposal.kept_deleted,
            "kept_yours": proposal.kept_yours,
            "beside": proposal.beside,
        }

    def _about_template(self, new: Rendered) -> dict[str, Any]:
        recorded_before = self.record.values
        answers = {key: value for key, value in new.answers.values.items() if key not in recorded_before}
        notes: tuple[str, ...] = ()
        if not self.new.is_foreign:
            notes = changes_between(self.record.template, self.old.version, self.new.version)
        said = other_records(self.path, self.record.answers_file)
        warnings = self.old.warnings + self.new.warnings + new.warnings + self._left_out() + said
        warnings = tuple(dict.fromkeys(warnings))
        return {"new_answers": answers, "notes": notes, "warnings": warnings}

    def _migrated(self) -> Migrated | None:
        from scaffolder.engine.migrations import migrated

        tree = self.new.tree(self.record.template)
        return migrated(self.repository, self.tracked, self.record, self.old, tree)

    def _left_out(self) -> tuple[str, ...]:
        if self.new.engine != "copier" or not self.new.is_foreign or self.migrated:
            return ()
        from scaffolder.engine.copier_engine import not_migrated

        return not_migrated(self.old, self.new.tree(self.record.template))

    def _carry_out(self, proposal: Proposal, outcome: Outcome) -> Outcome:
        change = proposal.change
        if self.wish.test and proposal.kinds:
            where = ", ".join(sorted(proposal.kinds))
            why = f"it would have conflicts in {where}, and no test passes with those"
            raise NotUpdatable(self.path, f"{why}; update without --test and resolve them")
        if self.wish.test and (failed := self._rehearse(change)):
            return replace(outcome, state="refused", failed_tests=failed)
        if self.wish.dry_run:
            return replace(outcome, state="planned", diff=apply.diff(self.repository, self.tracked, change))
        if self.wish.branch is not None:
            git.identity(self.path)  # raises where git does not know its user
            made = apply.commit_on_branch(self.repository, change, self.wish.branch, _message(outcome))
            return replace(outcome, state="updated", branch=self.wish.branch, commit=made)
        if self.wish.test or self.wish.ask:  # that took a while
            self._look_again()
        apply.apply(self.repository, change, self.found)
        return replace(outcome, state="updated")

    def _look_again(self) -> None:
        """Take the project as it is found now, if it still is what was merged."""
        now = open_repository(self.path)
        self.found = apply.look(now, now.index)
        now.require_clean()
        if (now.head, now.index) != (self.repository.head, self.tracked):
            raise NotUpdatable(
                self.path, "a commit was made while it was being updated; run the update again"
            )

    def _rehearse(self, change: apply.Change) -> tuple[str, ...]:
        from scaffolder.rehearsal import rehearse

        with apply.rehearsal_tree(self.repository, change) as (folder, put_change):
            return rehearse(folder, put_change, on_progress=self.on_progress)


def _message(outcome: Outcome) -> str:
    if outcome.before == outcome.after:
        return f"Change answers to template {outcome.template} v{outcome.after}"
    return f"Update template {outcome.template} from v{outcome.before} to v{outcome.after}"
