"""Ask how long events waited for their decisions: from the event's record to the decision's."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from tidegate.console.store.columns import minute_of
from tidegate.console.store.schema import latency_minutes

STEPS_MS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000, 3_600_000)
"""Latencies are counted up to each of these; what is longer counts under the last."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How many decisions took up to how long, in milliseconds."""

    counts: tuple[tuple[int, int], ...]
    """(up to, decisions), rising."""

    @property
    def decisions(self) -> int:
        """How many were measured."""
        return sum(count for _, count in self.counts)

    def within_ms(self, share: float) -> int | None:
        """Return the step within which this share of decisions lies; None where there are none."""
        wanted, seen = share * self.decisions, 0
        for up_to, count in self.counts:
            seen += count
            if count and seen >= wanted:
                return up_to
        return None


def step_of(milliseconds: int) -> int:
    """Return the step that a latency counts under."""
    return STEPS_MS[min(bisect_left(STEPS_MS, milliseconds), len(STEPS_MS) - 1)]


def latency(connection: Connection, now: datetime, minutes: int) -> Latency:
    """Return the latencies of the last minutes up to `now`."""
    minute = latency_minutes.c.minute
    first = minute_of(now) - minutes
    query = (
        select(latency_minutes.c.up_to_ms, func.sum(latency_minutes.c.decisions))
        .where(minute >= first)
        .group_by(latency_minutes.c.up_to_ms)
    )
    counts = {up_to: int(count) for up_to, count in connection.execute(query)}
    return Latency(tuple((step, counts.get(step, 0)) for step in STEPS_MS))
