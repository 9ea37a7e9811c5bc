"""`python -m bench.midnight --open 100000`: how soon a ban that starts at midnight has acted.

One open shipment in ten goes where the ban will be; no event arrives at midnight. The midnight is
that of a time zone made for the occasion, `--after` seconds from when all are decided, so nobody
waits for the night. The time runs from that instant to the last of those shipments seen held.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import struct
import sys
import tempfile
import time
import zoneinfo
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.console import Console

from bench.events import Event, shipment
from bench.measurements import send
from tests.support.deployment import Deployment, WorkerProcess
from tests.support.kafka import KafkaBroker, KafkaUnavailable

PACKS = Path(__file__).resolve().parent.parent / "packs"
PATIENCE_SECONDS = 120.0
GIVE_UP_SECONDS = 600.0
SWITCHED = "tidegate_tables_propagation_seconds_count"
"""Counts each partition whose walk over its open shipments is through, once for each version."""
ZONES = "zones"
TOUCHED_EVERY = 10
COUNTRY = "ZA"
"""No other shipment of the bench goes there."""
ZONE = "Bench/Midnight"
_DAY_SECONDS = 86_400
_PACK = """
pack: bench-midnight
title: {{en: A ban that starts at midnight}}
regime: CN
authority: Bench
timezone: {zone}
verified_on: 2026-11-23
measures:
  - id: XX-MIDNIGHT-01
    instrument: An order made up for the bench
    article: all
    title: {{en: Nothing goes there any more}}
    evidence: text
    effective: {{from: {day}}}
    when: {{destination: [{country}]}}
    outcome: PROHIBITED
"""


class NotReady(Exception):
    """Not all was ready before midnight: give `--after` more seconds."""


def zone_whose_day_begins(at: int, folder: Path) -> date:
    """Write a time zone in which a day begins at an instant, and return that day.

    Args:
        at: The instant, seconds since 1970.
        folder: Where zones are looked for (`PYTHONTZPATH`).

    Source: TZif version 1 (RFC 8536, section 3): one local time type and no transition.
    """
    offset = -at % _DAY_SECONDS
    if offset > _DAY_SECONDS // 2:
        offset -= _DAY_SECONDS
    header = b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    place = folder / ZONE
    place.parent.mkdir(parents=True)
    place.write_bytes(header + struct.pack(">lbb", offset, 0, 0) + b"MID\0")
    return datetime.fromtimestamp(at + offset, UTC).date()


def book(count: int) -> Iterator[Event]:
    """Yield open shipments; one in ten goes where the ban will be."""
    for number in range(count):
        key, value = shipment(number)
        if number % TOUCHED_EVERY == 1:  # none of those that are held in any case
            event = json.loads(value)
            event["data"]["destination_country"] = COUNTRY
            value = json.dumps(event, separators=(",", ":")).encode()
        yield key, value


class Decided:
    """The decisions of a deployment, as they come."""

    def __init__(self, deployment: Deployment) -> None:
        settings = deployment.settings
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
        )
        topic = settings.topic_prefix + "trade.decisions"
        self._places = [TopicPartition(topic, n) for n in range(settings.partitions)]
        self.shipments: set[bytes] = set()
        self.held: set[bytes] = set()
        self.decisions = 0

    async def read(self, wanted: int, of: set[bytes], until: float) -> float:
        """Read on until so many are in `of`; return when the last was seen (`time.time`)."""
        last = time.time()
        while len(of) < wanted and time.time() < until:
            for records in (await self._consumer.getmany(timeout_ms=50)).values():
                for record in records:
                    self.decisions += 1
                    key, value = record.key or b"", record.value or b""
                    self.shipments.add(key)
                    if b'"XX-MIDNIGHT-01"' in value:
                        self.held.add(key)
                last = time.time()
        return last

    async def __aenter__(self) -> Decided:
        await self._consumer.start()
        self._consumer.assign(self._places)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._consumer.stop()


async def wait(
    deployment: Deployment, worker: WorkerProcess, count: int, after: int, console: Console
) -> tuple[int, float]:
    """Send the book, ban, wait for midnight; return how many it held, and how long that took."""
    touched = sum(number % TOUCHED_EVERY == 1 for number in range(count))
    async with Decided(deployment) as decided:
        await send(deployment, "trade.shipments", book(count))
        await decided.read(count, decided.shipments, time.time() + GIVE_UP_SECONDS)
        at = int(time.time()) + after
        before = decided.decisions
        console.print(f"{len(decided.shipments):,} decided; publishing the ban")
        await asyncio.to_thread(deployment.publish, banned(deployment.folder, at))
        while await asyncio.to_thread(_switched, worker) < 2 * deployment.settings.partitions:
            if time.time() > at or len(decided.shipments) < count:
                raise NotReady(f"{len(decided.shipments):,} of {count:,} shipments are decided")
            await asyncio.sleep(0.2)
        console.print(f"{at - time.time():.0f} s to midnight, {touched:,} concerned")
        last = await decided.read(touched, decided.held, at + PATIENCE_SECONDS)
        await decided.read(count + 1, decided.shipments, time.time() + 1)
        if decided.decisions - before != touched:
            console.print(f"{decided.decisions - before:,} decisions, not {touched:,}")
        return len(decided.held), last - at


def _switched(worker: WorkerProcess) -> float:
    with suppress(OSError):  # busy: it is asked again
        return worker.metrics().get(SWITCHED, 0)
    return 0


def banned(folder: Path, at: int) -> Path:
    """Write the shipped packs with a ban from an instant on; return their folder."""
    packs = folder / "banned"
    shutil.copytree(PACKS, packs)
    day = zone_whose_day_begins(at, folder / ZONES)
    text = _PACK.format(zone=ZONE, day=day, country=COUNTRY)
    (packs / "midnight.yaml").write_text(text, encoding="utf-8")
    return packs


def measure(broker: KafkaBroker, folder: Path, count: int, after: int, console: Console) -> str:
    """Run the measurement; return what came of it, in words."""
    zones = folder / ZONES
    zones.mkdir()
    # For all processes started from here: they read the zone when they need it.
    os.environ["PYTHONTZPATH"] = os.pathsep.join((str(zones), *zoneinfo.TZPATH))
    deployment = Deployment(broker.bootstrap, "m.", folder, folder / "cache")
    deployment.prepare(PACKS)
    worker = WorkerProcess(deployment, "bench")
    try:
        worker.start()
        worker.await_ready(GIVE_UP_SECONDS)
        console.print(f"sending {count:,} shipments")
        held, seconds = asyncio.run(wait(deployment, worker, count, after, console))
    finally:
        worker.kill()
    return (
        f"{count:,} open shipments, 1 worker: a ban at midnight, no event; {held:,} held,"
        f" the last seen {seconds:.2f} s after it"
    )


def main() -> int:
    """Run the measurement; return the exit code."""
    parser = argparse.ArgumentParser(prog="bench.midnight", description=__doc__)
    parser.add_argument("--open", type=int, default=100_000, help="open shipments")
    parser.add_argument(
        "--after", type=int, default=60, help="seconds to publish the ban before its midnight"
    )
    given = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = KafkaBroker(folder / "kafka")
        try:
            broker.start()
        except KafkaUnavailable as problem:
            console.print(f"bench: {problem}")
            return 2
        try:
            text = measure(broker, folder, given.open, given.after, console)
        except NotReady as problem:
            console.print(f"bench: {problem}: give --after more seconds than {given.after}")
            return 1
        finally:
            broker.stop()
    Console().print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
