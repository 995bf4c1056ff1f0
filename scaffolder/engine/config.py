"""A template's copier.yml with the files that it includes, merged as copier merges them; without copier."""

from __future__ import annotations

import re
import reprlib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from scaffolder.engine.links import LinkedFiles, LinkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from scaffolder.tree import File

_NAME = re.compile(r"copier\.ya?ml", re.IGNORECASE)
_COLLECTED = ("_exclude", "_jinja_extensions", "_secret_questions", "_skip_if_exists")
_LISTS = (*_COLLECTED, "_tasks", "_migrations")
_MOST_NODES = 200_000  # of a document with its aliases written out, as whoever reads it will


def load_config(
    files: Mapping[str, File], *, wanted: Callable[[str], bool] = lambda _: True
) -> dict[str, Any]:
    """Return the settings, which begin with an underscore, and the questions, in order.

    Args:
        files: of the template, from its root.
        wanted: which of the included files to take.

    Raises:
        ValueError: two such files, no YAML, or an include that leads nowhere.
    """
    names = [path for path in files if _NAME.fullmatch(path)]
    if len(names) > 1:
        raise ValueError(f"it has {' and '.join(sorted(names))}; one is expected")
    if not names:
        return {}
    parts = list(_documents(files, LinkedFiles(files), names[0], wanted))
    if faulty := [part for part in parts if not isinstance(part, dict)]:
        raise ValueError(f"{names[0]} holds {str(faulty[0])[:40]!r} where settings or questions are expected")
    if odd := [key for part in parts for key in part if not isinstance(key, str)]:
        raise ValueError(f"{names[0]} has {odd[0]!r} where the name of a setting or question is expected")
    merged: dict[str, Any] = {}
    collected: dict[str, list[Any]] = {}
    for part in parts:
        merged |= part
        for key in _LISTS:
            if not isinstance(part.get(key) or [], list):
                raise ValueError(f"its {key} is {reprlib.repr(part[key])}, where a list is expected")
            if key in part and key in _COLLECTED:
                collected.setdefault(key, []).extend(part[key] or ())
    return merged | collected


def _documents(
    files: Mapping[str, File], linked: LinkedFiles, path: str, wanted: Callable[[str], bool]
) -> Iterator[Any]:
    import yaml

    fastest: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(fastest):  # type: ignore[misc]
        """Knows `!include`, whose value is the documents of other files."""

        def construct_document(self, node: yaml.Node) -> Any:
            _refuse_bomb(node)
            return super().construct_document(node)

    def include(loader: Loader, node: yaml.Node) -> list[Any]:
        if not isinstance(node, yaml.ScalarNode):
            raise ValueError(f"{path}: !include takes the path of a file")
        pattern = str(loader.construct_scalar(node))
        found = [name for name in sorted(files) if _matches(name, pattern)] or [pattern]
        return list(_flat(_load(name) for name in found if wanted(name)))

    def _load(name: str) -> list[Any]:
        try:
            return list(yaml.load_all(linked.read(name), Loader=Loader))
        except LinkError as error:
            raise ValueError(f"{path} includes {name!r}, which is not there") from error
        except (yaml.YAMLError, RecursionError) as error:
            raise ValueError(f"{name} is no YAML: {_told(error)}") from error

    Loader.add_constructor("!include", include)
    yield from _flat(_load(path))


def _told(error: Exception) -> str:
    """Return what is wrong with a text, and in which line."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"line {mark.line + 1}: {problem}" if mark and problem else str(error)


def _refuse_bomb(root: Any) -> None:
    """Raise ValueError for a document whose aliases make it endless: small to read, not to walk."""
    sizes: dict[int, int] = {}
    waiting = [(root, False)]
    while waiting:
        node, is_left = waiting.pop()
        inner = node.value if isinstance(node.value, list) else []
        children = [child for pair in inner for child in (pair if isinstance(pair, tuple) else (pair,))]
        if is_left:
            size = sizes[id(node)] = 1 + sum(sizes[id(child)] for child in children)
            if size > _MOST_NODES:
                raise ValueError("its aliases make it endless")
        elif id(node) not in sizes:
            sizes[id(node)] = _MOST_NODES  # one that holds itself counts as endless
            waiting.append((node, True))
            waiting += [(child, False) for child in children]


def _flat(parts: Iterable[Any]) -> Iterator[Any]:
    for part in parts:
        if isinstance(part, list):
            yield from _flat(part)
        elif part:
            yield part


def _matches(path: str, pattern: str) -> bool:
    return _match_parts(path.split("/"), [part for part in pattern.split("/") if part not in ("", ".")])


def _match_parts(path: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_match_parts(path[count:], pattern[1:]) for count in range(len(path)))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and _match_parts(path[1:], pattern[1:])
