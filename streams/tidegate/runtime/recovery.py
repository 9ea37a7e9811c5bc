"""Replay one unit's changelog into a store: the state, the positions, the clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import time
from typing import Any, Protocol

from aiokafka.structs import TopicPartition

from tidegate.runtime.clients import let_go, reader
from tidegate.runtime.clock import EPOCH
from tidegate.runtime.spec import META_KEY, RuntimeConfig
from tidegate.runtime.state_folder import Mark

_META_KEY = META_KEY.encode()
_RECORDS_AT_ONCE = 2000
BELIEVED_SECONDS = 12 * 3600.0
"""A store that others have written past since is replayed from its mark for so long after closing.

Compaction drops deletions after `delete.retention.ms` (a day, unless a broker is told otherwise):
a store that missed one would keep for good what others have deleted.
"""
_ALONE = 2
"""From a mark's own meta record to the end, where nobody wrote since: it, and the commit marker."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What a unit keeps about itself, written with its state in each transaction."""

    positions: Mapping[str, int] = field(default_factory=dict)
    """Next offset by logical input topic."""
    clock: datetime = EPOCH
    number: int = 0
    """Of the last transaction."""
    lineage: str = ""
    """Name of this history, drawn at its first transaction: another topic has another one."""
    format: int = 0
    """Of the agent's values in this history; 0: from before they were numbered."""

    def encode(self) -> bytes:
        value = {
            "positions": self.positions,
            "clock": self.clock.isoformat(),
            "number": self.number,
            "lineage": self.lineage,
            "format": self.format,
        }
        return json.dumps(value, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, value: bytes) -> Meta:
        fields = json.loads(value)
        clock = datetime.fromisoformat(fields["clock"])
        lineage, kind = fields.get("lineage", ""), fields.get("format", 0)
        return cls(fields["positions"], clock, fields["number"], lineage, kind)


class OtherFormat(Exception):
    """A unit's state was written by a version that keeps it otherwise: the text says what to do."""

    def __init__(self, unit: object, found: int, known: int) -> None:
        which = "a later" if found > known else "an earlier"
        cure = "Run that version or one after it" if found > known else "Rebuild it from the inputs"
        super().__init__(
            f"{unit}: {which} version of Tidegate wrote its state: format {found}, this one knows"
            f" {known}. {cure}: see docs/how-to/upgrade.md"
        )


class Unbelievable(Exception):
    """A store's mark does not fit the changelog: the text says why."""


class Applied(Protocol):
    """Where a replay goes."""

    def apply(self, changes: Mapping[str, bytes | None]) -> None:
        """Write values; None deletes."""


@dataclass(slots=True)
class Replayed:
    """What a replay found."""

    meta: Meta = field(default_factory=Meta)
    offset: int | None = None
    """Of the last meta record."""
    records: int = 0


async def replay(
    config: RuntimeConfig,
    changelog: str,
    partition: int,
    store: Applied,
    progress: Callable[[], None],
    mark: Mark | None = None,
) -> Replayed:
    """Read a changelog partition to its end; call it after the unit's producer has fenced.

    Args:
        store: Where the state goes; what it holds up to `mark` is left as it is.
        progress: Called with every portion read, for the watchdog: a long replay is not a
            standstill.
        mark: Where the store stands; None reads from the beginning.

    Raises:
        Unbelievable: the changelog is not the one that the mark speaks of, or has moved on too far.
        aiokafka.errors.KafkaError: the broker cannot be reached or refuses.
    """
    place = TopicPartition(config.physical(changelog), partition)
    consumer = reader(
        config,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=4 << 20,
    )
    found = Replayed()
    try:
        await consumer.start()
        consumer.assign([place])
        # Committed data ends here for good: the last owner is fenced and its transaction ended.
        end = (await consumer.end_offsets([place]))[place]
        if mark is None:
            await consumer.seek_to_beginning(place)
        else:
            _check_place(mark, (await consumer.beginning_offsets([place]))[place], end)
            consumer.seek(place, mark.offset)
        while await consumer.position(place) < end:
            batches = await consumer.getmany(place, timeout_ms=200, max_records=_RECORDS_AT_ONCE)
            _take(batches.get(place, ()), store, found, mark)
            progress()
            await asyncio.sleep(0)
    finally:
        await let_go(consumer)
    if mark is not None and found.offset is None:
        raise Unbelievable("its transaction is not there")
    return found


def _take(records: Any, store: Applied, found: Replayed, mark: Mark | None) -> None:
    changes: dict[str, bytes | None] = {}
    for record in records:
        if record.key == _META_KEY:
            meta = Meta.decode(record.value)
            if mark is not None:
                _check_meta(mark, meta, record.offset)
            found.meta, found.offset = meta, record.offset
        else:
            changes[record.key.decode()] = record.value
            if mark is not None and record.offset == mark.offset:
                raise Unbelievable("another record lies where its transaction should end")
    found.records += len(records)
    if changes:
        store.apply(changes)


def _check_place(mark: Mark, begin: int, end: int) -> None:
    if not begin <= mark.offset < end:
        raise Unbelievable(f"it stands at {mark.offset}, the changelog is {begin} to {end}")
    age = time() - mark.closed_at
    if not 0 <= age <= BELIEVED_SECONDS and end - mark.offset > _ALONE:
        raise Unbelievable(f"it was closed {age:.0f} s ago, and others have written since")


def _check_meta(mark: Mark, meta: Meta, offset: int) -> None:
    if meta.lineage != mark.lineage:
        raise Unbelievable("the changelog is of another history")
    if meta.number < mark.number or (offset == mark.offset) != (meta.number == mark.number):
        raise Unbelievable(f"transaction {meta.number} lies where {mark.number} should")
