"""Turn a TOML file into a frozen dataclass; refuse what does not fit, by its dotted name.

Knows no key of any file: the dataclass says what may be there, `Annotated[float, Bounds(0, 1)]` how large
it may be.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from .errors import ParamsError

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Smallest and largest value that a number may have, both included."""

    low: float
    high: float


Share = Annotated[float, Bounds(0, 1)]
NotNegative = Annotated[float, Bounds(0, 1e12)]
Positive = Annotated[float, Bounds(1e-9, 1e12)]
Count = Annotated[int, Bounds(1, 10_000_000)]


def read(cls: type[T], path: Path) -> T:
    """Read the TOML file at `path` into the dataclass `cls`.

    Raises:
        ParamsError: the file is missing, is not TOML, or holds an unknown, missing or impossible value.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path.name}: no such file in {path.parent}; every project has one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path.name}: not valid TOML: {error}") from None
    try:
        section: T = _section(cls, table, "")
    except ParamsError as error:
        raise ParamsError(f"{path.name}: {error}") from None
    return section


def _section(cls: type[Any], table: object, name: str) -> Any:
    """Build the dataclass `cls` from a TOML table; `name` is its dotted name, empty for the whole file."""
    if not isinstance(table, dict):
        raise ParamsError(f"{name}: expected a section, got {table!r}")
    hints = get_type_hints(cls, include_extras=True)
    prefix = f"{name}." if name else ""
    for key in sorted(table.keys() - hints.keys()):
        raise ParamsError(f"unknown key {prefix}{key}; known here: {', '.join(sorted(hints))}")
    for key in sorted(hints.keys() - table.keys()):
        raise ParamsError(f"missing key {prefix}{key}")
    return cls(**{key: _value(hint, table[key], prefix + key) for key, hint in hints.items()})


def _value(hint: Any, value: object, name: str) -> Any:
    """Check one value against its type hint; whole numbers are accepted as floats, never the other way."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return _section(hint, value, name)  # type: ignore[arg-type]
    if origin is Annotated:
        kind, bounds = arguments
        number = _value(kind, value, name)
        if not bounds.low <= number <= bounds.high:
            raise ParamsError(f"{name} is {value}; expected {bounds.low:g} to {bounds.high:g}")
        return number
    if origin is Literal:
        if value not in arguments:
            raise ParamsError(f"{name} is {value!r}; expected one of {', '.join(arguments)}")
        return value
    if origin is tuple:
        return _items(arguments, value, name)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise ParamsError(f"{name} is {value!r}; expected {_WORDS[hint]}")
    return value


def _items(kinds: tuple[Any, ...], value: object, name: str) -> tuple[Any, ...]:
    """Check a list; `kinds` is one type a place, or a type and an ellipsis."""
    if not isinstance(value, list):
        raise ParamsError(f"{name} is {value!r}; expected a list")
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(value)
    if len(value) != len(kinds):
        raise ParamsError(f"{name} has {len(value)} values; expected {len(kinds)}")
    return tuple(_value(kind, item, name) for kind, item in zip(kinds, value, strict=True))


_WORDS = {int: "a whole number", float: "a number", str: "text"}
