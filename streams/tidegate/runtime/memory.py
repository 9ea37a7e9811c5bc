"""Run agents without Kafka: the same processors, transactions and order, topics as lists.

`tidegate check` decides with it, and tests do. Time is handed in: `run` first lets every timer
that comes due on the way fire at its own instant, in order over all units, with whatever follows
from it; only then are the records appended since the last run taken, at the clock given.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tidegate.runtime.clock import PartitionClock
from tidegate.runtime.intake import Batch, Intake
from tidegate.runtime.partitioner import partition_for
from tidegate.runtime.record import Headers, Output, Record
from tidegate.runtime.spec import AgentSpec, Limits, Unit
from tidegate.runtime.store import MemoryStore
from tidegate.runtime.transaction import Transaction
from tidegate.runtime.turn import Turn


class EveryTopic(Mapping[str, int]):
    """Partition counts where each topic has the same."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions

    def __getitem__(self, topic: str) -> int:
        return self._partitions

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class MemoryUnit:
    """One partition of one agent, with its state in memory. Records are put into its intake."""

    def __init__(self, spec: AgentSpec, unit: Unit, topics: EveryTopic, limits: Limits) -> None:
        self.spec = spec
        self.unit = unit
        self.store = MemoryStore()
        self.intake = Intake(spec.inputs)
        self.clock = PartitionClock()
        self.number = 0
        self.processor = spec.processor(unit.partition)
        self.processor.restored(())
        self._topics = topics
        self._limits = limits

    def restore(self, state: Mapping[str, bytes], clock: datetime) -> None:
        """Go on from a committed state, and the clock of the transaction that left it."""
        self.store = MemoryStore(state.items())
        self.clock = PartitionClock(clock)
        self.restart()

    def restart(self) -> None:
        """Begin with a new processor that knows nothing but the state, as after a crash."""
        head = self.spec.head
        heads = ((key, head(key, value)) for key, value in self.store.items())
        self.processor = self.spec.processor(self.unit.partition)
        self.processor.restored((key, line) for key, line in heads if line is not None)

    def turn(self, now: datetime) -> list[Output] | None:
        """Run one transaction and return what it wrote; None: there was nothing to do."""
        transaction = Transaction(
            agent=self.unit.agent,
            partition=self.unit.partition,
            clock=self.clock.read(now),
            number=self.number + 1,
            store=self.store,
            partitions=self._topics,
            largest=self._limits.record_bytes,
        )
        turn = Turn(self.spec, self.processor, transaction, self.intake, self._limits)
        for _ in turn.steps():
            pass
        if turn.empty:
            return None
        self.number = transaction.number
        self.clock.advance(transaction.clock)
        self.store.apply(transaction.changes)
        self.processor.applied(transaction.changes, transaction.clock)
        return [*transaction.outputs, turn.journal()]


class MemoryRuntime:
    """All units of some agents, in one process, one after the other, in a fixed order."""

    def __init__(
        self, specs: Sequence[AgentSpec], partitions: int = 1, limits: Limits | None = None
    ) -> None:
        self._topics = EveryTopic(partitions)
        self._partitions = partitions
        self.units = [
            MemoryUnit(spec, Unit(spec.name, partition), self._topics, limits or Limits())
            for spec in specs
            for partition in range(partitions)
        ]
        self._readers: dict[tuple[str, int], list[MemoryUnit]] = defaultdict(list)
        for unit in self.units:
            for topic in unit.spec.inputs:
                self._readers[topic, unit.unit.partition].append(unit)
        self._ends: Counter[tuple[str, int]] = Counter()
        self._order: dict[str, list[Record]] = defaultdict(list)
        self._written: list[Record] = []
        self._staged: list[tuple[str, str | None, bytes | None, Headers, int | None]] = []

    def append(
        self,
        topic: str,
        key: str | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None:
        """Hand in a record; the next `run` takes it."""
        self._staged.append((topic, key, value, headers, partition))

    def run(self, clock: datetime) -> None:
        """Move time to `clock` and do all there is to do, until nothing more follows."""
        while (due := self._earliest()) is not None and due < clock:
            if not self._settle(due):
                break  # the processor names a timer and fires none: leave it to `clock`
        self._settle(clock)
        staged, self._staged = self._staged, []
        for topic, key, value, headers, partition in staged:
            key_bytes = None if key is None else key.encode()
            if partition is None:
                partition = partition_for(key_bytes or b"", self._partitions)
            self._write(Output(topic, partition, key_bytes, value, headers), clock)
        self._settle(clock)

    def outputs(self, topic: str) -> list[Record]:
        """Return all records ever written to `topic`, in the order of writing."""
        return list(self._order[topic])

    def drained(self) -> list[Record]:
        """Return all records of all topics, in the order of writing, and forget them.

        For histories that are too long to be kept. A transaction's journal record follows what it
        wrote.
        """
        written, self._written = self._written, []
        self._order.clear()
        return written

    def state(self, agent: str, partition: int = 0) -> dict[str, bytes]:
        """Return a unit's committed state."""
        for unit in self.units:
            if unit.unit == Unit(agent, partition):
                return dict(unit.store.items())
        raise KeyError(agent)

    def _earliest(self) -> datetime | None:
        dues = [due for unit in self.units if (due := unit.processor.due()) is not None]
        return min(dues, default=None)

    def _settle(self, clock: datetime) -> bool:
        """Run units round robin until none has anything to do; say whether any had."""
        moved = False
        busy = True
        while busy:
            busy = False
            for unit in self.units:
                written = unit.turn(clock)
                if written is not None:
                    busy = moved = True
                    for output in written:
                        self._write(output, unit.clock.last)
        return moved

    def _write(self, output: Output, clock: datetime) -> None:
        place = output.topic, output.partition
        offset = self._ends[place]
        self._ends[place] += 1
        record = Record(
            topic=output.topic,
            partition=output.partition,
            offset=offset,
            timestamp_ms=int(clock.timestamp() * 1000),
            key=output.key,
            value=output.value,
            headers=output.headers,
        )
        self._written.append(record)
        self._order[output.topic].append(record)
        for unit in self._readers.get(place, ()):
            unit.intake.accept(
                Batch(output.topic, output.partition, 0, offset, offset + 1, [record])
            )
