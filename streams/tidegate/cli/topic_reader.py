"""Read a topic from its beginning to where it ends now, committed records only."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from tidegate.runtime.clients import let_go
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.partitioner import partition_for
from tidegate.runtime.spec import RuntimeConfig

FETCH_BYTES = 32 * 1024 * 1024
POLL_MILLISECONDS = 500


async def read_to_end(
    config: RuntimeConfig, topic: str, key: bytes | None = None
) -> AsyncIterator[ConsumerRecord[bytes, bytes]]:
    """Yield every committed record that `topic` holds at the time of the call.

    Args:
        config: How to reach the broker.
        topic: Its logical name.
        key: Only the records under this key, from the partition that owns it.

    Raises:
        KafkaError: the broker cannot be reached, or has no such topic.
    """
    name = config.physical(topic)
    offsets = Offsets(config)
    try:
        counts = await offsets.partitions([topic])
    finally:
        await offsets.stop()
    if topic not in counts:
        raise UnknownTopicOrPartitionError(f"there is no topic {name}: tidegate topics create")
    consumer = AIOKafkaConsumer(
        **config.client(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    await consumer.start()
    try:
        numbers = range(counts[topic]) if key is None else [partition_for(key, counts[topic])]
        places = [TopicPartition(name, number) for number in numbers]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        # Transactions leave gaps in the offsets: what counts is the position, not a record's.
        while any([await consumer.position(place) < ends[place] for place in places]):
            fetched = await consumer.getmany(timeout_ms=POLL_MILLISECONDS)
            for place, records in fetched.items():
                for record in records:
                    if record.offset < ends[place] and key in (None, record.key):
                        yield record
    finally:
        await let_go(consumer)
