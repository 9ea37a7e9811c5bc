"""The notifier killed at each point of its work: no alert is lost, doubles carry the same id."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.outage import run
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
from tidegate.events.codec import derived_id
from tidegate.events.delivery import DeliveryStatus

ALERTS = int(os.environ.get("TIDEGATE_TEST_OUTAGE_ALERTS", "600"))
KILLS = int(os.environ.get("TIDEGATE_TEST_OUTAGE_KILLS", "2"))
SOON = 60.0
POINTS = (
    "fencing:1",  # the last notifier is fenced, nothing is read
    "begun:2",
    "partly_sent:2",  # the broker has records of a transaction that never ends
    "all_sent:2",  # and the positions as well
    "committing:2",
    "committed:2",  # on record, and nobody here knows: nothing is sent yet
    "sending:3",
    "accepted:3",  # the receiver has it, and that is not on record
    "sending:1:stop",  # a standstill past the session: another takes over, this one is fenced
)


@pytest.fixture
def world() -> Iterator[Receivers]:
    with Receivers() as receivers:
        yield receivers


@pytest.fixture
def place(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Deployment:
    monkeypatch.setenv("TEST_WEBHOOK_SECRET", SECRET)
    config = tmp_path / "notifier.toml"
    made = Deployment(kafka.bootstrap, topic_prefix, tmp_path, tmp_path, notifier_config=config)
    made.command("topics", "create")
    return made


def test_a_notifier_killed_at_any_point_loses_nothing(place: Deployment, world: Receivers) -> None:
    receiver = world.add("ok")
    write_config(place.folder, {"erp": webhook(receiver)})
    told = []
    with notifiers(place, "n1", "n2") as (first, second):
        for number, fault in enumerate(POINTS):
            alerts = [alert(number * 10 + one) for one in range(5)]
            told += alerts
            first.start(f"{fault}:kill" if fault.count(":") == 1 else fault)
            tell(place, alerts)
            if fault.endswith("stop"):
                until(lambda: first.frozen, SOON, fault)
            else:
                until(lambda: not first.alive, SOON, fault)
                assert first.exit_code == -9, first.tail()
            assert first.logged("fault:", number + 1), first.tail()
        second.start()
        wanted = {derived_id("delivery", "erp", one.alert_id) for one in told}
        until(lambda: wanted == receiver.ids.keys(), SOON, "all arrive")
        first.kill()
        assert second.stop() == 0
    states = deliveries(place)
    assert states.keys() == wanted
    assert {one[-1].status for one in states.values()} == {DeliveryStatus.DELIVERED}
    # Each point of a try left at most a few copies behind, each under its first id.
    assert receiver.ids.total() < 2 * len(wanted)


def test_two_dead_endpoints_and_kills_cost_nobody_an_alert(place: Deployment) -> None:
    found = run(place, ALERTS, KILLS, 300.0)
    assert found.good, found
