"""Who is logged in at the agents' desk, and for how long."""

from __future__ import annotations

import pytest

from helpdesk.serving import sessions
from helpdesk.serving.sessions import Sessions


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ten_minutes(clock: Clock) -> Sessions:
    return Sessions(10, clock)


def test_a_session_holds_until_it_was_not_used_for_its_time(ten_minutes: Sessions, clock: Clock) -> None:
    token = ten_minutes.begin()
    clock.now = 599
    assert ten_minutes.holds(token)
    clock.now = 599 + 599
    assert ten_minutes.holds(token)
    clock.now = 599 + 599 + 600
    assert not ten_minutes.holds(token)


def test_looking_by_itself_does_not_prolong_it(ten_minutes: Sessions, clock: Clock) -> None:
    token = ten_minutes.begin()
    clock.now = 599
    assert ten_minutes.holds(token, used=False)
    clock.now = 600
    assert not ten_minutes.holds(token)


def test_logging_out_ends_one_session_and_no_other(ten_minutes: Sessions) -> None:
    one, other = ten_minutes.begin(), ten_minutes.begin()
    ten_minutes.end(one)
    assert (ten_minutes.holds(one), ten_minutes.holds(other)) == (False, True)
    ten_minutes.end("never given out")


@pytest.mark.parametrize("forged", ["", "a" * 43, "\ud800", "ü"])
def test_what_was_never_given_out_does_not_hold(ten_minutes: Sessions, forged: str) -> None:
    ten_minutes.begin()
    assert not ten_minutes.holds(forged)


def test_the_token_itself_is_not_kept(ten_minutes: Sessions) -> None:
    token = ten_minutes.begin()
    assert token not in repr(ten_minutes._ends)
    assert len(token) >= 43


def test_the_number_of_sessions_is_bounded(
    ten_minutes: Sessions, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_MOST", 2)
    tokens = []
    for clock.now in range(3):
        tokens.append(ten_minutes.begin())
    assert [ten_minutes.holds(token) for token in tokens] == [False, True, True]
