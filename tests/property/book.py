"""A book in memory, with any number of partitions, whose state and outputs can be looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.support.scenario import event
from tests.support.tables import shipped
from tidegate.agents import topics
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.events.codec import (
    DISPOSITION_TYPE,
    LICENSE_TYPE,
    SHIPMENT_TYPE,
    canonical,
    decode,
)
from tidegate.events.control import TablesControl
from tidegate.events.decision import Decision
from tidegate.runtime.memory import MemoryRuntime
from tidegate.runtime.record import Record
from tidegate.runtime.spec import DEAD_LETTERS

_TOPICS = {
    SHIPMENT_TYPE: (topics.SHIPMENTS, "shipment_id"),
    LICENSE_TYPE: (topics.LICENSES, "license_id"),
    DISPOSITION_TYPE: (topics.DISPOSITIONS, "shipment_id"),
}


class Book:
    """The agents over the memory runtime, with the tables that ship."""

    def __init__(self, at: datetime, partitions: int = 1) -> None:
        self.partitions = partitions
        shelf = Shelf()
        shelf.put(shipped())
        self.runtime = MemoryRuntime(agents(shelf), partitions)
        control = canonical(TablesControl(version=shipped().version, published_at=at))
        for partition in range(partitions):
            self.runtime.append(topics.CONTROL, None, control, partition=partition)
        self.runtime.run(at)

    def take(self, type_: str, data: dict[str, Any], at: datetime) -> None:
        """Hand in one event, and do all that follows from it."""
        topic, key = _TOPICS[type_]
        self.runtime.append(topic, data[key], event(type_, data, at))
        self.runtime.run(at)

    def shipment(self, data: dict[str, Any], at: datetime) -> Decision:
        """Hand in a shipment, and return its decision."""
        self.take(SHIPMENT_TYPE, data, at)
        return self.decision(data["shipment_id"])

    def decision(self, shipment_id: str = "SHP-1") -> Decision:
        """Return the decision in force."""
        return next(d for d in reversed(self.decisions()) if d.shipment_id == shipment_id)

    def decisions(self) -> list[Decision]:
        """Return every decision, in the order of writing."""
        return [
            decode(record.value, max_bytes=1 << 30).read(Decision)
            for record in self.runtime.outputs(topics.DECISIONS)
        ]

    def state(self) -> dict[tuple[str, int], dict[str, bytes]]:
        """Return all committed state."""
        return {
            (agent, partition): self.runtime.state(agent, partition)
            for agent in ("screening", "licensing")
            for partition in range(self.partitions)
        }

    def said(self) -> dict[str, list[bytes | None]]:
        """Return everything written for others to read."""
        told = (topics.DECISIONS, topics.ALERTS, topics.CLAIMS, topics.VERDICTS, DEAD_LETTERS)
        return {topic: [r.value for r in self.records(topic)] for topic in told}

    def records(self, topic: str) -> list[Record]:
        """Return what was written to a topic."""
        return self.runtime.outputs(topic)


def decided(
    on_file: list[dict[str, Any]], facts: dict[str, Any], at: datetime, partitions: int = 1
) -> Decision:
    """Decide one shipment with these licenses on file."""
    book = Book(at, partitions)
    for license_ in on_file:
        book.take(LICENSE_TYPE, license_, at)
    return book.shipment(facts, at)
