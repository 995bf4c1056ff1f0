"""What a rule is.

A rule is a class. Its name is its code, its docstring the line that stands in every table, and the docstring
of `check` is the message when it returns False, so that none of them can drift from the others. repo-review
asks for no more; beyond that ours say whether they are required, and keep as `proof` what they found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from scaffolder.check.portfolio import Portfolio


# Control characters, those that turn the direction of writing, and halves of characters (in names of files).
_INERT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Rule:
    """Base of every rule; a new object for each repository.

    `check` returns True (passed), False or a Markdown text (failed, with that message), or None (it does not
    apply).
    """

    family: ClassVar[str]
    required: ClassVar[bool] = True  # a failure of one that is required ends `check` with exit status 1
    requires: ClassVar[frozenset[str]] = frozenset()  # codes of the rules that have to pass before

    def __init__(self) -> None:
        self.proof = ""  # one line of plain text: the file that shows it, or why the rule does not apply

    def check(self, portfolio: Portfolio) -> bool | str | None:
        """Say why the rule failed."""
        raise NotImplementedError

    def passed(self, proof: str) -> bool:
        """Pass, and keep what shows it: a file, with its line or figure."""
        self.proof = _one_line(proof)
        return True

    def does_not_apply(self, why: str) -> None:
        """Leave the rule aside, and keep the reason."""
        self.proof = _one_line(why)


def code(text: object, *, longest: int = 80) -> str:
    """Return `text` as a Markdown code span in which nothing of it can act, whatever the repository says."""
    shown = _one_line(str(text)).replace("`", "'")
    return f"`{shown[: longest - 1] + '…' if len(shown) > longest else shown or ' '}`"


def _one_line(text: str) -> str:
    return " ".join(_INERT.sub(" ", text).split())
