"""Family yours: how much of the repository is its owner's, and how much still the template's.

Measured against what the recorded version of its template made, made again here. Nothing of this is required:
code that was generated and understood is fine, texts and decisions that nobody has changed are not one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from scaffolder.check.facts import share
from scaffolder.check.facts.make_it_yours import untouched
from scaffolder.check.facts.share import CodeShare, Share, counted, percent
from scaffolder.check.rule import Rule, code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scaffolder.check.portfolio import Portfolio
    from scaffolder.tree import File

MOST_OF_TEMPLATE = 0.9  # share of a text from which on it counts as the template's
TEXTS = ("README.md", "DECISIONS.md")
NAMED = 5  # files that a message names


class Yours(Rule):
    """A rule of this family."""

    family = "yours"
    required = False

    def check(self, portfolio: Portfolio) -> bool | str | None:
        """Make it your own: see the section "Make it yours" of the README."""
        made = portfolio.made
        if made is None:
            self.does_not_apply(why_not_measured(portfolio))
            return None
        return self.compare(portfolio, made)

    def compare(self, portfolio: Portfolio, made: Mapping[str, File]) -> bool | str | None:
        """Hold the repository against what its template made."""
        raise NotImplementedError


class OwnText(Yours):
    """A text that should not be the template's."""

    file: ClassVar[str]
    invitation: ClassVar[str]

    def compare(self, portfolio: Portfolio, made: Mapping[str, File]) -> bool | str | None:
        """Hold one text against the template's."""
        if self.file not in made:
            self.does_not_apply(f"its template has no {self.file}")
            return None
        if not portfolio.has(self.file):
            return f"There is no {code(self.file)} any more. {self.invitation}"
        found = _share(portfolio, self.file, made)
        if not found.lines:
            return f"{code(self.file)} has no text outside the parts that `report` writes. {self.invitation}"
        self.proof = f"{self.file}: {found} as the template made them"
        if found.value <= MOST_OF_TEMPLATE:
            return True
        wanted = found.lines - int(found.lines * MOST_OF_TEMPLATE)
        return (
            f"{code(self.file)}: {found} are still the template's, not counting what `report` writes. "
            f"{self.invitation} (Passed once {wanted} of {found.lines} lines are yours.)"
        )


class YO101(OwnText):
    """The README is in the owner's words."""

    file = "README.md"
    invitation = (
        "Say in your words what the problem is, who has it, what you found and where it fails; "
        "delete what you would not say aloud."
    )


class YO102(OwnText):
    """The decisions are the owner's."""

    file = "DECISIONS.md"
    invitation = (
        "Follow the paragraph **Make it your own** of each choice: say what you changed, "
        "what you measured, and what you would do otherwise."
    )


class YO103(Yours):
    """Some of the code is the owner's."""

    def compare(self, portfolio: Portfolio, made: Mapping[str, File]) -> bool | str | None:
        """Hold the code against the template's, line by line."""
        found = code_share(portfolio, made)
        if not found.share.made:
            self.does_not_apply("its template has no code")
            return None
        self.proof = f"{found.share} of code as the template made them; {_told(found)}"
        if found.share.kept < found.share.lines:
            return True
        gone = f" ({counted(len(found.deleted), 'file')} less)" if found.deleted else ""
        return (
            f"All {counted(found.share.lines, 'line')} of code are the template's{gone}. Whoever is asked "
            "about a "
            "file should have had reason to change it: begin with a test of your own in `tests/`."
        )


class YO104(Yours):
    """The places that ask for the owner's own work are filled in."""

    def compare(self, portfolio: Portfolio, made: Mapping[str, File]) -> bool | str | None:
        """Look at the places that the README's "Make it yours" and DECISIONS.md name."""
        left, every = untouched(portfolio, made)
        if not every:
            self.does_not_apply("its template names no such place")
            return None
        self.proof = f"{len(every) - len(left)} of {len(every)} places changed"
        if not left:
            return True
        names = "; ".join(
            f"{code(place.file)} {code(place.part) if place.part else ''}".strip() for place in left
        )
        return f"Still as the template made them, {len(left)} of {counted(len(every), 'place')}: {names}."


class YO105(Yours):
    """There are commits of the owner."""

    def check(self, portfolio: Portfolio) -> bool | str | None:
        """Count the owner's commits, beside the one that the project began with."""
        from scaffolder.check.facts.commits import NoHistory, read_history

        if portfolio.folder is None:
            self.does_not_apply("its history is not on this machine")
            return None
        try:
            found = read_history(portfolio.folder)
        except NoHistory as error:
            self.does_not_apply(str(error))
            return None
        self.proof = str(found)
        if found.days:
            return True
        since = f" since {code(found.generated)}, when it was generated" if found.generated else ""
        return f"No commit of yours{since}. Commit your changes one by one, each with its reason."


def why_not_measured(portfolio: Portfolio) -> str:
    """Return in one line why there is nothing to hold a repository against."""
    from scaffolder.record import ANSWERS_FILE

    if portfolio.record is None:
        why = portfolio.trouble.get(ANSWERS_FILE)
        return f"{ANSWERS_FILE}: {why}" if why else "not generated from a template of the scaffolder"
    if portfolio.folder is None:
        return "it is not on this machine"
    return portfolio.trouble.get("template") or f"its template {portfolio.record.url} is not the scaffolder's"


def text_share(portfolio: Portfolio, file: str) -> Share | None:
    """Return how much of a text is the template's; None where it cannot be measured."""
    made = portfolio.made
    if made is None or file not in made:
        return None
    return _share(portfolio, file, made)


def _share(portfolio: Portfolio, file: str, made: Mapping[str, File]) -> Share:
    return share.of_text(portfolio.text(file) or "", made[file].content.decode("utf-8", errors="replace"))


def code_share(portfolio: Portfolio, made: Mapping[str, File]) -> CodeShare:
    """Return how much of the code is the template's."""
    return share.of_code(portfolio, made)


def template_share(portfolio: Portfolio) -> float | None:
    """Return how much of README and DECISIONS.md together is the template's; None where nothing tells."""
    found = [one for file in TEXTS if (one := text_share(portfolio, file)) is not None]
    total = sum(found, Share(0, 0, 0))
    return total.value if total.lines else None


def description(portfolio: Portfolio) -> str:
    """Return a line of Markdown for below the family's name; empty where nothing can be measured."""
    found = {file: one for file in TEXTS if (one := text_share(portfolio, file)) is not None and one.lines}
    shares = ", ".join(f"{percent(one.kept, one.lines)} of {code(file)}" for file, one in found.items())
    return f"Still the template's, line by line: **{shares}**" if shares else ""


def _told(found: CodeShare) -> str:
    parts = ((found.added, "added"), (found.changed, "changed"), (found.deleted, "deleted"))
    return "; ".join(f"{_listed(files)} {what}" for files, what in parts if files) or "no file differs"


def _listed(files: Sequence[str]) -> str:
    more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
    return f"{counted(len(files), 'file')} ({', '.join(files[:NAMED])}{more})"
