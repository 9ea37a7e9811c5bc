"""Each override of Faust, and the order of opening and committing, on a real broker."""

import asyncio
import itertools
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

from tests.support.counting import (
    ANSWERS,
    BANK,
    BANK_LOG,
    CLAIMS,
    DEAD,
    JOURNAL,
    ORDERS,
    PURSE,
    PURSE_LOG,
    RESULTS,
    SPECS,
    SWITCH,
    Purse,
)
from tests.support.counting_kafka import (
    PARTITIONS,
    Load,
    create_topics,
    read,
    send,
    verify,
    wait_for,
)
from tests.support.kafka import KafkaBroker
from tidegate.runtime import session
from tidegate.runtime.app import run
from tidegate.runtime.exits import Exit
from tidegate.runtime.intake import Batch
from tidegate.runtime.meter import Committed, NullMeter
from tidegate.runtime.partitioner import partition_for
from tidegate.runtime.record import Output
from tidegate.runtime.recovery import replay
from tidegate.runtime.spec import AgentSpec, Limits, RuntimeConfig, Unit
from tidegate.runtime.store import MemoryStore
from tidegate.runtime.transaction import Transaction
from tidegate.runtime.units import Units
from tidegate.runtime.writer import Writer

NOW = int(time() * 1000)


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for what no event tells."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is nothing else to await
            await asyncio.sleep(0.02)


class Recorder(NullMeter):
    """Keeps what the runtime says."""

    def __init__(self) -> None:
        self.commits: list[Committed] = []
        self.truncations: list[tuple[str, int, int]] = []
        self.aborts: list[str] = []
        self.lags: dict[Unit, int] = {}

    def committed(self, committed: Committed) -> None:
        self.commits.append(committed)

    def truncated(self, unit: Unit, topic: str, position: int, earliest: int) -> None:
        self.truncations.append((topic, position, earliest))

    def aborted(self, unit: Unit, cause: str) -> None:
        self.aborts.append(cause)

    def lag(self, unit: Unit, records: int, seconds: float) -> None:
        self.lags[unit] = records


