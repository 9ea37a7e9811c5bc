"""Read alerts where they stand: a delivery names the place and holds no copy."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from tidegate.agents.topics import ALERTS
from tidegate.events.delivery import AlertPlace
from tidegate.notify.answer import TakenAlert
from tidegate.runtime.clients import let_go, reader
from tidegate.runtime.spec import RuntimeConfig

KEPT_BYTES = 32 * 1024 * 1024
READ_RECORDS = 500
READ_SECONDS = 20.0


class AlertGone(Exception):
    """There is no such alert on the topic any more."""


class AlertLog:
    """The newest alerts, and those near one that was asked for; others are read again."""

    def __init__(self, config: RuntimeConfig) -> None:
        self._config = config
        self._consumer: Any = None
        self._lock = asyncio.Lock()
        self._kept: OrderedDict[tuple[int, int], TakenAlert] = OrderedDict()
        self._bytes = 0

    def keep(self, partition: int, offset: int, value: bytes) -> TakenAlert:
        """Keep an alert that was just read."""
        taken = TakenAlert(value)
        before = self._kept.pop((partition, offset), None)
        self._kept[partition, offset] = taken
        self._bytes += len(value) - (0 if before is None else len(before.value))
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._bytes -= len(old.value)
        return taken

    async def read(self, places: Sequence[AlertPlace]) -> list[TakenAlert]:
        """Return the alerts at these places.

        Raises:
            AlertGone: one is not there any more.
            KafkaError: the topic cannot be read.
        """
        return [await self._read(place.partition, place.offset) for place in places]

    async def stop(self) -> None:
        """Let go of the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await let_go(consumer)

    async def _read(self, partition: int, offset: int) -> TakenAlert:
        kept = self._kept.get((partition, offset))
        if kept is not None:
            return kept
        async with self._lock:
            kept = self._kept.get((partition, offset))
            return kept or await self._fetched(partition, offset)

    async def _fetched(self, partition: int, offset: int) -> TakenAlert:
        if self._consumer is None:
            consumer = reader(self._config, auto_offset_reset="none")
            await consumer.start()
            self._consumer = consumer
        place = TopicPartition(self._config.physical(ALERTS), partition)
        self._consumer.assign([place])
        self._consumer.seek(place, offset)
        try:
            async with asyncio.timeout(READ_SECONDS):
                while not (
                    records := (
                        await self._consumer.getmany(
                            place, timeout_ms=1000, max_records=READ_RECORDS
                        )
                    ).get(place)
                ):
                    pass
        except OffsetOutOfRangeError:
            raise AlertGone from None
        if records[0].offset != offset or records[0].value is None:
            raise AlertGone
        for record in reversed(records):
            self.keep(partition, record.offset, record.value or b"")
        return self._kept[partition, offset]
