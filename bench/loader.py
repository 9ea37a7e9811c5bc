"""Send shipments by a fixed schedule, in a process of its own, and tell how well it was kept.

`python -m bench.loader BOOTSTRAP TOPIC PARTITIONS RATE COUNT FIRST LICENSED`. Records are made
beforehand. It prints the schedule's start (monotonic seconds), and at the end what it achieved.
The schedule waits for nobody: what is late goes at once, and its latency counts from when it was
due.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from bench.batches import Pair, producer, send_batch
from bench.events import shipment
from tidegate.runtime.loop import loop_factory
from tidegate.runtime.partitioner import partition_for

_LEAD_SECONDS = 1.0
_TICK_SECONDS = 0.002


async def load(
    bootstrap: str, topic: str, partitions: int, rate: float, records: list[Pair]
) -> None:
    """Send the records, number n due at start + n / rate."""
    lanes: list[list[tuple[float, Pair]]] = [[] for _ in range(partitions)]
    for number, record in enumerate(records):
        lanes[partition_for(record[0], partitions)].append((number / rate, record))
    late: list[float] = []
    sender = producer(bootstrap)
    await sender.start()

    async def lane(number: int) -> None:
        schedule = [due for due, _ in lanes[number]]
        ready = [record for _, record in lanes[number]]
        sent, due, acks = 0, 0, []
        while sent < len(ready):
            now = time.monotonic() - began
            while due < len(ready) and schedule[due] <= now:
                due += 1
            if due == sent:
                await asyncio.sleep(max(_TICK_SECONDS, schedule[due] - now))
                continue
            start = sent
            sent, ack = await send_batch(sender, topic, number, ready[:due], start)
            now = time.monotonic() - began
            late.extend(now - at for at in schedule[start:sent])
            acks.append(ack)
        await asyncio.gather(*acks)

    try:
        began = time.monotonic() + _LEAD_SECONDS
        print(began, flush=True)
        await asyncio.sleep(_LEAD_SECONDS)
        await asyncio.gather(*(lane(number) for number in range(partitions)))
        took = time.monotonic() - began
    finally:
        await sender.stop()
    late.sort()
    told = {"rate": len(late) / took, "p99": late[len(late) * 99 // 100], "max": late[-1]}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    where, into = sys.argv[1:3]
    wide, a_second, many, start_at, cited = (int(word) for word in sys.argv[3:8])
    made = [shipment(start_at + n, bool(cited)) for n in range(many)]
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(load(where, into, wide, a_second, made))
