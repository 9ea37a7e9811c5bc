"""Send many ready-made records quickly: whole batches, each to the partition its keys belong to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaProducer

from tidegate.runtime.partitioner import partition_for

Pair = tuple[bytes, bytes]
"""Key and value."""

BATCH_BYTES = 256 * 1024
_AHEAD = 20_000
"""Records made before they are sent."""


def producer(bootstrap: str) -> AIOKafkaProducer:
    """Return a producer for whole batches; its caller starts and stops it."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_batch_size=BATCH_BYTES, acks="all", linger_ms=0
    )


async def send_all(bootstrap: str, topic: str, partitions: int, records: Iterable[Pair]) -> int:
    """Send records as fast as it goes; return how many when all are acknowledged."""
    sender = producer(bootstrap)
    await sender.start()
    count = 0
    try:
        some: list[list[Pair]] = [[] for _ in range(partitions)]
        for count, (key, value) in enumerate(records, 1):
            some[partition_for(key, partitions)].append((key, value))
            if count % _AHEAD == 0:
                await _send_each(sender, topic, some)
                some = [[] for _ in range(partitions)]
        await _send_each(sender, topic, some)
    finally:
        await sender.stop()
    return count


async def _send_each(sender: AIOKafkaProducer, topic: str, some: Sequence[list[Pair]]) -> None:
    async def one(partition: int, records: list[Pair]) -> None:
        taken = 0
        while taken < len(records):
            taken, future = await send_batch(sender, topic, partition, records, taken)
            await future

    await asyncio.gather(*(one(number, records) for number, records in enumerate(some)))


async def send_batch(
    sender: AIOKafkaProducer, topic: str, partition: int, records: Sequence[Pair], start: int
) -> tuple[int, asyncio.Future[object]]:
    """Send what fits in one batch from `start` on; return where the next begins, and its future."""
    batch = sender.create_batch()
    end = start
    while end < len(records):
        key, value = records[end]
        if batch.append(key=key, value=value, timestamp=None) is None:
            break
        end += 1
    batch.close()
    return end, await sender.send_batch(batch, topic, partition=partition)
