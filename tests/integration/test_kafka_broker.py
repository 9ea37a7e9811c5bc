"""The tests' own broker: what it accepted survives stop, kill and a frozen while."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.support.kafka import KafkaBroker


async def create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def write(bootstrap: str, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, transactional_id=topic, max_request_size=16 * 1024 * 1024
    )
    await producer.start()
    try:
        async with producer.transaction():
            await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """Read until `count` records are there: the broker ends a transaction after it said so."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        max_partition_fetch_bytes=16 * 1024 * 1024,
    )
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        values: list[bytes] = []
        async with asyncio.timeout(20):
            while len(values) < count:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    values += [record.value or b"" for record in records]
        return values
    finally:
        await consumer.stop()


@pytest.fixture
def own_kafka(tmp_path: Path, kafka: KafkaBroker) -> KafkaBroker:
    """A broker that a test may break; asks for `kafka` so that a missing part skips both."""
    return KafkaBroker(tmp_path / "own")


@pytest.mark.parametrize("end", [KafkaBroker.stop, KafkaBroker.kill])
async def test_a_committed_record_survives_the_end_of_the_broker(
    own_kafka: KafkaBroker, end: Callable[[KafkaBroker], None]
) -> None:
    with own_kafka as broker:
        bootstrap = broker.bootstrap
        await create(bootstrap, "kept")
        await write(bootstrap, "kept", b"one")
        end(broker)
        broker.restart()
        assert broker.bootstrap == bootstrap
        await write(bootstrap, "kept", b"two")
        assert await read(bootstrap, "kept", 2) == [b"one", b"two"]


async def test_a_frozen_broker_goes_on(kafka: KafkaBroker, topic_prefix: str) -> None:
    await create(kafka.bootstrap, topic_prefix + "frozen")
    kafka.freeze()
    kafka.thaw()
    await write(kafka.bootstrap, topic_prefix + "frozen", b"one")
    assert await read(kafka.bootstrap, topic_prefix + "frozen", 1) == [b"one"]


async def test_a_large_record_fits_where_the_topic_allows_it(
    kafka: KafkaBroker, topic_prefix: str
) -> None:
    large = bytes(8_000_000)
    await create(kafka.bootstrap, topic_prefix + "large")
    await write(kafka.bootstrap, topic_prefix + "large", large)
    assert await read(kafka.bootstrap, topic_prefix + "large", 1) == [large]
