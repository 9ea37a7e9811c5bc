"""What an agent must offer to be run by a unit: pure reactions to records, timers and walks.

A processor owns the meaning of one unit's state (agent, partition). It reads and writes only
through the `Transaction` that it is handed; what it keeps in its own memory (indexes, heaps,
counts) is derived from committed state, in `restored` and `applied`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from tidegate.runtime.record import Record
from tidegate.runtime.transaction import Transaction

Changes = Mapping[str, bytes | None]
"""State keys written by a committed transaction; None is a deletion."""


class Refused(Exception):
    """The record cannot be processed: `field` and `reason` go to the dead letters with it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


class Processor(Protocol):
    """One agent on one partition."""

    def restored(self, state: Iterable[tuple[str, bytes]]) -> None:
        """Rebuild derived memory, before the first transaction; called with portions of the state.

        Each value comes as its agent's `AgentSpec.head` left it: by default whole.
        """

    def ready(self, record: Record) -> bool:
        """Say whether this record can be taken now.

        False keeps the record (and what is behind it in its topic) waiting while other topics go
        on: a table switch waits so for its tables to be built.
        """

    def take(self, transaction: Transaction, record: Record) -> None:
        """React to one input record.

        Raises:
            Refused: the record becomes a dead letter; what it wrote before is undone. Any other
                exception does the same, under the reason 'internal error'.
        """

    def due(self) -> datetime | None:
        """Return when the next timer fires, from committed state; None when there is none."""

    def fire(self, transaction: Transaction, limit: int) -> int:
        """Fire up to `limit` timers due at the clock, oldest first; return how many."""

    def walking(self) -> bool:
        """Say whether a walk over the state (a table switch, a fan-out) is under way."""

    def walk(self, transaction: Transaction, limit: int) -> int:
        """Take the next chunk of the walk, at most `limit` keys; return how many."""

    def applied(self, changes: Changes, clock: datetime) -> None:
        """Learn what a transaction committed; called once for each, after the commit."""
