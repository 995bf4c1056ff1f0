"""Which tests of a repository check data, and which ask the model: decided by file, name and what they do.

A test counts when pytest would collect and run it, and when it checks something.
"""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatch
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scaffolder.check.portfolio import Portfolio, TestFunction

DATA_FILES = {
    *("data", "dataset", "datasets", "dataframe", "validation", "validate", "validator", "validators"),
    *("schema", "schemas", "contract", "contracts", "ingest", "ingestion", "expectations", "etl", "csv"),
    *("loader", "loading", "preprocess", "preprocessing", "cleaning", "cleaner", "raw", "records", "tables"),
}
DATA = {
    "data",
    "dataset",
    "datasets",
    "dataframe",
    "df",
    "csv",
    "schema",
    "frame",
    "values",
    "rows",
    "records",
}
VALIDATION = {
    *("valid", "invalid", "validation", "validates", "validated", "missing", "null", "nulls", "nan", "nans"),
    *("duplicate", "duplicates", "duplicated", "unique", "range", "ranges", "dtype", "dtypes", "types"),
    *("schema", "contract", "columns", "refused", "refuses", "rejected", "rejects", "integrity", "quality"),
}
WRONG = {
    "wrong",
    "bad",
    "changed",
    "negative",
    "empty",
    "defect",
    "broken",
    "malformed",
    "corrupt",
    "counterfeit",
}
MODEL_FILES = {
    *("predict", "prediction", "predictions", "predictor", "inference", "infer", "service", "api", "server"),
    *("serve", "serving", "endpoint", "endpoints", "app", "model", "models", "lambda", "handler", "answer"),
    *("answers", "recommend", "recommendations", "recommender", "chat", "chatbot", "desk", "client", "web"),
    *("classifier", "regressor", "routes", "pipeline", "rag", "bot", "behaviour", "behavior", "main"),
}
MODEL = {
    *("predict", "predicts", "predicted", "prediction", "predictions", "inference", "infer", "infers"),
    *("endpoint", "classify", "classifies", "forecast", "forecasts", "recommend", "recommends"),
    *("recommendation", "recommendations", "chatbot"),
}

_TEST_FILE = re.compile(r"(?:.*/)?(?:test_[^/]+|[^/]+_test)\.py")
_CHECKS = re.compile(r"_*(assert|check|expect|verify|raises|warns|validate|fail|ensure|refus)", re.IGNORECASE)
_LOOKS_AT_DATA = re.compile(
    r"\b(?:raises|isnull|isna|notna|notnull|duplicated|is_unique|nunique|between|dtypes?|columns|validate|schema"
    r"|shape|expect_\w+|value_counts|describe|DataError|ValueError|ValidationError|SchemaErrors?)\b"
)
_ASKS = re.compile(
    r"\b(?:predict|infer|recommend|answer|classify|forecast|generate|score|respond|ask|complete|embed|rank"
    r"|retrieve|invoke|transcribe|translate|summari[sz]e|lambda_handler|handler)\w*\(|\bpredict(?:or|ions?)?\b"
    r"|client\w*\.(?:post|get|put|request|open|query|execute)\(|\.post\(|\bmodel\("
)


def validates_data(portfolio: Portfolio) -> tuple[TestFunction, ...]:
    """Return the tests that hold data against what is expected of them."""
    return _chosen(portfolio, is_of_data, _checks_data, _names_data)


def asks_model(portfolio: Portfolio) -> tuple[TestFunction, ...]:
    """Return the tests that ask the model, or the service in front of it, and check the answer."""
    return _chosen(portfolio, is_of_model, _asks, _names_model)


def is_of_data(path: str) -> bool:
    """Return True for a file of tests whose name says that they are about data."""
    return bool(_TEST_FILE.fullmatch(path) and _words(_stem(path)) & DATA_FILES)


