"""The trained network as ONNX, and its dynamically quantised int8 form that serves."""

from __future__ import annotations

import logging
import tempfile
import warnings
from pathlib import Path
from typing import Any


def to_onnx(network: Any) -> bytes:
    """Return the network as an ONNX graph.

    In: `input_ids` and `attention_mask`, int64, shape (n, tokens). Out: `logits`, float32, shape (n, 2).
    """
    import torch

    class Logits(torch.nn.Module):  # type: ignore[misc]  # torch is not type-checked here
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.network(input_ids=input_ids, attention_mask=attention_mask).logits

    # A batch of one would be taken for a constant, one tensor for both inputs for one input.
    ids, mask = torch.ones((2, 16), dtype=torch.int64), torch.ones((2, 16), dtype=torch.int64)
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens", max=512)}
    network.to("cpu").eval()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the exporter's own inner workings
        for name in ("onnxscript", "torch.onnx"):
            logging.getLogger(name).setLevel(logging.ERROR)
        path = Path(folder, "model.onnx")
        torch.onnx.export(
            Logits(),
            (ids, mask),
            path,
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_shapes={"input_ids": axes, "attention_mask": axes},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        return _without_notes(path.read_bytes())


def _without_notes(model: bytes) -> bytes:
    """Drop what the exporter notes of its own work: it names folders of this machine.

    The shapes of inner values go, too: they do not fit the graph that the quantiser makes of it.
    """
    import onnx

    graph = onnx.load_from_string(model)
    del graph.graph.value_info[:]
    for part in (graph, graph.graph, *graph.graph.node, *graph.graph.input, *graph.graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return bytes(graph.SerializeToString(deterministic=True))


def to_int8(model: bytes) -> bytes:
    """Return the graph with int8 weights; activations are quantised while it runs.

    Source: Jacob et al. (2018), Quantization and Training of Neural Networks, section 2.1 (the arithmetic).
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph = onnx.load_from_string(model)
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "model.onnx"), Path(folder, "int8.onnx")
        onnx.save(graph, before)
        logging.getLogger().setLevel(logging.ERROR)  # advises a step that fails on such graphs
        # Seven bits and a scale a channel: with eight, processors without VNNI instructions overflow, which
        # costs a fine-tuned model several points of accuracy there.
        quantize_dynamic(before, after, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        return after.read_bytes()
