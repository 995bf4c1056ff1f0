"""Texts to token ids, as the model was trained on them. Needs `tokenizers` and numpy, not torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .text import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

FILE = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text as the model takes it."""

    ids: NDArray[np.int64]  # shape (tokens,)
    truncated: bool  # whether the text was longer than the model reads

    @property
    def tokens(self) -> int:
        """Number of tokens, the two special ones included."""
        return len(self.ids)


class Encoder:
    """A tokenizer with the normaliser before it and the cut after `max_tokens`."""

    def __init__(self, path: Path, max_tokens: int) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=max_tokens)
        self.unknown = self._tokenizer.token_to_id("[UNK]")
        padding = self._tokenizer.token_to_id("[PAD]")
        self.padding: int = 0 if padding is None else padding
        self.size: int = self._tokenizer.get_vocab_size()

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encode raw texts, in their order."""
        found = self._tokenizer.encode_batch([normalise(text) for text in texts])
        return [Encoded(np.array(one.ids, dtype=np.int64), bool(one.overflowing)) for one in found]

    def padded(self, encoded: Sequence[Encoded]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return ids and attention mask, shape (n, longest); the mask is 1 where there is a token."""
        longest = max(one.tokens for one in encoded)
        ids = np.full((len(encoded), longest), self.padding, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(encoded):
            ids[row, : one.tokens] = one.ids
            mask[row, : one.tokens] = 1
        return ids, mask
