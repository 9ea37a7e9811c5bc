"""Count what is observed of civil exports, and publish the counts of each week that has changed.

The numbers are state, written in the transaction in which their subject changes, so they are right
after any crash, and stay when a closed shipment is forgotten. They are published by a timer that is
state as well: a replay publishes the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from tidegate.agents.inputs import SOURCE
from tidegate.agents.observed import Kind
from tidegate.agents.timers import Timers
from tidegate.agents.topics import PRACTICE
from tidegate.events.codec import (
    PRACTICE_TYPE,
    STRUCTURED_HEADERS,
    canonical,
    derived_id,
    encode_written,
)
from tidegate.events.practice import PracticeCount, PracticeCounts, PracticeSubject
from tidegate.runtime.transaction import Transaction

COUNT_PREFIX = "n:"
CHANGED_PREFIX = "y:"
PUBLISHED_EVERY = timedelta(seconds=30)
KINDS_A_WEEK = 2000
"""So many are kept apart in one week of one partition; item groups beyond that are `other`. A code
that nobody has ever seen is one wrong event away, and a record has a size."""
OTHER = "other"


class Practice:
    """The counts of one partition, as committed.

    Args:
        subject: What is counted.
        partition: Whose counts they are.
        every: How long a change waits to be published at most.
    """

    def __init__(
        self, subject: PracticeSubject, partition: int, every: timedelta = PUBLISHED_EVERY
    ) -> None:
        self._subject = subject
        self._partition = partition
        self._every = every
        self._weeks: dict[str, dict[str, int]] = {}
        """By week: how many of each kind."""
        self._timers = Timers()

    def learn(self, key: str, value: bytes | None) -> None:
        """Note a committed count, or when a week is to be published."""
        if key.startswith(CHANGED_PREFIX):
            instant = None if value is None else datetime.fromisoformat(value.decode())
            self._timers.set(key.removeprefix(CHANGED_PREFIX), instant)
            return
        kind = key.removeprefix(COUNT_PREFIX)
        week = Kind.read(kind).week
        if value is not None:
            self._weeks.setdefault(week, {})[kind] = int(value)
            return
        # One that came and went within a transaction was never here.
        counts = self._weeks.get(week, {})
        counts.pop(kind, None)
        if not counts:
            self._weeks.pop(week, None)

    def move(self, transaction: Transaction, before: str, kind: Kind | None) -> str:
        """Count a subject under another kind; return what it is counted under, empty: under none.

        A subject stays in the week in which it was counted first.

        Args:
            transaction: Where the counts are written.
            before: What this returned for the subject last; empty at first.
            kind: What is observed of it now; None: it is no civil one.
        """
        now = "" if kind is None else self._kept_apart(transaction, before, kind)
        if now == before:
            return now
        if before:
            self._add(transaction, before, -1)
        if now:
            self._add(transaction, now, 1)
        return now

    def next_due(self) -> datetime | None:
        """Return when the next week is to be published."""
        return self._timers.next_due()

    def publish(self, transaction: Transaction, limit: int) -> int:
        """Publish up to `limit` weeks that are due; return how many.

        First of all that a transaction does: what is published is what was committed before.
        """
        weeks = self._timers.due_at(transaction.clock, limit)
        for week in weeks:
            transaction.put(CHANGED_PREFIX + week, None)
            self._write(transaction, week)
        return len(weeks)

    def totals(self) -> Mapping[tuple[str, str, str], int]:
        """Return the counts of all weeks and item groups, by subject, destination and what is
        observed."""
        sums: Counter[tuple[str, str, str]] = Counter()
        for counts in self._weeks.values():
            for text, count in counts.items():
                kind = Kind.read(text)
                sums[self._subject, kind.destination, kind.observed] += count
        return sums

    def _kept_apart(self, transaction: Transaction, before: str, kind: Kind) -> str:
        if before:
            last = Kind.read(before)
            kind = kind._replace(week=last.week)
            if last.item_group == OTHER and last == kind._replace(item_group=OTHER):
                return before
        text = str(kind)
        known = self._weeks.get(kind.week, {})
        if len(known) < KINDS_A_WEEK or text in known or transaction.get(COUNT_PREFIX + text):
            return text
        return str(kind._replace(item_group=OTHER))

    def _add(self, transaction: Transaction, kind: str, amount: int) -> None:
        key = COUNT_PREFIX + kind
        count = int(transaction.get(key) or 0) + amount
        transaction.put(key, str(count).encode() if count > 0 else None)
        changed = CHANGED_PREFIX + Kind.read(kind).week
        if transaction.get(changed) is None:
            due = transaction.clock + self._every
            transaction.put(changed, due.isoformat().encode())

    def _write(self, transaction: Transaction, week: str) -> None:
        counts = PracticeCounts(
            subject=self._subject,
            partition=self._partition,
            week=week,
            as_of=transaction.clock,
            counts=tuple(self._counts(week)),
        )
        key = f"{self._subject}-{self._partition}/{week}"
        data = canonical(counts)
        value = encode_written(
            PRACTICE_TYPE,
            data,
            id_=derived_id("practice", key, data),
            source=SOURCE,
            subject=key,
            time=transaction.clock,
        )
        transaction.emit(PRACTICE, key, value, STRUCTURED_HEADERS, partition=self._partition)

    def _counts(self, week: str) -> Iterator[PracticeCount]:
        for text, count in sorted(self._weeks.get(week, {}).items()):
            kind = Kind.read(text)
            yield PracticeCount(
                destination=kind.destination,
                item_group=kind.item_group,
                observed=kind.observed,
                count=count,
            )
