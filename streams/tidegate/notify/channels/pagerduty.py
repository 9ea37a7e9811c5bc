"""PagerDuty Events API v2: one incident for a hold, resolved when the hold ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from tidegate.events.alert import Alert, AlertKind
from tidegate.events.delivery import Delivery
from tidegate.events.values import decimal_text, instant_text
from tidegate.notify.answer import TakenAlert
from tidegate.notify.channels.request import Request, RequestMaker
from tidegate.notify.endpoints import PagerDutyEndpoint

SUMMARY_CHARACTERS = 1024
TEXT_CHARACTERS = 8000
MEASURES = 20
HOLDS = (AlertKind.HOLD_STARTED, AlertKind.HOLD_CHANGED, AlertKind.HOLD_ENDED)


def dedup_key(alert: Alert) -> str:
    """Return what keeps events of one matter together: a shipment's hold, its review, a license."""
    if alert.kind in HOLDS:
        return f"tidegate/hold/{alert.shipment_id}"
    if alert.kind is AlertKind.REVIEW_STARTED:
        return f"tidegate/review/{alert.shipment_id}"
    if alert.license_id is not None:
        return f"tidegate/license/{alert.license_id}"
    return f"tidegate/alert/{alert.alert_id}"


def pagerduty_requests(endpoint: PagerDutyEndpoint) -> RequestMaker:
    """Return what makes an endpoint's requests."""
    url = endpoint.url.get_secret_value()
    key = endpoint.routing_key

    def make(delivery: Delivery, alerts: Sequence[TakenAlert], _now: datetime) -> Request:
        (taken,) = alerts
        event: dict[str, Any] = {
            "routing_key": key.get_secret_value(),
            "event_action": "trigger",
            "dedup_key": dedup_key(taken.alert),
            "client": "Tidegate",
        }
        if taken.alert.kind is AlertKind.HOLD_ENDED:
            event["event_action"] = "resolve"
        else:
            event["payload"] = _payload(taken.alert, delivery)
        return Request(url, to_json(event), {"content-type": "application/json"})

    return make


def _payload(alert: Alert, delivery: Delivery) -> dict[str, Any]:
    details = {
        "text": alert.text[:TEXT_CHARACTERS],
        "delivery_id": delivery.delivery_id,
        "decision_id": alert.decision_id,
        "outcome": alert.outcome,
        "destination_country": alert.destination_country,
        "value": None if alert.value is None else f"{decimal_text(alert.value)} {alert.currency}",
        "measures": sorted({reason.measure for reason in alert.reasons})[:MEASURES],
    }
    return {
        "summary": alert.title[:SUMMARY_CHARACTERS],
        "source": alert.shipment_id or alert.license_id or "restriction tables",
        "severity": alert.severity.value,
        "timestamp": instant_text(delivery.created_at),
        "component": "tidegate",
        "class": alert.kind.value,
        "custom_details": {name: value for name, value in details.items() if value is not None},
    }
