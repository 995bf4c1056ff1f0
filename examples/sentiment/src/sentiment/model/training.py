"""Train a model, export it, choose its band, store it: what the verb `train` does. Never looks at the test.

models/<version>/    what serves: model.int8.onnx, tokenizer.json, reference.npz
models/workbench/    what measures: model.onnx (fp32) and the network's weights, of the newest version
models/checkpoint/   where a training that was interrupted goes on
"""

from __future__ import annotations

import io
import json
import platform
import time
from dataclasses import asdict
from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import ingestion
from ..portfolio import store
from ..portfolio.errors import ModelError
from ..portfolio.files import sha256_of, write_atomic
from . import band, checkpoint, export, network, split
from .encoder import FILE as TOKENIZER
from .encoder import Encoder
from .fitting import Fitter, choose_device, softmax
from .runtime import INT8, Runtime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..data.reviews import Review
    from ..params import Params
    from ..portfolio.store import StoredModel
    from .checkpoint import Progress
    from .encoder import Encoded
    from .fitting import Labels
    from .network import Start

SERVED = "bert-int8"
WORKBENCH = "models/workbench"
FP32 = "model.onnx"
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
TIMING = "models/timing.json"


def train(
    root: Path,
    params: Params,
    *,
    base_model: str | None = None,
    device: str = "auto",
    resume: bool = False,
    most_epochs: int | None = None,
) -> str:
    """Train on the training part and store the model; returns its version.

    Args:
        root: the project's folder.
        params: of the project.
        base_model: None makes the tiny model; else as in `network.pretrained`.
        device: auto, cpu, cuda or mps.
        resume: go on from the last epoch that was finished.
        most_epochs: end the call after so many epochs, without a model (for tests of `resume`).

    Raises:
        DataError: no reviews yet, or too few. ModelError: the base model or the device cannot be used.
    """
    torch = _torch()
    began = time.perf_counter()
    torch.set_num_threads(params.threads)
    reviews, manifest = ingestion.read(root)
    parts = split.parts(reviews, params)
    # Looked for first: a training that then fails for want of a device has cost nothing.
    device = choose_device(device)
    texts = [review.text for review in parts.train]
    start = network.pretrained(base_model, params) if base_model else network.tiny(texts, params)
    write_atomic(root / checkpoint.FOLDER / TOKENIZER, start.tokenizer)
    encoder = Encoder(root / checkpoint.FOLDER / TOKENIZER, params.training.max_tokens)
    encoded = {
        name: encoder.encode([r.text for r in getattr(parts, name)]) for name in ("train", "validation")
    }
    labels = {name: labels_of(getattr(parts, name)) for name in encoded}

    fitter = Fitter(start, encoder, params, device=device, folder=root / checkpoint.FOLDER)
    progress = fitter.fit(
        (encoded["train"], labels["train"]),
        (encoded["validation"], labels["validation"]),
        task=_task(parts.train, start, params),
        resume=resume,
        most_epochs=most_epochs,
    )
    if most_epochs is not None and progress.epoch >= most_epochs and most_epochs < start.epochs:
        raise ModelError(f"stopped after epoch {progress.epoch} as asked; go on with --resume")
    fp32 = export.to_onnx(start.network)
    _compare(fitter, Runtime(fp32, params.threads), encoded["validation"][:50])
    int8 = export.to_int8(fp32)
    truncated = float(np.mean([one.truncated for one in encoded["train"]]))
    learned = {"truncated": truncated, "tokens": int(np.sum([one.tokens for one in encoded["train"]]))}
    metadata = _metadata(params, start, progress, manifest=manifest, parts=parts) | learned
    metadata |= _chosen(params, Runtime(int8, params.threads), encoder, parts.validation)
    metadata["workbench"] = _keep_workbench(root, start.network, fp32)
    files = {
        INT8: int8,
        TOKENIZER: start.tokenizer.encode(),
        "reference.npz": _reference(params, Runtime(int8, params.threads), encoder, parts.train, metadata),
    }
    version = store.save(root, files, metadata, keep=params.training.versions_kept)
    # Outside the version: the same data and settings give the same version, however long it took.
    seconds = {"version": version, "seconds": round(time.perf_counter() - began, 3)}
    write_atomic(root / TIMING, json.dumps(seconds) + "\n")
    return version


def labels_of(reviews: Sequence[Review]) -> Labels:
    """Return the labels as an array, shape (n,)."""
    return np.array([review.label for review in reviews], dtype=np.int64)


