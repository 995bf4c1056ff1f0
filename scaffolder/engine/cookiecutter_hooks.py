"""A cookiecutter template whose code may run: its hooks, and Jinja extensions that it brings along.

Both see only a temporary copy of the template and of the project, which is read back.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.engine.workplace import Workplace, read_tree, write_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scaffolder.engine.cookiecutter_files import Template
    from scaffolder.tree import File

HOOKS = ("pre_prompt", "pre_gen_project", "post_gen_project")


def hooks(files: Iterable[str], directory: str) -> tuple[str, ...]:
    """Return the paths of a template's hooks."""
    folder = posixpath.join(directory, "hooks")
    return tuple(
        sorted(path for path in files if posixpath.dirname(path) == folder and _kind(path) is not None)
    )


def _kind(path: str) -> str | None:
    stem = posixpath.splitext(posixpath.basename(path))[0]
    return stem if stem in HOOKS and not path.endswith("~") else None


class Workshop:
    """The workplace of a template: the files of its repository, and the project beside them."""

    def __init__(self, workplace: Workplace, files: Mapping[str, File]) -> None:
        self.workplace = workplace
        self.files = files
        write_tree(files, workplace.template)

    def before_questions(self, directory: str) -> dict[str, File] | None:
        """Run the hooks that may change the template, and return its files; None where there are none."""
        scripts = [path for path in hooks(self.files, directory) if _kind(path) == "pre_prompt"]
        for path in scripts:
            self._run(self.workplace.template / path, path, cwd=self.workplace.template / directory)
        if not scripts:
            return None
        self.files, _ = read_tree(self.workplace.template, self.files)
        return dict(self.files)

    def make_project(
        self, template: Template, context: Mapping[str, Any], files: Mapping[str, File], folder: str
    ) -> tuple[dict[str, File], tuple[str, ...]]:
        """Run the hooks before and after the files, and return what is there then, and what was left out."""
        project = self.workplace.project(folder)
        self._run_rendered("pre_gen_project", template, context, project)
        write_tree(files, project)
        self._run_rendered("post_gen_project", template, context, project)
        return read_tree(project, files)

    def _run_rendered(self, kind: str, template: Template, context: Mapping[str, Any], project: Path) -> None:
        # Scripts may look for the template; nothing of this gets into a file otherwise.
        places = {
            "_repo_dir": str(self.workplace.template / template.directory),
            "_output_dir": str(project.parent),
        }
        variables = {**context, "cookiecutter": {**context["cookiecutter"], **places}}
        for path in hooks(self.files, template.directory):
            if _kind(path) != kind:
                continue
            template.at = path
            text = (self.workplace.template / path).read_text(encoding="utf-8")
            made = template.environment.from_string(text).render(**variables)
            script = self.workplace.root / "scripts" / posixpath.basename(path)
            script.parent.mkdir(exist_ok=True)
            script.write_text(made, encoding="utf-8", newline="\n")
            self._run(script, path, cwd=project)

    def _run(self, script: Path, name: str, *, cwd: Path) -> None:
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        command = [str(script)]
        if script.suffix == ".py":
            command = [sys.executable, str(script)]
        elif os.name == "nt":
            command = ["cmd", "/c", str(script)]
        self.workplace.run(command, name, cwd=cwd, variables={})


@contextlib.contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """Let the modules in `folder` be imported, and forget them afterwards: the next version has others."""
    before, known = list(sys.path), set(sys.modules)
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path[:] = before
        for name in set(sys.modules) - known:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(folder):
                del sys.modules[name]
