"""The projector on a real Kafka: nothing lost, nothing doubled, whatever is killed or goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.support.deployment import Deployment
from tests.support.load import send_traffic, traffic
from tests.support.stored import rows_of
from tidegate.agents.deployment import runtime_config
from tidegate.console.projector.batch import Batch, Written
from tidegate.console.projector.projector import Projector
from tidegate.console.projector.store_writer import StoreWriter
from tidegate.console.store.database import Database
from tidegate.console.store.schema import decisions, gaps, unreadable

EVENTS = 400
WITHIN_SECONDS = 40.0
POLL_SECONDS = 0.05


def sqlite(folder: Path, name: str) -> Database:
    made = Database(f"sqlite:///{folder / name}.db")
    made.migrate()
    return made


async def until(condition: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(POLL_SECONDS)
    assert condition(), what


def count(database: Database, table: object = decisions) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


async def read_all(deployment: Deployment, database: Database) -> Written:
    return await Projector(runtime_config(deployment.settings), database).catch_up(lambda *_: None)


@asynccontextmanager
async def projecting(deployment: Deployment, database: Database) -> AsyncIterator[Projector]:
    projector = Projector(runtime_config(deployment.settings), database)
    await projector.start()
    try:
        yield projector
    finally:
        await projector.stop()


@pytest.fixture
async def busy(deployment: Deployment) -> Deployment:
    """A deployment whose topics hold decided traffic; its worker has ended."""
    with deployment.workers("w1") as (worker,):
        await send_traffic(deployment.settings, traffic(deployment.settings), EVENTS)
        await until(
            lambda: (
                sum(
                    value
                    for name, value in worker.metrics().items()
                    if name.startswith("tidegate_events_total")
                )
                >= EVENTS
            ),
            "all events are counted",
        )
        assert worker.stop() == 0
    return deployment


async def test_a_killed_console_goes_on_where_it_was_and_a_rebuild_gives_the_same(
    busy: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sqlite(tmp_path, "whole")
    told = await read_all(busy, whole)
    assert told.decisions == count(whole) > EVENTS / 3
    assert count(whole, unreadable) == count(whole, gaps) == 0

    # One that is killed at each third batch, before and after the commit.
    monkeypatch.setattr("tidegate.console.projector.source.BATCH_RECORDS", 60)
    broken = sqlite(tmp_path, "broken")
    genuine, calls = StoreWriter.write, 0

    def dying(writer: StoreWriter, batch: Batch) -> Written:
        nonlocal calls
        calls += 1
        if calls % 3 == 1:
            raise KeyboardInterrupt
        written = genuine(writer, batch)
        if calls % 3 == 0:
            raise KeyboardInterrupt
        return written

    monkeypatch.setattr(StoreWriter, "write", dying)
    deaths = 0
    while True:
        try:
            await read_all(busy, broken)
            break
        except BaseException:
            deaths += 1
            assert deaths < 200
    assert deaths > 5
    assert rows_of(broken) == rows_of(whole)
