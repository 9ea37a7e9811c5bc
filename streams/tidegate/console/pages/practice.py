"""Practice as a page: what is said of civil exports, and what is observed, week by week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from tidegate.console.identity.guard import Reader
from tidegate.console.pages.charts.lines import STYLES, Series, legend, lines
from tidegate.console.pages.forms import Chosen
from tidegate.console.pages.view import page, tables_of
from tidegate.console.pages.words import plain, short
from tidegate.console.parts import console_of
from tidegate.console.store.practice import Practice, practice_counts
from tidegate.events.practice import Observed, PracticeSubject

SHOWN = timedelta(weeks=26)

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Part:
    """Applications, or shipments: counts by week and by what was observed."""

    subject: PracticeSubject
    weeks: tuple[str, ...]
    observed: tuple[Observed, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    """Newest week first."""
    chart: Markup
    legend: Markup


@router.get("/practice")
def practice(
    request: Request, person: Reader, destination: Chosen[str] = None, goods: Chosen[str] = None
) -> HTMLResponse:
    """Show the counts of the last half year, of one destination or kind of goods where named."""
    console = console_of(request)
    year, week, _ = (console.now() - SHOWN).isocalendar()
    with console.database.read() as connection:
        all_ = practice_counts(connection, since_week=f"{year}-W{week:02d}")
    chosen = [
        one
        for one in all_
        if destination in (None, one.destination) and goods in (None, one.item_group)
    ]
    tables = tables_of(console)
    stated = [
        one
        for one in (tables.statements if tables is not None else ())
        if destination is None or destination in one.destinations
    ]
    return page(
        request,
        person,
        "practice.html",
        stated=stated,
        parts=[part_of(subject, chosen) for subject in PracticeSubject],
        destinations=sorted({one.destination for one in all_}),
        groups=sorted({one.item_group for one in all_}),
        destination=destination,
        goods=goods,
    )


def part_of(subject: PracticeSubject, counts: Sequence[Practice]) -> Part:
    """Add the counts of one subject up, and draw them."""
    sums: Counter[tuple[str, Observed]] = Counter()
    for one in counts:
        if one.subject is subject:
            sums[one.week, one.observed] += one.count
    weeks = tuple(sorted({week for week, _ in sums}))
    observed = tuple(word for word in Observed if any(seen is word for _, seen in sums))
    series = [
        Series(plain(word), tuple(float(sums[week, word]) for week in weeks))
        for word in observed[:STYLES]
    ]
    return Part(
        subject=subject,
        weeks=weeks,
        observed=observed,
        rows=tuple(
            (week, tuple(sums[week, word] for word in observed)) for week in reversed(weeks)
        ),
        chart=lines(f"{plain(subject)}s by week", weeks, series, short),
        legend=legend(series),
    )
