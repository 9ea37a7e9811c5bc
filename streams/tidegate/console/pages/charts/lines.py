"""Lines over time: some series on one axis, told apart by dashes as well as by colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tidegate.console.pages.charts.scale import axis, percent

HEIGHT = 200  # pixels
HEAD = 16
FOOT = 20
WIDE = 1000  # units across: the shapes are stretched to the width that there is
STYLES = 6  # kinds of line in the stylesheet


@dataclass(frozen=True, slots=True)
class Series:
    """One line. A value of None leaves a gap: not known is not zero."""

    name: str
    values: tuple[float | None, ...]


def lines(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    tick: Callable[[float], str] = str,
) -> Markup:
    """Draw series over the same instants.

    Args:
        title: What the chart shows; read out in its place.
        labels: Of each instant, from left to right; the first, a middle one and the last are shown.
        series: As many values in each as there are labels. At most 6, for more are not told apart.
        tick: Writes the numbers of the axis.

    Raises:
        ValueError: a series of another length, or too many of them.
    """
    if len(series) > STYLES:
        raise ValueError(f"{len(series)} series; at most {STYLES} can be told apart")
    if any(len(one.values) != len(labels) for one in series):
        raise ValueError("a series has another number of values than there are labels")
    known = [value for one in series for value in one.values if value is not None]
    scale = axis(max(known, default=0.0))
    room = HEIGHT - HEAD - FOOT
    parts = [Markup("<title>{}</title>").format(title)]
    for value in scale.ticks:
        y = HEAD + room * (1 - scale.share(value))
        name = "grid" if value else "axis"
        parts.append(
            Markup('<line class="{}" x1="0" x2="100%" y1="{:.1f}" y2="{:.1f}"/>').format(name, y, y)
        )
    parts.append(
        Markup(
            '<svg x="0" y="{}" width="100%" height="{}" viewBox="0 0 {} {}"'
            ' preserveAspectRatio="none" overflow="visible">{}</svg>'
        ).format(
            HEAD,
            room,
            WIDE,
            room,
            Markup("").join(
                _line(number, one, scale.share, room) for number, one in enumerate(series, 1)
            ),
        )
    )
    for value in scale.ticks[1:]:
        y = HEAD + room * (1 - scale.share(value)) - 3
        parts.append(Markup('<text class="tick" x="0" y="{:.1f}">{}</text>').format(y, tick(value)))
    parts.extend(_labels(labels))
    return Markup('<svg class="chart" role="img" aria-label="{}" height="{}">{}</svg>').format(
        title, HEIGHT, Markup("").join(parts)
    )


def legend(series: Sequence[Series]) -> Markup:
    """Draw which line is which."""
    return Markup('<ul class="legend">{}</ul>').format(
        Markup("").join(
            Markup(
                '<li><svg class="chart" aria-hidden="true" height="8">'
                '<line class="line s{}" x1="0" x2="100%" y1="4" y2="4"/></svg>{}</li>'
            ).format(number, one.name)
            for number, one in enumerate(series, 1)
        )
    )


def _line(number: int, one: Series, share: Callable[[float], float], room: int) -> Markup:
    """Draw a series, a part for each run of known values."""
    last = max(1, len(one.values) - 1)
    runs: list[list[str]] = [[]]
    for place, value in enumerate(one.values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{place / last * WIDE:.1f},{room * (1 - share(value)):.1f}")
    drawn = []
    for run in filter(None, runs):
        # A single instant is a point: a line of no length, with round ends, is one.
        points = run if len(run) > 1 else run * 2
        drawn.append(
            Markup(
                '<polyline class="line s{}" vector-effect="non-scaling-stroke"'
                ' stroke-linecap="round" points="{}"/>'
            ).format(number, " ".join(points))
        )
    return Markup("<g><title>{}</title>{}</g>").format(one.name, Markup("").join(drawn))


def _labels(labels: Sequence[str]) -> list[Markup]:
    if not labels:
        return []
    last = len(labels) - 1
    places = {0: "start", last // 2: "middle", last: "end"} if last > 1 else {0: "start"}
    return [
        Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
            percent(place / last if last else 0), HEIGHT - 4, anchor, labels[place]
        )
        for place, anchor in places.items()
    ]
