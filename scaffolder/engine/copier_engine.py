"""The only importer of copier: its questions, Jinja environment and rules for paths, over files in memory.

Worker, Template and Question are private to copier, so pyproject.toml pins its minor version, and tests
compare with plain `copier copy` byte for byte. What does not depend on the answers is made once a template:
settings, environment and compiled texts.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import threading
import warnings
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import yaml
from copier._jinja_ext import get_yield_context
from copier._main import Worker, _operation
from copier._settings import SettingsModel
from copier._template import Template
from copier._types import MISSING, Phase
from copier._user_data import AnswersMap, Question
from copier.errors import CopierError
from jinja2 import BaseLoader, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.loaders import split_template_path
from packaging.version import InvalidVersion, Version
from questionary import unsafe_prompt

from scaffolder.answers import Answers
from scaffolder.engine import bounds, copier_code, names
from scaffolder.engine.bounds import OutOfBounds, Watch
from scaffolder.engine.config import load_config
from scaffolder.engine.links import LINK, LinkedFiles, LinkError, leads_outside
from scaffolder.engine.render import Rendered
from scaffolder.engine.trust import foreign_extensions
from scaffolder.engine.workplace import CodeFailed, Workplace, write_tree
from scaffolder.errors import (
    InvalidAnswer,
    MissingAnswer,
    NoTerminal,
    RenderFailed,
    ScaffolderError,
    UnknownAnswer,
    UnsafeTemplate,
)
from scaffolder.tree import File

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from scaffolder.engine.source import Source, Tree

_EXPECTED = {
    "bool": "expected yes or no",
    "int": "expected a whole number",
    "float": "expected a number",
    "str": "expected a text",
}
_YES_NO = {"y", "yes", "t", "true", "on", "1", "n", "no", "f", "false", "off", "0"}
_CODE = ("_tasks", "_migrations", "_jinja_extensions")
_RUNS_CODE = "which would run the template's own code; ours need none"
_EXTERNAL = "which reads files outside of the template; the scaffolder never does that"
# Filters that come with copier and look at this machine: its files, its variables, its user.
_OUTSIDE_FILTERS = ("fileglob", "expandvars", "expanduser", "realpath")
_NOWHERE = Path(os.devnull).absolute() / "template"  # nothing is ever there
_one_at_a_time = threading.RLock()  # copier keeps state in the environment


def render(
    tree: Tree,
    answers: Answers,
    *,
    ask: bool,
    defaults: Mapping[str, object],
    previous: Mapping[str, object] | None,
    folder_name: str | None,
    trust: bool = False,
) -> Rendered:
    """Render with copier; see `scaffolder.engine.render`."""
    given = dict(answers.values)
    if not tree.source.is_foreign:
        if given.get("template", tree.template) != tree.template:
            raise InvalidAnswer("template", given["template"], f"this is template {tree.template}")
        given["template"] = tree.template
    with _explained(tree, "copy" if previous is None else "update") as (stack, at):
        if ask:
            stack.enter_context(_prompts_on_stderr())
        watch = None
        if tree.source.is_foreign:
            stack.enter_context(bounds.memory_bounded())
            watch = stack.enter_context(Watch())
        if trust:
            ready = _on_disk(tree.source, stack.enter_context(Workplace()), stack)
        else:
            ready = _ready(tree.source)
        ready.refuse_unsafe(tree)
        worker = _worker(tree, folder_name, data=given, defaults=not ask, user_defaults=dict(defaults))
        worker.prepare(ready, previous or {}, at, watch)
        return worker.rendered(tree.template)


def migrations(old: Source, new: Tree) -> list[str]:
    """Return the commands of a template's migrations from one version to another, as they stand in it.

    Raises:
        RenderFailed: there is one that makes no sense.
    """
    with _explained(new, "update"):
        return copier_code.migrations(old, new.source)


def not_migrated(old: Source, new: Tree) -> tuple[str, ...]:
    """Return what is to be said when those migrations are not run."""
    return copier_code.not_migrated(migrations(old, new), old.tag, new.source.tag)


def migrate(
    old: Source,
    new: Tree,
    stage: str,
    files: dict[str, File],
    values: Mapping[str, object],
    *,
    folder_name: str,
) -> dict[str, File]:
    """Return the files of a project as the migrations of a trusted template leave them.

    Args:
        old: the version that the project was made from.
        new: the version that it goes to, which has the migrations.
        stage: "before" the update or "after" it.
        files: of the project.
        values: the answers that it has recorded.
        folder_name: the project's.

    Raises:
        RenderFailed: one of them failed.
    """
    with _explained(new, "update") as (stack, at):
        workplace = stack.enter_context(Workplace())
        ready = _on_disk(new.source, workplace, stack)
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of their older format
            tasks = ready.template.migration_tasks(stage, _ready(old).template)  # type: ignore[arg-type]
        worker = _worker(new, folder_name, data={}, defaults=True, user_defaults={})
        worker.prepare(ready, {}, at, None)
        worker.answers = AnswersMap(last=dict(values), metadata=ready.template.metadata)
        with Phase.use(Phase.MIGRATE):
            return copier_code.run_migrations(worker, workplace, tasks, files)


def _worker(tree: Tree, folder_name: str | None, **settings: Any) -> _Worker:
    return _Worker(
        src_path=tree.source.url,
        dst_path=_NOWHERE / (folder_name or tree.template),
        settings=SettingsModel(),  # not the user's own, which may hold defaults
        overwrite=True,
        quiet=True,
        **settings,
    )


@contextlib.contextmanager
def _explained(
    tree: Tree, operation: Literal["copy", "update"]
) -> Iterator[tuple[contextlib.ExitStack, _Place]]:
    """Say of any error in here what is wrong with the template; what is entered is left before that."""
    token = _operation.set(operation)
    at = _Place()
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(_one_at_a_time)
            yield stack, at
    except KeyboardInterrupt:
        raise KeyboardInterrupt from None  # copier's own is also an error of copier
    except ScaffolderError:
        raise
    except OutOfBounds as error:
        raise RenderFailed(tree.template, f"{at}: {error}") from error
    except (CopierError, TemplateError, LinkError, CodeFailed, yaml.YAMLError, *_PYTHONS) as error:
        raise RenderFailed(tree.template, _describe(error, at)) from error
    except Exception as error:
        if not tree.source.is_foreign:
            raise
        raise RenderFailed(tree.template, f"{at}: {_describe(error, at)}") from error
    finally:
        _operation.reset(token)


class _Place:
    """What is being rendered, for messages."""

    def __init__(self) -> None:
        self.name = "copier.yml"

    def __str__(self) -> str:
        return self.name


# What Python raises when a template's values do not fit together.
_PYTHONS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    MemoryError,
)


class _Ready:
    """What is made once a template, whatever the answers are.

    Where its code may run, it lies in `workplace`.
    """

    def __init__(self, source: Source, workplace: Workplace | None = None) -> None:
        self.source = source
        self.workplace = workplace
        self.linked = LinkedFiles(source.files)
        self.template = self._template()
        self._patterns: dict[tuple[str, ...], dict[str, bool]] = {}
        self._below: dict[str, tuple[tuple[str, File], ...]] = {}

    def _template(self) -> Template:
        """Return a copier template whose properties are known, so that copier neither clones nor runs git."""
        source = self.source
        template = Template(url=source.url, ref=source.tag)
        template.__dict__.update(
            _raw_config=load_config(source.files),
            local_abspath=_NOWHERE,
            commit=source.tag,
            commit_hash=source.commit_id,
            vcs="git",
            version=_version(source.version),
            git_index_modes={},
        )
        with contextlib.redirect_stderr(io.StringIO()):  # copier prints what is wrong, and raises too
            questions = template.questions_data
        for details in questions.values():
            details.setdefault("qmark", "?")  # instead of a picture
        return template

    def refuse_unsafe(self, tree: Tree) -> None:
        """Raise UnsafeTemplate when rendering would run code, or read what is not the template's."""
        settings = self.template._raw_config
        for feature in () if self.source.is_foreign else _CODE:
            if settings.get(feature):
                raise UnsafeTemplate(tree.template, feature, _RUNS_CODE)
        version = f"{tree.template} {self.source.tag}"
        if settings.get("_external_data"):
            raise UnsafeTemplate(version, "_external_data", _EXTERNAL)
        extensions = foreign_extensions(settings.get("_jinja_extensions"))
        if extensions and self.workplace is None:
            raise UnsafeTemplate(version, f"the Jinja extension {extensions[0]!r}", copier_code.REFUSED)

    @cached_property
    def environment(self) -> Any:
        """Copier's Jinja environment, which reads from memory and compiles each text once."""
        plain = Worker(dst_path=_NOWHERE, settings=SettingsModel())
        plain.__dict__["template"] = self.template
        with copier_code.importing_extensions(self.workplace, self.template, self.source.tag):
            env = plain.jinja_env
        env.loader = _Loader(self.linked, getattr(env.loader, "searchpath", []))
        if self.source.is_foreign:
            _harden(env)
        compile_text = env.from_string
        compiled: dict[str, Any] = {}

        def from_string(text: Any, *args: Any, **settings: Any) -> Any:
            if not isinstance(text, str):
                return compile_text(text, *args, **settings)
            if text not in compiled:
                compiled[text] = compile_text(text, *args, **settings)
            forget_loop(env)  # as compiling does
            return compiled[text]

        env.__dict__["from_string"] = from_string
        return env

    def below(self, folder: str) -> tuple[tuple[str, File], ...]:
        """Return the files below a folder of the template by their path there."""
        if folder not in self._below:
            follow = not self.template.preserve_symlinks
            found = tuple(self.linked.below(folder, follow=follow))
            for path, _ in found:  # a repository made by hand may hold any name
                names.checked(path)
            self._below[folder] = found
        return self._below[folder]

    def matcher(self, patterns: tuple[str, ...], make: Callable[[Iterable[str]], Any]) -> Any:
        """Return a function that matches a path against patterns, and looks at each path once."""
        known = self._patterns.setdefault(patterns, {})
        matches: list[Any] = []

        def match(path: Path) -> bool:
            name = path.as_posix()
            if name not in known:
                if not matches:
                    matches.append(make(patterns))
                known[name] = bool(matches[0](path))
            return known[name]

        return match


