"""Ask the broker what time it is.

No request of Kafka's answers that. A record on a topic with `LogAppendTime` is stamped by the
broker; it is written in a transaction that is then aborted, so no reader of committed records
ever sees it.
"""

from __future__ import annotations

import time
import uuid

from aiokafka import AIOKafkaProducer

from tidegate.ops.settings import Settings
from tidegate.ops.topics import JOURNAL_TOPIC

LOG_APPEND_TIME = 1
TRANSACTION_TIMEOUT_MS = 10_000


async def clock_ahead_seconds(settings: Settings) -> float | None:
    """Return how far this machine's clock is ahead of the broker's; negative when it is behind.

    None where the journal's stamps are not the broker's. The answer is exact to half the time that
    one request takes. Raises KafkaError where the broker can't be written to.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        # An id of its own each time: doctors that run at once must not fence each other.
        transactional_id=f"{settings.topic_prefix}{settings.app_id}-doctor-{uuid.uuid4().hex}",
        transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        **settings.kafka_security(),
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        sent = time.time()
        stamped = await producer.send_and_wait(
            f"{settings.topic_prefix}{JOURNAL_TOPIC}", b"{}", partition=0
        )
        answered = time.time()
        await producer.abort_transaction()
    finally:
        await producer.stop()
    if stamped.timestamp_type != LOG_APPEND_TIME or stamped.timestamp is None:
        return None
    stamp_ms: int = stamped.timestamp
    return (sent + answered) / 2 - stamp_ms / 1000
