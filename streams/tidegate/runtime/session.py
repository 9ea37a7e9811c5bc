"""Run one unit: open it, do its transactions one after the other, rebuild it after any error."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic, perf_counter, time
from typing import Protocol

from aiokafka.errors import KafkaConnectionError, KafkaError, ProducerFenced

from tidegate.runtime.clock import BrokerTime, PartitionClock, steady
from tidegate.runtime.disk_store import StoreFailed
from tidegate.runtime.exits import Exit
from tidegate.runtime.intake import Batch, Intake
from tidegate.runtime.meter import Committed, Meter, Recovered
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.processor import Processor
from tidegate.runtime.record import Output
from tidegate.runtime.recovery import OtherFormat
from tidegate.runtime.spec import JOURNAL, AgentSpec, RuntimeConfig, Unit
from tidegate.runtime.transaction import Transaction
from tidegate.runtime.turn import Turn
from tidegate.runtime.unit_state import UnitState
from tidegate.runtime.writer import Writer

log = logging.getLogger(__name__)

POLL = 0.2  # seconds until a record that was not ready is asked again
LONGEST_WAIT = 1.0  # seconds; a timer is looked at again by then, should the clock be set
RETRY = 1.0  # seconds between tries to reach the broker
MARKERS_AFTER = 60.0  # seconds of quiet until a position that only markers moved is kept
FENCED_HEARTBEATS = 2.5  # by then the consumer knows whether the unit is still ours


class Worker(Protocol):
    """What a session needs of the worker that it runs in."""

    config: RuntimeConfig
    meter: Meter
    offsets: Offsets
    broker_time: BrokerTime

    async def seek(self, unit: Unit, positions: dict[str, int], number: int) -> bool:
        """Fetch the unit's inputs from `positions` on; False: they are not assigned now."""

    def next_seek(self) -> int:
        """Return a number that no seek had before."""

    def progressed(self) -> None:
        """Note that something got done."""

    def holds(self, unit: Unit) -> bool:
        """Say whether a session of this unit is open here."""

    def fail(self, code: Exit, reason: str) -> None:
        """End the worker."""


