"""The notifier as a process on a real Kafka, delivering to receivers on loopback."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from tests.support.deployment import Deployment
from tests.support.kafka import KafkaBroker
from tests.support.notifying import (
    SECRET,
    alert,
    deliveries,
    notifiers,
    tell,
    webhook,
    write_config,
)
from tests.support.receivers import Receivers, until
from tidegate.events.alert import AlertKind, Severity
from tidegate.events.codec import derived_id
from tidegate.events.delivery import AttemptResult, Delivery, DeliveryStatus

SOON = 90.0  # seconds, on a machine that does much else


@pytest.fixture
def world() -> Iterator[Receivers]:
    with Receivers() as receivers:
        yield receivers


@pytest.fixture
def place(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deployment:
    monkeypatch.setenv("TEST_WEBHOOK_SECRET", SECRET)
    made = Deployment(
        kafka.bootstrap,
        topic_prefix,
        tmp_path,
        tmp_path,
        notifier_config=tmp_path / "notifier.toml",
        session_timeout_seconds=6,
    )
    made.command("topics", "create")
    return made


def delivery_id(endpoint: str, number: int, kind: AlertKind = AlertKind.HOLD_STARTED) -> str:
    return derived_id("delivery", endpoint, alert(number, kind).alert_id)


def last(deployment: Deployment) -> dict[str, Delivery]:
    return {name: states[-1] for name, states in deliveries(deployment).items()}


def all_are(deployment: Deployment, status: DeliveryStatus, count: int) -> Callable[[], bool]:
    """Return a condition: so many deliveries there are, and all are so."""

    def met() -> bool:
        statuses = [delivery.status for delivery in last(deployment).values()]
        return len(statuses) == count and set(statuses) == {status}

    return met


def test_one_dead_and_one_hanging_endpoint_delay_nobody_and_end_as_dead_letters(
    place: Deployment, world: Receivers
) -> None:
    good, dead, hanging = world.add("ok"), world.add("refuse"), world.add("hang")
    alone = {"good": webhook(good)}
    together = {**alone, "dead": webhook(dead), "hanging": webhook(hanging)}
    slowest = []
    with notifiers(place, "n1") as (notifier,):
        for number, endpoints in enumerate((alone, together)):
            write_config(place.folder, endpoints)
            notifier.start()
            notifier.await_ready()
            good.received.clear()
            for one in range(20):
                told_at = time.monotonic()
                tell(place, [alert(number * 100 + one)])
                until(lambda: len(good.received) > one, SOON, "it arrives")  # noqa: B023
                slowest.append((number, good.received[one].at - told_at))
            if number == 0:
                assert notifier.stop() == 0
        until(
            lambda: sum(one.status is DeliveryStatus.DEAD for one in last(place).values()) == 40,
            SOON,
            "what cannot be delivered is given up",
        )
        metrics = notifier.metrics()
        assert notifier.stop() == 0
    # The median: this machine may hold up a single one for any reason.
    before, after = (sorted(s for n, s in slowest if n == number)[10] for number in (0, 1))
    assert after < before + 1.0
    assert {request.path for request in good.received} == {"/hook"}
    for request in good.received:
        event = Webhook(SECRET).verify(request.body, request.headers)
        assert event["type"] == "trade.alert.v1"
    states = deliveries(place)
    refused = states[delivery_id("dead", 100)]
    assert refused[0].attempts == 0  # on record before anything was sent
    problem = refused[-1].problem or ""
    tried = refused[-1].last
    assert "has not answered" in problem or (tried and tried.result is AttemptResult.UNREACHABLE)
    assert (
        metrics['tidegate_deliveries_total{endpoint="good",kind="webhook",result="delivered"}']
        == 20
    )
    assert metrics['tidegate_deliveries_total{endpoint="dead",kind="webhook",result="dead"}'] == 20
    assert metrics['tidegate_deliveries_open{endpoint="hanging",kind="webhook"}'] == 0
    assert metrics["tidegate_notifier_active"] == 1


def test_what_is_dead_is_listed_sent_again_and_keeps_its_id(
    place: Deployment, world: Receivers
) -> None:
    receiver = world.add("500")
    write_config(place.folder, {"erp": webhook(receiver)})
    with notifiers(place, "n1") as (notifier,):
        notifier.start()
        tell(place, [alert(number) for number in range(3)])
        until(all_are(place, DeliveryStatus.DEAD, 3), SOON, "all are given up")
        shown = place.json("deliveries", "list", "--status", "dead")
        assert {one["delivery_id"] for one in shown["deliveries"]} == {
            delivery_id("erp", number) for number in range(3)
        }
        assert "500" in place.command("deliveries", "list")
        receiver.mode = "ok"
        one = delivery_id("erp", 1)
        assert place.json("deliveries", "replay", one, "--by", "analyst")["replayed"] == [one]
        until(lambda: receiver.ids.keys() == {one}, SOON, "that one arrives")
        place.command("deliveries", "replay", "--dead", "--endpoint", "erp")
        until(all_are(place, DeliveryStatus.DELIVERED, 3), SOON, "the others arrive")
        assert last(place)[one].asked_by == "analyst"
        assert notifier.stop() == 0
    assert set(receiver.ids.values()) == {1}
    place.command("deliveries", "replay", "no-such-id", expected=2)


def test_an_endpoint_that_is_gone_is_left_alone_until_somebody_enables_it(
    place: Deployment, world: Receivers
) -> None:
    receiver = world.add("410")
    write_config(place.folder, {"erp": webhook(receiver, concurrency=1)})
    with notifiers(place, "n1") as (notifier,):
        notifier.start()
        tell(place, [alert(number) for number in range(5)])
        until(all_are(place, DeliveryStatus.DEAD, 5), SOON, "all are given up at once")
        assert len(receiver.received) == 1
        assert notifier.stop() == 0
        receiver.mode = "ok"
        notifier.start()  # it is known after a restart
        tell(place, [alert(9)])
        until(all_are(place, DeliveryStatus.DEAD, 6), SOON, "the next one as well")
        assert "410" in (last(place)[delivery_id("erp", 9)].problem or "")
        assert [one["endpoint"] for one in place.json("deliveries", "list")["disabled"]] == ["erp"]
        place.command("deliveries", "enable", "erp")
        until(
            lambda: (
                notifier.metrics()['tidegate_endpoint_disabled{endpoint="erp",kind="webhook"}'] == 0
            ),
            SOON,
            "it is enabled",
        )
        tell(place, [alert(10)])
        until(lambda: delivery_id("erp", 10) in receiver.ids, SOON, "it is delivered to again")
        assert notifier.stop() == 0
    assert len(receiver.received) == 2


def test_the_end_of_a_hold_is_told_after_its_beginning_also_where_that_failed_first(
    place: Deployment, world: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_PD_KEY", "geheim")
    receiver = world.add("503")
    described = webhook(
        receiver, type="pagerduty", routing_key="env:TEST_PD_KEY", retry_seconds=[0.3] * 50
    )
    del described["secrets"]
    write_config(place.folder, {"duty": described})
    kinds = (AlertKind.HOLD_STARTED, AlertKind.HOLD_CHANGED, AlertKind.HOLD_ENDED)
    with notifiers(place, "n1") as (notifier,):
        notifier.start()
        notifier.await_ready()
        tell(place, [alert(number, kind) for kind in kinds for number in range(4)])
        until(lambda: len(receiver.received) >= 4, SOON, "it is tried")
        receiver.received.clear()
        receiver.mode = "202"
        until(all_are(place, DeliveryStatus.DELIVERED, 12), SOON, "all arrive")
        assert notifier.stop() == 0
        assert not notifier.logged("geheim")
    by_key: dict[str, list[str]] = {}
    for request in receiver.received:
        event = request.json()
        by_key.setdefault(event["dedup_key"], []).append(event["event_action"])
    in_order = ["trigger", "trigger", "resolve"]
    assert by_key == {f"tidegate/hold/SHP-{number}": in_order for number in range(4)}


def test_what_is_not_urgent_waits_for_the_end_of_quiet_hours_and_is_told_in_one(
    place: Deployment, world: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = world.add("ok")
    monkeypatch.setenv("TEST_SLACK_URL", receiver.url)
    described = webhook(receiver, type="slack", url="env:TEST_SLACK_URL")
    del described["secrets"]
    with notifiers(place, "n0") as (notifier,):
        write_config(place.folder, {"desk": described})
        began = time.monotonic()
        notifier.start()
        notifier.await_ready()
        start_seconds = time.monotonic() - began
        assert notifier.stop() == 0
    morning = datetime.now(UTC) + timedelta(seconds=3 + 2 * start_seconds)
    quiet = {
        "from": (morning - timedelta(hours=1)).strftime("%H:%M:%S"),
        "to": morning.strftime("%H:%M:%S"),
        "zone": "UTC",
    }
    write_config(place.folder, {"desk": described}, [{"to": ["desk"], "quiet": quiet}])
    with notifiers(place, "n1") as (notifier,):
        notifier.start()
        tell(place, [alert(number, severity=Severity.WARNING) for number in range(3)])
        tell(place, [alert(9)])
        until(lambda: len(receiver.received) == 1, SOON, "the urgent one arrives")
        until(lambda: len(receiver.received) == 2, SOON, "the digest arrives")
        assert datetime.now(UTC) >= morning - timedelta(seconds=1)
        until(lambda: not any(one.status.open for one in last(place).values()), SOON, "all ended")
        assert notifier.stop() == 0
    urgent, digest = receiver.received
    assert "SHP-9" in urgent.json()["text"]
    assert digest.json()["text"] == "3 alerts during quiet hours"
    found = last(place).values()
    assert sorted(one.status for one in found) == ["delivered", "delivered"] + ["digested"] * 3


def test_a_second_notifier_stands_by_and_takes_over(place: Deployment, world: Receivers) -> None:
    receiver = world.add("ok")
    write_config(place.folder, {"erp": webhook(receiver)})
    active = "tidegate_notifier_active"
    with notifiers(place, "n1", "n2") as (first, second):
        first.start()
        first.await_ready()
        second.start()
        second.await_ready()
        tell(place, [alert(1)])
        until(all_are(place, DeliveryStatus.DELIVERED, 1), SOON, "one delivers")
        assert (first.metrics()[active], second.metrics()[active]) == (1, 0)
        first.kill()
        tell(place, [alert(2)])
        until(all_are(place, DeliveryStatus.DELIVERED, 2), SOON, "the other takes over")
        assert second.metrics()[active] == 1
        first.start()
        first.await_ready()
        assert first.metrics()[active] == 0  # who works goes on
        assert second.stop() == 0
        tell(place, [alert(3)])
        until(lambda: len(receiver.ids) == 3, SOON, "and back")
        assert first.stop() == 0
    assert set(receiver.ids.values()) == {1}


def test_endpoints_are_tried_out_before_they_are_used(place: Deployment, world: Receivers) -> None:
    good, dead = world.add("ok"), world.add("refuse")
    write_config(place.folder, {"good": webhook(good), "dead": webhook(dead)})
    answers = {one["endpoint"]: one for one in place.json("deliveries", "test", expected=1)}
    assert (answers["good"]["accepted"], answers["good"]["code"]) == (True, 200)
    assert answers["dead"]["result"] == "unreachable"
    event = Webhook(SECRET).verify(good.received[0].body, good.received[0].headers)
    assert event["data"]["kind"] == "hold_ended"  # opens no incident anywhere
    place.command("deliveries", "test", "nobody", expected=2)


def test_a_wrong_file_ends_the_notifier_with_the_line_and_no_secret(
    place: Deployment, world: Receivers
) -> None:
    write_config(place.folder, {"erp": webhook(world.add("ok"), secrets=[SECRET])})
    with notifiers(place, "n1") as (notifier,):
        notifier.start()
        until(lambda: not notifier.alive, SOON, "it ends")
        assert notifier.exit_code == 2
        assert notifier.logged("line 4: endpoints.erp.secrets[0]")
        assert not notifier.logged(SECRET)
