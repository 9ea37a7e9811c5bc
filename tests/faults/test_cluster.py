"""Three brokers with three copies of everything: one is killed, then the leader of the controllers.

How long nothing came through is told and not judged: what a broker's end costs is the brokers' own
`broker.session.timeout.ms`, 3 s here, and elections, and a busy machine makes it any number.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.faults.scenes import Scene
from tests.support.deployment import Deployment
from tests.support.kafka import KafkaUnavailable
from tests.support.kafka.cluster import KafkaCluster
from tests.support.load import traffic
from tests.support.topics import JOURNAL, TOPICS, Topics
from tidegate.cli.producing import TrafficProducer

RATE = 30.0  # events a second
CALM_SECONDS = 2.0
STANDSTILL_SECONDS = 120.0
WHOLE_SECONDS = 60.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    made = None
    try:
        made = KafkaCluster(tmp_path_factory.mktemp("cluster"))
        made.start()
    except KafkaUnavailable as problem:
        missing(f"Kafka: {problem}")
    assert made is not None
    yield made
    made.kill()


class Load:
    """Sends at a steady rate; remembers how long the slowest acknowledgement took."""

    def __init__(self, deployment: Deployment) -> None:
        self._settings = deployment.settings
        self.sent = 0
        self.slowest_seconds = 0.0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Load]:
        over = asyncio.Event()
        task = asyncio.create_task(self._run(over))
        try:
            yield self
        finally:
            over.set()
            await task

    async def _run(self, over: asyncio.Event) -> None:
        source = traffic(self._settings, seed=3)
        began = time.monotonic()
        async with TrafficProducer(self._settings) as producer:
            while not over.is_set():
                due = began + self.sent / RATE
                await asyncio.sleep(max(0.0, due - time.monotonic()))

                def acknowledged(_: object, due: float = due) -> None:
                    self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - due)

                await producer.send(source.next(datetime.now(UTC)), acknowledged)
                self.sent += 1


def longest_wait_seconds(topics: Topics) -> float:
    """Return how long an input lay there at most until its transaction was written."""
    appended = {
        (topic, number, record.offset): record.timestamp
        for (topic, number), records in topics.records.items()
        for record in records
    }
    longest = 0
    for record in topics.all_of(JOURNAL):
        entry = json.loads(record.value or b"{}")
        for topic, start, end in entry.get("inputs", ()):
            for offset in range(start, end):
                at = appended.get((topic, entry["partition"], offset))
                if at is not None:
                    longest = max(longest, record.timestamp - at)
    return longest / 1000


def decided(topics: Topics) -> int:
    return topics.count("trade.decisions")


def more_than(so_far: int) -> Callable[[Topics], bool]:
    return lambda topics: decided(topics) > so_far


async def test_a_broker_and_then_the_controller_killed_under_load_lose_and_double_nothing(
    cluster: KafkaCluster, topic_prefix: str, tmp_path: Path, tables_cache: Path
) -> None:
    deployment = Deployment(
        cluster.bootstrap,
        topic_prefix,
        tmp_path,
        tables_cache,
        replication_factor=3,
        session_timeout_seconds=6.0,
    )
    await asyncio.to_thread(deployment.command, "topics", "create")
    version = await asyncio.to_thread(deployment.publish)
    names = [topic_prefix + topic for topic in TOPICS]
    load = Load(deployment)
    async with Scene(deployment, seed=3) as scene:
        with deployment.workers("w1", "w2") as workers:
            async with load.running():
                await asyncio.sleep(CALM_SECONDS)
                busiest = await cluster.leader_of_most(names)
                for number in (busiest, None):
                    victim = cluster.nodes[number or cluster.controller()]
                    victim.kill()
                    await scene.topics.until(more_than(decided(scene.topics)), STANDSTILL_SECONDS)
                    await asyncio.sleep(CALM_SECONDS)
                    await asyncio.to_thread(victim.start)
                    await cluster.whole(names, WHOLE_SECONDS)
            await scene.settled()
            assert all(worker.alive for worker in workers)
    await scene.clean({version: deployment.settings.packs_dir}, tables_cache)
    waited = longest_wait_seconds(scene.topics)
    print(
        f"{load.sent} events; slowest acknowledgement {load.slowest_seconds:.1f} s,"
        f" longest wait for a decision {waited:.1f} s"
    )
