"""A console and the screening agent it talks to, both in memory; what one writes the other reads.

The log between them is a list: sending succeeds at once unless a test takes the broker away.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, update

from tests.unit.agents.book import NOON, Desktop, facts
from tests.unit.console.house import House, house
from tidegate.agents import topics
from tidegate.console.desk.outbox import Outbox, Outgoing
from tidegate.console.desk.tables import outbox
from tidegate.console.store import schema
from tidegate.console.store.database import Database
from tidegate.events.chain import Head, sealed
from tidegate.events.codec import decode
from tidegate.events.dead_letter import DeadLetter
from tidegate.events.decision import Decision
from tidegate.events.disposition import Disposition
from tidegate.runtime.spec import DEAD_LETTERS


class ListOutbox(Outbox):
    """Sends into a list."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.away = False
        self.values: list[tuple[str, bytes]] = []
        self.head = Head()

    async def start(self) -> None:
        """There is nothing to start."""

    async def stop(self) -> None:
        """There is nothing to stop."""

    def problem(self) -> str | None:
        """There is none."""
        return None

    async def sent(self, disposition_id: str, seconds: float) -> Outgoing:
        """Send it, unless the broker is away."""
        found = await self._found(disposition_id)
        if not self.away and found.sent_at is None:
            said = found.disposition
            value, self.head = sealed(said, self.head, time=found.decided_at, source="/tidegate")
            self.values.append((said.shipment_id, value))
            with self.database.begin() as connection:
                mine = update(outbox).where(outbox.c.disposition_id == disposition_id)
                connection.execute(mine.values(sent_at=found.decided_at))
        return await self._found(disposition_id)

    async def _found(self, disposition_id: str) -> Outgoing:
        from tidegate.console.desk.outbox import find

        with self.database.read() as connection:
            found = find(connection, disposition_id)
        assert found is not None
        return found


class Stage:
    """Both of them."""

    def __init__(self, made: House, log: ListOutbox) -> None:
        self.house = made
        self.log = log
        self.agent = Desktop()
        self._taken = 0

    def shipment(self, data: dict[str, Any] | None = None) -> Decision:
        """Hand a shipment to the agent; the store has its decision."""
        decision = self.agent.shipment(data or facts())
        self._store()
        return decision

    def work(self) -> None:
        """Let the agent take what was sent, and the store what came of it."""
        for key, value in self.log.values[self._taken :]:
            self.agent.runtime.append(topics.DISPOSITIONS, key, value)
        self._taken = len(self.log.values)
        self.agent.runtime.run(NOON)
        self._store()

    @property
    def said(self) -> list[Disposition]:
        """What was sent so far."""
        return [decode(value).read(Disposition) for _, value in self.log.values]

    def _store(self) -> None:
        with self.house.console.database.begin() as connection:
            for table in (schema.decisions, schema.shipments, schema.dispositions):
                connection.execute(delete(table))
            connection.execute(delete(schema.dead_letters))
            latest: dict[str, dict[str, Any]] = {}
            for offset, record in enumerate(self.agent.runtime.outputs(topics.DECISIONS)):
                decision = decode(record.value or b"").read(Decision)
                row = {
                    "partition": 0,
                    "offset": offset,
                    **decision.model_dump(include={"decision_id", "shipment_id", "revision"}),
                    "outcome": decision.outcome.value,
                    "action": decision.action.value,
                    "as_of": decision.as_of,
                }
                body = decision.model_dump_json(exclude_none=True)
                more = {"written_at": NOON, "tables_version": "1", "body": body}
                connection.execute(insert(schema.decisions).values(**row, **more))
                latest[decision.shipment_id] = row | {
                    "status": str(decision.inputs["status"]),
                    "open": decision.inputs["status"] in ("booked", "declared", "released"),
                    "since": decision.as_of,
                    "released_by": "[]",
                    "cites": False,
                }
            for row in latest.values():
                connection.execute(insert(schema.shipments).values(**row))
            for offset, said in enumerate(self.said[: self._taken]):
                connection.execute(
                    insert(schema.dispositions).values(
                        partition=0,
                        offset=offset,
                        disposition_id=said.disposition_id,
                        shipment_id=said.shipment_id,
                        kind=said.kind.value,
                        written_at=NOON,
                        body=said.model_dump_json(exclude_none=True),
                    )
                )
            for offset, record in enumerate(self.agent.runtime.outputs(DEAD_LETTERS)):
                letter = decode(record.value or b"").read(DeadLetter)
                where = self._offset_of(letter)
                connection.execute(
                    insert(schema.dead_letters).values(
                        partition=0,
                        offset=offset,
                        topic=letter.topic,
                        topic_partition=0,
                        topic_offset=where,
                        field=letter.error.field,
                        reason=letter.error.reason,
                        size_bytes=0,
                        preview="",
                        written_at=NOON,
                    )
                )

    def _offset_of(self, letter: DeadLetter) -> int:
        original = base64.b64decode(letter.value or "")
        return [value for _, value in self.log.values].index(original)


@asynccontextmanager
async def stage(folder: Path, **settings: Any) -> AsyncIterator[Stage]:
    """Give a console with a shipment on hold, and its agent."""
    async with house(folder, **settings) as made:
        log = ListOutbox(made.console.database)
        console = replace(made.console, desk=replace(made.console.desk, outbox=log))
        made.transport.app.state.console = console  # type: ignore[attr-defined]
        yield Stage(made, log)
