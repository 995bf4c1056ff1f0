"""The template version that a repository was generated from: its files as they lie in the template.

Only our own released templates, which this installation carries: what it gives can be trusted to run.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.check.portfolio import Portfolio
    from scaffolder.engine.source import Source
    from scaffolder.tree import File


def template_files(portfolio: Portfolio) -> Mapping[str, File] | None:
    """Return the files of the recorded version of its template by their path in the project, unrendered.

    None for a repository of another origin, or of a version that this installation does not have
    (`portfolio.trouble["template"]` says which).
    """
    from scaffolder.engine.source import recorded
    from scaffolder.places import own_url

    record = portfolio.record
    if record is None or record.url != own_url():
        return None
    try:
        return _files(recorded(record), record.template)
    except (ScaffolderError, OSError) as error:
        portfolio.trouble["template"] = str(error)
        return None


@lru_cache(maxsize=32)
def _files(source: Source, template: str) -> Mapping[str, File]:
    from scaffolder.engine.source import project_files

    source.tree(template)  # raises when this version has no such template
    return project_files(source, template)
