"""`python -m bench.delta --open 1000000`: how soon a changed list has reached the open book.

The open book is written as `bench.state` does it, with `--parties` distinct buyers. A list that
names 1,000 strangers is then published anew with 1,000 of the buyers on it; the time runs from
that publication to the last decision on a shipment of theirs.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.console import Console

from bench.names import TRADES_AND_MAKERS
from bench.state import PARTITIONS, PATIENCE_SECONDS, states, write_changelog
from tests.support.deployment import Deployment, WorkerProcess
from tests.support.kafka import KafkaBroker, KafkaUnavailable
from tidegate.measures.importers.imported import canonical
from tidegate.measures.importers.plain import entries
from tidegate.parties.fold import fold

PACKS = Path(__file__).resolve().parent.parent / "packs"
CHANGED = 1_000
OWN = "Own list of the bench"
_TEMPLATE_BUYER = "Template Example Buyer"
_PACK = """
pack: bench-own
title: {en: The bench's own list}
regime: JP
authority: Bench
timezone: Asia/Tokyo
verified_on: 2026-11-23
lists:
  - {id: JP-OWN, title: {en: Own list}, file: lists/own.csv, as_of: 2026-01-01, source: bench,
     license: none, counts: {Own list of the bench: 1000}}
measures:
  - id: JP-OWN-01
    instrument: Own list of the bench
    article: entry
    title: {en: Not to this buyer}
    evidence: text
    effective: {from: 2026-01-01}
    when: {party: {list: JP-OWN}}
    outcome: PROHIBITED
"""


def buyer(number: int) -> str:
    """Return the name of a buyer; each number has its own."""
    rng = Random(number)
    word = "".join(rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(5))
    return f"{word.capitalize()} {rng.choice(TRADES_AND_MAKERS)} {number}"


def packs(folder: Path, named: list[str]) -> Path:
    """Write the shipped packs and a list of these names; return their folder."""
    shutil.copytree(PACKS, folder)
    rows = "name\n" + "".join(f"{name}\n" for name in named)
    found = entries("own.csv", rows.encode(), OWN)
    (folder / "lists" / "own.csv").write_bytes(canonical(found, [OWN]))
    (folder / "own.yaml").write_text(_PACK, encoding="utf-8")
    return folder


def book(count: int, parties: int) -> Iterator[tuple[str, bytes]]:
    """Yield the states of open shipments, each with a buyer of many."""
    old, old_folded = _TEMPLATE_BUYER.encode(), fold(_TEMPLATE_BUYER).encode()
    for number, (key, value) in enumerate(states(count, (_TEMPLATE_BUYER, "1 Example Road"))):
        name = buyer(number % parties)
        head, _, document = value.partition(b"\n")
        head = head.replace(old_folded, fold(name).encode())
        yield key, head + b"\n" + document.replace(old, name.encode())


async def held(deployment: Deployment, wanted: int) -> tuple[int, float]:
    """Wait until so many decisions hold; return how many do, and when the last was seen."""
    settings = deployment.settings
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    topic = settings.topic_prefix + "trade.decisions"
    consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
    seen, last, end = set[bytes](), 0.0, time.perf_counter() + PATIENCE_SECONDS
    try:
        while len(seen) < wanted and time.perf_counter() < end:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                new = {r.key for r in records if b"JP-OWN-01" in r.value} - seen
                if new:
                    seen |= new
                    last = time.perf_counter()
    finally:
        await consumer.stop()
    return len(seen), last


def main() -> int:
    """Run the measurement; return the exit code."""
    parser = argparse.ArgumentParser(prog="bench.delta", description=__doc__)
    parser.add_argument("--open", type=int, default=100_000, help="open shipments")
    parser.add_argument("--parties", type=int, default=20_000, help="distinct buyers")
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
            text = measure(broker, folder, given.open, given.parties, console)
        finally:
            broker.stop()
    Console().print(text)
    return 0


def measure(broker: KafkaBroker, folder: Path, count: int, parties: int, console: Console) -> str:
    """Publish the changed list over the open book; return what came of it, in words."""
    deployment = Deployment(broker.bootstrap, "d.", folder, folder / "cache", partitions=PARTITIONS)
    deployment.command("topics", "create")
    strangers = packs(folder / "before", [f"Stranger {buyer(-n - 1)}" for n in range(CHANGED)])
    version = deployment.publish(strangers)
    console.print(f"writing {count:,} open shipments of {parties:,} buyers")
    asyncio.run(write_changelog(deployment, version, book(count, parties)))
    worker = WorkerProcess(deployment, "bench")
    try:
        worker.start()
        worker.await_ready(PATIENCE_SECONDS)
        chosen = Random(1).sample(range(parties), CHANGED)
        after = packs(folder / "after", [buyer(number) for number in chosen])
        affected = set(chosen)
        wanted = sum(number % parties in affected for number in range(count))
        console.print(f"publishing: {wanted:,} shipments are concerned")
        began = time.perf_counter()
        deployment.publish(after)
        published = time.perf_counter()
        found, last = asyncio.run(held(deployment, wanted))
    finally:
        worker.kill()
    return (
        f"{count:,} open shipments, {parties:,} buyers, 1 worker: {CHANGED:,} entries changed,"
        f" {found:,} of {wanted:,} shipments decided again; the last {last - published:.1f} s"
        f" after `publish` ended, {last - began:.1f} s after it began"
    )


if __name__ == "__main__":
    sys.exit(main())
