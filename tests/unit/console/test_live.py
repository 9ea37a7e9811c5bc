"""Live pages: every change is told to every viewer once, after a break too."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tidegate.console import live
from tidegate.console.live import Hub
from tidegate.console.projector.batch import HoldChange, Written

VIEWERS = 200
AT = datetime(2026, 2, 24, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "GATHER_SECONDS", 0.01)
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.05)


def held(number: int) -> Written:
    change = HoldChange(f"SHP-{number}", "started", "hold", "PROHIBITED", "JP", ("M",), "t", AT)
    return Written(records=1, decisions=1, holds=[change], shipments={change.shipment_id})


def events(text: str) -> list[tuple[str | None, str, Any]]:
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            found.append((fields.get("id"), fields["event"], json.loads(fields["data"])))
    return found


async def changes(stream: AsyncIterator[str], until: int) -> list[tuple[str | None, Any]]:
    """Return change events until so many decisions were told of, or all is to be read anew."""
    found: list[tuple[str | None, Any]] = []
    decisions = 0
    async with asyncio.timeout(20):
        async for text in stream:
            for id_, event, data in events(text):
                if event == "change":
                    found.append((id_, data))
                    decisions += data.get("decisions", 0)
                    if decisions >= until or data.get("anew"):
                        return found
    raise AssertionError("the stream has ended")


async def test_two_hundred_viewers_are_told_of_each_decision_once() -> None:
    hub = Hub()
    streams = [hub.stream() for _ in range(VIEWERS)]
    for stream in streams:
        await anext(stream)
    watching = [asyncio.create_task(changes(stream, 500)) for stream in streams]
    for number in range(500):
        hub.told(held(number))
        if number % 25 == 0:
            await asyncio.sleep(0.005)
    seen = await asyncio.gather(*watching)
    assert hub.viewers == VIEWERS
    assert {sum(data["decisions"] for _, data in of_viewer) for of_viewer in seen} == {500}
    assert len({json.dumps(of_viewer) for of_viewer in seen}) == 1
    for stream in streams:
        await stream.aclose()
    assert hub.viewers == 0
    await hub.stop()


async def test_who_was_away_gets_what_came_meanwhile() -> None:
    hub = Hub()
    stream = hub.stream()
    await anext(stream)
    hub.told(held(1))
    ((last, _),) = await changes(stream, 1)
    await stream.aclose()
    for number in (2, 3):
        hub.told(held(number))
        await asyncio.sleep(0.05)
    again = await changes(hub.stream(last), 2)
    assert [data["holds"][0]["shipment_id"] for _, data in again] == ["SHP-2", "SHP-3"]
    await hub.stop()


@pytest.mark.parametrize("id_", ["another-1", "rubbish", "x-²", "-"])
async def test_who_comes_from_another_run_is_told_to_look_anew(id_: str) -> None:
    hub = Hub()
    ((_, data),) = await changes(hub.stream(id_), 1)
    assert data["anew"] is True
    await hub.stop()


async def test_who_is_slower_than_what_is_kept_is_told_to_look_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "KEPT_EVENTS", 2)
    hub = Hub()
    stream = hub.stream()
    await anext(stream)
    for number in range(5):
        hub.told(held(number))
        await asyncio.sleep(0.03)
    found = await changes(stream, 100)
    assert found[0][1]["anew"] is True
    await hub.stop()


async def test_a_beat_says_why_what_is_shown_may_be_old() -> None:
    said: list[str | None] = [None]
    hub = Hub(stale=lambda: said[0])
    stream = hub.stream()
    ((_, event, data),) = events(await anext(stream))
    assert (event, data["stale"]) == ("beat", None)
    said[0] = "Kafka cannot be read"
    ((_, event, data),) = events(await anext(stream))
    assert (event, data["stale"]) == ("beat", "Kafka cannot be read")
    await stream.aclose()
    await hub.stop()


async def test_an_event_stays_small_however_much_has_changed() -> None:
    hub = Hub()
    stream = hub.stream()
    await anext(stream)
    for number in range(5000):
        hub.told(held(number))
    ((_, data),) = await changes(stream, 5000)
    assert (len(data["holds"]), data["more_holds"]) == (live.NAMED, 5000 - live.NAMED)
    assert len(json.dumps(data)) < 10_000
    await hub.stop()
