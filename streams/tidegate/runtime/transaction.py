"""Collect what one transaction reads and writes, until the runtime commits it or throws it away.

Writes go to an overlay: the unit's store is touched only after the commit, so an abort needs no
undoing. A savepoint does the same for a single record, so that a poison record leaves nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from tidegate.runtime.partitioner import partition_for
from tidegate.runtime.record import Headers, Output


class Store(Protocol):
    """Committed state of one unit: keys to bytes."""

    def get(self, key: str) -> bytes | None: ...

    def keys_after(self, cursor: str, prefix: str, limit: int) -> list[str]:
        """Return up to `limit` keys that start with `prefix` and sort after `cursor`, in order."""


class TooLarge(ValueError):
    """A value is larger than the broker takes; the record that led to it is a dead letter."""


class Transaction:
    """One transaction of one unit, as its processor sees it.

    Attributes:
        agent: Name of the unit's agent.
        partition: The unit's partition number.
        clock: The partition's clock: the instant at which everything in here is decided. UTC.
        number: Counts this unit's transactions from 1, over restarts.
        reached: The key up to which a walk over the state came; None where it is done, or none is
            under way. The journal names it, as nothing else would.
        counts: What happened, by metric name and label; published only after the commit.
    """

    def __init__(
        self,
        *,
        agent: str,
        partition: int,
        clock: datetime,
        number: int,
        store: Store,
        partitions: Mapping[str, int],
        largest: int = 900_000,
    ) -> None:
        self.agent = agent
        self.partition = partition
        self.clock = clock
        self.number = number
        self.reached: str | None = None
        self.counts: Counter[tuple[str, str]] = Counter()
        self.observed: list[tuple[str, float]] = []
        self.changes: dict[str, bytes | None] = {}
        self.outputs: list[Output] = []
        self._store = store
        self._partitions = partitions
        self._largest = largest
        self._mark: tuple[dict[str, bytes | None], int, list[tuple[str, str, int]], int] | None = (
            None
        )

    def get(self, key: str) -> bytes | None:
        """Return the value under `key` as this transaction sees it."""
        if key in self.changes:
            return self.changes[key]
        return self._store.get(key)

    def put(self, key: str, value: bytes | None) -> None:
        """Write `value` under `key`; None deletes it.

        Raises:
            TooLarge: the changelog could not hold the value.
        """
        if value is not None and len(value) > self._largest:
            raise TooLarge(f"state {key!r} has {len(value)} bytes")
        if self._mark is not None and key not in self._mark[0]:
            self._mark[0][key] = self.changes.get(key, _ABSENT)
        self.changes[key] = value

    def keys_after(self, cursor: str, prefix: str, limit: int) -> list[str]:
        """Return up to `limit` keys with `prefix` after `cursor`, in order, as seen in here.

        What this transaction wrote is seen, or a claim and a change of its license in one
        transaction would miss each other.
        """
        committed = self._store.keys_after(cursor, prefix, limit + len(self.changes))
        written = (key for key in self.changes if key > cursor and key.startswith(prefix))
        kept = {key for key in (*committed, *written) if self.get(key) is not None}
        return sorted(kept)[:limit]

    def emit(
        self,
        topic: str,
        key: str | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None:
        """Write a record to `topic`, by default to the partition that owns `key`.

        Raises:
            KeyError: the topic is not among the deployment's topics.
            TooLarge: the broker would refuse the value.
        """
        if value is not None and len(value) > self._largest:
            raise TooLarge(f"record {key!r} for {topic} has {len(value)} bytes")
        key_bytes = None if key is None else key.encode()
        if partition is None:
            partition = partition_for(key_bytes or b"", self._partitions[topic])
        self.outputs.append(Output(topic, partition, key_bytes, value, headers))

    def partitions(self, topic: str) -> int:
        """Return how many partitions `topic` has."""
        return self._partitions[topic]

    def count(self, metric: str, label: str = "", amount: int = 1) -> None:
        """Add to a counter that becomes visible when this transaction commits."""
        self.counts[metric, label] += amount
        if self._mark is not None:
            self._mark[2].append((metric, label, amount))

    def observe(self, metric: str, value: float) -> None:
        """Note a measurement (base unit) that becomes visible when this transaction commits."""
        self.observed.append((metric, value))

    def begin_record(self) -> None:
        """Set a savepoint before one record."""
        self._mark = ({}, len(self.outputs), [], len(self.observed))

    def end_record(self) -> None:
        """Keep what the record wrote."""
        self._mark = None

    def undo_record(self) -> None:
        """Take back everything since the savepoint."""
        assert self._mark is not None
        before, outputs, counted, observed = self._mark
        for key, value in before.items():
            if value is _ABSENT:
                del self.changes[key]
            else:
                self.changes[key] = value
        del self.outputs[outputs:]
        del self.observed[observed:]
        for metric, label, amount in counted:
            self.counts[metric, label] -= amount
            if not self.counts[metric, label]:
                del self.counts[metric, label]
        self._mark = None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Take back what was written inside where an exception leaves it; the rest stays.

        For timers and walks as well as within a record: what a processor tries here may fail
        without the whole transaction, or the whole record, failing with it.
        """
        outer = self._mark
        self.begin_record()
        inner = self._mark
        assert inner is not None
        try:
            yield
        except BaseException:
            self.undo_record()
            raise
        else:
            if outer is not None:
                for key, value in inner[0].items():
                    outer[0].setdefault(key, value)
                outer[2].extend(inner[2])
        finally:
            self._mark = outer


_ABSENT: bytes = b"\x00absent"
"""Marks a key that the transaction had not written before the savepoint; compared by identity."""
