"""Fill the store from the topics, for as long as the console runs, whatever goes away meanwhile.

A session reads from the store's own positions. Whatever fails ends the session, and the next one
begins at the positions again: what was not written is read once more, what was is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic

from aiokafka.errors import KafkaError
from sqlalchemy.exc import OperationalError

from tidegate.console.projector.batch import Place, Written
from tidegate.console.projector.source import Gone, Source
from tidegate.console.projector.store_writer import OtherDeployment, StoreWriter, Superseded
from tidegate.console.store.database import Database
from tidegate.console.store.schema import empty_projection
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.spec import RuntimeConfig

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
"""From a session's failure to the next one's beginning."""
LOOK_SECONDS = 2.0
"""How often the broker is asked how far the topics go: that tells the lag, and that it is there."""
MISSING_SECONDS = 10.0
"""How often it is looked whether missing topics have been made."""


@dataclass(frozen=True, slots=True)
class ProjectorHealth:
    """How far the store is behind the topics, and what keeps it from going on."""

    problem: str | None = "the console begins to read the topics"
    """In words, for a person; None while all is well."""
    part: str | None = None
    """What is away or wrong: `broker`, `database`, `topics`, `store`; None while all is well."""
    since: datetime | None = None
    """Since when that is so."""
    behind_records: int | None = None
    """Records not yet in the store when it was last looked; None: not known."""
    looked_at: datetime | None = None
    """When the broker last said how far the topics go: from then on, what is shown may be old."""
    written_at: datetime | None = None
    """When the last batch was written."""


class Projector:
    """Reads one deployment's topics into one store.

    Args:
        config: How to reach the broker.
        database: The store, migrated.
        told: Called after each commit with what it has changed, in the event loop.
    """

    def __init__(
        self,
        config: RuntimeConfig,
        database: Database,
        told: Callable[[Written], None] = lambda written: None,
    ) -> None:
        self._config = config
        self._database = database
        self._writer = StoreWriter(database)
        self._told = told
        self._reading: asyncio.Task[None] | None = None
        self._health = ProjectorHealth(since=datetime.now(UTC))

    @property
    def health(self) -> ProjectorHealth:
        """How it goes now."""
        return self._health

    async def start(self) -> None:
        """Begin to read, beside what else runs in this event loop."""
        self._reading = asyncio.create_task(self.run(), name="projector")

    async def stop(self) -> None:
        """End after the batch that is being written. Idempotent."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    def problem(self) -> str | None:
        """Say what keeps the store from being current; None: it is."""
        return self._health.problem

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                await self._session()
            except Gone as gone:
                log.error("%s: retention, or a topic made anew; the store lacks them", gone)
                await self._note(gone)
                continue
            except Exception as error:
                # Whatever it was: a console whose projector has ended would show old things for
                # ever, and look well.
                self._failed(error)
            await asyncio.sleep(AGAIN_SECONDS)

    async def catch_up(self, progress: Callable[[int, int], None]) -> Written:
        """Read up to where the topics end now; return the sums of what was written.

        Args:
            progress: Called with the offsets read and all there are, after each batch.

        Raises:
            KafkaError: the broker cannot be reached.
            SQLAlchemyError: the database cannot be used.
        """
        while True:
            try:
                return await self._read_to_end(progress)
            except Gone as gone:
                await self._note(gone)
            except Superseded:
                # A console that runs beside reads the same topics: between them, all is read once.
                await asyncio.sleep(AGAIN_SECONDS)

    async def _read_to_end(self, progress: Callable[[int, int], None]) -> Written:
        whole = Written()
        source = await self._started()
        try:
            ends = await source.ends()
            all_ = source.behind(ends)
            async with aclosing(source.batches()) as batches:
                while (left := source.behind(ends)) > 0:
                    written = await asyncio.to_thread(self._writer.write, await anext(batches))
                    whole.records += written.records
                    whole.decisions += written.decisions
                    whole.unreadable += written.unreadable
                    progress(all_ - left, all_)
            return whole
        finally:
            await source.stop()

    async def _session(self) -> None:
        source = await self._started()
        try:
            self._look(await source.ends(), source)
            async with aclosing(source.batches()) as batches:
                looked = begun = monotonic()
                async for batch in batches:
                    if batch.records:
                        self._wrote(await asyncio.to_thread(self._writer.write, batch))
                    if monotonic() - looked > LOOK_SECONDS:
                        self._look(await source.ends(), source)
                        looked = monotonic()
                    if source.missing and monotonic() - begun > MISSING_SECONDS:
                        return
        except Exception as error:
            # Told before the connections are let go: a broker that is away holds them long.
            self._failed(error)
            raise
        finally:
            await source.stop()

    async def _started(self) -> Source:
        offsets = Offsets(self._config)
        try:
            cluster = await offsets.cluster_id()
        finally:
            await offsets.stop()
        prefix = self._config.topic_prefix
        stands = await asyncio.to_thread(self._writer.open, cluster, prefix)
        source = Source(self._config, stands)
        try:
            await source.start()
        except BaseException:
            await source.stop()
            raise
        return source

    async def _note(self, gone: Gone) -> None:
        try:
            await asyncio.to_thread(self._writer.note_gap, gone.place, gone.stands, gone.begins)
        except (OperationalError, Superseded):
            log.exception("the gap could not be written down; it is tried again")
            await asyncio.sleep(AGAIN_SECONDS)

    def _wrote(self, written: Written) -> None:
        for one in written.unreadable:
            record = one.record
            place = f"{record.topic}-{record.partition}@{record.offset}"
            log.error("%s cannot be read: %s", place, one.reason)
        self._health = replace(self._health, written_at=datetime.now(UTC))
        self._told(written)

    def _look(self, ends: Mapping[Place, int], source: Source) -> None:
        now, problem = datetime.now(UTC), None
        if source.missing:
            problem = f"there is no topic {', '.join(source.missing)}: tidegate topics create"
        since = None if problem is None else self._health.since or now
        self._health = replace(
            self._health,
            problem=problem,
            part=None if problem is None else "topics",
            since=since,
            behind_records=source.behind(ends),
            looked_at=now,
        )

    def _failed(self, error: Exception) -> None:
        """Say what went wrong, and in which part."""
        if isinstance(error, OtherDeployment):
            self._fails("store", str(error))
        elif isinstance(error, Superseded):
            self._fails("store", f"another console writes to this store ({error})")
        elif isinstance(error, OperationalError):
            self._fails("database", f"the database cannot be used: {error.orig}")
        elif isinstance(error, (KafkaError, OSError, TimeoutError)):
            self._fails("broker", f"Kafka cannot be read: {error or type(error).__name__}")
        else:
            log.error("the projector failed", exc_info=error)
            self._fails("store", f"{type(error).__name__}: {error}")

    def _fails(self, part: str, problem: str) -> None:
        if self._health.part != part:
            log.warning("%s", problem)
        same = self._health.part == part
        since = self._health.since if same else datetime.now(UTC)
        self._health = replace(self._health, problem=problem, part=part, since=since)


def empty(database: Database) -> None:
    """Drop what was projected, and make the tables anew; what is the console's own stays."""
    with database.begin() as connection:
        empty_projection(connection)
