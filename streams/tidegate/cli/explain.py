"""`tidegate explain`: the story of a shipment, from what the topics hold of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from tidegate.cli.decision_text import decision_lines
from tidegate.cli.terminal import bad, note, say, say_json, told_errors

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

    from tidegate.events.codec import Envelope
    from tidegate.runtime.spec import RuntimeConfig


class Chapter(NamedTuple):
    """One record that is about the shipment, or about a license that it cites."""

    at: datetime
    """When the record was written."""
    place: int
    """Of records of one instant: inputs before decisions, decisions before alerts."""
    event: Envelope
    record: str
    """Topic, partition and offset."""


def explain(
    shipment_id: Annotated[str, typer.Argument(help="The shipment.")],
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell the story of a shipment: events, licenses, dispositions, each decision, and alerts.

    Read from the topics, so it goes back as far as they are kept. A decision is shown with its
    reasons; what it was decided from is named in its inputs (`--json` has all of it).
    """
    from tidegate.agents.deployment import runtime_config
    from tidegate.ops.settings import load_settings

    with told_errors():
        config = runtime_config(load_settings())
        note(f"reading what the topics hold of {shipment_id}")
        story = asyncio.run(_story(config, shipment_id))
    if not story:
        bad(f"no topic holds anything of a shipment {shipment_id!r}")
    if json_:
        say_json([_plain(chapter) for chapter in story])
        return
    for chapter in story:
        for line in _lines(chapter):
            say(line)
    decided = [chapter for chapter in story if chapter.event.type == "trade.decision.v1"]
    note(f"{len(story)} records, {len(decided)} decisions")


async def _story(config: RuntimeConfig, shipment_id: str) -> list[Chapter]:
    from tidegate.agents import topics

    story: list[Chapter] = []
    for place, topic in enumerate(
        (topics.SHIPMENTS, topics.DISPOSITIONS, topics.DECISIONS, topics.ALERTS)
    ):
        story += await _of(config, topic, shipment_id, place)
    for license_id in _cited(story):
        story += await _of(config, topics.LICENSES, license_id, 0)
    return sorted(story, key=lambda chapter: (chapter.at, chapter.place))


async def _of(config: RuntimeConfig, topic: str, key: str, place: int) -> list[Chapter]:
    """Return what a topic holds under a key; what cannot be read is among the dead letters."""
    from tidegate.cli.topic_reader import read_to_end
    from tidegate.events.codec import decode
    from tidegate.events.errors import InvalidEvent

    found: list[Chapter] = []
    async for record in read_to_end(config, topic, key.encode()):
        try:
            event = decode(record.value, tuple(record.headers), max_bytes=1 << 30)
        except InvalidEvent:
            continue
        found.append(Chapter(_written(record), place, event, _where(record)))
    return found


def _cited(story: list[Chapter]) -> list[str]:
    items = [
        item
        for chapter in story
        if chapter.event.type == "trade.shipment.v1"
        for item in chapter.event.data.get("items", ())
        if isinstance(item, dict)
    ]
    return sorted({str(number) for item in items for number in item.get("licenses") or ()})


def _plain(chapter: Chapter) -> dict[str, Any]:
    event = chapter.event
    return {
        "at": chapter.at.isoformat(timespec="milliseconds"),
        "type": event.type,
        "id": event.id,
        "record": chapter.record,
        "data": event.data,
    }


def _lines(chapter: Chapter) -> Iterator[str]:
    from tidegate.events.decision import Decision

    data, at = chapter.event.data, chapter.at.isoformat(sep=" ", timespec="milliseconds")
    match chapter.event.type:
        case "trade.shipment.v1":
            way = f"{data.get('export_country') or '?'} to {data.get('destination_country') or '?'}"
            yield f"{at}  EVENT revision {data.get('revision')}, {data.get('status')}, {way}"
        case "trade.license.v1":
            number, revision = data.get("license_id"), data.get("revision")
            yield f"{at}  LICENSE {number} revision {revision}: {data.get('status')}"
        case "trade.disposition.v1":
            who = " and ".join(str(data[n]) for n in ("by", "seconded_by") if data.get(n))
            yield f"{at}  DISPOSITION {data.get('kind')} by {who}: {data.get('reason')}"
        case "trade.alert.v1":
            yield f"{at}  ALERT {data.get('kind')}: {data.get('title')}"
        case _:
            decision = Decision.model_validate(data)
            yield f"{at}  DECISION under tables {decision.tables_version[:12]}"
            for line in decision_lines(decision):
                yield f"    {line}"


def _written(record: ConsumerRecord[bytes, bytes]) -> datetime:
    from tidegate.measures.validity import from_ms

    return from_ms(record.timestamp)


def _where(record: ConsumerRecord[bytes, bytes]) -> str:
    return f"{record.topic}-{record.partition}@{record.offset}"
