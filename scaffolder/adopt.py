"""From a repository without a record to the version of a template that it came from, and its answers.

The versions are sorted by what they share with the project without rendering; the first few are rendered with
answers that the project shows, and compared again. How sure a version is depends on the lines in which it
differs from the next best: how many of them are the project's.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.adopting.infer import SURE, Inference
from scaffolder.adopting.owned import NotAdoptable, Votes, open_owned
from scaffolder.adopting.versions import candidates
from scaffolder.engine import apply
from scaffolder.errors import (
    AnswersFileError,
    GitFailed,
    InvalidAnswer,
    NotAProject,
    NotUpdatable,
    ScaffolderError,
)
from scaffolder.project import read_record
from scaffolder.record import RECORDS
from scaffolder.repository import Entry
from scaffolder.tree import blob_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from scaffolder.adopting.infer import FoundAnswer
    from scaffolder.adopting.owned import Owned
    from scaffolder.adopting.versions import Candidate
    from scaffolder.engine.render import Rendered
    from scaffolder.engine.source import Source
    from scaffolder.tree import File

LEAST_SCORE = 0.4  # of a version's lines; with less a repository has nothing to do with it
LEAST_NAMED = 0.15  # where the version was named
SURE_SCORE = 0.6  # with less a version is unsure, however it compares with others
_LONGEST_HISTORY = 20_000  # commits among which a deleted record is looked for
_RENDERED = 12  # versions of a template that are compared by rendering
_REFINED = 3  # of those, the ones whose answers are searched for anew
_MOST_TEMPLATES = 4


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a project comes from, and how sure that is. Paths are those in the project."""

    path: Path
    template: str
    url: str
    version: str
    tag: str
    score: float  # share of the version's lines that the project has
    is_sure: bool
    certainty: float  # against the next best version; 1 where there is no other
    next_template: str | None
    next_version: str | None  # the next best that makes other files
    next_score: float
    votes: Votes  # lines in which the two differ that speak for the one, and for the other
    same: tuple[str, ...]  # versions that make the very same files
    answers: tuple[FoundAnswer, ...]
    equal: tuple[str, ...]  # files that are as the template makes them
    edited: tuple[str, ...]
    absent: tuple[str, ...]
    record_path: str
    record: bytes = field(repr=False)  # what the record will say
    made: Rendered = field(repr=False)
    warnings: tuple[str, ...] = ()
    is_written: bool = False


def _quiet(_line: str) -> None:
    pass


def find_origin(
    path: Path,
    template: str | None = None,
    *,
    version: str | None = None,
    directory: str = "",
    answers: Mapping[str, object] | None = None,
    on_progress: Callable[[str], None] = _quiet,
) -> Origin:
    """Find out from which version of which template a repository came, and with which answers.

    Nothing is written. Changes that are not staged are not looked at.

    Args:
        path: the project's folder.
        template: one of ours, or an address; None: all of ours are compared.
        version: only this one.
        directory: where the template lies in its repository.
        answers: what is known of them.
        on_progress: called with one line now and then.

    Raises:
        NotAdoptable: there is a record already, or no version is like the project.
        ScaffolderError: the template or the project cannot be read.
    """
    refuse_record(path)
    owned = open_owned(path)
    on_progress("comparing the versions")
    found, warnings = candidates(owned, template, version=version, directory=directory)
    search = _Search(owned, answers or {}, on_progress)
    ranked = search.rank(found)
    return search.origin(ranked, warnings, is_named=version is not None)


def refuse_record(path: Path) -> None:
    """Raise NotAdoptable where a project says already what it was made from."""
    try:
        record = read_record(path)
    except NotAProject:
        return
    except AnswersFileError as error:
        raise NotAdoptable(path, f"it has a record, which cannot be used: {error}") from error
    why = f"{record.answers_file} says that it was made from {record.template} {record.commit}"
    raise NotAdoptable(path, f"{why}; see 'scaffolder status'")


@dataclass
class _Tried:
    """One version, rendered with the answers that fit best."""

    candidate: Candidate
    inference: Inference
    values: dict[str, object]
    made: Rendered
    worth: int

    @property
    def source(self) -> Source:
        return self.inference.tree.source

    def same_as(self, other: _Tried) -> bool:
        return _files(self.made) == _files(other.made)


