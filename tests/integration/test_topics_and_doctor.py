"""Topics and doctor on a real broker."""

import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from tests.support.kafka import KafkaBroker
from tidegate.agents.deployment import runtime_config
from tidegate.agents.table_publisher import publish
from tidegate.measures.loader import load
from tidegate.ops.doctor.check import Check, Status
from tidegate.ops.doctor.examine import examine
from tidegate.ops.packs import read_packs
from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import admin_client, create_topics
from tidegate.ops.topics import topology

LATER = ("rights", "topics", "published", "partitioner", "clock")


@pytest.fixture
def settings(kafka: KafkaBroker, topic_prefix: str) -> Settings:
    return Settings(
        kafka_bootstrap_servers=kafka.bootstrap, topic_prefix=topic_prefix, partitions=3
    )


async def by_name(settings: Settings) -> dict[str, Check]:
    return {check.name: check for check in (await examine(settings)).checks}


async def test_topics_are_made_once_and_then_left(settings: Settings) -> None:
    specs = topology(settings)
    async with admin_client(settings) as client:
        first = await create_topics(client, specs)
        assert first.good
        assert set(first.created) == {spec.name for spec in specs}
        second = await create_topics(client, specs)
        assert second.good
        assert second.created == ()
        found = {t["topic"]: t for t in await client.describe_topics([s.name for s in specs])}
    for spec in specs:
        assert len(found[spec.name]["partitions"]) == spec.partitions


async def test_a_topic_that_is_otherwise_is_told_and_left(settings: Settings) -> None:
    name = f"{settings.topic_prefix}trade.shipments"
    async with admin_client(settings) as client:
        await client.create_topics([NewTopic(name, 2, 1, topic_configs={"retention.ms": "1000"})])
        report = await create_topics(client, topology(settings))
    differing = {difference.what: difference for difference in report.differences}
    assert differing["partitions"].found == "2"
    assert differing["retention.ms"].found == "1000"
    assert {difference.topic for difference in report.differences} == {name}
    check = (await by_name(settings))["topics"]
    assert check.status is Status.BAD
    assert name in check.found


async def test_the_doctor_tells_what_is_missing_and_then_that_all_is_well(
    settings: Settings,
) -> None:
    before = await by_name(settings)
    assert before["kafka"].status is Status.GOOD
    assert before["topics"].status is Status.BAD
    async with admin_client(settings) as client:
        await create_topics(client, topology(settings))
    after = await by_name(settings)
    for name in ("kafka", "topics", "partitioner", "clock"):
        assert after[name].status is Status.GOOD, after[name]


async def test_the_doctor_tells_which_tables_were_published(
    settings: Settings, tmp_path: Path
) -> None:
    async with admin_client(settings) as client:
        await create_topics(client, topology(settings))
    before = (await by_name(settings))["published"]
    assert before.status is Status.BAD
    assert "tidegate measures publish" in before.advice
    files = read_packs(settings.packs_dir)
    version = load(files).version
    await publish(runtime_config(settings), files, version, datetime.now(UTC))
    after = (await by_name(settings))["published"]
    assert after.status is Status.GOOD
    assert version in after.found
    other = settings.model_copy(update={"packs_dir": tmp_path})
    assert (await by_name(other))["published"].status is Status.WARNING


async def test_the_doctor_names_the_setting_of_a_producer_with_another_partitioner(
    settings: Settings,
) -> None:
    async with admin_client(settings) as client:
        await create_topics(client, topology(settings))
    topic = f"{settings.topic_prefix}trade.shipments"
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    try:
        for number in range(60):
            key = f"SHP-{number}".encode()
            await producer.send_and_wait(topic, b"{}", key=key, partition=zlib.crc32(key) % 3)
    finally:
        await producer.stop()
    check = (await by_name(settings))["partitioner"]
    assert check.status is Status.WARNING
    assert topic in check.found
    assert "partitioner=murmur2_random" in check.advice


async def test_a_broker_that_cannot_be_reached_is_told_and_the_rest_is_skipped(
    tmp_path: Path,
) -> None:
    found = await by_name(Settings(kafka_bootstrap_servers="127.0.0.1:1"))
    assert found["kafka"].status is Status.BAD
    assert "TIDEGATE_KAFKA_BOOTSTRAP_SERVERS" in found["kafka"].advice
    assert {found[name].status for name in LATER} == {Status.SKIPPED}