class Session:
    """One open unit.

    Opening, in this order:
        1. Start the producer: it fences the last owner.
        2. Take the state from disk, where that can be believed, and replay the changelog to its
           end, from there or from its beginning.
        3. Take the positions from it.
        4. Seek, under a new number; from then on batches are accepted.

    A transaction, in this order:
        1. Decide (`Turn`), on an overlay.
        2. Write outputs, changelog, meta record and journal; await all; commit (`Writer`).
        3. Apply to the state, and only now.

    Any error: give all of it up and open again.
    """

    def __init__(self, worker: Worker, unit: Unit, spec: AgentSpec) -> None:
        self.unit = unit
        self.spec = spec
        self.running = False
        """Open, and inputs are sought."""
        self.progress = monotonic()
        """When it last got something done (monotonic seconds)."""
        self.refused: tuple[float, str] | None = None
        """What Kafka said last when it did not do as asked, and when (monotonic seconds)."""
        self.intake = Intake(spec.inputs)
        self._worker = worker
        self._writer = Writer(worker.config, unit)
        self._clock = PartitionClock()
        self._state = UnitState(worker.config, unit, spec)
        self._processor: Processor
        self._partitions: dict[str, int] = {}
        self._failures = 0
        self._paused = False
        self._has_something = False
        self._closing = False
        self._must_seek = True
        self._out_of_range = False
        self.positions: dict[str, int] = {}  # by topic, of what was committed last
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"session {self.unit}")

    def wake(self) -> None:
        """Look again: something that was not ready may be now."""
        self._wake.set()

    def offer(self, batch: Batch) -> None:
        """Take over a fetched batch, unless it is from before the last seek."""
        if batch.out_of_range and batch.seek == self.intake.lanes[batch.topic].seek:
            log.warning("%s: offset %s of %s is not there", self.unit, batch.start, batch.topic)
            self._must_seek = self._out_of_range = True
        elif not self.intake.accept(batch):
            self._must_seek = True
        self._wake.set()

    def wanted(self, topic: str) -> int:
        """Return the number of the seek under which batches of `topic` are welcome; 0: none."""
        lane = self.intake.lanes[topic]
        full = lane.waiting >= self._worker.config.limits.waiting_records
        return 0 if full or self._paused or self._must_seek or not self.running else lane.seek

    def seek_again(self) -> None:
        """Fetch again from the last position; what waits is fetched anew."""
        self._must_seek = True
        self._wake.set()

    @property
    def busy(self) -> bool:
        """Say whether it should be getting on: something waits, and not for a table.

        The watchdog's thread asks too. It gets what this unit's own task saw last: a processor
        that is asked for its timers tidies its heap, and two threads at that would lose one.
        """
        if self._closing or self._paused:
            return False
        return not self.running or self._has_something

    async def pause(self) -> None:
        """Take nothing more; return when the running transaction has ended."""
        self._paused = True
        self._wake.set()
        await self._idle.wait()

    def resume(self) -> None:
        """Go on after a rebalance, from a new seek: fetched batches may have been dropped."""
        self._paused = False
        self._must_seek = True
        self._wake.set()

    async def close(self, seconds: float) -> None:
        """End after the running transaction, or cut it off after `seconds`."""
        self._closing = True
        self._wake.set()
        task = self._task
        if task is not None:
            _, pending = await asyncio.wait([task], timeout=seconds)
            if pending:
                task.cancel()
                await asyncio.wait([task], timeout=seconds)
        if not self._worker.holds(self.unit):
            # Revoked and given back while this one ended: the meter follows the new session.
            self._worker.meter.closed(self.unit)

    async def _run(self) -> None:
        while not self._closing:
            try:
                await self._open()
                await self._work()
            except ProducerFenced:
                log.warning("%s: fenced, another worker opened it", self.unit)
                self._worker.meter.fenced(self.unit)
                heartbeat = self._worker.config.heartbeat_interval
                await self._rest(FENCED_HEARTBEATS * heartbeat)
            except (KafkaError, OSError) as error:
                # The broker is away or says no; it is asked until it answers.
                log.warning("%s: %s: %s", self.unit, type(error).__name__, error)
                self.refused = monotonic(), f"{self.unit}: {type(error).__name__}: {error}"
                self._worker.meter.aborted(self.unit, type(error).__name__)
                if isinstance(error, KafkaConnectionError):
                    self._progressed()  # a broker that is away is not a worker that is stuck
                await self._rest(RETRY)
            except OtherFormat as error:
                self._worker.fail(Exit.WRONG_USE, str(error))
                return
            except Exception as error:
                log.exception("%s failed", self.unit)
                self._worker.meter.aborted(self.unit, type(error).__name__)
                if isinstance(error, StoreFailed):
                    self._state.distrust()
                self._failures += 1
                if self._failures >= self._worker.config.failures:
                    self._worker.fail(Exit.PROCESSOR_FAILED, f"{self.unit}: {error!r}")
                    return
            finally:
                self.running = False
                self._idle.set()
                await self._writer.stop()
                await self._state.close()

    async def _rest(self, seconds: float) -> None:
        """Wait, but not when closing."""
        until = monotonic() + seconds
        while not self._closing and (left := until - monotonic()) > 0:
            await self._sleep(left)

    async def _open(self) -> None:
        worker, config, spec = self._worker, self._worker.config, self.spec
        began = perf_counter()
        worker.meter.opened(self.unit)
        self._partitions = await worker.offsets.all_partitions(spec.topics)
        await self._writer.start()  # 1.
        self._state = state = UnitState(config, self.unit, spec)  # 2.
        await state.open(worker.offsets, self._progressed)
        self.positions = await self._checked(state.meta.positions)  # 3.
        self._clock = PartitionClock(state.meta.clock)
        self._processor = spec.processor(self.unit.partition)
        keys = await state.restore(self._processor, self._progressed)
        if not worker.broker_time.known:
            await self._ask_time()
        self._must_seek = True
        self.running = True
        recovered = Recovered(perf_counter() - began, keys, state.replayed, state.from_disk)
        worker.meter.recovered(self.unit, recovered)
        number = state.meta.number
        log.info("%s: opened with %d keys, transaction %d, %s", self.unit, keys, number, recovered)

    async def _ask_time(self) -> None:
        """Learn the broker's time before the first decision, by a journal record of its own."""
        number = self._state.meta.number
        value = {"agent": self.spec.name, "partition": self.unit.partition, "opened": number}
        partition = self.unit.partition % self._partitions[JOURNAL]
        record = Output(JOURNAL, partition, str(self.unit).encode(), json.dumps(value).encode())
        sent_at = steady()
        stamp = await self._writer.commit([record], int(time() * 1000))
        self._worker.broker_time.observe(stamp, sent_at, steady())

    async def _checked(self, kept: Mapping[str, int]) -> dict[str, int]:
        """Return where to read on in each input; say so where retention was there before us."""
        earliest = await self._worker.offsets.earliest(self.spec.inputs, self.unit.partition)
        positions = {}
        for topic in self.spec.inputs:
            position = kept.get(topic)
            if position is not None and position < earliest[topic]:
                # May be markers that came last: the alarm says "look", the journal shows the jump.
                log.error(
                    "%s: input of %s from %d to %d is gone",
                    self.unit,
                    topic,
                    position,
                    earliest[topic],
                )
                self._worker.meter.truncated(self.unit, topic, position, earliest[topic])
            positions[topic] = max(position or 0, earliest[topic])
        return positions

    async def _seek(self) -> bool:  # 4.
        if self._out_of_range:
            self._out_of_range = False
            self.positions = await self._checked(self.positions)
        number = self._worker.next_seek()
        self._must_seek = False
        # Before the seek itself: its first batch may be here before the call returns.
        self.intake.restart(number, self.positions)
        self._has_something = self._has_work(self._now())
        if not await self._worker.seek(self.unit, dict(self.positions), number):
            self._must_seek = True
            return False
        return True

    async def _work(self) -> None:
        while not self._closing:
            if self._paused:
                await self._sleep(LONGEST_WAIT)
                continue
            if self._must_seek and not await self._seek():
                await self._sleep(POLL)
                continue
            now = self._now()
            done = False
            self._has_something = self._has_work(now)
            if self._has_something and not self._paused:
                self._idle.clear()
                done = await self._transact(now)
                self._idle.set()
            if not done:
                await self._sleep(self._until_next(now))

    def _has_work(self, now: datetime) -> bool:
        processor = self._processor
        if self._passed_markers():
            return True
        due = processor.due()
        if (due is not None and due <= now) or processor.walking():
            return True
        for topic, lane in self.intake.lanes.items():
            record = lane.peek()
            if record is None:
                continue
            if topic in self.spec.keyed or record.damage is not None or processor.ready(record):
                return True
        return False

    def _passed_markers(self) -> bool:
        """Say whether only markers came since the last transaction, some time ago.

        They have offsets, and retention takes them too: what it took would look like lost input.
        """
        quiet = monotonic() - self.progress > MARKERS_AFTER
        return quiet and self.intake.positions() != self.positions

    def _now(self) -> datetime:
        latest = self._worker.broker_time.latest(steady())
        return self._clock.read(datetime.now(UTC), latest)

    def _until_next(self, now: datetime) -> float:
        wait = POLL if self.intake.waiting or self._processor.walking() else LONGEST_WAIT
        due = self._processor.due()
        if due is not None:
            # A timer that was due and did not fire is asked again, but not at once.
            left = (due - now).total_seconds()
            wait = min(wait, left if left > 0 else POLL)
        return wait

    async def _sleep(self, seconds: float) -> None:
        """Wait for `wake`, or until `seconds` have passed."""
        timer = asyncio.get_running_loop().call_later(seconds, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()
            self._wake.clear()

    async def _transact(self, now: datetime) -> bool:
        """Do one transaction; False: there was nothing to do after all."""
        began = perf_counter()
        config = self._worker.config
        transaction = Transaction(
            agent=self.unit.agent,
            partition=self.unit.partition,
            clock=now,
            number=self._state.meta.number + 1,
            store=self._state.store,
            partitions=self._partitions,
            largest=config.limits.record_bytes,
        )
        # 1.
        turn = Turn(self.spec, self._processor, transaction, self.intake, config.limits)
        for _ in turn.steps():
            await asyncio.sleep(0)
        if turn.empty and not self._passed_markers():
            return False
        # 2.
        positions = self.intake.positions()
        outputs = transaction.outputs
        number = transaction.number
        meta = replace(self._state.meta, positions=positions, clock=now, number=number)
        outputs += self._state.records(transaction.changes, meta)
        outputs.append(turn.journal())
        sent_at = steady()
        stamp = await self._writer.commit(outputs, int(now.timestamp() * 1000))
        # 3.
        offset = self._writer.last_offset(self.spec.changelog, self.unit.partition)
        self._state.commit(transaction.changes, meta, offset)
        self.positions = positions
        self._clock.advance(now)
        self._processor.applied(transaction.changes, now)
        self._worker.broker_time.observe(stamp, sent_at, steady())
        self._failures = 0
        self._progressed()
        self._worker.meter.committed(
            Committed(
                unit=self.unit,
                number=transaction.number,
                clock=now,
                counts=transaction.counts,
                observed=transaction.observed,
                records=turn.records,
                fired=turn.fired,
                walked=turn.walked,
                forwarded=turn.forwarded,
                dead=turn.dead,
                outputs=len(outputs),
                seconds=perf_counter() - began,
            )
        )
        return True

    def _progressed(self) -> None:
        self.progress = monotonic()
        self._worker.progressed()
