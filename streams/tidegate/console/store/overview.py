"""Ask for the sums: what is held and worth how much, by what, since when, and how it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from tidegate.console.store.columns import MINUTE, amount_of, minute_of, of_minute
from tidegate.console.store.latency import Latency, latency
from tidegate.console.store.money import Money
from tidegate.console.store.schema import decision_minutes, hold_changes, hold_totals, holds
from tidegate.events.decision import Action, Outcome

AGES: tuple[tuple[str, timedelta, timedelta | None], ...] = (
    ("under 1 hour", timedelta(0), timedelta(hours=1)),
    ("1 to 8 hours", timedelta(hours=1), timedelta(hours=8)),
    ("8 to 24 hours", timedelta(hours=8), timedelta(days=1)),
    ("1 to 3 days", timedelta(days=1), timedelta(days=3)),
    ("3 to 7 days", timedelta(days=3), timedelta(days=7)),
    ("over 7 days", timedelta(days=7), None),
)
"""Buckets of age: words, from, up to but not including."""


@dataclass(frozen=True, slots=True)
class Held:
    """Shipments that have something in common, and what they are worth."""

    key: str
    shipments: int
    values: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class AgeBucket:
    """Held shipments of one span of ages."""

    words: str
    at_least: timedelta
    less_than: timedelta | None
    shipments: int
    values: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """Decisions of the last whole minutes."""

    decisions: int
    minutes: int
    by_action: tuple[tuple[Action, int], ...]

    @property
    def a_minute(self) -> float:
        """Decisions a minute."""
        return self.decisions / self.minutes


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands still now. A shipment held by two measures counts under both of them."""

    held: Held
    reviewed: Held
    by_measure: tuple[Held, ...]
    by_destination: tuple[Held, ...]
    """The empty key is a destination that is not stated."""
    by_age: tuple[AgeBucket, ...]
    by_outcome: tuple[tuple[Outcome, int], ...]
    """Held and reviewed shipments, strongest first."""
    rate: Rate
    latency: Latency


@dataclass(frozen=True, slots=True)
class Point:
    """What was held at the end of one step of time."""

    at: datetime
    shipments: int
    values: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """How what is held has changed, for one measure or for all."""

    measure: str | None
    points: tuple[Point, ...]


def overview(connection: Connection, now: datetime, minutes: int = 60) -> Overview:
    """Return what stands still at `now`; rate and latency over the last `minutes`."""
    return Overview(
        held=_all(connection, Action.HOLD),
        reviewed=_all(connection, Action.REVIEW),
        by_measure=held_by_measure(connection),
        by_destination=held_by_destination(connection),
        by_age=_by_age(connection, now),
        by_outcome=_by_outcome(connection),
        rate=_rate(connection, now, minutes),
        latency=latency(connection, now, minutes),
    )


def held_by_measure(
    connection: Connection, action: Action = Action.HOLD, destination: str | None = None
) -> tuple[Held, ...]:
    """Return what each measure holds, most shipments first; to one destination where named."""
    totals = hold_totals.c
    query = (
        select(totals.measure, totals.currency, func.sum(totals.total))
        .where(totals.action == action, totals.measure != "*")
        .group_by(totals.measure, totals.currency)
    )
    if destination is not None:
        query = query.where(totals.destination_country == destination)
    return _grouped(connection.execute(query).all())


def held_by_destination(
    connection: Connection, action: Action = Action.HOLD, measure: str | None = None
) -> tuple[Held, ...]:
    """Return what is held by destination, most shipments first; by one measure where named."""
    totals = hold_totals.c
    query = (
        select(totals.destination_country, totals.currency, func.sum(totals.total))
        .where(totals.action == action, totals.measure == (measure or "*"))
        .group_by(totals.destination_country, totals.currency)
    )
    return _grouped(connection.execute(query).all())


