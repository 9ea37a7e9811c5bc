"""What the restriction tables in force say, as values to show: measures, lists, alarms.

Nothing is decided here: whether a measure concerns a shipment is the engine's to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from tidegate.events.decision import Outcome
from tidegate.measures.measure import Unless
from tidegate.measures.tables import ListedParty, TableAlarm, TableMeasure, Tables
from tidegate.measures.validity import Force, Validity, from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time of one state; None: for ever, in that direction."""

    state: Force
    since: datetime | None
    until: datetime | None
    because: str | None = None
    """What a suspension rests on."""
    announced_only: bool = False
    """The suspension's end was announced, but no instrument was seen."""


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A measure at an instant."""

    id: str
    regime: str
    pack: str
    outcome: Outcome
    title: str
    titles: dict[str, str]
    """By language."""
    instrument: str
    article: str
    source_url: str | None
    evidence: str
    """`text`, or `secondary` where the law's own text was not seen."""
    verified_on: date | None
    state: Force
    time_line: tuple[Span, ...]
    """From before it began until after it ends."""
    on_unknown: str
    unless: Unless | None
    note: str | None
    advice: str | None


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list of named parties."""

    id: str
    title: str
    pack: str
    as_of: str
    source: str
    license: str
    entries: int


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One listed party at an instant."""

    list: str
    entry: str
    name: str
    names: tuple[str, ...]
    countries: tuple[str, ...]
    state: Force
    time_line: tuple[Span, ...]
    confirmed: bool
    instrument: str | None
    article: str | None
    source_url: str | None
    outcome: Outcome | None
    note: str | None


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """Something in the tables that a person must look after."""

    id: str
    measure: str
    text: str
    since: datetime
    until: datetime | None


def measures_at(tables: Tables, at: datetime) -> tuple[MeasureRow, ...]:
    """Return every measure with its state at an instant, in the tables' order."""
    return tuple(_measure(item, to_ms(at)) for item in tables.measures)


def measure_at(tables: Tables, measure_id: str, at: datetime) -> MeasureRow | None:
    """Return one measure; None where these tables have none of that id."""
    found = (item for item in tables.measures if item.measure.id == measure_id)
    return next((_measure(item, to_ms(at)) for item in found), None)


def lists_of(tables: Tables) -> tuple[ListRow, ...]:
    """Return the lists, in the tables' order."""
    return tuple(
        ListRow(x.id, x.title, x.pack, x.as_of, x.source, x.license, x.entries)
        for x in tables.lists.values()
    )


def entries_of(
    tables: Tables, list_id: str, at: datetime, begin: int = 0, limit: int = 100
) -> tuple[EntryRow, ...]:
    """Return entries of one list, from the `begin`th on, in the tables' order."""
    of_list = (party for party in tables.parties if party.list == list_id)
    return tuple(entry_at(party, at) for party in islice(of_list, begin, begin + limit))


def entry_at(party: ListedParty, at: datetime) -> EntryRow:
    """Return a listed party with its state at an instant."""
    return EntryRow(
        list=party.list,
        entry=party.entry,
        name=party.name,
        names=party.names,
        countries=party.countries,
        state=party.validity.force(to_ms(at)),
        time_line=time_line(party.validity),
        confirmed=party.confirmed,
        instrument=party.instrument,
        article=party.article,
        source_url=party.source_url,
        outcome=party.outcome,
        note=party.note,
    )


def alarms_at(tables: Tables, at: datetime) -> tuple[AlarmRow, ...]:
    """Return the alarms that run at an instant, the oldest first."""
    at_ms = to_ms(at)
    running = [a for a in tables.alarms if a.since_ms <= at_ms and _not_over(a, at_ms)]
    return tuple(
        AlarmRow(a.id, a.measure, a.text, from_ms(a.since_ms), _instant(a.until_ms))
        for a in sorted(running, key=lambda a: (a.since_ms, a.id))
    )


def time_line(validity: Validity) -> tuple[Span, ...]:
    """Return the states of a measure or entry one after the other."""
    edges = sorted(set(validity.boundaries()))
    spans: list[Span] = []
    for since, until in zip([None, *edges], [*edges, None], strict=True):
        at = since if since is not None else (until - 1 if until is not None else 0)
        pause = validity.pause(at)
        state = validity.force(at)
        because = pause.instrument or pause.basis if pause is not None else None
        spans.append(
            Span(
                state,
                _instant(since),
                _instant(until),
                because if state is Force.SUSPENDED else None,
                pause is not None and pause.announced_only,
            )
        )
    return tuple(spans)


def _measure(item: TableMeasure, at_ms: int) -> MeasureRow:
    measure = item.measure
    return MeasureRow(
        id=measure.id,
        regime=item.regime,
        pack=item.pack,
        outcome=measure.outcome,
        title=measure.title["en"],
        titles=dict(measure.title),
        instrument=measure.instrument,
        article=measure.article,
        source_url=measure.source_url,
        evidence=measure.evidence,
        verified_on=measure.verified_on,
        state=item.validity.force(at_ms),
        time_line=time_line(item.validity),
        on_unknown=str(measure.on_unknown),
        unless=measure.unless,
        note=measure.note,
        advice=measure.advice,
    )


def _not_over(alarm: TableAlarm, at_ms: int) -> bool:
    return alarm.until_ms is None or at_ms < alarm.until_ms


def _instant(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_ms(milliseconds)
