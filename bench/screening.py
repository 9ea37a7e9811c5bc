"""The engine as a worker's screening agent runs it, on one partition, for whoever drives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from tidegate.agents.desk import Desk
from tidegate.agents.screening import ScreeningProcessor
from tidegate.agents.shelf import Shelf
from tidegate.agents.topics import CONTROL, SHIPMENTS
from tidegate.events.codec import canonical
from tidegate.events.control import TablesControl
from tidegate.measures.tables import Tables
from tidegate.runtime.record import Headers, Record
from tidegate.runtime.transaction import Store, Transaction


class EveryTopic(Mapping[str, int]):
    """Partition counts where every topic has the same."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions

    def __getitem__(self, topic: str) -> int:
        return self._partitions

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Screening:
    """A screening processor on a store, with tables; the caller writes what a transaction holds."""

    def __init__(self, tables: Tables, store: Store, partition: int = 0, of: int = 1) -> None:
        shelf = Shelf()
        shelf.put(tables)
        self._processor = ScreeningProcessor(partition, shelf, Desk())
        self._partition = partition
        self._store = store
        self._topics = EveryTopic(of)
        self._number = 0

    def switched(self, version: str) -> Transaction:
        """Return the transaction in which the processor takes its tables."""
        transaction = self.begin()
        control = canonical(TablesControl(version=version, published_at=transaction.clock))
        self._processor.take(transaction, Record(CONTROL, self._partition, 0, 0, None, control))
        return transaction

    def begin(self) -> Transaction:
        """Return a new transaction, at this machine's instant."""
        self._number += 1
        return Transaction(
            agent="screening",
            partition=self._partition,
            clock=datetime.now(UTC),
            number=self._number,
            store=self._store,
            partitions=self._topics,
        )

    def take(
        self,
        transaction: Transaction,
        key: bytes | None,
        value: bytes,
        offset: int = 0,
        headers: Headers = (),
    ) -> None:
        """Decide about one shipment's event."""
        now_ms = int(transaction.clock.timestamp() * 1000)
        record = Record(SHIPMENTS, self._partition, offset, now_ms, key, value, headers)
        self._processor.take(transaction, record)

    def applied(self, transaction: Transaction) -> None:
        """Learn what a transaction has written."""
        self._processor.applied(transaction.changes, transaction.clock)