@lru_cache(maxsize=8)
def _ready(source: Source) -> _Ready:
    return _Ready(source)


def _on_disk(source: Source, workplace: Workplace, stack: contextlib.ExitStack) -> _Ready:
    """Return a template whose code may run, put on the disk; what it prints is no result of ours."""
    stack.enter_context(contextlib.redirect_stdout(sys.stderr))
    write_tree(source.files, workplace.template)
    return _Ready(source, workplace)


def _harden(env: Any) -> None:
    """Let no text look at this machine, or make a value without end."""

    def call_binop(_context: Any, operator: str, left: Any, right: Any) -> Any:
        bounds.refuse_huge(operator, left, right)
        return env.binop_table[operator](left, right)

    def refused(*_: object, **__: object) -> None:
        raise SecurityError("it uses a filter that looks at this machine: " + ", ".join(_OUTSIDE_FILTERS))

    env.intercepted_binops = frozenset(("*", "**"))
    env.call_binop = call_binop
    env.filters.update(dict.fromkeys(_OUTSIDE_FILTERS, refused))


def forget_loop(env: Any) -> None:
    """Forget the last `yield` tag, of which copier keeps a note in the environment."""
    loop = get_yield_context(env)
    loop.yield_name = loop.yield_iterable = None


class _Loader(BaseLoader):
    """Reads the texts that others include."""

    def __init__(self, files: LinkedFiles, searchpath: list[str]) -> None:
        self._files = files
        self.searchpath = searchpath  # where extensions look for others of the template

    def get_source(self, _environment: Any, template: str) -> tuple[str, str | None, Callable[[], bool]]:
        try:
            content = self._files.read("/".join(split_template_path(template)))
        except LinkError as error:
            raise TemplateNotFound(template) from error
        return content.decode(), None, lambda: True


