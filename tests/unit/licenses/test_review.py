"""Working days as the State Council set them, and the 45 of article 17 counted by them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.events.license import License
from tidegate.licenses.review import ReviewClock, due, overdue_at, reviewed
from tidegate.licenses.working_days import china

days = st.dates(date(2023, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-02-16", False),  # New Year's Eve, a Monday
        ("2026-02-14", True),  # a Saturday that makes up for it
        ("2026-02-28", True),
        ("2026-02-15", False),
        ("2026-02-24", True),
        ("2026-09-25", False),  # Mid-Autumn
        ("2026-10-10", True),
        ("2026-10-08", True),
        ("2025-10-08", False),
        ("2027-02-08", True),  # not published: a Monday like any other
    ],
)
def test_a_day_is_worked_or_not(day: str, worked: bool) -> None:
    assert china().is_worked(date.fromisoformat(day)) is worked


@pytest.mark.parametrize(
    ("start", "count", "end", "provisional"),
    [
        # 14 (Sat, worked), 24, 25, 26, 27, 28 (Sat, worked), 2 March
        ("2026-02-13", 7, "2026-03-02", False),
        ("2026-02-13", 0, "2026-02-13", False),
        # 10 (Sat, worked) after the week off; 11 is a Sunday
        ("2026-09-30", 4, "2026-10-12", False),
        ("2026-12-30", 1, "2026-12-31", False),
        ("2026-12-30", 2, "2027-01-01", True),
        ("2019-12-30", 1, "2019-12-31", True),
    ],
)
def test_working_days_are_counted(start: str, count: int, end: str, provisional: bool) -> None:
    counted = china().after(date.fromisoformat(start), count)
    assert (counted.day.isoformat(), counted.provisional) == (end, provisional)


@given(days, st.integers(0, 90))
def test_counting_to_a_day_and_back_agree(start: date, count: int) -> None:
    counted = china().after(start, count)
    assert china().between(start, counted.day) == count


def test_a_day_before_the_start_is_no_days_after_it() -> None:
    assert china().between(date(2026, 3, 2), date(2026, 2, 1)) == 0


def test_a_calendar_does_not_count_beyond_all_time() -> None:
    with pytest.raises(OverflowError):
        china().after(date(9999, 12, 30), 3)


def application(status: str, **more: Any) -> License:
    return License.model_validate(
        {
            "license_id": "LIC-1",
            "revision": 1,
            "regime": "CN",
            "license_type": "single",
            "status": status,
            **more,
        }
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+08:00")


def test_a_decision_is_due_within_45_working_days() -> None:
    """Accepted on 2026-01-08: 17 more in January with the 31st a Saturday not worked, that is 16 to
    the 30th; February has 10 to the 13th, the 14th, 24th to 28th: 16, makes 32; March 2nd to 18th
    are 13."""
    clock = reviewed(
        None, application("accepted", accepted_at="2026-01-08"), at("2026-01-09T10:00")
    )
    assert clock is not None
    counted = due(clock, "CN")
    assert counted is not None
    assert (counted.day, counted.provisional) == (date(2026, 3, 18), False)
    assert overdue_at(clock, "CN") == at("2026-03-19T00:00")


def test_the_clock_stands_while_the_applicant_is_asked() -> None:
    clock = reviewed(
        None, application("accepted", accepted_at="2026-03-02"), at("2026-03-02T10:00")
    )
    clock = reviewed(clock, application("information_requested"), at("2026-03-06T23:59"))
    assert clock == ReviewClock(accepted_on=date(2026, 3, 2), used=4)
    assert due(clock, "CN") is None
    clock = reviewed(clock, application("under_review"), at("2026-03-31T00:00"))
    assert clock is not None
    counted = due(clock, "CN")
    assert counted is not None
    assert counted.day == china().after(date(2026, 3, 31), 41).day


def test_the_authoritys_day_counts() -> None:
    """Ten in the evening in UTC is the next morning in Beijing."""
    instant = datetime.fromisoformat("2026-03-01T22:00:00+00:00")
    clock = reviewed(None, application("accepted"), instant)
    assert clock is not None
    assert clock.accepted_on == date(2026, 3, 2)


@pytest.mark.parametrize("review", ["running", "suspended"])
def test_a_suspended_review_becomes_overdue_like_any_other(review: str) -> None:
    first = application("under_review", accepted_at="2026-03-02", review=review)
    clock = reviewed(None, first, at("2026-03-02T10:00"))
    clock = reviewed(clock, application("under_review", review=review), at("2026-04-01T10:00"))
    assert clock == ReviewClock(accepted_on=date(2026, 3, 2), since=date(2026, 3, 2))


@pytest.mark.parametrize("status", ["submitted", "granted", "denied", "returned", "withdrawn"])
def test_what_is_not_under_review_has_no_clock(status: str) -> None:
    clock = ReviewClock(accepted_on=date(2026, 3, 2), since=date(2026, 3, 2))
    assert reviewed(clock, application(status), at("2026-03-09T10:00")) is None


def test_another_regime_has_no_such_limit() -> None:
    assert reviewed(None, application("accepted", regime="JP"), at("2026-03-02T10:00")) is None


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), max_size=5))
def test_standing_still_never_makes_it_due_earlier(stops: list[tuple[int, int]]) -> None:
    """Run and stand by turns: it is due when it has run for 45 working days."""
    day = start = date(2026, 3, 2)
    clock = reviewed(None, application("accepted", accepted_at="2026-03-02"), noon(day))
    ran = 0
    for runs, stands in stops:
        day = china().after(day, runs).day
        ran += runs
        clock = reviewed(clock, application("under_review", review="stopped"), noon(day))
        day = china().after(day, stands).day
        clock = reviewed(clock, application("under_review", review="running"), noon(day))
    assert clock is not None
    counted = due(clock, "CN")
    assert counted is not None
    assert counted.day == china().after(day, max(0, 45 - ran)).day
    assert counted.day >= china().after(start, 45).day


def noon(day: date) -> datetime:
    return at(f"{day.isoformat()}T12:00")
