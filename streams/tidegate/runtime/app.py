"""Make and run a worker: a Faust app whose agents hand batches to the sessions of its units."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import faust
from aiokafka.errors import KafkaError
from faust.app.base import BootStrategy

from tidegate.runtime.assignor import UnitAssignor
from tidegate.runtime.exits import Exit
from tidegate.runtime.meter import Meter, NullMeter
from tidegate.runtime.spec import AgentSpec, RuntimeConfig
from tidegate.runtime.transport import App, BatchTopic
from tidegate.runtime.units import Units
from tidegate.runtime.watchdog import Watchdog

log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0


class _Boot(BootStrategy):
    """Start no producer and no web server of Faust's: sessions have producers of their own."""

    enable_kafka_producer = False
    enable_web = False


class _App(App):
    BootStrategy = _Boot


def create_app(
    config: RuntimeConfig, specs: Sequence[AgentSpec], meter: Meter | None = None
) -> App:
    """Return a Faust app that runs `specs`; call it where the event loop runs.

    Offsets are never committed and nothing is acknowledged: `acks=False` and
    `stream_wait_empty=False` keep Faust from waiting for what will not come.
    """
    app = _App(
        config.group,
        broker=f"kafka://{config.bootstrap_servers.replace(',', ';kafka://')}",
        store="memory://",
        autodiscover=False,
        web_enabled=False,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        broker_session_timeout=config.session_timeout,
        broker_heartbeat_interval=config.heartbeat_interval,
        broker_request_timeout=max(config.request_timeout, config.session_timeout + 5),
    )
    app.units = Units(config, specs, meter or NullMeter())
    app.unit_assignor = UnitAssignor(config, specs)
    for spec in specs:
        channel = BatchTopic(
            app,
            topics=[config.physical(topic) for topic in spec.inputs],
            acks=False,
            allow_empty=True,
        )
        app.agent(channel, name=f"{__name__}.{spec.name}")(_hand_over(app.units))
    return app


def _hand_over(units: Units) -> Callable[[Any], Any]:
    async def hand_over(stream: faust.Stream[Any]) -> None:
        async for batch in stream:
            units.offer(batch)

    return hand_over


_COLLECT = (100_000, 20, 50)
"""When Python looks for garbage in cycles. All that a transaction makes lives until it ends, so
looking every 700 objects, as is the default, finds nothing and took a fifth of a worker's time."""
_SWITCH_SECONDS = 0.0005
"""How long the deciding thread may keep the one that fetches waiting. At Python's 5 ms every answer
of the broker cost that thread a wait; at 3,000 shipments a second latency was ten times as long."""


async def run(
    config: RuntimeConfig,
    specs: Sequence[AgentSpec],
    meter: Meter | None = None,
    started: Callable[[Units], None] | None = None,
) -> Exit:
    """Run a worker until SIGTERM or SIGINT, or until it fails; return why it ended.

    `started` gets the sessions' table, for pages that show its `status` and for whoever builds
    tables to `wake` it. A broker that is down at the start is waited for.
    """
    loop = asyncio.get_running_loop()
    gc.set_threshold(*_COLLECT)
    sys.setswitchinterval(_SWITCH_SECONDS)
    app = create_app(config, specs, meter)
    units = app.units
    if started is not None:
        started(units)
    with _signals(loop, units.stopping):
        if not await _wait_for_broker(units):
            await units.close()
            return Exit.DONE
        watchdog = Watchdog(units.stuck, config.stuck_after)
        async with _tasks(watchdog.turn(), units.watch_lag()):
            watchdog.start()
            try:
                # A start may wait for ever, as for a group that refuses us; an end must not.
                starting = asyncio.ensure_future(app.maybe_start())
                await _first(units.stopping.wait(), starting)
                if not units.stopping.is_set():
                    starting.result()
                    await _first(units.stopping.wait(), app.wait_until_stopped())
                if not units.stopping.is_set():
                    log.critical("the consumer ended: %r", app.crash_reason)
                    units.exit_code = Exit.CONSUMER_FAILED
            except (KafkaError, OSError) as error:
                log.critical("the worker could not start: %r", error)
                units.exit_code = Exit.CONSUMER_FAILED
            finally:
                units.stopping.set()
                watchdog.end_within(config.stop_within, units.exit_code)
                await app.stop()
                watchdog.ended()
    # Once more: whoever measured the lag until now has asked the broker since the sessions ended.
    await units.offsets.stop()
    return units.exit_code


async def _wait_for_broker(units: Units) -> bool:
    """Return True once the broker answers; False: told to stop before that."""
    while not units.stopping.is_set():
        try:
            await units.offsets.partitions(())
        except (KafkaError, OSError) as error:
            log.warning("waiting for the broker: %s", error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(units.stopping.wait(), _RETRY_SECONDS)
        else:
            return True
    return False


async def _first(*waits: Any) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def _tasks(*coroutines: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def _signals(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> Any:
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
