"""One notifier works, the others stand by: membership in the consumer group decides which.

Being told so is only a hint: what keeps two from writing is the transactional id, which fences.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)

from tidegate.agents.topics import ALERTS
from tidegate.runtime.clients import group_consumer, let_go
from tidegate.runtime.membership import keep
from tidegate.runtime.spec import RuntimeConfig

log = logging.getLogger(__name__)

METADATA_SECONDS = 30.0


class OneForAll:
    """The group's assignor: one member gets every partition, and keeps them while it is there."""

    name = "tidegate-one"
    version = 0

    def __init__(self) -> None:
        self._number = 0

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """Tell the group since which assignment this member holds all; 0: it does not."""
        said = json.dumps(self._number).encode()
        return ConsumerProtocolMemberMetadata(self.version, sorted(topics), said)

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Learn whether this member holds all now."""
        self._number = json.loads(assignment.user_data or b"0")

    def assign(
        self, cluster: Any, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Give all to the member that held it last; to any, where that one is gone."""
        numbers = {
            member_id: json.loads(said.user_data or b"0") for member_id, said in members.items()
        }
        holder = max(sorted(members), key=lambda member_id: numbers[member_id])
        number = 1 + max(numbers.values())
        topics = sorted({topic for said in members.values() for topic in said.subscription})
        everything = [
            (topic, sorted(cluster.partitions_for_topic(topic) or ())) for topic in topics
        ]
        return {
            member_id: ConsumerProtocolMemberAssignment(
                self.version,
                everything if member_id == holder else [],
                json.dumps(number if member_id == holder else 0).encode(),
            )
            for member_id in members
        }


class Membership(ConsumerRebalanceListener):
    """A place in the group. It fetches nothing: who works reads by consumers of its own."""

    def __init__(self, config: RuntimeConfig) -> None:
        self._config = config
        self._consumer: Any = None
        self.changed = asyncio.Event()
        """The group has chosen anew, or the membership has ended. Clear it, look, then wait."""
        self.chosen = False
        """This notifier is the one that works."""
        self.joined = False
        self.lost: str | None = None
        """Why the membership ended, where it did."""

    async def start(self) -> None:
        """Join. Raises KafkaError or OSError where no broker answers."""
        consumer = group_consumer(self._config, OneForAll(), METADATA_SECONDS)
        consumer.subscribe([self._config.physical(ALERTS)], listener=self)
        await consumer.start()
        self._consumer = consumer
        keep(consumer._coordinator, self._ended)

    async def stop(self) -> None:
        """Leave."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await let_go(consumer)

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        """Go on: most often the same one is chosen again, and if not, it is fenced."""

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """Learn who works."""
        self.chosen, self.joined = bool(assigned), True
        self.changed.set()

    def _ended(self, reason: str) -> None:
        log.error("%s", reason)
        self.lost, self.chosen = reason, False
        self.changed.set()
