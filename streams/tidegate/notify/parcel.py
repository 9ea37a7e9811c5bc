"""An open delivery in memory: what its lane sorts by, beside its record's bytes.

A dead endpoint may have hundreds of thousands of them, so the record is kept as bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.events.codec import canonical
from tidegate.events.delivery import Delivery, DeliveryStatus, EndpointState


@dataclass(frozen=True, slots=True)
class Step:
    """One record to write: a delivery's or an endpoint's new state."""

    key: bytes
    record: Delivery | EndpointState


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery that something is still to be done about. Times are seconds since 1970."""

    delivery_id: str
    endpoint: str
    key: bytes
    waiting: bool
    due: float
    started: float
    attempts: int
    place: tuple[int, int]
    """Partition and offset of its first alert: the order in which things happened."""
    value: bytes

    @classmethod
    def of(cls, key: bytes, delivery: Delivery, value: bytes | None = None) -> Parcel:
        """Return the parcel of an open delivery."""
        assert delivery.due_at is not None, "an open delivery is due"
        first = delivery.alerts[0]
        return cls(
            delivery_id=delivery.delivery_id,
            endpoint=delivery.endpoint,
            key=key,
            waiting=delivery.status is DeliveryStatus.WAITING,
            due=delivery.due_at.timestamp(),
            started=delivery.started_at.timestamp(),
            attempts=delivery.attempts,
            place=(first.partition, first.offset),
            value=canonical(delivery) if value is None else value,
        )

    def delivery(self) -> Delivery:
        """Return the delivery."""
        return Delivery.model_validate_json(self.value)
