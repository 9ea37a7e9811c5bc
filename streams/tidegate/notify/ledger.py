"""Write what becomes of deliveries: many steps in one transaction, in the order they were told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tidegate.events.codec import canonical
from tidegate.notify.book import Book
from tidegate.notify.parcel import Parcel, Step
from tidegate.ops.topics import DELIVERIES_TOPIC
from tidegate.runtime.partitioner import partition_for
from tidegate.runtime.record import Output
from tidegate.runtime.writer import Writer

WAITING_MOST = 4000
"""Entries not yet written; who tells more waits."""
STEPS_MOST = 2000
"""Steps that one transaction takes."""
CARRY_SECONDS = 1.0

Positions = Mapping[tuple[str, int], int]
"""The next offset to read, by topic and partition."""

Committed = Callable[[Step, Parcel | None], None]
"""Told of every step once it is committed, with its parcel where the delivery is open."""


class Meter(Protocol):
    """What the ledger tells of itself."""

    def committed(self, records: int, seconds: float) -> None:
        """A transaction was committed."""


@dataclass(slots=True)
class _Entry:
    steps: Sequence[Step]
    positions: Positions
    done: asyncio.Future[None] = field(default_factory=asyncio.Future)


class Ledger:
    """The one writer of `tidegate.deliveries` while its notifier is at work."""

    def __init__(
        self, writer: Writer, book: Book, partitions: int, committed: Committed, meter: Meter
    ) -> None:
        self._writer = writer
        self._book = book
        self._partitions = partitions
        self._committed = committed
        self._meter = meter
        self._entries: asyncio.Queue[_Entry] = asyncio.Queue(WAITING_MOST)
        self._carried_at = 0.0

    async def write(self, steps: Sequence[Step], positions: Positions | None = None) -> None:
        """Return once the steps, and the positions that led to them, are committed together."""
        entry = _Entry(steps, positions or {})
        await self._entries.put(entry)
        await entry.done

    async def run(self) -> None:
        """Write until cancelled.

        Raises:
            Exception: a transaction failed, or another notifier has taken over: what is in memory
                is not to be relied on, begin again from the topics.
        """
        while True:
            entries = [await self._entries.get()]
            steps = len(entries[0].steps)
            while steps < STEPS_MOST and not self._entries.empty():
                entries.append(self._entries.get_nowait())
                steps += len(entries[-1].steps)
            await self._transact(entries)

    async def _transact(self, entries: Sequence[_Entry]) -> None:
        """Write one transaction.

        Contract:
            1. The steps, the positions of what was read, and the mark from before the steps go
               into one transaction. The mark may be too low by these steps, never too high.
            2. Only when it is committed, the book and the lanes learn of it.
            3. Whoever waits for it goes on.
        """
        began = time.monotonic()
        steps = [step for entry in entries for step in entry.steps]
        if began - self._carried_at > CARRY_SECONDS:
            # First: what is told of them now must stand behind, and win.
            steps = [*self._book.carried(), *steps]
            self._carried_at = began
        outputs = [
            Output(DELIVERIES_TOPIC, self._owner(step.key), step.key, canonical(step.record))
            for step in steps
        ]
        positions = {(DELIVERIES_TOPIC, p): mark for p, mark in self._book.marks().items()}
        for entry in entries:
            positions.update(entry.positions)
        await self._writer.commit(outputs, int(time.time() * 1000), positions)  # 1.
        offsets = self._offsets(outputs)
        for step, output, offset in zip(steps, outputs, offsets, strict=True):  # 2.
            parcel = self._book.apply(output.partition, offset, step.key, step.record, output.value)
            self._committed(step, parcel)
        self._meter.committed(len(steps), time.monotonic() - began)
        for entry in entries:  # 3.
            if not entry.done.done():
                entry.done.set_result(None)

    def _owner(self, key: bytes) -> int:
        return partition_for(key, self._partitions)

    def _offsets(self, outputs: Sequence[Output]) -> list[int | None]:
        """Return where each record lies: nobody else writes here, so they follow each other."""
        behind: dict[int, int] = {}
        found: list[int | None] = []
        for output in reversed(outputs):
            number = behind.get(output.partition, 0)
            behind[output.partition] = number + 1
            last = self._writer.last_offset(DELIVERIES_TOPIC, output.partition)
            found.append(None if last is None else last - number)
        return found[::-1]
