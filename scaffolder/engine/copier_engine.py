"""The only importer of copier: its Worker renders, fed with a template that lies ready on disk.

Worker, Template and Question are private to copier, so pyproject.toml pins its minor version, and a test
compares with plain `copier copy`.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml
from copier._jinja_ext import get_yield_context
from copier._main import Worker
from copier._settings import SettingsModel
from copier._template import Template
from copier._user_data import AnswersMap, Question
from copier.errors import CopierError, InteractiveSessionError
from jinja2 import TemplateError, TemplateSyntaxError
from packaging.version import Version

from scaffolder.answers import Answers
from scaffolder.errors import (
    InvalidAnswer,
    MissingAnswer,
    NoTerminal,
    RenderFailed,
    UnknownAnswer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.engine.source import Tree
    from scaffolder.tree import File

_EXPECTED = {"bool": "expected yes or no", "int": "expected a whole number", "str": "expected a text"}
_YES_NO = {"y", "yes", "t", "true", "on", "1", "n", "no", "f", "false", "off", "0"}


def render(tree: Tree, answers: Answers, into: Path, *, ask: bool, defaults: Mapping[str, object]) -> Answers:
    """Render with copier; see `scaffolder.engine.render`."""
    if answers.values.get("template", tree.template) != tree.template:
        raise InvalidAnswer("template", answers.values["template"], f"this is template {tree.template}")
    worker = _Worker(
        src_path=tree.source.url,
        dst_path=into,
        data={**answers.values, "template": tree.template},
        settings=SettingsModel(),  # not the user's own, which may hold defaults
        defaults=not ask,
        user_defaults=dict(defaults),
        overwrite=True,
        cleanup_on_error=False,
        quiet=True,
    )
    try:
        worker.__dict__["template"] = _ready_template(tree)
        with _prompts_on_stderr() if ask else contextlib.nullcontext():
            worker.run_copy()
        _write_verbatim(worker, tree.verbatim)
    except KeyboardInterrupt:
        raise KeyboardInterrupt from None  # copier's own is also an error of copier
    except (CopierError, TemplateError, yaml.YAMLError, ValueError, TypeError, KeyError) as error:
        raise RenderFailed(tree.template, _describe(error)) from error
    return Answers(tree.template, {key: worker.answers.user[key] for key in worker.asked()})


def _write_verbatim(worker: Worker, files: Mapping[str, File]) -> None:
    """Write the files that copier would only copy, and takes several times as long for; it says which."""
    for name, file in files.items():
        if not worker.match_exclude(Path(name)):
            path = worker.dst_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
            if file.mode == "100755":
                path.chmod(path.stat().st_mode | 0o111)


def _ready_template(tree: Tree) -> Template:
    """Return a copier template whose properties are known, so that copier neither clones nor runs git."""
    template = Template(url=tree.source.url, ref=tree.source.tag)
    template.__dict__.update(
        local_abspath=tree.path.resolve(),
        commit=tree.source.tag,
        commit_hash=None,
        vcs="git",
        version=Version(tree.source.version),
        git_index_modes={PurePosixPath(path): mode for path, mode in tree.modes.items()},
    )
    with contextlib.redirect_stderr(io.StringIO()):  # copier prints what is wrong with a file, and raises too
        questions = template.questions_data
    for details in questions.values():
        details.setdefault("qmark", "?")  # instead of a picture
    return template


class _Worker(Worker):
    """A copier worker that names the answer which is wrong, and starts no git."""

    def asked(self) -> list[str]:
        """Return the questions that apply, in order, without the one after the template."""
        answered = self.answers.user.keys() - self.answers.hidden - {"template"}
        return [key for key in self.template.questions_data if key in answered]

    def _ask(self) -> None:
        self._check_given()
        self.user_defaults = {k: v for k, v in self.user_defaults.items() if self._accepts(k, v)}
        try:
            super()._ask()
        except InteractiveSessionError:
            raise NoTerminal from None
        except (CopierError, ValueError, TypeError) as error:
            self._name_the_answer(error)
            raise
        if superfluous := self.data.keys() - self.asked() - {"template"}:
            raise UnknownAnswer(min(superfluous), self.asked())

    def _check_given(self) -> None:
        questions = self.template.questions_data
        for key, value in self.data.items():
            if key not in questions:
                raise UnknownAnswer(key, questions)
            # Copier takes any word that it does not know for a yes.
            if questions[key].get("type") == "bool" and str(value).strip().lower() not in _YES_NO:
                raise InvalidAnswer(key, value, _EXPECTED["bool"])

    def _accepts(self, key: str, value: object) -> bool:
        details = self.template.questions_data.get(key)
        if details is None:
            return False
        context, env = self._render_context(), self.jinja_env
        question = Question(var_name=key, answers=AnswersMap(), context=context, jinja_env=env, **details)
        try:
            question.validate_answer(question.parse_answer(value))
        except (CopierError, ValueError, TypeError):
            return False
        return True

    def _name_the_answer(self, error: Exception) -> None:
        """Raise our own error when the question at which copier stopped has a wrong answer, or none."""
        behind = self.answers.user.keys() | self.answers.hidden
        key = next((key for key in self.template.questions_data if key not in behind), "")
        if key in self.data:
            raise InvalidAnswer(key, self.data[key], self._why(key, error)) from error
        if str(error) == f'Question "{key}" is required':
            raise MissingAnswer(key) from error

    def _why(self, key: str, error: Exception) -> str:
        details = self.template.questions_data[key]
        if found := re.match(r"Validation error for question '.*?': (.*)", str(error), re.DOTALL):
            return found[1]
        if choices := details.get("choices"):
            values = choices.values() if isinstance(choices, dict) else choices
            return f"choose one of: {', '.join(map(str, values))}"
        return _EXPECTED.get(details.get("type"), str(error))

    def _render_string(self, string: str, extra_context: dict[str, Any] | None = None) -> str:
        # Most are parts of paths without a tag; copier compiles each anew, which takes longer than the rest.
        is_looping = get_yield_context(self.jinja_env).yield_name
        if isinstance(string, str) and self._is_plain(string) and not is_looping:
            return string
        return super()._render_string(string, extra_context)

    @property
    def answers_relpath(self) -> Path:
        """Where the answers file goes; copier renders it for each part of each path."""
        path = str(self.template.answers_relpath)
        return Path(path) if self._is_plain(path) else super().answers_relpath

    def _is_plain(self, text: str) -> bool:
        env = self.jinja_env
        tags = (env.variable_start_string, env.block_start_string, env.comment_start_string)
        line_tags = env.line_statement_prefix or env.line_comment_prefix
        return not line_tags and not any(sign in text for sign in (*tags, "\n", "\r"))

    def _sync_git_index_executable_bit(self, dst_relpath: Path, src_mode: int) -> None:
        """Do nothing: it would start git for each file, and the first commit takes the mode anyway."""


@contextlib.contextmanager
def _prompts_on_stderr() -> Iterator[None]:
    """Keep standard output free for the result."""
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.output import create_output

    with create_app_session(output=create_output(stdout=sys.stderr)):
        yield


def _describe(error: Exception) -> str:
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name or 'text'}, line {error.lineno}: {error.message}"
    if isinstance(error.__cause__, yaml.YAMLError):
        return f"copier.yml or what it includes is no YAML: {error.__cause__}"
    return str(error) or type(error).__name__
