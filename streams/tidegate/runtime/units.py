"""Keep the sessions of one worker: open, pause and close them as the group assigns units."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, time

from aiokafka.errors import KafkaError

from tidegate.runtime.clock import BrokerTime
from tidegate.runtime.exits import Exit
from tidegate.runtime.intake import Batch
from tidegate.runtime.meter import Meter
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.session import Session
from tidegate.runtime.spec import AgentSpec, RuntimeConfig, Unit
from tidegate.runtime.watchdog import Standing

log = logging.getLogger(__name__)

Place = tuple[str, int]
"""A logical topic and a partition."""

SeekPlaces = Callable[[dict[Place, int], int], Awaitable[bool]]
"""Seek places under a number, in the consumer's own thread; False: they are not assigned now."""

ShowPlaces = Callable[[dict[Place, int]], Awaitable[None]]
"""Commit positions as the group's offsets, for lag tools to show. Nobody reads them back."""

_PAUSE_SECONDS = 5.0  # below the session timeout: no heartbeat is sent while pausing
_CLOSE_SECONDS = 10.0
_REFUSED_SECONDS = 10.0  # what Kafka refused is told for so long; a unit asks again sooner
_ANSWER_SECONDS = 5.0  # for all that is asked about lag; a broker that takes longer is away


@dataclass(frozen=True, slots=True)
class Status:
    """What a worker says about itself."""

    assigned: bool
    """The group has given this worker its units, be it none."""
    units: tuple[str, ...]
    running: int
    """How many units are open and take records."""
    progress_seconds: float
    """Since any unit last got something done."""
    lag_records: int
    problems: tuple[str, ...]
    """Agents without partitions, and why; what Kafka refuses; a broker that does not answer."""

    @property
    def ready(self) -> bool:
        return self.assigned and not self.problems and self.running == len(self.units)


