"""What becomes of a delivery: the steps it can take. Pure; time and chance are arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from tidegate.events.alert import Alert, Severity
from tidegate.events.codec import derived_id
from tidegate.events.delivery import (
    AlertPlace,
    Attempt,
    AttemptResult,
    Channel,
    Delivery,
    DeliveryStatus,
)
from tidegate.notify.answer import Answer
from tidegate.notify.schedule import Chance, wait_seconds

DIGESTED_MOST = 100
"""Alerts in one digest; more of them make several."""
DIGESTING = frozenset({Channel.SLACK, Channel.EMAIL})
"""Channels to people. A program gets each alert by itself, also after quiet hours."""


def taken_up(
    alert: Alert,
    place: AlertPlace,
    endpoint: str,
    channel: Channel,
    written_at: datetime,
    now: datetime,
    due: datetime,
) -> Delivery:
    """Return the delivery of an alert to one endpoint, not tried yet."""
    waits = due > now and channel in DIGESTING
    return Delivery(
        delivery_id=derived_id("delivery", endpoint, alert.alert_id),
        endpoint=endpoint,
        channel=channel,
        status=DeliveryStatus.WAITING if waits else DeliveryStatus.PENDING,
        alerts=(place,),
        kind=alert.kind,
        title=alert.title,
        severity=alert.severity,
        shipment_id=alert.shipment_id,
        license_id=alert.license_id,
        created_at=written_at,
        started_at=due,
        due_at=due,
    )


def after(
    delivery: Delivery, attempt: Attempt, answer: Answer, waits: Sequence[float], chance: Chance
) -> Delivery:
    """Return the delivery after one try."""
    tried = {"attempts": delivery.attempts + 1, "last": attempt, "due_at": None, "problem": None}
    if answer.result is AttemptResult.ACCEPTED:
        return delivery.model_copy(update={**tried, "status": DeliveryStatus.DELIVERED})
    wait = wait_seconds(delivery.attempts + 1, waits, answer.retry_after_seconds, chance)
    if wait is None or answer.gone:
        return delivery.model_copy(update={**tried, "status": DeliveryStatus.DEAD})
    ended = attempt.at + timedelta(seconds=attempt.seconds)
    return delivery.model_copy(update={**tried, "due_at": ended + timedelta(seconds=wait)})


def given_up(delivery: Delivery, problem: str) -> Delivery:
    """Return a delivery that is not tried any more, for a reason that is not a try's."""
    return delivery.model_copy(
        update={"status": DeliveryStatus.DEAD, "due_at": None, "problem": problem}
    )


def sent_again(delivery: Delivery, current: Delivery | None, by: str, now: datetime) -> Delivery:
    """Return a delivery that somebody wants sent again.

    Args:
        delivery: As it was last seen by whoever asks.
        current: As it is, while it is open: its tries go on counting, and the next is now.
        by: Who asks.
        now: When it is taken up.
    """
    if current is not None:
        change = {"status": DeliveryStatus.PENDING, "due_at": now, "asked_by": by}
        return current.model_copy(update=change)
    return delivery.model_copy(
        update={
            "status": DeliveryStatus.PENDING,
            "started_at": now,
            "due_at": now,
            "attempts": 0,
            "problem": None,
            "digest": None,
            "asked_by": by,
        }
    )


def digests(waiting: Iterable[Delivery], now: datetime) -> Iterator[list[Delivery]]:
    """Yield, for each digest, its own delivery and then those that it tells, changed.

    All are of one endpoint. One alert alone is told as itself.
    """
    by_time = sorted(waiting, key=lambda delivery: (delivery.created_at, delivery.delivery_id))
    for start in range(0, len(by_time), DIGESTED_MOST):
        group = by_time[start : start + DIGESTED_MOST]
        if len(group) == 1:
            yield [group[0].model_copy(update={"status": DeliveryStatus.PENDING, "due_at": now})]
            continue
        digest = _digest(group, now)
        told = {
            "status": DeliveryStatus.DIGESTED,
            "due_at": None,
            "digest": digest.delivery_id,
        }
        yield [digest, *(delivery.model_copy(update=told) for delivery in group)]


def _digest(group: Sequence[Delivery], now: datetime) -> Delivery:
    severities = list(Severity)
    return Delivery(
        delivery_id=derived_id("digest", *(delivery.delivery_id for delivery in group)),
        endpoint=group[0].endpoint,
        channel=group[0].channel,
        status=DeliveryStatus.PENDING,
        alerts=tuple(place for delivery in group for place in delivery.alerts),
        title=f"{len(group)} alerts during quiet hours",
        severity=min((delivery.severity for delivery in group), key=severities.index),
        created_at=now,
        started_at=now,
        due_at=now,
    )
