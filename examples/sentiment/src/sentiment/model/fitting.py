"""Train a network on token ids: seeded, resumable at every epoch, with early stopping on the validation loss.

An epoch's order and its dropout depend on the seed and the number of the epoch alone, so a training that was
interrupted and resumed ends with the same weights as one that was not.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from ..portfolio.errors import ModelError
from .checkpoint import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..params import Params
    from .checkpoint import Progress
    from .encoder import Encoded, Encoder
    from .network import Start

    Labels = NDArray[np.int64]  # shape (n,); 1 positive
    Scores = NDArray[np.float64]  # shape (n,); probability of positive, 0..1

_POOL = 50  # batches that are sorted by length together: less padding, and still a random order


class Fitter:
    """One training: its network, its device, its checkpoint."""

    def __init__(self, start: Start, encoder: Encoder, params: Params, *, device: str, folder: Path) -> None:
        import torch

        self._start, self._encoder, self._params = start, encoder, params
        self._device = torch.device(device)
        self._network = start.network.to(self._device)
        self._checkpoint = Checkpoint(folder, self._network, self._device)
        self._bf16 = device.startswith("cuda") and torch.cuda.is_bf16_supported()

    def fit(
        self,
        train: tuple[Sequence[Encoded], Labels],
        validation: tuple[Sequence[Encoded], Labels],
        *,
        task: str,
        resume: bool,
        most_epochs: int | None = None,
    ) -> Progress:
        """Train until the validation loss no longer falls; the network then has its best epoch's weights.

        Args:
            train: encoded texts and their labels. validation: likewise; decides when to stop.
            task: hash of data and settings.
            resume: go on from the checkpoint, if there is one of this very task.
            most_epochs: stop after so many epochs of this call, the checkpoint kept (for tests of `resume`).

        Raises:
            ModelError: the loss is no number, or the checkpoint cannot be used.
        """
        steps = self._start.epochs * math.ceil(len(train[0]) / self._params.training.batch)
        optimizer, schedule = self._optimizer(steps)
        progress = self._checkpoint.resume(task, optimizer, schedule) if resume else None
        progress = progress or self._checkpoint.begin(task)
        for done, epoch in enumerate(range(progress.epoch, self._start.epochs)):
            if epoch - progress.best_epoch >= self._params.training.patience or done == most_epochs:
                break
            learned = self._epoch(train, epoch, optimizer, schedule)
            loss = self.loss(*validation)
            progress.losses.append([round(learned, 6), round(loss, 6)])
            progress.epoch = epoch + 1
            if loss < progress.best_loss:
                progress.best_loss, progress.best_epoch = loss, epoch + 1
                self._checkpoint.keep_best()
            self._checkpoint.save(progress, optimizer, schedule)
        if not progress.best_epoch:
            raise ModelError("the validation loss is no number; lower the learning rate in params.toml")
        self._checkpoint.load_best()
        return progress

    def loss(self, encoded: Sequence[Encoded], labels: Labels) -> float:
        """Return the mean cross-entropy in nats."""
        score = np.clip(softmax(self.logits(encoded)), 1e-12, 1 - 1e-12)
        return float(-np.mean(np.where(labels == 1, np.log(score), np.log(1 - score))))

    def logits(self, encoded: Sequence[Encoded]) -> NDArray[np.float64]:
        """Return what the network answers, shape (n, 2), in the order of `encoded`."""
        import torch

        self._network.eval()
        order = np.argsort([one.tokens for one in encoded], kind="stable")
        found = np.empty((len(encoded), 2))
        with torch.inference_mode():
            for rows in np.array_split(order, max(1, math.ceil(len(order) / 64))):
                found[rows] = self._forward([encoded[row] for row in rows]).float().cpu().numpy()
        return found

    def _epoch(
        self, train: tuple[Sequence[Encoded], Labels], epoch: int, optimizer: Any, schedule: Any
    ) -> float:
        import torch
        from tqdm import tqdm

        torch.manual_seed(self._params.seed * 1_000 + epoch)  # dropout
        self._network.train()
        encoded, labels = train
        batches = _batches([one.tokens for one in encoded], self._params, epoch)
        random = np.random.default_rng([self._params.seed, epoch, 1])
        total = 0.0
        label = f"epoch {epoch + 1} of at most {self._start.epochs}"
        for rows in tqdm(batches, desc=label, unit="batch", file=sys.stderr, leave=False, mininterval=0.5):
            truth = torch.as_tensor(labels[rows], device=self._device)
            chosen = [self._unsettled(encoded[row], random) for row in rows]
            loss = torch.nn.functional.cross_entropy(self._forward(chosen).float(), truth)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(rows)
        return total / len(encoded)

    def _unsettled(self, one: Encoded, random: np.random.Generator) -> Encoded:
        """Replace some tokens by [UNK], never the first and the last: word dropout, Iyyer et al. (2015)."""
        from .encoder import Encoded

        if not self._start.token_dropout or self._encoder.unknown is None:
            return one
        changed = random.random(one.tokens) < self._start.token_dropout
        changed[[0, -1]] = False
        return Encoded(np.where(changed, self._encoder.unknown, one.ids), one.truncated)

    def _forward(self, encoded: Sequence[Encoded]) -> Any:
        import torch

        ids, mask = (torch.as_tensor(part, device=self._device) for part in self._encoder.padded(encoded))
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._bf16):
            return self._network(input_ids=ids, attention_mask=mask).logits

    def _optimizer(self, steps: int) -> tuple[Any, Any]:
        """AdamW without decay on biases and norms; the rate rises, then falls (Devlin et al., A.2)."""
        import torch

        settings = self._params.training
        named = list(self._network.named_parameters())
        groups = [
            {"params": [p for _, p in named if p.ndim > 1], "weight_decay": settings.weight_decay},
            {"params": [p for _, p in named if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=self._start.learning_rate)
        rising = max(1, round(settings.warmup_share * steps))

        def rate(step: int) -> float:
            return min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))

        return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate)


def choose_device(wish: str) -> str:
    """Return the device to train on: `auto` takes a GPU where there is one.

    Raises:
        ModelError: the wished device is not there.
    """
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wish == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[wish]:
        raise ModelError(f"device {wish} is not there; use --device auto or cpu")
    return wish


def softmax(logits: NDArray[np.float64], temperature: float = 1.0) -> Scores:
    """Return the probability of positive, shape (n,), of logits of shape (n, 2).

    >>> softmax(np.array([[0.0, 0.0], [0.0, 2.0]])).round(3).tolist()
    [0.5, 0.881]
    """
    margin = (logits[:, 1] - logits[:, 0]) / temperature
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(margin, -60, 60))))


def _batches(lengths: Sequence[int], params: Params, epoch: int) -> list[NDArray[np.int64]]:
    """Draw the order of an epoch; texts of like length go together."""
    random = np.random.default_rng([params.seed, epoch])
    order, size = random.permutation(len(lengths)), params.training.batch
    batches = []
    for start in range(0, len(order), size * _POOL):
        pool = order[start : start + size * _POOL]
        pool = pool[np.argsort([lengths[row] for row in pool], kind="stable")]
        batches += [pool[at : at + size] for at in range(0, len(pool), size)]
    return [batches[place] for place in random.permutation(len(batches))]
