"""Where the scaffolder's own files lie: templates, their history, and what it may keep between two runs."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

ROOTS = ("copier.yml", "templates")  # all that a version of the templates consists of


def home() -> Path:
    """Return the folder that holds copier.yml and templates/: a checkout, or what the wheel carries."""
    package = Path(__file__).parent
    return package / "bundle" if (package / "bundle").is_dir() else package.parent


def is_checkout() -> bool:
    """Return True when the templates lie in a git work tree, so that they may be newer than any release."""
    return (home() / ".git").exists()  # a file when the work tree is a linked one


def stream() -> Path:
    """Return the file with all released versions."""
    return Path(__file__).with_name("history.stream")


def cache() -> Path:
    """Return the folder for what can be made again."""
    import platformdirs

    return platformdirs.user_cache_path("scaffolder", appauthor=False)


@lru_cache(maxsize=1)
def own_url() -> str:
    """Return the one address that goes into every project of ours."""
    from importlib.metadata import metadata

    urls = dict(entry.split(", ", 1) for entry in metadata("portfolio-scaffolder").get_all("Project-URL", ()))
    return str(urls["Repository"])
