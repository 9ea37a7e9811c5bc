"""What is made to happen, in order, and how long it took until the last decision followed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from tidegate.agents.table_publisher import Published
from tidegate.cli.demo import overlay
from tidegate.cli.demo.tally import Tally
from tidegate.cli.traffic.message import Message
from tidegate.cli.traffic.traffic import Reliance, Traffic
from tidegate.events.decision import Action

RELYING_ON_LICENSE = 14
RELYING_ON_PARTY = 12
PATIENCE_SECONDS = 20.0
POLL_SECONDS = 0.02
FIRST_PAUSE_SECONDS = 2.0
SHORT_PAUSE_SECONDS = 3.0  # between the beats of the first round
LONG_PAUSE_SECONDS = 12.0  # between those of later rounds


@dataclass(slots=True)
class Beat:
    """One thing that was made to happen. `seconds` is None until its last decision followed."""

    kind: str
    at_seconds: float
    """Since the show began."""
    cause: str
    effect: str = ""
    shipments: int = 0
    open_shipments: int = 0
    tables_version: str | None = None
    seconds: float | None = None
    failed: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it for the summary."""
        return {
            "kind": self.kind,
            "at_seconds": round(self.at_seconds, 1),
            "cause": self.cause,
            "effect": self.effect,
            "shipments": self.shipments,
            "open_shipments": self.open_shipments,
            "tables_version": self.tables_version,
            "seconds": None if self.seconds is None else round(self.seconds, 3),
        }


class Story:
    """Suspends a license, publishes tables, takes both back, and begins again.

    Args:
        traffic: Makes the shipments that the story is about.
        tally: Where it is seen that the decisions have followed.
        send: Sends a message.
        publish: Publishes packs.
        counts: Returns the workers' counters.
        partitions: How many partitions have to decide their open book again.
        told: Told of each beat when it begins and when it ends.
    """

    def __init__(
        self,
        traffic: Traffic,
        tally: Tally,
        send: Callable[[Message], Awaitable[None]],
        publish: Callable[[Mapping[str, bytes]], Awaitable[Published]],
        counts: Callable[[], Awaitable[Counter[tuple[str, str]]]],
        partitions: int,
        told: Callable[[Beat], None],
    ) -> None:
        self._traffic = traffic
        self._tally = tally
        self._send = send
        self._publish = publish
        self._counts = counts
        self._partitions = partitions
        self._told = told
        self._began = monotonic()
        self._license: Reliance | None = None
        self._party: Reliance | None = None
        self.beats: list[Beat] = []
        self.first_round_done = asyncio.Event()
        """A license was suspended and tables were published, and the decisions followed."""

    async def open(self) -> str:
        """Open the shipments that the story is about, and return the company it will list."""
        now = datetime.now(UTC)
        self._license = self._traffic.relying_on_license(now, RELYING_ON_LICENSE)
        self._party = self._traffic.relying_on_party(now, RELYING_ON_PARTY)
        for message in (*self._license.messages, *self._party.messages):
            await self._send(message)
        return self._party.on

    async def run(self, base: Mapping[str, bytes], listed: Mapping[str, bytes]) -> None:
        """Tell the story over and over, until cancelled.

        Args:
            base: The packs as they are.
            listed: The packs with the company on a house list.
        """
        assert self._license is not None, "open() comes first"
        await self._until(self._all_settled)
        await asyncio.sleep(FIRST_PAUSE_SECONDS)
        pause = SHORT_PAUSE_SECONDS
        while True:
            await self._set_license("suspended", "example: under investigation", Action.HOLD)
            await asyncio.sleep(pause)
            await self._set_tables(listed, Action.HOLD)
            self.first_round_done.set()
            await asyncio.sleep(pause)
            await self._set_license("active", "example: investigation closed", Action.PASS)
            await asyncio.sleep(pause)
            await self._set_tables(base, Action.PASS)
            pause = LONG_PAUSE_SECONDS
            await asyncio.sleep(pause)

    async def _set_license(self, status: str, reason: str, follows: Action) -> None:
        assert self._license is not None
        number, ids = self._license.on, self._license.shipment_ids
        held = follows is Action.HOLD
        beat = self._begin(
            "license_suspended" if held else "license_reinstated",
            f"License {number} {'suspended' if held else 'active again'}",
            len(ids),
        )
        began = monotonic()
        await self._send(self._traffic.license_set(number, status, reason, datetime.now(UTC)))
        if await self._until(lambda: self._tally.all_are(ids, follows)):
            beat.seconds = monotonic() - began
            beat.effect = f"its {len(ids)} shipments {'held again' if held else 'move again'}"
        self._end(beat)

    async def _set_tables(self, files: Mapping[str, bytes], follows: Action) -> None:
        assert self._party is not None
        company, ids = self._party.on, self._party.shipment_ids
        held = follows is Action.HOLD
        what = f"{company} listed" if held else f"{company} off the list"
        beat = self._begin(
            "tables_published" if held else "tables_taken_back", f"New tables: {what}", len(ids)
        )
        walked_before = await self._walked()
        began = monotonic()
        published = await self._publish(files)
        beat.tables_version = published.version
        # Counted from the instant that the publication carries, not from when it was done.
        began = max(began, monotonic() - _age_seconds(published.published_at))
        measure = overlay.MEASURE if held else None
        if await self._until(lambda: self._tally.all_are(ids, follows, measure)):
            beat.seconds = monotonic() - began
            beat.open_shipments = self._tally.open_shipments
            change = "held" if held else "free again"
            beat.effect = f"{len(ids)} of {beat.open_shipments} open {change}"
            if await self._book_walked(walked_before):
                beat.effect += ", all decided again"
        self._end(beat)

    async def _book_walked(self, before: int) -> bool:
        """Wait until every partition has told that it went through its open shipments."""
        deadline = monotonic() + PATIENCE_SECONDS
        while await self._walked() < before + self._partitions:
            if monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS * 10)
        return True

    async def _walked(self) -> int:
        return (await self._counts())["tables_propagation_seconds_count", ""]

    def _all_settled(self) -> bool:
        assert self._license is not None
        assert self._party is not None
        ids = (*self._license.shipment_ids, *self._party.shipment_ids)
        return self._tally.all_are(ids, Action.PASS)

    def _begin(self, kind: str, cause: str, shipments: int) -> Beat:
        beat = Beat(kind, monotonic() - self._began, cause, shipments=shipments)
        self.beats.append(beat)
        self._told(beat)
        return beat

    def _end(self, beat: Beat) -> None:
        if beat.seconds is None:
            beat.failed = True
            beat.effect = f"not all decided within {PATIENCE_SECONDS:.0f} s"
        self._told(beat)

    async def _until(self, true: Callable[[], bool]) -> bool:
        deadline = monotonic() + PATIENCE_SECONDS
        while not true():
            if monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True


def _age_seconds(instant: datetime) -> float:
    return (datetime.now(UTC) - instant).total_seconds()
