"""Ask what is observed of civil exports, week by week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from tidegate.console.store.schema import practice
from tidegate.events.practice import Observed, PracticeSubject


@dataclass(frozen=True, slots=True)
class Practice:
    """How many of one kind, over all partitions."""

    subject: PracticeSubject
    week: str
    """ISO 8601, such as `2026-W08`."""
    destination: str
    item_group: str
    observed: Observed
    count: int
    as_of: datetime
    """When a partition counted last."""


def practice_counts(
    connection: Connection,
    *,
    subject: PracticeSubject | None = None,
    destination: str | None = None,
    item_group: str | None = None,
    since_week: str | None = None,
) -> tuple[Practice, ...]:
    """Return the counts by subject, week, destination, goods and what was observed, in order."""
    by = [practice.c[n] for n in ("subject", "week", "destination", "item_group", "observed")]
    query = select(*by, func.sum(practice.c.count), func.max(practice.c.as_of))
    if subject is not None:
        query = query.where(practice.c.subject == subject)
    if destination is not None:
        query = query.where(practice.c.destination == destination)
    if item_group is not None:
        query = query.where(practice.c.item_group == item_group)
    if since_week is not None:
        query = query.where(practice.c.week >= since_week)
    found = connection.execute(query.group_by(*by).order_by(*by)).all()
    return tuple(
        Practice(PracticeSubject(of), week, to, goods, Observed(seen), int(count), as_of)
        for of, week, to, goods, seen, count, as_of in map(tuple, found)
    )
