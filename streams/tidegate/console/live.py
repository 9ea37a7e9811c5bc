"""Tell all viewers of what changed, at once and cheaply: one text for all of them.

What the projector writes is gathered for a moment and told in one event. The last events are kept,
so that a viewer who was away for a while gets what came meanwhile; one who was away for longer, or
comes from another run of the console, is told to look anew.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tidegate.console.projector.batch import HoldChange, Written
from tidegate.events.values import instant_text

GATHER_SECONDS = 0.25
BEAT_SECONDS = 5.0
KEPT_EVENTS = 1200
"""Five minutes of the busiest stream."""
NAMED = 20
"""Shipments and licenses that an event names at most; it says how many more there are."""
LONGEST_SECONDS = 600.0
"""A stream ends then and the browser opens it anew: whoever may no longer read is let go."""


class Hub:
    """The events that viewers have seen or shall see; they are numbered by this run of the console.

    Args:
        stale: Says why what is shown may be old; None: it is current.
        now: The clock.
    """

    def __init__(
        self,
        stale: Callable[[], str | None] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._stale = stale
        self._now = now
        self._run = f"{int(now().timestamp() * 1000):x}"
        self._number = 0
        self._events: deque[tuple[int, str]] = deque(maxlen=KEPT_EVENTS)
        self._gathered: list[Written] = []
        self._news = asyncio.Event()
        self._gathering: asyncio.Task[None] | None = None
        self._closed = False
        self.viewers = 0
        """Streams that are open."""

    async def start(self) -> None:
        """Nothing needs to be started; it works as it is told."""

    async def stop(self) -> None:
        """End all streams. Idempotent."""
        self._closed = True
        self._wake()
        gathering, self._gathering = self._gathering, None
        if gathering is not None:
            gathering.cancel()
            with suppress(asyncio.CancelledError):
                await gathering

    def problem(self) -> str | None:
        """It has none of its own."""
        return None

    def told(self, written: Written) -> None:
        """Take what a committed batch has changed; called in the event loop."""
        self._gathered.append(written)
        if self._gathering is None and not self._closed:
            self._gathering = asyncio.create_task(self._tell_soon())

    async def stream(self, last_event_id: str | None = None) -> AsyncGenerator[str, None]:
        """Yield Server-Sent Events for one viewer (HTML standard, section 9.2).

        `change` tells what has changed, `beat` that the stream lives and whether what is shown is
        current. The viewer's first `change` after a break that is not known here says `anew`.
        """
        self.viewers += 1
        try:
            ends = asyncio.get_running_loop().time() + LONGEST_SECONDS
            known = self._place(last_event_id)
            # From here on nothing is missed, however late the first text is taken.
            seen = self._number if known is None else known
            yield f"retry: 2000\n{self._beat()}"
            if last_event_id and known is None:
                yield self._written(seen, {"at": instant_text(self._now()), "anew": True})
            while not self._closed and asyncio.get_running_loop().time() < ends:
                news = self._news
                if self._events and seen < self._events[0][0] - 1:
                    # Slower than the stream for so long that what came next is no longer kept.
                    seen = self._number
                    yield self._written(seen, {"at": instant_text(self._now()), "anew": True})
                fresh = [(number, text) for number, text in self._events if number > seen]
                if fresh:
                    seen = fresh[-1][0]
                    yield "".join(text for _, text in fresh)
                    continue
                try:
                    async with asyncio.timeout(BEAT_SECONDS):
                        await news.wait()
                except TimeoutError:
                    yield self._beat()
        finally:
            self.viewers -= 1

    def _place(self, last_event_id: str | None) -> int | None:
        """Return the number of the last event that a viewer has seen; None: not of this run."""
        run, _, number = (last_event_id or "").partition("-")
        if run != self._run or not number.isascii() or not number.isdigit():
            return None
        return min(int(number[:18]), self._number)

    async def _tell_soon(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        gathered, self._gathered, self._gathering = self._gathered, [], None
        self._number += 1
        text = self._written(self._number, _change(gathered, self._now()))
        self._events.append((self._number, text))
        self._wake()

    def _wake(self) -> None:
        # Whoever waits holds the old one; each waits for a new one the next time.
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _written(self, number: int, data: dict[str, Any]) -> str:
        return f"id: {self._run}-{number}\nevent: change\ndata: {json.dumps(data)}\n\n"

    def _beat(self) -> str:
        data = {"at": instant_text(self._now()), "stale": self._stale()}
        return f"event: beat\ndata: {json.dumps(data)}\n\n"


def _change(gathered: list[Written], now: datetime) -> dict[str, Any]:
    holds: dict[str, HoldChange] = {}
    for written in gathered:
        for change in written.holds:
            holds.pop(change.shipment_id, None)
            holds[change.shipment_id] = change
    shipments = sorted({id_ for written in gathered for id_ in written.shipments})
    licenses = sorted({id_ for written in gathered for id_ in written.licenses})
    newest = list(holds.values())[-NAMED:]
    return {
        "at": instant_text(now),
        "decisions": sum(written.decisions for written in gathered),
        "topics": sorted({topic for written in gathered for topic in written.topics}),
        "holds": [{**asdict(one), "as_of": instant_text(one.as_of)} for one in reversed(newest)],
        "more_holds": len(holds) - len(newest),
        "shipments": shipments[:NAMED],
        "more_shipments": max(0, len(shipments) - NAMED),
        "licenses": licenses[:NAMED],
        "more_licenses": max(0, len(licenses) - NAMED),
    }
