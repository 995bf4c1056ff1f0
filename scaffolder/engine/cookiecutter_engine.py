"""The renderer of cookiecutter templates: its prompts, environment and rules, over files in memory.

This and the modules beginning with `cookiecutter_` are the only importers of cookiecutter. Of its functions
none is public by name, so pyproject.toml pins the minor version, and tests compare with plain
`cookiecutter --no-input` byte for byte. The user's own configuration of cookiecutter is never read, and its
replay files are not written: what was answered goes into the project, as `.scaffolder.yml`.
"""

from __future__ import annotations

import contextlib
import posixpath
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scaffolder import record_file
from scaffolder.answers import Answers
from scaffolder.engine import names
from scaffolder.engine.bounds import Budget, OutOfBounds, Watch, memory_bounded
from scaffolder.engine.cookiecutter_answers import Questions
from scaffolder.engine.cookiecutter_files import Template, describe
from scaffolder.engine.cookiecutter_hooks import Workshop, hooks, importing_from
from scaffolder.engine.render import Rendered
from scaffolder.engine.workplace import CodeFailed, Workplace
from scaffolder.errors import RenderFailed, ScaffolderError
from scaffolder.record import RECORD_FILE
from scaffolder.tree import File

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.engine.source import Source, Tree


def render(
    tree: Tree,
    answers: Answers,
    *,
    ask: bool,
    defaults: Mapping[str, object],
    previous: Mapping[str, object] | None,
    folder_name: str | None,  # noqa: ARG001 - a template names its folder itself, and we put it where we want
    trust: bool = False,
) -> Rendered:
    """Render with cookiecutter; see `scaffolder.engine.render`."""
    with contextlib.ExitStack() as stack:
        making = _Making(tree, stack, trust=trust)
        try:
            with memory_bounded(), Watch() as watch:
                questions = Questions(answers.values, previous or {}, defaults, watch, ask=ask)
                return making.run(questions, watch)
        except ScaffolderError:
            raise
        except OutOfBounds as error:
            raise RenderFailed(tree.template, f"{making.at}: {error}") from error
        except Exception as error:  # whatever a template makes Python raise is the template's
            raise RenderFailed(tree.template, making.describe(error)) from error


class _Making:
    """One rendering, from the choice of the template to the files."""

    def __init__(self, tree: Tree, stack: contextlib.ExitStack, *, trust: bool) -> None:
        self.source = tree.source
        self.name = tree.template
        self.stack = stack
        self.trust = trust
        self.template: Template | None = None
        self.workshop: Workshop | None = None

    @property
    def at(self) -> str:
        return self.template.at if self.template else "cookiecutter.json"

    def describe(self, error: BaseException) -> str:
        if isinstance(error, CodeFailed) or self.template is None:
            return str(error)
        return describe(error, self.template)

    def run(self, questions: Questions, watch: Watch) -> Rendered:
        template = self._open(self.source.directory, self.source.files, watch)
        while (folder := questions.choose(template)) is not None:
            template = self._open(folder, template.files, watch)
        values = questions.answer(template)
        context = self._context(template, values)
        budget = Budget()
        folder_name = template.project_folder(context)
        files = template.render_files(context, budget)
        warnings = self._warnings(template)
        if self.workshop is not None:
            with watch.stopped():
                files, left_out = self.workshop.make_project(template, context, files, folder_name)
            warnings += tuple(f"the hooks made {name}, which is left out" for name in left_out)
        return self._with_record(files, questions.recorded(), values, warnings)

    def _open(self, directory: str, files: Mapping[str, File], watch: Watch) -> Template:
        """Return the template in a folder; with trust, after its own hook has been at it."""
        if not self.trust:
            self.template = _kept(self.source, directory)
            self.template.begin()
            return self.template
        self.template = Template(self.name, files, directory, trust=True)
        if not hooks(files, directory) and not self.template.settings.get("_extensions"):
            return self.template
        if self.workshop is None:
            self.workshop = Workshop(self.stack.enter_context(Workplace()), files)
        with watch.stopped():
            changed = self.workshop.before_questions(directory)
        if changed is not None:
            self.template = Template(self.name, changed, directory, trust=True)
        self.stack.enter_context(importing_from(self.workshop.workplace.template / directory))
        return self.template

    def _context(self, template: Template, values: OrderedDict[str, Any]) -> dict[str, Any]:
        """Return what texts see. Where cookiecutter has paths of this machine, it is the same on each one."""
        asked = {key: raw for key, raw in template.settings.items() if not key.startswith("_")}
        neutral = {
            "_template": self.source.url if "://" in self.source.url else self.name,
            "_output_dir": ".",
            "_repo_dir": posixpath.join(self.name, template.directory).rstrip("/"),
            "_checkout": self.source.commit_id,
            "_commit": self.source.commit_id,  # as cruft has it
        }
        return {"cookiecutter": OrderedDict({**values, **neutral}), "_cookiecutter": asked}

    def _warnings(self, template: Template) -> tuple[str, ...]:
        found = () if self.trust else hooks(template.files, template.directory)
        if not found:
            return ()
        verb, it = ("were", "them") if len(found) > 1 else ("was", "it")
        return (f"{' and '.join(found)} {verb} not run; --trust runs {it}",)

    def _with_record(
        self,
        files: Mapping[str, File],
        answers: Mapping[str, object],
        variables: Mapping[str, object],
        warnings: tuple[str, ...],
    ) -> Rendered:
        if RECORD_FILE in files:
            raise RenderFailed(self.name, f"it makes {RECORD_FILE}, in which a project's own record is kept")
        record = File("100644", record_file.render(self.source, answers))
        return Rendered(
            Answers(self.name, answers),
            dict(sorted({**files, RECORD_FILE: record}.items())),
            answers_file=RECORD_FILE,
            warnings=warnings + names.warnings(files),
            variables=variables,
        )


@lru_cache(maxsize=8)
def _kept(source: Source, directory: str) -> Template:
    return Template(source.url.rstrip("/").rpartition("/")[2], source.files, directory, trust=False)
