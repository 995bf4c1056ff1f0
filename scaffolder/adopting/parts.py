"""Which parts of a template an existing repository lacks, and how those are added on a branch.

A part is a group of files that belong together, such as the tests. What is added never replaces a file.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder import git
from scaffolder.adopting.owned import NotAdoptable, Owned, open_owned
from scaffolder.answers import Answers
from scaffolder.engine import apply
from scaffolder.engine.render import render
from scaffolder.engine.source import locate
from scaffolder.errors import NoGitIdentity, NotUpdatable, ScaffolderError
from scaffolder.repository import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from scaffolder.engine.render import Rendered
    from scaffolder.engine.source import Tree

BRANCH = "scaffolder-adopt"
_BOUND = ("updates", "prose", "packaging", "code", "other")  # to a record, or to the rest of the template
_MOST_NAMED = 5  # files that stand in the place of a part


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    title: str
    files: str  # pattern of those in a render
    stand_ins: str  # pattern of what a repository may have instead


# The first kind that a file fits is its own.
_KINDS = (
    _Kind("licence", "licence", r"LICEN[CS]E.*|COPYING.*|NOTICE.*", r"LICEN[CS]E.*|COPYING.*|UNLICENSE.*"),
    _Kind(
        "tests",
        "tests",
        r"tests/.*|conftest\.py",
        r"(.*/)?tests?/.*|(.*/)?test_[^/]*\.py|(.*/)?[^/]*_test\.py",
    ),
    _Kind(
        "ci",
        "workflows of continuous integration",
        r"\.github/(?!workflows/template-update\.yml$).*",
        r"\.github/workflows/.*|\.gitlab-ci\.yml|\.circleci/.*|azure-pipelines\.yml|Jenkinsfile|\.travis\.yml",
    ),
    _Kind(
        "updates",
        "workflow that updates from the template",
        r"\.github/workflows/template-update\.yml",
        r"(?!)",
    ),
    _Kind(
        "pre-commit",
        "checks before a commit",
        r"\.pre-commit-config\.yaml|prek\.toml",
        r"\.pre-commit-config\.ya?ml|prek\.toml|lefthook\.yml|\.husky/.*",
    ),
    _Kind(
        "dockerfile",
        "container image",
        r"(.*/)?(Dockerfile.*|[^/]*\.Dockerfile|\.dockerignore|(docker-)?compose.*\.ya?ml)",
        r"(.*/)?(Dockerfile.*|Containerfile.*|[^/]*\.Dockerfile|(docker-)?compose.*\.ya?ml)",
    ),
    _Kind("airflow", "Airflow DAGs", r"dags/.*", r"(.*/)?dags/.*"),
    _Kind(
        "deployment",
        "deployment",
        r"\.eb.*|Procfile|deploy/.*|infra/.*|lambda/.*|template\.ya?ml|samconfig\.toml",
        r"\.ebextensions/.*|Procfile|deploy/.*|infra/.*|terraform/.*|serverless\.ya?ml|(.*/)?helm/.*|k8s/.*",
    ),
    _Kind("model-card", "model card", r"(?i)(.*/)?model[-_]?card.*", r"(?i)(.*/)?model[-_ ]?card.*"),
    _Kind(
        "evidence",
        "evidence: what a run measured, and its schema",
        r"(.*/)?evidence.*|anchors\.toml|portfolio\.toml",
        r"evidence/.*|metrics\.json|reports?/.*",
    ),
    _Kind(
        "prose",
        "texts of README and report",
        r"prose/.*|README\.md|DECISIONS\.md|docs/.*|(.*/)?DATA.*\.md|STAR\.md",
        r"README.*|docs?/.*",
    ),
    _Kind("front-end", "front end", r"web/.*|frontend/.*", r"web/.*|frontend/.*|client/.*|ui/.*"),
    _Kind(
        "packaging",
        "packaging and settings of tools",
        r"pyproject\.toml|requirements[^/]*|[^/]*\.lock|Makefile|[^/]*\.mk|ruff\.toml|params\.toml|\.editorconfig|\.git(ignore|attributes)"
        r"|\.python-version|noxfile\.py|setup\.(py|cfg)",
        r"pyproject\.toml|setup\.(py|cfg)|requirements[^/]*|Pipfile.*|environment\.ya?ml|[^/]*\.lock|Makefile",
    ),
    _Kind("code", "source code", r"src/.*|.*\.py", r"src/.*|[^/]+/__init__\.py|[^/]+\.py"),
    _Kind("other", "other files", r".*", r"(?!)"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A named group of a template's files, and what the project has of it. Paths are those in the project."""

    name: str
    title: str
    state: str  # "lacking" (nothing of it is there), "partly" or "there"
    lacking: tuple[str, ...]
    there: tuple[str, ...]
    in_its_place: tuple[str, ...]  # other files of the project that do the same

    def is_wanted(self) -> bool:
        """Whether it is of use by itself, and the project has nothing that does the same."""
        return self.state == "lacking" and not self.in_its_place and self.name not in _BOUND


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of a template beside a project; and what was added, where."""

    path: Path
    template: str
    version: str
    parts: tuple[Part, ...]
    branch: str | None = None
    commit: str | None = None
    added: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()  # of the parts that were taken: there already, and left as they are


def plan_parts(
    path: Path,
    template: str,
    *,
    version: str | None,
    answers: Mapping[str, object],
    take: Sequence[str] = (),
    branch: str | None = None,
) -> Plan:
    """Return the parts of one of our templates that a project lacks, and add those in `take` on a branch.

    Neither work tree nor index is touched.

    Raises:
        NotAdoptable: the project cannot be read, a part does not exist, or nothing of it is lacking.
        ScaffolderError: the template cannot be rendered with these answers, or git cannot commit.
    """
    owned = open_owned(path)
    source = locate(version)
    made = _render(owned, source.tree(template), answers)
    parts = tuple(_parts(owned, made))
    plan = Plan(owned.path, template, source.version, parts)
    if not take:
        return plan
    chosen = _chosen(owned.path, parts, take)
    names = [name for part in chosen for name in part.lacking]
    if not names:
        raise NotAdoptable(path, f"it has all files of {', '.join(part.name for part in chosen)} already")
    commit = _commit(owned, made, names, branch or BRANCH, _message(template, source.tag, chosen))
    kept = tuple(sorted(name for part in chosen for name in part.there))
    return Plan(
        *(owned.path, template, source.version, parts, branch or BRANCH, commit),
        added=tuple(sorted(names)),
        kept=kept,
    )


def _render(owned: Owned, tree: Tree, answers: Mapping[str, object]) -> Rendered:
    defaults: dict[str, object] = {"project_name": _title(owned.path.name)}
    with contextlib.suppress(NoGitIdentity):
        defaults["author_name"] = git.identity(owned.path).name
    return render(
        tree,
        Answers(tree.template, answers),
        ask=False,
        defaults=defaults,
        folder_name=owned.path.name,
    )


def _title(name: str) -> str:
    return " ".join(re.split(r"[\W_]+", name)).strip().capitalize() or "Project"


def _parts(owned: Owned, made: Rendered) -> Iterable[Part]:
    grouped: dict[str, list[str]] = {}
    for path in made.files:
        if path != made.answers_file:
            kind = next(kind for kind in _KINDS if re.fullmatch(kind.files, path))
            grouped.setdefault(kind.name, []).append(path)
    for kind in _KINDS:
        if kind.name not in grouped:
            continue
        files = sorted(grouped[kind.name])
        there = tuple(path for path in files if _is_taken(owned, path))
        lacking = tuple(path for path in files if path not in there)
        others = re.compile(kind.stand_ins)
        instead = sorted(path for path in owned.entries if others.fullmatch(path) and path not in files)
        state = "there" if not lacking else "partly" if there else "lacking"
        yield Part(kind.name, kind.title, state, lacking, there, tuple(instead[:_MOST_NAMED]))


def _is_taken(owned: Owned, path: str) -> bool:
    """Return True where something lies at a path, or above it, in git or on the disk."""
    parts = path.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts))]
    for known in (owned.entries, owned.repository.committed.entries):
        if path in known or any(folder in known for folder in above):
            return True
    folders = [owned.path / folder for folder in above]
    is_blocked = any(folder.is_symlink() or (folder.exists() and not folder.is_dir()) for folder in folders)
    return is_blocked or os.path.lexists(owned.path / path)


def _chosen(path: Path, parts: Sequence[Part], take: Sequence[str]) -> list[Part]:
    known = {part.name: part for part in parts}
    for name in take:
        if name not in known:
            raise NotAdoptable(path, f"the template has no part {name!r}; it has: {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(take)]


def _message(template: str, tag: str, parts: Sequence[Part]) -> str:
    return f"Add {', '.join(part.name for part in parts)} from template {template} {tag}"


def _commit(owned: Owned, made: Rendered, names: Sequence[str], branch: str, message: str) -> str:
    git.identity(owned.path)  # raises where git does not know its user
    repository = owned.repository
    new = {name: made.files[name] for name in names}
    entries = {name: Entry(file.mode, repository.oid(file.content)) for name, file in new.items()}
    contents = {entries[name].oid: file.content for name, file in new.items()}
    try:
        return apply.commit_on_branch(
            repository, apply.Change(dict(entries), {}, {}, contents), branch, message
        )
    except NotUpdatable as error:
        raise NotAdoptable(owned.path, str(error).partition(" cannot be updated: ")[2]) from error
    except OSError as error:
        raise ScaffolderError(f"{error.filename}: {(error.strerror or str(error)).lower()}") from error
