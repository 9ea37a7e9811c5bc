"""The sums, how they changed, and how current all of it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy import func, select

from tidegate.console.api.parameters import Store, Word, instant
from tidegate.console.identity.guard import Reader
from tidegate.console.parts import console_of
from tidegate.console.problems import Invalid
from tidegate.console.store.overview import Overview, Series, overview, series
from tidegate.console.store.schema import gaps, unreadable
from tidegate.events.decision import Action

router = APIRouter(tags=["overview"])

MOST_POINTS = 2000
Instant = Annotated[str | None, Query(max_length=40, examples=["2026-02-24T03:00:00Z"])]


class Health(BaseModel):
    """How current the console is."""

    problem: str | None
    """What keeps it from being current; null: it is."""
    since: datetime | None
    behind_records: int | None
    """Records of the topics that are not shown yet."""
    written_at: datetime | None
    """When something new was last taken in."""
    gaps: int
    """Stretches of records that were gone before they were read."""
    unreadable: int
    """Records of Tidegate's own topics that the console could not read."""
    tables_version: str | None


@router.get("/overview")
def read_overview(request: Request, _reader: Reader, store: Store) -> Overview:
    """Return what stands still: by measure, destination, age, outcome; rate and latency."""
    return overview(store, console_of(request).now())


@router.get("/overview/series")
def read_series(
    request: Request,
    _reader: Reader,
    store: Store,
    since: Instant = None,
    until: Instant = None,
    step_minutes: Annotated[int, Query(ge=1, le=60 * 24 * 7)] = 60,
    measure: Word = None,
    action: Action = Action.HOLD,
) -> Series:
    """Return what was held at the end of each step, for one measure or for all; a day by default.

    Times are RFC 3339 with their offset.
    """
    to = instant("until", until, console_of(request).now())
    from_ = instant("since", since, to - timedelta(days=1))
    step = timedelta(minutes=step_minutes)
    if not from_ < to or (to - from_) / step > MOST_POINTS:
        reason = f"must be before `until`, by at most {MOST_POINTS} steps"
        raise Invalid("See `errors`.", errors=[{"field": "since", "reason": reason}])
    return series(store, from_, to, step, measure=measure, action=action)


@router.get("/health")
def read_health(request: Request, _reader: Reader, store: Store) -> Health:
    """Say how current what the console shows is."""
    console = console_of(request)
    projector = None if console.projector is None else console.projector.health
    published = None if console.tables is None else console.tables.published
    counts = [
        store.execute(select(func.count()).select_from(one)).scalar_one()
        for one in (gaps, unreadable)
    ]
    return Health(
        problem=None if projector is None else projector.problem,
        since=None if projector is None else projector.since,
        behind_records=None if projector is None else projector.behind_records,
        written_at=None if projector is None else projector.written_at,
        gaps=counts[0],
        unreadable=counts[1],
        tables_version=None if published is None else published.version,
    )
