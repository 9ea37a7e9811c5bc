"""Plain aiokafka: reads the records and does nothing with them. No peer can be quicker in Python.

Run as a process of its own: `python -m bench.peers.plain BOOTSTRAP TOPIC PARTITIONS COUNT`.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time

from bench.peers.peer import WARM_SHARE, NotRun, Place, Throughput


async def run(place: Place) -> Throughput:
    """Measure it; see `peer.measured`. It counts itself, since it writes nothing."""
    arguments = [place.bootstrap, place.source, str(place.partitions), str(place.backlog)]
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", __spec__.name, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode != 0:
        raise NotRun(done.stderr.strip().splitlines()[-1])
    return Throughput(*json.loads(done.stdout))


async def _read(bootstrap: str, topic: str, partitions: int, count: int) -> None:
    from aiokafka import AIOKafkaConsumer, TopicPartition

    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
        read, warm = 0, int(count * WARM_SHARE)
        while read < warm:
            read += await _some(consumer)
        first, began, cpu = read, time.perf_counter(), _cpu()
        while read < count:
            read += await _some(consumer)
        print(json.dumps([read - first, time.perf_counter() - began, _cpu() - cpu]))
    finally:
        await consumer.stop()


async def _some(consumer: object) -> int:
    fetched = await consumer.getmany(timeout_ms=500)  # type: ignore[attr-defined]
    return sum(len(records) for records in fetched.values())


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    from tidegate.runtime.loop import loop_factory

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_read(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
