"""The notifier as a process: stand by, work, begin again after a failure, stop when told."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from typing import Any

from aiokafka.errors import KafkaError

from tidegate.agents.deployment import runtime_config
from tidegate.notify.answer import Sender
from tidegate.notify.config import NotifierConfig, load_config
from tidegate.notify.membership import Membership
from tidegate.notify.metrics import LaneStatus, NotifierMetrics
from tidegate.notify.senders import sender_for
from tidegate.notify.shift import Shift
from tidegate.notify.start import TopicMissing
from tidegate.ops.endpoint import Endpoint
from tidegate.ops.settings import Settings
from tidegate.runtime.exits import Exit
from tidegate.runtime.spec import RuntimeConfig

log = logging.getLogger(__name__)

AGAIN_SECONDS = 2.5
"""Before the next try after a failure: longer than two heartbeats, so that the group has spoken."""


def notifier_runtime(settings: Settings) -> RuntimeConfig:
    """Return how the notifier is known to Kafka: a group and a transactional id of its own.

    Raises:
        WrongSettings: a certificate or key file cannot be used.
    """
    return replace(runtime_config(settings), app_id=f"{settings.app_id}-notifier")


class Notifier:
    """One process. Several of them share the group: one works, the others stand by."""

    def __init__(self, settings: Settings, config: NotifierConfig) -> None:
        self._settings = settings
        self._config = config
        self._runtime = notifier_runtime(settings)
        self._stopping = asyncio.Event()
        self._shift: Shift | None = None
        self._membership: Membership | None = None
        self._problem: str | None = "starting"
        self.metrics = NotifierMetrics(self._statuses)

    def stop(self) -> None:
        """Ask it to end."""
        self._stopping.set()

    def not_ready(self) -> str | None:
        """Say why alerts would not be delivered soon; None: they are, here or by another."""
        return self._problem

    async def run(self) -> Exit:
        """Run until told to stop; a broker that is away is waited for."""
        async with AsyncExitStack() as stack:
            senders: dict[str, Sender] = {}
            for name, endpoint in self._config.endpoints.items():
                senders[name] = sender_for(name, endpoint)
                stack.push_async_callback(senders[name].close)
            while not self._stopping.is_set():
                try:
                    await self._belong(senders)
                except (KafkaError, OSError, TopicMissing) as error:
                    self._problem = f"{type(error).__name__}: {error}"
                    log.warning("begin again: %s", self._problem)
                    self.metrics.ended("failed")
                    await self._pause()
        return Exit.DONE

    async def _belong(self, senders: dict[str, Sender]) -> None:
        """Be a member of the group; work while chosen. Raises what ends a membership or a shift."""
        membership = Membership(self._runtime)
        try:
            await membership.start()
            while not self._stopping.is_set():
                membership.changed.clear()
                if membership.lost is not None:
                    raise KafkaError(membership.lost)
                if membership.chosen:
                    await self._work(membership, senders)
                else:
                    self._problem = None if membership.joined else "joining the group"
                    await _first(membership.changed.wait(), self._stopping.wait())
        finally:
            await membership.stop()

    async def _work(self, membership: Membership, senders: dict[str, Sender]) -> None:
        ending = asyncio.Event()
        self._problem = "reading what is open"
        shift = Shift(
            self._settings, self._runtime, self._config, senders, self.metrics, self._at_work
        )
        self._shift = shift

        async def watch() -> None:
            while membership.chosen and not self._stopping.is_set():
                membership.changed.clear()
                await _first(membership.changed.wait(), self._stopping.wait())
            ending.set()

        watching = asyncio.create_task(watch())
        try:
            await shift.run(ending)
            self.metrics.ended("done")
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            self._shift = None

    def _at_work(self) -> None:
        self._problem = None

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), AGAIN_SECONDS)

    def _statuses(self) -> Iterable[LaneStatus]:
        return () if self._shift is None else self._shift.statuses()


async def notify(settings: Settings) -> Exit:
    """Run a notifier until SIGTERM or SIGINT; metrics and health are served beside.

    Raises:
        WrongSettings: the file of endpoints and routes, or a certificate, cannot be used.
        OSError: the metrics' port is taken.
    """
    config = load_config(settings)
    notifier = Notifier(settings, config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, notifier.stop)
    endpoint = Endpoint(
        notifier.metrics.registry,
        host=settings.metrics_host,
        port=settings.metrics_port,
        ready=notifier.not_ready,
    )
    async with endpoint:
        log.info("metrics and health at %s", endpoint.address)
        return await notifier.run()


async def _first(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
