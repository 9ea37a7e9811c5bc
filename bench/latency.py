"""Latency from the intended send to the decision that a reader sees; open loop.

The schedule never waits for the worker, so a pause counts for all that should have been sent in it
(no coordinated omission).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.progress import tell
from bench.table import Section
from tests.support.deployment import Deployment, WorkerProcess

WARM_SHARE = 0.2
"""Of the schedule, sent and not counted."""
_BEHIND_SECONDS = 20.0
"""A worker this long behind at the schedule's end is not waited for: the rate is not sustained."""
_UNANSWERED = b"TG-LICENSE-UNANSWERED"
_ROOT = Path(__file__).parents[1]

COLUMNS = ("", "p50 ms", "p99 ms", "max ms", "sent/s", "late p99", "late max")
NOTES = (
    "From the instant at which a record was due to be sent until a read_committed reader has its"
    " decision; with a license: the decision after the license owner's answer. The first fifth is"
    " not counted. 'sent/s' and 'late' are the load generator's own: how fast it sent, and how many"
    " ms after its schedule.",
)


def section() -> Section:
    """Return an empty section for latencies."""
    return Section("Latency, 1 worker, open loop", COLUMNS, notes=NOTES)


async def latency(
    deployment: Deployment,
    worker: WorkerProcess,
    title: str,
    rate: int,
    seconds: float,
    first: int,
    licensed: bool = False,
    kill: bool = False,
) -> tuple[str, ...]:
    """Measure one rate; with `kill` the worker is killed half-way and started again at once."""
    tell(title)
    settings = deployment.settings
    bootstrap, prefix = settings.kafka_bootstrap_servers, settings.topic_prefix
    count = int(rate * seconds)
    topic = f"{prefix}trade.shipments"
    arguments = [topic, settings.partitions, rate, count, first, int(licensed)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="latest",
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    places = [TopicPartition(f"{prefix}trade.decisions", n) for n in range(settings.partitions)]
    consumer.assign(places)
    await consumer.seek_to_end(*places)
    loader = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.loader", bootstrap, *(str(word) for word in arguments)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )
    assert loader.stdout is not None
    began = float(await loader.stdout.readline())
    killing = asyncio.create_task(_kill(worker, began + seconds / 2)) if kill else None
    try:
        seen = await _seen(consumer, first, count, began + seconds + _BEHIND_SECONDS)
        told = json.loads(await loader.stdout.readline())
        if killing is not None:
            await killing
    finally:
        await consumer.stop()
        if loader.returncode is None:
            loader.terminate()
        await loader.wait()
    if len(seen) < count:
        missing = count - len(seen)
        return (
            title,
            f"not sustained: {missing:,} of {count:,} undecided {_BEHIND_SECONDS:.0f} s on",
        )
    warm = int(count * WARM_SHARE)
    took = sorted(at - began - number / rate for number, at in seen.items() if number >= warm)
    cells = (took[len(took) // 2], took[len(took) * 99 // 100], took[-1])
    load = (told["p99"], told["max"])
    return (
        title,
        *(f"{value * 1000:,.0f}" for value in cells),
        f"{told['rate']:,.0f}",
        *(f"{value * 1000:,.0f}" for value in load),
    )


async def _seen(
    consumer: AIOKafkaConsumer, first: int, count: int, deadline: float
) -> dict[int, float]:
    """Return when each shipment's final decision was first seen, by its number in the schedule."""
    seen: dict[int, float] = {}
    while len(seen) < count and time.monotonic() < deadline:
        fetched = await consumer.getmany(timeout_ms=50)
        now = time.monotonic()
        for records in fetched.values():
            for record in records:
                number = int(record.key.rpartition(b"-")[2]) - first
                if 0 <= number < count and _UNANSWERED not in record.value:
                    seen.setdefault(number, now)
    return seen


async def _kill(worker: WorkerProcess, at: float) -> None:
    await asyncio.sleep(max(0.0, at - time.monotonic()))
    os.kill(worker.pid, signal.SIGKILL)
    await asyncio.to_thread(worker.kill)
    worker.start()
