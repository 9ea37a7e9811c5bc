"""The steps of a delivery."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.notifying import alert
from tidegate.events.delivery import (
    AlertPlace,
    Attempt,
    AttemptResult,
    Channel,
    Delivery,
    DeliveryStatus,
)
from tidegate.notify.answer import Answer
from tidegate.notify.progress import after, given_up, sent_again, taken_up

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
WAITS = (10.0, 100.0)
PLACE = AlertPlace(alert_id=alert(1).alert_id, partition=3, offset=9)


def new(channel: Channel = Channel.WEBHOOK, due: datetime = NOW) -> Delivery:
    return taken_up(alert(1), PLACE, "erp", channel, NOW, NOW, due)


def tried(delivery: Delivery, answer: Answer) -> Delivery:
    attempt = Attempt(at=NOW, seconds=1.0, result=answer.result, code=answer.code)
    return after(delivery, attempt, answer, WAITS, lambda: 0.5)


REFUSED = Answer(AttemptResult.REFUSED, 500)


def test_a_delivery_s_id_is_of_its_endpoint_and_alert_alone() -> None:
    later = NOW + timedelta(days=1)
    other_time = taken_up(alert(1), PLACE, "erp", Channel.SLACK, later, later, later)
    assert other_time.delivery_id == new().delivery_id
    other = taken_up(alert(1), PLACE, "desk", Channel.WEBHOOK, NOW, NOW, NOW)
    assert other.delivery_id != new().delivery_id


def test_what_fails_is_tried_again_and_dead_after_the_last_try() -> None:
    first = tried(new(), REFUSED)
    assert (first.status, first.attempts) == (DeliveryStatus.PENDING, 1)
    assert first.due_at == NOW + timedelta(seconds=11)  # the try took a second
    second = tried(first, REFUSED)
    assert second.due_at == NOW + timedelta(seconds=101)
    third = tried(second, REFUSED)
    assert (third.status, third.attempts, third.due_at) == (DeliveryStatus.DEAD, 3, None)
    assert third.last is not None
    assert third.last.code == 500


def test_acceptance_ends_it_and_gone_as_well() -> None:
    accepted = tried(tried(new(), REFUSED), Answer(AttemptResult.ACCEPTED, 200))
    assert (accepted.status, accepted.attempts) == (DeliveryStatus.DELIVERED, 2)
    gone = tried(new(), Answer(AttemptResult.REFUSED, 410, gone=True))
    assert gone.status is DeliveryStatus.DEAD


@pytest.mark.parametrize(
    ("channel", "status"),
    [
        (Channel.SLACK, DeliveryStatus.WAITING),
        (Channel.EMAIL, DeliveryStatus.WAITING),
        (Channel.WEBHOOK, DeliveryStatus.PENDING),
        (Channel.PAGERDUTY, DeliveryStatus.PENDING),
        (Channel.ALERTMANAGER, DeliveryStatus.PENDING),
    ],
)
def test_in_quiet_hours_people_wait_for_a_digest_and_programs_for_the_time(
    channel: Channel, status: DeliveryStatus
) -> None:
    morning = NOW + timedelta(hours=8)
    waiting = new(channel, morning)
    assert (waiting.status, waiting.due_at, waiting.started_at) == (status, morning, morning)
    assert new(channel).status is DeliveryStatus.PENDING


def test_sent_again_a_finished_delivery_begins_anew_under_its_id() -> None:
    later = NOW + timedelta(days=400)
    dead = given_up(tried(new(), REFUSED), "the endpoint has not answered")
    again = sent_again(dead, None, "analyst", later)
    assert again.delivery_id == dead.delivery_id
    assert (again.status, again.attempts, again.problem) == (DeliveryStatus.PENDING, 0, None)
    assert (again.started_at, again.due_at, again.asked_by) == (later, later, "analyst")


def test_sent_again_an_open_delivery_only_goes_at_once() -> None:
    later = NOW + timedelta(hours=1)
    seen = new()
    current = tried(seen, REFUSED)
    again = sent_again(seen, current, "analyst", later)
    assert (again.attempts, again.started_at) == (1, current.started_at)
    assert again.due_at == later
