"""A transaction that cannot be written fails in time, whatever the broker leaves unanswered."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tidegate.runtime.record import Output
from tidegate.runtime.spec import RuntimeConfig, Unit
from tidegate.runtime.writer import Writer


class _Transactions:
    def maybe_add_partition_to_txn(self, place: object) -> None:
        pass


class _Batch:
    def append(self, **fields: object) -> object:
        return fields


class SilentProducer:
    """Takes the first batch, never answers for it, and has no room for a second one."""

    def __init__(self) -> None:
        self._txn_manager = _Transactions()
        self.taken: list[asyncio.Future[Any]] = []
        self.aborted = False

    async def begin_transaction(self) -> None:
        pass

    def create_batch(self) -> _Batch:
        return _Batch()

    async def send_batch(self, batch: _Batch, topic: str, *, partition: int) -> Any:
        if self.taken:
            await asyncio.Event().wait()
        self.taken.append(asyncio.get_running_loop().create_future())
        return self.taken[-1]

    async def abort_transaction(self) -> None:
        self.aborted = True


async def test_a_commit_ends_in_time_though_a_batch_is_never_answered() -> None:
    writer = Writer(RuntimeConfig("none:1", transaction_timeout=0.05), Unit("screening", 0))
    producer = writer._producer = SilentProducer()
    outputs = [Output("trade.decisions", partition, b"k", b"v") for partition in (0, 1)]
    async with asyncio.timeout(5):
        with pytest.raises(TimeoutError):
            await writer.commit(outputs, 0)
    assert producer.aborted
    # An error that comes after all belongs to nobody, and must not be reported as unseen.
    producer.taken[0].set_exception(ConnectionError("too late"))
    await asyncio.sleep(0)
