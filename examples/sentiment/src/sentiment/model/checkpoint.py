"""Where a training that was interrupted goes on: weights, the optimizer's state, and a note that they count.

In models/checkpoint:

    epoch-N.safetensors, epoch-N.pt   after the last finished epoch
    best.safetensors                  after the epoch with the lowest validation loss
    progress.json                     which epoch that is, and the hashes of its two files
"""

from __future__ import annotations

import io
import json
import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ..portfolio.errors import ModelError
from ..portfolio.files import sha256_of, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "models/checkpoint"
_NOTE = "progress.json"
_BEST = "best.safetensors"
_ANEW = "train without --resume to start from the beginning"


@dataclass(slots=True)
class Progress:
    """What a checkpoint remembers beside the weights."""

    task: str  # hash of data and settings: a checkpoint of another task is not resumed
    epoch: int = 0  # epochs done
    best_epoch: int = 0
    best_loss: float = math.inf
    losses: list[list[float]] = field(default_factory=list)  # of each epoch: training, validation


class Checkpoint:
    """The folder of one training and the network whose weights go there."""

    def __init__(self, folder: Path, network: Any, device: Any) -> None:
        self._folder, self._network, self._device = folder, network, device

    def begin(self, task: str) -> Progress:
        """Start from the beginning: what an older training left no longer counts."""
        for name in (_NOTE, _BEST):
            (self._folder / name).unlink(missing_ok=True)
        return Progress(task)

    def resume(self, task: str, optimizer: Any, schedule: Any) -> Progress | None:
        """Load the state after the last finished epoch; None where there is none.

        Raises:
            ModelError: it is of another task, or a file of it is missing or damaged.
        """
        import torch

        try:
            found = json.loads((self._folder / _NOTE).read_text(encoding="utf-8"))
            files = found.pop("files")
            progress = Progress(**found)
        except (FileNotFoundError, json.JSONDecodeError, AttributeError, KeyError, TypeError):
            return None
        if progress.task != task:
            raise ModelError(f"{FOLDER}: of other data or settings; {_ANEW}")
        for name, expected in files.items():
            path = self._folder / name
            if not path.is_file() or sha256_of(path) != expected:
                raise ModelError(f"{FOLDER}/{name}: missing or damaged; {_ANEW}")
        weights, state = _files_of(progress.epoch)
        self._load(weights)
        # Read as numbers only: nothing in this file is run.
        saved = torch.load(self._folder / state, weights_only=True, map_location=self._device)
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        return progress

    def save(self, progress: Progress, optimizer: Any, schedule: Any) -> None:
        """Write the state under the epoch's own names, then the note.

        A training killed anywhere in between goes on after the epoch before: its files are still whole.
        """
        import torch

        weights, state = _files_of(progress.epoch)
        self._keep(weights)
        buffer = io.BytesIO()
        torch.save({"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}, buffer)
        write_atomic(self._folder / state, buffer.getvalue())
        files = {name: sha256_of(self._folder / name) for name in (weights, state)}
        write_atomic(self._folder / _NOTE, json.dumps(asdict(progress) | {"files": files}) + "\n")
        for path in self._folder.glob("epoch-*"):
            if path.name not in files:
                path.unlink()

    def keep_best(self) -> None:
        """Keep the weights as they are now as the best so far."""
        self._keep(_BEST)

    def load_best(self) -> None:
        """Give the network the best weights."""
        self._load(_BEST)

    def _keep(self, name: str) -> None:
        from safetensors.torch import save

        state = {key: value.detach().cpu().contiguous() for key, value in self._network.state_dict().items()}
        write_atomic(self._folder / name, save(state))

    def _load(self, name: str) -> None:
        from safetensors.torch import load

        self._network.load_state_dict(load((self._folder / name).read_bytes()))


def _files_of(epoch: int) -> tuple[str, str]:
    """Return the names of the weights and of the optimizer's state after `epoch`."""
    return f"epoch-{epoch}.safetensors", f"epoch-{epoch}.pt"
