"""Write one transaction to Kafka, all of it or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka.structs import TopicPartition

from tidegate.runtime.clients import unit_producer
from tidegate.runtime.record import Output
from tidegate.runtime.spec import JOURNAL, RuntimeConfig, Unit

log = logging.getLogger(__name__)

_STOP_SECONDS = 5.0


class Writer:
    """The transactional producer of one unit.

    Its id belongs to the unit, not to the worker: starting it fences whoever had the unit before,
    and only that.
    """

    def __init__(self, config: RuntimeConfig, unit: Unit) -> None:
        self._config = config
        self._unit = unit
        self._producer: Any = None
        self._ends: dict[tuple[str, int], int] = {}

    async def start(self) -> None:
        """Connect and fence; returns when the last owner's transaction is committed or undone."""
        self._producer = producer = unit_producer(self._config, self._unit)
        async with asyncio.timeout(self._config.request_timeout * 2):
            await producer.start()
            # aiokafka asks for the producer id in the background; only the answer fences.
            await producer._txn_manager.wait_for_pid()

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await producer.stop()
        except Exception as error:
            log.debug("producer of %s did not stop in order: %r", self._unit, error)

    def last_offset(self, topic: str, partition: int) -> int | None:
        """Return where the last commit's last record in a partition lies; None: not known."""
        return self._ends.get((topic, partition))

    async def commit(
        self,
        outputs: Sequence[Output],
        timestamp_ms: int,
        positions: Mapping[tuple[str, int], int] | None = None,
    ) -> int | None:
        """Write `outputs` in one transaction; return the broker's time of the journal record.

        Contract:
            1. Begin.
            2. Hand every batch to the producer; within a partition the order of `outputs` stays.
            3. Await every produce future. Without it `commit_transaction` commits a transaction
               of which a batch has failed, and the rest of it stands.
            4. Where `positions` are given, by (topic, partition), commit them for the group in
               the same transaction. A unit's positions are in its changelog; who has none of
               that kind keeps them here.
            5. Commit. Whoever calls this applies nothing to memory before it has returned.

        Raises:
            Exception: whatever failed. The transaction may or may not be committed (the answer
                may be what was lost), so the unit must rebuild from its changelog.
        """
        producer = self._producer
        try:
            async with asyncio.timeout(self._config.transaction_timeout):
                await producer.begin_transaction()  # 1.
                stamps = await self._produce(outputs, timestamp_ms)  # 2. and 3.
                if positions:
                    await producer.send_offsets_to_transaction(  # 4.
                        {
                            TopicPartition(self._config.physical(topic), partition): offset
                            for (topic, partition), offset in positions.items()
                        },
                        self._config.group,
                    )
                await producer.commit_transaction()  # 5.
        except BaseException:
            await self._abort()
            raise
        return stamps.get(JOURNAL)

    async def _produce(self, outputs: Iterable[Output], timestamp_ms: int) -> dict[str, int]:
        producer, config = self._producer, self._config
        groups: dict[tuple[str, int], list[Output]] = defaultdict(list)
        for output in outputs:
            groups[output.topic, output.partition].append(output)
        for topic, partition in groups:
            # Told all at once: one request while the batches are built, not one after another.
            place = TopicPartition(config.physical(topic), partition)
            producer._txn_manager.maybe_add_partition_to_txn(place)
        await asyncio.sleep(0)
        futures: list[asyncio.Future[Any]] = []
        last: dict[tuple[str, int], tuple[int, int]] = {}  # index of the batch, records in it
        journal: asyncio.Future[Any] | None = None
        try:
            for (topic, partition), group in groups.items():
                physical = config.physical(topic)
                batch, held = producer.create_batch(), 0
                for output in group:
                    fields: dict[str, Any] = {
                        "key": output.key,
                        "value": output.value,
                        "timestamp": timestamp_ms,
                        "headers": list(output.headers),
                    }
                    if batch.append(**fields) is None:
                        futures.append(
                            await producer.send_batch(batch, physical, partition=partition)
                        )
                        batch, held = producer.create_batch(), 0
                        batch.append(**fields)
                    held += 1
                last[topic, partition] = len(futures), held
                futures.append(await producer.send_batch(batch, physical, partition=partition))
                if topic == JOURNAL:
                    journal = futures[-1]
        except BaseException:
            # Not waited for: with the broker away the answers may never come.
            for future in futures:
                future.add_done_callback(_looked_at)
            raise
        results = await asyncio.gather(*futures, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        # A broker that has the batch already, from a try before, may not say where.
        self._ends = {
            place: futures[index].result().offset + held - 1
            for place, (index, held) in last.items()
            if futures[index].result().offset >= 0
        }
        stamp = None if journal is None else journal.result().timestamp
        return {} if stamp is None else {JOURNAL: stamp}

    async def _abort(self) -> None:
        """Try to abort, so that readers need not wait for the broker's timeout."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1.0):
                await self._producer.abort_transaction()


def _looked_at(future: asyncio.Future[Any]) -> None:
    """Take note of an answer that came too late: the event loop reports those nobody looked at."""
    if not future.cancelled():
        future.exception()
