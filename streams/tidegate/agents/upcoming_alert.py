"""Tell people what a change of the tables that lies ahead will do to the open shipments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from tidegate.agents.notice import ahead_text
from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.codec import derived_id
from tidegate.events.upcoming import Effect, Values
from tidegate.events.values import decimal_text
from tidegate.measures.tables import Switch
from tidegate.measures.validity import from_ms


def upcoming(
    switch: Switch, effect: Effect, clock: datetime, lead_seconds: int, uncounted: int
) -> Alert:
    """Return the alert of one change.

    Args:
        switch: What changes.
        effect: What that does to all open shipments.
        clock: Now.
        lead_seconds: How long ahead it was to be told.
        uncounted: Partitions whose shipments are not among them.
    """
    at = from_ms(switch.at_ms)
    when = f"{at.astimezone(ZoneInfo(switch.zone)):%Y-%m-%d %H:%M} {switch.zone}"
    name = switch.measure or f"{switch.list} ({switch.instrument or 'no notice named'})"
    told = list(_effects(effect))
    acts = effect.held or effect.freed
    values = effect.held_values if effect.held else effect.freed_values
    currency = next(iter(values)) if len(values) == 1 else None
    text = [
        f"{switch.title}: {switch.instrument or switch.list} {switch.what} from {when}, "
        f"{ahead_text(at, clock)}.",
        *(f"- {words}" for words in told),
        "Counted over the shipments open now, by deciding each as of that instant.",
    ]
    if effect.examples:
        text.insert(-1, "For example: " + ", ".join(effect.examples))
    if uncounted:
        text.append(f"Not counted: those of {uncounted} partitions, which have not answered yet.")
    return Alert(
        alert_id=derived_id("alert", "upcoming", switch.id, str(lead_seconds)),
        kind=AlertKind.MEASURE_UPCOMING,
        title=f"{name} {switch.what} from {when}: {told[0]}",
        text="\n".join(text),
        severity=Severity.WARNING if acts else Severity.INFO,
        value=None if currency is None else values[currency],
        currency=currency,
    )


def _effects(effect: Effect) -> Iterator[str]:
    if effect.held:
        yield f"holds {_shipments(effect.held)}{_worth(effect.held_values)}"
    if effect.freed:
        yield f"no longer holds {_shipments(effect.freed)}{_worth(effect.freed_values)}"
    if effect.also:
        yield f"holds {_shipments(effect.also)} more that something else holds already"
    if effect.review:
        yield f"asks for review of {_shipments(effect.review)}"
    if effect.trial:
        yield f"would hold {_shipments(effect.trial)}; it is on trial, without effect"
    if effect == Effect():
        yield "concerns no open shipment"


def _shipments(number: int) -> str:
    return f"{number} shipment{'' if number == 1 else 's'}"


def _worth(values: Values) -> str:
    if not values:
        return ""
    return " worth " + " and ".join(f"{decimal_text(v)} {c}" for c, v in sorted(values.items()))
