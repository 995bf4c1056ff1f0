"""Whose code may run: a template's hooks, tasks, migrations and Jinja extensions run only when that is said.

Said on the command line with --trust, or for good in `settings.toml` in the user's configuration folder:

    trust = ["https://github.com/me/", "gh:our-company/"]   # addresses, or what they begin with

An address that ends in a slash stands for all below it, another one for itself. What is trusted is shown
before it runs, by name, with its file and the commit. Without trust

- hooks, tasks and migrations do not run, and a warning names them: the project may lack what they make. An
  update commits nothing, so after a look at the warning it can be taken back and made again with trust;
- a Jinja extension is refused, since no text can be rendered without it. Those that come with Jinja are fine.

Trusted code sees a temporary copy of the template and of the project, and only what it leaves there gets into
the real one; it is no prisoner, though, and may do whatever the user may.
"""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scaffolder.engine.source import Source
    from scaffolder.tree import File

_ALIASES = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_UNSAFE_SCHEMES = ("http://", "git://")  # anybody on the way may answer there
_WITH_JINJA = "jinja2.ext."
_COOKIECUTTERS = ("cookiecutter.extensions.", _WITH_JINJA)
_HOOKS = ("pre_prompt", "pre_gen_project", "post_gen_project")
_KEYS = ("trust",)
# Modules whose package has another name than they have with hyphens.
_PACKAGES = {
    "slugify": "python-slugify",
    "yaml": "pyyaml",
    "dateutil": "python-dateutil",
    "git": "gitpython",
}


@dataclass(frozen=True, slots=True)
class Code:
    """Something of a template that would run."""

    kind: str  # such as "task"
    name: str  # the command, the module or the script
    path: str  # the file of the template that has it


@dataclass(frozen=True, slots=True)
class Trust:
    """What the user trusts."""

    is_given: bool = False  # with --trust: whatever is rendered now
    prefixes: tuple[str, ...] = ()  # from the settings
    show: Callable[[Source, tuple[Code, ...]], None] | None = field(default=None, compare=False)

    def covers(self, url: str) -> bool:
        """Return True when code of the template at `url` may run."""
        return self.is_given or any(_is_below(_plain(url), prefix) for prefix in self.prefixes)

    def allows(self, source: Source) -> bool:
        """Return True when code of this version of a template may run; what would run is shown before."""
        if not (source.is_foreign and self.covers(source.url)):
            return False
        found = code_of(source)
        if found and self.show is not None:
            self.show(source, found)
        return True


def from_settings(*, is_given: bool, show: Callable[[Source, tuple[Code, ...]], None] | None = None) -> Trust:
    """Return what is trusted: by --trust now, and by the user's settings.

    Args:
        is_given: with --trust.
        show: called with what will run of a template that is trusted, before it runs.

    Raises:
        SettingsError: settings.toml cannot be used.
    """
    return Trust(is_given, _prefixes(settings_file()), show)


def settings_file() -> Path:
    """Return where the user's settings lie, if there are any."""
    import platformdirs

    return platformdirs.user_config_path("scaffolder", appauthor=False) / "settings.toml"


