"""Find producers that put keys into other partitions than Kafka's own hash does.

Tidegate forwards such a record, so nothing is lost; but it costs a second pass, and two revisions
written in quick succession may pass each other on the way.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.partitioner import murmur2

from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import admin_client

SAMPLE_RECORDS = 200  # of each partition, the newest
SAMPLE_TIMEOUT_SECONDS = 10.0
FETCH_TIMEOUT_MS = 200


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the sampled keys of one topic lie."""

    topic: str
    keyed: int
    """Records with a key."""
    misplaced: int
    """Of these, those that lie where murmur2 would not put them."""
    by_crc32: int
    """Of the misplaced, those that lie where CRC32 puts them: librdkafka's default."""


def place(topic: str, partitions: int, sample: Iterable[tuple[int, bytes | None]]) -> Placement:
    """Judge (partition, key) pairs of one topic."""
    keyed = misplaced = by_crc32 = 0
    for partition, key in sample:
        if key is None:
            continue
        keyed += 1
        if (murmur2(key) & 0x7FFFFFFF) % partitions != partition:
            misplaced += 1
            by_crc32 += zlib.crc32(key) % partitions == partition
    return Placement(topic, keyed, misplaced, by_crc32)


async def sample_placement(settings: Settings, topics: Iterable[str]) -> list[Placement]:
    """Look at the newest records of each topic that exists.

    Raises KafkaError where the broker can't be read.
    """
    async with admin_client(settings) as client:
        described = await client.describe_topics(list(topics))
    partitions = {
        topic["topic"]: [TopicPartition(topic["topic"], one["partition"]) for one in parts]
        for topic in described
        if (parts := topic["partitions"]) and topic["error_code"] == 0
    }
    if not partitions:
        return []
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        enable_auto_commit=False,
        **settings.kafka_security(),
    )
    await consumer.start()
    try:
        return [await _sample(consumer, topic, parts) for topic, parts in partitions.items()]
    finally:
        await consumer.stop()


async def _sample(
    consumer: AIOKafkaConsumer, topic: str, partitions: list[TopicPartition]
) -> Placement:
    consumer.assign(partitions)
    first = await consumer.beginning_offsets(partitions)
    end = await consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.seek(partition, max(first[partition], end[partition] - SAMPLE_RECORDS))
    sample: list[tuple[int, bytes | None]] = []
    open_partitions = {one for one in partitions if end[one] > first[one]}
    deadline = asyncio.get_running_loop().time() + SAMPLE_TIMEOUT_SECONDS
    while open_partitions and asyncio.get_running_loop().time() < deadline:
        batches = await consumer.getmany(*open_partitions, timeout_ms=FETCH_TIMEOUT_MS)
        for partition, records in batches.items():
            sample += [(partition.partition, record.key) for record in records]
        for partition in list(open_partitions):
            if await consumer.position(partition) >= end[partition]:
                open_partitions.discard(partition)
    return place(topic, len(partitions), sample)
