"""When a failed delivery is tried again, and what an endpoint's breaker lets through."""

from datetime import UTC, datetime

import pytest

from tidegate.notify.breaker import FAILURES, Breaker, BreakerState
from tidegate.notify.schedule import (
    RETRY_SECONDS,
    patience_seconds,
    retry_after_seconds,
    wait_seconds,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = 3600.0


def test_the_shipped_schedule_tries_over_a_day_and_no_longer() -> None:
    assert len(RETRY_SECONDS) == 10
    assert 23 * HOUR <= sum(RETRY_SECONDS) <= 25 * HOUR
    assert patience_seconds(RETRY_SECONDS) >= sum(RETRY_SECONDS)


# Failed tries, what the receiver asked for, chance (0 up to 1), the wait (None: it was the last).
WAITS = [
    (1, None, 0.5, 10.0),
    (1, None, 0.0, 8.0),
    (1, None, 1.0, 12.0),
    (2, None, 0.5, 100.0),
    (3, None, 0.5, None),
    (1, 60.0, 0.5, 60.0),  # longer than the schedule
    (2, 60.0, 0.5, 100.0),  # never shorter
    (3, 60.0, 0.5, None),
]


@pytest.mark.parametrize(("failed", "asked", "chance", "wait"), WAITS)
def test_a_wait_is_the_schedule_s_with_jitter_or_what_was_asked(
    failed: int, asked: float | None, chance: float, wait: float | None
) -> None:
    found = wait_seconds(failed, (10.0, 100.0), asked, lambda: chance)
    assert found == (None if wait is None else pytest.approx(wait))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("99999999999999999999", HOUR),  # bounded
        ("Wed, 25 Nov 2026 12:00:30 GMT", 30.0),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 0.0),  # past
        ("Wed, 25 Nov 2099 11:00:00 GMT", HOUR),
        ("-5", None),
        ("soon", None),
        ("١٢", None),  # another script's digits
    ],
)
def test_retry_after_is_read_as_the_standard_says(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after_seconds(header, NOW) == seconds


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_through_later() -> None:
    breaker = Breaker(5.0)
    for _ in range(FAILURES - 1):
        breaker.failed(0.0)
    assert breaker.state(0.0) is BreakerState.CLOSED
    breaker.succeeded()
    for _ in range(FAILURES):
        breaker.failed(10.0)
    assert breaker.state(14.9) is BreakerState.OPEN
    assert breaker.opens_in(10.0) == 5.0
    assert breaker.state(15.0) is BreakerState.HALF_OPEN
    breaker.failed(15.0)
    assert breaker.state(24.9) is BreakerState.OPEN  # twice as long
    assert breaker.since == 10.0
    breaker.succeeded()
    assert breaker.state(25.0) is BreakerState.CLOSED
    assert breaker.since is None


def test_a_breaker_stays_open_for_five_minutes_at_most_unless_more_was_asked() -> None:
    breaker, now = Breaker(5.0), 0.0
    for _ in range(FAILURES + 20):
        now += breaker.opens_in(now)
        breaker.failed(now)
    assert breaker.opens_in(now) == 300.0
    patient = Breaker(5.0)
    patient.failed(0.0, 1000.0)
    assert patient.opens_in(0.0) == 1000.0


def test_failures_that_were_under_way_when_it_opened_do_not_lengthen_it() -> None:
    breaker = Breaker(5.0)
    for _ in range(FAILURES + 7):
        breaker.failed(0.0)
    assert breaker.opens_in(0.0) == 5.0
