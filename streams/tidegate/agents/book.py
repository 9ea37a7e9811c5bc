"""The open book of one partition: what is held, since when, worth what, and what is due next.

Derived from committed state alone, so it is right after any crash. Small: it holds one slim entry
for each open shipment, never the facts.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tidegate.agents.alerting import values_by_currency
from tidegate.agents.shipment_state import OpenShipment
from tidegate.events.decision import Action, Outcome


@dataclass(frozen=True, slots=True)
class Entry:
    """What the book knows of one open shipment."""

    action: Action
    outcome: Outcome
    held_by: tuple[tuple[str, Outcome], ...]
    held_since: datetime | None
    held_values: tuple[tuple[str, Decimal], ...]
    due: datetime | None


def entry_of(state: OpenShipment) -> Entry:
    """Take from a state what the book keeps."""
    last = state.last
    action = last.action if last is not None else Action.PASS
    outcome = last.outcome if last is not None else Outcome.NO_RULE_MATCHED
    held = action is Action.HOLD
    dues = [instant for instant in (state.next_change, state.alert_at) if instant is not None]
    return Entry(
        action=action,
        outcome=outcome,
        held_by=state.held_by,
        held_since=state.held_since,
        held_values=tuple(values_by_currency(state.facts).items()) if held else (),
        due=min(dues, default=None),
    )


class Book:
    """Entries by state key, with running sums and a heap of what is due."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._due: list[tuple[datetime, str]] = []
        self.holds: Counter[tuple[str, str]] = Counter()
        """Held shipments by (measure, outcome). One held by two measures counts under both."""
        self.actions: Counter[str] = Counter()
        """Open shipments by action."""
        self.held_values: dict[str, Decimal] = {}
        """Value of what is held, by currency."""

    def __len__(self) -> int:
        return len(self._entries)

    def replace(self, key: str, entry: Entry | None) -> None:
        """Put a shipment's new entry; None takes it out of the book."""
        old = self._entries.pop(key, None)
        if old is not None:
            self._count(old, -1)
        if entry is None:
            return
        self._entries[key] = entry
        self._count(entry, 1)
        if entry.due is not None and (old is None or old.due != entry.due):
            heapq.heappush(self._due, (entry.due, key))

    def _count(self, entry: Entry, sign: int) -> None:
        self.actions[entry.action] += sign
        if entry.action is not Action.HOLD:
            return
        for reason in entry.held_by:
            self.holds[reason] += sign
        for currency, value in entry.held_values:
            self.held_values[currency] = self.held_values.get(currency, Decimal(0)) + sign * value

    def next_due(self) -> datetime | None:
        """Return the earliest instant at which some shipment must be looked at again."""
        while self._due:
            instant, key = self._due[0]
            entry = self._entries.get(key)
            if entry is not None and entry.due == instant:
                return instant
            heapq.heappop(self._due)
        return None

    def due_at(self, clock: datetime, limit: int) -> list[str]:
        """Return up to `limit` keys that are due, oldest first.

        Nothing is taken out: what comes of them is learned from the committed changes.
        """
        found: dict[str, datetime] = {}
        while self._due and len(found) < limit and self._due[0][0] <= clock:
            instant, key = heapq.heappop(self._due)
            entry = self._entries.get(key)
            if entry is not None and entry.due == instant and key not in found:
                found[key] = instant
        for key, instant in found.items():
            heapq.heappush(self._due, (instant, key))
        return list(found)

    def hold_starts(self) -> Iterator[datetime]:
        """Yield when each hold began, for ages."""
        for entry in self._entries.values():
            if entry.action is Action.HOLD and entry.held_since is not None:
                yield entry.held_since
