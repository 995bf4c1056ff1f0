"""Run an ONNX model on encoded texts, one at a time. Needs onnxruntime and numpy, not torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .encoder import Encoded

INT8 = "model.int8.onnx"


class Runtime:
    """An ONNX session on the CPU.

    Texts run one by one: int8 activations are scaled by what runs together, so in a batch the answer for a
    text would depend on its neighbours. Alone it is always the same.
    """

    def __init__(self, model: Path | bytes, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        source = model if isinstance(model, bytes) else str(model)
        self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])

    def logits(self, encoded: Sequence[Encoded]) -> NDArray[np.float64]:
        """Return what the model answers, shape (n, 2)."""
        found = np.empty((len(encoded), 2))
        for row, one in enumerate(encoded):
            found[row] = self.run(one.ids[None, :])[0]
        return found

    def run(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the logits of ids of shape (n, tokens) without padding."""
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        return np.asarray(self._session.run(["logits"], feeds)[0])
