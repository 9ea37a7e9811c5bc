"""The notifier as a process on a real Kafka, delivering to receivers on loopback."""

from collections.abc import Iterator
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
from tidegate.events.delivery import DeliveryStatus

SOON = 20.0


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
    )
    made.command("topics", "create")
    return made


def test_an_alert_arrives_signed_and_one_dead_endpoint_delays_nobody(
    place: Deployment, world: Receivers
) -> None:
    good, dead, hanging = world.add("ok"), world.add("refuse"), world.add("hang")
    write_config(
        place.folder,
        {"good": webhook(good), "dead": webhook(dead), "hanging": webhook(hanging)},
    )
    with notifiers(place, "n1") as (notifier,):
        notifier.start()
        notifier.await_ready()
        tell(place, [alert(number) for number in range(50)])
        took = until(lambda: len(good.ids) == 50, SOON, "all arrive")
        assert took < 5.0, took
        for request in good.received:
            event = Webhook(SECRET).verify(request.body, request.headers)
            assert event["type"] == "trade.alert.v1"
        until(
            lambda: all(
                states[-1].status is DeliveryStatus.DEAD
                for states in deliveries(place).values()
                if states[-1].endpoint != "good"
            ),
            SOON,
            "the rest is given up",
        )
        assert notifier.stop() == 0
    found = deliveries(place)
    assert len(found) == 150
    by_endpoint = {
        name: [s for s in found.values() if s[0].endpoint == name]
        for name in ("good", "dead", "hanging")
    }
    assert {s[-1].status for s in by_endpoint["good"]} == {DeliveryStatus.DELIVERED}
    assert {s[-1].delivery_id for s in by_endpoint["good"]} == set(good.ids)
    print(notifier.tail())
