"""Personal data and secrets are found in whatever form people write them, and what looks alike is left."""

from __future__ import annotations

import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.data.redact import KINDS, redact

_KEY = "PRIVATE KEY"  # apart from what stands before it, or the hook that looks for keys would find one here

FOUND = {
    "email": [
        "alex.moreau@example.com",
        "ALEX.MOREAU@EXAMPLE.COM",
        "alex+tickets@mail.example.co.uk",
        "a@b.example",
        "o'brien@example.org",
        "alex_m-22@example.com",
        "alex (at) example (dot) com",
        "alex[at]example.com",
        "alex [at] example [dot] com",
        "alex\uff20example.com",
        "alex%40example.com",
        "jürgen@bücher.example",
    ],
    "phone": [
        "+49 30 23125 123",
        "+49 (0)40 66969-123",
        "+4930231250",
        "0049 30 23125123",
        "030 23125123",
        "030/23125123",
        "(030) 23125-123",
        "0171 3920012",
        "01713920012",
        "0171\u20113920\u2013012",
        "+44 20 7946 0123",
        "020 7946 0123",
        "07700 900123",
        "07700900123",
        "+1 212 555 0123",
        "+1 (212) 555-0123",
        "(212) 555-0123",
        "212-555-0123",
        "212.555.0123",
        "1-800-555-0199",
        "01 23 45 67 89",
        "01.23.45.67.89",
        "+33 1 23 45 67 89",
        "+91 98765 43210",
        "+81 90-1234-5678",
        "090-1234-5678",
        "+358\u00a040\u00a0123\u00a04567",
        "\uff0b49 30 23125123",
    ],
    "card": [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111\u20131111\u20131111\u20131111",
        "4111.1111.1111.1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "5555 5555 5555 4444",
        "2223 0031 2200 3222",
        "378282246310005",
        "3782 822463 10005",
        "3056 930902 5904",
        "30569309025904",
        "6011 1111 1111 1117",
        "3530 1113 3330 0000",
        "6250 9410 0652 8599",
    ],
    "iban": [
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "DE89-3704-0044-0532-0130-00",
        "DE89\u20133704\u20130044\u20130532\u20130130\u201300",
        "de89 3704 0044 0532 0130 00",
        "GB29 NWBK 6016 1331 9268 19",
        "FR14 2004 1010 0505 0001 3M02 606",
        "NL91ABNA0417164300",
        "CH93 0076 2011 6238 5295 7",
        "NO93 8601 1117 947",
        "MT84MALT011000012345MTLCAST001S",
    ],
    "secret": [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "11ABCDE0" * 5,
        "sk_live_" + "4eC39HqL" * 3,
        "sk-proj-" + "a8Kd" * 8,
        "xoxb-123456789012-abcdefABCDEF",
        "glpat-a1b2c3d4e5f6g7h8i9j0",
        "AIza" + "SyA1b2C3d" * 4,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ3kLm9T2v",
        f"-----BEGIN RSA {_KEY}-----\nMIIEow==\nabc\n-----END RSA {_KEY}-----",
    ],
}
SAID = {  # with {} where the secret is
    "password: {}": "Summer22!",
    "Password:{}": "sunshine",
    "pw: {}": "hunter2",
    "PWD = {}": "x",
    "pass: {}, thanks": "abc123",
    "my password is {} by the way": "Summer22!",
    "The password for the guest network is {}.": "Maple-2024",
    "I log in with the password {} every day": "Falcon77?",
    "Please set the password to {}": "N3wSecret",
    "Das Passwort ist {}": "Sommer2024",
    "Mein Passwort lautet: {}": "geheim!1",
    "Startpasswort: {}": "Willkommen1",
    "Kennwort {}": "Winter#22",
    "PIN: {}": "4711",
    "my PIN is {}": "0815",
    "cvc: {}": "123",
    "api_key={}": "abcdef",
    "API key: {}": "550e8400-e29b-41d4-a716-446655440000",
    "DB_PASSWORD={}": "p@ss",
    '{{"password": "{}"}}': "two words",
    "aws_secret_access_key = {}": "wJalrXUtnFEMI",
    "token: {}": "a1b2c3d4",
    "Authorization: Bearer {}": "mF_9.B5f-4.1JqM",
    "Authorization: Basic {}": "YWxleDpTdW1tZXIyMiE=",
    "https://{}@host.example/path": "alex:Summer22",
    "see https://host.example/?token={}": "a1b2c3",
    "mot de passe : {}": "Soleil12",
    "wachtwoord: {}": "zomer12",
}
LOOKS_ALIKE = [
    "order number 4500123456",
    "Order no. 0123456789 has not arrived",
    "Bestellnummer 0123456789",
    "invoice 2024-000123-4567",
    "ticket #0171392001",
    "INC0012345678",
    "ORD-0123456789",
    "version 10.15.7.20240115",
    "v1.22.333.4444",
    "build 19045.3803",
    "on 01.02.2024 10:30 and 15.02.2024",
    "from 01/02/2024 to 03/04/2024",
    "2024-01-15 08:30:00",
    "2024-01-15T08:30:00+01:00",
    "between 0800-1200 and 1300-1700",
    "address 192.168.100.200, gateway 10.0.0.1",
    "fe80::1ff:fe23:4567:890a",
    "00-1B-44-11-3A-B7",
    "error 0x80070005 and 0x8024402C",
    "error code 1603, exit status -1073741819",
    "1.234.567,89 EUR or 1,234,567.89 USD",
    "it cost 1 234 567 dollars",
    "550e8400-e29b-41d4-a716-446655440000",
    "serial number 5CD1234567, S/N C02XK0AAJGH5",
    "serial 012345678901",
    "commit 9f2c1e7a8b3d4c5e6f708192a3b4c5d6e7f80912",
    "4111 1111 1111 1112 has a wrong check digit",
    "DE89 3704 0044 0532 0130 01 has wrong check digits",
    "my password is wrong",
    "The password is expired/locked since Monday",
    "password reset does not work, token is invalid",
    "Password: how do I reset it?",
    "Passwort vergessen",
    "pw: need help with this",
    "my password is case-sensitive",
    "the keyboard: dead",
    "monkey: see photo",
    "shipping: late",
    "2FA token and WPA2 password",
    "password Office365 expired",
    "react@18.2.0 and @types/node",
    "meet @alex at ten",
    "https://host.example/a/b?page=2",
    "C:\\Users\\Public\\Documents\\Report2024FinalVersion.docx",
    "/var/lib/docker/overlay2/a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6/merged",
    "room 204, floor 3, desk 17",
    "15 of 20 people, 3 times since 2019",
]


