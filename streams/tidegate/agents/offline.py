"""Decide without a broker: the agents of a worker, run in memory on events from a file.

`tidegate check` and the tests use it. It is the same code that workers run: claims go out and
verdicts come back here too, only at once.
"""

from __future__ import annotations

from datetime import datetime

from tidegate.agents import topics
from tidegate.agents.desk import Desk
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.events import codec
from tidegate.events.alert import Alert
from tidegate.events.codec import Envelope, decode
from tidegate.events.control import TablesControl
from tidegate.events.dead_letter import DeadLetter
from tidegate.events.decision import Decision
from tidegate.events.errors import InvalidEvent
from tidegate.measures.tables import Tables
from tidegate.runtime.memory import MemoryRuntime
from tidegate.runtime.record import Headers
from tidegate.runtime.spec import DEAD_LETTERS

_INPUTS = {
    codec.SHIPMENT_TYPE: (topics.SHIPMENTS, "shipment_id"),
    codec.LICENSE_TYPE: (topics.LICENSES, "license_id"),
    codec.DISPOSITION_TYPE: (topics.DISPOSITIONS, "shipment_id"),
}


class Offline:
    """A book of shipments and licenses in memory, under one version of the tables at a time."""

    def __init__(self, tables: Tables, desk: Desk | None = None) -> None:
        self._shelf = Shelf()
        self._runtime = MemoryRuntime(agents(self._shelf, desk))
        self._clock: datetime | None = None
        self._tables = tables
        self._queued: list[tuple[str, str | None, bytes, Headers]] = []

    @property
    def clock(self) -> datetime | None:
        """Return the instant that the book stands at; None before the first event."""
        return self._clock

    def apply(self, value: bytes, headers: Headers = (), at: datetime | None = None) -> Envelope:
        """Take one event at its own `time`, or at `at` where that is given.

        Time never goes back: an event from before the book's instant is taken at that instant.

        Raises:
            InvalidEvent: it cannot be read, is of no known type, or the agents refuse it.
        """
        envelope, topic, key = _addressed(value, headers)
        instant = at or envelope.time or self._clock
        if instant is None:
            raise InvalidEvent("time", "the first event needs a time")
        refused = len(self._runtime.outputs(DEAD_LETTERS))
        queued, self._queued = self._queued, []
        self._advance(instant)
        for one in (*queued, (topic, key, value, headers)):
            self._runtime.append(*one)
        assert self._clock is not None
        self._runtime.run(self._clock)
        for record in self._runtime.outputs(DEAD_LETTERS)[refused:]:
            letter = decode(record.value, max_bytes=1 << 30).read(DeadLetter)
            raise InvalidEvent(letter.error.field, letter.error.reason)
        return envelope

    def queue(self, value: bytes, headers: Headers = ()) -> None:
        """Hand in an event that is taken in one transaction with the next one applied.

        Nothing comes between the two: a license's owner answers for the later one only.

        Raises:
            InvalidEvent: it cannot be read, or is of no known type.
        """
        _, topic, key = _addressed(value, headers)
        self._queued.append((topic, key, value, headers))

    def switch(self, tables: Tables) -> None:
        """Decide everything open again under other tables."""
        self._tables = tables
        if self._clock is not None:
            self._publish(self._clock)
            self._runtime.run(self._clock)

    def advance(self, instant: datetime) -> None:
        """Move time on: what falls due on the way happens at its own instant."""
        self._advance(instant)

    def history(self) -> list[Decision]:
        """Return every decision, in the order of writing."""
        return [
            decode(record.value, max_bytes=1 << 30).read(Decision)
            for record in self._runtime.outputs(topics.DECISIONS)
        ]

    def current(self) -> list[Decision]:
        """Return each shipment's decision in force, by first appearance of the shipment."""
        latest: dict[str, Decision] = {}
        for decision in self.history():
            latest[decision.shipment_id] = decision
        return list(latest.values())

    def alerts(self) -> list[Alert]:
        """Return every alert, in the order of writing."""
        return [
            decode(record.value, max_bytes=1 << 30).read(Alert)
            for record in self._runtime.outputs(topics.ALERTS)
        ]

    def _advance(self, instant: datetime) -> None:
        first = self._clock is None
        self._clock = instant if self._clock is None else max(instant, self._clock)
        if first:
            self._publish(self._clock)
        self._runtime.run(self._clock)

    def _publish(self, at: datetime) -> None:
        self._shelf.put(self._tables)
        control = TablesControl(version=self._tables.version, published_at=at)
        self._runtime.append(topics.CONTROL, None, codec.canonical(control))


def _addressed(value: bytes, headers: Headers) -> tuple[Envelope, str, str | None]:
    """Return an event with the topic that carries it, and its key."""
    envelope = decode(value, headers)
    if envelope.type not in _INPUTS:
        known = ", ".join(_INPUTS)
        raise InvalidEvent("type", f"{envelope.type!r:.80} is none of {known}")
    topic, key_field = _INPUTS[envelope.type]
    key = envelope.data.get(key_field)
    return envelope, topic, key if isinstance(key, str) else None