class _Search:
    def __init__(self, owned: Owned, given: Mapping[str, object], on_progress: Callable[[str], None]) -> None:
        self.owned = owned
        self.given = given
        self.on_progress = on_progress
        self._failed: ScaffolderError | None = None

    def rank(self, found: Sequence[Candidate]) -> list[_Tried]:
        """Return the likeliest versions, rendered, the best first; of equal ones the newest."""
        names = list(dict.fromkeys(candidate.template for candidate in found))[:_MOST_TEMPLATES]
        tried = [
            one
            for name in names
            for one in self._rank_one([c for c in found if c.template == name][:_RENDERED])
        ]
        if not tried:
            if self._failed is not None:
                raise self._failed
            raise NotAdoptable(self.owned.path, "there is no version to compare it with")
        order = {candidate[:2]: at for at, candidate in enumerate(found)}
        return sorted(tried, key=lambda one: (-one.worth, order[one.candidate[:2]]))

    def _rank_one(self, found: Sequence[Candidate]) -> list[_Tried]:
        """Render the versions of one template, each with the answers of the one before where they fit."""
        tried: dict[str, _Tried] = {}
        values: dict[str, object] = {}
        for number, candidate in enumerate(found):
            self.on_progress(f"rendering {candidate.template} {candidate.name}")
            if one := self._try(candidate, values, is_search=number == 0 or not tried):
                tried[candidate.name] = one
                values = {**values, **one.values}
        for _ in range(_REFINED):
            best = max(tried.values(), key=lambda one: one.worth, default=None)
            if best is None or best.inference.renders > 1:
                break
            self._refine(best)
        for one in sorted(tried.values(), key=lambda one: -one.worth)[:_REFINED]:
            self._refine(one)
        return list(tried.values())

    def _try(self, candidate: Candidate, values: Mapping[str, object], *, is_search: bool) -> _Tried | None:
        """Return a version rendered; None where it cannot be, which stops no other."""
        try:
            tree = candidate.load().tree(candidate.template)
            inference = Inference(tree, self.owned, self.given, self.owned.path.name)
            taken = inference.search(values) if is_search else inference.settled({**values, **self.given})[0]
            made = inference.render(taken)
        except InvalidAnswer as error:
            self._failed = self._failed or error
            return None
        except ScaffolderError as error:
            self._failed = error
            return None
        return _Tried(candidate, inference, taken, made, self.owned.worth(made))

    def _refine(self, one: _Tried) -> None:
        values = one.inference.search(one.values)
        made = one.inference.render(values)
        worth = self.owned.worth(made)
        if worth >= one.worth:
            one.values, one.made, one.worth = values, made, worth

    # --- the result

    def origin(self, ranked: Sequence[_Tried], warnings: tuple[str, ...], *, is_named: bool) -> Origin:
        """Return what was found, if it is enough."""
        best = ranked[0]
        same = [one for one in ranked[1:] if one.same_as(best)]
        rival = next((one for one in ranked[1:] if not one.same_as(best)), None)
        score = self.owned.score(best.made)
        if score < (LEAST_NAMED if is_named else LEAST_SCORE):
            self._refuse(best.candidate, score, is_named=is_named)
        votes = self.owned.votes(best.made, rival.made) if rival else Votes(0, 0)
        certainty = votes.certainty if rival else 1.0
        source = best.source
        record_path = best.made.answers_file
        if record_path is None:
            raise NotAdoptable(
                self.owned.path,
                f"template {best.candidate.template} writes no record, so it could not be updated",
            )
        equal, edited, absent = self._compare(best.made)
        return Origin(
            *(self.owned.path, best.candidate.template, source.url, source.version, source.tag, score),
            is_sure=score >= SURE_SCORE and certainty >= SURE,
            certainty=certainty,
            next_template=rival.candidate.template if rival else None,
            next_version=rival.source.version if rival else None,
            next_score=self.owned.score(rival.made) if rival else 0.0,
            votes=votes,
            same=tuple(one.source.version for one in same),
            answers=tuple(best.inference.evidence(best.values)),
            equal=equal,
            edited=edited,
            absent=absent,
            record_path=record_path,
            record=best.made.files[record_path].content,
            made=best.made,
            warnings=tuple(
                dict.fromkeys((*warnings, *source.warnings, *best.made.warnings, *_lost_record(self.owned)))
            ),
        )

    def _refuse(self, best: Candidate, score: float, *, is_named: bool) -> None:
        least = LEAST_NAMED if is_named else LEAST_SCORE
        what = f"the best guess is {best.template} {best.name}, but it has only {score:.0%} of its lines"
        way_out = (
            "name another version or template"
            if is_named
            else f"if it did come from there, give TEMPLATE and --version {best.name}"
        )
        raise NotAdoptable(self.owned.path, f"{what} ({least:.0%} are asked for); {way_out}")

    def _compare(self, made: Rendered) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        equal, edited, absent = [], [], []
        for path, file in _files(made).items():
            entry = self.owned.entries.get(path)
            if entry is None:
                absent.append(path)
            elif entry == (file.mode, self.owned.repository.oid(file.content)):
                equal.append(path)
            else:
                edited.append(path)
        return tuple(equal), tuple(edited), tuple(absent)