class Place:
    """A broker and this test's prefix on it, with ways to run a worker in this process."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.bootstrap, self.prefix = bootstrap, prefix

    def config(self, **settings: Any) -> RuntimeConfig:
        return RuntimeConfig(self.bootstrap, topic_prefix=self.prefix, **settings)

    async def send(self, topic: str, *records: tuple[str | None, Any], **where: Any) -> None:
        raw = [(k, v if isinstance(v, bytes) else json.dumps(v).encode()) for k, v in records]
        await send(self.bootstrap, self.prefix + topic, raw, **where)

    async def wait_for(self, topic: str, count: int) -> list[Any]:
        return await wait_for(self.bootstrap, self.prefix + topic, count)

    async def results(self, count: int) -> list[Any]:
        return [json.loads(record.value) for record in await self.wait_for(RESULTS, count)]

    @asynccontextmanager
    async def worker(
        self, specs: Any = SPECS, meter: Any = None, **settings: Any
    ) -> AsyncIterator[Units]:
        tables: list[Units] = []
        task = asyncio.create_task(
            run(self.config(**settings), specs, meter or Recorder(), tables.append)
        )
        while not tables or not tables[0].status().ready:
            await asyncio.wait([task], timeout=0.02)
            if task.done():
                break
        try:
            yield tables[0]
        finally:
            tables[0].stopping.set()
            self.exit = await task


@pytest.fixture
async def place(kafka: KafkaBroker, topic_prefix: str) -> Place:
    await create_topics(kafka.bootstrap, topic_prefix)
    return Place(kafka.bootstrap, topic_prefix)


def order(n: int, **more: Any) -> dict[str, Any]:
    return {"n": n, "amount": 1, **more}


async def test_goes_on_after_a_stop_and_shows_its_positions_as_group_offsets(place: Place) -> None:
    await place.send(ORDERS, *[(f"k{i}", order(1)) for i in range(10)])
    async with place.worker() as units:
        await place.results(10)
        assert units.status().running == 2 * PARTITIONS
    assert place.exit is Exit.DONE
    await place.send(ORDERS, *[(f"k{i}", order(2)) for i in range(10)])
    async with place.worker():
        await place.results(20)
    await verify(place.bootstrap, place.prefix, {f"k{i}": 2 for i in range(10)})
    consumer = AIOKafkaConsumer(
        bootstrap_servers=place.bootstrap,
        group_id=place.config().group,
        enable_auto_commit=False,
    )
    await consumer.start()
    places = [TopicPartition(place.prefix + ORDERS, p) for p in range(PARTITIONS)]
    assert {tp: await consumer.committed(tp) for tp in places} == await consumer.end_offsets(places)
    await consumer.stop()


async def test_offsets_that_the_group_holds_mean_nothing(place: Place) -> None:
    """`perform_seek` of stock Faust would start there and skip what lies before."""
    await place.send(ORDERS, *[(f"k{i}", order(1)) for i in range(10)])
    consumer = AIOKafkaConsumer(
        bootstrap_servers=place.bootstrap,
        group_id=place.config().group,
        enable_auto_commit=False,
    )
    await consumer.start()
    places = [TopicPartition(place.prefix + ORDERS, p) for p in range(PARTITIONS)]
    consumer.assign(places)
    ends = await consumer.end_offsets(places)
    await consumer.commit({tp: OffsetAndMetadata(end, "") for tp, end in ends.items()})
    await consumer.stop()
    async with place.worker():
        await place.results(10)
    await verify(place.bootstrap, place.prefix, {f"k{i}": 1 for i in range(10)})


async def test_aborted_and_open_input_is_not_taken(place: Place) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=place.bootstrap, transactional_id=place.prefix)
    await producer.start()
    home = partition_for(b"k", PARTITIONS)
    for n, commit in ((99, False), (1, True), (98, False), (2, True)):
        await producer.begin_transaction()
        value = json.dumps(order(n)).encode()
        await producer.send_and_wait(place.prefix + ORDERS, value, b"k", partition=home)
        await (producer.commit_transaction() if commit else producer.abort_transaction())
    await producer.begin_transaction()
    value = json.dumps(order(97)).encode()
    await producer.send_and_wait(place.prefix + ORDERS, value, b"k", partition=home)
    async with place.worker():
        assert [result["n"] for result in await place.results(2)] == [1, 2]
        await producer.commit_transaction()
        assert [result["n"] for result in await place.results(3)] == [1, 2, 97]
    await producer.stop()


async def test_urgent_inputs_are_taken_first_and_a_backlog_does_not_starve_others(
    place: Place,
) -> None:
    home = partition_for(b"k", PARTITIONS)
    await place.send(ORDERS, *[("k", order(n)) for n in range(1, 4001)])
    await place.send(ANSWERS, *[("k", order(n, granted=True)) for n in range(-50, 0)])
    meter = Recorder()
    async with place.worker(meter=meter, limits=Limits(records=300, waiting_records=600)):
        results = await place.results(4050)
    first = [r["n"] for r in results]
    assert first.index(-50) == 0
    taken = [c.records for c in meter.commits if c.unit == Unit("purse", home)]
    assert max(sum(records.values()) for records in taken) <= 300
    journal = [json.loads(r.value) for r in await read(place.bootstrap, place.prefix + JOURNAL)]
    both = [
        [topic for topic, _, _ in entry["inputs"]]
        for entry in journal
        if len(entry.get("inputs", ())) > 1
    ]
    assert all(topics == [t for t in PURSE.inputs if t in topics] for topics in both)


async def test_dead_letters_forwards_and_late_tables(place: Place) -> None:
    home = partition_for(b"k", PARTITIONS)
    purses: dict[int, Purse] = {}

    def purse(partition: int) -> Purse:
        purses[partition] = Purse(partition)
        return purses[partition]

    spec = AgentSpec(**{**PURSE.__dict__, "processor": purse})
    meter = Recorder()
    async with place.worker((spec, BANK), meter) as units:
        await place.send(SWITCH, ("k", {"version": 7}))
        await place.send(ORDERS, ("k", order(1)), ("k", order(0, poison=True)), ("k", b"\xff"))
        await place.send(ORDERS, ("k", order(2)), partition=(home + 1) % PARTITIONS)
        dead = [json.loads(record.value) for record in await place.wait_for(DEAD, 2)]
        assert [letter["reason"].split(":")[0] for letter in dead] == ["internal error"] * 2
        assert [r["n"] for r in await place.results(2)] == [1, 2]
        assert sum(c.forwarded[ORDERS] for c in meter.commits if c.forwarded) == 1
        purses[home].switches.add(7)
        units.wake()
        assert (await place.results(3))[-1] == {"walked": "k"}


async def test_an_idle_unit_fires_its_timer(place: Place) -> None:
    async with place.worker():
        await place.send(ORDERS, ("k", order(1, remind=0.5)))
        told = (await place.results(2))[-1]
    at, clock = (datetime.fromisoformat(told[name]) for name in ("at", "clock"))
    assert 0 <= (clock - at).total_seconds() < 1.0


async def test_the_clock_outlives_the_worker_and_keeps_to_the_brokers_time(place: Place) -> None:
    async with place.worker(clock_ahead=-3600.0):
        # A bound an hour back stands for a worker whose machine is an hour ahead.
        await place.send(ORDERS, ("k", order(1)))
        await place.results(1)
    (record,) = await place.wait_for(RESULTS, 1)
    age = datetime.now(UTC).timestamp() - record.timestamp / 1000
    assert 3590 < age < 3660


async def test_truncated_input_is_an_alarm(place: Place) -> None:
    home = partition_for(b"k", PARTITIONS)
    async with place.worker():
        await place.send(ORDERS, ("k", order(1)))
        await place.results(1)
    await place.send(ORDERS, *[("k", order(n)) for n in range(2, 7)])
    admin = AIOKafkaAdminClient(bootstrap_servers=place.bootstrap)
    await admin.start()
    cut = {TopicPartition(place.prefix + ORDERS, home): RecordsToDelete(before_offset=4)}
    await admin.delete_records(cut)
    await admin.close()
    meter = Recorder()
    async with place.worker(meter=meter):
        assert [result["n"] for result in await place.results(3)] == [1, 5, 6]
    assert meter.truncations == [(ORDERS, 1, 4)]


async def test_markers_that_retention_takes_are_no_alarm(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "MARKERS_AFTER", 0.5)
    home = partition_for(b"k", PARTITIONS)
    producer = AIOKafkaProducer(bootstrap_servers=place.bootstrap, transactional_id=place.prefix)
    async with producer, place.worker(meter=(meter := Recorder())):
        await producer.begin_transaction()
        value = json.dumps(order(1)).encode()
        await producer.send_and_wait(place.prefix + ORDERS, value, b"k", partition=home)
        await producer.abort_transaction()
        # There is nothing to keep but the offset behind what was aborted.
        await until(lambda: f"purse-{home}" in [str(one.unit) for one in meter.commits])
    admin = AIOKafkaAdminClient(bootstrap_servers=place.bootstrap)
    await admin.start()
    cut = {TopicPartition(place.prefix + ORDERS, home): RecordsToDelete(before_offset=2)}
    await admin.delete_records(cut)
    await admin.close()
    async with place.worker(meter=(meter := Recorder())):
        assert meter.truncations == []


async def test_a_missing_topic_stops_its_agent_only_and_is_told(
    kafka: KafkaBroker, topic_prefix: str
) -> None:
    await create_topics(kafka.bootstrap, topic_prefix, switch=0)
    place = Place(kafka.bootstrap, topic_prefix)
    tables: list[Units] = []
    task = asyncio.create_task(run(place.config(lag_interval=0.1), SPECS, None, tables.append))
    await until(lambda: tables and tables[0].status().running == PARTITIONS)
    await until(lambda: tables[0].status().problems)
    assert tables[0].status().problems == ("purse: no topic, or no right to it: tidegate.switch",)
    assert tables[0].status().units == ("bank-0", "bank-1", "bank-2")
    assert not tables[0].status().ready
    tables[0].stopping.set()
    assert await task is Exit.DONE


async def test_a_timer_that_raises_ends_the_worker_and_does_not_loop(place: Place) -> None:
    class Broken(Purse):
        def fire(self, transaction: Transaction, limit: int) -> int:
            raise ZeroDivisionError("timer")

    meter = Recorder()
    spec = AgentSpec(**{**PURSE.__dict__, "processor": Broken})
    async with place.worker((spec, BANK), meter) as units:
        await place.send(ORDERS, ("k", order(1, remind=0.01)))
        async with asyncio.timeout(20):
            await units.stopping.wait()
    assert place.exit is Exit.PROCESSOR_FAILED
    assert meter.aborts == ["ZeroDivisionError"] * 3


async def test_waits_for_the_broker_at_the_start(
    kafka: KafkaBroker, topic_prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    await create_topics(kafka.bootstrap, topic_prefix)
    place = Place(kafka.bootstrap, topic_prefix)
    await asyncio.to_thread(kafka.stop)
    tables: list[Units] = []
    task = asyncio.create_task(run(place.config(), SPECS, None, tables.append))
    try:
        await until(lambda: tables or task.done())
        caplog.clear()
        await until(lambda: "waiting for the broker" in caplog.text)
    finally:
        await asyncio.to_thread(kafka.start)
    await until(lambda: tables[0].status().ready)
    tables[0].stopping.set()
    assert await task is Exit.DONE


async def test_lag_comes_down_to_nothing(place: Place) -> None:
    meter = Recorder()
    async with place.worker(meter=meter, lag_interval=0.1) as units:
        await Load(place.bootstrap, place.prefix, rate=5000).run(500)
        await place.results(500)
        await until(lambda: meter.lags and not any(meter.lags.values()))
        assert units.status().lag_records == 0
        assert units.stuck(0.0) == []


async def test_no_data_directory_is_made(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with place.worker():
        pass
    assert os.listdir(tmp_path) == []


# The writer and the recovery alone.


@asynccontextmanager
async def writer(place: Place) -> AsyncIterator[Writer]:
    one = Writer(place.config(), Unit("purse", 0))
    await one.start()
    try:
        yield one
    finally:
        await one.stop()


async def replayed(place: Place) -> dict[str, bytes]:
    """Return what a partition's changelog gives."""
    store = MemoryStore()
    await replay(place.config(), PURSE_LOG, 0, store, lambda: None)
    return dict(store.items())


