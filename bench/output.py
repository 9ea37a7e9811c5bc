"""Watch how far a topic has grown, without reading it: the watcher must not take the worker's CPU.

Offsets count transaction markers too. So what was noted is read again afterwards, once nothing is
measured any more, and only records are counted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType

from aiokafka import AIOKafkaConsumer, TopicPartition

_POLL_SECONDS = 0.1
_STALL_SECONDS = 40.0

Ends = Mapping[TopicPartition, int]


class Stalled(RuntimeError):
    """Nothing more came, though more was awaited."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A topic's committed ends at an instant, and the processor time that had been taken then."""

    at: float
    cpu: float
    ends: Ends

    @property
    def total(self) -> int:
        """All offsets together: records, and markers of transactions."""
        return sum(self.ends.values())


class Output:
    """A topic that a peer writes, seen `read_committed`."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        self._places = [TopicPartition(topic, number) for number in range(partitions)]
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )

    async def __aenter__(self) -> Output:
        await self._consumer.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._consumer.stop()

    async def growth(self, cpu: Callable[[], float]) -> Growth:
        """Return where the topic ends now."""
        # On a paused clock nothing is assigned, so no fetch is in this request's way.
        ends = await self._consumer.end_offsets(self._places)
        return Growth(time.monotonic(), cpu(), ends)

    async def until(self, count: int, cpu: Callable[[], float]) -> Growth:
        """Wait until the topic has at least `count` offsets; return its growth then.

        Raises:
            Stalled: it has not grown for long.
        """
        seen, since = -1, time.monotonic()
        while True:
            growth = await self.growth(cpu)
            if growth.total >= count:
                return growth
            if growth.total > seen:
                seen, since = growth.total, time.monotonic()
            elif time.monotonic() - since > _STALL_SECONDS:
                raise Stalled(f"{seen:,} of {count:,} records, then nothing")
            await asyncio.sleep(_POLL_SECONDS)

    async def records(self, start: Growth, end: Growth) -> int:
        """Count the committed records between two growths."""
        self._consumer.assign(self._places)
        for place in self._places:
            self._consumer.seek(place, start.ends[place])
        count, left = 0, set(self._places)
        while left:
            fetched = await self._consumer.getmany(timeout_ms=200)
            for place, found in fetched.items():
                count += sum(record.offset < end.ends[place] for record in found)
            for place in list(left):
                if await self._consumer.position(place) >= end.ends[place]:
                    left.discard(place)
        self._consumer.unsubscribe()
        return count
