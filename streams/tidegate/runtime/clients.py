"""Make aiokafka's clients; here because the library is untyped, and to see who connects how."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.producer import sender

from tidegate.runtime.spec import RuntimeConfig, Unit

# A unit begins its next transaction while the broker still writes the markers of the last. It is
# told so and asks again after this many seconds; 0.02 by default, longer than the markers take.
sender.BACKOFF_OVERRIDE = 0.003
_BATCH_BYTES = 512 * 1024  # half of what a broker takes by default


_LET_GO_SECONDS = 1.0
_stopping: set[asyncio.Future[None]] = set()


async def let_go(client: Any) -> None:
    """Stop a client whose work is done, without waiting for the last word of its connections.

    Over TLS the end of a connection that still has an answer on its way is waited for half a
    minute, by the event loop's own rule: that goes on aside. A consumer with fetches under way ends
    its `stop` by CancelledError; here that does not end the caller.
    """
    stopping = asyncio.ensure_future(_stop(client))
    _stopping.add(stopping)
    stopping.add_done_callback(_stopping.discard)
    done, _ = await asyncio.wait([stopping], timeout=_LET_GO_SECONDS)
    if done:
        stopping.result()


async def _stop(client: Any) -> None:
    try:
        await client.stop()
    except asyncio.CancelledError:
        # It awaited fetches that it had cancelled itself, and left its connections open.
        await client._client.close()


def unit_producer(config: RuntimeConfig, unit: Unit) -> Any:
    """Return the transactional producer of `unit`; no other may have its id and live."""
    name = config.transactional_id(unit)
    settings: dict[str, Any] = {
        "client_id": name,
        "transactional_id": name,
        "transaction_timeout_ms": int(config.transaction_timeout * 1000),
        "request_timeout_ms": int(config.request_timeout * 1000),
        "max_batch_size": _BATCH_BYTES,
        "linger_ms": 0,
        "retry_backoff_ms": 50,
        **config.client(),
    }
    return AIOKafkaProducer(**settings)


def reader(config: RuntimeConfig, **settings: Any) -> Any:
    """Return a consumer without a group that reads committed data."""
    return AIOKafkaConsumer(
        isolation_level="read_committed",
        enable_auto_commit=False,
        request_timeout_ms=int(config.request_timeout * 1000),
        **settings,
        **config.client(),
    )


def group_consumer(config: RuntimeConfig, assignor: object, metadata_seconds: float) -> Any:
    """Return the consumer by which a worker is a member of the group."""
    # A join may take as long as the session timeout; its request must not end before.
    request_timeout = max(config.request_timeout, config.session_timeout + 5)
    return AIOKafkaConsumer(
        group_id=config.group,
        group_instance_id=config.instance,
        client_id=config.instance or config.group,
        partition_assignment_strategy=[assignor],
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=1 << 20,
        fetch_max_wait_ms=100,
        request_timeout_ms=int(request_timeout * 1000),
        session_timeout_ms=int(config.session_timeout * 1000),
        rebalance_timeout_ms=int(config.session_timeout * 1000),
        heartbeat_interval_ms=int(config.heartbeat_interval * 1000),
        metadata_max_age_ms=int(metadata_seconds * 1000),
        max_poll_interval_ms=24 * 3600 * 1000,  # the watchdog looks after progress
        **config.client(),
    )
