"""End a worker that is stuck, from a thread that an event loop at a standstill can't hold up."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from time import monotonic

from tidegate.runtime.exits import Exit
from tidegate.runtime.spec import Unit

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0


class Standing:
    """Which units stand still: they have had work for so long, and got nowhere.

    Rest does not count: work that comes after an idle hour is not an hour old.
    """

    def __init__(self) -> None:
        self._since: dict[Unit, float] = {}

    def longer_than(self, seconds: float, progress: Mapping[Unit, float], now: float) -> list[Unit]:
        """Return the units that have stood for longer.

        Args:
            seconds: How long is too long.
            progress: When each unit that has work now got on last.
            now: By the same clock.
        """
        self._since = {unit: self._since.get(unit, now) for unit in progress}
        return [
            unit for unit, last in progress.items() if now - max(last, self._since[unit]) > seconds
        ]


class Watchdog:
    """Looks for units with work and no progress, and for an event loop that does not turn."""

    def __init__(
        self,
        stuck: Callable[[float], list[str]],
        seconds: float,
        end: Callable[[int], None] = os._exit,
    ) -> None:
        self._stuck = stuck
        self._seconds = seconds
        self._end = end
        self._turned = monotonic()
        self._over = threading.Event()
        self._last: threading.Timer | None = None
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()

    def end_within(self, seconds: float, code: int) -> None:
        """End the process with `code` where it has not ended in order within `seconds`.

        Kafka's client may wait for ever for a broker that is away. What is cut off has not been
        committed, and is done again after the next start.
        """
        self.stop()
        self._last = threading.Timer(seconds, self._cut_off, (seconds, code))
        self._last.daemon = True
        self._last.start()

    def ended(self) -> None:
        """Note that it has ended in order."""
        if self._last is not None:
            self._last.cancel()

    async def turn(self) -> None:
        """Show that the loop turns, until cancelled."""
        while True:
            self._turned = monotonic()
            await asyncio.sleep(_LOOK_SECONDS)

    def _watch(self) -> None:
        looked = monotonic()
        while not self._over.wait(min(_LOOK_SECONDS, self._seconds / 4)):
            now = monotonic()
            if now - looked > self._seconds / 2:
                # We were stopped ourselves (a paused machine): all others get their time again.
                self._turned = now
            looked = now
            if now - self._turned > self._seconds:
                self._bark("the event loop stands still")
                return
            try:
                units = self._stuck(self._seconds)
            except RuntimeError:
                continue  # the table of sessions changed while it was read
            if units:
                self._bark(f"work but no progress: {', '.join(units)}")
                return

    def _cut_off(self, seconds: float, code: int) -> None:
        log.warning("not stopped in order within %s s: ended as it is", seconds)
        self._end(code)

    def _bark(self, reason: str) -> None:
        log.critical("watchdog: %s for %s s", reason, self._seconds)
        faulthandler.dump_traceback(file=sys.__stderr__ or 2)
        self._end(Exit.STUCK)
