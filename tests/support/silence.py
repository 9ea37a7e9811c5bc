"""Measure how long each partition of shipments is silent, from the outside.

Shipments are sent to every partition at a steady rate, and decisions are noted as a
`read_committed` reader gets them. A silence is the time between two decisions of a partition, so a
figure is exact to one over the rate, and includes the broker and the reader.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.support.accounts import owner
from tidegate.ops.settings import Settings

Event = dict[str, Any]


def tea(name: str, *licenses: str) -> Event:
    """Return a shipment of tea, which cites licenses where told."""
    item = {"line": 1, "description": "tea", "quantity": "5", "unit": "KGM"}
    return {
        "specversion": "1.0",
        "id": f"{name}-1",
        "source": "/test",
        "type": "trade.shipment.v1",
        "data": {
            "shipment_id": name,
            "revision": 1,
            "status": "booked",
            "export_country": "DE",
            "destination_country": "FR",
            "parties": [{"role": "exporter", "name": "Example Exports GmbH", "country": "DE"}],
            "items": [{**item, "licenses": licenses}],
        },
    }


class Silence:
    """Sends and listens while it is entered (`async with`)."""

    def __init__(
        self,
        settings: Settings,
        rate: float = 25.0,
        make: Callable[[str], Event] = tea,
        counts: Callable[[bytes], bool] = lambda decision: True,
    ) -> None:
        """Send `rate` shipments a second to each partition; hear the decisions that count."""
        self._settings = settings
        self._rate = rate
        self._make = make
        self._counts = counts
        self.heard: dict[int, list[float]] = defaultdict(list)
        """When decisions of each partition came (monotonic seconds)."""
        self.sent: dict[str, float] = {}
        self.decided: dict[str, float] = {}
        """When the first decision that counts about each shipment came."""
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Silence:
        self._stack = contextlib.AsyncExitStack()
        await self._stack.enter_async_context(self._running(self._listen()))
        self._sending = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_sending()
        await self._stack.aclose()

    async def stop_sending(self) -> None:
        """Send no more; what was sent may still be decided."""
        self._sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._sending

    async def until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Wait until `condition` holds, asked after each decision."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def steady(self, count: int = 10, seconds: float = 60.0) -> None:
        """Wait until every partition has decided `count` more."""
        before = {p: len(self.heard[p]) for p in range(self._settings.partitions)}
        await self.until(
            lambda: all(len(self.heard[p]) >= had + count for p, had in before.items()), seconds
        )

    def longest(self, since: float) -> Mapping[int, float]:
        """Return each partition's longest silence from `since` until now, in seconds."""
        return {
            partition: max(
                later - max(earlier, since)
                for earlier, later in zip([since, *heard], [*heard, monotonic()], strict=True)
                if later > since
            )
            for partition, heard in sorted(self.heard.items())
        }

    async def _send(self) -> None:
        topic = self._settings.topic_prefix + "trade.shipments"
        partitions = self._settings.partitions
        producer = AIOKafkaProducer(bootstrap_servers=self._settings.kafka_bootstrap_servers)
        await producer.start()
        number = 0
        try:
            began, rounds = monotonic(), 0
            while True:
                for partition in range(partitions):
                    while owner(f"S{number}".encode(), partitions) != partition:
                        number += 1
                    name = f"S{number}"
                    number += 1
                    value = json.dumps(self._make(name)).encode()
                    self.sent[name] = monotonic()
                    await producer.send(topic, value, name.encode(), partition)
                rounds += 1
                await asyncio.sleep(max(0.0, began + rounds / self._rate - monotonic()))
        finally:
            await producer.stop()

    @contextlib.asynccontextmanager
    async def _running(self, listening: Any) -> AsyncIterator[None]:
        task = asyncio.create_task(listening)
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        settings = self._settings
        consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            isolation_level="read_committed",
            fetch_max_wait_ms=20,
        )
        await consumer.start()
        try:
            topic = settings.topic_prefix + "trade.decisions"
            cluster = await consumer._client.fetch_all_metadata()
            places = [TopicPartition(topic, p) for p in cluster.partitions_for_topic(topic)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            while True:
                for batch in (await consumer.getmany(timeout_ms=100)).values():
                    now = monotonic()
                    for record in batch:
                        assert record.key is not None
                        assert record.value is not None
                        if not self._counts(record.value):
                            continue
                        name = record.key.decode()
                        self.decided.setdefault(name, now)
                        self.heard[owner(record.key, settings.partitions)].append(now)
                self._changed.set()
        finally:
            await consumer.stop()
