"""Read the newest records of topics, to see what their producers do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import admin_client

SAMPLE_RECORDS = 200  # of each partition, the newest
SAMPLE_TIMEOUT_SECONDS = 10.0
FETCH_TIMEOUT_MS = 200


async def newest_records(
    settings: Settings, topics: Iterable[str]
) -> dict[str, tuple[int, list[Any]]]:
    """Return the number of partitions and the newest records of each topic that exists.

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
        return {}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        enable_auto_commit=False,
        **settings.kafka_security(),
    )
    await consumer.start()
    try:
        return {
            topic: (len(parts), await _sample(consumer, parts))
            for topic, parts in partitions.items()
        }
    finally:
        await consumer.stop()


async def _sample(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> list[Any]:
    consumer.assign(partitions)
    first = await consumer.beginning_offsets(partitions)
    end = await consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.seek(partition, max(first[partition], end[partition] - SAMPLE_RECORDS))
    sample: list[Any] = []
    open_partitions = {one for one in partitions if end[one] > first[one]}
    deadline = asyncio.get_running_loop().time() + SAMPLE_TIMEOUT_SECONDS
    while open_partitions and asyncio.get_running_loop().time() < deadline:
        batches = await consumer.getmany(*open_partitions, timeout_ms=FETCH_TIMEOUT_MS)
        for records in batches.values():
            sample += records
        for partition in list(open_partitions):
            if await consumer.position(partition) >= end[partition]:
                open_partitions.discard(partition)
    return sample
