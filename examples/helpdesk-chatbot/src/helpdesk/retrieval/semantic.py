"""Compare by meaning with a sentence-transformers model: optional, behind the same interface as the others.

The library and its model are loaded when params.toml names a model, and not before. A folder is read where it
is; an id is looked up by the library, which may download it.
"""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..portfolio.errors import ModelError, ProjectError
from .growing import Growing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_BATCH = 64


class Semantic:
    """Cosine of sentence vectors; what points away from the question counts as 0.

    Each ticket's vector depends on its text alone. The product with all of them is rounded as the linear
    algebra library likes, so scores agree with a fresh index to about 1e-6, and not to the last bit.
    """

    name = "semantic"

    def __init__(self, model: Encoder) -> None:
        self._model = model
        self._vectors = Growing(np.float32, (model.width,))

    def read(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts, shape (texts, width), each of length 1; zeros for an empty text."""
        return self._model.encode(texts)

    def add(self, slots: NDArray[np.int32], read: NDArray[np.float32]) -> None:
        """Take tickets in, each at its slot."""
        self._vectors.put(slots, read)

    def remove(self, slots: NDArray[np.int32], texts: Sequence[str]) -> None:  # noqa: ARG002 - interface
        """Take tickets out."""
        self._vectors.put(slots, 0)

    def scores(self, read: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score every slot for a question (one text); shape (slots,), 0 to 1."""
        cosines: NDArray[np.float32] = self._vectors.rows @ read[0]
        return np.clip(cosines, 0, 1)

    def memory_bytes(self) -> int:
        """Memory of the vectors; the model's own comes once for all indexes and is not in it."""
        return self._vectors.nbytes


class Encoder:
    """A loaded model; one text or batch at a time, as its tokenizer must not be shared between threads."""

    def __init__(self, model: Any) -> None:
        self._model, self._lock = model, threading.Lock()
        self.width = int(model.encode("a", convert_to_numpy=True).shape[0])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of length 1 for each text, of zeros for an empty one."""
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        # The tokenizer refuses half surrogates, which no decoder of UTF-8 lets in but JSON does.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        filled = [place for place, text in enumerate(clean) if text.strip()]
        if filled:
            with self._lock:
                vectors[filled] = self._model.encode(
                    [clean[place] for place in filled],
                    batch_size=_BATCH,
                    convert_to_numpy=True,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                )
        return vectors


@functools.cache
def encoder(name: str) -> Encoder:
    """Load a model once for all indexes of the process.

    Args:
        name: a folder, or the id of a model as its library knows it.

    Raises:
        ProjectError: the library is not installed.
        ModelError: there is no such model, or it cannot be read or downloaded.
    """
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise ProjectError(
            f"retrieval.semantic is {name!r}, which needs sentence-transformers: pip install '.[semantic]'"
        ) from None
    try:
        return Encoder(SentenceTransformer(str(Path(name)) if Path(name).is_dir() else name))
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"retrieval.semantic: cannot load {name!r}: {reason}") from error
