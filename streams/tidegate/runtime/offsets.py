"""Ask the broker about topics, over a connection of its own.

`ListOffsets` on the group consumer's connection would wait behind its long poll.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.structs import TopicPartition

from tidegate.runtime.clients import let_go, reader
from tidegate.runtime.spec import RuntimeConfig


class Offsets:
    """Partition counts and ends of logs, by logical topic."""

    def __init__(self, config: RuntimeConfig) -> None:
        self._config = config
        self._client: Any = None
        self._lock = asyncio.Lock()

    async def partitions(self, topics: Iterable[str]) -> dict[str, int]:
        """Return how many partitions each of `topics` has; those that don't exist are left out."""
        async with self._lock:
            client = await self._started()
            async with asyncio.timeout(self._config.request_timeout):
                # All topics at once: asking for a single missing one might create it.
                cluster = await client._client.fetch_all_metadata()
            counts = {}
            for topic in topics:
                found = cluster.partitions_for_topic(self._config.physical(topic))
                if found:
                    counts[topic] = len(found)
            return counts

    async def all_partitions(self, topics: Collection[str]) -> dict[str, int]:
        """Return how many partitions each of `topics` has.

        Raises:
            UnknownTopicOrPartitionError: one is missing, or not ours to see. Whatever needed it
                would end among the dead letters, one record at a time.
        """
        counts = await self.partitions(topics)
        if unseen := sorted(set(topics) - counts.keys()):
            raise UnknownTopicOrPartitionError(f"no topic, or no right to it: {', '.join(unseen)}")
        return counts

    async def cluster_id(self) -> str:
        """Return the cluster's id; empty where the broker tells none."""
        async with self._lock:
            client = (await self._started())._client
            async with asyncio.timeout(self._config.request_timeout):
                answer = await client.send(client.get_random_node(), MetadataRequest([]))
        return getattr(answer, "cluster_id", None) or ""

    async def earliest(self, topics: Iterable[str], partition: int) -> dict[str, int]:
        """Return the first offset still kept of each topic's partition."""
        places = self._places((topic, partition) for topic in topics)
        async with self._lock:
            found = await (await self._started()).beginning_offsets(list(places))
        return {places[place][0]: offset for place, offset in found.items()}

    async def ends(self, places: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        """Return the end of committed data of each (topic, partition)."""
        wanted = self._places(places)
        async with self._lock:
            found = await (await self._started()).end_offsets(list(wanted))
        return {wanted[place]: offset for place, offset in found.items()}

    async def stop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await let_go(client)

    def _places(self, places: Iterable[tuple[str, int]]) -> dict[TopicPartition, tuple[str, int]]:
        return {TopicPartition(self._config.physical(t), p): (t, p) for t, p in places}

    async def _started(self) -> Any:
        if self._client is None:
            client = reader(self._config)
            try:
                await client.start()
            except BaseException:
                await let_go(client)
                raise
            self._client = client
        return self._client
