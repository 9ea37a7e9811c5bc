"""Say what time it is for a partition: never back, and not ahead of the broker by much.

Decisions follow this clock. A worker whose machine runs ahead would let a ban that ends tomorrow
end today; one whose machine runs behind must not undo what a faster one already decided.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Linux's monotonic clock stands still while the machine sleeps: the bound would lag by that long.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def steady() -> float:
    """Return seconds that never go back and go on while the machine is suspended."""
    return time.clock_gettime(_STEADY)


class BrokerTime:
    """What is known of the broker's time, from the stamps it puts on journal records.

    The journal's topic is set to `LogAppendTime`, so each commit tells the broker's time at an
    instant between sending and the answer. Where the topic is not so set, nothing is known and
    the bound does not act.
    """

    def __init__(self, ahead: float) -> None:
        self._ahead = ahead
        self._offset: float | None = None

    @property
    def known(self) -> bool:
        return self._offset is not None

    def observe(self, stamp_ms: int | None, sent_at: float, answered_at: float) -> None:
        """Learn a stamp put on between `sent_at` and `answered_at` (seconds of `steady`).

        What is known stays as long as the stamp allows it: a slow commit says little, and must not
        loosen a bound that a quick one gave.
        """
        if stamp_ms is None or stamp_ms <= 0:
            return
        least, most = stamp_ms / 1000 - answered_at, stamp_ms / 1000 - sent_at
        known = most if self._offset is None else self._offset
        self._offset = min(max(known, least), most)

    def latest(self, now: float) -> datetime | None:
        """Return the latest instant that a clock may show at `now` of `steady`; None: no bound."""
        if self._offset is None:
            return None
        return EPOCH + timedelta(seconds=self._offset + now + self._ahead)


class PartitionClock:
    """A unit's clock; `last` is in its meta record and so outlives the worker."""

    def __init__(self, last: datetime = EPOCH) -> None:
        self.last = last

    def read(self, now: datetime, latest: datetime | None = None) -> datetime:
        """Return what the clock shows when the worker's own shows `now`."""
        if latest is not None and now > latest:
            now = latest
        return max(self.last, now)

    def advance(self, shown: datetime) -> None:
        """Keep `shown` as decided; call it after the commit only."""
        self.last = max(self.last, shown)
