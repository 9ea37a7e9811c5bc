"""When a measure or a list entry is in force, as instants.

A date without a time is a whole day in the authority's zone, both ends included. What is
suspended is not repealed: it comes back the day after the suspension's last day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tidegate.measures.measure import Effective, Suspension


class Force(StrEnum):
    """Whether something applies at an instant."""

    NOT_YET = "not_yet"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Pause(NamedTuple):
    """A suspension as instants: from `start_ms`, up to but not including `end_ms`."""

    start_ms: int
    end_ms: int | None
    instrument: str | None
    basis: str
    announced_only: bool


class Validity(NamedTuple):
    """When something applies. Instants are milliseconds since 1970 UTC; ends are not included."""

    start_ms: int | None
    end_ms: int | None
    pauses: tuple[Pause, ...] = ()

    def force(self, at_ms: int) -> Force:
        """Say whether it applies at this instant."""
        if self.start_ms is not None and at_ms < self.start_ms:
            return Force.NOT_YET
        if self.end_ms is not None and at_ms >= self.end_ms:
            return Force.ENDED
        return Force.SUSPENDED if self.pause(at_ms) is not None else Force.IN_FORCE

    def pause(self, at_ms: int) -> Pause | None:
        """Return the suspension that runs at this instant."""
        for pause in self.pauses:
            if pause.start_ms <= at_ms and (pause.end_ms is None or at_ms < pause.end_ms):
                return pause
        return None

    def boundaries(self) -> Iterable[int]:
        """Return every instant at which the answer may change."""
        for instant in (self.start_ms, self.end_ms):
            if instant is not None:
                yield instant
        for pause in self.pauses:
            yield pause.start_ms
            if pause.end_ms is not None:
                yield pause.end_ms


def validity(
    effective: Effective | None, suspensions: Iterable[Suspension], zone: ZoneInfo
) -> Validity:
    """Turn dates into instants."""
    pauses = tuple(
        Pause(
            day_start_ms(item.from_, zone),
            None if item.to is None else day_end_ms(item.to, zone),
            item.instrument,
            item.basis,
            item.announced_only,
        )
        for item in suspensions
    )
    if effective is None:
        return Validity(None, None, pauses)
    start_ms = None if effective.from_ is None else day_start_ms(effective.from_, zone)
    end_ms = None if effective.to is None else day_end_ms(effective.to, zone)
    return Validity(start_ms, end_ms, pauses)


def day_start_ms(day: date, zone: ZoneInfo) -> int:
    """Return the first instant of a day in a zone."""
    return to_ms(datetime.combine(day, time(), zone))


def day_end_ms(day: date, zone: ZoneInfo) -> int:
    """Return the first instant after a day in a zone."""
    return day_start_ms(day + timedelta(days=1), zone)


def to_ms(instant: datetime) -> int:
    """Return an aware instant as milliseconds since 1970 UTC, rounded down."""
    return (instant - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Return the aware UTC instant."""
    return _EPOCH + milliseconds * _MILLISECOND


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
