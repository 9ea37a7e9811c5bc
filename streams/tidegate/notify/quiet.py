"""Quiet hours: when what is not urgent waits for the morning."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tidegate.events.alert import Severity

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
LONGEST_DAYS = 8


class QuietHours(BaseModel):
    """A part of each day, and whole days of the week, in a zone of the world.

    `to` before `from` is the next day's; equal, there are no hours but the whole days.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: time = Field(time(0), alias="from")
    to: time = time(0)
    days: tuple[Weekday, ...] = ()
    """Days that are quiet from midnight to midnight."""
    zone: str
    urgent: tuple[Severity, ...] = (Severity.CRITICAL,)
    """Severities that are told at once all the same."""

    @field_validator("from_", "to")
    @classmethod
    def _wall_clock(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("write a time of day, such as 22:00; `zone` says where")
        return value

    @field_validator("zone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("not a time zone: write Area/City, such as Asia/Shanghai") from None
        return value

    @model_validator(mode="after")
    def _ends(self) -> QuietHours:
        if set(self.days) == set(DAYS):
            raise ValueError("all seven days are quiet: nothing would ever be told")
        if self.from_ == self.to and not self.days:
            raise ValueError("nothing is quiet: say from and to, or days")
        return self

    def end(self, now: datetime) -> datetime | None:
        """Return when the quiet time that `now` is in ends, UTC; None: it is not quiet."""
        zone = ZoneInfo(self.zone)
        local = now.astimezone(zone).replace(tzinfo=None)
        if not self._quiet(local):
            return None
        for moment in sorted(self._edges(local.date())):
            if moment > local and not self._quiet(moment):
                return moment.replace(tzinfo=zone).astimezone(UTC)
        raise AssertionError("quiet hours without an end")  # _ends has seen to it

    def _edges(self, first: date) -> list[datetime]:
        """Return every wall-clock moment at which quiet could end."""
        days = [first + timedelta(days=number) for number in range(LONGEST_DAYS + 1)]
        return [datetime.combine(day, at) for day in days for at in (time(0), self.to)]  # noqa: DTZ

    def _quiet(self, local: datetime) -> bool:
        if DAYS[local.weekday()] in self.days:
            return True
        at = local.time()
        if self.from_ <= self.to:
            return self.from_ <= at < self.to
        return at >= self.from_ or at < self.to
