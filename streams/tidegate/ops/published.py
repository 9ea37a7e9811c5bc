"""Which version of the restriction tables was published last."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from tidegate.ops.settings import Settings
from tidegate.ops.topics import TABLES_TOPIC

LAST_RECORDS = 10
"""Looked at: the topic's end holds a marker of the transaction, which is no record."""
TIMEOUT_SECONDS = 10.0


async def newest_version(settings: Settings) -> str | None:
    """Return the version that the last published record is of; None: none was ever published.

    Raises:
        KafkaError: the topic cannot be read.
        TimeoutError: it was not read in time.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        isolation_level="read_committed",
        enable_auto_commit=False,
        **settings.kafka_security(),
    )
    await consumer.start()
    try:
        place = TopicPartition(f"{settings.topic_prefix}{TABLES_TOPIC}", 0)
        consumer.assign([place])
        first = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        consumer.seek(place, max(first, end - LAST_RECORDS))
        newest: str | None = None
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while await consumer.position(place) < end:
                for record in (await consumer.getmany(place, timeout_ms=200)).get(place, ()):
                    newest = record.key.decode(errors="replace") if record.key else newest
        return newest
    finally:
        await consumer.stop()
