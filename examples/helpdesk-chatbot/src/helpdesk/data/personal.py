"""Personal data for synthetic tickets, of forms that are kept free for examples or cannot be anybody's.

email   the domains of RFC 2606
phone   numbers that Ofcom, the NANP and the Bundesnetzagentur keep for films
card    the issuer number of test cards, with a right check digit (Luhn)
iban    banks that do not exist (a bank code of 0...), with right check digits (ISO 13616)
secret  passwords, keys and tokens drawn at random
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

KINDS = ("email", "phone", "card", "iban", "secret")
_NAMES = ("alex", "robin", "kim", "sam", "jo", "mika", "toni", "sascha", "chris", "luca")
_SURNAMES = ("moreau", "lindgren", "okafor", "weber", "silva", "novak", "tanaka", "haas", "brandt", "quinn")
_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org")
_PHONES = (
    "020 7946 0###", "+44 20 7946 0###", "07700 900###", "+44 7700 900###",
    "(212) 555-01##", "+1 212 555 01##", "212-555-01##",
    "030 23125###", "+49 30 23125 ###", "+49 (0)40 66969-###", "0049 30 23125###", "0171 39200##",
)  # fmt: skip
_WORDS = ("Summer", "Falcon", "Harbour", "Winter", "Maple", "Thunder", "Copper", "Granite")


def piece(kind: str, draw: random.Random) -> str:
    """Return a piece of personal data of one of KINDS."""
    return {"email": _email, "phone": _phone, "card": _card, "iban": _iban, "secret": _secret}[kind](draw)


def _email(draw: random.Random) -> str:
    name, surname = draw.choice(_NAMES), draw.choice(_SURNAMES)
    local = draw.choice((f"{name}.{surname}", f"{name[0]}{surname}", f"{name}_{surname}{_digits(2, draw)}"))
    address = f"{local}{draw.choice(('', '', '+work'))}@{draw.choice(_DOMAINS)}"
    return address.title() if draw.random() < 0.1 else address


def _phone(draw: random.Random) -> str:
    return "".join(draw.choice(string.digits) if letter == "#" else letter for letter in draw.choice(_PHONES))


def _card(draw: random.Random) -> str:
    first = draw.choice(("400000", "555555")) + _digits(9, draw)
    number = first + str(-_luhn(first + "0") % 10)
    gap = draw.choice(("", " ", "-"))
    return gap.join(number[at : at + 4] for at in range(0, 16, 4))


def _luhn(digits: str) -> int:
    """Return the sum that a right number's is a multiple of ten.

    Source: ISO/IEC 7812-1, annex B.
    """
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled)


def _iban(draw: random.Random) -> str:
    country, account = draw.choice((("DE", "0" + _digits(17, draw)), ("GB", "XXXX" + _digits(14, draw))))
    as_digits = "".join(str(int(letter, 36)) for letter in f"{account}{country}00")
    number = f"{country}{98 - int(as_digits) % 97:02d}{account}"
    if draw.random() < 0.5:
        return number
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def _secret(draw: random.Random) -> str:
    letters = string.ascii_letters + string.digits
    word = f"{draw.choice(_WORDS)}{_digits(draw.choice((2, 4)), draw)}{draw.choice('!?#$%')}"
    return word if draw.random() < 0.6 else "".join(draw.choices(letters, k=draw.choice((12, 24, 40))))


def _digits(count: int, draw: random.Random) -> str:
    return "".join(draw.choices(string.digits, k=count))
