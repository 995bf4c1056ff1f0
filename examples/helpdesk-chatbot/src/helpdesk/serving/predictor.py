"""The stored model as the service uses it: decisions, and the tickets that it was stored with; no HTTP."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.tickets import from_lines
from ..model import training
from ..model.confidence import Confidence
from ..model.decision import Decider, Decision, Guess, Settings
from ..model.linear import LinearText
from ..params import Retrieval
from ..portfolio import store
from ..portfolio.errors import ModelTampered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from ..data.tickets import Ticket
    from ..portfolio.store import StoredModel

__all__ = ["Decision", "Guess", "Predictor"]

_TOLERANCE = 1e-6  # of the confidence, between machines


class Predictor(Decider):
    """A decider that was read from disk."""

    def __init__(self, stored: StoredModel, decider: Decider) -> None:
        """Use what `load` has read."""
        super().__init__(decider.settings, decider.guessers, decider.sureness)
        self.stored = stored

    @classmethod
    def load(cls, root: Path) -> Predictor:
        """Load the current model and let it repeat one decision of its training.

        Raises:
            ModelMissing: there is none.
            ModelTampered: its files or its decision are not those of the training.
        """
        stored = store.current(root)
        with np.load(stored.file(training.MODEL), allow_pickle=False) as file:
            arrays = _by_owner({name: file[name] for name in file.files})
        try:
            sureness = Confidence.restore(arrays.pop(training.CONFIDENCE))
            guessers = {field: LinearText.restore(some) for field, some in arrays.items()}
            settings = _settings(stored.metadata["settings"])
        except (KeyError, TypeError) as error:
            raise ModelTampered(
                f"model {stored.version} is not in the form that this code reads ({error}); train again"
            ) from None
        made = cls(stored, Decider(settings, guessers, sureness))
        golden = stored.metadata["golden"]
        found = training.decided(made, made.tickets(), golden["question"])
        same_tickets = found["tickets"] == golden["tickets"]
        if not same_tickets or abs(found["confidence"] - golden["confidence"]) > _TOLERANCE:
            raise ModelTampered(
                f"model {stored.version} decides otherwise than in its training "
                f"(confidence {found['confidence']:.6f}, then {golden['confidence']:.6f}); train again"
            )
        return made

    @property
    def threshold(self) -> float:
        """The confidence from which on a question is answered."""
        return self.settings.threshold

    def tickets(self) -> list[Ticket]:
        """Return the tickets with which a new service starts, in the order of time."""
        return list(self._tickets.values())

    def ticket(self, id_: str) -> Ticket:
        """Return one of them.

        Raises:
            KeyError: there is none of this id.
        """
        return self._tickets[id_]

    def intent_of(self, id_: str) -> str:
        """Return what one of them is about; "" where nobody has said so, or for another ticket."""
        ticket = self._tickets.get(id_)
        return ticket.intent if ticket else ""

    @cached_property
    def _tickets(self) -> dict[str, Ticket]:
        with self.stored.file(training.TICKETS).open("rb") as lines:
            return {ticket.id: ticket for ticket in from_lines(lines)}


def _by_owner(arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, NDArray[Any]]]:
    found: dict[str, dict[str, NDArray[Any]]] = defaultdict(dict)
    for name, array in arrays.items():
        owner, _, rest = name.partition(".")
        found[owner][rest] = array
    return found


def _settings(row: Mapping[str, Any]) -> Settings:
    retrieval: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row["retrieval"].items()
    }
    return Settings(**{**row, "retrieval": Retrieval(**retrieval)})
