"""The overview: what stands still, worth how much, by what, since when; and is it current."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from tidegate.console.identity.guard import Reader
from tidegate.console.pages.charts.bars import Column, columns
from tidegate.console.pages.charts.lines import Series, legend, lines
from tidegate.console.pages.forms import Chosen
from tidegate.console.pages.health import health_of
from tidegate.console.pages.view import page
from tidegate.console.pages.words import count, milliseconds, plural, short
from tidegate.console.parts import console_of
from tidegate.console.store.holds import Hold, HoldFilter, hold_page
from tidegate.console.store.latency import Latency
from tidegate.console.store.overview import (
    AgeBucket,
    Held,
    held_by_measure,
    overview,
    series,
)
from tidegate.console.store.records import alert_page
from tidegate.events.decision import Action

FEED_ROWS = 10
LINES_MOST = 5
RATE_MINUTES = 10
LONG_HELD = timedelta(days=3)
"""From here on an age is drawn as one that asks for attention."""

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Span:
    """How far back the chart looks, and in which steps."""

    words: str
    length: timedelta
    step: timedelta
    label: str
    """Of an instant on the axis, in UTC."""


SPANS = {
    "30m": Span("30 minutes", timedelta(minutes=30), timedelta(minutes=1), "%H:%M UTC"),
    "6h": Span("6 hours", timedelta(hours=6), timedelta(minutes=10), "%H:%M UTC"),
    "24h": Span("24 hours", timedelta(hours=24), timedelta(minutes=30), "%d %b %H:%M UTC"),
    "7d": Span("7 days", timedelta(days=7), timedelta(hours=4), "%d %b %H:%M UTC"),
    "30d": Span("30 days", timedelta(days=30), timedelta(hours=12), "%d %b"),
}


@router.get("/")
def show(
    request: Request,
    person: Reader,
    destination: Chosen[str] = None,
    span: str = "",
    by: str = "",
) -> HTMLResponse:
    """Show the overview; the table by measure for one destination where named."""
    console = console_of(request)
    now = console.now()
    with console.database.read() as connection:
        over = overview(connection, now, RATE_MINUTES)
        by_measure = held_by_measure(connection, destination=destination)
        alerts = alert_page(connection, limit=FEED_ROWS).rows
        oldest = hold_page(connection, now, HoldFilter(action=Action.HOLD), limit=1).rows
        chosen = span if span in SPANS else _span_that_shows_all(oldest, now)
        currency = _main_currency(over.held)
        by_value = by == "value" and currency is not None
        drawn, instants = _series(
            connection, now, SPANS[chosen], over.by_measure, currency if by_value else None
        )
        health = health_of(console, connection, now)
    labels = [at.strftime(SPANS[chosen].label) for at in instants]
    return page(
        request,
        person,
        "overview.html",
        over=over,
        by_measure=by_measure,
        destination=destination,
        alerts=alerts,
        oldest=oldest[0] if oldest else None,
        span=chosen,
        span_words=SPANS[chosen].words,
        spans=[(name, name) for name in SPANS],
        by_value=by_value,
        currency=currency,
        trend=lines("What was held over time, by measure", labels, drawn, short),
        trend_legend=legend(drawn),
        trend_series=drawn,
        trend_instants=instants,
        ages=_ages(over.by_age),
        latency=_latency(over.latency),
        health=health,
    )


def _span_that_shows_all(oldest: Sequence[Hold], now: datetime) -> str:
    """Return the shortest span that shows since when something is held; a day at most."""
    for name in ("30m", "6h"):
        if oldest and now - oldest[0].since <= SPANS[name].length:
            return name
    return "24h"


def _main_currency(held: Held) -> str | None:
    return max(held.values, key=lambda one: one.amount).currency if held.values else None


def _series(
    connection: Connection,
    now: datetime,
    span: Span,
    measures: Sequence[Held],
    currency: str | None,
) -> tuple[list[Series], list[datetime]]:
    """Return a line for all and one for each of the largest measures: counts, or one currency."""

    def amount(values: Any) -> float:
        return float(sum(one.amount for one in values if one.currency == currency))

    ranked = list(measures)
    if currency is not None:
        ranked.sort(key=lambda one: -amount(one.values))
    drawn, instants = [], []
    for measure in (None, *(one.key for one in ranked[:LINES_MOST])):
        found = series(connection, now - span.length, now, span.step, measure=measure)
        instants = [point.at for point in found.points]
        values = tuple(
            float(point.shipments) if currency is None else amount(point.values)
            for point in found.points
        )
        drawn.append(Series(measure or "All", values))
    return drawn, instants


def _ages(buckets: Sequence[AgeBucket]) -> Any:
    return columns(
        "Held shipments by how long they have been held",
        [
            Column(
                label=_short_age(one),
                value=one.shipments,
                text=f"{one.words}: {plural(one.shipments, 'shipment')} held",
                warn=one.at_least >= LONG_HELD,
            )
            for one in buckets
        ],
        count,
    )


def _short_age(bucket: AgeBucket) -> str:
    """Write a bucket so that six fit side by side on a phone."""
    hour = timedelta(hours=1)

    def unit(span: timedelta) -> str:
        return f"{span // hour} h" if span <= 24 * hour and span != 24 * hour else f"{span.days} d"

    if bucket.less_than is None:
        return f">{unit(bucket.at_least)}"
    return f"<{unit(bucket.less_than)}"


def _latency(latency: Latency) -> Any:
    known = [(up_to, number) for up_to, number in latency.counts]
    used = [place for place, (_, number) in enumerate(known) if number]
    shown = known[: max(used[-1] + 1 if used else 0, 6)]
    return columns(
        "Decisions by how long they took from the event",
        [
            Column(
                label=milliseconds(up_to / 1000).replace(" ", ""),
                value=number,
                text=f"up to {milliseconds(up_to / 1000)}: {plural(number, 'decision')}",
            )
            for up_to, number in shown
        ],
        short,
    )
