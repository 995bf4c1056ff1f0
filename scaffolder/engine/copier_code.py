"""What of a copier template is code: its Jinja extensions, tasks and migrations; beside copier_engine.

With trust, they run as copier runs them, but on a temporary copy of the project; without it they are named.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2.environment
from copier._main import _operation
from copier._tools import cast_to_bool
from copier.errors import CopierError
from jinja2 import TemplateError
from packaging.version import InvalidVersion, Version

from scaffolder.engine.config import load_config
from scaffolder.engine.trust import migration_commands, needed_package
from scaffolder.engine.workplace import Workplace, read_tree, write_tree
from scaffolder.process import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from copier._main import Worker
    from copier._template import Task, Template

    from scaffolder.engine.bounds import Watch
    from scaffolder.engine.source import Source
    from scaffolder.tree import File

REFUSED = "which would run code that is not the scaffolder's; --trust runs it"
_SHOWN = 60  # characters of a command


# --- extensions


@contextlib.contextmanager
def importing_extensions(workplace: Workplace | None, template: Template, version: str) -> Iterator[None]:
    """Let the environment be made in here find extensions, those of the template too where its code may run.

    Raises:
        ValueError: one is not installed.
    """
    loading: Any = jinja2.environment  # one extension replaces a function of it, to load others
    import_string, known, nowhere = loading.import_string, set(sys.modules), template.local_abspath
    if workplace is not None:
        template.__dict__["local_abspath"] = workplace.template
    try:
        yield
    except (CopierError, ImportError, AttributeError) as error:
        raise ValueError(_why_missing(error, version)) from error
    finally:
        template.__dict__["local_abspath"] = nowhere
        loading.import_string = import_string
        if workplace is not None:
            _forget_modules(set(sys.modules) - known, workplace.template)


def _forget_modules(names: set[str], folder: Path) -> None:
    """Let the next version of a template import its own modules of the same names."""
    for name in names:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).is_relative_to(folder):
            del sys.modules[name]


def _why_missing(error: BaseException, version: str) -> str:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ModuleNotFoundError):
        cause = cause.__cause__ or cause.__context__
    module = (getattr(cause, "name", None) or "").partition(".")[0]
    if not module:
        return f"a Jinja extension of version {version} cannot be loaded: {error}"
    package = needed_package(module)
    return (
        f"a Jinja extension of version {version} needs the module {module!r}: install {package} next to "
        f"scaffolder, as with '{sys.executable} -m pip install {package}'"
    )


# --- tasks


def run_tasks(
    worker: Worker, workplace: Workplace | None, files: dict[str, File], watch: Watch | None
) -> tuple[dict[str, File], tuple[str, ...]]:
    """Return the files as the template's tasks leave them, and what is to be said of it.

    Raises:
        CodeFailed: a task failed.
        ValueError: what it left is no project.
    """
    tasks = _numbered(worker.template)
    if not tasks:
        return files, ()
    if workplace is None:
        named = [name for name, task in tasks if _may_run(worker, task)]
        return files, _not_run(named, worker.template.commit or "")
    with _seeing(worker, workplace) as project:
        write_tree(files, project)
        commands = _Commands(worker, workplace, project, watch)
        for name, task in tasks:
            commands.run(name, task)
        made, left_out = read_tree(project, files)
    return made, tuple(f"the tasks made {name}, which is left out" for name in left_out)


def run_migrations(
    worker: Worker, workplace: Workplace, tasks: Sequence[Task], files: dict[str, File]
) -> dict[str, File]:
    """Return a project's files as migrations leave them.

    Raises:
        CodeFailed: one failed.
        ValueError: what it left is no project.
    """
    with _seeing(worker, workplace) as project:
        write_tree(files, project)
        commands = _Commands(worker, workplace, project, None)
        for task in tasks:
            commands.run(f"migration {_shown(task)}", task)
        return read_tree(project, files)[0]


def _numbered(template: Template) -> list[tuple[str, Task]]:
    """Return the tasks, and how each is called."""
    for number, task in enumerate(template.config_data.get("tasks") or (), 1):
        command = task.get("command") if isinstance(task, dict) else task
        if not command or not isinstance(command, str | list):
            raise ValueError(f"task {number} of copier.yml has no command")
    return [(f"task {number} {_shown(task)}", task) for number, task in enumerate(template.tasks, 1)]


def _shown(task: Task) -> str:
    return _short(task.cmd if isinstance(task.cmd, str) else " ".join(map(str, task.cmd)))


def _short(text: str) -> str:
    line = clean_line(" ".join(text.split()))
    return repr(line if len(line) <= _SHOWN else f"{line[: _SHOWN - 4]} ...")


def _may_run(worker: Worker, task: Task) -> bool:
    try:
        return cast_to_bool(worker._render_value(task.condition, _extra(task)))
    except (TemplateError, ValueError, TypeError, LookupError):
        return True


def _not_run(named: Sequence[str], version: str) -> tuple[str, ...]:
    if not named:
        return ()
    verb, it, make = ("were", "them", "they make") if len(named) > 1 else ("was", "it", "it makes")
    return (
        f"{', '.join(named)} (copier.yml of {version}) {verb} not run, so the project may lack what {make}; "
        f"--trust runs {it}",
    )


def _extra(task: Task) -> dict[str, Any]:
    return {
        **{f"_{key}": value for key, value in task.extra_vars.items()},
        "_copier_operation": _operation.get(),
    }


class _Commands:
    """Runs commands of a template in a project, as copier does."""

    def __init__(self, worker: Worker, workplace: Workplace, project: Path, watch: Watch | None) -> None:
        self.worker = worker
        self.workplace = workplace
        self.project = project
        self.watch = watch

    def run(self, name: str, task: Task) -> None:
        """Run one, unless its condition says no."""
        extra, render = _extra(task), self.worker._render_string
        if not cast_to_bool(self.worker._render_value(task.condition, extra)):
            return
        command: str | list[str]
        if isinstance(task.cmd, str):
            command = render(task.cmd, extra)
        else:
            command = [render(str(part), extra) for part in task.cmd]
        folder = self.project / render(str(task.working_directory), extra)
        variables = {key[1:].upper(): str(value) for key, value in extra.items()}
        with self.watch.stopped() if self.watch else contextlib.nullcontext():
            self.workplace.run(command, name, cwd=folder, variables=variables)


@contextlib.contextmanager
def _seeing(worker: Worker, workplace: Workplace) -> Iterator[Path]:
    """Let the template's texts see where the project and the template lie; those of files see neither."""
    project = workplace.project(worker.dst_path.name)
    changed: Mapping[str, Any] = {"dst_path": project}
    before = {key: worker.__dict__.get(key) for key in (*changed, "_context")}
    nowhere = worker.template.local_abspath
    worker.__dict__.update(changed)
    worker.__dict__.pop("_context", None)
    worker.template.__dict__["local_abspath"] = workplace.template
    try:
        yield project
    finally:
        worker.__dict__.update(before)
        worker.template.__dict__["local_abspath"] = nowhere