def _prefixes(path: Path) -> tuple[str, ...]:
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise SettingsError(path, f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise SettingsError(path, f"is no TOML: {error}") from error
    for key in settings:
        if key not in _KEYS:
            raise SettingsError.unknown(path, key, _KEYS)
    entries = settings.get("trust", [])
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise SettingsError(path, "trust is a list of addresses, such as ['https://github.com/me/']")
    return tuple(_prefix(path, entry) for entry in entries)


def _prefix(path: Path, entry: str) -> str:
    plain = _plain(entry)
    if plain.startswith(_UNSAFE_SCHEMES):
        raise SettingsError(path, f"trust has {entry!r}, where anybody on the way could answer; use https")
    is_url = "://" in plain
    is_ssh = not is_url and re.match(r"[\w.-]+@[\w.-]+:", plain) is not None
    if not (is_url or is_ssh) and not _is_absolute(plain):
        example = "'https://github.com/me/', 'gh:our-company/' or '~/templates/'"
        raise SettingsError(path, f"trust has {entry!r}, which is no address; expected such as {example}")
    place = re.sub(r"^\w+://|^[\w.-]+@", "", plain).replace(":", "/", 1)
    names = [part for part in place.split("/") if part]
    if len(names) < (1 if _is_absolute(plain) else 2) or _goes_up(plain):
        raise SettingsError(path, f"trust has {entry!r}, which is too wide; name an owner or a folder there")
    return plain


def _plain(address: str) -> str:
    """Return an address in the one form in which two are compared."""
    text = address.strip().removeprefix("git+")
    for alias, url in _ALIASES.items():
        if text.startswith(alias):
            text = url + text.removeprefix(alias)
    if text.startswith("~"):
        text = Path(text).expanduser().as_posix() + "/" * text.endswith("/")
    return text.removesuffix(".git")


def _is_below(url: str, prefix: str) -> bool:
    if _goes_up(url):
        return False
    return url == prefix or (prefix.endswith("/") and url.startswith(prefix))


def _goes_up(url: str) -> bool:
    """Return True when a part of an address may lead to somewhere else than it begins with."""
    parts = re.split(r"[/\\]", url.replace("%2e", ".").replace("%2E", "."))
    return "\\" in url or "%2f" in url.lower() or any(part in (".", "..") for part in parts)


def _is_absolute(text: str) -> bool:
    return text.startswith("/") or re.match(r"[A-Za-z]:/", text) is not None


# --- what would run


def code_of(source: Source) -> tuple[Code, ...]:
    """Return all of a template that could run, whatever the answers are; nothing of it is rendered."""
    try:
        find = _of_cookiecutter if source.engine == "cookiecutter" else _of_copier
        return tuple(find(source.files))
    except ValueError:
        return ()  # rendering says what is wrong, before anything runs


def _of_copier(files: Mapping[str, File]) -> Iterator[Code]:
    from scaffolder.engine.config import load_config

    config = load_config(files)
    path = next((name for name in files if re.fullmatch(r"(?i)copier\.ya?ml", name)), "copier.yml")
    for name in foreign_extensions(config.get("_jinja_extensions")):
        yield Code("Jinja extension", name, path)
    for task in _listed(config.get("_tasks")):
        yield Code("task", command_of(task), path)
    for migration in _listed(config.get("_migrations")):
        for command in migration_commands(migration):
            yield Code("migration", command, path)


def _of_cookiecutter(files: Mapping[str, File]) -> Iterator[Code]:
    for path in sorted(files):
        if posixpath.basename(path) == "cookiecutter.json" and "{{" not in path:
            try:
                settings = json.loads(files[path].content)
            except (ValueError, RecursionError):
                continue
            extensions = settings.get("_extensions") if isinstance(settings, dict) else None
            for name in foreign_extensions(extensions, harmless=_COOKIECUTTERS):
                yield Code("Jinja extension", name, path)
        folder, name = posixpath.split(path)
        if posixpath.basename(folder) == "hooks" and posixpath.splitext(name)[0] in _HOOKS:
            yield Code("hook", name, path)


def foreign_extensions(names: object, *, harmless: tuple[str, ...] = (_WITH_JINJA,)) -> list[str]:
    """Return those of a template's Jinja extensions that do not come with the engine."""
    return [str(name) for name in _listed(names) if not str(name).startswith(harmless)]


def command_of(task: object) -> str:
    """Return what a task or a migration of copier runs, as it stands in the template."""
    command = task.get("command", "") if isinstance(task, dict) else task
    if isinstance(command, list):
        return " ".join(map(str, command))
    return command if isinstance(command, str) else ""


def migration_commands(migration: object) -> list[str]:
    """Return what one entry of `_migrations` runs, in the old format or in the new one."""
    if isinstance(migration, dict) and migration.keys() & {"before", "after"}:
        tasks = [task for stage in ("before", "after") for task in _listed(migration.get(stage))]
        return [command_of(task) for task in tasks]
    return [command_of(migration)]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def needed_package(module: str) -> str:
    """Return what to install for a module that is not there."""
    top = module.partition(".")[0]
    return _PACKAGES.get(top, top.replace("_", "-"))
