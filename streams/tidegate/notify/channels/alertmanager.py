"""Alertmanager API v2: an alert for each hold, with an end when the hold ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic_core import to_json

from tidegate.events.alert import Alert, AlertKind
from tidegate.events.delivery import Delivery
from tidegate.events.values import instant_text
from tidegate.notify.answer import TakenAlert
from tidegate.notify.channels.pagerduty import HOLDS
from tidegate.notify.channels.request import Request, RequestMaker
from tidegate.notify.channels.words import value_words
from tidegate.notify.endpoints import AlertmanagerEndpoint

PATH = "/api/v2/alerts"
NOTICE_HOURS = 24
"""How long what has no end of its own (a review, a license, a table) is shown."""


def alertmanager_requests(endpoint: AlertmanagerEndpoint) -> RequestMaker:
    """Return what makes an endpoint's requests.

    Alertmanager ends what it is not told again within minutes, so the end is stated: far away
    for a hold, now for a hold that ended. The two are one alert by their labels, so only what
    stays the same is a label; severity and the like are annotations.
    """
    url = endpoint.url.get_secret_value().rstrip("/") + PATH
    hold = timedelta(hours=endpoint.hold_hours)
    headers = {"content-type": "application/json"}
    if endpoint.bearer_token is not None:
        headers["authorization"] = f"Bearer {endpoint.bearer_token.get_secret_value()}"

    def make(delivery: Delivery, alerts: Sequence[TakenAlert], _now: datetime) -> Request:
        (taken,) = alerts
        alert, began = taken.alert, delivery.created_at
        if alert.kind is AlertKind.HOLD_ENDED:
            end = began
        elif alert.kind in HOLDS:
            end = began + hold
        else:
            end = began + timedelta(hours=NOTICE_HOURS)
        annotations = {
            "summary": alert.title,
            "description": alert.text,
            "severity": alert.severity.value,
            "outcome": alert.outcome.value if alert.outcome is not None else "",
            "value": value_words(alert),
            "delivery_id": delivery.delivery_id,
        }
        body = {
            "labels": {**endpoint.labels, **_labels(alert)},
            "annotations": {name: value for name, value in annotations.items() if value},
            "startsAt": instant_text(began),
            "endsAt": instant_text(end),
        }
        return Request(url, to_json([body]), headers)

    return make


def _labels(alert: Alert) -> dict[str, str]:
    if alert.kind in HOLDS:
        return {"alertname": "TidegateHold", "shipment_id": str(alert.shipment_id)}
    if alert.kind is AlertKind.REVIEW_STARTED:
        return {"alertname": "TidegateReview", "shipment_id": str(alert.shipment_id)}
    if alert.license_id is not None:
        return {"alertname": "TidegateLicense", "license_id": alert.license_id}
    return {"alertname": "TidegateTables", "alert_id": alert.alert_id}
