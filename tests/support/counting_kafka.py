"""Run the counting agents on a real broker: topics, load, worker processes, and a verifier.

The verifier shares nothing with the runtime but the topics: it reads them `read_committed` and
recomputes from the orders what must be there.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.support.counting import BANK_LOG, CO_PARTITIONED, JOURNAL, ORDERS, PURSE_LOG, TOPICS
from tidegate.runtime.partitioner import partition_for

ROOT = Path(__file__).parents[2]
PARTITIONS = 3
_COMPACTED = {PURSE_LOG, BANK_LOG}


async def create_topics(bootstrap: str, prefix: str, **sizes: int) -> None:
    """Create all topics of the counting agents; `sizes` by the name's last part (0: none)."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    topics = []
    for topic in TOPICS:
        configs = {}
        if topic == JOURNAL:
            configs["message.timestamp.type"] = "LogAppendTime"
        if topic in _COMPACTED:
            configs["cleanup.policy"] = "compact"
        count = sizes.get(topic.split(".")[-1], PARTITIONS if topic in CO_PARTITIONED else 2)
        if count:
            topics.append(NewTopic(prefix + topic, count, 1, topic_configs=configs))
    await admin.create_topics(topics)
    await admin.close()


async def send(
    bootstrap: str,
    topic: str,
    records: list[tuple[str | None, bytes]],
    partition: int | None = None,
) -> None:
    """Write records, each to the partition of its key unless told otherwise."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        futures = []
        for key, value in records:
            key_bytes = None if key is None else key.encode()
            place = partition_for(key_bytes or b"", PARTITIONS) if partition is None else partition
            futures.append(await producer.send(topic, value, key_bytes, partition=place))
        await asyncio.gather(*futures)
    finally:
        await producer.stop()


class Load:
    """Sends orders at a steady rate; `sent` is what must come out."""

    def __init__(self, bootstrap: str, prefix: str, keys: int = 40, rate: float = 1000.0) -> None:
        self.sent: dict[str, int] = defaultdict(int)
        self._bootstrap, self._prefix, self._keys, self._rate = bootstrap, prefix, keys, rate

    async def run(self, orders: int) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, enable_idempotence=True, linger_ms=2
        )
        await producer.start()
        loop = asyncio.get_running_loop()
        try:
            began, futures = loop.time(), []
            for i in range(orders):
                key = f"k{i % self._keys}"
                self.sent[key] += 1
                value = {"n": self.sent[key], "amount": 1 + i % 3, "bank": f"b{i % 5}"}
                place = partition_for(key.encode(), PARTITIONS)
                futures.append(
                    await producer.send(
                        self._prefix + ORDERS, json.dumps(value).encode(), key.encode(), place
                    )
                )
                wait = began + i / self._rate - loop.time()
                if wait > 0:
                    await asyncio.sleep(wait)
            await asyncio.gather(*futures)
        finally:
            await producer.stop()

    @property
    def total(self) -> int:
        return sum(self.sent.values())


async def read(bootstrap: str, topic: str, isolation: str = "read_committed") -> list[Any]:
    """Return all records of a topic."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level=isolation, auto_offset_reset="earliest"
    )
    await consumer.start()
    records = []
    try:
        found = await consumer._client.fetch_all_metadata()
        places = [TopicPartition(topic, p) for p in found.partitions_for_topic(topic)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        for place in places:
            while await consumer.position(place) < ends[place]:
                for batch in (await consumer.getmany(timeout_ms=100)).values():
                    records += batch
    finally:
        await consumer.stop()
    return records


async def changelog(bootstrap: str, topic: str) -> dict[str, Any]:
    """Return the last value of each key, tombstones left out, decoded from JSON."""
    state: dict[Any, Any] = {}
    for record in await read(bootstrap, topic):
        if record.value is None:
            state.pop(record.key.decode(), None)
        elif record.key != b"\x00meta":
            state[record.key.decode()] = json.loads(record.value)
    return state


async def wait_for(bootstrap: str, topic: str, count: int, seconds: float = 40.0) -> list[Any]:
    """Read a topic until it holds `count` records."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", fetch_max_wait_ms=50
    )
    await consumer.start()
    found: list[Any] = []
    try:
        cluster = await consumer._client.fetch_all_metadata()
        places = [TopicPartition(topic, p) for p in cluster.partitions_for_topic(topic)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        async with asyncio.timeout(seconds):
            while len(found) < count:
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += batch
    except TimeoutError:
        raise AssertionError(f"{topic}: {len(found)} of {count} records") from None
    finally:
        await consumer.stop()
    return found


async def verify(bootstrap: str, prefix: str, sent: dict[str, int]) -> None:
    """Check that every order counted once, in order per key, and that the state is exact."""
    results: dict[str, list[int]] = defaultdict(list)
    for record in await read(bootstrap, prefix + "trade.results"):
        results[record.key.decode()].append(json.loads(record.value)["n"])
    for key, count in sent.items():
        missing = set(range(1, count + 1)) - set(results[key])
        assert not missing, f"{key}: missing {sorted(missing)[:5]} of {count}"
        assert len(results[key]) == count, f"{key}: {len(results[key])} results for {count}"
    sums: dict[str, int] = defaultdict(int)
    spent: dict[str, int] = defaultdict(int)
    for record in await read(bootstrap, prefix + ORDERS):
        order = json.loads(record.value)
        sums[record.key.decode()] += order["amount"]
        spent[order.get("bank", record.key.decode())] += order["amount"]
    purses = await changelog(bootstrap, prefix + PURSE_LOG)
    assert purses == {
        f"purse/{key}": {"n": n, "sum": sums[key], "granted": n, "refused": 0}
        for key, n in sent.items()
    }
    banks = await changelog(bootstrap, prefix + BANK_LOG)
    assert banks == {f"bank/{key}": 1_000_000 - amount for key, amount in spent.items()}
    claims: dict[str, list[int]] = defaultdict(list)
    for record in await read(bootstrap, prefix + "tidegate.claims"):
        claim = json.loads(record.value)
        claims[claim["order"]].append(claim["n"])
    for key, count in sent.items():
        by_bank = claims[key]
        assert sorted(by_bank) == list(range(1, count + 1))
    await _check_journal(bootstrap, prefix)


async def _check_journal(bootstrap: str, prefix: str) -> None:
    """Check that journal ranges join without gap or overlap, and clocks never go back."""
    ends: dict[tuple[str, int, str], int] = {}
    numbers: dict[tuple[str, int], int] = {}
    clocks: dict[tuple[str, int], str] = {}
    for record in await read(bootstrap, prefix + JOURNAL):
        entry = json.loads(record.value)
        if "opened" in entry:
            continue
        unit = entry["agent"], entry["partition"]
        assert entry["number"] == numbers.get(unit, 0) + 1
        assert entry["clock"] >= clocks.get(unit, "")
        numbers[unit], clocks[unit] = entry["number"], entry["clock"]
        for topic, start, end in entry["inputs"]:
            # Markers between two ranges may be passed without a transaction.
            assert start >= ends.get((*unit, topic), 0)
            ends[(*unit, topic)] = end


class WorkerProcess:
    """A worker as a process of its own."""

    def __init__(
        self, bootstrap: str, prefix: str, instance: str, log: Path, **config: Any
    ) -> None:
        self.log = log
        self._arguments = [bootstrap, prefix, instance, json.dumps(config)]
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> WorkerProcess:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.support.counting_worker",
                *self._arguments,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT / "streams")},
            )
        return self

    async def signal(self, number: signal.Signals) -> int | None:
        """Send a signal; return the exit code where it ends the process."""
        assert self._process is not None
        self._process.send_signal(number)
        if number in (signal.SIGSTOP, signal.SIGCONT):
            return None
        return await self.wait()

    async def wait(self, seconds: float = 30.0) -> int:
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), seconds)

    async def logged(self, text: str, seconds: float = 30.0, times: int = 1) -> None:
        """Wait until the log holds `text`."""
        for _ in range(int(seconds / 0.05)):
            if self.log.read_text().count(text) >= times:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{text!r} not in\n{self.log.read_text()[-5000:]}")

    async def end(self) -> None:
        """End it, whatever state it is in."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def workers(
    bootstrap: str, prefix: str, folder: Path, *names: str, **config: Any
) -> AsyncIterator[list[WorkerProcess]]:
    """Start worker processes and wait until the units of all agents are open in one or other."""
    started = [WorkerProcess(bootstrap, prefix, n, folder / f"{n}.log", **config) for n in names]
    try:
        for worker in started:
            await worker.start()
        for worker in started:
            await worker.logged(": opened with")
        yield started
    finally:
        for worker in started:
            await worker.end()
