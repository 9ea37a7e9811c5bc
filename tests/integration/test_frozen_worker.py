"""A frozen worker: its health does not answer, and tells the truth when it is thawed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest

from tests.support.deployment import POLL_SECONDS, Deployment, WorkerProcess
from tests.support.kafka import KafkaBroker
from tests.support.silence import Silence

SECONDS = 90.0
UNITS = 4


def open_units(worker: WorkerProcess) -> int:
    """Return how many partitions a worker says that it has open."""
    opened = [v for n, v in worker.metrics().items() if n.startswith("tidegate_units_open{")]
    return int(sum(opened))


def test_a_frozen_worker_does_not_answer_and_is_ready_again_only_with_its_partitions(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, tables_cache: Path
) -> None:
    deployment = Deployment(
        kafka.bootstrap,
        topic_prefix,
        tmp_path,
        tables_cache,
        partitions=2,
        session_timeout_seconds=6.0,
    )
    deployment.prepare()
    with deployment.workers("w1", "w2") as (frozen, other):
        frozen.send(SIGSTOP)
        try:
            for path in ("/live", "/ready"):
                with pytest.raises(TimeoutError):
                    frozen.get(path)
            until(lambda: open_units(other) == UNITS)  # past the session's timeout
        finally:
            frozen.send(SIGCONT)
        until(lambda: open_units(frozen) + open_units(other) == UNITS and open_units(frozen) > 0)
        assert frozen.get("/live") == "ok\n"
        frozen.await_ready()
        asyncio.run(decides(deployment))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)


async def decides(deployment: Deployment) -> None:
    async with Silence(deployment.settings) as silence:
        await silence.steady()
