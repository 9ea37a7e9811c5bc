"""Follow all topics of a deployment, committed records only, and keep what they hold."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable
from types import TracebackType
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

JOURNAL = "tidegate.journal"
SHIPMENTS_STATE, LICENSES_STATE = "tidegate.shipments-changelog", "tidegate.licenses-changelog"
CHANGELOGS = (SHIPMENTS_STATE, LICENSES_STATE)
INPUTS_OF = {
    "screening": (
        "tidegate.verdicts",
        "tidegate.control",
        "trade.dispositions",
        "trade.shipments",
    ),
    "licensing": ("tidegate.claims", "trade.licenses"),
}
TOPICS = (
    *INPUTS_OF["screening"],
    *INPUTS_OF["licensing"],
    "trade.decisions",
    "trade.alerts",
    "trade.dead-letters",
    JOURNAL,
    *CHANGELOGS,
)
FETCH_BYTES = 8 * 1024 * 1024
SETTLED_SECONDS = 0.5
STILL_SECONDS = 2.5
POLL_SECONDS = 0.1


class Topics:
    """What a `read_committed` reader sees; an async context manager.

    Attributes:
        records: By (topic, partition), each record in order; of changelogs nothing.
        state: By (changelog topic, partition), the last value of each key.
        transactions: The journal's entries, in the order of its log.
    """

    def __init__(self, bootstrap: str, prefix: str, partitions: int) -> None:
        self.records: dict[tuple[str, int], list[Any]] = defaultdict(list)
        self.state: dict[tuple[str, int], dict[str, bytes]] = defaultdict(dict)
        self.transactions: list[dict[str, Any]] = []
        self.partitions = partitions
        self._prefix = prefix
        self._taken: dict[tuple[str, int], int] = defaultdict(int)
        self._places = [TopicPartition(prefix + t, p) for t in TOPICS for p in range(partitions)]
        self._bootstrap = bootstrap
        self._consumer: AIOKafkaConsumer

    async def __aenter__(self) -> Topics:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=50,
        )
        await self._consumer.start()
        self._consumer.assign(self._places)
        await self._consumer.seek_to_beginning(*self._places)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._consumer.stop()

    def count(self, topic: str) -> int:
        """Return how many records of a topic have been read."""
        return sum(len(self.records[topic, p]) for p in range(self.partitions))

    def all_of(self, topic: str) -> list[Any]:
        """Return a topic's records, partition by partition, each in order."""
        return [record for p in range(self.partitions) for record in self.records[topic, p]]

    async def until(self, condition: Callable[[Topics], bool], seconds: float) -> None:
        """Read on until a condition holds."""
        deadline = time.monotonic() + seconds
        while not condition(self):
            assert time.monotonic() < deadline, f"not within {seconds} s: {self.summary()}"
            await self._read()

    async def settled(self, seconds: float) -> None:
        """Read on until workers have nothing left to do.

        That is: all committed input is in the journal's ranges, no alert is put off, and nothing
        new has come for a while (records of one transaction become visible one partition after
        the other).
        """
        deadline = time.monotonic() + seconds
        ends: dict[TopicPartition, int] = {}
        since = time.monotonic()
        while True:
            now = await self._consumer.end_offsets(self._places)
            if now != ends:
                ends, since = now, time.monotonic()
            while any([await self._consumer.position(p) < ends[p] for p in self._places]):
                await self._read()
            if self._idle() and time.monotonic() - since > SETTLED_SECONDS:
                return
            assert time.monotonic() < deadline, f"not settled: {self.summary()}"
            await asyncio.sleep(POLL_SECONDS)

    async def read_on(self) -> None:
        """Read what has come; returns after a moment where nothing has."""
        await self._read()

    async def done_with(self, topic: str) -> dict[int, int]:
        """Return by partition up to where an input has been taken, and read here."""
        found = {}
        for partition in range(self.partitions):
            here = await self._consumer.position(TopicPartition(self._prefix + topic, partition))
            found[partition] = min(here, self._taken[topic, partition])
        return found

    async def stood_still(self, seconds: float) -> None:
        """Read on until all is read and nothing new has come for a while, done or not."""
        deadline = time.monotonic() + seconds
        ends: dict[TopicPartition, int] = {}
        since = time.monotonic()
        while time.monotonic() - since < STILL_SECONDS:
            assert time.monotonic() < deadline, f"something always comes: {self.summary()}"
            now = await self._consumer.end_offsets(self._places)
            if now != ends:
                ends, since = now, time.monotonic()
            await self._read()

    def summary(self) -> str:
        """Say how far it is, for a failure's message."""
        left = {
            f"{topic}-{partition}": f"{self._taken[topic, partition]} of {records[-1].offset + 1}"
            for (topic, partition), records in sorted(self.records.items())
            if records and self._is_input(topic) and self._behind(topic, partition)
        }
        counts = {topic: self.count(topic) for topic in TOPICS}
        return f"records {counts}; not yet taken {left}"

    async def _read(self) -> None:
        fetched = await self._consumer.getmany(timeout_ms=100, max_records=20_000)
        for place, records in fetched.items():
            topic = place.topic.removeprefix(self._prefix)
            if topic in CHANGELOGS:
                state = self.state[topic, place.partition]
                for record in records:
                    assert record.key is not None
                    if record.value is None:
                        state.pop(record.key.decode(), None)
                    else:
                        state[record.key.decode()] = record.value
                continue
            self.records[topic, place.partition] += records
            if topic == JOURNAL:
                for record in records:
                    self._note(json.loads(record.value or b"{}"))

    def _note(self, entry: dict[str, Any]) -> None:
        if "number" in entry:
            self.transactions.append(entry)
            for topic, _, end in entry["inputs"]:
                place = topic, entry["partition"]
                self._taken[place] = max(self._taken[place], end)

    def _is_input(self, topic: str) -> bool:
        return any(topic in inputs for inputs in INPUTS_OF.values())

    def _behind(self, topic: str, partition: int) -> bool:
        records = self.records[topic, partition]
        return bool(records) and records[-1].offset >= self._taken[topic, partition]

    def _idle(self) -> bool:
        behind = any(
            self._behind(topic, partition)
            for inputs in INPUTS_OF.values()
            for topic in inputs
            for partition in range(self.partitions)
        )
        if behind:
            return False
        for partition in range(self.partitions):
            state = self.state[SHIPMENTS_STATE, partition]
            if b'"cursor"' in state.get("t:current", b""):
                return False
            if any(b'"alert_at"' in value for value in state.values()):
                return False
        return True
