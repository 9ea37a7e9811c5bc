"""Workers as processes, killed, stopped, added and removed in the middle of a load."""

import asyncio
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM
from typing import Any

import pytest

from tests.support.counting_kafka import Load, create_topics, verify, wait_for, workers
from tests.support.kafka import KafkaBroker

RESULTS = "trade.results"


@pytest.fixture
async def place(kafka: KafkaBroker, topic_prefix: str) -> tuple[str, str]:
    await create_topics(kafka.bootstrap, topic_prefix)
    return kafka.bootstrap, topic_prefix


async def halfway(place: tuple[str, str], count: int) -> None:
    await wait_for(place[0], place[1] + RESULTS, count)


async def test_killed_workers_lose_and_double_nothing(
    place: tuple[str, str], tmp_path: Path
) -> None:
    load = Load(*place, rate=1500)
    async with workers(*place, tmp_path, "w1", "w2") as (first, second):
        sending = asyncio.create_task(load.run(9000))
        for count, victim in ((600, first), (2500, second), (4500, first)):
            await halfway(place, count)
            await victim.signal(SIGKILL)
            await victim.start()
        await sending
        await halfway(place, load.total)
        await verify(*place, load.sent)
        # Static membership: a restart within the session timeout moves no unit.
        assert await second.signal(SIGTERM) == 0
        assert await first.signal(SIGTERM) == 0


async def test_a_stopped_worker_that_comes_back_is_fenced(
    place: tuple[str, str], tmp_path: Path
) -> None:
    load = Load(*place, rate=700)
    short: dict[str, Any] = {"session_timeout": 6.0, "transaction_timeout": 6.0}
    async with workers(*place, tmp_path, "w1", "w2", **short) as (first, second):
        sending = asyncio.create_task(load.run(8000))
        await halfway(place, 600)
        await first.signal(SIGSTOP)
        # The second takes all six units once the first one's session has timed out.
        await second.logged("units: bank-0, bank-1, bank-2, purse-0, purse-1, purse-2")
        await halfway(place, 4000)
        await first.signal(SIGCONT)
        await sending
        await halfway(place, load.total)
        await verify(*place, load.sent)
        await first.logged("units:", times=2)


async def test_workers_come_and_go(place: tuple[str, str], tmp_path: Path) -> None:
    load = Load(*place, rate=1000)
    async with workers(*place, tmp_path, "w1") as (first,):
        sending = asyncio.create_task(load.run(7000))
        await halfway(place, 500)
        async with workers(*place, tmp_path, "w2") as (second,):
            await halfway(place, 3000)
            assert await second.signal(SIGTERM) == 0
        await halfway(place, 3500)
        await sending
        await halfway(place, load.total)
        await verify(*place, load.sent)
        assert await first.signal(SIGTERM) == 0


async def test_the_broker_may_be_killed(
    kafka: KafkaBroker, place: tuple[str, str], tmp_path: Path
) -> None:
    load = Load(*place, rate=800)
    async with workers(*place, tmp_path, "w1") as (first,):
        sending = asyncio.create_task(load.run(3000))
        await halfway(place, 500)
        await asyncio.to_thread(kafka.kill)
        await asyncio.to_thread(kafka.start)
        await sending
        await halfway(place, load.total)
        await verify(*place, load.sent)
        assert await first.signal(SIGTERM) == 0
