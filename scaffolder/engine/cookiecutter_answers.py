"""The questions of a cookiecutter template: given, recorded, asked with its prompts, or by default.

What is answered is taken as it stands and never rendered; a default may refer to the answers before it.
"""

from __future__ import annotations

import contextlib
import json
import posixpath
import re
import sys
import unicodedata
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any

from cookiecutter import prompt  # type: ignore[import-untyped]
from rich.errors import MarkupError
from rich.prompt import InvalidResponse

from scaffolder.engine.bounds import LONGEST_VALUE, OutOfBounds
from scaffolder.errors import InvalidAnswer, NoTerminal, UnknownAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scaffolder.engine.bounds import Watch
    from scaffolder.engine.cookiecutter_files import Template

NESTED = "template"  # the name of the answer which of several templates is meant
_DEEPEST = 5  # templates in templates in templates
# Such an answer is taken, but neither recorded nor proposed again.
_SECRET = re.compile(
    r"(?i)(^|[_-])(password|passwd|passphrase|secret|secret_?key|token|api_?key|access_?key|private_?key"
    r"|credentials?)$"
)


class Questions:
    """The questions of one project, from the choice of a nested template to the last."""

    def __init__(
        self,
        given: Mapping[str, object],
        previous: Mapping[str, object],
        defaults: Mapping[str, object],
        watch: Watch,
        *,
        ask: bool,
    ) -> None:
        self.given = _unpacked(given)
        self.previous = previous
        self.defaults = defaults
        self.watch = watch
        self.ask = ask
        self.taken: dict[str, object] = {}  # by question, in their order
        self._count = self._size = 0

    # --- which template

    def choose(self, template: Template) -> str | None:
        """Return the folder of the template that is chosen of several, None where there is only this one."""
        settings = template.settings
        if not {"template", "templates"} & settings.keys():
            return None
        depth = len(self.taken) + 1
        if depth > _DEEPEST:
            raise ValueError(f"its templates lead to each other, {_DEEPEST} times and more")
        key = NESTED if depth == 1 else f"{NESTED}_{depth}"
        options = self._nested(template)
        if not options:
            raise ValueError("its list of templates is empty")
        if key in self.given or key in self.previous:
            chosen = self._accept(key, lambda value: _option(str(value), options))
        elif self.ask:
            chosen = self._ask_nested(template, options)
        else:
            chosen = next(iter(options))
        self.taken[key] = chosen
        path = options[chosen]
        folder = posixpath.normpath(posixpath.join(template.directory, path))
        if path.startswith("/") or folder == ".." or folder.startswith("../"):
            raise ValueError(f"{chosen!r} leads to {path!r}, which is outside of the template")
        return "" if folder == "." else folder

    def _nested(self, template: Template) -> dict[str, str]:
        """Return the paths of the templates by the name to choose them by."""
        described = template.settings.get("templates")
        if isinstance(described, dict) and described:
            return {name: _text_in(entry, "path", name) for name, entry in described.items()}
        texts = [
            str(prompt.render_variable(template.environment, text, {})) for text in self._old_style(template)
        ]
        found = {text: re.search(r"\((.+)\)", text) for text in texts}
        if bad := next((text for text, path in found.items() if path is None), None):
            raise ValueError(f"its template {bad!r} names no path, such as in 'Package (./package)'")
        return {text: path[1] for text, path in found.items() if path}

    def _old_style(self, template: Template) -> Sequence[object]:
        texts = template.settings.get("template") or []
        if not isinstance(texts, list):
            raise ValueError(f"its list of templates is {texts!r}")
        return texts

    def _ask_nested(self, template: Template, options: Mapping[str, str]) -> str:
        described = template.settings.get("templates")
        if isinstance(described, dict) and described:
            _require_printable(described)
            put = partial(prompt.prompt_choice_for_template, "templates", described, no_input=False)
        else:
            prompts = template.settings.get("__prompts__")
            put = partial(prompt.read_user_choice, "template", list(options), prompts)
        return str(self._prompt(put))

    # --- the questions of a template

    def answer(self, template: Template) -> OrderedDict[str, Any]:
        """Return the values of all variables, those of private ones too.

        Raises:
            UnknownAnswer: something is answered that is not asked.
            InvalidAnswer: an answer is none to its question.
            NoTerminal: nobody can be asked.
        """
        nested = list(self.taken)
        prompts = template.settings.get("__prompts__", {})
        settings = {key: raw for key, raw in template.settings.items() if key != "__prompts__"}
        visible = [key for key in settings if not key.startswith("_")]
        if unknown := self.given.keys() - {*visible, *nested}:
            raise UnknownAnswer(min(unknown), [*nested, *visible])
        open_keys = [key for key in visible if key not in self.given and key not in self.previous]
        self._count, self._size = 0, len(open_keys)
        if self.ask and open_keys:
            _require_printable({key: settings[key] for key in open_keys})
            _require_printable(prompts)
        values: OrderedDict[str, Any] = OrderedDict()
        for key, raw in settings.items():
            template.at = f"cookiecutter.json, {key!r}"
            if key.startswith("_") and not key.startswith("__"):
                values[key] = raw
            elif key.startswith("__"):
                values[key] = self._default(template, raw, values)
            elif not isinstance(raw, dict):
                values[key] = self._take(template, key, raw, values, prompts)
        for key, raw in settings.items():  # those may refer to all others
            template.at = f"cookiecutter.json, {key!r}"
            if isinstance(raw, dict) and key.startswith("__"):
                values[key] = self._default(template, raw, values)
            elif isinstance(raw, dict) and not key.startswith("_"):
                values[key] = self._take(template, key, raw, values, prompts)
        self.taken |= {key: values[key] for key in visible}
        return OrderedDict((key, values[key]) for key in settings)

    def _default(self, template: Template, raw: Any, values: dict[str, Any]) -> Any:
        made = prompt.render_variable(template.environment, raw, values)
        if len(str(made)) > LONGEST_VALUE:
            raise OutOfBounds(f"it makes a value of more than {LONGEST_VALUE:,} characters")
        return made

    def _take(
        self, template: Template, key: str, raw: Any, values: dict[str, Any], prompts: Mapping[str, Any]
    ) -> Any:
        default = self._default(template, raw, values)
        if isinstance(raw, list) and not default:
            raise ValueError("its list of choices is empty")
        if key in self.given or key in self.previous:
            if key in self.given and isinstance(raw, dict):
                default = _merged(default, self.previous.get(key, {}))
            return self._accept(key, lambda value: _accepted(value, raw, default))
        if isinstance(raw, str) and isinstance(self.defaults.get(key), str):
            default = self.defaults[key]
        if self.ask:
            self._count += 1
            return self._ask_one(key, raw, default, prompts)
        return default[0] if isinstance(raw, list) else default

    def _accept(self, key: str, convert: Callable[[object], Any]) -> Any:
        is_given = key in self.given
        value = self.given[key] if is_given else self.previous[key]
        try:
            return convert(value)
        except ValueError as error:
            way_out = "" if is_given else f"; this is recorded in the project: pass -d {key}=VALUE"
            raise InvalidAnswer(key, value, f"{error}{way_out}") from error

    def _ask_one(self, key: str, raw: Any, default: Any, prompts: Mapping[str, Any]) -> Any:
        _require_printable(default)
        prefix = f"  [dim][{self._count}/{self._size}][/] "
        if isinstance(raw, list):
            return self._prompt(lambda: prompt.read_user_choice(key, default, prompts, prefix))
        if isinstance(raw, bool):
            return self._prompt(lambda: prompt.read_user_yes_no(key, default, prompts, prefix))
        if isinstance(raw, dict):
            return self._prompt(lambda: prompt.read_user_dict(key, default, prompts, prefix))
        return self._prompt(lambda: prompt.read_user_variable(key, default, prompts, prefix))

    def _prompt(self, put: Callable[[], Any]) -> Any:
        if not sys.stdin.isatty():
            raise NoTerminal
        try:
            with self.watch.stopped(), prompts_on_stderr():
                return put()
        except EOFError:
            raise NoTerminal from None
        except MarkupError as error:
            raise ValueError(f"its prompt cannot be shown: {error}") from error

    def recorded(self) -> dict[str, object]:
        """Return the answers to write into the project: all, but what asks for a secret."""
        return without_secrets(self.taken)


