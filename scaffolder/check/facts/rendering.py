"""What the texts of a generated project have to say, line by line.

They are rendered anew from the evidence by the renderer of the template version that the project records.
That renderer comes from our own releases, never from the project, whose code is not run; what the project
gives it (its prose, its README, portfolio.toml) is copied to a folder of its own and is bounded before.
"""

from __future__ import annotations

import ast
import hashlib
import re
import string
import sys
import tempfile
from contextlib import contextmanager
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING, Any

from scaffolder import evidence
from scaffolder.check.facts.origin import template_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.check.portfolio import Portfolio

README = "README.md"
PAGES = ("MODEL_CARD.md", "reports/star.md")
COPIED = (README, "portfolio.toml", "LICENSE")

MOST_PROSE = 200_000  # characters of all prose files; those of the templates have some ten thousand
LONGEST_LINE = 4_000  # of a prose file
MOST_RENDERED = 200_000_000  # characters that the places of a prose could become at worst
WIDEST = 100  # of a figure in a format
LONGEST_DIFF = 500  # lines that are aligned; what differs in more is compared line by line

_RENDERER = re.compile(r"(src/[a-z_0-9]+/portfolio)/report\.py")


class CannotRender(Exception):
    """The texts cannot be rendered; str() says what is wrong, in one line."""


class Renderer:
    """The renderer of one template version."""

    def __init__(self, folder: str, sources: Mapping[str, bytes]) -> None:
        self.folder = folder  # where a project has it: src/<package>/portfolio
        self.sources = sources  # its modules by name, without `.py`
        self._report = _load(tuple(sorted(sources.items())))

    def changed_in(self, portfolio: Portfolio) -> str | None:
        """Return the first module of it that is another one in the project; None where all are the same."""
        for name in _modules_of(self._report):
            path = f"{self.folder}/{name}.py"
            text = portfolio.text(path)
            if name != "evidence" and text != self.sources[name].decode().replace("\r\n", "\n"):
                return path
        return None

    def expected(self, portfolio: Portfolio) -> dict[str, str]:
        """Return the texts that the evidence determines, by path, with newline characters at line ends.

        Raises:
            CannotRender: a text, a marker or a figure is missing, or a text names what there is not.
        """
        measured = portfolio.evidence
        if measured is None:
            raise CannotRender(f"{evidence.METRICS}: there is no valid evidence")
        with _staged(portfolio) as root:
            _MEASURED[root] = measured
            try:
                made = self._report.render(root)
                return {path.relative_to(root).as_posix(): text for path, text in made.items()}
            except self._report.ProjectError as error:
                raise CannotRender(str(error).replace(str(root), ".")) from None
            except Exception as error:  # whatever the project's texts do to it
                why = str(error).replace(str(root), ".")
                raise CannotRender(f"{type(error).__name__} while rendering: {why}") from None
            finally:
                del _MEASURED[root]


_MEASURED: dict[Path, Mapping[str, Any]] = {}  # evidence by the folder that a renderer reads


def renderer(portfolio: Portfolio) -> Renderer | None:
    """Return the renderer of the version that the repository was generated from; None where there is none."""
    files = template_files(portfolio)
    found = next(filter(None, map(_RENDERER.fullmatch, files or ())), None)
    if files is None or found is None:
        return None
    folder = found[1]
    modules = {
        PurePosixPath(path).stem: file.content
        for path, file in files.items()
        if path.startswith(f"{folder}/") and path.endswith(".py") and path.count("/") == folder.count("/") + 1
    }
    return _renderer(folder, tuple(sorted(modules.items())))


@lru_cache(maxsize=32)
def _renderer(folder: str, modules: tuple[tuple[str, bytes], ...]) -> Renderer:
    return Renderer(folder, dict(modules))


def differences(portfolio: Portfolio, path: str, expected: str) -> Iterator[str]:
    """Yield `file:line: shown ..., expected ...` for each line of a text that is not as expected."""
    text = portfolio.text(path)
    if text is None:
        yield f"{path}:1: {portfolio.trouble.get(path, 'shown nothing')}, expected the rendered text"
        return
    shown, wanted = text.replace("\r", "\n").split("\n"), expected.split("\n")
    start = next((at for at, (a, b) in enumerate(zip_longest(shown, wanted)) if a != b), None)
    if start is None:
        return
    while len(shown) > start < len(wanted) and shown[-1] == wanted[-1]:
        shown.pop()
        wanted.pop()
    for at, old, new in _pairs(shown[start:], wanted[start:]):
        old_text, new_text = _around_first_difference(old, new)
        yield f"{path}:{start + at + 1}: shown {old_text}, expected {new_text}"


def _pairs(shown: list[str], wanted: list[str]) -> Iterator[tuple[int, str | None, str | None]]:
    """Yield the lines that differ with the index of the one that is shown."""
    if max(len(shown), len(wanted)) > LONGEST_DIFF:
        for at, (old, new) in enumerate(zip_longest(shown, wanted)):
            if old != new:
                yield at, old, new
        return
    for kind, i, end_i, j, end_j in SequenceMatcher(None, shown, wanted, autojunk=False).get_opcodes():
        if kind != "equal":
            for offset, (old, new) in enumerate(zip_longest(shown[i:end_i], wanted[j:end_j])):
                yield i + offset, old, new


