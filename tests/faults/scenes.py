"""One scene of a fault test: traffic, conditions to wait for, and the verifier at its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from tests.support.deployment import Deployment, WorkerProcess
from tests.support.load import send_traffic, traffic
from tests.support.rerun import compare
from tests.support.topics import Topics
from tests.support.verifier import verify

WAIT_SECONDS = 90.0
POLL_SECONDS = 0.05
REST_SECONDS = 1.5


class Scene:
    """An async context manager; workers are the test's own business."""

    def __init__(self, deployment: Deployment, seed: int) -> None:
        settings = deployment.settings
        self._settings = settings
        self._traffic = traffic(settings, seed=seed)
        self.topics = Topics(
            settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions
        )

    async def __aenter__(self) -> Scene:
        await self.topics.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.topics.__aexit__(kind, error, trace)

    async def send(self, events: int, rate: float) -> None:
        """Send the next events of the traffic."""
        await send_traffic(self._settings, self._traffic, events, rate)

    async def until(self, condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
        """Wait until a condition on workers holds."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - what is waited for is another process
                await asyncio.sleep(POLL_SECONDS)

    async def at_rest(self, worker: WorkerProcess) -> None:
        """Wait until a worker has had nothing to do for a second."""

        def done() -> float:
            found = worker.metrics().items()
            return sum(n for name, n in found if name.startswith("tidegate_transactions_total"))

        before, since = done(), time.monotonic()
        while time.monotonic() - since < REST_SECONDS:
            await asyncio.sleep(POLL_SECONDS)
            now = done()
            if now != before:
                before, since = now, time.monotonic()

    async def settled(self) -> None:
        """Read on until nothing is left to do; workers that are well get there."""
        await self.topics.settled(WAIT_SECONDS)

    async def stood_still(self) -> None:
        """Read on until nothing new comes, whether all is done or not."""
        await self.topics.stood_still(WAIT_SECONDS)

    async def clean(self, versions: Mapping[str, Path], cache: Path) -> None:
        """Verify all; the test fails where anything is wrong."""
        await asyncio.to_thread(self._verify, versions, cache)

    async def damage(self, versions: Mapping[str, Path], cache: Path) -> str | None:
        """Return what the verifier finds wrong, or None."""
        try:
            await asyncio.to_thread(self._verify, versions, cache)
        except (AssertionError, KeyError) as error:
            return repr(error)
        return None

    def _verify(self, versions: Mapping[str, Path], cache: Path) -> None:
        verified = verify(self.topics)
        compared = compare(verified, versions, cache, range(self._settings.partitions))
        assert compared.current == len(verified.decisions) > 0
