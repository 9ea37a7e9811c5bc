"""Faust's Kafka transport with its delivery replaced: whole batches in, no commits, own seeks.

Stock Faust 0.15.3 acknowledges events whose agent raised, commits offsets ahead of unsent
changelog records, and moves one event at a time. Here Faust keeps group membership and the life
cycle; fetched batches go as they are to the sessions, which keep their positions themselves.
Every override of Faust lives in this file, and each has a test that fails without it:

    Transport.Consumer, Consumer._new_consumer_thread     wiring
    Consumer.perform_seek                                 no seek to the group's offsets
    Consumer._filter_committable_offsets                  no commits of Faust's
    Consumer._drain_messages                              one message a batch, where there is room
    Consumer.on_stop                                      sessions end first
    ConsumerThread._create_worker_consumer                read_committed, own assignor, short polls
    ConsumerThread.on_start (after super)                 a membership that ends is noticed
    ConsumerThread.on_thread_stop (around super)          an absent broker must not kill the thread
    ConsumerThread._fetch_records, .seek_places           numbered seeks, a cap a partition, and
                                                          what aiokafka cannot read
    ConsumerThread.verify_event_path                      it would look for Faust's own commits
    BatchTopic.decode                                     no decoding: the value is a batch
    App._on_partitions_revoked (before), _on_partitions_assigned (after)   sessions pause, open
    App.on_first_start                                    no data directory
    App._new_transport                                    wiring
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping
from typing import Any, cast

import faust
from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.events import Event
from faust.topics import Topic
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message

from tidegate.runtime import careful, membership
from tidegate.runtime.assignor import UnitAssignor
from tidegate.runtime.clients import group_consumer
from tidegate.runtime.exits import Exit
from tidegate.runtime.intake import Batch
from tidegate.runtime.record import Record
from tidegate.runtime.units import Place, Units

log = logging.getLogger(__name__)

_FETCH_SECONDS = 0.05  # longest wait of one poll: a partition that got room waits no longer
_FETCH_RECORDS = 1000  # per partition and poll, or one backlog would take it all
_PREFETCH_BACKOFF = 0.01  # seconds; aiokafka holds a whole node up for one unread partition
_SHOW_SECONDS = 1.0
_METADATA_SECONDS = 10.0  # until a topic that was created or grew is noticed


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that owns the group's consumer."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._seeks: dict[TopicPartition, int] = {}
        """Number of the last seek of each partition; only this thread touches it."""
        self._unreadable: set[TopicPartition] = set()
        """Where aiokafka could not read what it had fetched."""

    async def on_start(self) -> None:
        await super().on_start()
        consumer: Any = self._ensure_consumer()
        membership.keep(consumer._coordinator, self._membership_lost)

    async def on_thread_stop(self) -> None:
        try:
            await super().on_thread_stop()
        except asyncio.CancelledError:
            # A call in the queue was cut off, or aiokafka passes on the end of its own fetches
            # where the broker is away: what that left open is closed all the same.
            log.debug("the consumer did not stop in order")
            if self._consumer is not None:
                with contextlib.suppress(asyncio.CancelledError, KafkaError):
                    await self._consumer.stop()
                await self._consumer._client.close()

    def _membership_lost(self, reason: str) -> None:
        units = cast(App, self.app).units
        self.parent_loop.call_soon_threadsafe(units.fail, Exit.CONSUMER_FAILED, reason)

    def _create_worker_consumer(self, transport: Any) -> Any:
        app = cast(App, self.app)
        return group_consumer(app.units.config, app.unit_assignor, _METADATA_SECONDS)

    async def seek_places(self, offsets: Mapping[TP, int], number: int) -> bool:
        """Seek all of `offsets` in one step; False: some are not assigned now."""
        return bool(await self.call_thread(self._seek_places, offsets, number))

    async def _seek_places(self, offsets: Mapping[TP, int], number: int) -> bool:
        consumer: Any = self._ensure_consumer()
        assigned = consumer.assignment()
        if not all(TopicPartition(*tp) in assigned for tp in offsets):
            return False
        try:
            for tp, offset in offsets.items():
                consumer.seek(TopicPartition(*tp), offset)
                self._seeks[TopicPartition(*tp)] = number
        except IllegalStateError:
            return False
        return True

    async def show_places(self, offsets: Mapping[TP, int]) -> None:
        """Commit offsets for others to see; where that fails, they see older ones."""
        await self.call_thread(self._show_places, offsets)

    async def _show_places(self, offsets: Mapping[TP, int]) -> None:
        consumer: Any = self._ensure_consumer()
        shown = {TopicPartition(*tp): OffsetAndMetadata(at, "") for tp, at in offsets.items()}
        try:
            # Bounded: it asks an absent broker again and again, and seeks would wait behind it.
            async with asyncio.timeout(_SHOW_SECONDS):
                await consumer.commit(shown)
        except (KafkaError, TimeoutError) as error:
            log.debug("positions are not shown: %r", error)

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,
    ) -> Mapping[TP, list[Batch]]:
        """Return at most one batch of each active partition, waiting up to `timeout` for any."""
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        if fetcher._subscriptions.reassignment_in_progress:
            # Not `wait_for_assignment`: this thread must come back to whoever pauses.
            await asyncio.sleep(_FETCH_SECONDS)
            return {}
        fetcher._prefetch_backoff = _PREFETCH_BACKOFF
        with fetcher._subscriptions.fetch_context():
            batches = self._buffered(fetcher, active_partitions)
            if not batches and timeout:
                waiter = fetcher._create_fetch_waiter()
                done, _ = await asyncio.wait([waiter], timeout=timeout)
                if not done:
                    waiter.cancel()
                else:
                    waiter.result()  # authorization errors
                    batches = self._buffered(fetcher, active_partitions)
            while self._unreadable:
                place = self._unreadable.pop()
                batch = await self._read_carefully(consumer, place)
                if batch is not None:
                    batches[TP(*place)] = [batch]
        return batches

    async def _read_carefully(self, consumer: Any, place: TopicPartition) -> Batch | None:
        """Fetch again, by our own reading, what aiokafka failed at."""
        subscriptions = consumer._fetcher._subscriptions
        if not subscriptions.is_assigned(place):
            return None
        state = subscriptions.subscription.assignment.state_value(place)
        start, seek = state.position, self._seeks[place]
        found, end = await careful.fetch(consumer, place, start)
        unmoved = subscriptions.is_assigned(place) and self._seeks[place] == seek
        if not unmoved or state.position != start or end == start:
            return None
        state.consumed_to(end)
        for record in found:
            if record.damage is not None:
                log.error("%s-%d: %s", place.topic, place.partition, record.damage)
        return self._batch(place, start, end, found)

    def _buffered(self, fetcher: Any, active: Iterable[TP]) -> dict[TP, list[Batch]]:
        batches: dict[TP, list[Batch]] = {}
        subscriptions = fetcher._subscriptions
        for place in list(fetcher._records):
            if not subscriptions.is_assigned(place):
                del fetcher._records[place]
                continue
            tp = TP(place.topic, place.partition)
            if tp not in active or place not in self._seeks:
                continue
            result = fetcher._records[place]
            if not hasattr(result, "getall"):
                del fetcher._records[place]
                batch = self._failed(place, result)
            else:
                state = subscriptions.subscription.assignment.state_value(place)
                start = state.position
                try:
                    records = result.getall(_FETCH_RECORDS)
                except Exception as error:
                    # Whatever a record's bytes made it raise. The position has not moved.
                    log.warning("%s-%d from %d: %r", *place, start, error)
                    del fetcher._records[place]
                    self._unreadable.add(place)
                    continue
                if not result.has_more():
                    del fetcher._records[place]
                # Markers and aborted records move the position without a record to show.
                batch = self._batch(place, start, state.position, records)
            fetcher._notify(fetcher._wait_consume_future)
            if batch is not None:
                batches[tp] = [batch]
        return batches

    def _batch(self, place: TopicPartition, start: int, end: int, found: list[Any]) -> Batch | None:
        if end == start:
            return None
        topic = cast(App, self.app).units.config.logical(place.topic)
        records = [
            Record(
                topic=topic,
                partition=place.partition,
                offset=record.offset,
                timestamp_ms=record.timestamp,
                key=record.key,
                value=record.value,
                headers=record.headers,
                damage=getattr(record, "damage", None),
            )
            for record in found
        ]
        return Batch(topic, place.partition, self._seeks[place], start, end, records)

    def _failed(self, place: TopicPartition, result: Any) -> Batch | None:
        try:
            result.check_raise()
        except NoOffsetForPartitionError:
            return None  # from before our seek
        except OffsetOutOfRangeError as error:
            ((_, offset),) = error.args[0].items()
            topic = cast(App, self.app).units.config.logical(place.topic)
            return Batch(
                topic, place.partition, self._seeks[place], offset, offset, out_of_range=True
            )
        return None

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: Faust would miss commits that are not its business here."""