def workbench(root: Path, stored: StoredModel, name: str) -> Path:
    """Return a file of the workbench, after its hash was compared with what the stored model says.

    Raises:
        ModelError: it is not there or of another model.
    """
    path = root / WORKBENCH / name
    expected = stored.metadata["workbench"].get(name)
    if not path.is_file() or sha256_of(path) != expected:
        raise ModelError(
            f"{WORKBENCH}/{name}: missing, or not of model {stored.version}; "
            "run `python -m sentiment train` again"
        )
    return path


def load_network(root: Path, stored: StoredModel) -> Any:
    """Return the stored model's network as torch has it, for parity tests and for information."""
    from safetensors.torch import load
    from transformers import AutoConfig, AutoModelForSequenceClassification

    config = AutoConfig.from_pretrained(workbench(root, stored, CONFIG))
    made = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager")
    made.load_state_dict(load(workbench(root, stored, WEIGHTS).read_bytes()))
    return made.eval()


def _compare(fitter: Fitter, exported: Runtime, encoded: Sequence[Encoded]) -> None:
    """Refuse an exported graph that answers otherwise than the network that it was made from."""
    apart = float(np.abs(fitter.logits(encoded) - exported.logits(encoded)).max())
    if not apart < 1e-3:
        raise ModelError(
            f"the ONNX graph differs from the network by {apart:.3g} in a logit; expected less than 0.001"
        )


def _torch() -> Any:
    try:
        import torch
    except ModuleNotFoundError:
        raise ModelError(
            "torch is not installed, which training needs; install requirements-dev.txt and "
            "requirements-torch.txt"
        ) from None
    return torch


def _task(train: Sequence[Review], start: Start, params: Params) -> str:
    settings = (
        params.seed,
        asdict(params.training),
        start.base,
        start.revision,
        start.epochs,
        start.learning_rate,
        start.token_dropout,
        split.fingerprint(train),
        sha256_of(start.tokenizer.encode()),
    )
    return sha256_of(json.dumps(settings, default=str).encode())


def _metadata(
    params: Params, start: Start, progress: Progress, *, manifest: ingestion.Manifest, parts: split.Parts
) -> dict[str, Any]:
    return {
        "model": SERVED,
        "kind": start.kind,
        "base": {"name": start.base, "revision": start.revision},
        "max_tokens": params.training.max_tokens,
        "settings": asdict(params.training) | {"epochs": start.epochs, "learning_rate": start.learning_rate},
        "parameters": sum(p.numel() for p in start.network.parameters()),
        "losses": progress.losses,
        "best_epoch": progress.best_epoch,
        "seed": params.seed,
        "data": asdict(manifest),
        "trained_on": {
            "protocol": parts.protocol,
            "rows": len(parts.train),
            "sha256": split.fingerprint(parts.train),
        },
        "made_with": {
            "python": platform.python_version(),
            **{name: installed(name) for name in ("torch", "transformers", "onnxruntime")},
        },
    }


def _chosen(
    params: Params, runtime: Runtime, encoder: Encoder, validation: Sequence[Review]
) -> dict[str, Any]:
    """Choose temperature and band by the model that serves, and remember one answer of it."""
    logits = runtime.logits(encoder.encode([review.text for review in validation]))
    labels = labels_of(validation)
    divisor = band.temperature(logits, labels)
    score = softmax(logits, divisor)
    sure = band.cheapest_confidence(labels, score, params.cost)
    return {
        "temperature": divisor,
        "band": [1 - sure, sure],
        "chosen_on": f"the validation part, {len(validation):,} reviews",
        "cost": asdict(params.cost),
        "golden": {"text": validation[0].text, "probability": float(score[0])},
    }


def _keep_workbench(root: Path, trained: Any, fp32: bytes) -> dict[str, str]:
    from safetensors.torch import save

    weights = {key: value.detach().cpu().contiguous() for key, value in trained.state_dict().items()}
    files = {FP32: fp32, WEIGHTS: save(weights), CONFIG: trained.config.to_json_string().encode()}
    for name, content in files.items():
        write_atomic(root / WORKBENCH / name, content)
    return {name: sha256_of(content) for name, content in files.items()}


def _reference(
    params: Params, runtime: Runtime, encoder: Encoder, train: Sequence[Review], metadata: dict[str, Any]
) -> bytes:
    """Keep what a sample of the training texts looks like, for the drift check."""
    from ..evaluation.monitor import measures

    size = min(params.drift.reference_rows, len(train))
    rows = np.sort(np.random.default_rng(params.seed).choice(len(train), size, replace=False))
    texts = [train[row].text for row in rows]
    columns = measures(texts, encoder, runtime, metadata["temperature"])
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **columns)
    return buffer.getvalue()
