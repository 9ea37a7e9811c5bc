"""Three Kafka nodes from the same jars: copies of everything, and a quorum of controllers."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from tests.support.kafka.broker import KafkaBroker
from tests.support.kafka.node import Node

NODES = 3
POLL_SECONDS = 0.2
SETTINGS = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
}


class KafkaCluster:
    """Nodes that are broker and controller each; one may be killed and come back."""

    def __init__(self, folder: Path) -> None:
        """Keep each node's data in a folder of its own in `folder`."""
        self.nodes = {
            node.number: KafkaBroker(folder / f"node-{node.number}", SETTINGS, node)
            for node in Node.together(NODES)
        }

    @property
    def bootstrap(self) -> str:
        """The addresses for clients; they stay the same over restarts."""
        return ",".join(node.bootstrap for node in self.nodes.values())

    def start(self) -> None:
        """Start all nodes at once: one alone has no quorum to serve with."""
        with ThreadPoolExecutor(NODES) as threads:
            for done in [threads.submit(node.start) for node in self.nodes.values()]:
                done.result()

    def kill(self) -> None:
        """End all nodes by SIGKILL."""
        for node in self.nodes.values():
            node.kill()

    def controller(self) -> int:
        """Return the number of the node that leads the controllers, as those alive have it."""
        seen: Counter[int] = Counter()
        for node in self.nodes.values():
            if node.running:
                state = node.data / "__cluster_metadata-0" / "quorum-state"
                seen[json.loads(state.read_text())["leaderId"]] += 1
        return seen.most_common(1)[0][0]

    async def leader_of_most(self, topics: Iterable[str]) -> int:
        """Return the number of the node that leads most partitions of `topics`."""
        client = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await client.start()
        try:
            described = await client.describe_topics(list(topics))
        finally:
            await client.close()
        leaders = [part["leader"] for topic in described for part in topic["partitions"]]
        return max(self.nodes, key=leaders.count)

    async def whole(self, topics: Iterable[str], seconds: float) -> None:
        """Wait until every copy of `topics` is in step again."""
        names = list(topics)
        client = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await client.start()
        try:
            async with asyncio.timeout(seconds):
                while True:
                    described = await client.describe_topics(names)
                    parts = [part for topic in described for part in topic["partitions"]]
                    if all(len(part["isr"]) == NODES for part in parts):
                        return
                    await asyncio.sleep(POLL_SECONDS)
        finally:
            await client.close()