class Consumer(driver.Consumer):
    """Moves fetched batches to the agents."""

    app: App
    _thread: ConsumerThread

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def seek_places(self, places: Mapping[Place, int], number: int) -> bool:
        """Seek for a session; see `Units.seek_places`."""
        physical = self.app.units.config.physical
        offsets = {TP(physical(topic), p): offset for (topic, p), offset in places.items()}
        try:
            return await self._thread.seek_places(offsets, number)
        except KafkaError as error:
            log.warning("seek failed: %r", error)
            return False

    async def show_places(self, places: Mapping[Place, int]) -> None:
        """Show positions for the worker; see `Units.show_places`."""
        physical = self.app.units.config.physical
        await self._thread.show_places({TP(physical(t), p): at for (t, p), at in places.items()})

    async def perform_seek(self) -> None:
        """Do nothing: positions are in the changelogs, and sessions seek themselves."""

    def _filter_committable_offsets(self, tps: Any) -> dict[TP, int]:
        """Commit nothing of Faust's own: it knows nothing of what is in the state."""
        return {}

    async def on_stop(self) -> None:
        """End the sessions while the connections are still there."""
        await self.app.units.close()
        await super().on_stop()

    async def _drain_messages(self, fetcher: Any) -> None:
        """Fetch where there is room and hand each batch over as one message."""
        units, config = self.app.units, self.app.units.config
        units.seek_places, units.show_places = self.seek_places, self.show_places
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                wanted = {TP(config.physical(topic), p) for topic, p in units.wanted()}
                if not wanted or not self.flow_active:
                    await self._wait_welcome()
                    continue
                batches = await self._thread.getmany(wanted, _FETCH_SECONDS)
                for tp, (batch,) in batches.items():
                    # A rebalance in between: what is dropped here is a gap, and is sought again.
                    if self.flow_active and self.app.flow_control.is_active():
                        await self._hand_over(tp, cast(Batch, batch))
        except ConsumerStoppedError:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _wait_welcome(self) -> None:
        welcome = self.app.units.welcome
        welcome.clear()
        timer = asyncio.get_running_loop().call_later(_FETCH_SECONDS, welcome.set)
        try:
            await welcome.wait()
        finally:
            timer.cancel()

    async def _hand_over(self, tp: TP, batch: Batch) -> None:
        if tp not in self.app.topics._tp_to_callback:  # type: ignore[attr-defined]
            return
        message = Message(
            tp.topic,
            tp.partition,
            batch.start,
            timestamp=0.0,
            timestamp_type=0,
            headers=None,
            key=None,
            value=cast(Any, batch),
            checksum=None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )
        await self.callback(cast(Any, message))


class Transport(driver.Transport):
    """Kafka, with this file's consumer."""

    Consumer = Consumer


class BatchTopic(Topic):
    """A channel whose messages carry batches."""

    async def decode(self, message: Any, *, propagate: bool = False) -> Any:
        """Wrap the batch as it is."""
        return Event(self.app, None, message.value, None, message)

    def _compile_decode(self) -> None:
        """Keep `decode`: Faust would put a compiled one over it, on the instance."""


class App(faust.App):
    """A Faust app whose partitions belong to sessions."""

    units: Units
    unit_assignor: UnitAssignor

    def _new_transport(self) -> Any:
        return Transport(self.conf.broker_consumer, self)

    async def on_first_start(self) -> None:
        """Make no data directory: nothing is kept in it."""

    async def _on_partitions_revoked(self, revoked: set[TP]) -> None:
        await self.units.pause()
        await super()._on_partitions_revoked(revoked)

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        await super()._on_partitions_assigned(assigned, generation_id)
        logical = self.units.config.logical
        # Only started here: aiokafka sends no heartbeat until this callback has returned.
        self.units.assign({(logical(tp.topic), tp.partition) for tp in assigned})
