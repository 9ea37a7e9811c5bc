"""Try endpoints out with a message that does no harm."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.codec import ALERT_TYPE, encode
from tidegate.events.delivery import AlertPlace, AttemptResult
from tidegate.notify.answer import Answer, TakenAlert
from tidegate.notify.config import NotifierConfig
from tidegate.notify.progress import taken_up
from tidegate.notify.senders import sender_for

SUBJECT = "TIDEGATE-TEST"


@dataclass(frozen=True, slots=True)
class Trial:
    """How one endpoint answered."""

    endpoint: str
    answer: Answer
    seconds: float

    @property
    def accepted(self) -> bool:
        """Whether it took the message."""
        return self.answer.result is AttemptResult.ACCEPTED


async def try_out(config: NotifierConfig, names: Sequence[str]) -> list[Trial]:
    """Send each of these endpoints one message, all at once.

    Raises:
        WrongSettings: an endpoint's certificate file cannot be used.
    """
    return list(await asyncio.gather(*(_try(config, name) for name in names)))


async def _try(config: NotifierConfig, name: str) -> Trial:
    endpoint, now = config.endpoints[name], datetime.now(UTC)
    alert = Alert(
        alert_id=str(uuid.uuid4()),
        kind=AlertKind.HOLD_ENDED,
        shipment_id=SUBJECT,
        title=f"Test message of Tidegate for {name}: nothing has happened",
        text="Somebody ran `tidegate deliveries test`.",
        severity=Severity.INFO,
    )
    value = encode(
        ALERT_TYPE, alert, id_=alert.alert_id, source="/tidegate", subject=SUBJECT, time=now
    )
    place = AlertPlace(alert_id=alert.alert_id, partition=0, offset=0)
    delivery = taken_up(alert, place, name, endpoint.type, now, now, now)
    sender = sender_for(name, endpoint)
    began = time.monotonic()
    try:
        answer = await sender.send(delivery, [TakenAlert(value)])
    finally:
        await sender.close()
    return Trial(name, answer, round(time.monotonic() - began, 3))
