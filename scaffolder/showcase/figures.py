"""Figures as the pages show them: checked, on white, at most as wide as a screen needs, without metadata."""

from __future__ import annotations

import hashlib
import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError
from scaffolder.showcase.typeset import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
WIDEST, TALLEST = 1_600, 2_400  # pixels; nothing is enlarged
MOST_PIXELS = 50_000_000  # of a picture that is opened at all
LOSSLESS_BYTES = 200_000  # a drawing needs fewer; what needs more is a photograph


class BadFigure(ScaffolderError):
    """A file that is no picture, or too large a one."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the site."""

    name: str  # its path in the site: figures/<hash>.webp
    width: int
    height: int
    content: bytes
    source: str  # sha256 of the file that it was made from


def prepare(
    paths: Iterable[Path], known: Mapping[str, Picture], *, on_done: Callable[[], None] = lambda: None
) -> dict[Path, Picture]:
    """Return the picture of each file; `known` holds those that were made before, by their source.

    Raises:
        BadFigure: a file cannot be shown.
        ExtraMissing: Pillow is not installed.
    """
    require("PIL.Image")
    wanted = list(dict.fromkeys(paths))
    sources = {path: _source(path) for path in wanted}
    first: dict[str, Path] = {}
    for path, source in sources.items():
        first.setdefault(source, path)
    made = {source: known[source] for source in first if source in known}
    missing = [source for source in first if source not in made]
    with ThreadPoolExecutor(4) as pool:  # the encoder works outside Python's lock
        jobs = {source: pool.submit(encode, first[source]) for source in missing}
        for source, job in jobs.items():
            try:
                made[source] = job.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            on_done()
    return {path: made[sources[path]] for path in wanted}


@cache
def recipe() -> str:
    """Return what decides about the bytes of a picture besides its source."""
    features = require("PIL.features")
    return f"webp {features.version('webp')}, {WIDEST}x{TALLEST}, {LOSSLESS_BYTES}, 1"


def encode(path: Path) -> Picture:
    """Return the picture in a file, as WebP.

    Raises:
        BadFigure: it is no picture, or one with too many pixels.
    """
    content = _content(path)
    image = _fitted(_on_white(_opened(path, content)))
    # More effort takes three times as long, for files that are a sixth smaller.
    packed = _packed(image, lossless=True, quality=20, method=2)
    if len(packed) > LOSSLESS_BYTES:
        packed = min(packed, _packed(image, quality=85, method=4), key=len)
    name = f"figures/{hashlib.sha256(packed).hexdigest()[:16]}.webp"
    return Picture(name, *image.size, packed, hashlib.sha256(content).hexdigest())


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFigure(path, (error.strerror or str(error)).lower()) from error


def _source(path: Path) -> str:
    return hashlib.sha256(_content(path)).hexdigest()


def _opened(path: Path, content: bytes) -> Image:
    """Return the first frame, decoded; its size is looked at before."""
    module = require("PIL.Image")
    warnings.filterwarnings("ignore", category=module.DecompressionBombWarning)  # its size is checked below
    try:
        image: Image = module.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise BadFigure(path, _too_many(f"{image.width:,} x {image.height:,} pixels"))
        image.load()
    except module.DecompressionBombError:
        raise BadFigure(path, _too_many("too many pixels")) from None
    except module.UnidentifiedImageError:
        raise BadFigure(path, "no picture; a figure is a PNG, JPEG, WebP or GIF file") from None
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, MemoryError) as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadFigure(path, f"only part of a picture, or a damaged one ({why}); draw it again") from None
    return image


def _too_many(found: str) -> str:
    return (
        f"{found}; a figure has at most {MOST_PIXELS // 1_000_000} million, and {WIDEST:,} across are shown"
    )


def _on_white(image: Image) -> Image:
    """Return the image in RGB, turned as its camera says, with white where it is transparent."""
    image = require("PIL.ImageOps").exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits of grey
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        above = image.convert("RGBA")
        ground = require("PIL.Image").new("RGBA", above.size, "white")
        ground.alpha_composite(above)
        image = ground
    return image.convert("RGB")


def _fitted(image: Image) -> Image:
    ratio = min(1.0, WIDEST / image.width, TALLEST / image.height)
    if ratio == 1.0:
        return image
    size = max(1, round(image.width * ratio)), max(1, round(image.height * ratio))
    return image.resize(size, require("PIL.Image").Resampling.LANCZOS, reducing_gap=3.0)


def _packed(image: Image, **options: Any) -> bytes:
    packed = io.BytesIO()
    image.save(packed, "WEBP", **options)
    return packed.getvalue()