def _around_first_difference(old: str | None, new: str | None) -> tuple[str, str]:
    pairs = zip_longest(old or "", new or "")
    start = max(0, next((place for place, (a, b) in enumerate(pairs) if a != b), 0) - 20)
    old_text, new_text = (
        "nothing" if line is None else f"'{'…' if start else ''}{line[start : start + 60]}'"
        for line in (old, new)
    )
    return old_text, new_text


# ---- the modules of the renderer, in a package of their own that no import finds by accident


@lru_cache(maxsize=32)
def _load(modules: tuple[tuple[str, bytes], ...]) -> Any:
    """Return the module `report` of a renderer, with the modules that it imports, the evidence's replaced."""
    sources = dict(modules)
    package = f"_scaffolder_renderer_{hashlib.sha256(repr(modules).encode()).hexdigest()[:16]}"
    sys.modules[package] = ModuleType(package)
    sys.modules[package].__path__ = []
    given = ModuleType(f"{package}.evidence")
    given.PATH = PurePosixPath(evidence.METRICS)  # type: ignore[attr-defined]
    given.read = _MEASURED.get  # type: ignore[attr-defined]
    _enter(package, "evidence", given)
    return _load_module(package, "report", sources)


def _load_module(package: str, name: str, sources: Mapping[str, bytes]) -> ModuleType:
    full_name = f"{package}.{name}"
    if full_name in sys.modules:
        return sys.modules[full_name]
    tree = ast.parse(sources[name])
    module = ModuleType(full_name)
    module.__package__ = package
    for needed in _siblings(tree):
        if needed in sources or f"{package}.{needed}" in sys.modules:
            _load_module(package, needed, sources)
    _enter(package, name, module)
    exec(compile(tree, f"<{name} of the template>", "exec"), module.__dict__)  # noqa: S102 - ours, released
    return module


def _enter(package: str, name: str, module: ModuleType) -> None:
    sys.modules[f"{package}.{name}"] = module
    setattr(sys.modules[package], name, module)


def _siblings(tree: ast.Module) -> Iterator[str]:
    """Yield the modules of the same package that a module imports when it runs."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            yield from [node.module] if node.module else [name.name for name in node.names]


def _modules_of(report: Any) -> list[str]:
    package = f"{report.__package__}."
    return sorted(name.removeprefix(package) for name in sys.modules if name.startswith(package))


# ---- what the project gives to the renderer


@contextmanager
def _staged(portfolio: Portfolio) -> Iterator[Path]:
    """Copy what is rendered to a temporary folder; the renderer sees nothing else of the project."""
    prose = {path: portfolio.text(path) for path in portfolio.matching(r"prose/[^/]+\.md")}
    copied = {path: portfolio.text(path) for path in COPIED}
    for path in (*copied, *prose):
        if why := portfolio.trouble.get(path):
            raise CannotRender(f"{path}: {why}")
    _require_bounded(portfolio, {path: text for path, text in prose.items() if text is not None}, copied)
    with tempfile.TemporaryDirectory(prefix="scaffolder-") as scratch:
        root = Path(scratch, (portfolio.folder or Path("project")).absolute().name or "project")
        root.mkdir()  # of the project's name, which stands for a title where there is none
        for path, text in {**copied, **prose}.items():
            if text is not None:
                (root / path).parent.mkdir(exist_ok=True)
                (root / path).write_text(text, encoding="utf-8", newline="")
        for path in _figures(portfolio):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).touch()
        yield root


def _figures(portfolio: Portfolio) -> Iterator[str]:
    """Yield the figures of portfolio.toml that the project has; the renderer only asks whether they exist."""
    named = portfolio.facts.get("figures")
    for one in named if isinstance(named, list) else []:
        path = one.get("path") if isinstance(one, dict) else None
        if isinstance(path, str):
            parts = PurePosixPath(path).parts
            if not parts or path.startswith("/") or ".." in parts or re.search(r"[\\:\0]", path):
                raise CannotRender(f"portfolio.toml: {path!r} is no path inside the repository")
            if portfolio.size(path) is not None and path not in COPIED and parts[0] != "prose":
                yield path


def _require_bounded(
    portfolio: Portfolio, prose: Mapping[str, str], copied: Mapping[str, str | None]
) -> None:
    """Raise CannotRender where filling the texts would need more than any honest text does."""
    places = 0
    for path, text in prose.items():
        if any(len(line) > LONGEST_LINE for line in text.split("\n")):
            raise CannotRender(f"{path}: a line has more than {LONGEST_LINE} characters")
        places += sum(1 for place in _places(path, text) if place is not None)
    if sum(map(len, prose.values())) > MOST_PROSE:
        raise CannotRender(f"prose/: more than {MOST_PROSE} characters in all")
    measured = 3 * (portfolio.size(evidence.METRICS) or 0)
    largest = measured + sum(len(text) for text in copied.values() if text)
    if places * largest > MOST_RENDERED:
        raise CannotRender(f"prose/: {places} figures of {largest} characters are too much to compare")


def _places(path: str, text: str) -> Iterator[str | None]:
    """Yield the name in each place of a format string; refuse what reaches beyond the evidence."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return  # the renderer names the file and what is wrong with it
    for _, name, form, _ in parts:
        if name is None:
            continue
        keys = re.sub(r"\[[^\[\]]*\]", "", name)
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", keys):
            raise CannotRender(f"{path}: {{{name[:60]}}} is not in the evidence")
        if any(int(number) > WIDEST for number in re.findall(r"\d{1,9}", form or "")) or "{" in (form or ""):
            raise CannotRender(f"{path}: {{{name[:60]}:{(form or '')[:20]}}} is no format of a figure")
        yield name
