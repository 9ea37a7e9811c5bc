"""Upgrade and rollback: state that another version wrote is refused by name, and how to go on."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from tests.support.deployment import Deployment, WorkerProcess
from tests.support.kafka import KafkaBroker
from tests.support.load import send_traffic, traffic
from tests.support.topics import CHANGELOGS, Topics
from tidegate.runtime.exits import Exit
from tidegate.runtime.spec import META_KEY

EVENTS = 60
SECONDS = 60.0
MADE_FROM_INPUTS = (*CHANGELOGS, "tidegate.claims", "tidegate.verdicts")


@pytest.fixture
def small(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, tables_cache: Path) -> Deployment:
    made = Deployment(kafka.bootstrap, topic_prefix, tmp_path, tables_cache, partitions=2)
    made.prepare()
    return made


async def followed(deployment: Deployment) -> Topics:
    """Read all topics, once the workers have nothing left to do."""
    settings = deployment.settings
    bootstrap, prefix = settings.kafka_bootstrap_servers, settings.topic_prefix
    async with Topics(bootstrap, prefix, settings.partitions) as topics:
        await topics.settled(SECONDS)
        return topics


def in_force(topics: Topics) -> dict[str, tuple[Any, ...]]:
    """Return each shipment's decision in force, without what hangs on when it was made."""
    found = {}
    for record in topics.all_of("trade.decisions"):
        data = json.loads(record.value)["data"]
        reasons = sorted((reason["measure"], reason["outcome"]) for reason in data["reasons"])
        found[data["shipment_id"]] = data["revision"], data["outcome"], data["action"], reasons
    return found


async def renumber(deployment: Deployment, topics: Topics, number: int) -> None:
    """Let the changelogs look as if another version had written the last transactions."""
    settings = deployment.settings
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    for (topic, partition), state in topics.state.items():
        if META_KEY in state:
            meta = json.loads(state[META_KEY]) | {"format": number}
            value = json.dumps(meta).encode()
            name = settings.topic_prefix + topic
            await producer.send_and_wait(name, value, META_KEY.encode(), partition)
    await producer.stop()


def refused(deployment: Deployment) -> str:
    """Start a worker that must end at once, and return its log."""
    worker = WorkerProcess(deployment, "refused")
    worker.start()
    try:
        assert worker.wait(SECONDS) == Exit.WRONG_USE, worker.tail()
    finally:
        worker.kill()
    return worker.tail()


def doctored(deployment: Deployment) -> dict[str, str]:
    """Return the doctor's word on the state; it must be a bad one."""
    checks = deployment.json("doctor", expected=1)["checks"]
    (check,) = (check for check in checks if check["name"] == "state format")
    assert check["status"] == "bad"
    return dict(check)


async def test_state_of_a_later_version_is_refused_and_that_version_goes_on(
    small: Deployment,
) -> None:
    with small.workers("w1") as (worker,):
        await send_traffic(small.settings, traffic(small.settings), EVENTS)
        before = await followed(small)
        assert worker.stop() == 0
    await renumber(small, before, 2)
    log = refused(small)
    assert "a later version of Tidegate wrote its state: format 2, this one knows 1" in log
    assert "docs/how-to/upgrade.md" in log
    assert "format 2" in doctored(small)["found"]
    # The other direction: the version that wrote it finds all as it was.
    await renumber(small, before, 1)
    with small.workers("w1"):
        await send_traffic(small.settings, traffic(small.settings, seed=2), 1)
        after = await followed(small)
    assert in_force(before).items() <= in_force(after).items()
    assert after.count("trade.decisions") <= before.count("trade.decisions") + 1


async def test_state_of_an_earlier_version_is_refused_and_rebuilt_from_the_inputs(
    small: Deployment,
) -> None:
    with small.workers("w1") as (worker,):
        await send_traffic(small.settings, traffic(small.settings), EVENTS)
        before = await followed(small)
        assert worker.stop() == 0
    await renumber(small, before, 0)
    assert "an earlier version of Tidegate wrote its state: format 0" in refused(small)
    assert "rebuild" in doctored(small)["advice"]
    settings = small.settings
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    await admin.start()
    gone = [settings.topic_prefix + topic for topic in MADE_FROM_INPUTS]
    await admin.delete_topics(gone)
    while set(gone) & set(await admin.list_topics()):  # noqa: ASYNC110 - the broker's doing
        await asyncio.sleep(0.05)
    await admin.close()
    small.command("topics", "create")
    with small.workers("w1"):
        after = await followed(small)
    assert in_force(after) == in_force(before)
