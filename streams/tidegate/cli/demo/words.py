"""Short words for alerts, values and citations, shared by the screen and the lines."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tidegate.events.alert import Alert, AlertKind
from tidegate.events.decision import Reason

SIGNS = {
    AlertKind.HOLD_STARTED: "HELD",
    AlertKind.HOLD_CHANGED: "STILL HELD",
    AlertKind.HOLD_ENDED: "FREED",
    AlertKind.REVIEW_STARTED: "REVIEW",
    AlertKind.LICENSE_CHANGED: "LICENSE",
    AlertKind.MEASURE_UPCOMING: "UPCOMING",
    AlertKind.TABLE_ALARM: "TABLES",
}

LONG_INSTRUMENT = 45  # characters


def money(currency: str, amount: Decimal) -> str:
    """Write a sum shortly: USD 48.0k."""
    number = float(amount)
    for size, letter in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{currency} {number / size:.1f}{letter}"
    return f"{currency} {number:.0f}"


def sums(values: Iterable[tuple[str, Decimal]]) -> str:
    """Write sums by currency."""
    return ", ".join(money(currency, amount) for currency, amount in values)


def citation(alert: Alert) -> str:
    """Return the law that the alert's first reason cites; the alert's own text, without one.

    Where the instrument's name is long the article goes before it: a narrow screen cuts the end.
    """
    if not alert.reasons:
        return alert.text if alert.shipment_id is None else ""
    first = alert.reasons[0]
    more = f" (+{len(alert.reasons) - 1} more)" if len(alert.reasons) > 1 else ""
    if len(first.instrument) > LONG_INSTRUMENT:
        return f"{first.article}{more}; {first.instrument}"
    return f"{first.instrument}, {first.article}{more}"


def about(alert: Alert) -> str:
    """Say what the alert's first reason is about: the listed party, or the measure's title."""
    if not alert.reasons:
        return ""
    return about_reason(alert.reasons[0])


def about_reason(reason: Reason) -> str:
    """Say what a reason is about."""
    if reason.list_entry is not None:
        return f"{reason.list_entry.name} ({reason.list_entry.list})"
    return reason.title
