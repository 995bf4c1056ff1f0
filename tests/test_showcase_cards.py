from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageChops

from scaffolder.showcase import cards

from . import showcase_samples as samples

if TYPE_CHECKING:
    from collections.abc import Sequence

PAPER, MUTED = (255, 255, 255), (84, 91, 102)


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture)).convert("RGB")


def ink(
    picture: bytes, box: tuple[int, int, int, int] = (16, 0, 1200, 630)
) -> tuple[int, int, int, int] | None:
    """Where there is something else than paper to the right of the bar at the left edge."""
    part = opened(picture).crop(box)
    return (
        ImageChops.difference(part, Image.new("RGB", part.size, PAPER))
        .point(lambda level: level > 8)
        .getbbox()
    )


def is_card(picture: bytes) -> bool:
    """A small PNG of the right size whose margins are paper."""
    left, top, right, bottom = ink(picture) or (0, 0, 0, 0)
    margins = min(left - 40, top - 40, 1184 - 60 - right, 630 - 40 - bottom) >= 0
    size = opened(picture).size == (cards.WIDTH, cards.HEIGHT)
    return picture.startswith(b"\x89PNG") and size and margins and len(picture) < 80_000


def test_a_card_for_each_project_and_one_for_the_index() -> None:
    entries = samples.entries(4)
    found = cards.cards(entries, samples.owner())
    assert len(set(found)) == 4
    assert all(map(is_card, found))
    assert is_card(cards.index_card(samples.owner(), entries))
    assert is_card(cards.index_card(None, []))
    assert cards.cards([], samples.owner()) == []


def test_a_card_is_the_same_alone_and_among_others() -> None:
    entries = samples.entries(3)
    assert cards.card(entries[1], samples.owner()) == cards.cards(entries, samples.owner())[1]


@pytest.mark.parametrize(
    ("change", "box"),
    [
        ({"title": "Another"}, (0, 0, 1200, 130)),
        ({"problem": "Another problem."}, (0, 130, 1200, 280)),
        ({"evidence": samples.measured(0.5, 0.4, 0.6, (0.3, 0.2, 0.4))}, (0, 300, 1200, 500)),
        (
            {"evidence": samples.measured(0.923543, 0.868728, 0.962187, (0.3, 0.2, 0.4))},
            (560, 300, 1200, 500),
        ),
    ],
)
def test_what_a_card_says_is_where_it_belongs(
    change: dict[str, object], box: tuple[int, int, int, int]
) -> None:
    before, after = (
        opened(cards.card(samples.entry(), None)),
        opened(cards.card(samples.entry(**change), None)),
    )
    left, top, right, bottom = ImageChops.difference(before, after).point(lambda level: level > 8).getbbox()
    assert box[0] <= left < right <= box[2]
    assert box[1] <= top < bottom <= box[3]


def test_synthetic_data_and_the_owner_are_said_at_the_foot() -> None:
    foot_left, foot_right = (16, 510, 700, 630), (860, 510, 1200, 630)
    assert ink(cards.card(samples.entry(), samples.owner()), foot_left)
    assert not ink(cards.card(samples.entry(), None), foot_left)
    assert ink(cards.card(samples.entry(), None), foot_right)
    told = samples.evidence()
    told["data"]["source"] = "real"
    assert not ink(cards.card(samples.entry(evidence=told), None), foot_right)


def test_the_interval_is_drawn_to_scale() -> None:
    """On an axis from 0 to 1 the baseline's bar begins and ends where its interval does."""
    told = samples.measured(1, 0, 1, (0.5, 0.25, 0.75))
    picture = opened(cards.card(samples.entry(evidence=told), None)).convert("L")
    left, width = 568, 560
    rows = [[x for x in range(left, left + width) if picture.getpixel((x, y)) < 130] for y in range(448, 475)]
    bar = max(rows, key=len)
    assert (bar[0] - left) / width == pytest.approx(0.25, abs=0.005)
    assert (bar[-1] + 1 - left) / width == pytest.approx(0.75, abs=0.005)


@pytest.mark.parametrize(
    "text", [*samples.HOSTILE, samples.LONG_WORD, "word " * 500, "-" * 500, ". " * 300, ""]
)
def test_any_text_stays_in_its_place(text: str) -> None:
    told = samples.evidence()
    told["headline"]["metric"] = told["headline"]["model"] = told["headline"]["baseline"]["name"] = (
        text or "x"
    )
    entry = samples.entry(title=text, problem=text, evidence=told)
    owner = samples.owner(name=text or "A", headline=text)
    assert is_card(cards.card(entry, owner))
    assert is_card(cards.index_card(owner, [entry] * 60))


def test_a_long_text_ends_with_an_ellipsis_after_a_whole_word() -> None:
    """Words after the last one that has room change nothing."""
    long = "one two three four five six seven eight nine ten eleven twelve " * 3
    assert cards.card(samples.entry(problem=long), None) == cards.card(samples.entry(problem=long * 3), None)
    assert cards.card(samples.entry(problem=long), None) != cards.card(
        samples.entry(problem="Sun " + long), None
    )


@pytest.mark.parametrize("value", [0.0, -123456.789, 1e300, 1234567.0])
def test_a_long_figure_has_room(value: float) -> None:
    low, high = sorted((value * 0.9, value * 1.1))
    entry = samples.entry(evidence=samples.measured(value, low, high, (value / 2, low, high)))
    assert is_card(cards.card(entry, None))


def test_it_is_legible_at_a_third_of_its_size() -> None:
    """The smallest letters keep their contrast where a feed shows the card 400 pixels wide."""
    small = opened(cards.card(samples.entry(), samples.owner())).resize((400, 210), Image.Resampling.LANCZOS)
    names: Sequence[tuple[int, int, int, int]] = [
        (205, 112, 300, 128),
        (205, 135, 320, 152),
        (28, 175, 100, 192),
    ]
    for box in names:
        darkest, lightest = small.crop(box).convert("L").getextrema()
        assert lightest - darkest > 120


def test_fifty_cards_are_fifty_pictures_of_a_size_to_share() -> None:
    found = cards.cards(samples.many(50), samples.owner())
    assert len(set(found)) == 50
    assert max(map(len, found)) < 80_000
