"""Measures, lists, and a name set beside the lists."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from tidegate.console import law
from tidegate.console.api.parameters import WORD, Id, Law, instant
from tidegate.console.identity.audit import write_read
from tidegate.console.identity.guard import Reader
from tidegate.console.parts import console_of
from tidegate.console.problems import Invalid, NotFound
from tidegate.console.tables import Published
from tidegate.events.countries import COUNTRIES
from tidegate.measures.screening import screen

router = APIRouter(tags=["law"])

At = Annotated[str | None, Query(max_length=40, examples=["2026-02-24T00:00:00+08:00"])]
MOST_HITS = 100


class Measures(BaseModel):
    """The tables in force at an instant."""

    version: str
    at: datetime
    measures: list[law.MeasureRow]
    alarms: list[law.AlarmRow]


class Hit(BaseModel):
    """A listed party that a name meets."""

    grade: str
    score: float
    reason: str
    country: str
    """Whether the countries agree: `agrees`, `differs`, `unknown`."""
    entry: law.EntryRow
    met: dict[str, Any]
    """The two names word by word, with weights."""


class Screening(BaseModel):
    """What a name meets. No hit is not a clearance."""

    name: str
    country: str | None
    tables_version: str
    hits: list[Hit]
    more: int
    """Further hits, less sure than these."""


@router.get("/measures")
def list_measures(request: Request, _reader: Reader, tables: Law, at: At = None) -> Measures:
    """Return every measure with its state at an instant (now), and the alarms that run then."""
    when = instant("at", at, console_of(request).now())
    return Measures(
        version=tables.version,
        at=when,
        measures=list(law.measures_at(tables, when)),
        alarms=list(law.alarms_at(tables, when)),
    )


@router.get("/measures/versions")
def list_versions(request: Request, _reader: Reader) -> list[Published]:
    """Return the last published versions, oldest first."""
    published = console_of(request).tables
    return [] if published is None else list(published.versions())


@router.get("/measures/difference")
def compare_versions(
    request: Request,
    _reader: Reader,
    old: Annotated[str, Query(max_length=100, pattern=WORD)],
    new: Annotated[str, Query(max_length=100, pattern=WORD)],
) -> dict[str, Any]:
    """Say what changed between two of the last published versions."""
    published = console_of(request).tables
    found = None if published is None else published.difference(old, new)
    if found is None:
        raise NotFound("One of these versions is not among the last published ones.")
    return found.as_json()


@router.get("/measures/{measure_id:path}")
def read_measure(
    request: Request, _reader: Reader, tables: Law, measure_id: Id, at: At = None
) -> law.MeasureRow:
    """Return one measure with its time line."""
    found = law.measure_at(tables, measure_id, instant("at", at, console_of(request).now()))
    if found is None:
        raise NotFound(f"The tables in force hold no measure {measure_id}.")
    return found


@router.get("/lists")
def list_lists(_reader: Reader, tables: Law) -> list[law.ListRow]:
    """Return the lists of named parties."""
    return list(law.lists_of(tables))


@router.get("/lists/{list_id}/entries")
def list_entries(
    request: Request,
    _reader: Reader,
    tables: Law,
    list_id: Id,
    begin: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    at: At = None,
) -> list[law.EntryRow]:
    """Return entries of a list, from the `begin`th on."""
    if list_id not in tables.lists:
        raise NotFound(f"The tables in force hold no list {list_id}.")
    when = instant("at", at, console_of(request).now())
    return list(law.entries_of(tables, list_id, when, begin, limit))


@router.get("/screening")
def screen_name(
    request: Request,
    reader: Reader,
    tables: Law,
    name: Annotated[
        str, Query(min_length=1, max_length=500, pattern=WORD, examples=["三菱造船株式会社"])
    ],
    country: Annotated[str | None, Query(pattern="^[A-Z]{2}$", examples=["JP"])] = None,
) -> Screening:
    """Set one name beside every list: what it meets, how surely, and why."""
    if not any(map(str.isalnum, name)):
        raise Invalid(
            "See `errors`.", errors=[{"field": "name", "reason": "has no letter or digit"}]
        )
    if country is not None and country not in COUNTRIES:
        reason = "not an ISO 3166-1 alpha-2 country code"
        raise Invalid("See `errors`.", errors=[{"field": "country", "reason": reason}])
    write_read(request, reader, name)
    now, found = console_of(request).now(), screen(tables.parties, name, country)
    hits = [
        Hit(
            grade=one.grade,
            score=round(one.hit.score, 4),
            reason=one.reason,
            country=one.country,
            entry=law.entry_at(one.entry, now),
            met=one.hit.plain(),
        )
        for one in found[:MOST_HITS]
    ]
    return Screening(
        name=name,
        country=country,
        tables_version=tables.version,
        hits=hits,
        more=max(0, len(found) - MOST_HITS),
    )
