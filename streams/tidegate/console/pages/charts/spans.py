"""Spans of time: when something is in force, suspended, and in force again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from tidegate.console.pages.charts.scale import percent

HEIGHT = 22  # pixels, of one row
YEAR = timedelta(days=365.25)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in one state: `in_force`, `suspended` ... None: open at that end."""

    state: str
    start: datetime | None
    end: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a row of spans shows."""

    start: datetime
    end: datetime

    def share(self, instant: datetime | None, default: float) -> float:
        """Return where an instant is, from 0 to 1; what is outside is at the nearer end."""
        if instant is None:
            return default
        return min(1.0, max(0.0, (instant - self.start) / (self.end - self.start)))


def window(instants: Sequence[datetime], now: datetime) -> Window:
    """Return a window that shows these instants and now, with some room; two years at least."""
    first, last = min((*instants, now - YEAR)), max((*instants, now + YEAR))
    room = (last - first) / 20
    return Window(first - room, last + room)


def spans(title: str, items: Sequence[Span], shown: Window, now: datetime) -> Markup:
    """Draw one row of spans, with a line for now.

    Args:
        title: What the row says, in words; read out in its place.
        items: From early to late; a later one is drawn over an earlier one.
        shown: Which time the row shows.
        now: Where the line goes.
    """
    parts = [
        Markup("<title>{}</title>").format(title),
        Markup('<rect class="track" x="0" y="7" width="100%" height="8" rx="2"/>'),
    ]
    for item in items:
        left, right = shown.share(item.start, 0.0), shown.share(item.end, 1.0)
        parts.append(
            Markup(
                '<g><title>{}</title><rect class="span {}" x="{}" width="{}" y="4" height="14"'
                ' rx="2"/></g>'
            ).format(item.text, item.state, percent(left), percent(max(0.004, right - left)))
        )
    at = percent(shown.share(now, 0.0))
    parts.append(
        Markup('<line class="today" x1="{}" x2="{}" y1="0" y2="{}"/>').format(at, at, HEIGHT)
    )
    return Markup('<svg class="chart" role="img" aria-label="{}" height="{}">{}</svg>').format(
        title, HEIGHT, Markup("").join(parts)
    )


def ruler(shown: Window, now: datetime) -> Markup:
    """Draw the years of a window, and now: the head of all rows."""
    parts = []
    for year in range(shown.start.year + 1, shown.end.year + 1):
        at = percent(shown.share(datetime(year, 1, 1, tzinfo=now.tzinfo), 0.0))
        parts.append(
            Markup(
                '<line class="grid" x1="{}" x2="{}" y1="12" y2="22"/><text x="{}" y="10"'
                ' text-anchor="middle">{}</text>'
            ).format(at, at, at, f"’{year % 100:02d}")
        )
    at = percent(shown.share(now, 0.0))
    parts.append(Markup('<line class="today" x1="{}" x2="{}" y1="12" y2="22"/>').format(at, at))
    return Markup('<svg class="chart" aria-hidden="true" height="{}">{}</svg>').format(
        HEIGHT, Markup("").join(parts)
    )
