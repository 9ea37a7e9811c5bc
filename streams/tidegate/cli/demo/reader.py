"""Read what the workers commit into the tally."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from tidegate.agents import topics
from tidegate.cli.demo.tally import Tally
from tidegate.events.alert import Alert
from tidegate.events.codec import decode
from tidegate.events.dead_letter import DeadLetter
from tidegate.events.decision import Decision
from tidegate.ops.settings import Settings
from tidegate.ops.topics import DEAD_LETTERS_TOPIC

OWN_RECORD_BYTES = 1 << 30  # what Tidegate wrote itself is read whatever its size
WAIT_MS = 50
FETCH_BYTES = 32 * 1024 * 1024


async def read_outputs(
    settings: Settings, tally: Tally, told: Callable[[Alert], None] = lambda alert: None
) -> None:
    """Read decisions, alerts and dead letters, committed ones only, until cancelled."""
    names = {
        settings.topic_prefix + logical: logical
        for logical in (topics.DECISIONS, topics.ALERTS, DEAD_LETTERS_TOPIC)
    }
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=WAIT_MS,
        max_partition_fetch_bytes=FETCH_BYTES,
        **settings.kafka_security(),
    )
    await consumer.start()
    try:
        consumer.assign(
            [TopicPartition(name, n) for name in names for n in range(settings.partitions)]
        )
        # No seek_to_beginning: with the embedded broker it waits for a request's timeout, 40 s.
        # A consumer without a group begins at auto_offset_reset anyway.
        while True:
            fetched = await consumer.getmany(timeout_ms=WAIT_MS)
            for place, records in fetched.items():
                for record in records:
                    _take(names[place.topic], record, tally, told)
            await asyncio.sleep(0)
    finally:
        await consumer.stop()


def _take(
    topic: str,
    record: ConsumerRecord[bytes, bytes],
    tally: Tally,
    told: Callable[[Alert], None],
) -> None:
    event = decode(record.value, max_bytes=OWN_RECORD_BYTES)
    if topic == topics.DECISIONS:
        tally.on_decision(event.read(Decision), time.monotonic())
    elif topic == topics.ALERTS:
        alert = event.read(Alert)
        tally.on_alert(alert, datetime.now(UTC))
        told(alert)
    else:
        error = event.read(DeadLetter).error
        tally.on_dead_letter(error.field or error.reason.split(":")[0])
