"""Keep a worker's membership in the group from ending unnoticed.

aiokafka keeps it in one background task. An error in there that is not Kafka's own ends the task
and nothing else: the worker would live on without partitions, alive and idle, until somebody looks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

AGAIN_SECONDS = 0.1


def keep(coordinator: Any, lost: Callable[[str], None]) -> None:
    """Join again on an assignment without content; call `lost` where it ends or is refused.

    The embedded broker answers a member with no bytes when the group changes while it joins. Read
    as an assignment that is an error, and the end of the task; here it is a reason to join again.
    """
    complete = coordinator._on_join_complete
    push = coordinator._push_error_to_user

    async def on_join_complete(
        generation: int, member_id: str, protocol: str, assignment: bytes
    ) -> None:
        if assignment:
            await complete(generation, member_id, protocol, assignment)
            return
        log.info("the group answered without an assignment: joining again")
        coordinator.request_rejoin()
        await asyncio.sleep(AGAIN_SECONDS)

    def ended(task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            lost(f"the membership in the group ended: {error!r}")

    def refused(error: BaseException) -> Any:
        # aiokafka would keep it for whoever fetches next, and nobody fetches without partitions.
        lost(f"the group refuses this worker: {error!r}")
        return push(error)

    coordinator._on_join_complete = on_join_complete
    coordinator._push_error_to_user = refused
    coordinator._coordination_task.add_done_callback(ended)
