"""Publish a version of the restriction tables: all of it and its switches, or nothing.

The snapshot goes to `trade.measures` and one control record to each partition of the screening
agent, in one Kafka transaction: no worker ever sees a part of a version, nor a switch to one that
is not there.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aiokafka import AIOKafkaProducer

from tidegate.agents.topics import CONTROL, MEASURES
from tidegate.events.codec import canonical
from tidegate.events.control import TablesControl
from tidegate.measures.snapshot import to_records
from tidegate.runtime.spec import RuntimeConfig

MAX_REQUEST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Published:
    """What was published."""

    version: str
    records: int
    partitions: int
    published_at: datetime


async def publish(
    config: RuntimeConfig, files: Mapping[str, bytes], version: str, now: datetime
) -> Published:
    """Publish packs, already found valid, as the version that all partitions switch to.

    Args:
        config: How to reach the broker.
        files: The packs' source files, by name.
        version: Their content version.
        now: When it is published; what the time to its last decision is counted from.

    Raises:
        KafkaError: nothing was published.
    """
    producer = AIOKafkaProducer(
        **config.client(),
        transactional_id=f"{config.group}-tables-publisher",
        max_request_size=MAX_REQUEST_BYTES,
        compression_type=None,
    )
    try:
        await producer.start()  # in here: cut short, it leaves connections open as well
        measures, control = config.physical(MEASURES), config.physical(CONTROL)
        partitions = sorted(await producer.partitions_for(control))
        snapshot = to_records(files, str(uuid.uuid4()))
        switch = canonical(TablesControl(version=version, published_at=now))
        async with producer.transaction():
            sent = [
                await producer.send(
                    measures,
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                    partition=0,
                )
                for record in snapshot
            ]
            sent += [
                await producer.send(control, value=switch, partition=number)
                for number in partitions
            ]
            # Every future, before the commit: it would go through over a batch that failed.
            for future in sent:
                await future
    finally:
        await producer.stop()
    return Published(version, len(snapshot), len(partitions), now)
