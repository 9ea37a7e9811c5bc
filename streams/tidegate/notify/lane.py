"""Deliver to one endpoint: its own queue, slots, breaker and connections; it waits for no other."""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from tidegate.events.delivery import (
    Attempt,
    AttemptResult,
    Channel,
    Delivery,
    DeliveryStatus,
    EndpointState,
)
from tidegate.notify.alert_log import AlertGone, AlertLog
from tidegate.notify.answer import Answer, Sender
from tidegate.notify.breaker import Breaker, BreakerState
from tidegate.notify.endpoints import Endpoint
from tidegate.notify.ledger import Ledger
from tidegate.notify.metrics import LaneMeter, LaneStatus
from tidegate.notify.parcel import Parcel, Step
from tidegate.notify.progress import after, digests, given_up
from tidegate.notify.schedule import Chance, patience_seconds

IN_ORDER = frozenset({Channel.PAGERDUTY, Channel.ALERTMANAGER})
"""Channels that keep a state: the end of a hold told before its beginning would be lost."""
GIVEN_UP_MOST = 500
"""Deliveries given up in one transaction."""
UNWRITTEN_FACTOR = 8
"""Deliveries for each slot that may be tried and not yet on record: what a crash sends twice."""
OFTEN_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
DETAIL_CHARACTERS = 300