def is_of_model(path: str) -> bool:
    """Return True for a file of tests whose name says that they are about the model or its service."""
    return bool(_TEST_FILE.fullmatch(path) and _words(_stem(path)) & MODEL_FILES)


def _checks_data(test: TestFunction) -> bool:
    return bool(_words(test.name) & (VALIDATION | WRONG) or _LOOKS_AT_DATA.search(test.source))


def _names_data(test: TestFunction) -> bool:
    noun, rest = _words(test.name) & DATA, _words(test.name) & VALIDATION
    return bool(noun and rest and len(noun | rest) > 1 and _LOOKS_AT_DATA.search(test.source))


def _asks(test: TestFunction) -> bool:
    return bool(_ASKS.search(test.source))


def _names_model(test: TestFunction) -> bool:
    return bool(_words(test.name) & MODEL and _ASKS.search(test.source))


def _chosen(
    portfolio: Portfolio,
    is_such_file: Callable[[str], bool],
    in_such_file: Callable[[TestFunction], bool],
    elsewhere: Callable[[TestFunction], bool],
) -> tuple[TestFunction, ...]:
    """Return the tests of files with such a name; without any, those that have such a name themselves."""
    paths = dict.fromkeys(test.path for test in portfolio.tests)
    looked_at = set(filter(_looks_into(portfolio), paths))
    such = set(filter(is_such_file, looked_at))
    tests = [test for test in portfolio.tests if test.path in looked_at]
    named = [test for test in tests if test.path in such and in_such_file(test)]
    return tuple(_that_check(portfolio, named)) or tuple(
        _that_check(portfolio, (test for test in tests if elsewhere(test)))
    )


def _that_check(portfolio: Portfolio, tests: Iterable[TestFunction]) -> Iterator[TestFunction]:
    nodes: dict[str, dict[int, ast.AST]] = {}
    for test in tests:
        if test.path not in nodes:
            nodes[test.path] = dict(_runnable(portfolio.tree(test.path)))
        node = nodes[test.path].get(test.line)
        if node is not None and _checks_something(node):
            yield test


def _runnable(tree: ast.Module | None) -> Iterator[tuple[int, ast.AST]]:
    """Yield the functions, by line, that nothing always skips."""
    if tree is None or any(_skips_module(node) for node in tree.body):
        return
    for node in tree.body:
        functions = node.body if isinstance(node, ast.ClassDef) else [node]
        if isinstance(node, ast.ClassDef) and _is_skipped(node):
            continue
        for one in functions:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_skipped(one):
                yield one.lineno, one


def _is_skipped(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(map(_is_skip, node.decorator_list))


def _skips_module(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign) and any(_name(target) == "pytestmark" for target in node.targets):
        return any(map(_is_skip, node.value.elts if isinstance(node.value, ast.List) else [node.value]))
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _is_skip(node.value)


def _is_skip(node: ast.expr) -> bool:
    return _name(node.func if isinstance(node, ast.Call) else node) == "skip"


def _checks_something(function: ast.AST) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant):
            return True
        if isinstance(node, ast.Call) and _CHECKS.match(_name(node.func)):
            return True
    return False


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+|[A-Z][a-z]*", name.replace("_", " "))) - {"test"}


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py").removeprefix("test_").removesuffix("_test").lower()


def _looks_into(portfolio: Portfolio) -> Callable[[str], bool]:
    """Return whether a plain `pytest` looks into a file: pyproject.toml may name the folders."""
    options = portfolio.toml("pyproject.toml").get("tool", {})
    for key in ("pytest", "ini_options"):
        options = options.get(key, {}) if isinstance(options, dict) else {}
    named = options.get("testpaths", []) if isinstance(options, dict) else []
    folders = named.split() if isinstance(named, str) else named if isinstance(named, list) else []
    texts = [one.removeprefix("./").rstrip("/") for one in folders if isinstance(one, str)]
    return lambda path: not texts or any(one in ("", ".", path) or fnmatch(path, f"{one}/*") for one in texts)
