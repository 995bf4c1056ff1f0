"""A cookiecutter template's files, rendered in memory by the rules of cookiecutter's `generate_files`.

Cookiecutter itself writes each file as it goes, wherever the template says. Here a path is looked at before
anything is made of it, texts run in Jinja's sandbox, and what they make is counted.
"""

from __future__ import annotations

import io
import json
import posixpath
import string
import uuid
from collections import OrderedDict
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from binaryornot import helpers  # what `cookiecutter.generate` asks
from cookiecutter.environment import (  # type: ignore[import-untyped]
    ExtensionLoaderMixin,
    StrictEnvironment,
)
from cookiecutter.exceptions import UnknownExtension  # type: ignore[import-untyped]
from cookiecutter.generate import is_copy_only_path  # type: ignore[import-untyped]
from jinja2 import BaseLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError, pass_context
from jinja2.loaders import split_template_path
from jinja2.sandbox import SandboxedEnvironment

from scaffolder.engine import chance
from scaffolder.engine.bounds import LONGEST_VALUE, Budget, OutOfBounds, refuse_huge
from scaffolder.engine.links import LINK, LinkedFiles, LinkError
from scaffolder.engine.names import checked
from scaffolder.engine.trust import needed_package
from scaffolder.errors import UnsafeTemplate
from scaffolder.tree import File

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping

SETTINGS = "cookiecutter.json"
_HARMLESS = ("cookiecutter.extensions.", "jinja2.ext.")  # what these packages themselves have
_SYNTAX = {
    *("block_start_string", "block_end_string", "variable_start_string", "variable_end_string"),
    *("comment_start_string", "comment_end_string", "line_statement_prefix", "line_comment_prefix"),
    *("trim_blocks", "lstrip_blocks", "newline_sequence", "optimized", "autoescape"),
}
_MOST_LINKS = 40
_NEWLINES = ("\n", "\r", "\r\n", "")


