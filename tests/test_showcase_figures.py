from __future__ import annotations

import io
import random
import struct
import sys
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, PngImagePlugin

from scaffolder.showcase import figures
from scaffolder.showcase.figures import BadFigure, encode, prepare
from scaffolder.showcase.typeset import ExtraMissing

if TYPE_CHECKING:
    from pathlib import Path


def drawn(path: Path, size: tuple[int, int] = (640, 400), mode: str = "RGB", **options: Any) -> Path:
    image = Image.new(mode, size, options.pop("colour", 0))
    image.paste(
        options.pop("ink", 1 if mode in ("P", "1", "L") else "red"), (10, 10, size[0] // 2, size[1] // 2)
    )
    image.save(path, **options)
    return path


def opened(picture: figures.Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.content))
    image.load()
    assert (image.format, image.mode, image.size) == ("WEBP", "RGB", (picture.width, picture.height))
    return image


def photograph(path: Path, size: tuple[int, int] = (1200, 900)) -> Path:
    dice = random.Random(1)  # noqa: S311 - no secret
    noise = Image.frombytes("RGB", (300, 225), dice.randbytes(300 * 225 * 3))
    noise.resize(size).save(path, quality=95)
    return path


def test_a_drawing_keeps_every_pixel(tmp_path: Path) -> None:
    source = drawn(tmp_path / "a.png")
    made = encode(source)
    assert (made.width, made.height) == (640, 400)
    assert opened(made).tobytes() == Image.open(source).tobytes()


def test_its_name_says_what_it_holds(tmp_path: Path) -> None:
    first, second = encode(drawn(tmp_path / "a.png")), encode(drawn(tmp_path / "b.png"))
    other = encode(drawn(tmp_path / "c.png", ink="blue"))
    assert first == second
    assert first.name.startswith("figures/")
    assert first.name.endswith(".webp")
    assert other.name != first.name


def test_what_is_too_wide_or_too_tall_is_made_smaller_and_nothing_larger(tmp_path: Path) -> None:
    sizes = {
        (4000, 1000): (1600, 400),
        (1000, 4800): (500, 2400),
        (20, 10): (20, 10),
        (16_000, 1): (1600, 1),
    }
    for number, (before, after) in enumerate(sizes.items()):
        made = encode(drawn(tmp_path / f"{number}.png", before))
        assert (made.width, made.height) == after


def test_metadata_goes(tmp_path: Path) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "Ada Secret")
    exif = Image.Exif()
    exif[0x8298] = "Ada Secret"
    for source in (
        drawn(tmp_path / "a.png", pnginfo=notes, exif=exif),
        drawn(tmp_path / "a.jpg", exif=exif, comment=b"Ada Secret"),
    ):
        assert b"Ada Secret" in source.read_bytes()
        made = encode(source)
        assert b"Ada Secret" not in made.content
        assert not opened(made).info.keys() & {"exif", "xmp", "icc_profile"}


def test_a_photograph_is_compressed(tmp_path: Path) -> None:
    source = photograph(tmp_path / "a.jpg")
    made = encode(source)
    assert len(made.content) < source.stat().st_size
    assert (made.width, made.height) == (1200, 900)


def test_a_photograph_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = encode(drawn(tmp_path / "a.jpg", (640, 400), exif=exif))
    assert (made.width, made.height) == (400, 640)


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    for mode, colour, options in (
        ("RGBA", (0, 0, 0, 0), {}),
        ("LA", (0, 0), {"ink": (0, 255)}),
        ("P", 0, {"transparency": 0}),
        ("L", 7, {"transparency": 7}),
    ):
        image = opened(encode(drawn(tmp_path / f"{mode}.png", mode=mode, colour=colour, **options)))
        assert image.getpixel((630, 390)) == (255, 255, 255), mode
        assert image.getpixel((20, 20)) != (255, 255, 255), mode


def test_sixteen_bits_of_grey(tmp_path: Path) -> None:
    Image.frombytes("I;16", (4, 1), struct.pack("<4H", 0, 0x4000, 0x8000, 0xFFFF)).save(tmp_path / "a.png")
    image = opened(encode(tmp_path / "a.png"))
    assert [image.getpixel((x, 0))[0] for x in range(4)] == [0, 64, 128, 255]


def test_other_kinds(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert opened(encode(tmp_path / "a.gif")).getpixel((5, 5)) == (255, 0, 0)
    drawn(tmp_path / "a.webp")
    drawn(tmp_path / "cmyk.jpg", mode="CMYK", colour=(0, 0, 0, 0), ink=(0, 255, 255, 0))
    assert encode(tmp_path / "a.webp").width == encode(tmp_path / "cmyk.jpg").width == 640


# ---- what is no picture


def complaint(path: Path) -> str:
    with pytest.raises(BadFigure) as caught:
        encode(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    return said


def test_no_picture(tmp_path: Path) -> None:
    for name, content in (
        ("a.png", b"<script>alert(1)</script>"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("b.png", b""),
        ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n"),
    ):
        (tmp_path / name).write_bytes(content)
        assert "no picture; a figure is a PNG, JPEG, WebP or GIF file" in complaint(tmp_path / name)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
def test_half_a_picture(tmp_path: Path, name: str) -> None:
    source = photograph(tmp_path / name, (300, 225))
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    assert "only part of a picture, or a damaged one" in complaint(source)


def png(width: int, height: int) -> bytes:
    """A PNG that says it is as large as that, and holds nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(10_000, 10_000), (100_000, 100_000)])
def test_a_bomb_is_not_unpacked(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "a.png").write_bytes(png(*size))
    assert "a figure has at most 50 million" in complaint(tmp_path / "a.png")


def test_a_file_that_went_away(tmp_path: Path) -> None:
    assert "no such file" in complaint(tmp_path / "gone.png")


# ---- several


def test_each_picture_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []
    monkeypatch.setattr(figures, "encode", lambda path: (made.append(path), encode(path))[1])
    paths = [drawn(tmp_path / "a.png"), drawn(tmp_path / "same.png"), drawn(tmp_path / "b.png", ink="blue")]
    found = prepare([*paths, *paths], {})
    assert made == [paths[0], paths[2]]
    assert set(found) == set(paths)
    assert found[paths[0]] == found[paths[1]]

    known = {one.source: one for one in found.values()}
    made.clear()
    drawn(paths[2], ink="green")
    again = prepare(paths, known)
    assert made == [paths[2]]
    assert again[paths[0]] is found[paths[0]]
    assert again[paths[2]].name != found[paths[2]].name


def test_one_that_cannot_be_shown_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no")
    with pytest.raises(BadFigure, match=r"bad\.png"):
        prepare([drawn(tmp_path / "a.png"), tmp_path / "bad.png", drawn(tmp_path / "b.png", ink="blue")], {})


def test_without_pillow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'portfolio-scaffolder\[showcase\]'"):
        prepare([], {})