class _Worker(Worker):
    """A copier worker that names the answer which is wrong, and renders into memory."""

    _ready: ClassVar[_Ready]  # of each worker; copier's dataclass takes no field that is private
    _at: ClassVar[_Place]
    _watch: ClassVar[Watch | None]

    def prepare(self, ready: _Ready, previous: Mapping[str, object], at: _Place, watch: Watch | None) -> None:
        """Take what was made before, instead of cloning and reading."""
        self.__dict__["_ready"] = ready
        self.__dict__["_at"] = at
        self.__dict__["_watch"] = watch
        self.__dict__["template"] = ready.template
        self.__dict__["jinja_env"] = ready.environment
        known = ready.template.questions_data.keys() - self.data.keys()
        last = {key: value for key, value in previous.items() if key in known}
        self.__dict__["subproject"] = SimpleNamespace(
            local_abspath=self.dst_path, last_answers=last, _cleanup=lambda: None
        )

    def rendered(self, template: str) -> Rendered:
        """Ask what is open, make the files, and let the template's code at them where it may."""
        with Phase.use(Phase.PROMPT):
            self.take_answers()
        with Phase.use(Phase.RENDER):
            files = self.render_files()
        said: tuple[str, ...] = ()
        if self._ready.source.is_foreign:
            self._at.name = "copier.yml"
            with Phase.use(Phase.TASKS):
                files, said = copier_code.run_tasks(self, self._ready.workplace, files, self._watch)
        skipped = frozenset(path for path in files if self.match_skip(Path(path)))
        values = {key: self.answers.user[key] for key in self.asked() if not self.is_secret(key)}
        answers_file = self.answers_relpath.as_posix()
        return Rendered(
            *(Answers(template, values), files, skipped),
            answers_file=answers_file if answers_file in files else None,
            warnings=(*said, *names.warnings(files)) if self._ready.source.is_foreign else said,
        )

    def asked(self) -> list[str]:
        """Return the questions that apply, in order, without the one after our template."""
        hidden = self.answers.hidden | ({"template"} if not self._ready.source.is_foreign else set())
        answered = self.answers.user.keys() - hidden
        return [key for key in self.template.questions_data if key in answered]

    def is_secret(self, key: str) -> bool:
        """Return True when the answer must not be written anywhere."""
        return key in self.template.secret_questions

    # --- answers

    def take_answers(self) -> None:
        """Take what is given, then what is recorded; ask for the rest, or take its default."""
        for key, value in self.data.items():
            if key not in self.template.questions_data:
                raise UnknownAnswer(key, self.template.questions_data)
            self._check_yes_no(key, value)
        self.user_defaults = {k: v for k, v in self.user_defaults.items() if self._accepts(k, v)}
        self.answers = AnswersMap(
            user_defaults=self.user_defaults,
            init=self.data,
            last=self.subproject.last_answers,
            metadata=self.template.metadata,
        )
        for key, details in self.template.questions_data.items():
            self._at.name = f"copier.yml, {key!r}"
            self._take(key, self._question(key, details, self.answers))
        own = set() if self._ready.source.is_foreign else {"template"}
        if superfluous := self.data.keys() - self.asked() - own:
            raise UnknownAnswer(min(superfluous), self.asked())

    def _question(self, key: str, details: Mapping[str, Any], answers: AnswersMap) -> Question:
        context = self._render_context()
        return Question(var_name=key, answers=answers, context=context, jinja_env=self.jinja_env, **details)

    def _take(self, key: str, question: Question) -> None:
        last, taken = self.answers.last, self.answers.user
        if not question.get_when():
            self.answers.hide(key)
            last.pop(key, None)
            if (default := question.get_default()) is not MISSING:
                taken[key] = default
        elif key in self.data:
            taken[key] = self._accepted(question, key, self.data[key])
        elif key in last:
            taken[key] = self._accepted(question, key, last[key], is_recorded=True)
        elif self.defaults or not question.get_ask():
            default = question.get_default()
            if default is MISSING and question.get_ask():
                raise MissingAnswer(key)
            if default is not MISSING:
                taken[key] = default
        else:
            with self._watch.stopped() if self._watch else contextlib.nullcontext():
                taken[key] = _ask_person(question)

    def _accepted(self, question: Question, key: str, value: object, *, is_recorded: bool = False) -> object:
        try:
            self._check_yes_no(key, value)
            parsed: object = question.parse_answer(value)
            question.validate_answer(parsed)
        except (CopierError, ValueError, TypeError) as error:
            way_out = f"; this is recorded in the project: pass -d {key}=VALUE" if is_recorded else ""
            raise InvalidAnswer(key, value, self._why(key, error) + way_out) from error
        except InvalidAnswer as error:
            if not is_recorded:
                raise
            why = f"{_EXPECTED['bool']}; this is recorded in the project: pass -d {key}=VALUE"
            raise InvalidAnswer(key, value, why) from error
        return parsed

    def _check_yes_no(self, key: str, value: object) -> None:
        # Copier takes any word that it does not know for a yes.
        is_bool = self.template.questions_data[key].get("type") == "bool"
        if is_bool and str(value).strip().lower() not in _YES_NO:
            raise InvalidAnswer(key, value, _EXPECTED["bool"])

    def _accepts(self, key: str, value: object) -> bool:
        details = self.template.questions_data.get(key)
        if details is None:
            return False
        question = self._question(key, details, AnswersMap())
        try:
            question.validate_answer(question.parse_answer(value))
        except (CopierError, ValueError, TypeError):
            return False
        return True

    def _why(self, key: str, error: Exception) -> str:
        details = self.template.questions_data[key]
        if found := re.match(r"Validation error for question '.*?': (.*)", str(error), re.DOTALL):
            return found[1]
        choices = details.get("choices")
        if choices and not isinstance(choices, str):
            values = choices.values() if isinstance(choices, dict) else choices
            return f"choose one of: {', '.join(map(str, values))}"
        return _EXPECTED.get(details.get("type"), str(error) or "it cannot be read")

    # --- files

    def render_files(self) -> dict[str, File]:
        """Return the files of the project by their path."""
        ready, suffix = self._ready, self.template.templates_suffix
        self.__dict__["_context"] = self._render_context()
        root = PurePosixPath(self._render_string(self.template.subdirectory) or ".").as_posix().strip("/")
        root = "" if root == "." else root
        answers_name = str(self.answers_relpath)
        budget = bounds.Budget()
        result: dict[str, File] = {}
        for name, file in ready.below(root):
            self._at.name = f"{root}/{name}".strip("/")
            is_text = name.endswith(suffix)
            if suffix and ready.linked.exists(f"{root}/{name}{suffix}"):
                continue  # that one is the text for it
            if not is_text and "{" not in name and self._is_plain(name) and answers_name not in name:
                if not self.match_exclude(Path(name)):
                    result[name] = self._output(name, file)
                    budget.spend_file()
                    budget.spend(len(file.content))
                continue
            path = PurePosixPath(name)
            stem = path.with_suffix("") if suffix and is_text else path
            for where, loop in self._render_parts(stem.parts, is_template=is_text):
                into = names.checked(where.as_posix())
                if (not is_text and ready.linked.exists(f"{where}{suffix}")) or self.match_exclude(where):
                    continue
                budget.spend_file()
                result[into] = self._output(into, self._rendered(file, loop or {}, budget))
        names.refuse_overlaps(result)
        return dict(sorted(result.items()))

    def _output(self, path: str, file: File) -> File:
        if file.mode == LINK and leads_outside(path, file.content.decode(errors="surrogateescape")):
            raise LinkError(
                f"{path} is a symbolic link to {file.content.decode(errors='replace')!r}, outside"
            )
        return file

    def _rendered(self, file: File, loop: dict[str, Any], budget: bounds.Budget) -> File:
        origin = self._at.name
        if not origin.endswith(self.template.templates_suffix):
            budget.spend(len(file.content))
            return file
        if file.mode == LINK:
            target = self._render_string(file.content.decode(errors="surrogateescape"))
            return File(LINK, target.encode(errors="surrogateescape"))
        try:
            text = self.jinja_env.get_template(origin)
        except UnicodeDecodeError:
            if self.template.templates_suffix:
                raise
            budget.spend(len(file.content))
            return file  # every file is a text there, unless it cannot be one
        forget_loop(self.jinja_env)
        pieces = []
        for piece in text.generate(**self._render_context(), **loop):
            budget.spend(len(piece))
            pieces.append(piece)
        if get_yield_context(self.jinja_env).yield_name:
            raise ValueError(f"{origin} has a yield tag, which only names of files may have")
        return File(file.mode, "".join(pieces).encode())

    def _render_context(self) -> Any:
        # Copier makes it anew for each text; the answers no longer change.
        known = self.__dict__.get("_context")
        if known is None:
            return super()._render_context()
        return {**known, "_copier_answers": dict(known["_copier_answers"])}

    def _render_string(self, string: str, extra_context: dict[str, Any] | None = None) -> str:
        # Most are parts of paths without a tag.
        if isinstance(string, str) and self._is_plain(string):
            forget_loop(self.jinja_env)
            return string
        return super()._render_string(string, extra_context)

    def _path_matcher(self, patterns: Iterable[str]) -> Callable[[Path], bool]:
        matcher: Callable[[Path], bool] = self._ready.matcher(tuple(patterns), super()._path_matcher)
        return matcher

    @property
    def answers_relpath(self) -> Path:
        """Where the answers file goes; copier renders it for each part of each path."""
        path = str(self.template.answers_relpath)
        if self._is_plain(path):
            return Path(path)
        context = super()._render_context()  # one of its own, since it must not see itself
        context["_copier_conf"]["answers_file"] = ""
        return Path(self.jinja_env.from_string(path).render(**context))

    def _is_plain(self, text: str) -> bool:
        env = self.jinja_env
        tags = (env.variable_start_string, env.block_start_string, env.comment_start_string)
        line_tags = env.line_statement_prefix or env.line_comment_prefix
        return not line_tags and not any(sign in text for sign in (*tags, "\n", "\r"))


