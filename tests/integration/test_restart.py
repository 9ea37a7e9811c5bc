"""A worker that is killed and started again goes on, and the others hardly notice."""

from __future__ import annotations

import asyncio
import itertools
import re
from time import monotonic

from tests.support.busy import stretch
from tests.support.deployment import Deployment, WorkerProcess
from tests.support.silence import Silence, tea

RESTART_SECONDS = 6.0
OTHERS_SECONDS = 0.2
FENCED_SECONDS = 10.0
KILLS = 3


def partitions_of(log: str) -> set[int]:
    """Return the partitions of shipments in a worker's last assignment."""
    line = [line for line in log.splitlines() if "units: " in line][-1]
    return {int(number) for number in re.findall(r"screening-(\d+)", line)}


async def test_a_killed_worker_goes_on_and_the_others_do_not_wait(deployment: Deployment) -> None:
    with deployment.workers("w1", "w2") as (first, second):
        async with Silence(deployment.settings) as silence:
            await silence.steady()
            mine, theirs = partitions_of(first.tail()), partitions_of(second.tail())
            assert mine | theirs == set(range(4))
            assert mine
            assert theirs
            others = []
            for _ in range(KILLS):
                gaps, slow = await killed_and_restarted(first, silence)
                print("silent:", gaps, "killed:", sorted(mine), "slowed:", round(slow, 1))
                assert max(gaps[p] for p in mine) < RESTART_SECONDS * slow
                others.append(max(gaps[p] for p in theirs) / slow)
        # A rebalance would stop them each time; what else runs on the machine does now and then.
        assert min(others) < OTHERS_SECONDS
        assert partitions_of(first.tail()) == mine


async def test_who_waits_for_a_dead_workers_verdict_waits_until_it_is_fenced(
    deployment: Deployment,
) -> None:
    numbers = itertools.count()
    with deployment.workers("w1", "w2") as (first, _):
        async with Silence(
            deployment.settings,
            make=lambda name: tea(name, f"LIC-{next(numbers)}"),
            counts=lambda decision: b"TG-LICENSE-UNANSWERED" not in decision,
        ) as silence:
            await silence.steady()
            for _kill in range(KILLS):
                gaps, slow = await killed_and_restarted(first, silence)
                print("silent:", gaps, "slowed:", round(slow, 1))
                assert max(gaps.values()) < FENCED_SECONDS * slow


async def killed_and_restarted(
    worker: WorkerProcess, silence: Silence
) -> tuple[dict[int, float], float]:
    """Kill a worker and start it again.

    Returns each partition's longest silence, and how busy the machine was.
    """
    before = await asyncio.to_thread(stretch)
    killed = monotonic()
    await asyncio.to_thread(worker.kill)
    worker.start()
    await silence.steady()
    gaps = {partition: round(gap, 2) for partition, gap in silence.longest(killed).items()}
    return gaps, max(before, await asyncio.to_thread(stretch))