async def test_a_failed_batch_fails_the_transaction(place: Place) -> None:
    """`commit_transaction` alone would commit what else was sent."""
    async with writer(place) as one:
        good = Output(RESULTS, 0, b"k", b"{}")
        nowhere = Output(RESULTS, 0, b"k", b"x" * 40_000_000)
        with pytest.raises(KafkaError):
            await one.commit([good, nowhere, Output(JOURNAL, 0, b"k", b"{}")], NOW)
    async with writer(place) as two:
        await two.commit([good], NOW)
    assert len(await read(place.bootstrap, place.prefix + RESULTS)) == 1
    assert await read(place.bootstrap, place.prefix + JOURNAL) == []


async def test_opening_fences_the_last_owner_and_undoes_its_transaction(place: Place) -> None:
    async with writer(place) as old:
        await old.commit([Output(PURSE_LOG, 0, b"a", b"1")], NOW)
        await old._producer.begin_transaction()
        await old._produce([Output(PURSE_LOG, 0, b"a", b"2")], NOW)
        async with writer(place) as new:
            assert await replayed(place) == {"a": b"1"}
            with pytest.raises(ProducerFenced):
                await old._producer.commit_transaction()
            await new.commit([Output(PURSE_LOG, 0, b"a", None)], NOW)
        with suppress(KafkaError):
            await old._abort()
    assert await replayed(place) == {}


