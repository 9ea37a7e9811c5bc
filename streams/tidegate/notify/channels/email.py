"""E-mail: a message with an id that stays the same over retries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tidegate.events.delivery import Delivery
from tidegate.notify.answer import TakenAlert
from tidegate.notify.channels.words import digest_lines, value_words
from tidegate.notify.endpoints import EmailEndpoint

SUBJECT_CHARACTERS = 200
_LINE_ENDS = re.compile(r"[\r\n\x00-\x1f]+")


def email_message(
    endpoint: EmailEndpoint, delivery: Delivery, alerts: Sequence[TakenAlert], now: datetime
) -> EmailMessage:
    """Return the message. `Message-ID` is the delivery's id, by which a mailbox drops a copy."""
    domain = endpoint.sender.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    message["From"] = endpoint.sender
    message["To"] = ", ".join(endpoint.to)
    # A title holds names from outside; a line end in it would begin another header.
    message["Subject"] = _LINE_ENDS.sub(" ", delivery.title)[:SUBJECT_CHARACTERS]
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{delivery.delivery_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if delivery.kind is None:
        lines = [*digest_lines(taken.alert for taken in alerts)]
    else:
        (taken,) = alerts
        lines = [taken.alert.text, value_words(taken.alert)]
        if taken.alert.decision_id is not None:
            lines.append(f"Decision: {taken.alert.decision_id}")
    message.set_content("\n".join(filter(None, lines)) + f"\n\nDelivery {delivery.delivery_id}\n")
    return message
