"""One record of the traffic, ready to be produced or written down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A record for an input topic."""

    topic: str
    """Logical name, without the deployment's prefix."""
    key: bytes | None
    value: bytes | None
    kind: str
    """shipment, license, disposition, duplicate, late, conflict, or one of the rubbish kinds."""
    event_id: str | None = None
    """The CloudEvent's id, where the record is an event."""

    @property
    def rubbish(self) -> bool:
        """Say whether it must end as a dead letter."""
        return self.kind.startswith("rubbish:")
