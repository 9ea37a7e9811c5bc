"""Whether what the pages show is current, in words: the console's own sources and their lag."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from tidegate.console.pages.words import age, plural
from tidegate.console.parts import Console
from tidegate.console.store.schema import decisions, facts, gaps, unreadable

QUIET = timedelta(minutes=10)
BEHIND = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Sign:
    """One line of the health card. `kind` and `shape` are the status's in the stylesheet."""

    kind: str
    shape: str
    head: str
    text: str


def health_of(console: Console, connection: Connection, now: datetime) -> list[Sign]:
    """Say how current the console is, and whether workers decide."""
    problems = [problem for problem in (one.problem() for one in console.services) if problem]
    signs = [
        Sign("hold", "off", "Needs attention", f"{one[:1].upper()}{one[1:]}.") for one in problems
    ]
    if not signs:
        signs.append(Sign("pass", "pass", "Live", "The console reads the topics as they grow."))
    signs.append(_workers(connection, now))
    lost = connection.execute(select(func.count()).select_from(gaps)).scalar_one()
    if lost:
        text = (
            f"{plural(lost, 'stretch', 'stretches')} of records were gone before they were read;"
            " what they said is not here. Keep topics longer than the console may be away."
        )
        signs.append(Sign("review", "review", "Records missing", text))
    bad = connection.execute(select(func.count()).select_from(unreadable)).scalar_one()
    if bad:
        text = f"{plural(bad, 'record')} could not be read here: is the console's version too old?"
        signs.append(Sign("review", "review", "Unreadable records", text))
    return signs


def _workers(connection: Connection, now: datetime) -> Sign:
    """Say whether events are answered, from the last one of each."""
    sent = connection.execute(select(func.max(facts.c.written_at))).scalar_one()
    decided = connection.execute(select(func.max(decisions.c.written_at))).scalar_one()
    if sent is None:
        return Sign(
            "info",
            "waiting",
            "No shipment yet",
            "Nothing has been sent to trade.shipments. Try `tidegate simulate`.",
        )
    if decided is None or sent - decided > BEHIND:
        since = "yet" if decided is None else f"for {age((now - decided).total_seconds())}"
        return Sign(
            "hold",
            "off",
            "Workers are silent",
            f"Events arrive, but nothing was decided {since}. Is `tidegate worker` running, and"
            " are tables published? `tidegate doctor` tells.",
        )
    quiet = now - decided
    if quiet > QUIET:
        text = f"The last decision was {age(quiet.total_seconds())} ago; no event waits since."
        return Sign("info", "waiting", "Quiet", text)
    text = f"The last decision was {age(quiet.total_seconds())} ago."
    return Sign("pass", "pass", "Workers decide", text)
