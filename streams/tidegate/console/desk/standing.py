"""How things stand with a shipment at the desk: its decision, what is in force, what was said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, func, select

from tidegate.console.desk import outbox
from tidegate.console.desk.tables import outbox as outbox_table
from tidegate.console.problems import NotFound, Stale
from tidegate.console.store.schema import dead_letters, decisions, dispositions
from tidegate.console.store.shipments import ShipmentRow, shipment_row
from tidegate.events.decision import Decision
from tidegate.events.disposition import Disposition, DispositionKind
from tidegate.events.values import instant_text

LOOKED_BACK = 50
"""Decisions in which a disposition is looked for, the newest first."""

IN_FORCE = (DispositionKind.RELEASE, DispositionKind.FALSE_MATCH)
"""Kinds that the worker keeps, and names in the decisions that they act on."""


class Fate(StrEnum):
    """How far a disposition has come."""

    WAITING = "waiting"
    """Decided here, and not yet in the log: the broker is away."""
    SENT = "sent"
    """In the log; the worker has not answered yet."""
    RECORDED = "recorded"
    """In the log, and of a kind that changes no decision."""
    APPLIED = "applied"
    """The decision in force names it, or, for a withdrawal, no longer names what it took back."""
    LAPSED = "lapsed"
    """It acted on an earlier decision, and no longer does."""
    REFUSED = "refused"
    """The worker did not take it, and said why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a disposition."""

    fate: Fate
    refusal: str | None = None


def shipment_now(connection: Connection, shipment_id: str) -> ShipmentRow:
    """Return the shipment with its decision in force. Raises NotFound."""
    row = shipment_row(connection, shipment_id)
    if row is None:
        raise NotFound(f"There is no decision on a shipment {shipment_id}.")
    return row


def same_decision(row: ShipmentRow, decision_id: str) -> None:
    """Refuse what was said of another decision than the one in force. Raises Stale."""
    if row.decision_id != decision_id:
        raise Stale(
            f"{row.shipment_id} was decided again at {instant_text(row.as_of)}"
            f" ({row.outcome}, {row.action}): look at that decision, then decide.",
            decision_id=row.decision_id,
        )


def decision_now(connection: Connection, row: ShipmentRow) -> Decision:
    """Return the record of the decision in force."""
    query = select(decisions.c.body).where(decisions.c.decision_id == row.decision_id).limit(1)
    return Decision.model_validate_json(connection.execute(query).scalar_one())


def disposition_of(connection: Connection, number: str) -> Disposition | None:
    """Return a disposition from the log, or from what is still to be sent."""
    query = select(dispositions.c.body).where(dispositions.c.disposition_id == number).limit(1)
    body = connection.execute(query).scalar_one_or_none()
    if body is not None:
        return Disposition.model_validate_json(body)
    found = outbox.find(connection, number)
    return None if found is None else found.disposition


def rounds(connection: Connection, shipment_id: str) -> int:
    """Count how often something on this shipment was taken back here."""
    taken_back = select(func.count()).where(
        outbox_table.c.shipment_id == shipment_id,
        outbox_table.c.kind == DispositionKind.WITHDRAW.value,
    )
    return int(connection.execute(taken_back).scalar_one())


def outcome_of(connection: Connection, disposition: Disposition) -> Outcome:
    """Say what became of a disposition, by the log and the worker's records as read so far."""
    number = disposition.disposition_id
    query = select(dispositions.c.partition, dispositions.c.offset)
    at = query.where(dispositions.c.disposition_id == number).order_by(dispositions.c.offset)
    place = connection.execute(at.limit(1)).one_or_none()
    if place is None:
        mine = outbox.find(connection, number)
        waits = mine is not None and mine.sent_at is None
        return Outcome(Fate.WAITING if waits else Fate.SENT)
    refused = select(dead_letters.c.reason).where(
        dead_letters.c.topic == "trade.dispositions",
        dead_letters.c.topic_partition == place.partition,
        dead_letters.c.topic_offset == place.offset,
    )
    refusal = connection.execute(refused).scalar()
    if refusal is not None:
        return Outcome(Fate.REFUSED, refusal)
    if disposition.kind not in (*IN_FORCE, DispositionKind.WITHDRAW):
        return Outcome(Fate.RECORDED)
    history = _in_force(connection, disposition.shipment_id)
    if disposition.kind is DispositionKind.WITHDRAW:
        still = any(
            _takes_back(disposition, disposition_of(connection, one))
            for one in (history[0] if history else ())
        )
        return Outcome(Fate.SENT if still else Fate.APPLIED)
    if history and number in history[0]:
        return Outcome(Fate.APPLIED)
    return Outcome(Fate.LAPSED if any(number in past for past in history) else Fate.SENT)


def _takes_back(withdrawal: Disposition, said: Disposition | None) -> bool:
    if said is None:
        return False
    if withdrawal.entry is not None:
        return (said.party, said.entry) == (withdrawal.party, withdrawal.entry)
    return said.kind is DispositionKind.RELEASE and said.decision_id == withdrawal.decision_id


def _in_force(connection: Connection, shipment_id: str) -> list[frozenset[str]]:
    """Return the dispositions that each of the last decisions rests on, the newest first."""
    query = (
        select(decisions.c.body)
        .where(decisions.c.shipment_id == shipment_id)
        .order_by(decisions.c.offset.desc())
        .limit(LOOKED_BACK)
    )
    bodies = connection.execute(query).scalars()
    return [in_force(Decision.model_validate_json(body)) for body in bodies]


def in_force(decision: Decision) -> frozenset[str]:
    """Return the ids of the dispositions that a decision names."""
    return frozenset(decision.released_by) | frozenset(decision.inputs.get("dispositions", ()))
