"""Slack incoming webhooks: the alert's title and text, or a digest's titles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic_core import to_json

from tidegate.events.alert import Severity
from tidegate.events.delivery import Delivery
from tidegate.notify.answer import TakenAlert
from tidegate.notify.channels.request import Request, RequestMaker
from tidegate.notify.channels.words import digest_lines, value_words
from tidegate.notify.endpoints import SlackEndpoint

SECTION_CHARACTERS = 2900  # Slack takes 3,000 in a block's text
_MARKS = {Severity.CRITICAL: ":rotating_light:", Severity.WARNING: ":warning:", Severity.INFO: ""}


def slack_requests(endpoint: SlackEndpoint) -> RequestMaker:
    """Return what makes an endpoint's requests.

    Slack drops no second copy by itself; the delivery's id stands in the message for people.
    """
    url = endpoint.url.get_secret_value()

    def make(delivery: Delivery, alerts: Sequence[TakenAlert], _now: datetime) -> Request:
        if delivery.kind is None:
            text = "\n".join(digest_lines(taken.alert for taken in alerts))
        else:
            (taken,) = alerts
            text = "\n".join(filter(None, (taken.alert.text, value_words(taken.alert))))
        title = f"{_MARKS[delivery.severity]} *{_escaped(delivery.title)}*".strip()
        blocks = [
            _section(title),
            _section(_escaped(text[:SECTION_CHARACTERS])[:SECTION_CHARACTERS]),
            {
                "type": "context",
                "elements": [{"type": "plain_text", "text": f"Delivery {delivery.delivery_id}"}],
            },
        ]
        body = to_json({"text": _escaped(delivery.title), "blocks": blocks})
        return Request(url, body, {"content-type": "application/json"})

    return make


def _section(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text or " "}}


def _escaped(text: str) -> str:
    """Escape what Slack would read as markup: a party's name may not mention a channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
