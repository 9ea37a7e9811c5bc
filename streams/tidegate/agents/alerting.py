"""Say when a change of decision must be told, and tell it so that a person can act on it.

One alert for one change. While a license's owner has not answered, telling waits a little: the
hold itself is in force at once, but nobody is woken twice for the milliseconds an answer takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from tidegate.agents.inputs import SOURCE
from tidegate.agents.shipment_state import Told
from tidegate.agents.topics import ALERTS
from tidegate.engine.decide import Judgement
from tidegate.engine.house import UNANSWERED
from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.codec import ALERT_TYPE, STRUCTURED_HEADERS, derived_id, encode
from tidegate.events.decision import Action, Outcome, Previous, Reason
from tidegate.events.shipment import Party, Role, Shipment
from tidegate.events.values import decimal_text, instant_text
from tidegate.runtime.transaction import Transaction


def awaits_answer(judgement: Judgement) -> bool:
    """Say whether a cited license has not been answered for."""
    return any(reason.measure == UNANSWERED for reason in judgement.reasons)


def alerts(facts: Shipment, judgement: Judgement, told: Told | None) -> Iterator[Alert]:
    """Yield what must be told now, given what was told last."""
    before = told.action if told is not None else Action.PASS
    if judgement.action is Action.HOLD:
        if before is not Action.HOLD:
            yield _alert(AlertKind.HOLD_STARTED, facts, judgement, told)
        elif told is not None and set(told.fingerprints) != set(judgement.fingerprints):
            yield _alert(AlertKind.HOLD_CHANGED, facts, judgement, told)
        return
    if before is Action.HOLD:
        yield _alert(AlertKind.HOLD_ENDED, facts, judgement, told)
    if judgement.action is Action.REVIEW:
        known = set(told.fingerprints) if told is not None and before is Action.REVIEW else set()
        if not known.issuperset(judgement.fingerprints):
            yield _alert(AlertKind.REVIEW_STARTED, facts, judgement, told)


def reminder(
    facts: Shipment, judgement: Judgement, since: datetime, service_level: timedelta
) -> Alert:
    """Return the alert of a hold that has lasted longer than its service level."""
    value, currency = goods_value(facts)
    hours = service_level.total_seconds() / 3600
    return Alert(
        alert_id=derived_id("alert", "late", facts.shipment_id, instant_text(since)),
        kind=AlertKind.HOLD_CHANGED,
        shipment_id=facts.shipment_id,
        decision_id=judgement.decision_id,
        title=f"{facts.shipment_id} held for more than {hours:g} hours: {judgement.outcome}",
        text=f"Held since {instant_text(since)}.\n" + _text(facts, judgement, None),
        severity=Severity.WARNING,
        outcome=judgement.outcome,
        previous=Previous(outcome=judgement.outcome, action=judgement.action),
        value=value,
        currency=currency,
        destination_country=facts.destination_country,
        reasons=judgement.reasons,
    )


def telling(judgement: Judgement) -> Told:
    """Return what will have been told once this judgement's alerts are out."""
    return Told(
        outcome=judgement.outcome,
        action=judgement.action,
        fingerprints=judgement.fingerprints,
        because=_because(judgement),
    )


def _because(judgement: Judgement) -> tuple[str, ...]:
    """Name the hold and review reasons in short: measure, line, entry."""
    words = []
    for reason in judgement.reasons:
        if reason.outcome.action is not Action.PASS:
            line = "" if reason.line is None else f" (line {reason.line})"
            entry = "" if reason.list_entry is None else f" {reason.list_entry.name}"
            words.append(f"{reason.measure}{entry}{line}")
    return tuple(words)


def write_alert(
    transaction: Transaction, alert: Alert, subject: str, traceparent: str | None = None
) -> None:
    """Write an alert in this transaction; its key is what it is about."""
    value = encode(
        ALERT_TYPE,
        alert,
        id_=alert.alert_id,
        source=SOURCE,
        subject=subject,
        time=transaction.clock,
        traceparent=traceparent,
    )
    transaction.emit(ALERTS, subject, value, STRUCTURED_HEADERS)
    transaction.count("alert", alert.kind)


_VERBS = {
    AlertKind.HOLD_STARTED: "held",
    AlertKind.HOLD_CHANGED: "still held, for another reason",
    AlertKind.HOLD_ENDED: "no longer held",
    AlertKind.REVIEW_STARTED: "to be reviewed",
}


