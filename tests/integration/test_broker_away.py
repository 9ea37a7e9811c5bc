"""A broker that is away: a worker waits for it, says so seldom, and ends when it is told to."""

from __future__ import annotations

import asyncio
import time
import urllib.error
from time import monotonic

from tests.support.deployment import POLL_SECONDS, Deployment, WorkerProcess
from tests.support.kafka import KafkaBroker
from tests.support.silence import Silence
from tidegate.runtime.exits import Exit

AWAY_SECONDS = 20.0
LINES_EACH_SECONDS = 10.0
STOP_SECONDS = 10.0  # what Docker gives before it kills


def lines_while_away(worker: WorkerProcess, seconds: float) -> list[str]:
    """Let a broker be away for `seconds`; return what the worker wrote meanwhile."""
    before, until = len(worker.log.read_text()), monotonic() + seconds
    while monotonic() < until:
        assert worker.alive, worker.tail()
        time.sleep(POLL_SECONDS)
    return worker.log.read_text()[before:].splitlines()


def await_not_ready(worker: WorkerProcess, seconds: float) -> str:
    until = monotonic() + seconds
    while monotonic() < until:
        try:
            worker.get("/ready")
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()
        except OSError:
            assert worker.alive, worker.tail()  # not listening yet
        time.sleep(POLL_SECONDS)
    raise AssertionError("ready all the time")


async def decides(deployment: Deployment) -> None:
    async with Silence(deployment.settings) as silence:
        await silence.steady()


def test_a_broker_that_comes_late_and_goes_is_waited_for(
    kafka: KafkaBroker, deployment: Deployment
) -> None:
    worker = WorkerProcess(deployment, "w1")
    try:
        kafka.stop()
        worker.start()
        first = lines_while_away(worker, AWAY_SECONDS)
        kafka.start()
        worker.await_ready()
        asyncio.run(decides(deployment))

        kafka.kill()
        assert "the broker does not answer" in await_not_ready(worker, 12.0)
        assert worker.get("/live") == "ok\n"
        second = lines_while_away(worker, 15.0)
        kafka.start()
        worker.await_ready()
        asyncio.run(decides(deployment))

        most = 2 + AWAY_SECONDS / LINES_EACH_SECONDS
        assert len(first) <= most + 1, "\n".join(first)  # and where the metrics are
        assert len(second) <= most, "\n".join(second)
        assert any("left out" in line for line in first)

        kafka.kill()
        told = monotonic()
        assert worker.stop() == Exit.DONE
        assert monotonic() - told < STOP_SECONDS
        assert "Traceback" not in worker.log.read_text()
    finally:
        worker.kill()
        kafka.restart()


def test_a_worker_that_waits_for_its_first_broker_ends_when_told(
    kafka: KafkaBroker, deployment: Deployment
) -> None:
    worker = WorkerProcess(deployment, "w1")
    try:
        kafka.stop()
        worker.start()
        assert await_not_ready(worker, 10.0)
        assert worker.stop() == Exit.DONE
    finally:
        worker.kill()
        kafka.restart()