def series(
    connection: Connection,
    since: datetime,
    until: datetime,
    step: timedelta,
    *,
    measure: str | None = None,
    action: Action = Action.HOLD,
) -> Series:
    """Return what was held at the end of each step from `since` to `until`.

    It is counted back from what is held now, minute by minute of the decisions' own instants.

    Args:
        connection: To the store.
        since: The first step's beginning; aware.
        until: The last step's end; aware.
        step: Length of a step, whole minutes.
        measure: One measure; all shipments, each once, where None.
        action: Held, or reviewed.
    """
    name = measure or "*"
    totals = hold_totals.c
    now = connection.execute(
        select(totals.currency, func.sum(totals.total))
        .where(totals.action == action, totals.measure == name)
        .group_by(totals.currency)
    )
    level: dict[str, int] = {currency: int(total) for currency, total in now}
    changes = hold_changes.c
    every = max(1, step // MINUTE)
    first = minute_of(since)
    bucket = (changes.minute - first) // every
    query = (
        select(bucket, changes.currency, func.sum(changes.change))
        .where(changes.action == action, changes.measure == name, changes.minute >= first)
        .group_by(bucket, changes.currency)
    )
    by_bucket: dict[int, list[tuple[str, int]]] = {}
    for number, currency, change in connection.execute(query):
        by_bucket.setdefault(int(number), []).append((currency, int(change)))
    steps = max(1, -(-((until - since) // MINUTE) // every))
    points: list[Point] = []
    for number in range(max([steps - 1, *by_bucket]), -1, -1):
        if number < steps:
            at = of_minute(first + (number + 1) * every)
            points.append(Point(min(at, until), level.get("*", 0), _values(level)))
        for currency, change in by_bucket.get(number, ()):
            level[currency] = level.get(currency, 0) - change
    return Series(measure, tuple(reversed(points)))


def _all(connection: Connection, action: Action) -> Held:
    totals = hold_totals.c
    query = (
        select(totals.currency, func.sum(totals.total))
        .where(totals.action == action, totals.measure == "*")
        .group_by(totals.currency)
    )
    sums = {currency: int(total) for currency, total in connection.execute(query)}
    return Held(action, sums.get("*", 0), _values(sums))


def _grouped(rows: Sequence[Any]) -> tuple[Held, ...]:
    sums: dict[str, dict[str, int]] = {}
    for key, currency, total in rows:
        sums.setdefault(key, {})[currency] = int(total)
    found = [Held(key, one.get("*", 0), _values(one)) for key, one in sums.items()]
    return tuple(sorted((one for one in found if one.shipments), key=_most_first))


def _most_first(held: Held) -> tuple[int, str]:
    return (-held.shipments, held.key)


def _values(sums: dict[str, int]) -> tuple[Money, ...]:
    named = sorted((name, total) for name, total in sums.items() if name != "*" and total)
    return tuple(Money(currency, amount_of(total)) for currency, total in named)


def _by_age(connection: Connection, now: datetime) -> tuple[AgeBucket, ...]:
    number = case(
        *(
            (holds.c.since > now - less_than, place)
            for place, (_, _, less_than) in enumerate(AGES)
            if less_than is not None
        ),
        else_=len(AGES) - 1,
    )
    query = (
        select(number, holds.c.currency, func.count(), func.sum(holds.c.value_mills))
        .where(holds.c.action == Action.HOLD)
        .group_by(number, holds.c.currency)
    )
    counts = [0] * len(AGES)
    values: list[dict[str, int]] = [{} for _ in AGES]
    for place, currency, count, total in connection.execute(query):
        counts[place] += count
        if currency:
            values[place][currency] = int(total)
    return tuple(
        AgeBucket(words, at_least, less_than, counts[place], _values(values[place]))
        for place, (words, at_least, less_than) in enumerate(AGES)
    )


def _by_outcome(connection: Connection) -> tuple[tuple[Outcome, int], ...]:
    query = select(holds.c.rank, func.count()).group_by(holds.c.rank).order_by(holds.c.rank)
    ranked = list(Outcome)
    return tuple((ranked[rank], count) for rank, count in connection.execute(query))


def _rate(connection: Connection, now: datetime, minutes: int) -> Rate:
    minute = decision_minutes.c.minute
    end = minute_of(now)
    query = (
        select(decision_minutes.c.action, func.sum(decision_minutes.c.decisions))
        .where(and_(minute >= end - minutes, minute < end))
        .group_by(decision_minutes.c.action)
    )
    counts = {Action(action): int(count) for action, count in connection.execute(query)}
    by_action = tuple((action, counts.get(action, 0)) for action in Action)
    return Rate(sum(counts.values()), minutes, by_action)
