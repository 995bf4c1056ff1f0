"""Files and calls that run code when a model is loaded: pickle and what is made of it.

Read from the syntax tree, with names followed through `import ... as`: a word in a comment or a docstring is
nothing. Tests and notebooks are left out, since nothing is served from them.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.check.portfolio import Portfolio

PICKLED = re.compile(
    r".*\.(?:pkl|pickle|pck|pcl|pk|joblib|dill|cloudpickle)(?:\.(?:gz|z|bz2|xz|zst|lzma))?", re.I
)
OFTEN_PICKLED = re.compile(r".*\.(?:sav|model|bin|p|dat|obj)", re.I)  # told by their first bytes
PICKLE_BEGINS = re.compile(rb"\x80[\x02-\x05]")
NOT_SERVED = re.compile(
    r"(?:.*/)?(?:tests?|testing|docs?|notebooks?)/.*|(?:.*/)?(?:test_[^/]+|[^/]+_test|conftest)\.py"
)

MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "jsonpickle"}
CALLS = {
    *("joblib.load", "joblib.dump", "sklearn.externals.joblib.load", "sklearn.externals.joblib.dump"),
    *("pandas.read_pickle", "pandas.to_pickle", "polars.read_pickle", "mlflow.sklearn.load_model"),
}
_WORDS = re.compile(r"pickle|joblib|dill|shelve|mlflow", re.IGNORECASE)


def risks(portfolio: Portfolio) -> Iterator[str]:
    """Yield `file:line: what` for each call that runs code from a file, and each file of that kind."""
    for path in portfolio.files:
        if NOT_SERVED.fullmatch(path):
            continue
        if PICKLED.fullmatch(path) or (
            OFTEN_PICKLED.fullmatch(path) and PICKLE_BEGINS.match(portfolio.begin(path, 2))
        ):
            yield f"{path}: a pickled file"
        elif path.endswith(".py") and _may_load(portfolio.text(path) or ""):
            tree = portfolio.tree(path)
            if tree is not None:
                yield from (f"{path}:{line}: {what}" for line, what in sorted(_in_module(tree)))


def _may_load(text: str) -> bool:
    """Return False where no syntax tree is needed to see that nothing is loaded."""
    return bool(_WORDS.search(text)) or ("load" in text and ("numpy" in text or "torch" in text))


def _in_module(tree: ast.Module) -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    names: dict[str, str] = {}  # what a name of the module stands for, in full
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
                if top in MODULES:
                    found.add((node.lineno, f"import {alias.name}"))
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                names[alias.asname or alias.name] = full
                if node.module.partition(".")[0] in MODULES or full in CALLS:
                    found.add((node.lineno, f"from {node.module} import {alias.name}"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            called = _full_name(node, names)
            if called in CALLS or node.attr in ("read_pickle", "to_pickle"):
                found.add((node.lineno, called or f".{node.attr}"))
        elif isinstance(node, ast.Call) and (what := _risky_call(node, names)):
            found.add((node.lineno, what))
    return found


def _risky_call(node: ast.Call, names: dict[str, str]) -> str | None:
    full = _full_name(node.func, names)
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if full in ("numpy.load", "numpy.lib.npyio.load"):
        allowed = given.get("allow_pickle", node.args[2] if len(node.args) > 2 else None)
        return "numpy.load(allow_pickle=...)" if allowed is not None and not _is(allowed, False) else None
    if full == "torch.load":
        return None if _is(given.get("weights_only"), True) else "torch.load without weights_only=True"
    if full in ("importlib.import_module", "__import__") and node.args:
        name = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        return f"import of {name}" if isinstance(name, str) and name.partition(".")[0] in MODULES else None
    return None


def _full_name(node: ast.expr, names: dict[str, str]) -> str | None:
    """Return `numpy.load` for `np.load`; None where the name is not one of an import."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    begins = names.get(node.id, "__import__" if node.id == "__import__" else None)
    return None if begins is None else ".".join([begins, *reversed(parts)])


def _is(node: ast.expr | None, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
