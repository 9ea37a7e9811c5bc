"""The projector on a real Kafka: nothing lost, nothing doubled, whatever is killed or goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition
from sqlalchemy import Table, func, select

from tests.support.console import ConsoleProcess
from tests.support.deployment import Deployment
from tests.support.history import history
from tests.support.kafka import KafkaBroker
from tests.support.postgres import PostgresServer
from tests.support.producing import Sent, produce
from tests.support.stored import rows_of
from tidegate.agents import topics
from tidegate.agents.deployment import runtime_config
from tidegate.console.projector.batch import Batch, Written
from tidegate.console.projector.projector import Projector
from tidegate.console.projector.store_writer import StoreWriter
from tidegate.console.store.database import Database
from tidegate.console.store.schema import decisions, facts, gaps, unreadable
from tidegate.ops.settings import Settings
from tidegate.runtime.record import Record

WITHIN_SECONDS = 60.0
POLL_SECONDS = 0.05


class Killed(BaseException):
    """What the test throws into the projector: nothing there can catch it."""


def sqlite(folder: Path, name: str) -> Database:
    made = Database(f"sqlite:///{folder / name}.db")
    made.migrate()
    return made


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - another process's work
            await asyncio.sleep(POLL_SECONDS)


def count(database: Database, table: Table) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


async def send(settings: Settings, records: Sequence[Record]) -> None:
    """Put on the topics what agents would have written there."""
    await produce(
        settings, (Sent(r.topic, r.key, r.value, r.partition, headers=r.headers) for r in records)
    )


def decided(records: Sequence[Record]) -> int:
    return sum(record.topic == topics.DECISIONS for record in records)


async def read_all(settings: Settings, database: Database) -> Written:
    return await Projector(runtime_config(settings), database).catch_up(lambda *_: None)


@asynccontextmanager
async def projecting(settings: Settings, database: Database) -> AsyncIterator[Projector]:
    projector = Projector(runtime_config(settings), database)
    await projector.start()
    try:
        yield projector
    finally:
        await projector.stop()


@pytest.fixture
def made(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> Deployment:
    """Topics without workers or tables: what is on them, the tests put there."""
    deployment = Deployment(kafka.bootstrap, topic_prefix, tmp_path, tmp_path)
    deployment.command("topics", "create")
    return deployment


async def test_killed_at_any_point_it_goes_on_where_it_was(
    made: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send(made.settings, history())
    whole = sqlite(tmp_path, "whole")
    told = await read_all(made.settings, whole)
    assert (told.records, told.decisions) == (len(history()), decided(history()))
    assert count(whole, decisions) == decided(history())
    assert count(whole, unreadable) == count(whole, gaps) == 0

    monkeypatch.setattr("tidegate.console.projector.source.BATCH_RECORDS", 150)
    broken, genuine, calls = sqlite(tmp_path, "broken"), StoreWriter.write, 0

    def dying(writer: StoreWriter, batch: Batch) -> Written:
        nonlocal calls
        calls += 1
        if calls % 3 == 1:  # before anything is written
            raise Killed
        written = genuine(writer, batch)
        if calls % 3 == 0:  # after the commit, before anybody knows of it
            raise Killed
        return written

    monkeypatch.setattr(StoreWriter, "write", dying)
    deaths, done = 0, False
    while not done:
        try:
            await read_all(made.settings, broken)
            done = True
        except Killed:
            deaths += 1
    assert deaths > 5
    assert rows_of(broken) == rows_of(whole)


async def test_a_rebuild_gives_what_was_there(made: Deployment) -> None:
    await send(made.settings, history()[:700])
    first = made.json("console", "rebuild")
    store = Database(f"sqlite:///{made.settings.state_dir / 'console.db'}")
    before = rows_of(store)
    assert first["decisions"] == len(before["decisions"]) == decided(history()[:700])
    assert made.json("console", "rebuild") == first
    assert rows_of(store) == before
    store.close()


async def test_records_that_retention_took_are_told_and_what_follows_is_read(
    made: Deployment, tmp_path: Path
) -> None:
    settings, database = made.settings, sqlite(tmp_path, "late")
    await send(settings, history()[:300])
    await read_all(settings, database)
    await send(settings, history()[300:900])
    gone = max(r.offset for r in history()[:600] if (r.topic, r.partition) == _PLACE) + 1
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    await admin.start()
    try:
        place = TopicPartition(settings.topic_prefix + _PLACE[0], _PLACE[1])
        await admin.delete_records({place: RecordsToDelete(gone)})
    finally:
        await admin.close()
    read_before = {r.offset for r in history()[:300] if (r.topic, r.partition) == _PLACE}
    async with projecting(settings, database) as projector:
        await until(lambda: projector.health.behind_records == 0)
    with database.read() as connection:
        gap = connection.execute(select(gaps)).one()
        kept = connection.execute(
            select(decisions.c.offset).where(decisions.c.partition == _PLACE[1])
        ).scalars()
        offsets = {r.offset for r in history()[:900] if (r.topic, r.partition) == _PLACE}
        assert (gap.topic, gap.partition) == _PLACE
        assert (gap.from_offset, gap.to_offset) == (max(read_before) + 1, gone)
        assert set(kept) == {o for o in offsets if o in read_before or o >= gone}


_PLACE = (topics.DECISIONS, 1)


async def test_a_record_that_cannot_be_read_is_counted_once_and_what_follows_is_read(
    made: Deployment, tmp_path: Path
) -> None:
    database = sqlite(tmp_path, "store")
    await send(made.settings, history()[:200])
    await produce(made.settings, [Sent(topics.DECISIONS, b"SHP-1", b"{rubbish", 0)])
    await send(made.settings, history()[200:400])
    async with projecting(made.settings, database) as projector:
        await until(lambda: projector.health.behind_records == 0)
        assert projector.problem() is None
    assert count(database, unreadable) == 1
    assert count(database, decisions) == decided(history()[:400])


async def test_a_broker_that_goes_away_is_waited_for_and_told(
    kafka: KafkaBroker, made: Deployment, tmp_path: Path
) -> None:
    database = sqlite(tmp_path, "store")
    await send(made.settings, history()[:300])
    async with projecting(made.settings, database) as projector:
        await until(lambda: projector.health.behind_records == 0)
        await asyncio.to_thread(kafka.stop)
        try:
            await until(lambda: projector.health.part == "broker")
            assert "Kafka cannot be read" in (projector.problem() or "")
        finally:
            await asyncio.to_thread(kafka.start)
        await send(made.settings, history()[300:600])
        await until(lambda: count(database, decisions) == decided(history()[:600]))
        await until(lambda: projector.problem() is None)


async def test_a_database_that_goes_away_loses_and_doubles_nothing(
    made: Deployment, postgres: PostgresServer, tmp_path: Path
) -> None:
    database, reference = Database(postgres.database()), sqlite(tmp_path, "reference")
    database.migrate()
    await send(made.settings, history()[:300])
    async with projecting(made.settings, database) as projector:
        await until(lambda: count(database, decisions) == decided(history()[:300]))
        await asyncio.to_thread(postgres.halt)
        try:
            await send(made.settings, history()[300:600])
            await until(lambda: projector.health.part == "database")
        finally:
            await asyncio.to_thread(postgres.start)
        await until(lambda: count(database, decisions) == decided(history()[:600]))
        await until(lambda: projector.problem() is None)
    await read_all(made.settings, reference)
    assert rows_of(database) == rows_of(reference)
    database.close()


async def test_a_console_killed_as_a_process_shows_everything_once(made: Deployment) -> None:
    console = ConsoleProcess(made)
    console.start()
    store = Database(f"sqlite:///{made.settings.state_dir / 'console.db'}")
    try:
        await send(made.settings, history()[:500])
        await until(lambda: _count_once_there(store) > 50)
        console.kill()
        await send(made.settings, history()[500:])
        console.start()
        await until(lambda: count(store, decisions) == decided(history()))
        assert len({row[0] for row in rows_of(store)["facts"]}) > 100
    finally:
        console.kill()
    assert count(store, facts) == len(set(rows_of(store)["facts"]))
    store.close()


def _count_once_there(store: Database) -> int:
    try:
        return count(store, decisions)
    except Exception:
        return 0