# --- migrations


def migrations(old: Source, new: Source) -> list[str]:
    """Return the commands of the migrations from one version of a template to another.

    Raises:
        ValueError: there is one that makes no sense.
    """
    if not (old.is_foreign and new.is_foreign and new.engine == "copier"):
        return []
    before, after = _version(old.version), _version(new.version)
    found = []
    for number, migration in enumerate(load_config(new.files).get("_migrations") or (), 1):
        commands = migration_commands(migration)
        is_legacy = isinstance(migration, dict) and bool(migration.keys() & {"before", "after"})
        if not commands or not all(commands) or (is_legacy and "version" not in migration):
            raise ValueError(
                f"migration {number} of copier.yml has no {'version' if commands else 'command'}"
            )
        if _applies(migration, before, after):
            found += commands
    return found


def _applies(migration: object, before: Version | None, after: Version | None) -> bool:
    """Return True when a migration is one of this step, as copier tells."""
    if before is None or after is None:
        return False
    number = migration.get("version") if isinstance(migration, dict) else None
    return number is None or before < Version(str(number)) <= after


def not_migrated(commands: Sequence[str], old: str, new: str) -> tuple[str, ...]:
    """Return what is to be said of migrations from one version to another that were not run."""
    if not commands:
        return ()
    verb, it, do = ("were", "them", "they do") if len(commands) > 1 else ("was", "it", "it does")
    listed = ", ".join(map(_short, commands))
    return (
        f"the migration{'s' * (len(commands) > 1)} {listed} from {old} to {new} {verb} not run; --trust runs "
        f"{it}, or look at copier.yml and do what {do} by hand before you commit",
    )


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