def _ask_person(question: Question) -> object:
    from prompt_toolkit.application import get_app_session

    is_replaced = getattr(get_app_session(), "_input", None) is not None
    if not (is_replaced or sys.stdin.isatty()):
        raise NoTerminal
    structure = question.get_questionary_structure()
    choices = [(choice.title, choice.description) for choice in structure.get("choices", ())]
    names.printable([structure.get("message"), structure.get("default"), choices])
    try:
        answered = unsafe_prompt([structure], answers={question.var_name: question.get_default()})
    except EOFError:
        raise NoTerminal from None
    result: object = answered[question.var_name]
    return result


@contextlib.contextmanager
def _prompts_on_stderr() -> Iterator[None]:
    """Keep standard output free for the result."""
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.output import create_output

    with create_app_session(output=create_output(stdout=sys.stderr)):
        yield


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _describe(error: Exception, at: _Place) -> str:
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name or at}, line {error.lineno}: {error.message}"
    if isinstance(error, TemplateNotFound):
        return f"it includes {error.name!r}, which is not there"
    if isinstance(error, MemoryError):
        return "it takes too much memory"
    if isinstance(error, UndefinedError):
        line = _line(error)
        return f"{at}, line {line}: {error}" if line else f"{at}: {error}"
    return str(error) or type(error).__name__


def _line(error: Exception) -> int:
    """Return the line of a template's text in which an error came up, 0 when that is not known."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
