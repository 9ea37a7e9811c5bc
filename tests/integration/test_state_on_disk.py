"""State on disk, on a real broker: what is replayed after which end of a worker."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from tests.support.counting import ORDERS, PURSE, PURSE_LOG, RESULTS, SPECS
from tests.support.counting_kafka import (
    PARTITIONS,
    WorkerProcess,
    changelog,
    create_topics,
    read,
    send,
    verify,
    wait_for,
)
from tests.support.kafka import KafkaBroker
from tidegate.runtime.app import run
from tidegate.runtime.meter import NullMeter, Recovered
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.recovery import BELIEVED_SECONDS
from tidegate.runtime.spec import RuntimeConfig, Unit
from tidegate.runtime.state_folder import CLEAN, StateFolder
from tidegate.runtime.unit_state import UnitState
from tidegate.runtime.units import Units

KEYS = 30
UNITS = 2 * PARTITIONS


class Openings(NullMeter):
    """Keeps how each unit came by its state, and what was given up."""

    def __init__(self) -> None:
        self.found: dict[Unit, Recovered] = {}
        self.aborts: list[str] = []

    def recovered(self, unit: Unit, recovered: Recovered) -> None:
        self.found[unit] = recovered

    def aborted(self, unit: Unit, cause: str) -> None:
        self.aborts.append(cause)

    @property
    def from_disk(self) -> int:
        return sum(one.from_disk for one in self.found.values())

    @property
    def records(self) -> int:
        return sum(one.records for one in self.found.values())


class Place:
    """A broker, a prefix, and a folder for state."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path) -> None:
        self.bootstrap, self.prefix, self.folder = bootstrap, prefix, folder
        self.rounds = 0

    async def order(self) -> None:
        """Send one more order for every key."""
        self.rounds += 1
        value = json.dumps({"n": self.rounds, "amount": 1}).encode()
        orders: list[tuple[str | None, bytes]] = [(f"k{i}", value) for i in range(KEYS)]
        await send(self.bootstrap, self.prefix + ORDERS, orders)

    async def settled(self) -> None:
        """Wait until every order has its result."""
        await wait_for(self.bootstrap, self.prefix + RESULTS, KEYS * self.rounds)

    async def right(self) -> None:
        """Check results and state against the orders."""
        await verify(self.bootstrap, self.prefix, {f"k{i}": self.rounds for i in range(KEYS)})

    @asynccontextmanager
    async def worker(
        self, folder: Path | None = None, aborted: Callable[[Unit, str], None] | None = None
    ) -> AsyncIterator[Openings]:
        """Run a worker in this process, and stop it in order."""
        meter, tables = Openings(), list[Units]()
        if aborted is not None:
            meter.aborted = aborted  # type: ignore[method-assign]
        config = RuntimeConfig(
            self.bootstrap, topic_prefix=self.prefix, state_dir=folder or self.folder
        )
        task = asyncio.create_task(run(config, SPECS, meter, tables.append))
        while not tables or not tables[0].status().ready:
            await asyncio.wait([task], timeout=0.02)
        try:
            yield meter
        finally:
            tables[0].stopping.set()
            await task

    async def rounds_of_work(self, count: int) -> None:
        """Take some orders in one worker's life, from start to an orderly stop."""
        async with self.worker():
            for _ in range(count):
                await self.order()
                await self.settled()

    async def opened(self, unit: Unit) -> UnitState:
        """Open the state of one unit alone, and close it again."""
        config = RuntimeConfig(self.bootstrap, topic_prefix=self.prefix, state_dir=self.folder)
        offsets, state = Offsets(config), UnitState(config, unit, PURSE)
        await state.open(offsets, lambda: None)
        await state.close()
        await offsets.stop()
        return state

    def on_disk(self) -> dict[str, Any]:
        """Return all that the folders of the purses hold, as the changelog would be read."""
        found: dict[str, Any] = {}
        for partition in range(PARTITIONS):
            folder = StateFolder(self.folder / f"purse-{partition}", lambda key, value: value)
            mark = folder.open()
            assert mark is not None
            found |= {key: json.loads(value) for key, value in folder.store.items()}
            folder.close(mark)
        return found


