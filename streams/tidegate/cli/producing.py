"""Produce traffic to Kafka: murmur2 partitions, all replicas, no duplicates of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tidegate.cli.traffic.message import Message
from tidegate.events.codec import STRUCTURED_HEADERS
from tidegate.ops.settings import Settings

LINGER_MS = 5
WAITING_MOST = 2000  # records not yet acknowledged; more of them and `send` waits


class TrafficProducer:
    """Sends messages to their topics; an async context manager.

    Attributes:
        sent: Records that the broker has acknowledged.
    """

    def __init__(self, settings: Settings) -> None:
        self._prefix = settings.topic_prefix
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            enable_idempotence=True,
            acks="all",
            linger_ms=LINGER_MS,
            # Records that are too large for a worker must reach it all the same.
            max_request_size=settings.topic_message_bytes_max,
            **settings.kafka_security(),
        )
        self._waiting: set[asyncio.Future[Any]] = set()
        self._failure: BaseException | None = None
        self.sent = 0

    async def __aenter__(self) -> TrafficProducer:
        try:
            await self._producer.start()
        except BaseException:
            await self._producer.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            await self.flush()
        for future in self._waiting:
            future.cancel()
        with suppress(KafkaError, OSError, asyncio.TimeoutError):
            await asyncio.wait_for(self._producer.stop(), timeout=5)

    async def send(
        self, message: Message, acknowledged: Callable[[Message], None] = lambda message: None
    ) -> None:
        """Hand over a message; it is sent soon.

        Raises:
            KafkaError: an earlier message could not be sent.
        """
        self._raise_failure()
        if len(self._waiting) >= WAITING_MOST:
            await asyncio.wait(self._waiting, return_when=asyncio.FIRST_COMPLETED)
        future = await self._producer.send(
            self._prefix + message.topic,
            value=message.value,
            key=message.key,
            headers=list(STRUCTURED_HEADERS),
        )
        self._waiting.add(future)

        def done(future: asyncio.Future[Any]) -> None:
            self._waiting.discard(future)
            if future.cancelled():
                return
            error = future.exception()
            if error is None:
                self.sent += 1
                acknowledged(message)
            else:
                self._failure = self._failure or error

        future.add_done_callback(done)

    async def flush(self) -> None:
        """Wait until all is acknowledged.

        Raises:
            KafkaError: a message could not be sent.
        """
        while self._waiting:
            await asyncio.wait(self._waiting)
            await asyncio.sleep(0)
        self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
