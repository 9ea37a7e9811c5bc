"""`python -m bench.state --sizes 10000,100000`: what open shipments cost, and when they are back.

The changelog is written directly, with states that the real processor made, so that a million is a
matter of seconds. Then a worker is started on it, stopped in order, started, killed, and started.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaProducer
from rich.console import Console
from rich.table import Table

from bench.events import HELD_EVERY, Company, shipment
from bench.names import company
from tests.support.deployment import Deployment, WorkerProcess
from tests.support.kafka import KafkaBroker, KafkaUnavailable
from tests.support.tables import shipped
from tidegate.agents.offline import Offline
from tidegate.agents.screening import kept_line
from tidegate.agents.shipment_state import PREFIX, state_key
from tidegate.agents.tables_state import TABLES_KEY, TablesState
from tidegate.agents.topics import SHIPMENTS_CHANGELOG
from tidegate.runtime.disk_store import DiskStore
from tidegate.runtime.partitioner import partition_for
from tidegate.runtime.recovery import Meta
from tidegate.runtime.spec import META_KEY
from tidegate.runtime.store import MemoryStore

PARTITIONS = 8
PATIENCE_SECONDS = 300.0
_BATCH_BYTES = 512 * 1024
_PROBES = 20_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found for one number of open shipments."""

    shipments: int
    value_bytes: float
    disk_bytes: float
    rebuilt_seconds: float
    """From the start of a worker after a kill until it is ready; it knows of no other worker."""
    rebuilt_rss: int
    restart_seconds: float
    """The same after an orderly stop."""
    restart_rss: int
    stop_seconds: float


def states(count: int, buyer: Company | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield the key and value of open shipments; one in `HELD_EVERY` is held.

    Args:
        count: How many.
        buyer: Who is met everywhere, instead of the companies of `bench.names`.
    """
    met = company if buyer is None else lambda dice, country: buyer
    templates = []
    for number in range(HELD_EVERY):
        key, event = shipment(number, met=met)
        offline = Offline(shipped())
        offline.apply(event, at=datetime.now(UTC))
        value = offline._runtime.state("screening")[state_key(key.decode())]
        templates.append((key, value))
    for number in range(count):
        key, value = templates[number % HELD_EVERY]
        # The same length: no value gets shorter or longer by it.
        name = f"B{number:0{len(key) - 1}d}"
        yield PREFIX + name, value.replace(key, name.encode())


async def write_changelog(
    deployment: Deployment, version: str, book: Iterable[tuple[str, bytes]]
) -> float:
    """Write the screening agent's state; return the bytes of a value."""
    settings = deployment.settings
    topic = settings.topic_prefix + SHIPMENTS_CHANGELOG
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        max_batch_size=_BATCH_BYTES,
        max_request_size=_BATCH_BYTES * 4,
    )
    await producer.start()
    batches = [producer.create_batch() for _ in range(PARTITIONS)]

    async def put(partition: int, key: bytes, value: bytes) -> None:
        if batches[partition].append(key=key, value=value, timestamp=None) is None:
            await producer.send_batch(batches[partition], topic, partition=partition)
            batches[partition] = producer.create_batch()
            batches[partition].append(key=key, value=value, timestamp=None)

    size = count = 0
    for key, value in book:
        size, count = size + len(value), count + 1
        name = key.removeprefix(PREFIX).encode()
        await put(partition_for(name, PARTITIONS), key.encode(), value)
    now = datetime.now(UTC)
    tables = TablesState(version=version, published_at=now)
    meta = Meta(clock=now, number=1, lineage="bench").encode()
    for partition in range(PARTITIONS):
        await put(partition, TABLES_KEY.encode(), tables.model_dump_json().encode())
        await put(partition, META_KEY.encode(), meta)
        await producer.send_batch(batches[partition], topic, partition=partition)
    await producer.flush()
    await producer.stop()
    return size / count


