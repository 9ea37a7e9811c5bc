"""The open book of one partition: what is held, since when, worth what, and what is due next.

Derived from committed state alone, so it is right after any crash. Small: it holds one slim entry
for each open shipment, never the facts.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from sys import intern
from typing import Any

from pydantic_core import to_json

from tidegate.agents.alerting import values_by_currency
from tidegate.agents.shipment_state import OpenShipment
from tidegate.events.decision import Action, Outcome
from tidegate.events.values import decimal_text
from tidegate.parties.fold import fold

_PARTS = b"\t"
"""Between the entry and the names: neither has one, as JSON escapes it and folding drops it."""
NOT_STATED = "not_stated"
_STALE = 1000
"""So many entries of the heap may be out of date, beside as many as there are right ones."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the book knows of one open shipment."""

    action: Action
    outcome: Outcome
    held_by: tuple[tuple[str, Outcome], ...] = ()
    held_since: datetime | None = None
    held_values: tuple[tuple[str, Decimal], ...] = ()
    due: datetime | None = None
    shadowed_by: tuple[tuple[str, Outcome], ...] = ()
    destination: str = NOT_STATED
    """Of a hold: where its goods go, an ISO 3166 code."""

    def packed(self) -> bytes:
        """Return the entry as one short line: the head of the shipment's state."""
        fields: list[Any] = [self.action, self.outcome, _text(self.due)]
        if self.held_by or self.held_values or self.held_since or self.shadowed_by:
            # One form: a state read again after a restart must be written as it was.
            values = [(currency, decimal_text(value)) for currency, value in self.held_values]
            fields += [_text(self.held_since), self.held_by, values, self.destination]
        if self.shadowed_by:
            fields.append(self.shadowed_by)
        return to_json(fields)

    @staticmethod
    @lru_cache(maxsize=4096)
    def unpacked(line: bytes) -> Entry:
        """Read a line that `packed` wrote. Most shipments pass, and their lines are few."""
        action, outcome, due, *held = json.loads(line)
        since, held_by, values, *more = held or (None, (), ())
        return Entry(
            action=Action(action),
            outcome=Outcome(outcome),
            held_by=tuple((measure, Outcome(name)) for measure, name in held_by),
            held_since=_instant(since),
            held_values=tuple((currency, Decimal(value)) for currency, value in values),
            due=_instant(due),
            # Heads of earlier builds do not tell it.
            destination=more[0] if more else NOT_STATED,
            shadowed_by=tuple((m, Outcome(name)) for one in more[1:] for m, name in one),
        )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def head_of_state(state: OpenShipment) -> bytes:
    """Return what a book keeps of a shipment: its entry, and its parties' folded names."""
    parties = state.facts.parties
    names = {fold(name) for party in parties for name in (party.name, *party.aliases)}
    return _PARTS.join((entry_of(state).packed(), *(name.encode() for name in sorted(names))))


def entry_of(state: OpenShipment) -> Entry:
    """Take from a state what the book keeps."""
    last = state.last
    action = last.action if last is not None else Action.PASS
    outcome = last.outcome if last is not None else Outcome.NO_RULE_MATCHED
    held = action is Action.HOLD
    instants = (state.next_change, state.alert_at, state.late_at, state.lapse_at)
    dues = [instant for instant in instants if instant is not None]
    return Entry(
        action=action,
        outcome=outcome,
        held_by=state.held_by,
        held_since=state.held_since,
        held_values=tuple(values_by_currency(state.facts).items()) if held else (),
        due=min(dues, default=None),
        shadowed_by=state.shadowed_by,
        destination=(state.facts.destination_country or NOT_STATED) if held else NOT_STATED,
    )


class Book:
    """Entries by state key, with running sums and a heap of what is due.

    An entry stays packed, and equal lines are kept once: a million open shipments must fit.
    """

    def __init__(self) -> None:
        self._lines: dict[str, bytes] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._shared: dict[bytes, bytes] = {}
        self._due: list[tuple[datetime, str]] = []
        self._timed = 0
        self._held_since: dict[str, datetime] = {}
        self.holds: Counter[tuple[str, str]] = Counter()
        """Held shipments by (measure, outcome). One held by two measures counts under both."""
        self.shadow_holds: Counter[tuple[str, str]] = Counter()
        """Shipments that a measure on trial would hold, by (measure, outcome)."""
        self.actions: Counter[str] = Counter()
        """Open shipments by action."""
        self.destinations: Counter[str] = Counter()
        """Held shipments by destination; each counts once."""
        self.held_values: dict[str, Decimal] = {}
        """Value of what is held, by currency."""

    def __len__(self) -> int:
        return len(self._lines)

    def replace(self, key: str, head: bytes | None) -> None:
        """Put what `head_of_state` made of a shipment; None takes it out of the book."""
        line = None
        if head is None:
            self._names.pop(key, None)
        else:
            line, *names = head.split(_PARTS)
            self._names[key] = tuple(intern(name.decode()) for name in names)
        before = self._lines.get(key)
        if line == before:
            return
        old = None if before is None else Entry.unpacked(before)
        if old is not None:
            self._count(key, old, -1)
        if line is None:
            del self._lines[key]
            return
        entry = Entry.unpacked(line)
        self._lines[key] = self._once(line, entry)
        self._count(key, entry, 1)
        if entry.due is not None and (old is None or old.due != entry.due):
            heapq.heappush(self._due, (entry.due, key))
            if len(self._due) > 2 * self._timed + _STALE:
                self._tidy()

    def _once(self, line: bytes, entry: Entry) -> bytes:
        """Return the one copy of a line that many shipments have; a hold's is its own."""
        if entry.held_since is not None:
            return line
        if len(self._shared) > _STALE:
            self._shared.clear()
        return self._shared.setdefault(line, line)

    def _count(self, key: str, entry: Entry, sign: int) -> None:
        self.actions[entry.action] += sign
        self._timed += sign * (entry.due is not None)
        for reason in entry.shadowed_by:
            self.shadow_holds[reason] += sign
        if entry.action is not Action.HOLD:
            return
        if sign < 0:
            self._held_since.pop(key, None)
        elif entry.held_since is not None:
            self._held_since[key] = entry.held_since
        for reason in entry.held_by:
            self.holds[reason] += sign
        self.destinations[entry.destination] += sign
        for currency, value in entry.held_values:
            self.held_values[currency] = self.held_values.get(currency, Decimal(0)) + sign * value

    def names(self) -> set[str]:
        """Return the folded names of all parties of all shipments, each once."""
        return {name for names in self._names.values() for name in names}

    def with_names(self, names: Set[str]) -> list[str]:
        """Return the keys of the shipments that have a party of one of these names, in order."""
        return sorted(key for key, has in self._names.items() if not names.isdisjoint(has))

    def next_due(self) -> datetime | None:
        """Return the earliest instant at which some shipment must be looked at again."""
        while self._due:
            instant, key = self._due[0]
            if self._due_of(key) == instant:
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
            if self._due_of(key) == instant and key not in found:
                found[key] = instant
        for key, instant in found.items():
            heapq.heappush(self._due, (instant, key))
        return list(found)

    def hold_starts(self) -> Iterator[datetime]:
        """Yield when each hold began, for ages."""
        yield from self._held_since.values()

    def _due_of(self, key: str) -> datetime | None:
        line = self._lines.get(key)
        return None if line is None else Entry.unpacked(line).due

    def _tidy(self) -> None:
        """Drop from the heap what is out of date, so that it stays as long as the book."""
        self._due = [one for one in set(self._due) if self._due_of(one[1]) == one[0]]
        heapq.heapify(self._due)