@pytest.fixture
async def place(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> Place:
    await create_topics(kafka.bootstrap, topic_prefix)
    return Place(kafka.bootstrap, topic_prefix, tmp_path / "state")


async def test_an_orderly_restart_replays_only_the_rest(place: Place) -> None:
    await place.rounds_of_work(4)
    assert place.on_disk() == await changelog(place.bootstrap, place.prefix + PURSE_LOG)
    async with place.worker() as again:
        assert again.from_disk == UNITS
        # Of each unit the last meta record, by which the changelog is known.
        assert again.records == UNITS
        assert sum(one.keys for unit, one in again.found.items() if unit.agent == "purse") == KEYS
        await place.order()
        await place.settled()
    await place.right()


async def test_what_another_worker_wrote_meanwhile_is_replayed(
    place: Place, tmp_path: Path
) -> None:
    await place.rounds_of_work(2)
    before = len(await read(place.bootstrap, place.prefix + PURSE_LOG))
    async with place.worker(tmp_path / "elsewhere") as other:
        assert other.from_disk == 0
        await place.order()
        await place.settled()
    after = len(await read(place.bootstrap, place.prefix + PURSE_LOG))
    async with place.worker() as again:
        assert again.from_disk == UNITS
        purses = [one.records for unit, one in again.found.items() if unit.agent == "purse"]
        assert sum(purses) == after - before + PARTITIONS
    assert place.on_disk() == await changelog(place.bootstrap, place.prefix + PURSE_LOG)
    await place.right()


async def test_a_killed_worker_leaves_nothing_that_is_believed(
    place: Place, tmp_path: Path
) -> None:
    killed = WorkerProcess(
        place.bootstrap, place.prefix, "w1", tmp_path / "log", state_dir=str(place.folder)
    )
    await place.rounds_of_work(1)
    try:
        await killed.start()
        await killed.logged(": opened with", times=UNITS)
        await place.order()
        await place.settled()
        await killed.signal(signal.SIGKILL)
    finally:
        await killed.end()
    assert list(place.folder.glob(f"*/{CLEAN}")) == []
    async with place.worker() as again:
        assert again.from_disk == 0
        everything = len(await read(place.bootstrap, place.prefix + PURSE_LOG))
        purses = [one.records for unit, one in again.found.items() if unit.agent == "purse"]
        assert sum(purses) == everything
        await place.order()
        await place.settled()
    assert place.on_disk() == await changelog(place.bootstrap, place.prefix + PURSE_LOG)
    await place.right()


async def test_a_deleted_folder_is_rebuilt(place: Place) -> None:
    await place.rounds_of_work(1)
    shutil.rmtree(place.folder)
    async with place.worker() as again:
        assert again.from_disk == 0
        await place.order()
        await place.settled()
    assert place.on_disk() == await changelog(place.bootstrap, place.prefix + PURSE_LOG)
    await place.right()


async def test_a_folder_deleted_under_a_worker_does_no_harm(place: Place) -> None:
    async with place.worker():
        await place.order()
        await place.settled()
        shutil.rmtree(place.folder)
        await place.order()
        await place.settled()
    await place.rounds_of_work(1)
    await place.right()


def change_mark(place: Place, **changes: Any) -> None:
    for path in place.folder.glob(f"purse-*/{CLEAN}"):
        content = json.loads(path.read_text())
        content["mark"] |= changes
        path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "changes",
    [
        {"cluster": "another"},
        {"lineage": "another"},
        {"number": 1},
        {"number": 1000},
        {"offset": 0},
        {"offset": 1},
        {"offset": 1_000_000},
    ],
    ids=str,
)
async def test_a_mark_that_does_not_fit_the_changelog_is_not_believed(
    place: Place, changes: dict[str, Any]
) -> None:
    await place.rounds_of_work(2)
    change_mark(place, **changes)
    for partition in range(PARTITIONS):
        opened = await place.opened(Unit("purse", partition))
        assert not opened.from_disk
        assert opened.replayed > 1
    assert place.on_disk() == await changelog(place.bootstrap, place.prefix + PURSE_LOG)


async def test_a_changelog_made_anew_is_another_history(place: Place) -> None:
    """The old folders hold states of the same keys, at offsets that are there again."""
    await place.rounds_of_work(2)
    admin = AIOKafkaAdminClient(bootstrap_servers=place.bootstrap)
    await admin.start()
    await admin.delete_topics([place.prefix + PURSE_LOG])
    while place.prefix + PURSE_LOG in await admin.list_topics():  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await admin.close()
    sizes = dict.fromkeys(["orders", "answers", "claims", "switch", "bank-changelog"], 0)
    sizes |= dict.fromkeys(["results", "dead-letters", "journal"], 0)
    await create_topics(place.bootstrap, place.prefix, **sizes)
    async with place.worker() as fresh:
        purses = [one for unit, one in fresh.found.items() if unit.agent == "purse"]
        assert not any(one.from_disk for one in purses)


async def test_one_that_missed_deletions_long_ago_is_not_believed(
    place: Place, tmp_path: Path
) -> None:
    await place.rounds_of_work(1)
    change_mark(place, closed_at=1.0)
    assert (await place.opened(Unit("purse", 0))).from_disk, "nobody wrote meanwhile"
    change_mark(place, closed_at=1.0)
    async with place.worker(tmp_path / "elsewhere"):
        await place.order()
        await place.settled()
    async with place.worker() as last:
        assert last.from_disk == PARTITIONS
    assert BELIEVED_SECONDS < 24 * 3600, "Kafka's default for delete.retention.ms"
    await place.right()


async def test_a_locked_folder_is_waited_for(place: Place) -> None:
    await place.rounds_of_work(1)
    holder = StateFolder(place.folder / "purse-0", lambda key, value: value)
    mark = holder.open()
    aborts: list[str] = []

    def give_back(unit: Unit, cause: str) -> None:
        if not aborts:
            holder.close(mark)
        aborts.append(cause)

    async with place.worker(aborted=give_back) as again:
        assert again.from_disk == UNITS
    assert aborts == ["FolderLocked"]
    await place.rounds_of_work(1)
    await place.right()