def rss(worker: WorkerProcess) -> int:
    """Return a process's resident bytes."""
    pages = Path(f"/proc/{worker.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def disk(folder: Path) -> int:
    """Return the bytes of all files below a folder, as the disk counts them."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def started(worker: WorkerProcess, count: int, source: str) -> tuple[float, int]:
    """Start a worker; return the seconds until it is ready, and its resident bytes.

    Raises:
        AssertionError: shipments are missing, or the state did not come from `source`.
    """
    began = time.perf_counter()
    worker.start()
    worker.await_ready(PATIENCE_SECONDS)
    seconds = time.perf_counter() - began
    metrics = worker.metrics()
    found = sum(n for name, n in metrics.items() if "open_shipments{" in name)
    sources = [name for name in metrics if "recovery_records{" in name and "screening" in name]
    if found != count or not all(f'source="{source}"' in name for name in sources):
        raise AssertionError(f"{found} of {count} shipments are open\n{worker.tail()}")
    return seconds, rss(worker)


def measure(broker: KafkaBroker, folder: Path, count: int, console: Console) -> Figures:
    """Measure one number of open shipments, on topics of its own."""
    place = folder / f"n{count}"
    place.mkdir()
    deployment = Deployment(
        broker.bootstrap, f"n{count}.", place, folder / "cache", partitions=PARTITIONS
    )
    deployment.command("topics", "create")
    version = deployment.publish()
    console.print(f"{count:,}: writing the changelog")
    value_bytes = asyncio.run(write_changelog(deployment, version, states(count)))
    worker = WorkerProcess(deployment, "bench")
    try:
        console.print(f"{count:,}: first start")
        started(worker, count, "changelog")
        worker.kill()
        console.print(f"{count:,}: killed")
        rebuilt = started(worker, count, "changelog")
        began = time.perf_counter()
        worker.stop()
        stopping = time.perf_counter() - began
        on_disk = disk(place / "state")
        console.print(f"{count:,}: stopped in order")
        again = started(worker, count, "disk")
        worker.stop()
    finally:
        worker.kill()
    return Figures(
        shipments=count,
        value_bytes=value_bytes,
        disk_bytes=on_disk / count,
        rebuilt_seconds=rebuilt[0],
        rebuilt_rss=rebuilt[1],
        restart_seconds=again[0],
        restart_rss=again[1],
        stop_seconds=stopping,
    )


def access(folder: Path, count: int) -> list[tuple[str, float, float]]:
    """Return what a read and a write cost: name, microseconds on disk, in memory."""
    disk_store, memory = DiskStore(folder / "access", kept_line), MemoryStore()
    portion: dict[str, bytes | None] = {}
    for key, value in states(count):
        portion[key] = value
        if len(portion) == 2000:
            disk_store.apply(portion)
            memory.apply(portion)
            portion = {}
    disk_store.apply(portion)
    memory.apply(portion)
    disk_store.flush()
    keys = random.Random(1).sample([key for key, _ in memory.items()], min(count, _PROBES))
    hot = keys[:500] * (len(keys) // 500)

    def each(work: Callable[[], object], many: int) -> float:
        began = time.process_time()
        work()
        return (time.process_time() - began) / many * 1e6

    rows = []
    for name, chosen in (("get, anywhere", keys), ("get, again", hot)):
        figures = [
            each(lambda s=store, c=chosen: [s.get(k) for k in c], len(chosen))
            for store in (disk_store, memory)
        ]
        rows.append((name, *figures))
    absent = [key + "x" for key in keys]
    rows.append(
        (
            "get, absent",
            each(lambda: [disk_store.get(k) for k in absent], len(absent)),
            each(lambda: [memory.get(k) for k in absent], len(absent)),
        )
    )
    changed = [(key, memory.get(key)) for key in keys]
    parts = [dict(changed[i : i + 200]) for i in range(0, len(changed), 200)]
    rows.append(
        (
            "put, 200 a transaction",
            each(lambda: [disk_store.apply(p) for p in parts], len(changed)),
            each(lambda: [memory.apply(p) for p in parts], len(changed)),
        )
    )
    disk_store.close()
    return rows


def main() -> int:
    """Run the measurements; return the exit code."""
    parser = argparse.ArgumentParser(prog="bench.state", description=__doc__)
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(part) for part in text.split(",")],
        default=[10_000, 100_000],
        help="open shipments, separated by commas",
    )
    sizes = parser.parse_args().sizes
    console = Console(stderr=True)
    table = Table("open shipments", *(f"{size:,}" for size in sizes), title="State on disk")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = KafkaBroker(folder / "kafka")
        try:
            broker.start()
        except KafkaUnavailable as problem:
            console.print(f"bench: {problem}")
            return 2
        try:
            found = [measure(broker, folder, size, console) for size in sizes]
        finally:
            broker.stop()
        for label, text in _ROWS:
            table.add_row(label, *(text(one) for one in found))
        costs = access(folder, min(max(sizes), 100_000))
    Console().print(table)
    access_table = Table("state access", "disk, CPU µs", "dict, CPU µs")
    for label, on_disk, in_memory in costs:
        access_table.add_row(label, f"{on_disk:.2f}", f"{in_memory:.2f}")
    Console().print(access_table)
    return 0


_ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("bytes of a value", lambda f: f"{f.value_bytes:,.0f}"),
    ("bytes on disk, each", lambda f: f"{f.disk_bytes:,.0f}"),
    ("after an orderly stop: seconds to ready", lambda f: f"{f.restart_seconds:.1f}"),
    ("... worker's memory, MB", lambda f: f"{f.restart_rss / 1e6:,.0f}"),
    ("... bytes of it, each", lambda f: f"{f.restart_rss / f.shipments:,.0f}"),
    ("after a kill: seconds to ready", lambda f: f"{f.rebuilt_seconds:.1f}"),
    ("... worker's memory, MB", lambda f: f"{f.rebuilt_rss / 1e6:,.0f}"),
    ("... bytes of it, each", lambda f: f"{f.rebuilt_rss / f.shipments:,.0f}"),
    ("orderly stop, seconds", lambda f: f"{f.stop_seconds:.1f}"),
)


if __name__ == "__main__":
    sys.exit(main())
