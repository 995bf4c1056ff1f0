"""The network before its training: a tiny BERT made here, or a pre-trained one from the hub or a folder.

Weights come as safetensors or not at all: other formats can run code when they are read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..portfolio.errors import ModelError
from .vocabulary import word_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..params import Params

# Encoders that take token ids and an attention mask, and that transformers can put a classifier on.
FAMILY = ("bert", "distilbert", "electra", "albert", "mobilebert", "roberta", "mpnet", "squeezebert")
SMOKE, FINE_TUNED = "smoke", "fine-tuned"
_FEWEST_ENTRIES = 100  # with fewer, a tokenizer has its special tokens and no vocabulary
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


@dataclass(frozen=True, slots=True)
class Start:
    """A network ready to be trained."""

    network: Any  # transformers' *ForSequenceClassification with two labels
    tokenizer: str  # tokenizer.json
    kind: str  # SMOKE or FINE_TUNED
    base: str  # where the weights came from, never a path of this machine
    revision: str  # commit on the hub; empty elsewhere
    epochs: int
    learning_rate: float
    token_dropout: float


def tiny(texts: Sequence[str], params: Params) -> Start:
    """Make a small BERT with random weights and a WordPiece vocabulary learned from `texts`.

    Sources: Devlin et al. (2019), BERT, section 3; Turc et al. (2019), Well-Read Students Learn Better (small
    sizes).
    """
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    settings = params.tiny
    tokenizer = word_pieces(texts, settings.vocabulary)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=settings.hidden,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        intermediate_size=4 * settings.hidden,
        max_position_embeddings=512,
        num_labels=2,
        attn_implementation="eager",
    )
    torch.manual_seed(params.seed)
    network = BertForSequenceClassification(config)
    return Start(
        network,
        tokenizer.to_str(),
        SMOKE,
        f"random weights, {settings.layers} layers of {settings.hidden}",
        "",
        settings.epochs,
        settings.learning_rate,
        settings.token_dropout,
    )


def pretrained(base_model: str, params: Params) -> Start:
    """Load a BERT-like checkpoint with a fresh classifier on top.

    Args:
        base_model: a folder; an id on the hub, with `@REVISION` to fix it; or `default`, which params.toml
            names.
        params: of the project.

    Raises:
        ModelError: no such folder or id, no network, not of the family, or without safetensors weights.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folder = Path(base_model).is_dir()
    name, _, revision = base_model.partition("@")
    if base_model == "default":
        name, revision = params.base.model, params.base.revision
    if folder:
        name, revision = base_model, ""
    elif not _HUB_ID.fullmatch(name):
        raise ModelError(f"{base_model}: no such folder; expected a folder or an id on the hub")
    place: dict[str, Any] = {"revision": revision} if revision else {}
    config = _config(name, place, folder=folder)
    torch.manual_seed(params.seed)
    try:
        network, loaded = AutoModelForSequenceClassification.from_pretrained(
            name,
            num_labels=2,
            ignore_mismatched_sizes=True,  # a classifier of other labels is replaced; of the rest below
            output_loading_info=True,
            use_safetensors=True,
            attn_implementation="eager",
            trust_remote_code=False,
            **place,
        )
        tokenizer = AutoTokenizer.from_pretrained(name, use_fast=True, trust_remote_code=False, **place)
        text = tokenizer.backend_tokenizer.to_str()
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        raise _refused(base_model, error, folder=folder) from None
    _refuse_partial(base_model, network, loaded)
    entries = tokenizer.backend_tokenizer.get_vocab_size()
    if entries < _FEWEST_ENTRIES:
        raise ModelError(
            f"{base_model}: its tokenizer has {entries} entries; expected tokenizer.json or vocab.txt beside "
            "the weights"
        )
    if network.config.vocab_size < entries:
        raise ModelError(
            f"{base_model}: its tokenizer has more entries than its weights; they do not belong together"
        )
    return Start(
        network.float(),
        text,
        FINE_TUNED,
        Path(name).resolve().name if folder else name,
        str(getattr(config, "_commit_hash", None) or revision),
        params.base.epochs,
        params.base.learning_rate,
        params.base.token_dropout,
    )


def _refuse_partial(base_model: str, network: Any, loaded: dict[str, Any]) -> None:
    """Refuse weights that do not fill the encoder: the rest would be random, and called fine-tuned."""
    lacking = {*loaded["missing_keys"], *(key for key, *_ in loaded["mismatched_keys"])}
    inside = f"{network.base_model_prefix}."
    lacking = {key for key in lacking if key.startswith(inside) and ".pooler." not in key}
    if lacking:
        raise ModelError(
            f"{base_model}: its weights do not fit its config.json: {len(lacking)} parts of the encoder are "
            f"missing or of another size, such as {min(lacking)}"
        )


def _config(name: str, place: dict[str, Any], *, folder: bool) -> Any:
    """Read config.json first: whether this is a BERT is known before its weights are fetched."""
    from transformers import AutoConfig

    path = Path(name, "config.json")
    if folder and not path.is_file():
        raise ModelError(f"{name}: no config.json in it; expected a folder as transformers saves it")
    try:
        config = AutoConfig.from_pretrained(name, trust_remote_code=False, **place)
    except (OSError, ValueError, KeyError, json.JSONDecodeError) as error:
        raise _refused(name, error, folder=folder) from None
    if config.model_type not in FAMILY:
        raise ModelError(
            f"{name}: is of type {config.model_type!r}, no BERT that classifies sequences; "
            f"expected one of {', '.join(FAMILY)}"
        )
    return config


def _refused(base_model: str, error: Exception, *, folder: bool) -> ModelError:
    said = " ".join(str(error).split())
    if "safetensors" in said or "pytorch_model.bin" in said:
        return ModelError(
            f"{base_model}: has no weights as safetensors (model.safetensors); other formats can run code "
            "and are not read"
        )
    if folder:
        return ModelError(f"{base_model}: cannot be loaded as a BERT that classifies sequences: {said[:160]}")
    return ModelError(
        f"{base_model}: cannot be got from the hub ({type(error).__name__}); without a network give a "
        "folder: --base-model PATH"
    )
