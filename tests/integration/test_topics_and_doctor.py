"""Topics and doctor on a real broker."""

import asyncio
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import NewTopic

from tests.support.kafka import KafkaBroker
from tidegate.agents.deployment import runtime_config
from tidegate.agents.table_publisher import publish
from tidegate.measures.loader import load
from tidegate.ops import broker_clock
from tidegate.ops.doctor.check import Check, Status
from tidegate.ops.doctor.clock import check_clock
from tidegate.ops.doctor.examine import examine
from tidegate.ops.doctor.group import check_group
from tidegate.ops.packs import read_packs
from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import admin_client, create_topics
from tidegate.ops.topics import topology

LATER = ("rights", "topics", "published", "events", "partitioner", "clock", "group")


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


async def test_the_doctor_names_an_event_type_that_nobody_here_reads(settings: Settings) -> None:
    async with admin_client(settings) as client:
        await create_topics(client, topology(settings))
    topic = f"{settings.topic_prefix}trade.shipments"
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
    await producer.start()
    try:
        newer = b'{"specversion": "1.0", "type": "trade.shipment.v2", "data": {}}'
        await producer.send_and_wait(topic, newer, key=b"SHP-1")
        await producer.send_and_wait(topic, b"{}", b"SHP-2", headers=[("ce_type", b"other")])
        await producer.send_and_wait(topic, b"no JSON", b"SHP-3")
    finally:
        await producer.stop()
    check = (await by_name(settings))["events"]
    assert check.status is Status.BAD
    assert f"{topic}: 1 records of type 'trade.shipment.v2'" in check.found
    assert "1 records of type 'other'" in check.found
    assert "dead letters" in check.advice


async def test_the_doctor_finds_another_app_in_the_same_group(settings: Settings) -> None:
    """Prefix `x.` and app `tidegate` make the group that no prefix and app `x.tidegate` make."""
    async with admin_client(settings) as client:
        await create_topics(client, topology(settings))
    async with admin_client(settings) as client:
        await client.create_topics([NewTopic("trade.orders", 1, 1)])
    stranger = AIOKafkaConsumer(
        "trade.orders",
        bootstrap_servers=settings.kafka_bootstrap_servers,
        group_id=f"{settings.topic_prefix}tidegate",
        client_id="stranger",
    )
    await stranger.start()
    try:
        check = (await by_name(settings))["group"]
    finally:
        await stranger.stop()
    assert check.status is Status.BAD
    assert "stranger at" in check.found
    assert "trade.orders" in check.found
    assert "TIDEGATE_APP_ID" in check.advice


async def test_the_doctor_sees_two_apps_take_an_id_from_each_other(settings: Settings) -> None:
    async with admin_client(settings) as client:
        await create_topics(client, topology(settings))

    over = asyncio.Event()

    async def take() -> None:
        while not over.is_set():
            one = AIOKafkaProducer(
                bootstrap_servers=settings.kafka_bootstrap_servers,
                transactional_id=f"{settings.topic_prefix}tidegate-screening-1",
            )
            await one.start()
            await one._txn_manager.wait_for_pid()
            await one.stop()
            await asyncio.sleep(0.2)

    taking = asyncio.create_task(take())
    try:
        check = await check_group(settings)
    finally:
        over.set()
        await taking
    assert check.status is Status.WARNING
    assert f"{settings.topic_prefix}tidegate-screening-1" in check.found
    assert "fence each other" in check.advice


async def test_the_doctor_tells_of_a_clock_that_is_ahead(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with admin_client(settings) as client:
        await create_topics(client, topology(settings))
    now = time.time
    monkeypatch.setattr(broker_clock.time, "time", lambda: now() + 3600)
    check = await check_clock(settings)
    assert check.status is Status.BAD
    assert "ahead of the broker" in check.found
    assert "NTP" in check.advice
