"""Find the broker that looks after a group or a transactional id."""

from __future__ import annotations

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

TRIES, PAUSE_SECONDS = 40, 0.25
GROUP, TRANSACTION = 0, 1


async def coordinator(client: AIOKafkaAdminClient, name: str, kind: int = GROUP) -> int:
    """Return the node's number; a cluster that never had one makes it now, and is waited for.

    Raises:
        KafkaError: there is none after 10 s, or we may not ask.
    """
    for _ in range(TRIES):
        try:
            return int(await client.find_coordinator(name, kind))
        except GroupCoordinatorNotAvailableError:
            await asyncio.sleep(PAUSE_SECONDS)
    return int(await client.find_coordinator(name, kind))