class Template:
    """One template: a folder with a cookiecutter.json. What does not depend on the answers is made once."""

    def __init__(self, name: str, files: Mapping[str, File], directory: str, *, trust: bool) -> None:
        self.name = name
        self.files = files
        self.directory = directory
        self.trust = trust
        self.at = SETTINGS  # what is being rendered, for messages
        self.linked = LinkedFiles(files)
        self.settings = self._read_settings()
        self._chances: dict[str, random.Random] = {}
        self._names: dict[str, Any] = {}
        self._binary: dict[str, bool] = {}

    def _read_settings(self) -> OrderedDict[str, Any]:
        path = posixpath.join(self.directory, SETTINGS)
        try:
            found = json.loads(self.linked.read(path).decode(), object_pairs_hook=OrderedDict)
        except LinkError as error:
            raise ValueError(f"it has no {path}") from error
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is no JSON: {error}") from error
        if not isinstance(found, dict):
            raise ValueError(f"{path} is no object of questions and their defaults")
        return OrderedDict(found)

    # --- the environment

    def refuse_unsafe(self) -> None:
        """Raise UnsafeTemplate when rendering would run code of the template, and it is not trusted."""
        extensions = self.settings.get("_extensions", [])
        if not isinstance(extensions, list) or not all(isinstance(name, str) for name in extensions):
            raise ValueError("_extensions is no list of names")
        for name in extensions if not self.trust else []:
            if not name.startswith(_HARMLESS):
                why = "which would run code that is not the scaffolder's; --trust runs it"
                raise UnsafeTemplate(self.name, f"the Jinja extension {name!r}", why)

    @cached_property
    def environment(self) -> Any:
        """Cookiecutter's Jinja environment, which reads from memory; without trust in a sandbox."""
        self.refuse_unsafe()
        options = self.settings.get("_jinja2_env_vars", {})
        if not isinstance(options, dict) or not options.keys() <= _SYNTAX:
            unknown = sorted(options.keys() - _SYNTAX) if isinstance(options, dict) else [repr(options)]
            raise ValueError(f"_jinja2_env_vars has {', '.join(unknown)}, which is no setting of the syntax")
        kind: Any = StrictEnvironment if self.trust else _Sandbox
        context = {"cookiecutter": self.settings}
        try:
            env = kind(context=context, keep_trailing_newline=True, cache_size=-1, **options)
        except UnknownExtension as error:
            raise ValueError(_missing(error)) from error
        env.loader = _Loader(self)
        env.globals["uuid4"] = _uuid4(self)
        env.globals["random_ascii_string"] = _random_text(self)
        env.filters["random"] = _choice(self)
        return env

    @property
    def chance(self) -> random.Random:
        """What draws random values for what is being rendered."""
        if self.at not in self._chances:
            self._chances[self.at] = chance.generator(self.at)
        return self._chances[self.at]

    def begin(self) -> None:
        """Forget the random values of the render before."""
        self._chances.clear()

    def render_name(self, text: str, context: Mapping[str, Any]) -> str:
        """Return a path, or a text as short, rendered."""
        if self.is_plain(text.encode(errors="surrogateescape")):
            return text
        if text not in self._names:
            self._names[text] = self.environment.from_string(text)
        made: str = self._names[text].render(**context)
        return made

    @cached_property
    def top(self) -> str:
        """The folder whose name is a template: what the project is made from."""
        env = self.environment
        prefix = f"{self.directory}/" if self.directory else ""
        folders = {path.removeprefix(prefix).split("/")[0] for path in self.files if path.startswith(prefix)}
        signs = ("cookiecutter", env.variable_start_string, env.variable_end_string)
        for name in sorted(folders):
            is_folder = f"{prefix}{name}" not in self.files
            if is_folder and all(sign in name for sign in signs):
                return prefix + name
        raise ValueError("it has no folder such as '{{ cookiecutter.name }}', which a project is made from")

    # --- the files

    def project_folder(self, context: Mapping[str, Any]) -> str:
        """Return the name of the folder that cookiecutter would make; ValueError when that is elsewhere."""
        self.at = self.top
        name = self.render_name(posixpath.basename(self.top), context)
        if not _normal(name):
            raise ValueError("the project's folder would have no name")
        return checked(name if name.startswith("/") else _normal(name))

    def render_files(self, context: Mapping[str, Any], budget: Budget) -> dict[str, File]:
        """Return the files of the project by their path; `context` may be changed by the template."""
        walk = _Walk(self, context, budget)
        for folder, folders, files in self._folders():
            walk.visit(folder, folders, files)
        result = walk.files
        if both := next((path for path in result if result.keys() & _parents(path)), None):
            raise ValueError(f"it would write {both!r} below a file")
        return dict(sorted(result.items()))

    def _folders(self) -> Iterator[tuple[str, list[str], list[str]]]:
        """Yield each folder, its folders and its files in the order of `os.walk`.

        Names are sorted. The caller takes folders out of the list that are not to be walked.
        """
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            folders, files = self._listing.get(folder, ((), ()))
            walked = list(folders)
            yield folder, walked, list(files)
            waiting += [posixpath.join(folder, name) for name in reversed(walked)]

    @cached_property
    def _listing(self) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        prefix = f"{self.top}/"
        folders: dict[str, set[str]] = {"": set()}
        files: dict[str, set[str]] = {}
        for path, file in self.files.items():
            if not path.startswith(prefix):
                continue
            parts = path.removeprefix(prefix).split("/")
            for count in range(len(parts) - 1):
                folders.setdefault("/".join(parts[:count]), set()).add(parts[count])
            is_folder = file.mode == LINK and self.is_folder(path)
            (folders if is_folder else files).setdefault("/".join(parts[:-1]), set()).add(parts[-1])
        return {
            folder: (tuple(sorted(folders.get(folder, ()))), tuple(sorted(files.get(folder, ()))))
            for folder in folders.keys() | files.keys()
        }

    def is_folder(self, path: str) -> bool:
        """Return True when a path leads to a folder; a link that leads nowhere is no folder."""
        if not self.linked.exists(path):
            return False
        try:
            self.linked.read(path)
        except LinkError:
            return True
        return False

    @cached_property
    def _tags(self) -> tuple[bytes, ...] | None:
        env = self.environment
        if env.line_statement_prefix or env.line_comment_prefix or env.newline_sequence != "\n":
            return None
        tags = (env.variable_start_string, env.block_start_string, env.comment_start_string)
        return tuple(tag.encode() for tag in tags)

    def is_plain(self, content: bytes) -> bool:
        """Return True when rendering changes nothing of a text."""
        return self._tags is not None and not any(tag in content for tag in self._tags)

    def is_binary(self, path: str, content: bytes) -> bool:
        """Return what cookiecutter takes a file for; it looks at the name's end and at the beginning."""
        if path not in self._binary:
            self._binary[path] = helpers.has_binary_extension(path) or helpers.is_binary_string(
                content[: helpers.CHUNK_SIZE]
            )
        return self._binary[path]