def _files(made: Rendered) -> dict[str, File]:
    return {path: file for path, file in made.files.items() if path != made.answers_file}


def _lost_record(owned: Owned) -> tuple[str, ...]:
    """Return what to say of a record that was deleted: it is better than any guess."""
    folder, names = owned.repository.project, (*RECORDS, ":(glob).copier-answers*.yml")
    try:
        count = git.run(["rev-list", "--count", f"--max-count={_LONGEST_HISTORY + 1}", "HEAD"], cwd=folder)
        if int(count) > _LONGEST_HISTORY:
            return ()
        options = ["-1", "--diff-filter=D", "--format=%h", "--name-only", "--relative", "--no-renames"]
        found = git.run(["log", *options, "--", *names], cwd=folder).decode(errors="replace").split()
    except GitFailed:  # of a clone that lacks what it would have to look at
        return ()
    if len(found) < 2:
        return ()
    commit, name = found[0], found[1]
    return (
        f"{name} was deleted in commit {commit}; 'git checkout {commit}^ -- {name}' brings it back as it was",
    )


def remaining_diff(origin: Origin) -> str:
    """Return a unified diff from what the template makes to what the project has of it."""
    from scaffolder.engine.scratch import scratch_repository

    owned = open_owned(origin.path)
    owned.fetch(origin.made.files)
    trees: dict[str, dict[str, Entry]] = {"template": {}, "project": {}}
    contents: dict[str, bytes] = {}
    for path, file in _files(origin.made).items():
        mine = owned.content(path)
        sides = [("template", file.mode, file.content)]
        if path in owned.entries:
            entry = owned.entries[path]
            sides.append(("project", entry.mode, mine if mine is not None else f"{entry.oid}\n".encode()))
        for side, mode, content in sides:
            oid = blob_id(content)
            contents[oid] = content
            trees[side][path] = Entry(mode, oid)
    with scratch_repository(None) as scratch:
        scratch.commit(trees, contents, base="template")
        return scratch.diff("template", "project")


def write_record(origin: Origin) -> None:
    """Write the record, and stage it; no other file is touched.

    Raises:
        NotAdoptable: something lies at its path, or it cannot be written.
    """
    refuse_record(origin.path)
    owned = open_owned(origin.path)
    repository, name = owned.repository, origin.record_path
    _refuse_taken(origin.path, name)
    entry = Entry("100644", repository.oid(origin.record))
    change = apply.Change({name: entry}, {}, {}, {entry.oid: origin.record})
    try:
        with apply.locked(repository):
            found = apply.look(repository, repository.index)
            apply.apply(repository, change, found)
    except NotUpdatable as error:
        raise NotAdoptable(origin.path, str(error).partition(" cannot be updated: ")[2]) from error


def _refuse_taken(path: Path, name: str) -> None:
    parts = name.split("/")
    for count in range(1, len(parts)):
        folder = path.joinpath(*parts[:count])
        if folder.is_symlink() or (os.path.lexists(folder) and not folder.is_dir()):
            raise NotAdoptable(
                path, f"{'/'.join(parts[:count])} is no folder, and the record belongs below it"
            )
    if os.path.lexists(path / name):
        raise NotAdoptable(path, f"there is something at {name}, where the record belongs; move it away")
