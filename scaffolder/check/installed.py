"""The rules that are installed, ours and those of other plugins of repo-review: found once for all."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from scaffolder.check.portfolio import Portfolio
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from importlib.metadata import EntryPoint

    from repo_review.checks import Check
    from repo_review.families import Family


class PluginFailed(ScaffolderError):
    """A plugin of repo-review that is installed and does not work."""

    def __init__(self, what: str, error: Exception, remedy: str) -> None:
        super().__init__(f"{what} failed, {type(error).__name__}: {' '.join(str(error).split())}; {remedy}")


class UnknownRule(ScaffolderError):
    """A code that no rule has."""

    def __init__(self, code: str, known: Iterable[str]) -> None:
        import difflib

        names = sorted({name for rule in known for name in (rule, _prefix(rule))})
        begun = [name for name in names if name.startswith(code.upper())]
        near = begun or difflib.get_close_matches(code.upper(), names, n=1, cutoff=0.5)
        prefixes = ", ".join(name for name in names if not name[-1].isdigit())
        what = f"did you mean {near[0]!r}?" if near else f"all codes begin with one of: {prefixes}"
        super().__init__(f"no rule {code!r}; {what}")


def known_rules() -> tuple[str, ...]:
    """Return the codes of all rules that are installed.

    Raises:
        PluginFailed: a plugin of others does not work.
    """
    from repo_review.ghpath import EmptyTraversable

    plugins = load_plugins()
    root = EmptyTraversable()
    return tuple(plugins.rules(plugins.facts(root, {"portfolio": Portfolio(root)})))


def chosen(codes: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """Return the rules that are meant by codes (`EV101`) and prefixes (`EV`), in capitals or not.

    Raises:
        UnknownRule: none is.

    >>> sorted(chosen(["ev", "GD101"], ["GD100", "GD101", "EV100"]))
    ['EV100', 'GD101']
    """
    rules = tuple(known)
    result: set[str] = set()
    for code in codes:
        found = {rule for rule in rules if code.upper() in (rule.upper(), _prefix(rule).upper())}
        if not found:
            raise UnknownRule(code, rules)
        result |= found
    return frozenset(result)


@dataclass(frozen=True, slots=True)
class Plugins:
    """What the installed plugins of repo-review gave it to call, loaded once for all repositories."""

    fixtures: Mapping[str, Callable[..., Any]]
    checks: tuple[tuple[str, Callable[..., Any]], ...]  # with the name of the plugin
    families: tuple[tuple[str, Callable[..., Any]], ...]

    def facts(self, root: Any, given: Mapping[str, object]) -> dict[str, Any]:
        """Return the fixtures of a repository; `given` stand in for those of the same name."""
        from repo_review.fixtures import compute_fixtures

        known = {name: functools.partial(lambda value: value, value) for name, value in given.items()}
        every = {**self.fixtures, **known}
        result: dict[str, Any] = _called(
            "a fixture of a repo-review plugin", compute_fixtures, root, root, every
        )
        return result

    def rules(self, facts: Mapping[str, Any]) -> dict[str, Check]:
        """Return a new object of every rule, by its code."""
        return _merged(self.checks, facts, "rules")

    def names(self, facts: Mapping[str, Any]) -> dict[str, Family]:
        """Return what is said of the families."""
        return _merged(self.families, facts, "families")


@cache
def load_plugins() -> Plugins:
    """Load what is installed.

    Raises:
        PluginFailed: one cannot be loaded.
    """
    from importlib.metadata import entry_points

    from repo_review.fixtures import pyproject

    groups = {
        name: [
            (_owner(one), one.name, _called(f"loading the repo-review plugin {_owner(one)!r}", one.load))
            for one in entry_points(group=f"repo_review.{name}")
        ]
        for name in ("fixtures", "checks", "families")
    }
    return Plugins(
        {"pyproject": pyproject} | {name: load for _, name, load in groups["fixtures"]},
        tuple((owner, load) for owner, _, load in groups["checks"]),
        tuple((owner, load) for owner, _, load in groups["families"]),
    )


def _owner(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.name


def _merged(
    calls: Iterable[tuple[str, Callable[..., Any]]], facts: Mapping[str, Any], what: str
) -> dict[str, Any]:
    from repo_review.fixtures import apply_fixtures

    result: dict[str, Any] = {}
    for owner, call in calls:
        result |= _called(
            f"asking the repo-review plugin {owner!r} for its {what}", apply_fixtures, facts, call
        )
    return result


def _called(what: str, call: Callable[..., Any], *args: Any) -> Any:
    try:
        return call(*args)
    except Exception as error:
        raise PluginFailed(what, error, "mend or uninstall it") from error


class Watched:
    """A rule whose errors say whose they are, and which remembers whether it passed."""

    def __init__(self, code: str, rule: Check) -> None:
        self.__doc__ = rule.__doc__
        self.rule = rule
        self.has_passed = False

        @functools.wraps(rule.check)
        def check(*args: Any, **named: Any) -> Any:
            try:
                result: Any = rule.check(*args, **named)
                self.has_passed = result is True or result == ""
                return result
            except Exception as error:
                raise PluginFailed(
                    f"rule {code}", error, f"report it, and leave it out with --ignore {code}"
                ) from error

        self.check = check

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rule, name)


def _prefix(code: str) -> str:
    return code.rstrip("0123456789")