class _Walk:
    """The making of one project's files."""

    def __init__(self, template: Template, context: Mapping[str, Any], budget: Budget) -> None:
        self.template = template
        self.context = context
        self.budget = budget
        self.files: dict[str, File] = {}
        self._made = {""}  # folders

    def visit(self, folder: str, folders: list[str], files: list[str]) -> None:
        """Make what a folder has. Folders that are only copied, or that a link leads to, leave the list."""
        context: Any = self.context
        for name in list(folders):
            path = posixpath.join(folder, name)
            if is_copy_only_path(path, context):
                self._copy_folder(path)
                folders.remove(name)
            else:
                self._make_folder(path)
                if self._origin(path) in self.template.files:  # a link: cookiecutter does not follow it
                    folders.remove(name)
        for name in files:
            path = posixpath.join(folder, name)
            self.template.at = self._origin(path)
            into = self._render_path(path)
            if into in self._made and not is_copy_only_path(path, context):
                continue  # its name is empty
            self._put(into, self._file(path, is_copied=is_copy_only_path(path, context)))

    def _origin(self, path: str) -> str:
        return f"{self.template.top}/{path}"

    def _render_path(self, path: str) -> str:
        made = self.template.render_name(path, self.context)
        if made.startswith("/"):
            return checked(made)
        return _normal(made)

    def _make_folder(self, path: str) -> None:
        self.template.at = self._origin(path)
        into = self._render_path(path)
        if into in self._made:
            why = "two folders of that name" if into else "a folder without a name"
            raise ValueError(f"{path!r} renders to {into!r}: there would be {why}")
        checked(into)
        self._made |= {into, *_parents(into)}

    def _copy_folder(self, path: str) -> None:
        self.template.at = self._origin(path)
        into = self._render_path(path)
        for name in [name for name in self.files if name.startswith(f"{into}/")]:
            del self.files[name]  # cookiecutter begins such a folder anew
        for name, file in self.template.linked.below(self._origin(path)):
            self._put(f"{into}/{name}" if into else name, file)

    def _put(self, path: str, file: File) -> None:
        checked(path)
        self.budget.spend_file()
        self.files[path] = file

    def _file(self, path: str, *, is_copied: bool) -> File:
        origin, template = self._origin(path), self.template
        content = template.linked.read(origin)
        mode = _mode(template.files, origin)
        if is_copied or template.is_binary(origin, content):
            self.budget.spend(len(content))
            return File(mode, content)
        try:
            newline = self._newline(content)
            plain = _unix(content.decode()) if template.is_plain(content) else None
        except UnicodeDecodeError as error:
            raise _no_text(origin) from error
        if plain is not None:
            self.budget.spend(len(content))
            return File(mode, _with_ends(plain, newline))
        pieces = []
        for piece in template.environment.get_template(path).generate(**self.context):
            self.budget.spend(len(piece))
            pieces.append(piece)
        return File(mode, _with_ends("".join(pieces), newline))

    def _newline(self, content: bytes) -> str:
        """Return the line end to write: the one that is set, or the file's first."""
        chosen = self.context["cookiecutter"].get("_new_lines", False)
        if chosen:
            if chosen not in _NEWLINES:
                raise ValueError(f"_new_lines is {chosen!r}, which is no line end")
            return str(chosen)
        reader = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")
        reader.readline()
        found = reader.newlines
        return (found[0] if isinstance(found, tuple) else found) or ""


class _Loader(BaseLoader):
    """Reads the texts: those of the project, and those beside it in `templates`."""

    def __init__(self, template: Template) -> None:
        self._template = template

    def get_source(self, _environment: Any, template: str) -> tuple[str, str | None, Callable[[], bool]]:
        owner, name = self._template, "/".join(split_template_path(template))
        for folder in (owner.top, posixpath.join(owner.directory, "templates")):
            path = f"{folder}/{name}"
            try:
                content = owner.linked.read(path)
            except LinkError:
                continue
            try:
                text = content.decode()
            except UnicodeDecodeError as error:
                raise _no_text(path) from error
            return _unix(text), path, lambda: True
        raise TemplateNotFound(template)

    def load(self, environment: Any, name: str, globals: Any = None) -> Any:  # noqa: A002 - jinja's name
        """Return a text compiled; one that two versions of a template have is compiled once."""
        source, path, uptodate = self.get_source(environment, name)
        if self._template.trust:  # its extensions may be others, by the same names
            code = environment.compile(source, name, path)
        else:
            code = _compiled(_Compiler(self._template), source, name, path)
        kind = environment.template_class
        return kind.from_code(environment, code, {} if globals is None else globals, uptodate)


