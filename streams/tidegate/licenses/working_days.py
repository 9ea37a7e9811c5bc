"""Count working days by an official calendar.

Source: the State Council's arrangements of holidays, with the weekend days that make up for them
(`tables/cn_working_days.csv`). A year that is not in the table counts Monday to Friday, and the
answer says that it is provisional.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from tidegate.licenses import tables

_DAY = timedelta(days=1)
_WEEKDAYS = 5


class Counted(NamedTuple):
    """A day counted to, and whether that holds."""

    day: date
    provisional: bool
    """A year on the way has no published calendar yet, or none here."""


class Calendar:
    """Which days are worked.

    Args:
        marked: Weekdays off (False), and weekend days worked (True). A year with any mark is known.
    """

    def __init__(self, marked: dict[date, bool]) -> None:
        self._marked = marked
        self._years = frozenset(day.year for day in marked)

    def is_worked(self, day: date) -> bool:
        """Say whether a day is worked."""
        return self._marked.get(day, day.weekday() < _WEEKDAYS)

    def after(self, start: date, days: int) -> Counted:
        """Return the last of so many working days, counted from the day after `start`.

        None at all end at `start` itself.

        Raises:
            OverflowError: the day lies beyond the year 9999.
        """
        day, provisional = start, False
        while days > 0:
            day += _DAY
            provisional = provisional or day.year not in self._years
            days -= self.is_worked(day)
        return Counted(day, provisional)

    def between(self, start: date, end: date) -> int:
        """Count the working days after `start`, up to and with `end`; none where it is earlier."""
        span = (end - start).days
        return sum(self.is_worked(start + n * _DAY) for n in range(1, span + 1))


@cache
def china() -> Calendar:
    """Return China's calendar."""
    text = files(tables).joinpath("cn_working_days.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines() if line[:1].isdigit()]
    return Calendar({date.fromisoformat(day): word == "work" for day, word in rows})
