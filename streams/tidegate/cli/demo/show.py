"""The whole demonstration: up, traffic and story, and down again, whatever happens."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from tidegate.cli.demo.overlay import with_house_list
from tidegate.cli.demo.reader import read_outputs
from tidegate.cli.demo.scene import Scene, View
from tidegate.cli.demo.stage import Stage
from tidegate.cli.demo.story import Story
from tidegate.cli.demo.tally import Tally
from tidegate.cli.producing import TrafficProducer
from tidegate.cli.traffic.listed import Listed
from tidegate.cli.traffic.message import Message
from tidegate.cli.traffic.traffic import Mix, Traffic

TICK_SECONDS = 0.05
REFRESH_SECONDS = 0.25
SCRAPE_SECONDS = 1.0
RATE_WINDOW_SECONDS = 3.0
DRAIN_SECONDS = 10.0
GRACE_SECONDS = 15.0  # beyond its time, for the story's first round to end
HELD_SHARE = 0.06
MEMORY_MOST_BYTES = 2 << 30  # of the broker, which forgets nothing; some 20 minutes at 100/s

Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Program:
    """What is asked for. `seconds` None: until Ctrl-C."""

    files: Mapping[str, bytes]
    seconds: float | None
    rate: float
    seed: int
    workers: int
    console: bool


class Show:
    """One run of the demonstration.

    Args:
        program: What is asked for.
        view: Where it is shown.
    """

    def __init__(self, program: Program, view: View) -> None:
        self._program = program
        self._view = view
        self._tally = Tally()
        self.scene = Scene(self._tally, program.workers, total_seconds=program.seconds)
        self._traffic = Traffic(Listed(program.files), program.seed, Mix(held=HELD_SHARE))
        self._stop = asyncio.Event()
        self._opened = 0.0

    async def run(self) -> None:
        """Run to the end: time over, Ctrl-C or SIGTERM.

        Raises:
            StageFailed, BrokerFailed, TablesError, KafkaError: a part failed.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        stage = Stage(self._program.workers, self._step, with_console=self._program.console)
        try:
            self._view.open(self.scene)
            refreshing = asyncio.create_task(self._refresh())
            try:
                if await self._unless_stopped(stage.start(self._program.files)):
                    await self._play(stage)
            finally:
                await _cancelled(refreshing)
        finally:
            self._view.close()
            # From here on a second Ctrl-C must not leave processes behind.
            await asyncio.shield(stage.stop())
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def _play(self, stage: Stage) -> None:
        scene = self.scene
        scene.broker = stage.broker.bootstrap_servers
        if stage.console is not None:
            scene.invitation = stage.console.invitation()
            self._step(scene.invitation)
        async with TrafficProducer(stage.settings) as producer:

            async def send(message: Message) -> None:
                if message.kind == "shipment" and message.event_id is not None:
                    self._tally.sent(message.event_id, monotonic())
                await producer.send(message)

            story = Story(
                self._traffic,
                self._tally,
                send,
                stage.publish,
                stage.counts,
                stage.settings.partitions,
                self._view.beat,
            )
            scene.beats = story.beats
            reading = asyncio.create_task(
                read_outputs(stage.settings, self._tally, self._view.alert)
            )
            parts = [reading, asyncio.create_task(self._watch(stage, producer))]
            try:
                company = await story.open()
                listed = with_house_list(self._program.files, company)
                self._step("the show begins")
                self._opened, scene.running = monotonic(), True
                acting = [
                    asyncio.create_task(self._flow(send)),
                    asyncio.create_task(story.run(self._program.files, listed)),
                ]
                parts += acting
                ending = asyncio.create_task(self._until_end(story))
                await asyncio.wait([*parts, ending], return_when=asyncio.FIRST_COMPLETED)
                await _cancelled(ending)
                for part in parts:
                    if part.done():
                        part.result()  # only an error ends a part by itself
                for part in acting:
                    await _cancelled(part)
                await self._drain(stage, producer)
            finally:
                for part in parts:
                    await _cancelled(part)

    async def _flow(self, send: Send) -> None:
        """Send traffic at the rate asked for."""
        began, sent = monotonic(), 0
        while True:
            due = int((monotonic() - began) * self._program.rate)
            while sent < due:
                await send(self._traffic.next(datetime.now(UTC)))
                sent += 1
            await asyncio.sleep(TICK_SECONDS)

    async def _watch(self, stage: Stage, producer: TrafficProducer) -> None:
        """Keep the scene's figures, and end the show where a process has ended."""
        past: list[tuple[float, int]] = []
        while True:
            stage.check()
            self.scene.counts = await stage.counts()
            self.scene.events = producer.sent
            if stage.broker.memory_bytes() > MEMORY_MOST_BYTES:
                self.scene.ended_because = (
                    "the embedded broker keeps everything in memory and has "
                    f"{MEMORY_MOST_BYTES >> 30} GiB by now; start again for more"
                )
                self._stop.set()
            now = monotonic()
            past = [p for p in past if now - p[0] <= RATE_WINDOW_SECONDS] + [(now, producer.sent)]
            passed = now - past[0][0]
            self.scene.rate = (producer.sent - past[0][1]) / passed if passed else 0.0
            await asyncio.sleep(SCRAPE_SECONDS)

    async def _until_end(self, story: Story) -> None:
        """Return when asked to stop, or when the time is over and the first round is told."""
        if self._program.seconds is None:
            await self._stop.wait()
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), self._program.seconds)
        told = asyncio.create_task(story.first_round_done.wait())
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait(
            [told, stopped], timeout=GRACE_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        await _cancelled(told)
        await _cancelled(stopped)

    async def _drain(self, stage: Stage, producer: TrafficProducer) -> None:
        """Let the last decisions arrive, so that the summary adds up."""
        self._step("the last decisions arrive")
        await producer.flush()
        deadline = monotonic() + DRAIN_SECONDS
        while monotonic() < deadline:
            stage.check()
            self.scene.events = producer.sent
            self.scene.counts = await stage.counts()
            scene = self.scene
            accounted = scene.applied + scene.duplicates + self._tally.dead_letters
            if not self._tally.undecided and accounted >= scene.events:
                return
            await asyncio.sleep(TICK_SECONDS)

    async def _refresh(self) -> None:
        while True:
            if self._opened:
                self.scene.seconds = monotonic() - self._opened
            self._view.refresh()
            await asyncio.sleep(REFRESH_SECONDS)

    async def _unless_stopped(self, work: Coroutine[Any, Any, object]) -> bool:
        """Await the work; give it up, and return False, where a signal comes before its end."""
        working = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                return False
            working.result()
            return True
        finally:
            await _cancelled(working)
            await _cancelled(stopping)

    def _step(self, text: str) -> None:
        self.scene.steps.append(text)
        self._view.step(text)


async def _cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it is gone; its error, if any, is told elsewhere."""
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
