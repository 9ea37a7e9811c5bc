"""Read published table versions from Kafka, build the wanted ones aside, and put them on the shelf.

A version is compiled in another process, so that no partition stalls meanwhile; what is broken or
partial is refused by name, and partitions stay with what they have.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path
from time import monotonic

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from tidegate.agents.shelf import Shelf
from tidegate.agents.topics import MEASURES
from tidegate.measures.errors import PackError, SnapshotError
from tidegate.measures.snapshot import SnapshotAssembler
from tidegate.measures.tables import Tables
from tidegate.measures.validity import from_ms
from tidegate.ops.packs import cached_tables, tables_of
from tidegate.runtime.clients import let_go
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.spec import RuntimeConfig

log = logging.getLogger(__name__)

KEPT_VERSIONS = 3
"""Sources of this many newest versions stay in memory; for an older one the topic is read again."""
RETRY_SECONDS = 2.0
PATIENCE_SECONDS = 10.0
MAX_FETCH_BYTES = 32 * 1024 * 1024


class TableReader:
    """Follows `trade.measures` for one worker.

    Args:
        config: How to reach the broker.
        shelf: Says which versions are wanted, built and refused.
        cache: Folder of compiled images, shared by the workers of a machine.
        offer: Puts a built version on the shelf, when all is ready for it.
        newest: Told the version built last, and when it was published.
    """

    def __init__(
        self,
        config: RuntimeConfig,
        shelf: Shelf,
        cache: Path,
        offer: Callable[[Tables], Awaitable[None]],
        newest: Callable[[str, datetime], None],
    ) -> None:
        self._config = config
        self._shelf = shelf
        self._cache = cache
        self._offer = offer
        self._newest = newest
        self._sources: dict[str, tuple[Mapping[str, bytes], datetime]] = {}
        self._dropped: set[str] = set()
        self._missing_since: dict[str, float] = {}

    @property
    def sources(self) -> Mapping[str, tuple[Mapping[str, bytes], datetime]]:
        """The newest versions' files, each with when it was published; oldest first."""
        return self._sources

    async def run(self) -> None:
        """Follow the topic until cancelled; a broker that is away is waited for."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                log.warning("restriction tables cannot be read: %s", error)
            except Exception:
                # Whatever it was: a worker whose reader is gone would never switch again.
                log.exception("restriction tables cannot be read")
            await asyncio.sleep(RETRY_SECONDS)

    async def _topic_is_there(self) -> bool:
        """Ask first: a consumer of a missing topic tells of it hundreds of times a second."""
        offsets = Offsets(self._config)
        try:
            return MEASURES in await offsets.partitions([MEASURES])
        finally:
            await offsets.stop()

    async def _follow(self) -> None:
        if not await self._topic_is_there():
            name = self._config.physical(MEASURES)
            log.warning("there is no topic %s yet: tidegate topics create", name)
            return
        place = TopicPartition(self._config.physical(MEASURES), 0)
        consumer = AIOKafkaConsumer(
            **self._config.client(),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=MAX_FETCH_BYTES,
        )
        try:
            await consumer.start()
            consumer.assign([place])
            await consumer.seek_to_beginning(place)
            assembler = SnapshotAssembler()
            self._missing_since.clear()
            while True:
                fetched = await consumer.getmany(place, timeout_ms=200)
                for record in fetched.get(place, ()):
                    self._take(assembler, record)
                await self._build_wanted()
                if not fetched and self._missing():
                    # Nothing came: that may be a slow or an absent broker, so it is asked.
                    end = (await consumer.end_offsets([place]))[place]
                    if await consumer.position(place) >= end:
                        self._refuse_missing()
                if self._shelf.wanted & self._dropped:
                    self._dropped.clear()
                    assembler = SnapshotAssembler()
                    await consumer.seek_to_beginning(place)
        finally:
            await let_go(consumer)

    def _take(self, assembler: SnapshotAssembler, record: ConsumerRecord[bytes, bytes]) -> None:
        try:
            snapshot = assembler.add(record.value, tuple(record.headers))
        except SnapshotError as error:
            log.error("a published table version is refused: %s", error)
            if record.key is not None:
                self._shelf.refuse(record.key.decode(errors="replace"), str(error))
            return
        if snapshot is not None:
            self._sources.pop(snapshot.version, None)
            self._sources[snapshot.version] = (snapshot.files, _published_at(record.timestamp))
            self._dropped.discard(snapshot.version)
            # What was refused as broken or missing has come whole now.
            self._shelf.reconsider(snapshot.version)
            for version in list(self._sources)[:-KEPT_VERSIONS]:
                # One that a partition waits for stays: one fetch may bring all of the topic, and
                # reading it again would drop that version again before it could be built.
                if version not in self._shelf.wanted:
                    del self._sources[version]
                    self._dropped.add(version)

    async def _build_wanted(self) -> None:
        """Build what partitions wait for, and the newest version before anybody asks."""
        newest = next(reversed(self._sources), None)
        for version in [*self._shelf.wanted, *([newest] if newest else [])]:
            if version not in self._sources or self._settled(version):
                continue
            files, published_at = self._sources[version]
            try:
                await self._offer(await self._built(dict(files)))
            except PackError as error:
                log.error("table version %s is refused: %s", version, error)
                self._shelf.refuse(version, str(error))
                continue
            except Exception:
                # No fault of the version: a full disk, a process that was killed. Tried again.
                log.exception("table version %s could not be built", version)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            log.info("table version %s is built", version)
            if version == newest:
                self._newest(version, published_at)

    def _missing(self) -> set[str]:
        """Return the versions that partitions wait for and that have not been seen."""
        wanted = {v for v in self._shelf.wanted if self._shelf.refusal(v) is None}
        return wanted - self._sources.keys() - self._dropped

    def _refuse_missing(self) -> None:
        """Refuse a version that a partition is told to take and that nobody published.

        Called at the topic's end only. Snapshot and switch are written in one transaction, so it
        should be there; a little patience covers a read that began before that transaction's end.
        """
        now = monotonic()
        self._missing_since = {v: self._missing_since.get(v, now) for v in self._missing()}
        for version, since in list(self._missing_since.items()):
            if now - since > PATIENCE_SECONDS:
                log.error("table version %s is wanted, and was never published", version)
                self._shelf.refuse(version, "it was never published")

    def _settled(self, version: str) -> bool:
        return version in self._shelf.versions() or self._shelf.refusal(version) is not None

    async def _built(self, files: dict[str, bytes]) -> Tables:
        """Compile in another process, into the cache; then load the image, which is quick.

        A worker that comes back finds the image there, and must not wait for a process to start.
        """
        cached = await asyncio.to_thread(cached_tables, files, self._cache)
        if cached is not None:
            return await asyncio.to_thread(_prepared, cached)
        loop = asyncio.get_running_loop()
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
            await loop.run_in_executor(pool, _compile, files, self._cache)
        return await asyncio.to_thread(_ready, files, self._cache)


def _published_at(timestamp_ms: int) -> datetime:
    """A producer may stamp anything; an absurd stamp is read as the epoch."""
    try:
        return from_ms(timestamp_ms)
    except (ValueError, OverflowError):
        return from_ms(0)


def _ready(files: dict[str, bytes], cache: Path) -> Tables:
    return _prepared(tables_of(files, cache))


def _prepared(tables: Tables) -> Tables:
    """Build the index of names before any shipment has to wait for it."""
    tables.parties.meet("prepared")
    return tables


def _compile(files: dict[str, bytes], cache: Path) -> None:
    tables_of(files, cache)
