import asyncio
import threading

import pytest

from tidegate.runtime.exits import Exit
from tidegate.runtime.spec import Unit
from tidegate.runtime.watchdog import Standing, Watchdog


class Ended:
    """Stands for the end of the process."""

    def __init__(self) -> None:
        self.event, self.code = threading.Event(), 0

    def __call__(self, code: int) -> None:
        self.code = code
        self.event.set()


def test_an_event_loop_that_stands_still_ends_the_worker(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ended = Ended()
    dog = Watchdog(lambda seconds: [], 0.2, ended)
    dog.start()
    assert ended.event.wait(5)
    assert ended.code == Exit.STUCK
    assert "stands still" in caplog.text


async def test_work_without_progress_ends_the_worker(caplog: pytest.LogCaptureFixture) -> None:
    ended = Ended()
    dog = Watchdog(lambda seconds: ["purse-1"], 5.0, ended)
    turning = asyncio.create_task(dog.turn())
    dog.start()
    assert await asyncio.to_thread(ended.event.wait, 5)
    assert "purse-1" in caplog.text
    turning.cancel()


async def test_a_worker_that_gets_on_lives() -> None:
    ended = Ended()
    looked = threading.Event()

    def stuck(seconds: float) -> list[str]:
        looked.set()
        return []

    dog = Watchdog(stuck, 2.0, ended)
    turning = asyncio.create_task(dog.turn())
    dog.start()
    assert await asyncio.to_thread(looked.wait, 5)
    dog.stop()
    assert not ended.event.is_set()
    turning.cancel()


def test_work_that_comes_after_a_rest_is_not_as_old_as_the_rest() -> None:
    unit, standing = Unit("screening", 0), Standing()
    assert standing.longer_than(60.0, {}, now=1000.0) == []
    # It got on last an hour ago, and has had work for a second.
    assert standing.longer_than(60.0, {unit: -2600.0}, now=1001.0) == []
    assert standing.longer_than(60.0, {unit: -2600.0}, now=1061.0) == []
    assert standing.longer_than(60.0, {unit: -2600.0}, now=1062.0) == [unit]
    # It gets on, or rests: the count begins anew.
    assert standing.longer_than(60.0, {unit: 1062.5}, now=1063.0) == []
    assert standing.longer_than(60.0, {}, now=1130.0) == []
    assert standing.longer_than(60.0, {unit: 1062.5}, now=1140.0) == []
