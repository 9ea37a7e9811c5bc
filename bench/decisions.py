"""Watch decisions as another system would: `read_committed`, noting when each became visible."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.support.deployment import Deployment

GIVE_UP_SECONDS = 180.0


class Decisions:
    """The latest decision of each shipment, and when it became visible (monotonic seconds)."""

    def __init__(self, deployment: Deployment) -> None:
        settings = deployment.settings
        self.latest: dict[str, dict[str, Any]] = {}
        self.seen_at: dict[str, float] = {}
        self.count = 0
        self._places = [
            TopicPartition(f"{settings.topic_prefix}trade.decisions", number)
            for number in range(settings.partitions)
        ]
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=5,
        )

    async def __aenter__(self) -> Decisions:
        await self._consumer.start()
        self._consumer.assign(self._places)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._consumer.stop()

    async def until(self, condition: Callable[[Decisions], bool]) -> float:
        """Read on until a condition holds; return the instant.

        Raises:
            TimeoutError: it did not come to hold.
        """
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while not condition(self):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.count} decisions, and not what was waited for")
            await self.read()
        return time.monotonic()

    async def read(self) -> None:
        """Take what has become visible."""
        fetched = await self._consumer.getmany(timeout_ms=50, max_records=5000)
        now = time.monotonic()
        for records in fetched.values():
            for record in records:
                decision = json.loads(record.value)["data"]
                name = decision["shipment_id"]
                self.latest[name] = decision
                self.seen_at[name] = now
                self.count += 1

    def settled(self, names: list[str]) -> bool:
        """Say whether all these shipments have a decision that waits for no verdict."""
        return all(
            name in self.latest
            and "TG-LICENSE-UNANSWERED" not in {r["measure"] for r in self.latest[name]["reasons"]}
            for name in names
        )
