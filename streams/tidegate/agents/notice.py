"""How long before something happens by itself it is told: at some lead times, each once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

DAYS = (7.0, 1.0)
_DAY_SECONDS = 86_400


class Notice:
    """Lead times. One that has been told is named by its seconds.

    Args:
        days: Days ahead; none: nothing is told ahead.
    """

    def __init__(self, days: Iterable[float] = DAYS) -> None:
        self._leads = sorted({round(day * _DAY_SECONDS) for day in days}, reverse=True)

    def due(self, at: datetime, told: int | None) -> datetime | None:
        """Return when it is to be told next of what happens at an instant; None: not any more.

        Args:
            at: When it happens.
            told: The shortest lead time told so far; None: none.
        """
        left = (lead for lead in self._leads if told is None or lead < told)
        lead = next(left, None)
        return None if lead is None else at - timedelta(seconds=lead)

    def reached(self, at: datetime, clock: datetime) -> int | None:
        """Return the shortest lead time that has come; those before it need not be told then."""
        ahead = (at - clock).total_seconds()
        return min((lead for lead in self._leads if ahead <= lead), default=None)


def ahead_text(at: datetime, clock: datetime) -> str:
    """Say how far away an instant is, in whole days or hours, rounded."""
    hours = round((at - clock).total_seconds() / 3600)
    if hours >= 48:
        return f"in {round(hours / 24)} days"
    return "within the hour" if hours < 1 else f"in {hours} hours"