@contextlib.contextmanager
def prompts_on_stderr() -> Iterator[None]:
    """Keep standard output free for the result: cookiecutter prints with rich's one console."""
    import rich
    from rich.console import Console

    console = rich.get_console()
    before = console.__dict__
    console.__dict__ = Console(stderr=True).__dict__
    try:
        yield
    finally:
        console.__dict__ = before


def _unpacked(given: Mapping[str, object]) -> dict[str, object]:
    """Return the answers; those of one of cookiecutter's replay files lie in it below its own name."""
    replay = given.get("cookiecutter")
    if not isinstance(replay, dict):
        return dict(given)
    inside = {str(key): value for key, value in replay.items() if not str(key).startswith("_")}
    return inside | {key: value for key, value in given.items() if key != "cookiecutter"}


def _accepted(value: object, raw: Any, default: Any) -> Any:
    """Return an answer as its question has it, or raise ValueError that says what was expected."""
    if isinstance(raw, list):
        for option, text in zip(default, raw, strict=True):
            if not isinstance(value, dict | list) and str(value) in (str(option), str(text)):
                return option
        raise ValueError(f"choose one of: {', '.join(map(str, default))}")
    if isinstance(raw, bool):
        if isinstance(value, bool):
            return value
        try:
            return prompt.YesNoPrompt().process_response(str(value))
        except InvalidResponse as error:
            raise ValueError("expected yes or no") from error
    if isinstance(raw, dict):
        return _merged(default, _mapping(value))
    if isinstance(value, dict | list):
        raise ValueError("expected a text")
    return value if value is None else str(value)