def _alert(kind: AlertKind, facts: Shipment, judgement: Judgement, told: Told | None) -> Alert:
    value, currency = goods_value(facts)
    main = judgement.reasons[0] if judgement.reasons else None
    title = f"{facts.shipment_id} {_VERBS[kind]}: {judgement.outcome}"
    if main is not None and kind is not AlertKind.HOLD_ENDED:
        title += f" ({main.instrument})"
    return Alert(
        alert_id=derived_id("alert", kind, judgement.decision_id),
        kind=kind,
        shipment_id=facts.shipment_id,
        decision_id=judgement.decision_id,
        title=title,
        text=_text(facts, judgement, told),
        severity=_severity(kind, judgement.outcome),
        outcome=judgement.outcome,
        previous=None if told is None else Previous(outcome=told.outcome, action=told.action),
        value=value,
        currency=currency,
        destination_country=facts.destination_country,
        reasons=judgement.reasons,
    )


def _severity(kind: AlertKind, outcome: Outcome) -> Severity:
    if kind is AlertKind.HOLD_ENDED:
        return Severity.INFO
    if outcome in (Outcome.PROHIBITED, Outcome.STOP_ON_KNOWLEDGE):
        return Severity.CRITICAL
    return Severity.WARNING


def goods_value(facts: Shipment) -> tuple[Decimal | None, str | None]:
    """Return the goods' total and its currency, where all lines are valued in one currency."""
    totals = values_by_currency(facts)
    if len(totals) != 1 or any(item.value is None for item in facts.items):
        return None, None
    ((currency, total),) = totals.items()
    return total, currency


def values_by_currency(facts: Shipment) -> dict[str, Decimal]:
    """Return what the goods are worth, by currency; lines without value or currency left out."""
    totals: dict[str, Decimal] = {}
    for item in facts.items:
        if item.value is not None and item.currency is not None:
            totals[item.currency] = totals.get(item.currency, Decimal(0)) + item.value
    return totals


def _text(facts: Shipment, judgement: Judgement, told: Told | None) -> str:
    lines = [
        f"{facts.shipment_id} revision {facts.revision}, {facts.status}: "
        f"{facts.export_country or '?'} to {facts.destination_country or '?'}",
        "Parties: " + ("; ".join(_party(party) for party in _leading(facts)) or "not stated"),
        "Goods: " + ("; ".join(_goods(facts)) or "not stated"),
        f"Now: {judgement.outcome} ({judgement.action})"
        + (f"; before: {told.outcome} ({told.action})" if told is not None else ""),
    ]
    if told is not None:
        lines += _changes(told.because, _because(judgement))
    lines += [_reason(reason) for reason in judgement.reasons[:MAX_TOLD]]
    if len(judgement.reasons) > MAX_TOLD:
        lines.append(f"and {len(judgement.reasons) - MAX_TOLD} more reasons")
    return "\n".join(lines)


def _changes(before: tuple[str, ...], now: tuple[str, ...]) -> Iterator[str]:
    """Say which reasons are new and which are gone since the last alert."""
    new = [reason for reason in now if reason not in before]
    gone = [reason for reason in before if reason not in now]
    if new:
        yield "New: " + "; ".join(new[:MAX_TOLD])
    if gone:
        yield "Gone: " + "; ".join(gone[:MAX_TOLD])
    if before and now and not new and not gone:
        yield "The same reasons, on other facts"


MAX_TOLD = 10
"""Reasons and lines of goods in the text; the record's `reasons` holds them all."""


def _leading(facts: Shipment) -> list[Party]:
    told = (Role.EXPORTER, Role.CONSIGNEE, Role.END_USER)
    return [party for party in facts.parties if party.role in told][:MAX_TOLD]


def _party(party: Party) -> str:
    return f"{party.role.replace('_', ' ')} {party.name} ({party.country or 'country unknown'})"


def _goods(facts: Shipment) -> Iterator[str]:
    for item in facts.items[:MAX_TOLD]:
        words = [f"line {item.line}"]
        if item.quantity is not None:
            words.append(f"{decimal_text(item.quantity)} {item.unit or ''}".strip())
        words.append(item.description or "goods")
        words += [f"[{code}]" for code in item.control_codes]
        if item.value is not None:
            words.append(f"{decimal_text(item.value)} {item.currency or ''}".strip())
        yield " ".join(words)


def _reason(reason: Reason) -> str:
    text = f"- {reason.outcome}: {reason.title} ({reason.instrument}, {reason.article})"
    if reason.list_entry is not None:
        text += f"; listed as {reason.list_entry.name}"
    if reason.unknown:
        text += "; unknown: " + ", ".join(reason.unknown)
    if reason.advice:
        text += f". {reason.advice}"
    return text
