"""Where a notifier begins: the positions that were committed, and what was open then."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import TopicPartition

from tidegate.agents.topics import ALERTS
from tidegate.events.delivery import DELIVERY_RECORD
from tidegate.notify.book import Book
from tidegate.ops.settings import Settings
from tidegate.ops.topic_admin import admin_client
from tidegate.ops.topics import DELIVERIES_TOPIC, DELIVERY_COMMANDS_TOPIC
from tidegate.runtime.clients import let_go, reader
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.spec import RuntimeConfig

log = logging.getLogger(__name__)

TOPICS = (ALERTS, DELIVERIES_TOPIC, DELIVERY_COMMANDS_TOPIC)
FETCH_BYTES = 8 * 1024 * 1024


class TopicMissing(Exception):
    """A topic of the notifier is not there, or has another number of partitions."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a notifier begins with."""

    partitions: int
    positions: Mapping[tuple[str, int], int]
    """Where to go on reading alerts and commands."""
    book: Book
    records: int
    """Records of deliveries that were read for it."""


async def find_start(settings: Settings, config: RuntimeConfig) -> Start:
    """Read where the last notifier stood. It must be fenced before: then nothing moves any more.

    Raises:
        TopicMissing: run `tidegate topics create`.
        KafkaError: the broker cannot be read.
    """
    offsets = Offsets(config)
    try:
        counts = await offsets.partitions(TOPICS)
    finally:
        await offsets.stop()
    if set(counts) != set(TOPICS) or len(set(counts.values())) != 1:
        raise TopicMissing(f"topics {TOPICS} have {counts} partitions: tidegate topics create")
    partitions = counts[ALERTS]
    committed = await _committed(settings, config)
    consumer = reader(config, auto_offset_reset="earliest", max_partition_fetch_bytes=FETCH_BYTES)
    await consumer.start()
    try:
        positions = await _positions(settings, config, consumer, partitions, committed)
        book = Book(partitions)
        records = await _replay(config, consumer, book, partitions, committed)
    finally:
        await let_go(consumer)
    return Start(partitions, positions, book, records)


async def _committed(settings: Settings, config: RuntimeConfig) -> dict[tuple[str, int], int]:
    async with admin_client(settings) as client:
        found = await client.list_consumer_group_offsets(config.group)
    return {
        (config.logical(place.topic), place.partition): told.offset
        for place, told in found.items()
        if told.offset >= 0
    }


async def _positions(
    settings: Settings,
    config: RuntimeConfig,
    consumer: Any,
    partitions: int,
    committed: Mapping[tuple[str, int], int],
) -> dict[tuple[str, int], int]:
    """Return where to go on; a group that never was begins some hours back, not years."""
    places = {
        TopicPartition(config.physical(topic), number): (topic, number)
        for topic in (ALERTS, DELIVERY_COMMANDS_TOPIC)
        for number in range(partitions)
    }
    since = datetime.now(UTC) - timedelta(hours=settings.notifier_lookback_hours)
    by_time = await consumer.offsets_for_times(
        {place: int(since.timestamp() * 1000) for place in places}
    )
    first = await consumer.beginning_offsets(list(places))
    ends = await consumer.end_offsets(list(places))
    positions = {}
    for place, name in places.items():
        found = by_time[place]
        position = committed.get(name, ends[place] if found is None else found.offset)
        if position < first[place]:
            log.error("%s: retention took records before they were read", place)
        positions[name] = max(position, first[place])
    return positions


async def _replay(
    config: RuntimeConfig,
    consumer: Any,
    book: Book,
    partitions: int,
    committed: Mapping[tuple[str, int], int],
) -> int:
    """Read deliveries from their marks to the end; return how many records that were."""
    places = {
        TopicPartition(config.physical(DELIVERIES_TOPIC), number): number
        for number in range(partitions)
    }
    first = await consumer.beginning_offsets(list(places))
    ends = await consumer.end_offsets(list(places))
    consumer.assign(list(places))
    for place, number in places.items():
        mark = max(first[place], committed.get((DELIVERIES_TOPIC, number), 0))
        consumer.seek(place, mark)
        book.begin(number, mark)
    count = 0
    # Transactions leave gaps in the offsets: what counts is the position, not a record's.
    while any([await consumer.position(place) < ends[place] for place in places]):
        for place, records in (await consumer.getmany(timeout_ms=500)).items():
            for record in records:
                value = record.value or b""
                told = DELIVERY_RECORD.validate_json(value)
                book.apply(places[place], record.offset, record.key or b"", told, value)
            count += len(records)
    return count
