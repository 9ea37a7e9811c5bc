"""Rebuild one unit from its changelog: the state, the positions, the clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiokafka.structs import TopicPartition

from tidegate.runtime.clients import reader
from tidegate.runtime.clock import EPOCH
from tidegate.runtime.spec import META_KEY, RuntimeConfig

_META_KEY = META_KEY.encode()
_RECORDS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Meta:
    """What a unit keeps about itself, written with its state in each transaction."""

    positions: Mapping[str, int] = field(default_factory=dict)
    """Next offset by logical input topic."""
    clock: datetime = EPOCH
    number: int = 0
    """Of the last transaction."""

    def encode(self) -> bytes:
        value = {
            "positions": self.positions,
            "clock": self.clock.isoformat(),
            "number": self.number,
        }
        return json.dumps(value, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, value: bytes) -> Meta:
        fields = json.loads(value)
        return cls(fields["positions"], datetime.fromisoformat(fields["clock"]), fields["number"])


async def recover(
    config: RuntimeConfig, changelog: str, partition: int, progress: Callable[[], None]
) -> tuple[dict[str, bytes], Meta]:
    """Read a changelog partition to its end; call it after the unit's producer has fenced.

    `progress` is called with every portion read, for the watchdog: a long replay is not a
    standstill.

    Raises:
        aiokafka.errors.KafkaError: the broker cannot be reached or refuses.
    """
    place = TopicPartition(config.physical(changelog), partition)
    consumer = reader(
        config,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=4 << 20,
    )
    state: dict[str, bytes] = {}
    meta = Meta()
    try:
        await consumer.start()
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        # Committed data ends here for good: the last owner is fenced and its transaction ended.
        end = (await consumer.end_offsets([place]))[place]
        while await consumer.position(place) < end:
            batches = await consumer.getmany(place, timeout_ms=200, max_records=_RECORDS_AT_ONCE)
            for record in batches.get(place, ()):
                if record.key == _META_KEY:
                    meta = Meta.decode(record.value)
                elif record.value is None:
                    state.pop(record.key.decode(), None)
                else:
                    state[record.key.decode()] = record.value
            progress()
            await asyncio.sleep(0)
    finally:
        await consumer.stop()
    return state, meta
