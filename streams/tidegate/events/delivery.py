"""An alert on its way to one endpoint: what becomes of it, one record for each step.

Internal records. `tidegate.deliveries` holds `Delivery` and `EndpointState`, the last record of an
id being its state; `tidegate.delivery-commands` holds what people ask of the notifier.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from tidegate.events.alert import AlertKind, Severity
from tidegate.events.model import RecordModel
from tidegate.events.values import Identifier, Instant, Text


class Channel(StrEnum):
    """How an endpoint is spoken to."""

    WEBHOOK = "webhook"
    SLACK = "slack"
    PAGERDUTY = "pagerduty"
    ALERTMANAGER = "alertmanager"
    EMAIL = "email"


class DeliveryStatus(StrEnum):
    """Where a delivery stands. The last three are final, until somebody asks to send it again."""

    WAITING = "waiting"
    """For the end of quiet hours; it then goes into a digest."""
    PENDING = "pending"
    """To be tried, or tried again, at `due_at`."""
    DELIVERED = "delivered"
    DIGESTED = "digested"
    """Told as part of the digest that `digest` names."""
    DEAD = "dead"
    """Given up: `last` or `problem` say why."""

    @property
    def open(self) -> bool:
        """True while something is still to be done about it."""
        return self in (DeliveryStatus.WAITING, DeliveryStatus.PENDING)


class AttemptResult(StrEnum):
    """How one try came out."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """It answered, but not with yes."""
    UNREACHABLE = "unreachable"
    """No connection, or one that broke before the answer."""
    TIMED_OUT = "timed_out"
    UNTRUSTED = "untrusted"
    """Its certificate is not one to trust."""
    FORBIDDEN = "forbidden"
    """Its address is one that this endpoint may not have."""


class Attempt(RecordModel):
    """One try."""

    at: Instant
    seconds: float
    """From its beginning to the answer, or to giving it up."""
    result: AttemptResult
    code: int | None = None
    """HTTP status, or SMTP reply code."""
    detail: Text = ""
    """What went wrong, in words; never a secret."""


class AlertPlace(RecordModel):
    """Where an alert stands on `trade.alerts`; it is not copied."""

    alert_id: Identifier
    partition: int
    offset: int


class Delivery(RecordModel):
    """One alert, or one digest of several, to one endpoint: its state after one step.

    Its record's key is the alert's key; a digest's is the endpoint's name.
    """

    record: Literal["delivery"] = "delivery"
    delivery_id: Identifier
    """Derived from endpoint and alert: the same over retries, restarts and sending again."""
    endpoint: Identifier
    channel: Channel
    status: DeliveryStatus
    alerts: tuple[AlertPlace, ...]
    """One; or, of a digest, all that it tells, oldest first."""
    kind: AlertKind | None = None
    """What the alert tells of; None: a digest of several."""
    title: str
    severity: Severity
    shipment_id: Identifier | None = None
    license_id: Identifier | None = None
    created_at: Instant
    """When the alert was written, by the broker's clock; a digest, when it was made."""
    started_at: Instant
    """When it was taken up, or somebody last asked to send it again."""
    due_at: Instant | None = None
    """When it is tried next, while it is open."""
    attempts: int = 0
    """Tries since `started_at`."""
    last: Attempt | None = None
    """The try that this record tells of, or the last one before it."""
    problem: Text | None = None
    """Why it was given up, where no try of its own says so."""
    digest: Identifier | None = None
    """The digest's delivery_id, where this became part of one."""
    asked_by: Identifier | None = None
    """Who asked to send it again, last."""


class EndpointState(RecordModel):
    """An endpoint was disabled, or enabled again. Its record's key is the endpoint's name."""

    record: Literal["endpoint"] = "endpoint"
    endpoint: Identifier
    disabled: bool
    reason: Text
    at: Instant


class SendAgain(RecordModel):
    """Deliver once more: what is dead or delivered from the beginning, what is open at once.

    Its record's key is the delivery record's key.
    """

    command: Literal["send_again"] = "send_again"
    delivery: Delivery
    """As it was last seen."""
    by: Identifier
    at: Instant


class EnableEndpoint(RecordModel):
    """Deliver to an endpoint that answered 410 (Gone) again. The key is the endpoint's name."""

    command: Literal["enable_endpoint"] = "enable_endpoint"
    endpoint: Identifier
    by: Identifier
    at: Instant


DeliveryRecord = Annotated[Delivery | EndpointState, Field(discriminator="record")]
"""What is on `tidegate.deliveries`."""

DeliveryCommand = Annotated[SendAgain | EnableEndpoint, Field(discriminator="command")]
"""What is on `tidegate.delivery-commands`."""

DELIVERY_RECORD: TypeAdapter[Delivery | EndpointState] = TypeAdapter(DeliveryRecord)
DELIVERY_COMMAND: TypeAdapter[SendAgain | EnableEndpoint] = TypeAdapter(DeliveryCommand)
