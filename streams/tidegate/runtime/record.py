"""A record as Kafka holds it, and one that is to be written."""

from __future__ import annotations

from dataclasses import dataclass

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One input record with its place in the log. Bytes are untouched."""

    topic: str
    """Logical name (`trade.shipments`), without the deployment's prefix."""
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    damage: str | None = None
    """Why it cannot be read, where that is so; `value` is then the bytes that stand there."""


@dataclass(frozen=True, slots=True)
class Output:
    """One record that a transaction writes."""

    topic: str
    """Logical name, without the deployment's prefix."""
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
