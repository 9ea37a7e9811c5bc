"""Bars: one beside each row of a table, and columns for a distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tidegate.console.pages.charts.scale import axis, percent

HEIGHT = 160  # pixels, of all columns
HEAD = 14  # room for the highest tick's label
FOOT = 20  # room for the labels below
GAP = 0.18  # of a column's share


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `warn`: drawn as something that asks for attention."""

    label: str
    value: float
    text: str
    """What a reader is told: `12 holds from 1 to 3 days`."""
    warn: bool = False


def bar(share: float) -> Markup:
    """Draw one bar for a table's cell; the number stands in the cell beside it.

    Args:
        share: 0 to 1. Something above zero is always seen.
    """
    width = 0.0 if share <= 0 else max(0.01, min(1.0, share))
    return Markup(
        '<svg class="chart bar-chart" aria-hidden="true" height="12">'
        '<rect class="bar" x="0" y="1" height="10" rx="2" width="{}"/></svg>'
    ).format(percent(width))


def columns(title: str, items: Sequence[Column], tick: Callable[[float], str] = str) -> Markup:
    """Draw a distribution, a column for each item.

    Args:
        title: What the chart shows; read out in its place.
        items: From left to right.
        tick: Writes the numbers of the axis.
    """
    scale = axis(max((item.value for item in items), default=0.0))
    room = HEIGHT - HEAD - FOOT
    parts = [Markup("<title>{}</title>").format(title)]
    for value in scale.ticks:
        y = HEAD + room * (1 - scale.share(value))
        name = "grid" if value else "axis"
        parts.append(
            Markup('<line class="{}" x1="0" x2="100%" y1="{:.1f}" y2="{:.1f}"/>').format(name, y, y)
        )
    each = 1 / len(items) if items else 1.0
    for number, item in enumerate(items):
        left, middle = each * (number + GAP / 2), each * (number + 0.5)
        height = room * scale.share(item.value)
        if item.value > 0:
            height = max(height, 1.5)
        parts.append(
            Markup(
                '<g><title>{}</title><rect class="column{}" x="{}" width="{}" y="{:.1f}"'
                ' height="{:.1f}"/><text x="{}" y="{}" text-anchor="middle">{}</text></g>'
            ).format(
                item.text,
                " warn" if item.warn else "",
                percent(left),
                percent(each * (1 - GAP)),
                HEAD + room - height,
                height,
                percent(middle),
                HEIGHT - 5,
                item.label,
            )
        )
    # Over the columns, so that a high one hides no number.
    for value in scale.ticks[1:]:
        y = HEAD + room * (1 - scale.share(value)) - 3
        parts.append(Markup('<text class="tick" x="0" y="{:.1f}">{}</text>').format(y, tick(value)))
    return Markup('<svg class="chart" role="img" aria-label="{}" height="{}">{}</svg>').format(
        title, HEIGHT, Markup("").join(parts)
    )
