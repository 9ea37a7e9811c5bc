"""Quiet hours: when they end, over midnight, week-ends and changes of the clock."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from tidegate.notify.quiet import QuietHours

NIGHT = {"from": "22:00", "to": "07:00"}
DAY = {"from": "12:00", "to": "13:00"}
WEEKEND = {"days": ["sat", "sun"]}

# The hours, the zone, now, and when quiet ends (None: it is not quiet).
CASES: list[tuple[dict[str, Any], str, str, str | None]] = [
    (NIGHT, "Asia/Shanghai", "2026-11-25T21:59:59+08:00", None),
    (NIGHT, "Asia/Shanghai", "2026-11-25T22:00:00+08:00", "2026-11-26T07:00:00+08:00"),
    (NIGHT, "Asia/Shanghai", "2026-11-26T06:59:59+08:00", "2026-11-26T07:00:00+08:00"),
    (NIGHT, "Asia/Shanghai", "2026-11-26T07:00:00+08:00", None),
    (NIGHT, "Asia/Shanghai", "2026-11-25T15:00:00+00:00", "2026-11-25T23:00:00+00:00"),
    (DAY, "UTC", "2026-11-25T12:30:00+00:00", "2026-11-25T13:00:00+00:00"),
    # Friday night runs into the week-end, and Sunday night into Monday
    ({**NIGHT, **WEEKEND}, "UTC", "2026-11-27T23:00:00+00:00", "2026-11-30T07:00:00+00:00"),
    (WEEKEND, "UTC", "2026-11-29T12:00:00+00:00", "2026-11-30T00:00:00+00:00"),
    (WEEKEND, "UTC", "2026-11-30T00:00:00+00:00", None),
    # The clock goes back on 2026-10-25 and forward on 2027-03-28
    (NIGHT, "Europe/Berlin", "2026-10-24T23:00:00+02:00", "2026-10-25T07:00:00+01:00"),
    (NIGHT, "Europe/Berlin", "2027-03-27T23:00:00+01:00", "2027-03-28T07:00:00+02:00"),
]


@pytest.mark.parametrize(("hours", "zone", "now", "end"), CASES)
def test_quiet_ends_when_the_wall_clock_says_so(
    hours: dict[str, Any], zone: str, now: str, end: str | None
) -> None:
    quiet = QuietHours.model_validate({**hours, "zone": zone})
    found = quiet.end(datetime.fromisoformat(now))
    assert found == (None if end is None else datetime.fromisoformat(end))


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ({"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}, "nothing would ever"),
        ({}, "nothing is quiet"),
        ({"from": "08:00+02:00", "to": "09:00"}, "time of day"),
    ],
)
def test_hours_without_an_end_or_a_beginning_are_refused(hours: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        QuietHours.model_validate({**hours, "zone": "UTC"})