async def test_many_outputs_span_batches_in_order(place: Place) -> None:
    outputs = [Output(RESULTS, 1, str(i).encode(), b"x" * 700) for i in range(3000)]
    outputs += [Output(CLAIMS, 0, b"c", None, (("h", b"v"),)), Output(BANK_LOG, 0, b"b", b"")]
    an_hour_ago = int((time() - 3600) * 1000)
    async with writer(place) as one:
        stamp = await one.commit([*outputs, Output(JOURNAL, 0, b"j", b"{}")], an_hour_ago)
    assert stamp is not None
    assert stamp > an_hour_ago + 3_500_000
    found = await read(place.bootstrap, place.prefix + RESULTS)
    assert [int(record.key) for record in found] == list(range(3000))
    assert {record.timestamp for record in found} == {an_hour_ago}
    (claim,) = await read(place.bootstrap, place.prefix + CLAIMS)
    assert claim.headers == (("h", b"v"),)


# Faust's own seeks and commits, and what a rebalance does to batches on their way.


def consumer_of(units: Units) -> Any:
    assert units.seek_places is not None
    return cast(Any, units.seek_places).__self__


async def test_fausts_seek_and_commit_do_nothing(place: Place) -> None:
    async with place.worker() as units:
        await place.send(ORDERS, ("k", order(1)), ("k", order(2)))
        await place.results(2)
        consumer, seeks = consumer_of(units), units.next_seek()
        tp = TP(place.prefix + ORDERS, partition_for(b"k", PARTITIONS))
        stale = {TopicPartition(*tp): OffsetAndMetadata(1, "")}
        await consumer._thread.call_thread(consumer._thread._consumer.commit, stale)
        await consumer.perform_seek()
        consumer._acked[tp] = [1, 2, 3]
        assert consumer._filter_committable_offsets([tp]) == {}
        await place.send(ORDERS, ("k", order(3)))
        assert [result["n"] for result in await place.results(3)] == [1, 2, 3]
        assert units.next_seek() == seeks + 1


async def test_batches_lost_doubled_and_late_on_the_way_are_sought_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer, held, count = Units.offer, list[Batch](), itertools.count(1)

    def unsteady(units: Units, batch: Batch) -> None:
        match next(count) % 7:
            case 1:
                return
            case 3:
                offer(units, batch)
                offer(units, batch)
            case 5:
                held.append(batch)
            case 6:
                offer(units, batch)
                while held:
                    offer(units, held.pop())
            case _:
                offer(units, batch)

    monkeypatch.setattr(Units, "offer", unsteady)
    load = Load(place.bootstrap, place.prefix, rate=3000)
    # A batch with nothing behind it is missed by the lag.
    async with place.worker(lag_interval=0.2) as units:
        await load.run(3000)
        await place.results(load.total)
        assert units.next_seek() > 6 + 1
    await verify(place.bootstrap, place.prefix, load.sent)
