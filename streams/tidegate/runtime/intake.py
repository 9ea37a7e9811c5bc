"""Hold one unit's fetched batches, topic by topic, and accept only what follows without a gap.

A batch says under which seek it was fetched and from where to where. Faust and aiokafka drop
fetched records on a rebalance after the position has moved; taking only unbroken chains turns
such a loss into a new seek.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.runtime.record import Record


@dataclass(slots=True)
class Batch:
    """Records of one partition, as fetched in one go.

    It covers all offsets from `start` to before `end`; those without a record belong to markers,
    aborted transactions or compacted keys.
    """

    topic: str
    """Logical name."""
    partition: int
    seek: int
    """Number of the seek that this fetch follows."""
    start: int
    end: int
    records: list[Record] = field(default_factory=list)
    out_of_range: bool = False
    """The broker no longer has (or does not yet have) the offset `start`."""


class Lane:
    """One input topic of one unit."""

    __slots__ = ("_batches", "_index", "end", "position", "seek", "topic", "waiting")

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.position = 0
        """Offset of the next record to take."""
        self.end = 0
        """Offset up to which batches were accepted."""
        self.seek = 0
        """Number of the seek whose batches are accepted; 0: none."""
        self.waiting = 0
        self._batches: deque[Batch] = deque()
        self._index = 0

    def restart(self, seek: int, position: int) -> None:
        """Drop what waits and begin anew at `position`, under the number `seek`."""
        self._batches.clear()
        self._index = 0
        self.waiting = 0
        self.seek = seek
        self.position = self.end = position

    def accept(self, batch: Batch) -> bool:
        """Queue `batch`; False: there is a gap before it, and the unit must seek again."""
        if batch.seek != self.seek:
            return True  # left over from an earlier seek
        if batch.start != self.end:
            return False
        self.end = batch.end
        if batch.records:
            self._batches.append(batch)
            self.waiting += len(batch.records)
        elif not self._batches:
            self.position = batch.end
        return True

    def peek(self) -> Record | None:
        """Return the next record, or None."""
        if not self._batches:
            return None
        return self._batches[0].records[self._index]

    def advance(self) -> None:
        """Step over the record that `peek` returned."""
        batch = self._batches[0]
        self._index += 1
        self.waiting -= 1
        if self._index < len(batch.records):
            self.position = batch.records[self._index - 1].offset + 1
        else:
            self._batches.popleft()
            self._index = 0
            # Markers after the last record are passed only when nothing waits behind them.
            self.position = self._batches[0].start if self._batches else self.end


class Intake:
    """All input topics of one unit, most urgent first."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.lanes = {topic: Lane(topic) for topic in topics}

    def restart(self, seek: int, positions: Mapping[str, int]) -> None:
        """Begin anew in every topic."""
        for topic, lane in self.lanes.items():
            lane.restart(seek, positions[topic])

    def accept(self, batch: Batch) -> bool:
        return self.lanes[batch.topic].accept(batch)

    def positions(self) -> dict[str, int]:
        return {topic: lane.position for topic, lane in self.lanes.items()}

    @property
    def waiting(self) -> int:
        return sum(lane.waiting for lane in self.lanes.values())
