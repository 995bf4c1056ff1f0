"""The tiny model's own vocabulary, learned from the training part."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .text import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def word_pieces(texts: Sequence[str], size: int) -> Any:
    """Make a WordPiece vocabulary: the commonest words, and the commonest endings of words.

    The usual trainer breaks ties by chance, so two runs would differ. Single letters are left out: a word
    that the training never had becomes one [UNK], about which the model has learned something
    (`token_dropout`), and not a row of letters, about which it has not.

    Source: Wu et al. (2016), Google's Neural Machine Translation System, section 4 (how pieces are matched).
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    normalizer, splitter = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    words: Counter[str] = Counter()
    for text in texts:
        split = splitter.pre_tokenize_str(normalizer.normalize_str(normalise(text)))
        words.update(word for word, _ in split)
    endings: Counter[str] = Counter()
    for word, count in words.items():
        endings.update({f"##{word[-length:]}": count for length in range(2, min(5, len(word) - 2))})
    pieces = [*_SPECIAL, *_commonest(endings, size // 20)]
    pieces += _commonest(words, size - len(pieces))
    ids = {piece: at for at, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))  # noqa: S106  # no password
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, splitter
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    return tokenizer


def _commonest(counts: Counter[str], most: int) -> list[str]:
    """Return what occurs at least twice, commonest first, ties in alphabetical order."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [piece for piece, count in ranked[:most] if count > 1]
