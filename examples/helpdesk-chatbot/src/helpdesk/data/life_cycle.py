"""From question to answer: when a ticket comes, who gets it, how urgent it is, when it is resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

START = 1_704_067_200  # Monday, 1 January 2024, UTC
PRIORITIES = ("low", "normal", "high", "urgent")
DAY, _HOUR = 86_400, 3_600
_WEEKDAYS = (1.35, 1.15, 1.0, 1.0, 0.9, 0.15, 0.1)  # how busy Monday to Sunday are
_OPENS, _CLOSES = 6, 20  # hours between which most people write
_NIGHT_SHARE = 0.06
_GROWTH = 0.5  # as many more tickets at the end as this share of the beginning's
_TYPICAL_HOURS = {"low": 40.0, "normal": 16.0, "high": 6.0, "urgent": 2.0}  # median from question to answer
_HOURS_SPREAD = 0.9  # standard deviation of the logarithm


def moments(count: int, days: int, draw: random.Random) -> list[int]:
    """Return `count` times of questions in order: busier on Mondays, by day, and from year to year."""
    weights = [(1 + _GROWTH * day / days) * _WEEKDAYS[day % 7] for day in range(days)]
    chosen = draw.choices(range(days), weights=weights, k=count)
    return sorted(START + day * DAY + _second_of_day(draw) for day in chosen)


def priority(usual: str, pressure: int) -> str:
    """Return the priority of a question whose kind has the usual one and that says how urgent it is."""
    place = PRIORITIES.index(usual) + pressure
    return PRIORITIES[min(max(place, 0), len(PRIORITIES) - 1)]


def queue(right: str, queues: Sequence[str], draw: random.Random, noise: float) -> str:
    """Return the queue that a ticket was put into: now and then a wrong one."""
    if draw.random() < noise:
        return draw.choice([name for name in queues if name != right])
    return right


def resolved_at(
    created: int, urgency: str, end: int, draw: random.Random, unresolved_share: float
) -> int | None:
    """Return when a ticket is resolved; None while it is open.

    Args:
        created: seconds since 1970.
        urgency: one of PRIORITIES.
        end: of the log; what would be resolved later is open.
        draw: source of chance.
        unresolved_share: of the tickets that nobody ever answered.
    """
    hours = _TYPICAL_HOURS[urgency] * draw.lognormvariate(0, _HOURS_SPREAD)
    never = draw.random() < unresolved_share
    moment = created + 60 + round(hours * _HOUR)
    return None if never or moment > end else moment


def _second_of_day(draw: random.Random) -> int:
    if draw.random() < _NIGHT_SHARE:
        return draw.randrange(DAY)
    return round(draw.triangular(_OPENS * _HOUR, _CLOSES * _HOUR, 9.5 * _HOUR))
