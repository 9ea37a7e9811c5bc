"""Do the transactions of one unit again, as the journal names them. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tidegate.agents.book import Book
from tidegate.agents.concern import Concern, Walk
from tidegate.agents.replay.entry import Entry
from tidegate.agents.shelf import Shelf
from tidegate.agents.shipment_state import PREFIX
from tidegate.agents.tables_state import TABLES_KEY, TablesState
from tidegate.agents.topics import CONTROL
from tidegate.events.control import TablesControl
from tidegate.measures.errors import PackError
from tidegate.measures.tables import Tables
from tidegate.runtime.intake import Batch
from tidegate.runtime.memory import EveryTopic, MemoryUnit
from tidegate.runtime.record import Output, Record
from tidegate.runtime.spec import AgentSpec, Limits, Unit
from tidegate.runtime.transaction import Transaction

_ALL = 1 << 30
"""A transaction takes all that the journal names, whatever the limits are today."""


class HistoryGap(Exception):
    """The journal does not tell all: what came between cannot be done again."""


class _RecordedWalk(Walk):
    """A walk that comes as far as the journal says, wherever a restart made it begin anew."""

    entry: Entry | None = None

    def chunk(
        self, transaction: Transaction, state: TablesState, book: Book, limit: int
    ) -> tuple[list[str], str | None]:
        entry = self.entry
        assert entry is not None
        if not entry.told_reached:
            return super().chunk(transaction, state, book, limit)
        assert state.cursor is not None
        keys = self.keys(state, book)
        if keys is None:
            keys = transaction.keys_after(state.cursor, PREFIX, _ALL)
        end = entry.reached
        return [k for k in keys if k > state.cursor and (end is None or k <= end)], end


class _RecordedConcern(Concern):
    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf)
        self.recorded = _RecordedWalk(self)

    def walk(self) -> Walk:
        return self.recorded


class Rerun:
    """One partition of one agent, done again.

    Args:
        agent: Its name: `screening` or `licensing`.
        partition: Which.
        partitions: How many the topics have.
        made: Makes the agents, with the deployment's settings.
        tables: Returns a table version by name, as the engine of today reads it; raises
            `PackError` where it cannot.
        limits: The deployment's.
    """

    def __init__(
        self,
        agent: str,
        partition: int,
        partitions: int,
        made: Callable[[Shelf, Concern], Sequence[AgentSpec]],
        tables: Callable[[str], Tables],
        limits: Limits,
    ) -> None:
        self._tables = tables
        self._shelf = Shelf()
        concern = _RecordedConcern(self._shelf)
        self._walk = concern.recorded
        specs = made(self._shelf, concern)
        self._unit = MemoryUnit(
            next(spec for spec in specs if spec.name == agent),
            Unit(agent, partition),
            EveryTopic(partitions),
            replace(limits, records=_ALL),
        )

    @property
    def state(self) -> Mapping[str, bytes]:
        """Return the state after the last transaction."""
        return dict(self._unit.store.items())

    def restore(self, state: Mapping[str, bytes], entry: Entry) -> None:
        """Go on from a state, and the transaction that left it."""
        self._unit.restore(state, entry.clock)
        current = state.get(TABLES_KEY)
        if current is not None:
            tables = TablesState.model_validate_json(current)
            for version in (tables.before, tables.version):
                if version is not None:
                    self._build(version)

    def turn(self, entry: Entry, records: Mapping[str, Sequence[Record]]) -> Sequence[Output]:
        """Do a transaction again and return what it writes.

        Args:
            entry: What the journal says of it.
            records: By topic, those of its ranges.
        """
        for control in records.get(CONTROL, ()):
            self._prepare(control)
        for topic, start, end in entry.inputs:
            lane = self._unit.intake.lanes[topic]
            lane.restart(0, start)
            taken = list(records[topic])
            lane.accept(Batch(topic, entry.partition, 0, start, end, taken))
        self._walk.entry = entry
        self._unit.number = entry.number - 1
        written = self._unit.turn(entry.clock)
        if self._unit.intake.waiting:
            raise HistoryGap(
                f"partition {entry.partition}, transaction {entry.number}: records were taken that"
                " cannot be taken now"
            )
        return written or ()

    def _prepare(self, record: Record) -> None:
        """Build the version that a control record switches to."""
        try:
            control = TablesControl.model_validate_json(record.value or b"")
        except ValueError:
            return  # of another kind, or none: the agent says so
        self._build(control.version)

    def _build(self, version: str) -> None:
        if self._shelf.built(version) is None:
            try:
                self._shelf.put(self._tables(version))
            except PackError as error:
                self._shelf.refuse(version, str(error))
