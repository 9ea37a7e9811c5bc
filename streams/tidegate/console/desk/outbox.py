"""Send what was decided, in order, each exactly once, however often the process is killed.

A decision is first a row in the database, in the transaction of all that belongs to it; then it is
sent; then the row is marked. Whoever is killed in between finds the row unmarked, and looks into
the log, from where it ended before the first try, whether that try had gone through.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection, Select, insert, select, update

from tidegate.console.desk.log import DispositionLog, Place
from tidegate.console.desk.tables import outbox
from tidegate.console.store.database import Database
from tidegate.events.codec import canonical
from tidegate.events.disposition import Disposition
from tidegate.runtime.spec import RuntimeConfig

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
"""How often the database is asked for what another process left unsent."""
AGAIN_SECONDS = 1.0
AT_ONCE = 100  # rows taken from the database at a time


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A disposition that was decided here, and how far it has come."""

    disposition: Disposition
    decided_at: datetime
    sent_at: datetime | None
    sequence: int | None
    from_offset: int | None
    partition: int | None
    offset: int | None


def put(connection: Connection, disposition: Disposition, now: datetime) -> Outgoing:
    """Write down a disposition that is to be sent; return it, or the same one from before."""
    before = find(connection, disposition.disposition_id)
    if before is not None:
        return before
    connection.execute(
        insert(outbox).values(
            disposition_id=disposition.disposition_id,
            shipment_id=disposition.shipment_id,
            decision_id=disposition.decision_id,
            kind=disposition.kind.value,
            by=disposition.by,
            body=canonical(disposition).decode(),
            decided_at=now,
        )
    )
    return Outgoing(disposition, now, None, None, None, None, None)


def find(connection: Connection, disposition_id: str) -> Outgoing | None:
    """Return what was decided here under this id."""
    query = select(outbox).where(outbox.c.disposition_id == disposition_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _outgoing(row)


def of_shipment(connection: Connection, shipment_id: str) -> list[Outgoing]:
    """Return what was decided here on a shipment, in order."""
    query = select(outbox).where(outbox.c.shipment_id == shipment_id).order_by(outbox.c.number)
    return [_outgoing(row) for row in connection.execute(query)]


def _unsent() -> Select[Any]:
    return select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.number).limit(AT_ONCE)


def _outgoing(row: Any) -> Outgoing:
    return Outgoing(
        disposition=Disposition.model_validate_json(row.body),
        decided_at=row.decided_at,
        sent_at=row.sent_at,
        sequence=row.sequence,
        from_offset=row.from_offset,
        partition=row.partition,
        offset=row.offset,
    )


class Outbox:
    """The service that sends. `put` in a transaction, then `sent` to wait for it.

    Several consoles may share a database: each row is tried by one whose log is open, and whoever
    comes second looks into the log before.
    """

    def __init__(
        self, database: Database, config: RuntimeConfig, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._log = DispositionLog(config)
        self._now = now
        self._task: asyncio.Task[None] | None = None
        self._awake = asyncio.Event()
        self._done = asyncio.Condition()
        self._problem: str | None = None

    async def start(self) -> None:
        """Begin to send, also what an earlier process left."""
        self._task = asyncio.create_task(self._run(), name="outbox")

    async def stop(self) -> None:
        """End; what is not sent stays in the database."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._log.close()

    def problem(self) -> str | None:
        """Say why what was decided cannot be sent; None: it can."""
        return self._problem

    async def sent(self, disposition_id: str, seconds: float) -> Outgoing:
        """Wait until a disposition is sent, or the time is over; return how far it has come."""
        self._awake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._done:
                while (found := await self._find(disposition_id)).sent_at is None:
                    await self._done.wait()
                return found
        return await self._find(disposition_id)

    async def _find(self, disposition_id: str) -> Outgoing:
        def found() -> Outgoing | None:
            with self._database.read() as connection:
                return find(connection, disposition_id)

        outgoing = await run_in_threadpool(found)
        if outgoing is None:
            raise KeyError(disposition_id)
        return outgoing

    async def _run(self) -> None:
        while True:
            try:
                await self._send_all()
                self._problem = None
            except Exception as error:
                # Also a fault nobody thought of: what people decided waits, and is tried again.
                name = type(error).__name__
                self._problem = f"dispositions cannot be sent: {error or name}"
                log.warning("dispositions cannot be sent", error=str(error), kind=name)
                await self._log.close()
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._awake.wait()
            self._awake.clear()

    async def _send_all(self) -> None:
        while rows := await run_in_threadpool(self._waiting):
            if not self._log.is_open:
                await self._log.open()
            for outgoing in rows:
                await self._send(outgoing)

    async def _send(self, outgoing: Outgoing) -> None:
        """Send one.

        Contract:
            1. Write down where the log ends, unless somebody tried before.
            2. If somebody did: open anew, so that nothing of theirs is in flight, and look behind
               that offset. Where it is there, it is sent.
            3. Otherwise write it.
            4. Mark the row.
        """
        disposition = outgoing.disposition
        number, shipment = disposition.disposition_id, disposition.shipment_id
        end = await self._log.end(shipment)
        first = await run_in_threadpool(self._claimed, number, end)  # 1.
        place: Place | None = None
        if not first:  # 2.
            await self._log.close()
            await self._log.open()
            tried = await self._find(number)
            place = await self._log.find(number, shipment, tried.from_offset or 0)
        if place is None:  # 3.
            place = await self._log.write(disposition, outgoing.decided_at)
        await run_in_threadpool(self._mark, number, place)  # 4.
        async with self._done:
            self._done.notify_all()

    def _waiting(self) -> list[Outgoing]:
        with self._database.read() as connection:
            return [_outgoing(row) for row in connection.execute(_unsent())]

    def _claimed(self, number: str, end: int) -> bool:
        untried = (outbox.c.disposition_id == number) & outbox.c.from_offset.is_(None)
        with self._database.begin() as connection:
            tried = update(outbox).where(untried).values(from_offset=end)
            return connection.execute(tried).rowcount == 1

    def _mark(self, number: str, place: Place) -> None:
        with self._database.begin() as connection:
            connection.execute(
                update(outbox)
                .where(outbox.c.disposition_id == number)
                .values(
                    sent_at=self._now(),
                    sequence=place.sequence,
                    partition=place.partition,
                    offset=place.offset,
                )
            )
