"""What is open, and from where on the topic of deliveries must be read to know it again.

Every record is a whole state, so nothing before the oldest record that still counts is needed. That
offset, the mark, is committed for the group; a start reads from there. What would hold the mark
back for long (an endpoint that is dead for a day) is written again further on, so that a start
reads some tens of thousands of records, however many millions were finished.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from tidegate.events.delivery import Delivery, EndpointState
from tidegate.notify.parcel import Parcel, Step

READ_AGAIN_RECORDS = 20_000
"""Records beyond those that count, in a partition, that a start may have to read."""
READ_AGAIN_FACTOR = 4
"""And this many for each that counts: what is rewritten must be worth its while."""
CARRIED_RECORDS = 1000
"""Written again at a time."""


class Book:
    """Open deliveries and disabled endpoints, as committed."""

    def __init__(self, partitions: int) -> None:
        self.parcels: dict[str, Parcel] = {}
        self.disabled: dict[str, EndpointState] = {}
        # By partition, oldest record first: what counts, its key, and the offset of its record.
        self._counting: list[OrderedDict[str, tuple[bytes, int]]] = [
            OrderedDict() for _ in range(partitions)
        ]
        self._ends = [0] * partitions

    def begin(self, partition: int, offset: int) -> None:
        """Note from where a partition is read."""
        self._ends[partition] = max(self._ends[partition], offset)

    def apply(
        self,
        partition: int,
        offset: int | None,
        key: bytes,
        record: Delivery | EndpointState,
        value: bytes | None = None,
    ) -> Parcel | None:
        """Take in a committed record; return the parcel where the delivery is open.

        `offset` is None where the broker did not say; it then counts as the end known so far,
        which is not above the truth.
        """
        at = self._ends[partition] if offset is None else offset
        self._ends[partition] = max(self._ends[partition], at + (offset is not None))
        counting = self._counting[partition]
        parcel = None
        if isinstance(record, EndpointState):
            name, counts = f"endpoint {record.endpoint}", record.disabled
            if counts:
                self.disabled[record.endpoint] = record
            else:
                self.disabled.pop(record.endpoint, None)
        else:
            name, counts = record.delivery_id, record.status.open
            if counts:
                parcel = self.parcels[name] = Parcel.of(key, record, value)
            else:
                self.parcels.pop(name, None)
        if counts:
            counting[name] = key, at
            counting.move_to_end(name)
        else:
            counting.pop(name, None)
        return parcel

    def marks(self) -> dict[int, int]:
        """Return, by partition, from where on everything that counts is found."""
        marks = {}
        for partition, counting in enumerate(self._counting):
            oldest = next(iter(counting.values()), None)
            marks[partition] = self._ends[partition] if oldest is None else oldest[1]
        return marks

    def carried(self) -> Iterator[Step]:
        """Yield what is to be written again, so that a start need not read from so far back."""
        for partition, mark in self.marks().items():
            counting = self._counting[partition]
            bound = READ_AGAIN_RECORDS + READ_AGAIN_FACTOR * len(counting)
            if self._ends[partition] - mark <= bound:
                continue
            for number, (name, (key, _offset)) in enumerate(counting.items()):
                if number == CARRIED_RECORDS:
                    break
                if (parcel := self.parcels.get(name)) is not None:
                    yield Step(key, parcel.delivery())
                else:
                    yield Step(key, self.disabled[name.removeprefix("endpoint ")])
