"""The same twenty-four updates for projects of cookiecutter templates, with our record and with cruft's.

Cookiecutter knows neither migrations nor files that are left to the owner. A hook that fails stands for the
one, and a `skip` in the record for the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cases import CASES, Case, commit_all, write_template

if TYPE_CHECKING:
    from pathlib import Path

FAILING_HOOK = {"hooks/post_gen_project.py": b"raise SystemExit('not today')\n"}
SKIPPED = "a.txt"
SETTINGS = b'{"slug": "project", "name": "Ada"}\n'
UNRENDERED = b'{"slug": "project", "_copy_without_render": ["*"]}\n'

HOOK_CASE = next(case for case in CASES if "_migrations" in case.settings)
SKIP_CASE = next(case for case in CASES if "_skip_if_exists" in case.settings)


def write_cookiecutter_template(folder: Path, case: Case, settings: bytes = SETTINGS) -> None:
    """Make the case's template, as cookiecutter has them, with the tags v1.0.0 and v2.0.0."""
    for files, tag in ((case.before, "v1.0.0"), (case.after, "v2.0.0")):
        inside = {f"{{{{cookiecutter.slug}}}}/{name}": content for name, content in files.items()}
        hooks = FAILING_HOOK if case is HOOK_CASE and tag == "v2.0.0" else {}
        write_template(folder, {"cookiecutter.json": settings, **hooks, **inside}, tag)


def skip(project: Path) -> None:
    """Let the record of a project of ours say that a file is left to the owner."""
    record = project / ".scaffolder.yml"
    record.write_bytes(record.read_bytes() + f"skip: [{SKIPPED}]\n".encode())
    commit_all(project, "Leave it to me")
