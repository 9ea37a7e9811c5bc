"""Read what one partition took, from its topics, each as far as the journal asks for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

from tidegate.agents.replay.entry import Entry
from tidegate.agents.replay.rerun import HistoryGap
from tidegate.runtime import careful
from tidegate.runtime.clients import reader
from tidegate.runtime.record import Record
from tidegate.runtime.spec import JOURNAL, RuntimeConfig

FETCH_BYTES = 4 * 1024 * 1024
POLL_MILLISECONDS = 200
PATIENCE_SECONDS = 60.0
"""A broker that gives nothing of what it says it has for so long is not waited for any longer."""

Fetched = ConsumerRecord[bytes, bytes] | careful.Found


class Feed:
    """The journal of one partition and the topics that go with it; an async context manager.

    Args:
        config: How to reach the broker.
        partition: Which.
        topics: Logical names, besides the journal's.
        starts: Where to begin, by topic; at the beginning where it is not said.
    """

    def __init__(
        self,
        config: RuntimeConfig,
        partition: int,
        topics: Sequence[str],
        starts: Mapping[str, int],
    ) -> None:
        self._config = config
        self._partition = partition
        self._starts = starts
        self._places = {
            topic: TopicPartition(config.physical(topic), partition) for topic in (JOURNAL, *topics)
        }
        self._held: dict[str, deque[Fetched]] = {topic: deque() for topic in self._places}
        self._first: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._given: dict[str, int] = {}
        """Up to where ranges of each topic have been given."""
        self._consumer: Any = None

    async def __aenter__(self) -> Feed:
        self._consumer = reader(
            self._config, max_partition_fetch_bytes=FETCH_BYTES, auto_offset_reset="earliest"
        )
        try:
            await self._consumer.start()
            places = list(self._places.values())
            self._consumer.assign(places)
            self._first = await self._consumer.beginning_offsets(places)
            self._ends = await self._consumer.end_offsets(places)
            for topic, place in self._places.items():
                self._consumer.seek(place, max(self._starts.get(topic, 0), self._first[place]))
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._consumer.stop()

    @property
    def journal_end(self) -> int:
        """Return where the journal ended when this was opened."""
        return self._ends[self._places[JOURNAL]]

    async def entries(self, agent: str) -> list[tuple[int, Entry]]:
        """Return the next transactions of an agent, with their offsets; none: that was all.

        Raises:
            ValueError: a journal record cannot be read.
        """
        while records := await self.some(JOURNAL):
            read = [(record.offset, Entry.read(record.value)) for record in records]
            mine = [
                (offset, entry)
                for offset, entry in read
                if entry is not None and (entry.agent, entry.partition) == (agent, self._partition)
            ]
            if mine:
                return mine
        return []

    async def some(self, topic: str) -> list[Fetched]:
        """Return the next records of a topic; none: it had no more when this was opened."""
        held = self._held[topic]
        if not held:
            await self._until(topic, self._ends[self._places[topic]], enough=1)
        found = list(held)
        held.clear()
        end = self._ends[self._places[topic]]
        return [record for record in found if record.offset < end]

    async def range(self, topic: str, start: int, end: int) -> list[Record]:
        """Return the records of a topic between two offsets.

        Ranges are asked for in order, but for a new beginning.

        Raises:
            HistoryGap: some of them are no longer kept.
        """
        place = self._places[topic]
        if start < self._first[place]:
            raise HistoryGap(
                f"{place.topic}-{place.partition} is kept from offset {self._first[place]} on, and"
                f" what was taken begins at {start}"
            )
        held = self._held[topic]
        if start < self._given.get(topic, 0):
            held.clear()
            self._consumer.seek(place, start)
        self._given[topic] = end
        if not held or held[-1].offset < end - 1:
            await self._until(topic, end)
        found = []
        while held and held[0].offset < end:
            record = held.popleft()
            if record.offset >= start:
                found.append(_record(place, topic, record))
        return found

    async def _until(self, topic: str, end: int, enough: int | None = None) -> None:
        """Fetch until all before `end` is held, or `enough` of it."""
        place, held = self._places[topic], self._held[topic]
        deadline = monotonic() + PATIENCE_SECONDS
        while (enough is None or len(held) < enough) and not (held and held[-1].offset >= end - 1):
            if await self._consumer.position(place) >= end:
                return
            records = await self._fetched(place)
            if records:
                held.extend(records)
                deadline = monotonic() + PATIENCE_SECONDS
            elif monotonic() > deadline:
                raise TimeoutError(f"the broker gives nothing of {place.topic}-{place.partition}")

    async def _fetched(self, place: TopicPartition) -> list[Any]:
        try:
            fetched = await self._consumer.getmany(place, timeout_ms=POLL_MILLISECONDS)
        except Exception:
            # Perhaps a record that aiokafka cannot read: workers took it apart, so it is here too.
            start = await self._consumer.position(place)
            found, end = await careful.fetch(self._consumer, place, start)
            if end == start:
                raise
            self._consumer.seek(place, end)
            return list(found)
        return list(fetched.get(place, ()))


def _record(place: TopicPartition, topic: str, fetched: Any) -> Record:
    return Record(
        topic=topic,
        partition=place.partition,
        offset=fetched.offset,
        timestamp_ms=fetched.timestamp,
        key=fetched.key,
        value=fetched.value,
        headers=tuple(fetched.headers),
        damage=getattr(fetched, "damage", None),
    )
