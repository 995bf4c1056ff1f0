"""Personal data that are made of digits: bank accounts, payment cards, telephone numbers.

Accounts and cards have check digits, so hardly anything else is taken for one. Telephone numbers have none:
they are known by how they begin and how they are grouped, and what only looks alike is left: dates, versions,
prices, network addresses, and numbers that are called an order's, a serial number's, an error's.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DASHES = "\u2010-\u2015\u2212\u00ad\\-"  # hyphens, dashes, minus
_BLANKS = " \t\u00a0\u2000-\u200b\u202f"
_GAP = f"[{_BLANKS}{_DASHES}./()]"
_NARROW = f"[{_BLANKS}{_DASHES}.]{{0,3}}+"  # between the groups of a card or an account

# Length of an IBAN by country. Source: SWIFT, IBAN Registry (ISO 13616-1).
_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC",
        32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
_IBAN = re.compile(r"([A-Z]{2})[ -]?[0-9]{2}", re.IGNORECASE | re.ASCII)
_ALNUM = frozenset(string.ascii_letters + string.digits)
_IS_NARROW = re.compile(_NARROW)

_DIGITS = re.compile(r"\d+")
# Four groups of four, or 4-6-5 and 4-6-4, or digits without gaps.
_CARD = re.compile(
    rf"(?=\d)(?<!\d)(?<!\d[.,])(?:\d{{4}}{_NARROW}(?:\d{{4}}{_NARROW}){{2}}\d{{4}}(?P<tail>{_NARROW}\d{{3}})?"
    rf"|\d{{4}}{_NARROW}\d{{6}}{_NARROW}\d{{4,5}}|\d{{14,19}})(?!\d)"
)
# How the numbers of the large networks begin, and how long they are. Source: ISO/IEC 7812-1, the networks.
_ISSUED = re.compile(
    r"4(?:\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14}|(?:5[0678]|6\d)\d{14,17}"
)

_BEFORE = r"(?<![\w+])(?<!\w[-_/])(?<!\d[.,:])"  # not within a word, a serial number, a price or a time
_BRACKET = r"(?:\((?=\+?\d{1,5}\)))?"  # of "(0171) ...", but not one around the whole number
_AFTER = r"(?![\w%])(?![-_/]\w)(?![.,:]\d)"
_PHONE = re.compile(
    # What looks alike comes first and is left: a date, a network address, sixteen digits that are no card.
    rf"(?P<other>(?<!\d)\d{{1,2}}(?P<mark>[./ -])\d{{1,2}}(?P=mark)(?:19|20)\d\d(?!\d)"
    rf"|(?<![\d.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?![\d]|\.\d)"
    rf"|\b\d{{4}}{_NARROW}(?:\d{{4}}{_NARROW}){{2}}\d{{4}}\b)"
    # +49 30 ..., 0049 30 ...: country and up to 15 digits. Source: ITU-T E.164.
    rf"|(?P<abroad>(?<!\w){_BRACKET}(?:[+\uff0b]{_GAP}{{0,2}}|(?<!\d[.,:-])00)[1-9]\)?(?:{_GAP}{{0,3}}\d){{6,14}}{_AFTER})"
    # 030 ..., (0171) ...: the prefix 0 of most of the world.
    rf"|(?P<home>{_BEFORE}{_BRACKET}0[1-9](?:{_GAP}{{0,3}}\d){{7,11}}{_AFTER})"
    # (212) 555-0123: the form of the North American Numbering Plan, with its gaps.
    rf"|(?P<nanp>{_BEFORE}(?:1{_GAP})?{_BRACKET}[2-9]\d\d\)?{_GAP}{{1,2}}[2-9]\d\d{_GAP}{{1,2}}\d{{4}}{_AFTER})"
)
# A number that somebody calls a telephone number may have any form.
_CALLED_PHONE = re.compile(
    r"\b(?:tele(?:ph|f)on\w{0,8}+|tel|phone|mobile?|handy\w{0,7}+|cell|fax|whats\s?app|sms|call|ring|reach|text|"
    r"anrufen|rückruf|erreichbar|erreichen|durchwahl|extension)\b"
    r"(?:\W{1,3}(?:number|no|nr|nummer|me|us|him|her|back|is|ist|lautet|on|at|under|unter|mich|uns|der|the|auf|to|von)\b)"
    rf"{{0,4}}[\s:=.]{{0,4}}(?P<number>\(?\+?\d(?:{_GAP}{{0,3}}\d){{6,14}}){_AFTER}",
    re.IGNORECASE,
)
_CALLED_OTHERWISE = re.compile(
    r"(?:order|invoice|serial|ticket|case|article|item|part|ref|reference|customer|contract|tracking|parcel|asset|"
    r"imei|error|code|version|build|auftrag|bestell|rechnung|serien|artikel|kunden|vertrag|sendung|fehler|vorgang)"
    r"\w{0,10}\W{0,3}(?:(?:no|nr|num|number|nummer|id|code|is|ist)\W{0,3}){0,2}$|#\s?$",
    re.IGNORECASE,
)
_LOOKS_BACK = 40  # characters
_MANY_DIGITS = re.compile(r"\d(?:\D{0,3}+\d){6,60}+")  # seven are the fewest of any telephone number
_LEADS = 12  # characters of an IBAN before its first seven digits with small gaps: "GB29 NWBK 6016"
_LONGEST = 80  # characters of anything that is looked for


def ibans(text: str) -> tuple[str, int]:
    """Return the text with a placeholder for each bank account, and how many there were."""
    return _replaced(_IBAN, _end_of_iban, "[iban]", text)


def cards(text: str) -> tuple[str, int]:
    """Return the text with a placeholder for each payment card, and how many there were."""
    return _replaced(_CARD, _end_of_card, "[card]", text)


def phones(text: str) -> tuple[str, int]:
    """Return the text with a placeholder for each telephone number, and how many there were."""
    text, found = _replaced(_PHONE, _end_of_phone, "[phone]", text)
    text, called = _CALLED_PHONE.subn(_without_number, text)
    return text, found + called


def _replaced(
    pattern: re.Pattern[str], judge: Callable[[re.Match[str]], tuple[bool, int]], placeholder: str, text: str
) -> tuple[str, int]:
    """Put `placeholder` where `judge` says yes; it also says where to go on."""
    parts, done, at = [], 0, 0
    while digits := _MANY_DIGITS.search(text, at):  # nothing else is looked at, which is what makes it fast
        match = pattern.search(text, max(at, digits.start() - _LEADS), digits.end() + _LONGEST)
        if match is None or match.start() >= digits.end():
            at = digits.end()
            continue
        is_one, at = judge(match)
        if is_one:
            parts += [text[done : match.start()], placeholder]
            done = at
    return "".join([*parts, text[done:]]), len(parts) // 2


def _end_of_iban(match: re.Match[str]) -> tuple[bool, int]:
    """Take as many letters and digits as the country has, and check them.

    Source: ISO 13616-1, check digits by ISO/IEC 7064 MOD 97-10.
    """
    text, start = match.string, match.start()
    length = _LENGTHS.get(match[1].upper(), 0)
    places = [place for place in range(start, min(start + 4 * length, len(text))) if text[place] in _ALNUM]
    if (
        not length
        or len(places) < length
        or text[start - 1 : start].isalnum()
        or text[places[length - 1] + 1 :][:1].isalnum()
    ):
        return False, match.end()
    places = places[:length]
    number = "".join(text[place] for place in places)
    gaps = set(text[start : places[-1]]) - _ALNUM
    as_digits = "".join(str(int(letter, 36)) for letter in number[4:] + number[:4])
    is_one = all(_IS_NARROW.fullmatch(gap) for gap in gaps) and int(as_digits) % 97 == 1
    return is_one, places[-1] + 1 if is_one else match.end()


def _end_of_card(match: re.Match[str]) -> tuple[bool, int]:
    digits = "".join(filter(str.isdecimal, match[0]))
    if _is_card(digits):
        return True, match.end()
    if match["tail"] and _is_card(digits[:16]):  # what follows the sixteen may be the code on the back
        return True, match.start("tail")
    first = _DIGITS.match(match.string, match.start())
    return False, first.end() if first else match.end()


def _is_card(digits: str) -> bool:
    """Tell whether a network issues such numbers and the check digit is right.

    Source: ISO/IEC 7812-1, annex B (Luhn).
    """
    if not _ISSUED.fullmatch(digits):
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _end_of_phone(match: re.Match[str]) -> tuple[bool, int]:
    if match["other"]:
        return False, match.end()
    before = match.string[max(0, match.start() - _LOOKS_BACK) : match.start()]
    return bool(match["abroad"]) or not _CALLED_OTHERWISE.search(before), match.end()


def _without_number(match: re.Match[str]) -> str:
    return match[0][: match.start("number") - match.start()] + "[phone]"
