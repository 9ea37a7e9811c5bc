"""One time at work: from fencing whoever worked before until something ends it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress

from tidegate.events.delivery import EndpointState
from tidegate.notify.alert_log import AlertLog
from tidegate.notify.answer import Sender
from tidegate.notify.book import Book
from tidegate.notify.config import NotifierConfig
from tidegate.notify.intake import Intake
from tidegate.notify.lane import Lane
from tidegate.notify.ledger import Ledger
from tidegate.notify.metrics import LaneStatus, NotifierMetrics
from tidegate.notify.parcel import Parcel, Step
from tidegate.notify.progress import given_up
from tidegate.notify.start import Start, find_start
from tidegate.ops.settings import Settings
from tidegate.runtime.spec import RuntimeConfig, Unit
from tidegate.runtime.writer import Writer

log = logging.getLogger(__name__)

UNIT = Unit("deliveries", 0)
"""What the one notifier at work owns; names its transactional id."""
FINISH_SECONDS = 5.0
BUSY_PARCELS = 2000
"""Open deliveries of an endpoint that are enough to keep it busy."""


class Shift:
    """Delivers, by the senders that are given, until told to stop or something fails."""

    def __init__(
        self,
        settings: Settings,
        runtime: RuntimeConfig,
        config: NotifierConfig,
        senders: Mapping[str, Sender],
        metrics: NotifierMetrics,
        at_work: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._config = config
        self._senders = senders
        self._metrics = metrics
        self._at_work = at_work
        self._lanes: dict[str, Lane] = {}

    async def run(self, stopping: asyncio.Event) -> None:
        """Deliver until `stopping`.

        Contract:
            1. Fence: from here on the last notifier commits nothing, and the topics stand still.
            2. Read positions and what is open.
            3. Take up alerts and commands, and deliver.
            4. Told to stop: take up nothing more, wait a little for tries under way, so that
               they need not be made twice, and write what became of them.

        Raises:
            Exception: Kafka failed, or another notifier has fenced this one. Begin again.
        """
        began = time.monotonic()
        writer, alerts = Writer(self._runtime, UNIT), AlertLog(self._runtime)
        try:
            await writer.start()  # 1.
            start = await find_start(self._settings, self._runtime)  # 2.
            ledger = Ledger(writer, start.book, start.partitions, self._committed, self._metrics)
            self._open_lanes(start.book, ledger, alerts)
            intake = Intake(
                self._runtime,
                self._config,
                start.book,
                ledger,
                alerts,
                self._metrics,
                self._all_busy,
            )
            self._metrics.began(start.records, time.monotonic() - began)
            log.info(
                "at work: %s deliveries open, %s records read in %.1f s",
                len(start.book.parcels),
                start.records,
                time.monotonic() - began,
            )
            self._at_work()
            async with _task_group() as tasks:  # 3.
                tasks.create_task(ledger.run())
                reading = tasks.create_task(intake.run(start.positions))
                for lane in self._lanes.values():
                    tasks.create_task(lane.run())
                await self._bury(start, ledger)
                await stopping.wait()
                reading.cancel()  # 4.
                with suppress(TimeoutError):
                    async with asyncio.timeout(FINISH_SECONDS):
                        await asyncio.gather(*(lane.finish() for lane in self._lanes.values()))
                raise _Done
        finally:
            await alerts.stop()
            await writer.stop()

    def statuses(self) -> Iterable[LaneStatus]:
        """Say how each endpoint stands."""
        return [lane.status() for lane in self._lanes.values()]

    def _all_busy(self) -> bool:
        """Say whether every endpoint has more than enough to do; a quicker one never waits."""
        routed = {name for route in self._config.routes for name in route.to}
        lanes = [self._lanes[name] for name in routed if self._lanes[name].disabled is None]
        return bool(lanes) and all(len(lane.parcels) >= BUSY_PARCELS for lane in lanes)

    def _open_lanes(self, book: Book, ledger: Ledger, alerts: AlertLog) -> None:
        for name, endpoint in self._config.endpoints.items():
            meter = self._metrics.lane(name, endpoint.type)
            lane = Lane(name, endpoint, self._senders[name], ledger, alerts, meter)
            lane.disabled = book.disabled.get(name)
            self._lanes[name] = lane
        for parcel in sorted(book.parcels.values(), key=lambda parcel: parcel.place):
            if parcel.endpoint in self._lanes:
                self._lanes[parcel.endpoint].put(parcel)

    async def _bury(self, start: Start, ledger: Ledger) -> None:
        """Give up what is for endpoints that the file does not have any more."""
        problem = "there is no such endpoint any more"
        steps = [
            Step(parcel.key, given_up(parcel.delivery(), problem))
            for parcel in start.book.parcels.values()
            if parcel.endpoint not in self._lanes
        ]
        if steps:
            await ledger.write(steps)

    def _committed(self, step: Step, parcel: Parcel | None) -> None:
        lane = self._lanes.get(step.record.endpoint)
        if lane is None:
            return
        if isinstance(step.record, EndpointState):
            lane.set_state(step.record)
        elif parcel is not None:
            lane.put(parcel)
        else:
            lane.drop(step.record.delivery_id)


class _Done(Exception):
    """Ends the group of tasks in order."""


@asynccontextmanager
async def _task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """Run tasks together; the first failure ends all and is raised by itself."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
    except BaseExceptionGroup as group:
        failures = [error for error in _flat(group) if not isinstance(error, _Done)]
        if failures:
            raise failures[0] from None


def _flat(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [inner for one in error.exceptions for inner in _flat(one)]
    return [error]