class Lane:
    """One endpoint's deliveries. All calls come from the event loop."""

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        sender: Sender,
        ledger: Ledger,
        alerts: AlertLog,
        meter: LaneMeter,
        chance: Chance = random.random,
    ) -> None:
        self.name = name
        self.endpoint = endpoint
        self.breaker = Breaker(endpoint.breaker_seconds)
        self.disabled: EndpointState | None = None
        self.parcels: dict[str, Parcel] = {}
        self._sender = sender
        self._ledger = ledger
        self._alerts = alerts
        self._meter = meter
        self._chance = chance
        self._in_order = endpoint.type in IN_ORDER
        self._followers: dict[bytes, deque[str]] = {}
        self._heap: list[tuple[float, int, str]] = []
        self._stamps: dict[str, int] = {}  # the entry of the heap that counts, by delivery
        self._stamp = 0
        self._busy: set[str] = set()  # being tried, or what became of it is being written
        self._under_way = 0
        self._tasks: asyncio.TaskGroup | None = None
        self._wake = asyncio.Event()
        self._patience = patience_seconds(endpoint.retry_seconds)
        self._last = ""  # refusal or failure, for what is given up without a try
        self._ending = False
        self._idle = asyncio.Event()

    # What the ledger has committed

    def put(self, parcel: Parcel) -> None:
        """Take in a delivery that is open: a new one, or one with a new state."""
        new = parcel.delivery_id not in self.parcels
        self.parcels[parcel.delivery_id] = parcel
        if self._in_order and not parcel.waiting and new:
            self._followers.setdefault(parcel.key, deque()).append(parcel.delivery_id)
        self._schedule(parcel.delivery_id)

    def drop(self, delivery_id: str) -> None:
        """Let go of a delivery that is finished."""
        parcel = self.parcels.pop(delivery_id, None)
        self._stamps.pop(delivery_id, None)
        if parcel is None or not self._in_order:
            return
        followers = self._followers[parcel.key]
        followers.remove(delivery_id)
        if followers:
            self._schedule(followers[0])
        else:
            del self._followers[parcel.key]

    def set_state(self, state: EndpointState) -> None:
        """Learn that the endpoint was disabled or enabled."""
        self.disabled = state if state.disabled else None
        self._wake.set()

    # At work

    async def run(self) -> None:
        """Deliver until cancelled. Raises what the ledger and Kafka raise, never a receiver's."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            while True:
                self._wake.clear()
                wait = await self._launch()
                try:
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    async def finish(self) -> None:
        """Begin nothing more; return when nothing is under way."""
        self._ending = True
        if self._busy:
            await self._idle.wait()

    def status(self) -> LaneStatus:
        """Say how the endpoint stands."""
        now = time.time()
        due = [parcel.started for parcel in self.parcels.values() if parcel.started <= now]
        return LaneStatus(
            endpoint=self.name,
            kind=self.endpoint.type,
            open=len(self.parcels),
            waiting=sum(parcel.waiting for parcel in self.parcels.values()),
            oldest=min(due, default=None),
            breaker=self.breaker.state(time.monotonic()),
            disabled=self.disabled is not None,
        )

    async def _launch(self) -> float:
        """Start what is due and may be; return how long nothing else will be."""
        if self._ending:
            return LONGEST_WAIT_SECONDS
        if self.disabled is not None:
            problem = f"the endpoint is disabled: {self.disabled.reason}"
            await self._give_up(list(self.parcels.values()), problem)
            return LONGEST_WAIT_SECONDS
        state = self.breaker.state(time.monotonic())
        if state is BreakerState.OPEN:
            await self._give_up_old()
            return min(OFTEN_SECONDS, self.breaker.opens_in(time.monotonic()))
        slots = 1 if state is BreakerState.HALF_OPEN else self.endpoint.concurrency
        unwritten = UNWRITTEN_FACTOR * self.endpoint.concurrency
        while self._under_way < slots and len(self._busy) < unwritten:
            parcel, wait = self._next()
            if parcel is None:
                return wait
            if parcel.waiting:
                due = self._due_waiting()
                self._start(self._digest(due), due)
            else:
                self._under_way += 1
                self._start(self._deliver(parcel), (parcel,))
        return LONGEST_WAIT_SECONDS

    def _next(self) -> tuple[Parcel | None, float]:
        """Return the delivery that is due first and free, or how long there is none."""
        now = time.time()
        while self._heap:
            due, stamp, delivery_id = self._heap[0]
            if self._stamps.get(delivery_id) != stamp or delivery_id in self._busy:
                heapq.heappop(self._heap)
                continue
            if due > now:
                return None, min(due - now, LONGEST_WAIT_SECONDS)
            heapq.heappop(self._heap)
            return self.parcels[delivery_id], 0.0
        return None, LONGEST_WAIT_SECONDS

    def _schedule(self, delivery_id: str, due: float | None = None) -> None:
        parcel = self.parcels.get(delivery_id)
        if parcel is None or delivery_id in self._busy:
            return
        if self._in_order and not parcel.waiting and self._followers[parcel.key][0] != delivery_id:
            return  # until the one before it is finished
        self._stamp += 1
        self._stamps[delivery_id] = self._stamp
        heapq.heappush(self._heap, (parcel.due if due is None else due, self._stamp, delivery_id))
        self._wake.set()

    def _start(self, work: Coroutine[Any, Any, None], parcels: Sequence[Parcel]) -> None:
        assert self._tasks is not None
        self._busy.update(parcel.delivery_id for parcel in parcels)
        self._tasks.create_task(work)

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            steps = await self._try(parcel)
        finally:
            self._under_way -= 1
            self._wake.set()
        await self._written(steps, (parcel,))

    async def _try(self, parcel: Parcel) -> list[Step]:
        delivery = parcel.delivery()
        try:
            alerts = await self._alerts.read(delivery.alerts)
        except AlertGone:
            problem = "the alert is no longer on its topic"
            return [Step(parcel.key, given_up(delivery, problem))]
        at, began = datetime.now(UTC), time.monotonic()
        answer = await self._sender.send(delivery, alerts)
        attempt = Attempt(
            at=at,
            seconds=round(time.monotonic() - began, 3),
            result=answer.result,
            code=answer.code,
            detail=answer.detail[:DETAIL_CHARACTERS],
        )
        self._judge(answer)
        self._meter.tried(attempt)
        steps = [
            Step(
                parcel.key,
                after(delivery, attempt, answer, self.endpoint.retry_seconds, self._chance),
            )
        ]
        if answer.gone:
            reason = "it answered 410 (Gone); enable it with `tidegate deliveries enable`"
            gone = EndpointState(
                endpoint=self.name, disabled=True, reason=reason, at=datetime.now(UTC)
            )
            steps.append(Step(self.name.encode(), gone))
            self.disabled = gone  # at once: nothing more is sent while that is being written
        return steps

    def _judge(self, answer: Answer) -> None:
        """Tell the breaker what the answer says of the endpoint."""
        was = self.breaker.since
        if answer.result is AttemptResult.ACCEPTED or answer.about_message:
            self.breaker.succeeded()
            if was is not None:
                self._hasten()
        else:
            self._last = " ".join(filter(None, (str(answer.code or ""), answer.detail)))
            self.breaker.failed(time.monotonic(), answer.retry_after_seconds)

    def _hasten(self) -> None:
        """Let what failed while the endpoint was away go now, not when its turn would come."""
        now = time.time()
        for parcel in list(self.parcels.values()):
            if parcel.attempts and not parcel.waiting and parcel.due > now:
                self._schedule(parcel.delivery_id, now)

    def _due_waiting(self) -> list[Parcel]:
        now = time.time()
        return [
            parcel
            for parcel in self.parcels.values()
            if parcel.waiting and parcel.due <= now and parcel.delivery_id not in self._busy
        ]

    async def _digest(self, due: Sequence[Parcel]) -> None:
        """Turn what waited for the end of quiet hours into digests."""
        keys = {parcel.delivery_id: parcel.key for parcel in due}
        steps = [
            Step(keys.get(delivery.delivery_id, self.name.encode()), delivery)
            for group in digests((parcel.delivery() for parcel in due), datetime.now(UTC))
            for delivery in group
        ]
        await self._written(steps, due)

    async def _give_up_old(self) -> None:
        """End what has waited for the endpoint to come back for longer than retries go on."""
        horizon = time.time() - self._patience
        old = [p for p in self.parcels.values() if p.started < horizon and not p.waiting]
        if old:
            seconds = time.monotonic() - (self.breaker.since or time.monotonic())
            problem = f"the endpoint has not answered for {seconds:.0f} s: {self._last}"
            await self._give_up(old, problem)

    async def _give_up(self, parcels: Sequence[Parcel], problem: str) -> None:
        free = [parcel for parcel in parcels if parcel.delivery_id not in self._busy]
        for start in range(0, len(free), GIVEN_UP_MOST):
            some = free[start : start + GIVEN_UP_MOST]
            self._busy.update(parcel.delivery_id for parcel in some)
            steps = [Step(p.key, given_up(p.delivery(), problem)) for p in some]
            await self._written(steps, some)

    async def _written(self, steps: Sequence[Step], parcels: Sequence[Parcel]) -> None:
        """Have steps committed; only then the deliveries are free for something else."""
        await self._ledger.write(steps)
        for step in steps:
            if isinstance(step.record, Delivery) and step.record.status is not (
                DeliveryStatus.PENDING
            ):
                self._meter.finished(step.record)
        for parcel in parcels:
            self._busy.discard(parcel.delivery_id)
            self._schedule(parcel.delivery_id)
        self._wake.set()
        if self._ending and not self._busy:
            self._idle.set()
