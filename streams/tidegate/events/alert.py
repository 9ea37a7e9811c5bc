"""Something that somebody must know, told once."""

from __future__ import annotations

from enum import StrEnum

from tidegate.events.decision import Outcome, Previous, Reason
from tidegate.events.model import RecordModel
from tidegate.events.values import Amount, CountryCode, Currency, Identifier


class AlertKind(StrEnum):
    """What happened."""

    HOLD_STARTED = "hold_started"
    HOLD_CHANGED = "hold_changed"
    HOLD_ENDED = "hold_ended"
    REVIEW_STARTED = "review_started"
    LICENSE_CHANGED = "license_changed"
    MEASURE_UPCOMING = "measure_upcoming"
    TABLE_ALARM = "table_alarm"


class Severity(StrEnum):
    """How urgently a person should look."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Alert(RecordModel):
    """An immutable message: a decision changed in a way that somebody must know (`trade.alert.v1`).

    `value` and `currency` are set where all of the goods are valued in one currency.
    """

    alert_id: Identifier
    kind: AlertKind
    shipment_id: Identifier | None = None
    license_id: Identifier | None = None
    decision_id: Identifier | None = None
    title: str
    text: str
    severity: Severity
    outcome: Outcome | None = None
    previous: Previous | None = None
    value: Amount | None = None
    currency: Currency | None = None
    destination_country: CountryCode | None = None
    reasons: tuple[Reason, ...] = ()