class _Compiler:
    """Compiles texts; two are the same when they would compile a text to the same."""

    def __init__(self, template: Template) -> None:
        self.environment = template.environment
        settings = (template.settings.get(key) for key in ("_extensions", "_jinja2_env_vars"))
        self._key = json.dumps([*settings], sort_keys=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Compiler) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=4096)
def _compiled(compiler: _Compiler, source: str, name: str, path: str | None) -> Any:
    return compiler.environment.compile(source, name, path)


class _Sandbox(ExtensionLoaderMixin, SandboxedEnvironment):  # type: ignore[misc]
    """Cookiecutter's environment, in which a text reaches nothing but its values."""

    intercepted_binops = frozenset(("*", "**"))

    def __init__(self, **settings: Any) -> None:
        super().__init__(undefined=StrictUndefined, **settings)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Multiply, unless a text without end would come of it."""
        refuse_huge(operator, left, right)
        return super().call_binop(context, operator, left, right)


def _random_text(template: Template) -> Callable[..., str]:
    def random_ascii_string(length: int, punctuation: bool = False) -> str:
        if length > LONGEST_VALUE:
            raise OutOfBounds(f"it makes a value of more than {LONGEST_VALUE:,} characters")
        signs = f"{string.ascii_letters}{string.punctuation}" if punctuation else string.ascii_letters
        source = template.chance
        return "".join(source.choice(signs) for _ in range(length))

    return random_ascii_string


def _uuid4(template: Template) -> Callable[[], str]:
    return lambda: str(uuid.UUID(int=template.chance.getrandbits(128), version=4))


def _choice(template: Template) -> Callable[[Any, Any], Any]:
    @pass_context
    def choice(context: Any, values: Any) -> Any:
        if not values:
            return context.environment.undefined("there is nothing to choose from")
        return template.chance.choice(values)

    return choice


def _missing(error: UnknownExtension) -> str:
    module = (getattr(error.__cause__, "name", None) or "").partition(".")[0]
    if not module:
        return str(error)
    package = needed_package(module)
    return f"a Jinja extension of it needs the module {module!r}: install {package} next to scaffolder"


def _mode(files: Mapping[str, File], path: str) -> str:
    """Return the mode of the file that a path leads to, which `linked` has read already."""
    file = files.get(path)
    for _ in range(_MOST_LINKS):
        if file is None or file.mode != LINK:
            break
        target = file.content.decode(errors="surrogateescape")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        file = files.get(path)
    return file.mode if file is not None and file.mode != LINK else "100644"


def _normal(path: str) -> str:
    """Return a path without its empty parts."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def _parents(path: str) -> set[str]:
    parts = path.split("/")
    return {"/".join(parts[:count]) for count in range(1, len(parts))}


def _unix(text: str) -> str:
    """Return a text with the line ends that Python reads."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _with_ends(text: str, newline: str) -> bytes:
    return (text if newline in ("\n", "") else text.replace("\n", newline)).encode()


def _no_text(path: str) -> ValueError:
    return ValueError(f"{path} is neither binary nor UTF-8 text; name it in _copy_without_render")


def describe(error: BaseException, template: Template) -> str:
    """Return what is wrong, and in which line of which file of the template."""
    if isinstance(error, TemplateSyntaxError):
        where = error.filename if error.filename in template.files else template.at
        return f"{where}, line {error.lineno}: {error.message}"
    path, line = template.at, 0
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name in template.files:
            path, line = name, trace.tb_lineno
        trace = trace.tb_next
    said = str(error) or type(error).__name__
    if isinstance(error, TemplateNotFound):
        said = f"it includes {error.name!r}, which is not there"
    if isinstance(error, MemoryError):
        said = "it takes too much memory"
    return f"{path}, line {line}: {said}" if line else f"{path}: {said}"
