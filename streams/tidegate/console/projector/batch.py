"""What one transaction of the projector takes, and what it tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tidegate.runtime.record import Record

Place = tuple[str, int]
"""A topic's logical name, and a partition."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in the order of reading, and how far each partition is read once they are written."""

    records: Sequence[Record]
    moves: Mapping[Place, tuple[int | None, int]]
    """By partition: where the tables stand (None: nowhere yet), and where they stand afterwards."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that could not be used, and why."""

    record: Record
    reason: str


@dataclass(frozen=True, slots=True)
class HoldChange:
    """A shipment that came into the queue, changed there, or left it."""

    shipment_id: str
    what: Literal["started", "changed", "ended"]
    action: str
    outcome: str
    destination_country: str | None
    measures: tuple[str, ...]
    title: str
    as_of: datetime


@dataclass(slots=True)
class Written:
    """What a committed batch has changed."""

    records: int = 0
    decisions: int = 0
    holds: list[HoldChange] = field(default_factory=list)
    shipments: set[str] = field(default_factory=set)
    """Of which a decision, an event or a disposition came."""
    licenses: set[str] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)
    unreadable: list[Unreadable] = field(default_factory=list)
