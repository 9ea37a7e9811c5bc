"""Do the work of one transaction: timers, a chunk of a walk, then inputs in order of urgency.

This is the part that the Kafka runtime and the one in memory share; both decide the same way
because both decide here. Nothing in it waits: `steps` yields now and then, so that whoever runs
it can let the event loop breathe.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from time import perf_counter

from tidegate.runtime.disk_store import StoreFailed
from tidegate.runtime.intake import Intake, Lane
from tidegate.runtime.partitioner import partition_for
from tidegate.runtime.processor import Processor, Refused
from tidegate.runtime.record import Output, Record
from tidegate.runtime.spec import DEAD_LETTERS, JOURNAL, AgentSpec, Limits
from tidegate.runtime.transaction import TooLarge, Transaction

log = logging.getLogger(__name__)

SLICE = 0.02  # seconds of work between two yields
_CHECKED_EVERY = 16  # records between two looks at the time


class Turn:
    """One transaction's work on one unit.

    Contract:
        1. Timers due at the transaction's clock fire before anything else; if more are due than
           the limit allows, nothing else is done, so no record is ever decided before a timer
           that was due.
        2. A running walk gets one chunk.
        3. Inputs are taken by urgency, each in the order of its log.
        4. A record that fails leaves nothing but its dead letter.
        5. The journal record names all that was taken, in this order.
    """

    def __init__(
        self,
        spec: AgentSpec,
        processor: Processor,
        transaction: Transaction,
        intake: Intake,
        limits: Limits,
    ) -> None:
        self.transaction = transaction
        self.fired = 0
        self.walked = 0
        self.dead = 0
        self.records: Counter[str] = Counter()
        self.forwarded: Counter[str] = Counter()
        self._inputs: list[tuple[str, int, int]] = []
        self._spec = spec
        self._processor = processor
        self._intake = intake
        self._limits = limits

    def steps(self) -> Iterator[None]:
        """Do the work; yields every few milliseconds."""
        processor, transaction = self._processor, self.transaction
        # 1.
        due = processor.due()
        if due is not None and due <= transaction.clock:
            self.fired = processor.fire(transaction, self._limits.timers)
            if self.fired >= self._limits.timers:
                return
            yield
        # 2.
        if processor.walking():
            self.walked = processor.walk(transaction, self._limits.walk_keys)
            yield
        # 3.
        room = self._limits.records
        for lane in self._intake.lanes.values():
            start = lane.position
            for _ in self._take(lane, room):
                yield
            room -= self.records[lane.topic]
            if lane.position != start:
                self._inputs.append((lane.topic, start, lane.position))

    @property
    def empty(self) -> bool:
        """Say whether there is nothing to commit."""
        transaction = self.transaction
        wrote = transaction.changes or transaction.outputs
        return not (wrote or self.records or self.fired or self.walked)

    def journal(self) -> Output:
        """Return the record that lets this transaction be replayed (5)."""
        transaction = self.transaction
        value = {
            "agent": transaction.agent,
            "partition": transaction.partition,
            "number": transaction.number,
            "clock": transaction.clock.isoformat(),
            "fired": self.fired,
            "walked": self.walked,
            "reached": transaction.reached,
            "inputs": self._inputs,
            "forwarded": self.forwarded.total(),
            "dead": self.dead,
        }
        return Output(
            topic=JOURNAL,
            partition=transaction.partition % transaction.partitions(JOURNAL),
            key=f"{transaction.agent}-{transaction.partition}".encode(),
            value=json.dumps(value, separators=(",", ":")).encode(),
        )

    def _take(self, lane: Lane, room: int) -> Iterator[None]:
        topic = lane.topic
        keyed = topic in self._spec.keyed
        partitions = self.transaction.partitions(topic)
        here = self.transaction.partition
        ready = self._processor.ready
        taken = 0
        since = perf_counter()
        while taken < room:
            record = lane.peek()
            if record is None:
                break
            if keyed and record.key is not None and partitions > 1:
                owner = partition_for(record.key, partitions)
                if owner != here:
                    self._forward(record, owner)
                    lane.advance()
                    taken += 1
                    self.records[topic] = taken
                    continue
            if record.damage is None and not ready(record):
                break
            self._one(record)
            lane.advance()
            taken += 1
            self.records[topic] = taken
            if taken % _CHECKED_EVERY == 0 and perf_counter() - since > SLICE:
                yield
                since = perf_counter()

    def _forward(self, record: Record, owner: int) -> None:
        parts = [record.key, record.value]
        for name, content in record.headers:
            parts += [name.encode(), content]
        size = sum(len(part) for part in parts if part is not None)
        if size > self._limits.record_bytes:
            # Its producer packed it small enough; we would be refused, again after each rebuild.
            reason = f"it belongs to partition {owner}, and its {size} bytes are too many to send"
            self._bury(record, "", reason)
            return
        self.transaction.outputs.append(
            Output(record.topic, owner, record.key, record.value, record.headers)
        )
        self.forwarded[record.topic] += 1

    def _one(self, record: Record) -> None:
        transaction = self.transaction
        transaction.begin_record()
        try:
            if record.damage is not None:
                raise Refused("", record.damage)
            self._processor.take(transaction, record)
        except StoreFailed:
            raise  # no fault of the record
        except Refused as refused:
            transaction.undo_record()
            self._bury(record, refused.field, refused.reason)
        except Exception as error:
            transaction.undo_record()
            log.exception(
                "record at %s/%s offset %s failed", record.topic, record.partition, record.offset
            )
            self._bury(record, "", f"internal error: {type(error).__name__}: {error}")
        else:
            transaction.end_record()

    def _bury(self, record: Record, field: str, reason: str) -> None:
        """Write the dead letter; never raise, for that would make the record a loop."""
        transaction = self.transaction
        partition = record.partition % transaction.partitions(DEAD_LETTERS)
        self.dead += 1
        try:
            key, value = self._spec.dead_letter(record, field, reason)
            if len(value) > self._limits.dead_letter_bytes:
                raise TooLarge(f"its dead letter would have {len(value)} bytes")
            key_bytes = None if key is None else key.encode()
            transaction.outputs.append(Output(DEAD_LETTERS, partition, key_bytes, value))
        except Exception as error:
            if not isinstance(error, TooLarge):
                log.exception("no dead letter could be made by agent %s", self._spec.name)
            place = {
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "field": field[:1000],
                "error": reason[:10_000],
                "note": f"the original is left out ({type(error).__name__}): read it in its place",
            }
            transaction.emit(DEAD_LETTERS, None, json.dumps(place).encode(), partition=partition)
