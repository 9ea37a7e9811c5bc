"""Standard Webhooks 1.0: the alert's event as the body, signed by every secret in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

from tidegate.events.delivery import Delivery
from tidegate.notify.answer import TakenAlert
from tidegate.notify.channels.request import Request, RequestMaker
from tidegate.notify.endpoints import WebhookEndpoint

CONTENT_TYPE = "application/cloudevents+json"


def webhook_requests(endpoint: WebhookEndpoint) -> RequestMaker:
    """Return what makes an endpoint's requests.

    The body is the record of `trade.alerts`, byte for byte: a CloudEvent with `type`, `time` and
    `data`. `webhook-id` is the delivery's id, the same over retries; the timestamp is the try's.
    """
    signers = [Webhook(secret.get_secret_value()) for secret in endpoint.secrets]
    url = endpoint.url.get_secret_value()
    token = endpoint.bearer_token

    def make(delivery: Delivery, alerts: Sequence[TakenAlert], now: datetime) -> Request:
        (taken,) = alerts
        text = taken.value.decode()
        signatures = (signer.sign(delivery.delivery_id, now, text) for signer in signers)
        headers = {
            "content-type": CONTENT_TYPE,
            "webhook-id": delivery.delivery_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        if token is not None:
            headers["authorization"] = f"Bearer {token.get_secret_value()}"
        return Request(url, taken.value, headers)

    return make
