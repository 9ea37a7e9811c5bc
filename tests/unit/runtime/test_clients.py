"""A client is let go of without harm to whoever does it."""

from __future__ import annotations

import asyncio

import pytest

from tidegate.runtime.clients import let_go


class _Connections:
    closed = False

    async def close(self) -> None:
        self.closed = True


class FetchingConsumer:
    """Ends as aiokafka's does while it fetches: by the cancellation of its own tasks."""

    def __init__(self) -> None:
        self._client = _Connections()

    async def stop(self) -> None:
        raise asyncio.CancelledError


class BrokenConsumer(FetchingConsumer):
    async def stop(self) -> None:
        raise ConnectionError("the broker is away")


async def test_a_consumer_that_ends_by_its_own_cancellation_does_not_end_the_caller() -> None:
    consumer = FetchingConsumer()
    await let_go(consumer)
    assert consumer._client.closed


async def test_what_else_fails_is_told() -> None:
    with pytest.raises(ConnectionError):
        await let_go(BrokenConsumer())
