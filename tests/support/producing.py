"""Put records on a deployment's topics exactly as they are given, good or bad."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from tests.support.accounts import owner
from tidegate.ops.settings import Settings

REQUEST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """A record to send; without a partition it goes where its key belongs."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    timestamp_ms: int | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


async def produce(settings: Settings, records: Iterable[Sent]) -> list[str]:
    """Send records in order; return the place of each, as dead letters are named."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        enable_idempotence=True,
        max_request_size=REQUEST_BYTES,
    )
    await producer.start()
    try:
        futures = []
        for record in records:
            partition = record.partition
            if partition is None:
                partition = owner(record.key or b"", settings.partitions)
            future = await producer.send(
                settings.topic_prefix + record.topic,
                record.value,
                record.key,
                partition,
                timestamp_ms=record.timestamp_ms,
                headers=list(record.headers),
            )
            futures.append((record.topic, future))
        places = [(topic, await future) for topic, future in futures]
    finally:
        await producer.stop()
    return [f"{topic}-{place.partition}@{place.offset}" for topic, place in places]
