"""Measures as pages: in force at a date, their time lines, suspensions that end, what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from tidegate.console.identity.guard import Reader
from tidegate.console.pages.charts.spans import Span, Window, ruler, spans, window
from tidegate.console.pages.forms import Chosen
from tidegate.console.pages.view import page, tables_of
from tidegate.console.pages.words import zone_of
from tidegate.console.parts import console_of
from tidegate.console.problems import NotFound
from tidegate.console.store.overview import held_by_destination, held_by_measure
from tidegate.measures.measure import Measure
from tidegate.measures.tables import TableMeasure
from tidegate.measures.validity import Force, Validity, day_end_ms, from_ms, to_ms

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Row:
    """A measure at the end of a day, with its time line."""

    measure: Measure
    zone: tuple[str, str]
    force: Force
    ends: datetime | None
    """When its suspension ends, where one runs on that day and has an end."""
    chart: Markup
    held: int


@dataclass(frozen=True, slots=True)
class Ending:
    """A suspension with an end that lies ahead."""

    measure: Measure
    zone: tuple[str, str]
    end: datetime
    basis: str
    announced_only: bool


@router.get("/measures")
def measures(request: Request, person: Reader, on: Chosen[date] = None) -> HTMLResponse:
    """Show all measures as they stand at the end of a day; today where none is named."""
    console = console_of(request)
    now = console.now()
    tables = tables_of(console)
    if tables is None:
        return page(request, person, "measures.html", tables=None)
    with console.database.read() as connection:
        held = {one.key: one.shipments for one in held_by_measure(connection)}
    shown = window([at for one in tables.measures for at in _instants(one.validity)], now)
    day = on or now.date()
    rows = [
        _row(one, on, now, shown, held.get(one.measure.id, 0))
        for one in sorted(tables.measures, key=lambda one: one.measure.id)
    ]
    counts = Counter(row.force for row in rows)
    following = console.tables
    versions = following.versions() if following is not None else ()
    return page(
        request,
        person,
        "measures.html",
        tables=tables,
        versions=list(reversed(versions)),
        rows=rows,
        counts={force: counts[force] for force in Force},
        on=day.isoformat(),
        chosen=on is not None,
        ruler=ruler(shown, now),
        ending=sorted(_ending(tables.measures, now), key=lambda one: one.end),
    )


@router.get("/measures-compared")
def compared(request: Request, person: Reader, old: str, new: str) -> HTMLResponse:
    """Show what changed between two published versions that are kept.

    Raises:
        NotFound: one of them is not kept.
    """
    following = console_of(request).tables
    found = None if following is None else following.difference(old, new)
    if found is None:
        raise NotFound("One of the two versions is not kept any more.")
    return page(request, person, "compared.html", difference=found)


@router.get("/measures/{measure_id}")
def measure(request: Request, person: Reader, measure_id: str) -> HTMLResponse:
    """Show one measure.

    Raises:
        NotFound: the tables in force have none of this name.
    """
    console = console_of(request)
    now = console.now()
    tables = tables_of(console)
    known = () if tables is None else tables.measures
    found = next((one for one in known if one.measure.id == measure_id), None)
    if found is None:
        raise NotFound(
            f"The tables in force have no measure {measure_id}. Ids that begin with TG are house"
            " rules of the engine, not law."
        )
    with console.database.read() as connection:
        by_measure = {one.key: one for one in held_by_measure(connection)}
        by_destination = held_by_destination(connection, measure=measure_id)
    validity = found.validity
    shown = window(list(_instants(validity)), now)
    return page(
        request,
        person,
        "measure.html",
        measure=found.measure,
        pack=found.pack,
        zone=zone_of(measure_id),
        force=validity.force(to_ms(now)),
        start=None if validity.start_ms is None else from_ms(validity.start_ms),
        end=None if validity.end_ms is None else from_ms(validity.end_ms),
        pauses=[
            {
                "start": from_ms(pause.start_ms),
                "end": None if pause.end_ms is None else from_ms(pause.end_ms),
                "instrument": pause.instrument,
                "basis": pause.basis,
                "announced_only": pause.announced_only,
            }
            for pause in validity.pauses
        ],
        chart=_chart(found, shown, now),
        ruler=ruler(shown, now),
        conditions=_conditions(found.measure),
        held=by_measure.get(measure_id),
        by_destination=by_destination,
    )


def _row(one: TableMeasure, on: date | None, now: datetime, shown: Window, held: int) -> Row:
    zone = zone_of(one.measure.id)
    at_ms = to_ms(now) if on is None else day_end_ms(on, ZoneInfo(zone[0])) - 1
    pause = one.validity.pause(at_ms)
    ends = None if pause is None or pause.end_ms is None else from_ms(pause.end_ms)
    return Row(one.measure, zone, one.validity.force(at_ms), ends, _chart(one, shown, now), held)


def _chart(one: TableMeasure, shown: Window, now: datetime) -> Markup:
    return spans(_told(one.validity), list(_spans(one.validity, now)), shown, now)


def _spans(validity: Validity, now: datetime) -> Iterator[Span]:
    start = None if validity.start_ms is None else from_ms(validity.start_ms)
    end = None if validity.end_ms is None else from_ms(validity.end_ms)
    force = validity.force(to_ms(now))
    state = force if force in (Force.NOT_YET, Force.ENDED) else Force.IN_FORCE
    yield Span(state, start, end, f"in force {_day(start, 'always')} to {_day(end, 'open')}")
    for pause in validity.pauses:
        begins = from_ms(pause.start_ms)
        ends = None if pause.end_ms is None else from_ms(pause.end_ms)
        text = f"suspended {_day(begins, '')} to {_day(ends, 'further notice')}"
        yield Span(Force.SUSPENDED, begins, ends, text)


def _told(validity: Validity) -> str:
    start = None if validity.start_ms is None else from_ms(validity.start_ms)
    end = None if validity.end_ms is None else from_ms(validity.end_ms)
    text = f"In force from {_day(start, 'always')} to {_day(end, 'open')}"
    return text + "".join(
        f"; suspended {_day(from_ms(p.start_ms), '')} to"
        f" {_day(None if p.end_ms is None else from_ms(p.end_ms), 'further notice')}"
        for p in validity.pauses
    )


def _day(instant: datetime | None, otherwise: str) -> str:
    return otherwise if instant is None else f"{instant:%Y-%m-%d %H:%M} UTC"


def _instants(validity: Validity) -> Iterator[datetime]:
    return map(from_ms, validity.boundaries())


def _ending(measures: tuple[TableMeasure, ...], now: datetime) -> Iterator[Ending]:
    for one in measures:
        for pause in one.validity.pauses:
            if pause.end_ms is not None and from_ms(pause.end_ms) > now:
                zone = zone_of(one.measure.id)
                end = from_ms(pause.end_ms)
                yield Ending(one.measure, zone, end, pause.basis, pause.announced_only)


def _conditions(measure: Measure) -> str:
    """Write the conditions as the pack does."""
    plain: Any = measure.when.model_dump(mode="json", by_alias=True, exclude_none=True)
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=90).strip()
