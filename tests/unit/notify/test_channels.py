"""What each kind of endpoint is told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.support.notifying import alert, record
from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.delivery import AlertPlace, Channel, Delivery
from tidegate.notify.answer import TakenAlert
from tidegate.notify.channels.alertmanager import alertmanager_requests
from tidegate.notify.channels.email import email_message
from tidegate.notify.channels.pagerduty import pagerduty_requests
from tidegate.notify.channels.slack import slack_requests
from tidegate.notify.endpoints import (
    AlertmanagerEndpoint,
    EmailEndpoint,
    PagerDutyEndpoint,
    SlackEndpoint,
)
from tidegate.notify.progress import digests, taken_up

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "https://hooks.slack.com/services/T/B/geheim")


def delivery(told: Alert, channel: Channel, due: datetime = NOW) -> Delivery:
    place = AlertPlace(alert_id=told.alert_id, partition=0, offset=7)
    return taken_up(told, place, "x", channel, NOW, NOW, due)


def taken(told: Alert) -> TakenAlert:
    value = record(told).value
    assert value is not None
    return TakenAlert(value)


def pagerduty(told: Alert) -> Any:
    endpoint = TypeAdapter(PagerDutyEndpoint).validate_python(
        {"type": "pagerduty", "routing_key": "env:KEY"}
    )
    request = pagerduty_requests(endpoint)(delivery(told, Channel.PAGERDUTY), [taken(told)], NOW)
    assert request.url == "https://events.pagerduty.com/v2/enqueue"
    return json.loads(request.body)


def test_a_hold_is_one_incident_that_its_end_resolves() -> None:
    started, changed, ended = (
        pagerduty(alert(7, kind, severity=severity))
        for kind, severity in (
            (AlertKind.HOLD_STARTED, Severity.CRITICAL),
            (AlertKind.HOLD_CHANGED, Severity.WARNING),
            (AlertKind.HOLD_ENDED, Severity.INFO),
        )
    )
    keys = {event["dedup_key"] for event in (started, changed, ended)}
    assert keys == {"tidegate/hold/SHP-7"}
    actions = [event["event_action"] for event in (started, changed, ended)]
    assert actions == ["trigger", "trigger", "resolve"]
    assert started["payload"]["severity"] == "critical"
    assert started["payload"]["source"] == "SHP-7"
    assert started["payload"]["custom_details"]["value"] == "48000 USD"
    assert "payload" not in ended
    review = pagerduty(alert(7, AlertKind.REVIEW_STARTED))
    assert review["dedup_key"] not in keys  # the end of a hold must not end a review


def test_pagerduty_takes_no_more_than_1024_characters_of_summary() -> None:
    event = pagerduty(alert(7, title="x" * 5000, text="y" * 100_000))
    assert len(event["payload"]["summary"]) == 1024
    assert len(json.dumps(event)) < 512 * 1024  # its limit


def alertmanager(told: Alert) -> Any:
    endpoint = TypeAdapter(AlertmanagerEndpoint).validate_python(
        {"type": "alertmanager", "url": "https://am.example.com/", "labels": {"team": "trade"}}
    )
    request = alertmanager_requests(endpoint)(
        delivery(told, Channel.ALERTMANAGER), [taken(told)], NOW
    )
    assert request.url == "https://am.example.com/api/v2/alerts"
    (posted,) = json.loads(request.body)
    return posted


def test_alertmanager_gets_the_same_labels_for_a_hold_and_its_end() -> None:
    started = alertmanager(alert(7))
    ended = alertmanager(alert(7, AlertKind.HOLD_ENDED, severity=Severity.INFO))
    assert started["labels"] == ended["labels"]
    assert started["labels"]["team"] == "trade"
    assert started["endsAt"] == "2026-12-25T12:00:00.000Z"
    assert ended["endsAt"] == "2026-11-25T12:00:00.000Z"
    assert started["annotations"]["severity"] == "critical"


def slack(told: Alert) -> Any:
    endpoint = TypeAdapter(SlackEndpoint).validate_python({"type": "slack", "url": "env:KEY"})
    request = slack_requests(endpoint)(delivery(told, Channel.SLACK), [taken(told)], NOW)
    assert "geheim" in request.url
    assert "geheim" not in repr(request)
    return json.loads(request.body)


def test_a_party_s_name_is_no_markup_in_slack() -> None:
    message = slack(alert(7, title="<!channel> & Co", text="<https://evil.example|click>"))
    assert message["text"] == "&lt;!channel&gt; &amp; Co"
    assert "<" not in json.dumps(message)


def test_a_long_text_fits_into_a_block_of_slack() -> None:
    message = slack(alert(7, text="<" * 10_000))
    assert all(len(block["text"]["text"]) <= 3000 for block in message["blocks"][:2])


def mail() -> EmailEndpoint:
    return TypeAdapter(EmailEndpoint).validate_python(
        {
            "type": "email",
            "host": "mail.example.com",
            "sender": "tidegate@example.com",
            "to": ["a@example.com", "b@example.com"],
        }
    )


def test_a_title_cannot_add_a_header_to_a_mail() -> None:
    told = alert(7, title="held\r\nBcc: thief@example.com", text="三菱電機")
    message = email_message(mail(), delivery(told, Channel.EMAIL), [taken(told)], NOW)
    assert message["Bcc"] is None
    assert message["To"] == "a@example.com, b@example.com"
    assert "三菱電機" in message.get_content()
    assert message["Message-ID"].startswith(f"<{delivery(told, Channel.EMAIL).delivery_id}@")


def test_a_digest_tells_all_that_waited_oldest_first() -> None:
    alerts = [alert(number) for number in (1, 2, 3)]
    due = NOW + timedelta(hours=8)
    waiting = [delivery(told, Channel.EMAIL, due) for told in alerts]
    ((digest, *told),) = digests(reversed(waiting), due)
    assert [one.status for one in told] == ["digested"] * 3
    assert {one.digest for one in told} == {digest.delivery_id}
    assert digest.title == "3 alerts during quiet hours"
    by_id = {one.alert_id: taken(one) for one in alerts}
    places = [by_id[place.alert_id] for place in digest.alerts]
    text = email_message(mail(), digest, places, due).get_content()
    assert all(f"[critical] SHP-{number} hold_started" in text for number in (1, 2, 3))


def test_one_alert_alone_is_no_digest_and_a_hundred_and_one_are_two() -> None:
    waiting = [delivery(alert(n), Channel.SLACK, NOW + timedelta(1)) for n in range(101)]
    ((alone,),) = digests(waiting[:1], NOW)
    assert (alone.status, alone.delivery_id) == ("pending", waiting[0].delivery_id)
    groups = list(digests(waiting, NOW))
    assert [len(group) for group in groups] == [101, 1]
    again = list(digests(waiting, NOW))
    assert groups == again  # made twice, it has the same id