class Units:
    """All sessions of one worker."""

    def __init__(self, config: RuntimeConfig, specs: Sequence[AgentSpec], meter: Meter) -> None:
        self.config = config
        self.meter = meter
        self.offsets = Offsets(config)
        self.broker_time = BrokerTime(config.clock_ahead)
        self.stopping = asyncio.Event()
        self.exit_code = Exit.DONE
        self.seek_places: SeekPlaces | None = None
        """Set by the transport once the consumer is there."""
        self.show_places: ShowPlaces | None = None
        """Likewise."""
        self.welcome = asyncio.Event()
        """Set when partitions may have become welcome that were not."""
        self._specs = {spec.name: spec for spec in specs}
        self._agent_of = {topic: spec.name for spec in specs for topic in spec.inputs}
        self._sessions: dict[Unit, Session] = {}
        self._seeks = 0
        self._progress = monotonic()
        self._standing = Standing()
        self._assigned = False
        self._lag: dict[Unit, int] = {}
        self._problems: tuple[str, ...] = ()
        self._away: str | None = None
        """Why the broker did not answer when it was asked last."""
        self._stalled: dict[Place, int] = {}
        """Where a place stood, with records to fetch, when the lag was measured last."""
        self._closing: set[asyncio.Task[None]] = set()
        self._shown: dict[Place, int] = {}
        """What the group's offsets were made to be, by this worker."""

    @property
    def specs(self) -> Iterable[AgentSpec]:
        return self._specs.values()

    # What the transport calls.

    async def pause(self) -> None:
        """Let running transactions end before the group hands units to others."""
        self._assigned = False
        waiting = [asyncio.ensure_future(s.pause()) for s in self._sessions.values()]
        if waiting:
            _, pending = await asyncio.wait(waiting, timeout=_PAUSE_SECONDS)
            for task in pending:
                # Whoever opens the unit fences that transaction.
                task.cancel()

    def assign(self, places: set[Place]) -> None:
        """Open what is new, go on with what was kept, close the rest; returns at once."""
        wanted = {
            Unit(spec.name, partition)
            for spec in self.specs
            for partition in {p for topic, p in places if topic == spec.inputs[0]}
            if all((topic, partition) in places for topic in spec.inputs)
        }
        for unit in set(self._sessions) - wanted:
            task = asyncio.create_task(self._sessions.pop(unit).close(_CLOSE_SECONDS))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
            self._lag.pop(unit, None)
            self._shown = {place: at for place, at in self._shown.items() if place in places}
        for unit in sorted(wanted, key=str):
            session = self._sessions.get(unit)
            if session is not None:
                session.resume()
            else:
                session = self._sessions[unit] = Session(self, unit, self._specs[unit.agent])
                session.start()
        self._assigned = True
        log.info("units: %s", ", ".join(sorted(map(str, wanted))) or "none")

    def offer(self, batch: Batch) -> None:
        """Hand a fetched batch to its session, if that is still here."""
        session = self._sessions.get(Unit(self._agent_of[batch.topic], batch.partition))
        if session is not None:
            session.offer(batch)

    def wanted(self) -> set[Place]:
        """Return the places whose sessions have room."""
        return {
            (topic, unit.partition)
            for unit, session in self._sessions.items()
            for topic in session.spec.inputs
            if session.wanted(topic)
        }

    async def close(self) -> None:
        """End all sessions after their running transactions."""
        sessions, self._sessions = self._sessions, {}
        await asyncio.gather(*(s.close(_CLOSE_SECONDS) for s in sessions.values()))
        await self._show(sessions)
        if self._closing:
            await asyncio.wait(self._closing)
        await self.offsets.stop()

    # What sessions call.

    async def seek(self, unit: Unit, positions: dict[str, int], number: int) -> bool:
        assert self.seek_places is not None
        places = {(topic, unit.partition): offset for topic, offset in positions.items()}
        if not await self.seek_places(places, number):
            return False
        self.welcome.set()
        return True

    def holds(self, unit: Unit) -> bool:
        return unit in self._sessions

    def next_seek(self) -> int:
        self._seeks += 1
        return self._seeks

    def progressed(self) -> None:
        self._progress = monotonic()
        self.welcome.set()

    def fail(self, code: Exit, reason: str) -> None:
        log.critical("the worker ends: %s", reason)
        if self.exit_code is Exit.DONE:
            self.exit_code = code
        self.stopping.set()

    # What the worker's surroundings call.

    def wake(self) -> None:
        """Let every session look again, for instance since a table version was built."""
        for session in self._sessions.values():
            session.wake()

    def status(self) -> Status:
        return Status(
            assigned=self._assigned,
            units=tuple(sorted(map(str, self._sessions))),
            running=sum(session.running for session in self._sessions.values()),
            progress_seconds=monotonic() - self._progress,
            lag_records=sum(self._lag.values()),
            problems=(*self._problems, *self._refusals(), *([self._away] if self._away else [])),
        )

    def _refusals(self) -> list[str]:
        since = monotonic() - _REFUSED_SECONDS
        told = [s.refused for s in self._sessions.values() if s.refused is not None]
        return [text for at, text in told if at > since]

    def stuck(self, seconds: float) -> list[str]:
        """Return the units that have had work and no progress for `seconds`."""
        sessions = list(self._sessions.items())
        progress = {
            unit: session.progress
            for unit, session in sessions
            if session.busy or self._lag.get(unit, 0) > 0
        }
        return [str(unit) for unit in self._standing.longer_than(seconds, progress, monotonic())]

    async def watch_lag(self) -> None:
        """Measure the lag, show it, and find missing topics, now and then, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await self._measure()
                self._away = None
            except (KafkaError, OSError) as error:
                log.warning("lag could not be measured: %r", error)
                self._away = f"the broker does not answer: {type(error).__name__}"
            except Exception:
                # Whatever it was: without the lag the watchdog would see nothing any more.
                log.exception("lag could not be measured")
            await asyncio.sleep(self.config.lag_interval)

    async def _measure(self) -> None:
        self._problems = tuple(await self._find_problems())
        places = [(t, unit.partition) for unit, s in self._sessions.items() for t in s.spec.inputs]
        ends = await self.offsets.ends(places) if places else {}
        for unit, session in self._sessions.items():
            lanes = session.intake.lanes
            behind = sum(
                max(0, ends.get((topic, unit.partition), 0) - lane.position)
                for topic, lane in lanes.items()
            )
            held = any(lane.waiting for lane in lanes.values()) and not session.busy
            # What waits for a table is late, but no fault that a restart would mend.
            self._lag[unit] = 0 if held else behind
            self._find_lost(unit, session, ends)
            record = min((r.timestamp_ms for x in lanes.values() if (r := x.peek())), default=None)
            seconds = 0.0 if record is None else max(0.0, time() - record / 1000)
            self.meter.lag(unit, behind, seconds)
        await self._show(self._sessions)

    async def _show(self, sessions: Mapping[Unit, Session]) -> None:
        """Let the group's offsets follow the positions, beside all transactions."""
        moved = {
            (topic, unit.partition): position
            for unit, session in sessions.items()
            for topic, position in session.positions.items()
            if self._shown.get((topic, unit.partition)) != position
        }
        if moved and self.show_places is not None:
            await self.show_places(moved)
            self._shown |= moved

    def _find_lost(self, unit: Unit, session: Session, ends: Mapping[Place, int]) -> None:
        """Seek again where committed records wait at the broker and nothing of them comes.

        A batch lost on its way shows as a gap only once another one follows.
        """
        for topic, lane in session.intake.lanes.items():
            place = topic, unit.partition
            idle = session.wanted(topic) and not lane.waiting and ends.get(place, 0) > lane.end
            if idle and self._stalled.get(place) == lane.end:
                log.warning("%s: nothing comes of %s from %d on", unit, topic, lane.end)
                session.seek_again()
            self._stalled[place] = lane.end if idle else -1

    async def _find_problems(self) -> list[str]:
        problems = []
        for spec in self.specs:
            counts = await self.offsets.partitions(spec.topics)
            missing = sorted(spec.topics - counts.keys())
            owned = {topic: counts.get(topic) for topic in (*spec.inputs, spec.changelog)}
            if missing:
                problems.append(f"{spec.name}: no topic, or no right to it: {', '.join(missing)}")
            elif len(set(owned.values())) > 1:
                sizes = ", ".join(f"{topic} {count}" for topic, count in owned.items())
                problems.append(f"{spec.name}: partition counts differ: {sizes}")
        if problems and tuple(problems) != self._problems:
            log.error("agents without partitions: %s", "; ".join(problems))
        return problems
