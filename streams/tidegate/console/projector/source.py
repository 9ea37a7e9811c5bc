"""Read the topics from given positions on: inputs before what was made of them.

A decision follows its event in time, but the two lie in different topics. So once outputs have been
fetched, the inputs are read up to where they end *then*; only after that the outputs are handed on.
What was decided is never written before the event that it was decided on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any

from aiokafka import TopicPartition

from tidegate.console.projector.batch import Batch, Place
from tidegate.console.projector.store_writer import INPUTS, OUTPUTS
from tidegate.runtime.clients import reader
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.record import Record
from tidegate.runtime.spec import RuntimeConfig

BATCH_RECORDS = 3000
"""Records of one transaction at most: large enough for speed, a fraction of a second's work."""
FETCH_BYTES = 4 * 1024 * 1024
WAIT_MILLISECONDS = 100
LETTING_GO_SECONDS = 10.0
PATIENCE_SECONDS = 5.0
"""A broker that says nothing for so long is away; viewers are told that it is old."""


log = logging.getLogger(__name__)


class Gone(Exception):
    """Records were gone before they were read: the broker keeps none before `begins`."""

    def __init__(self, place: Place, stands: int, begins: int) -> None:
        topic, partition = place
        super().__init__(f"{topic}-{partition}: records {stands} to {begins} are gone")
        self.place, self.stands, self.begins = place, stands, begins


class Source:
    """Reads all topics that there are, for one session of the projector.

    Args:
        config: How to reach the broker.
        positions: Where to begin, by topic and partition; elsewhere at the first record kept.
    """

    def __init__(self, config: RuntimeConfig, positions: Mapping[Place, int]) -> None:
        self._config = config
        self._stands: dict[Place, int | None] = dict(positions)
        self._handed: dict[Place, int] = {}
        self._offsets = Offsets(config)
        self._consumer: Any = None
        self._places: dict[TopicPartition, Place] = {}
        self.missing: tuple[str, ...] = ()
        """Topics that there are not yet."""

    async def start(self) -> None:
        """Connect, and go to the positions.

        Raises:
            Gone: what stands at a position is gone.
            KafkaError: the broker cannot be reached.
        """
        counts = await self._offsets.partitions((*INPUTS, *OUTPUTS))
        self.missing = tuple(name for name in (*INPUTS, *OUTPUTS) if name not in counts)
        self._places = {
            TopicPartition(self._config.physical(topic), number): (topic, number)
            for topic, count in counts.items()
            for number in range(count)
        }
        self._consumer = reader(
            self._config,
            auto_offset_reset="none",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=WAIT_MILLISECONDS,
        )
        await self._consumer.start()
        self._consumer.assign(list(self._places))
        begins = await self._consumer.beginning_offsets(list(self._places))
        ends = await self._consumer.end_offsets(list(self._places))
        for partition, place in self._places.items():
            stands, first = self._stands.get(place), begins[partition]
            # Beyond the end: the topic was deleted and made anew, and begins again.
            if stands is not None and not first <= stands <= ends[partition]:
                raise Gone(place, stands, first)
            self._handed[place] = first if stands is None else stands
            self._consumer.seek(partition, self._handed[place])

    async def stop(self) -> None:
        """Close the connections."""
        consumer, self._consumer = self._consumer, None
        # In tasks of their own: aiokafka's consumer awaits requests that it cancelled, and so
        # raises CancelledError, which would end whoever called this.
        closing = [asyncio.ensure_future(self._offsets.stop())]
        if consumer is not None:
            closing.append(asyncio.ensure_future(_close(consumer)))
        done, left = await asyncio.wait(closing, timeout=LETTING_GO_SECONDS)
        for task in left:
            task.cancel()
        for task in done:
            if not task.cancelled() and task.exception() is not None:
                log.warning("a connection was not closed in order: %s", task.exception())

    async def ends(self) -> Mapping[Place, int]:
        """Return where each partition's committed records end now.

        Raises:
            KafkaError, TimeoutError: the broker cannot be reached.
        """
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._offsets.ends(self._places.values())

    def behind(self, ends: Mapping[Place, int]) -> int:
        """Return how many offsets lie between what was handed out and these ends."""
        return sum(max(0, end - self._handed.get(place, 0)) for place, end in ends.items())

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """Yield what comes, for ever; an empty batch when nothing has come for a moment.

        Who takes a batch must have written it before asking for the next one.

        Raises:
            KafkaError: the broker cannot be reached, or no longer has what stands next.
        """
        inputs = [place for place in self._places.values() if place[0] in INPUTS]
        while True:
            records = await self._fetch(self._places.values())
            outputs = [record for record in records if record.topic in OUTPUTS]
            if outputs:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    ends = await self._offsets.ends(inputs)
                reached = await self._reached(self._places.values())
                records = [record for record in records if record.topic not in OUTPUTS]
                while any(reached[place] < end for place, end in ends.items()):
                    yield self._batch(records, reached, inputs)
                    records = await self._fetch(inputs)
                    reached |= await self._reached(inputs)
                yield self._batch([*records, *outputs], reached, reached)
            else:
                reached = await self._reached(self._places.values())
                yield self._batch(records, reached, reached)

    async def _fetch(self, places: Iterable[Place]) -> list[Record]:
        partitions = [p for p, place in self._places.items() if place in set(places)]
        fetched = await self._consumer.getmany(
            *partitions, timeout_ms=WAIT_MILLISECONDS, max_records=BATCH_RECORDS
        )
        return [
            Record(*self._places[p], r.offset, r.timestamp, r.key, r.value, tuple(r.headers))
            for p, records in fetched.items()
            for r in records
        ]

    async def _reached(self, places: Iterable[Place]) -> dict[Place, int]:
        """Return the positions: behind the last record fetched, and behind marks of transactions,
        which leave gaps in the offsets."""
        wanted = set(places)
        return {
            place: await self._consumer.position(partition)
            for partition, place in self._places.items()
            if place in wanted
        }

    def _batch(
        self, records: list[Record], reached: Mapping[Place, int], places: Iterable[Place]
    ) -> Batch:
        self._handed.update((place, reached[place]) for place in places)
        if not records:
            return Batch((), {})
        moves = {
            place: (self._stands.get(place), reached[place])
            for place in places
            if self._stands.get(place) != reached[place]
        }
        self._stands.update((place, after) for place, (_, after) in moves.items())
        return Batch(records, moves)


async def _close(consumer: Any) -> None:
    try:
        await consumer.stop()
    finally:
        # Where the first was cut short, the connections are still open.
        await consumer._client.close()
