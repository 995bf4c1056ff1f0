"""Names for films that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

GENRES = (
    "Action", "Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Fantasy", "Horror",
    "Musical", "Mystery", "Romance", "Science fiction", "Thriller", "War", "Western",
)  # fmt: skip
_FIRST = (
    "Amber", "Borrowed", "Broken", "Copper", "Crooked", "Distant", "Early", "Electric", "Fallen", "Final",
    "Forgotten", "Gentle", "Glass", "Golden", "Hidden", "Hollow", "Iron", "Last", "Little", "Long", "Lost",
    "Northern", "Paper", "Patient", "Quiet", "Restless", "Salt", "Second", "Silent", "Silver", "Slow",
    "Southern", "Stolen", "Strange", "Thirteenth", "Unwritten", "Velvet", "Wandering", "Winter", "Wooden",
)  # fmt: skip
_SECOND = (
    "Archive", "Bridge", "Canal", "Carnival", "Clockmaker", "Coast", "Compass", "Detour", "Engine", "Ferry",
    "Garden", "Harbour", "Horizon", "House", "Island", "Journey", "Kitchen", "Lantern", "Letter",
    "Lighthouse", "Map", "Mirror", "Mountain", "Neighbour", "Orchard", "Orchestra", "Passage", "Platform",
    "Promise", "Recipe", "River", "Secret", "Signal", "Station", "Summer", "Train", "Verdict", "Voyage",
    "Waltz", "Window",
)  # fmt: skip
_PATTERNS = ("The {first} {second}", "{first} {second}", "A {first} {second}", "The {second} of {place}")
_PLACES = (
    "Arvelle", "Brennick", "Calder Bay", "Dunmore", "Eastwick Road", "Farrow", "Galloway Street", "Hartsea",
    "Ilmar", "Juniper Hill", "Kestrel Point", "Lorne", "Marlow Quay", "Nettle Lane", "Oxmoor", "Pell Harbour",
)  # fmt: skip
_NUMERALS = ("II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


def title(draw: np.random.Generator, taken: set[str]) -> str:
    """Return a name that is not in `taken`, and add it there."""
    pattern = _PATTERNS[int(draw.integers(len(_PATTERNS)))]
    first, second, place = (words[int(draw.integers(len(words)))] for words in (_FIRST, _SECOND, _PLACES))
    if pattern.startswith("A ") and first[0] in "AEIOU":
        pattern = "An {first} {second}"
    made = base = pattern.format(first=first, second=second, place=place)
    sequel = 0
    while made in taken:
        made = f"{base} {_NUMERALS[sequel]}" if sequel < len(_NUMERALS) else f"{base} {sequel + 2}"
        sequel += 1
    taken.add(made)
    return made
