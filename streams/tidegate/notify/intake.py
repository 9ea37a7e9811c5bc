"""Take up alerts and commands: what is read, and what follows from it, are written as one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from pydantic import ValidationError

from tidegate.agents.topics import ALERTS
from tidegate.events.delivery import (
    DELIVERY_COMMAND,
    AlertPlace,
    Delivery,
    EnableEndpoint,
    EndpointState,
    SendAgain,
)
from tidegate.events.errors import InvalidEvent
from tidegate.notify.alert_log import AlertLog
from tidegate.notify.book import Book
from tidegate.notify.config import NotifierConfig
from tidegate.notify.ledger import Ledger
from tidegate.notify.metrics import NotifierMetrics
from tidegate.notify.parcel import Step
from tidegate.notify.progress import given_up, sent_again, taken_up
from tidegate.notify.routing import routed
from tidegate.runtime.clients import let_go, reader
from tidegate.runtime.spec import RuntimeConfig

log = logging.getLogger(__name__)

BATCH_RECORDS = 100
"""Alerts of one transaction. Small: what lanes have to write stands behind them."""
BUSY_SECONDS = 0.05
POLL_MILLISECONDS = 500

Record = ConsumerRecord[bytes, bytes]


class Intake:
    """Reads `trade.alerts` and `tidegate.delivery-commands` for as long as it is told to."""

    def __init__(
        self,
        runtime: RuntimeConfig,
        config: NotifierConfig,
        book: Book,
        ledger: Ledger,
        alerts: AlertLog,
        metrics: NotifierMetrics,
        all_busy: Callable[[], bool],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._runtime = runtime
        self._config = config
        self._book = book
        self._ledger = ledger
        self._alerts = alerts
        self._metrics = metrics
        self._all_busy = all_busy
        self._now = now

    async def run(self, positions: Mapping[tuple[str, int], int]) -> None:
        """Read from `positions` until cancelled. Raises KafkaError, and what the ledger raises."""
        consumer = reader(self._runtime, auto_offset_reset="none", fetch_max_wait_ms=100)
        await consumer.start()
        try:
            places = {
                TopicPartition(self._runtime.physical(topic), number): offset
                for (topic, number), offset in positions.items()
            }
            consumer.assign(list(places))
            for place, offset in places.items():
                consumer.seek(place, offset)
            # Also where nothing is read: a group that never was has begun here, and stays so.
            await self._ledger.write((), positions)
            while True:
                if self._all_busy():
                    await asyncio.sleep(BUSY_SECONDS)  # more in memory would hasten nothing
                    continue
                await self._take(
                    await consumer.getmany(timeout_ms=POLL_MILLISECONDS, max_records=BATCH_RECORDS)
                )
                await self._tell_lag(consumer, places)
        finally:
            await let_go(consumer)

    async def _take(self, batches: Mapping[TopicPartition, list[Record]]) -> None:
        steps: list[Step] = []
        positions = {}
        for place, records in batches.items():
            topic = self._runtime.logical(place.topic)
            for record in records:
                try:
                    steps += self._alert(record) if topic == ALERTS else self._command(record)
                except (InvalidEvent, ValidationError) as error:
                    # Only Tidegate writes here, so this is damage, or a version to come.
                    log.error(
                        "%s-%s@%s cannot be read: %s", topic, *place[1:], record.offset, error
                    )
                    self._metrics.unreadable(topic)
            positions[topic, place.partition] = records[-1].offset + 1
        if positions:
            await self._ledger.write(steps, positions)

    def _alert(self, record: Record) -> list[Step]:
        now = self._now()
        taken = self._alerts.keep(record.partition, record.offset, record.value or b"")
        alert = taken.alert
        place = AlertPlace(
            alert_id=alert.alert_id, partition=record.partition, offset=record.offset
        )
        written_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        key = record.key or alert.alert_id.encode()
        ways = routed(alert, self._config.routes, now)
        self._metrics.alert(alert.kind, bool(ways), (now - written_at).total_seconds())
        steps = []
        for name, due in ways.items():
            channel = self._config.endpoints[name].type
            delivery = taken_up(alert, place, name, channel, written_at, now, due)
            steps.append(Step(key, delivery))
        return steps

    def _command(self, record: Record) -> list[Step]:
        command = DELIVERY_COMMAND.validate_json(record.value or b"")
        self._metrics.command(command.command)
        log.info("%s, asked by %s", command.command, command.by)
        match command:
            case EnableEndpoint():
                state = EndpointState(
                    endpoint=command.endpoint,
                    disabled=False,
                    reason=f"enabled by {command.by}",
                    at=self._now(),
                )
                return [Step(command.endpoint.encode(), state)]
            case SendAgain():
                return [Step(record.key or b"", self._sent_again(command))]

    def _sent_again(self, command: SendAgain) -> Delivery:
        delivery = command.delivery
        parcel = self._book.parcels.get(delivery.delivery_id)
        current = None if parcel is None else parcel.delivery()
        again = sent_again(delivery, current, command.by, self._now())
        if delivery.endpoint not in self._config.endpoints:
            return given_up(again, "there is no such endpoint any more")
        return again

    async def _tell_lag(self, consumer: Any, places: Mapping[TopicPartition, int]) -> None:
        behind = 0
        for place in places:
            end = consumer.highwater(place)
            if end is not None:
                behind += max(0, end - await consumer.position(place))
        self._metrics.lag(behind)