@pytest.mark.parametrize(("kind", "piece"), [(kind, piece) for kind in FOUND for piece in FOUND[kind]])
@pytest.mark.parametrize(
    "said", ["{}", "Write to {} please.", "({})", "Mine: {}, thanks", "Hello,\n{}\nRegards", "<b>{}</b>"]
)
def test_a_piece_is_replaced_wherever_it_stands(kind: str, piece: str, said: str) -> None:
    found = redact(said.format(piece))
    assert found.text == said.format(f"[{kind}]")
    assert found.counts == {kind: 1}


@pytest.mark.parametrize(("said", "secret"), SAID.items())
def test_what_is_called_a_secret_is_replaced(said: str, secret: str) -> None:
    found = redact(said.format(secret))
    assert found.text == said.format("[secret]")
    assert found.counts == {"secret": 1}


@pytest.mark.parametrize("text", LOOKS_ALIKE)
def test_what_looks_alike_is_left(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0171 3920012 or 030 23125123", "[phone] or [phone]"),
        ("+49 30 23125123 0171 3920012", "[phone] [phone]"),
        ("on 01.02.2024 0171 3920012", "on 01.02.2024 [phone]"),
        ("card 4111 1111 1111 1111 123 12/27", "card [card] 123 12/27"),
        ("IBAN DE89 3704 0044 0532 0130 00 and BIC COBADEFFXXX", "IBAN [iban] and BIC COBADEFFXXX"),
        ("order AB12 DE89370400440532013000", "order AB12 [iban]"),
        ("a@example.com,b@example.com;c@example.com", "[email],[email];[email]"),
        (f"key: -----BEGIN {_KEY}-----\nMIIabc\ncut off", "key: [secret]"),
        ("email=a@example.com&name=x", "email=[email]&name=x"),
        ("call me on 555-0123", "call me on [phone]"),
        ("phone: 600 123 456", "phone: [phone]"),
        ("password for the shop: Summer22! PIN 4711", "password for the shop: [secret] PIN 4711"),
    ],
)
def test_neighbours_are_kept_apart(text: str, expected: str) -> None:
    assert redact(text).text == expected


def test_counts_have_a_place_for_each_kind() -> None:
    text = "a@example.com 030 23125123 4111111111111111 DE89370400440532013000 pw: x1 b@example.com"
    assert redact(text).counts == {"email": 2, "phone": 1, "card": 1, "iban": 1, "secret": 1}
    assert set(redact(text).counts) == set(KINDS)


PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from([piece for pieces in FOUND.values() for piece in pieces]),
    st.sampled_from([said.format(secret) for said, secret in SAID.items()]),
    st.sampled_from([f"[{kind}]" for kind in KINDS]),
    st.sampled_from(
        ["password", " is ", "pw:", ": ", "=", "@", "+", "(", "00", "0", "-", ".", "://", " ", "eyJ", "["]
    ),
    st.text(alphabet=string.digits + " -./+()[]@:=", max_size=20),
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redact(text)
    assert redact(once.text) == type(once)(once.text, {})


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([(kind, piece) for kind in FOUND for piece in FOUND[kind]]),
    st.lists(st.sampled_from(["the", "printer", "is", "slow", "room", "Hello,", "5", "times"]), max_size=8),
    st.lists(st.sampled_from(["again", "today", "thanks", "and", "so", "on."]), max_size=8),
)
def test_no_piece_survives_among_words(found: tuple[str, str], before: list[str], after: list[str]) -> None:
    kind, piece = found
    words = [*before, "x", piece, "y", *after]
    assert redact(" ".join(words)).text == " ".join([*before, "x", f"[{kind}]", "y", *after])


ADVERSARIAL = [
    "a", "@", "a@", "a.", "a@a.", "a@a.a", "1", "0", "1 ", "0-", "+", "+1", "00", "(", "((0", "4111 ",
    "1.1.", "DE89", "DE8 ", "password", "password ", "password is ", "password:", "password: ",
    'password="', "pw=", "key:", "=", "://", "://a:", "eyJ", "eyJa.", f"-----BEGIN {_KEY}-----",
    "bearer ", "sk_", "A1b", "[", "[email]", "(at)", " (at) ", "\n", " ", ".", "\u00a0", "\u2013",
    "1\u2013", "tel ", "tel 1", "call me me me ", "%40", "a%40", "'", '"',
]  # fmt: skip


@pytest.mark.parametrize("unit", ADVERSARIAL)
@pytest.mark.parametrize("end", ["", "!", "x@", " 1"])
def test_time_grows_with_length_and_not_faster(unit: str, end: str) -> None:
    """Ten times the text would take a hundred times as long in quadratic time."""

    def took(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length] + end
        start = time.process_time()
        redact(text)
        return time.process_time() - start

    short = max(took(4_000), took(4_000), 0.002)
    assert took(40_000) < 40 * short