def _mapping(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(value)
    if not isinstance(value, dict):
        raise ValueError('expected a JSON object, such as {"key": "value"}')
    return value


def _merged(default: Any, value: Any) -> Any:
    """Return a dictionary with what is answered of it; the rest keeps its default, as cookiecutter has it."""
    if not (isinstance(default, dict) and isinstance(value, dict)):
        return value
    return default | {key: _merged(default.get(key), item) for key, item in value.items()}


def _option(value: str, options: Mapping[str, str]) -> str:
    """Return the name of the template that is meant by its name or by its path."""
    for name, path in options.items():
        if value == name or posixpath.normpath(value) == posixpath.normpath(path):
            return name
    raise ValueError(f"choose one of: {', '.join(options)}")


def _text_in(entry: Any, key: str, name: str) -> str:
    found = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(found, str) or not found:
        raise ValueError(f"its template {name!r} names no {key}")
    return found


def without_secrets(answers: Mapping[str, object]) -> dict[str, object]:
    """Return the answers that may be written down: no text whose name says a password, a key or a token."""
    return {key: _public(value) for key, value in answers.items() if not _is_secret(key, value)}


def _is_secret(key: str, value: object) -> bool:
    return isinstance(value, str) and bool(_SECRET.search(key))


def _public(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return without_secrets(value)


def _require_printable(value: Any) -> None:
    """Refuse what would steer the terminal instead of being read on it."""
    if isinstance(value, dict):
        _require_printable([*value.keys(), *value.values()])
    elif isinstance(value, list):
        for item in value:
            _require_printable(item)
    elif isinstance(value, str) and any(unicodedata.category(s) == "Cc" and s not in "\n\t" for s in value):
        raise ValueError(f"{value!r:.60} has control characters, which must not reach a terminal")
