"""Faults at named points of a worker's transactions, put between the writer and its producer.

In the order of a transaction:
    before_begin     nothing done
    begun            the transaction is open
    partly_sent      the broker has its first batch
    changelog_sent   the broker has the state's changes, the journal's record is still to go
    all_sent         every produce future is done, the commit not yet asked for
    committing       the commit is on the wire, its answer is not here
    committed        the broker has committed, and nobody here knows
When a unit is opened:
    opening          its producer is not yet started
    fencing          the producer is started, the last owner fenced, nothing is recovered yet
And on the way in, counted in fetched batches:
    lost_batch, doubled_batch, late_batch
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaConnectionError

from tests.faults.step import replace
from tidegate.runtime import writer
from tidegate.runtime.intake import Batch
from tidegate.runtime.units import Units

POINTS = (
    "before_begin",
    "begun",
    "partly_sent",
    "changelog_sent",
    "all_sent",
    "committing",
    "committed",
)
OPENING = ("opening", "fencing")
WAYS_IN = ("lost_batch", "doubled_batch", "late_batch")
TRIES = ("sending", "accepted")
"""Of the notifier: see `notifier.py`."""
ACTIONS = ("kill", "stop", "raise", "lose", "linger", "hang")
LINGER_SECONDS = 2.0  # shorter than a worker waits for a transaction before it gives a unit away
HANG_SECONDS = 7.5  # longer than that
WRITTEN_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens when this process comes to a point for the n-th time."""

    point: str
    number: int
    action: str = "kill"
    """kill: SIGKILL; stop: SIGSTOP; raise: an error nobody expects; lose: the connection breaks;
    linger, hang: this step alone takes long."""

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read `POINT:N` or `POINT:N:ACTION`."""
        point, number, *action = text.split(":")
        fault = cls(point, int(number), *action)
        known = (*POINTS, *OPENING, *WAYS_IN, *TRIES)
        if fault.point not in known or fault.action not in ACTIONS:
            raise ValueError(f"{text!r}: points are {known}, actions are {ACTIONS}")
        return fault


class Faults:
    """Waits for its points, over all units of this process."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._actions = {(fault.point, fault.number): fault.action for fault in faults}
        self._reached: Counter[str] = Counter()

    def action(self, point: str) -> str | None:
        """Count the point; return what is to happen there now."""
        self._reached[point] += 1
        return self._actions.get((point, self._reached[point]))

    async def reach(self, point: str) -> None:
        """Count the point, and let happen what is to happen there.

        Raises:
            RuntimeError: action `raise`.
            KafkaConnectionError: action `lose`.
        """
        action = self.action(point)
        if action is None:
            return
        print(f"fault: {action} at {point}", flush=True)
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif action == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        elif action in ("linger", "hang"):
            await asyncio.sleep(LINGER_SECONDS if action == "linger" else HANG_SECONDS)
        elif action == "raise":
            raise RuntimeError(f"injected at {point}")
        else:
            raise KafkaConnectionError(f"injected at {point}")


class FaultyProducer:
    """A unit's producer with faults before, between and after what it does."""

    def __init__(self, producer: Any, faults: Faults) -> None:
        self._producer = producer
        self._faults = faults
        self._sent = 0
        self._send = producer.client.send
        producer.client.send = self._request

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    async def start(self) -> None:
        await self._faults.reach("opening")
        await self._producer.start()
        await self._producer._txn_manager.wait_for_pid()
        await self._faults.reach("fencing")

    async def begin_transaction(self) -> None:
        await self._faults.reach("before_begin")
        await self._producer.begin_transaction()
        self._sent = 0
        await self._faults.reach("begun")

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Any:
        future = await self._producer.send_batch(batch, topic, partition=partition)
        self._sent += 1
        points = []
        if self._sent == 1:
            points.append("partly_sent")
        if topic.endswith("-changelog"):
            points.append("changelog_sent")
        for point in points:
            await asyncio.wait([future])
            await self._faults.reach(point)
        return future

    async def commit_transaction(self) -> None:
        await self._faults.reach("all_sent")
        await self._producer.commit_transaction()
        await self._faults.reach("committed")

    async def _request(self, node: Any, request: Any, *rest: Any, **more: Any) -> Any:
        if "EndTxn" not in type(request).__name__:
            return await self._send(node, request, *rest, **more)
        answer = asyncio.ensure_future(self._send(node, request, *rest, **more))
        # The request is in the kernel's hands by then; what the broker answers comes to nobody.
        await asyncio.wait([answer], timeout=WRITTEN_SECONDS)
        try:
            await self._faults.reach("committing")
        except BaseException:
            answer.cancel()
            raise
        return await answer


def install(faults: Sequence[Fault]) -> None:
    """Put faults into this process; call it before the worker starts."""
    waiting = Faults(faults)
    make: Any = writer.__dict__["unit_producer"]  # a mutation may have been there before

    def unit_producer(*arguments: Any) -> Any:
        return FaultyProducer(make(*arguments), waiting)

    replace(writer, "unit_producer", unit_producer)
    offer = Units.offer
    late: list[Batch] = []

    def unsteady(units: Units, batch: Batch) -> None:
        if not batch.records:
            offer(units, batch)
            return
        lost, doubled, delayed = [waiting.action(point) is not None for point in WAYS_IN]
        if lost or doubled or delayed:
            print("fault: a batch went astray", flush=True)
        if delayed:
            late.append(batch)
        elif not lost:
            offer(units, batch)
            if doubled:
                offer(units, batch)
            while late:
                offer(units, late.pop())

    if any(fault.point in WAYS_IN for fault in faults):
        replace(Units, "offer", unsteady)
