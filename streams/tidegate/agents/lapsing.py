"""Tell ahead that an end-use certificate is about to lapse, where that will stop its shipment."""

from __future__ import annotations

import logging
from datetime import datetime

from tidegate.agents.alerting import goods_value, write_alert
from tidegate.agents.notice import Notice, ahead_text
from tidegate.agents.shipment_state import OpenShipment
from tidegate.engine.decide import decide
from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.codec import derived_id
from tidegate.events.decision import Action, Reason
from tidegate.events.false_match import FalseMatch
from tidegate.events.values import instant_text, moment_text
from tidegate.licenses.standing import last_instant, zone_of
from tidegate.measures.tables import Tables
from tidegate.runtime.transaction import Transaction

log = logging.getLogger(__name__)

_PATH = "end_use.certificate.valid_to"


def lapse_told(
    transaction: Transaction,
    state: OpenShipment,
    tables: Tables,
    false_matches: tuple[FalseMatch, ...],
    notice: Notice,
) -> OpenShipment:
    """Tell of the lapse if that is due; return the state with when it is to be told next.

    Whether a lapse stops the shipment is asked of the tables when it is to be told, by deciding as
    of then.
    """
    clock = transaction.clock
    lapses = _lapses(state, tables)
    lapse = next(iter(lapses), None)
    if lapse is None or lapse <= clock:
        gone = {"lapse_of": None, "lapse_at": None, "lapse_told": None}
        return state if state.lapse_of is None else state.model_copy(update=gone)
    told = state.lapse_told if state.lapse_of == lapse else None
    due = notice.due(lapse, told)
    if due is not None and due <= clock:
        told = notice.reached(lapse, clock)
        for at in lapses:
            stops = _stopped_by(state, at, tables, false_matches)
            if stops is not None:
                alert = _alert(state, stops, at, clock, told)
                write_alert(transaction, alert, state.facts.shipment_id, state.traceparent)
                break
        due = notice.due(lapse, told)
    update = {"lapse_of": lapse, "lapse_at": due, "lapse_told": told}
    return state.model_copy(update=update)


def _lapses(state: OpenShipment, tables: Tables) -> list[datetime]:
    """Return the instants at which the certificate lapses in the zones that a measure may mean."""
    paper = state.facts.end_use.certificate
    if paper is None or paper.valid_to is None:
        return []
    zones = {zone_of(regime) for regime in {table.regime for table in tables.measures}}
    ends = {last_instant(paper.valid_to, zone) for zone in zones}
    return sorted(end for end in ends if end is not None)


def _stopped_by(
    state: OpenShipment, at: datetime, tables: Tables, matches: tuple[FalseMatch, ...]
) -> Reason | None:
    """Return the reason for which the lapse will hold the shipment; None: it will not."""
    if not state.facts.status.is_open:
        return None
    try:
        judgement = decide(state.question(at, matches), tables)
    except Exception:
        # The shipment is decided at that instant in any case; only word of it is lost.
        log.exception("%s could not be judged ahead of time", state.facts.shipment_id)
        return None
    for reason in judgement.reasons if judgement.action is Action.HOLD else ():
        if reason.outcome.action is Action.HOLD and any(e.path == _PATH for e in reason.evidence):
            return reason
    return None


def _alert(
    state: OpenShipment, reason: Reason, at: datetime, clock: datetime, lead: int | None
) -> Alert:
    facts = state.facts
    paper = facts.end_use.certificate
    assert paper is not None
    assert paper.valid_to is not None
    name = f"end-use certificate {paper.number or '(no number)'}"
    value, currency = goods_value(facts)
    return Alert(
        alert_id=derived_id(
            "alert", "lapse", facts.shipment_id, paper.number or "", instant_text(at), str(lead)
        ),
        kind=AlertKind.MEASURE_UPCOMING,
        shipment_id=facts.shipment_id,
        decision_id=None if state.last is None else state.last.decision_id,
        title=f"{facts.shipment_id}: {name} lapses {ahead_text(at, clock)}, and holds it then",
        text=(
            f"The {name} is valid to {moment_text(paper.valid_to)}; from {instant_text(at)} the "
            f"shipment, {facts.status}, is held unless it has departed: {reason.title} "
            f"({reason.instrument}, {reason.article})."
        ),
        severity=Severity.WARNING,
        value=value,
        currency=currency,
    )
