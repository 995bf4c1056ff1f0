"""What of a text counts: words and runs of characters."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.retrieval.text import grams, normalise, pairs, words

any_text = st.text(st.characters(exclude_categories=()), max_size=80)  # half surrogates, too


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param("Printer OFFLINE", "printer offline", id="capitals"),
        pytest.param("Straße", "STRASSE", id="sharp s"),
        pytest.param("café", "cafe\u0301", id="two ways to write an accent"),
        pytest.param("Rückerstattung", "ruckerstattung", id="no umlaut on the keyboard"),
        pytest.param("can't", "cant", id="apostrophe"),
        pytest.param("can\u2019t", "can't", id="typographic apostrophe"),
        pytest.param("\uff37\uff49\uff26\uff49", "wifi", id="full-width letters"),
        pytest.param("\ufb01rewall", "firewall", id="ligature"),
        pytest.param("wi-fi", "wi fi", id="hyphen"),
        pytest.param("my mail is [email], call [phone]", "my mail is, call", id="what was redacted"),
        pytest.param("it works \U0001f389\U0001f389", "it works", id="emoji"),
        pytest.param("error_code", "error code", id="underscore"),
    ],
)
def test_texts_that_say_the_same_have_the_same_words(left: str, right: str) -> None:
    assert words(left) == words(right) != []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("?!... --- \t\n", [], id="signs"),
        pytest.param("\U0001f600\u200d\U0001f525", [], id="emoji"),
        pytest.param("\ud83d", [], id="half a surrogate"),
        pytest.param("error 0x80070057", ["error", "0x80070057"], id="code"),
        pytest.param("пароль не подходит", ["пароль", "не", "подходит"], id="Cyrillic"),
        pytest.param("密码错误", ["密", "码", "错", "误"], id="no spaces"),
        pytest.param("x" * 100, ["x" * 40, "x" * 40, "x" * 20], id="too long for a word"),
        pytest.param("<script>alert(1)</script>", ["script", "alert", "1", "script"], id="markup is text"),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_half_surrogates_as_json_lets_them_in() -> None:
    assert words(json.loads('"reset \\ud800 password"')) == ["reset", "password"]


def test_a_mistyped_word_keeps_most_of_its_grams() -> None:
    right, wrong = set(grams("subscription", (3, 4))), set(grams("subscripton", (3, 4)))
    assert len(right & wrong) / len(right | wrong) > 0.5


def test_grams_stay_within_words() -> None:
    assert grams("go up", (3,)) == [" go", "go ", " up", "up "]


def test_pairs_of_words() -> None:
    assert list(pairs(words("Reset my password!"))) == ["reset my", "my password"]
    assert list(pairs(["alone"])) == []


@given(any_text)
def test_reading_a_text_again_changes_nothing(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)
    assert all(word and word == normalise(word) for word in words(text))


@given(any_text, any_text)
def test_words_do_not_depend_on_what_stands_beside_them(left: str, right: str) -> None:
    assert words(f"{left} \n {right}") == words(left) + words(right)


def test_a_long_text_takes_time_in_proportion() -> None:
    def seconds(text: str) -> float:
        times = []
        for _ in range(3):
            began = time.perf_counter()
            grams(text, (3, 4))
            times.append(time.perf_counter() - began)
        return min(times)

    for text in ("x" * 10_000, "a" + "\u0301" * 9_999, "[email" * 2_000, "'" * 10_000, "ü'" * 5_000):
        assert seconds(text * 10) < 40 * seconds(text) + 0.05
