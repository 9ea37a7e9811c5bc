"""Write dispositions to their topic, one after another in one chain.

Only one writer at a time has the transactional id of the desk: opening it fences whoever had it,
and then the end of the chain is read from the topic itself. So a second console, or one that was
thought dead, can never write a second record after the same one.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tidegate.agents.inputs import SOURCE
from tidegate.agents.topics import DISPOSITIONS
from tidegate.events.chain import Head, link_of, sealed
from tidegate.events.codec import STRUCTURED_HEADERS
from tidegate.events.disposition import Disposition
from tidegate.runtime.clients import let_go, reader
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.partitioner import partition_for
from tidegate.runtime.spec import RuntimeConfig

FIRST_LOOK_RECORDS = 64  # how far before a partition's end the chain's last record is looked for
STOP_SECONDS = 1.0  # a fenced producer waits for nothing; one in order ends in milliseconds


@dataclass(frozen=True, slots=True)
class Place:
    """Where a disposition stands in the log."""

    sequence: int
    partition: int
    offset: int


class DispositionLog:
    """The desk's writer. After any error it must be closed; `open` begins anew."""

    def __init__(self, config: RuntimeConfig) -> None:
        self._config = config
        self._topic = config.physical(DISPOSITIONS)
        self._offsets = Offsets(config)
        self._producer: Any = None
        self._partitions = 0
        self.head = Head()

    @property
    def is_open(self) -> bool:
        """Say whether it can write."""
        return self._producer is not None

    async def open(self) -> None:
        """Fence who wrote before, and find the end of the chain.

        Contract:
            1. Start the producer and wait for its id: from here on nobody else can commit, and
               what somebody had open is committed or undone.
            2. Only then read the end of the chain.

        Raises:
            KafkaError: the broker cannot be reached, or has no such topic.
        """
        name = f"{self._config.group}-desk-log"
        producer = AIOKafkaProducer(
            client_id=name,
            transactional_id=name,
            transaction_timeout_ms=int(self._config.transaction_timeout * 1000),
            request_timeout_ms=int(self._config.request_timeout * 1000),
            max_request_size=self._config.limits.record_bytes,
            **self._config.client(),
        )
        try:
            async with asyncio.timeout(self._config.request_timeout * 2):
                await producer.start()  # 1.
                # aiokafka asks for the producer id in the background; only the answer fences.
                await producer._txn_manager.wait_for_pid()
                partitions = await producer.partitions_for(self._topic)
            self._partitions = len(partitions)
            self.head = await self._last_link()  # 2.
        except BaseException:
            await _stop(producer)
            await self._offsets.stop()
            raise
        self._producer = producer

    async def close(self) -> None:
        """Let go of the broker. Idempotent."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)
        await self._offsets.stop()

    async def end(self, shipment_id: str) -> int:
        """Return where the log of a shipment's partition ends now."""
        place = (DISPOSITIONS, self._partition(shipment_id))
        return (await self._offsets.ends([place]))[place]

    async def find(self, disposition_id: str, shipment_id: str, from_offset: int) -> Place | None:
        """Return where a disposition stands at or behind an offset; None: it was never committed.

        It tells for good only after `open`: before, a writer may still have it in flight.
        """
        number = self._partition(shipment_id)
        records, _ = await self._records(number, from_offset)
        for offset, value in records:
            linked = link_of(value)
            if linked is not None and linked[0].disposition_id == disposition_id:
                return Place(linked[1].sequence, number, offset)
        return None

    async def write(self, disposition: Disposition, time: datetime) -> Place:
        """Write one as the next of the chain; it is in the log when this returns.

        Raises:
            Exception: whatever failed. It may be in the log or not: close, open and `find` it.
        """
        value, head = sealed(disposition, self.head, time=time, source=SOURCE)
        async with asyncio.timeout(self._config.transaction_timeout):
            await self._producer.begin_transaction()
            sent = await self._producer.send(
                self._topic,
                value=value,
                key=disposition.shipment_id.encode(),
                partition=self._partition(disposition.shipment_id),
                headers=list(STRUCTURED_HEADERS),
            )
            # Awaited before the commit: a transaction of which a record has failed would stand.
            record = await sent
            await self._producer.commit_transaction()
        self.head = head
        return Place(head.sequence, record.partition, record.offset)

    def _partition(self, shipment_id: str) -> int:
        return partition_for(shipment_id.encode(), self._partitions)

    async def _last_link(self) -> Head:
        """Return the end of the chain: numbers grow in each partition, its last one is enough."""
        heads = [await self._last_of(number) for number in range(self._partitions)]
        return max(heads, key=lambda head: head.sequence)

    async def _last_of(self, number: int) -> Head:
        look = FIRST_LOOK_RECORDS
        while True:
            records, whole = await self._records(number, -look)
            for _, value in reversed(records):
                linked = link_of(value)
                if linked is not None:
                    return Head(linked[1].sequence, linked[1].hash)
            if whole:
                return Head()
            # What others wrote without a chain lies behind ours.
            look *= 16

    async def _records(
        self, number: int, begin: int
    ) -> tuple[list[tuple[int, bytes | None]], bool]:
        """Return a partition's committed records from an offset on (negative: before its end).

        And whether these are all that the partition has.
        """
        place = (DISPOSITIONS, number)
        # Asked on a connection of its own: on the reader's it would wait behind its long poll.
        first = (await self._offsets.earliest([DISPOSITIONS], number))[DISPOSITIONS]
        end = (await self._offsets.ends([place]))[place]
        begin = max(first, end + begin if begin < 0 else begin)
        if begin >= end:
            return [], begin == first
        consumer: AIOKafkaConsumer = reader(self._config)
        try:
            await consumer.start()
            found = await _between(consumer, TopicPartition(self._topic, number), begin, end)
        finally:
            await let_go(consumer)
        return found, begin == first


async def _between(
    consumer: AIOKafkaConsumer, place: TopicPartition, begin: int, end: int
) -> list[tuple[int, bytes | None]]:
    """Return the committed records of a partition between two offsets."""
    found: list[tuple[int, bytes | None]] = []
    consumer.assign([place])
    consumer.seek(place, begin)
    # Transactions leave gaps in the offsets: what counts is the position, not a record's.
    while await consumer.position(place) < end:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            found += [(record.offset, record.value) for record in records if record.offset < end]
    return found


async def _stop(producer: Any) -> None:
    with suppress(Exception):
        async with asyncio.timeout(STOP_SECONDS):
            await producer.stop()
