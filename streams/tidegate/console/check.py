"""Answer at once, for a shipment that nobody has booked: the workers' engine on today's tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.agents.offline import Offline
from tidegate.events.codec import LICENSE_TYPE, SHIPMENT_TYPE, canonical, decode, encode, parse_json
from tidegate.events.decision import Decision
from tidegate.events.errors import InvalidEvent
from tidegate.events.license import License
from tidegate.measures.tables import Tables

EVENTS = 50
"""Events that one question may hold."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision on each shipment asked for, and what it takes for granted."""

    decisions: tuple[Decision, ...]
    tables_version: str
    as_of: datetime
    assumed: tuple[str, ...]
    """What the workers know and this answer does not."""


def events_of(body: bytes) -> list[bytes]:
    """Return the events of a question: one, or an array of them.

    Raises:
        InvalidEvent: it is neither, or holds too many.
    """
    parsed = parse_json(body)
    if isinstance(parsed, dict):
        return [body]
    if not isinstance(parsed, list) or not all(isinstance(one, dict) for one in parsed):
        raise InvalidEvent("", "send one CloudEvent, or an array of them")
    if not 1 <= len(parsed) <= EVENTS:
        raise InvalidEvent("", f"send 1 to {EVENTS} events, not {len(parsed)}")
    return [canonical(one) for one in parsed]


def cited_licenses(events: Iterable[bytes]) -> set[str]:
    """Return the licenses that shipments among these events cite, and no event gives."""
    cited: set[str] = set()
    given: set[str] = set()
    for event in events:
        data = decode(event)
        if data.type == LICENSE_TYPE:
            given.add(str(data.data.get("license_id")))
        elif data.type == SHIPMENT_TYPE:
            for item in data.data.get("items") or ():
                if isinstance(item, dict) and isinstance(item.get("licenses"), list):
                    cited |= {str(number) for number in item["licenses"]}
    return cited - given


def check(
    tables: Tables, events: Sequence[bytes], licenses: Sequence[License], as_of: datetime
) -> Answer:
    """Decide the shipments among `events` at `as_of`; blocking, tens of milliseconds.

    Args:
        tables: Those in force.
        events: CloudEvents, taken in order, each at its own time where it states one.
        licenses: What is on file of those that the events cite.
        as_of: The instant; aware.

    Raises:
        InvalidEvent: an event cannot be read, or the agents refuse it.
    """
    offline = Offline(tables)
    times = [event.time or as_of for event in map(decode, events)]
    first = min([*times, as_of])
    for number, license_ in enumerate(licenses):
        value = encode(
            LICENSE_TYPE,
            license_,
            id_=f"on-file-{number}",
            source="/tidegate/console",
            subject=license_.license_id,
            time=first,
        )
        offline.apply(value, at=first)
    for event, time in zip(events, times, strict=True):
        offline.apply(event, at=min(time, as_of))
    offline.advance(as_of)
    assumed = [
        f"nothing else draws on {license_.license_id}: its owner counts its balance"
        for license_ in licenses
    ]
    return Answer(tuple(offline.current()), tables.version, as_of, tuple(assumed))
