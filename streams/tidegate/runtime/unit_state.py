"""Open a unit's state before its first transaction, keep it with each, and close it in order."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from time import time

from tidegate.runtime.disk_store import DiskStore, StoreFailed
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.processor import Processor
from tidegate.runtime.record import Output
from tidegate.runtime.recovery import Meta, OtherFormat, Replayed, Unbelievable, replay
from tidegate.runtime.spec import META_KEY, AgentSpec, RuntimeConfig, Unit
from tidegate.runtime.state_folder import Mark, StateFolder
from tidegate.runtime.store import MemoryStore

_RESTORED_AT_ONCE = 2000
"""Values that a processor learns before the event loop gets its turn."""

log = logging.getLogger(__name__)


class UnitState:
    """One unit's committed state, in memory or on disk as the configuration says.

    Contract:
        1. `open` leaves the state as the changelog has it. A folder on disk is believed only with
           the mark of an orderly close that fits the changelog; else it is wiped.
        2. `commit` follows a committed transaction, and nothing else writes.
        3. `close` marks the folder, unless the database has failed or was never whole.
    """

    def __init__(self, config: RuntimeConfig, unit: Unit, spec: AgentSpec) -> None:
        self.meta = Meta()
        """Of the last transaction applied."""
        self.from_disk = False
        """What was on disk was believed, and only the rest was replayed."""
        self.replayed = 0
        """Records read from the changelog."""
        self._config = config
        self._unit = unit
        self._spec = spec
        self._cluster = ""
        self._trusted = True
        self._mark: Mark | None = None
        self._opened = False
        self._folder: StateFolder | None = None
        self.store: MemoryStore | DiskStore = MemoryStore()

    async def open(self, offsets: Offsets, progress: Callable[[], None]) -> None:
        """Read what is on disk, and from the changelog what is not; after fencing.

        Raises:
            OtherFormat: the state is not of the format that the agent keeps.
            FolderLocked: the unit's folder is in use.
            StoreFailed: no database can be opened, read or written there.
            aiokafka.errors.KafkaError: the broker cannot be reached or refuses.
        """
        config, mark = self._config, None
        if config.state_dir is not None:
            self._cluster = await offsets.cluster_id()
            folder = StateFolder(config.state_dir / str(self._unit), self._spec.head)
            mark = await asyncio.to_thread(folder.open)
            self._folder, self.store = folder, folder.store
        found = None
        if mark is not None:
            # Applying a part of the rest again changes nothing: until it is whole, this mark holds.
            self._mark = mark
            found = await self._rest(mark, progress)
        if found is None:
            self._mark = None
            found = await self._replay(None, progress)
        known = self._spec.state_format
        if found.offset is not None and found.meta.format != known:
            raise OtherFormat(self._unit, found.meta.format, known)
        self.from_disk = mark is not None and self._mark is mark
        self._opened = True
        lineage = found.meta.lineage or secrets.token_hex(8)
        self.meta = replace(found.meta, lineage=lineage, format=known)
        self.replayed = found.records
        self._note(found.offset)

    async def restore(self, processor: Processor, progress: Callable[[], None]) -> int:
        """Let a new processor learn the state; return how many values it was given.

        Raises:
            StoreFailed: the database cannot be read.
        """
        heads, keys = iter(self._heads()), 0
        while portion := list(islice(heads, _RESTORED_AT_ONCE)):
            processor.restored(portion)
            keys += len(portion)
            progress()
            await asyncio.sleep(0)
        return keys

    def _heads(self) -> Iterable[tuple[str, bytes]]:
        if isinstance(self.store, DiskStore):
            return self.store.heads()
        head = self._spec.head
        items = self.store.items()
        return ((k, line) for k, value in items if (line := head(k, value)) is not None)

    def records(self, changes: Mapping[str, bytes | None], meta: Meta) -> list[Output]:
        """Return a transaction's changelog: its values, then its meta record."""
        topic, partition = self._spec.changelog, self._unit.partition
        values = [Output(topic, partition, key.encode(), value) for key, value in changes.items()]
        return [*values, Output(topic, partition, META_KEY.encode(), meta.encode())]

    def commit(self, changes: Mapping[str, bytes | None], meta: Meta, offset: int | None) -> None:
        """Apply a committed transaction.

        Args:
            changes: Its values; None deletes.
            meta: Its meta record.
            offset: Where that lies in the changelog; None where the broker's answer got lost. The
                mark then stays behind, and a little more is replayed.

        Raises:
            StoreFailed: the database cannot be written.
        """
        try:
            self.store.apply(changes)
        except StoreFailed:
            self.distrust()
            raise
        self.meta = meta
        self._note(offset)

    def distrust(self) -> None:
        """Have the folder wiped at the next opening."""
        self._trusted = False

    async def close(self) -> None:
        """Give the folder back, in order."""
        folder, self._folder = self._folder, None
        if folder is None:
            return
        mark = self._mark if self._trusted else None
        if mark is not None and self._opened:
            mark = replace(mark, closed_at=time())
        await asyncio.to_thread(folder.close, mark)

    async def _rest(self, mark: Mark, progress: Callable[[], None]) -> Replayed | None:
        """Replay what came after the mark; None: the folder could not be believed, it is wiped."""
        assert self._folder is not None
        try:
            if mark.cluster != self._cluster:
                raise Unbelievable("it is of another cluster")
            return await self._replay(mark, progress)
        except (Unbelievable, StoreFailed) as error:
            log.warning("%s: the state on disk is wiped: %s", self._unit, error)
            self._mark = None
            await asyncio.to_thread(self._folder.wipe)
            self.store = self._folder.store
            return None

    async def _replay(self, mark: Mark | None, progress: Callable[[], None]) -> Replayed:
        changelog, partition = self._spec.changelog, self._unit.partition
        return await replay(self._config, changelog, partition, self.store, progress, mark)

    def _note(self, offset: int | None) -> None:
        """Remember what may be marked when the folder is closed."""
        if offset is not None:
            self._mark = Mark(self._cluster, self.meta.lineage, self.meta.number, offset, 0.0)
