"""Ask for one shipment's whole file, or find shipments by their id."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, select

from tidegate.console.store.schema import (
    alerts,
    dead_letters,
    decisions,
    dispositions,
    facts,
    license_uses,
    shipments,
)
from tidegate.events.alert import Alert
from tidegate.events.decision import Action, Decision, Outcome
from tidegate.events.disposition import Disposition
from tidegate.events.shipment import Shipment

HISTORY_ROWS = 200
"""Newest records of each kind in a shipment's file; it says where there are more."""


@dataclass(frozen=True, slots=True)
class ShipmentRow:
    """A shipment and its decision in force."""

    shipment_id: str
    decision_id: str
    revision: int
    status: str
    open: bool
    outcome: Outcome
    action: Action
    as_of: datetime
    since: datetime
    """When the unbroken run of this action began."""
    released_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision as it stands in its topic."""

    record: str
    """`topic-partition@offset`."""
    written_at: datetime
    latency_ms: int | None
    decision: Decision
    body: str
    """The record's own JSON: what is shown, exported and hashed."""


@dataclass(frozen=True, slots=True)
class FactsRecord:
    """One revision of the shipment, as its sender wrote it."""

    record: str
    written_at: datetime
    event_id: str
    shipment: Shipment
    body: str


@dataclass(frozen=True, slots=True)
class DispositionRecord:
    """What a person decided."""

    record: str
    written_at: datetime
    disposition: Disposition
    body: str
    refused: str | None
    """Why the worker refused it; None where it did not."""


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert as it stands in its topic."""

    record: str
    written_at: datetime
    alert: Alert


@dataclass(frozen=True, slots=True)
class LicenseUse:
    """A line that cites a license, and what the license's owner answered."""

    license_id: str
    shipment_id: str
    line: int
    answer: str
    """`reserved`, `spent`, `refused`, `not reserved`, `not on file`, or `unanswered`."""
    license_revision: int | None
    quantity: Decimal | None
    unit: str | None
    value: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class ShipmentFile:
    """All that the topics hold of a shipment, the newest first."""

    shipment: ShipmentRow | None
    """None where its facts are there and no decision is yet."""
    decisions: tuple[DecisionRecord, ...]
    facts: tuple[FactsRecord, ...]
    dispositions: tuple[DispositionRecord, ...]
    alerts: tuple[AlertRecord, ...]
    uses: tuple[LicenseUse, ...]
    more: bool
    """There are older records than those here."""

    @property
    def decision(self) -> Decision | None:
        """The decision in force."""
        return self.decisions[0].decision if self.decisions else None

    @property
    def current(self) -> Shipment | None:
        """The facts of the last revision."""
        return self.facts[0].shipment if self.facts else None


def shipment_row(connection: Connection, shipment_id: str) -> ShipmentRow | None:
    """Return a shipment's decision in force; None where there is none."""
    query = select(shipments).where(shipments.c.shipment_id == shipment_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _row(row)


def find_shipments(
    connection: Connection, prefix: str, after: str = "", limit: int = 20
) -> tuple[ShipmentRow, ...]:
    """Return the shipments whose id begins with `prefix` and comes after `after`, by id."""
    query = (
        select(shipments)
        .where(shipments.c.shipment_id >= prefix, shipments.c.shipment_id < prefix + "\U0010ffff")
        .where(shipments.c.shipment_id > after)
        .order_by(shipments.c.shipment_id)
        .limit(limit)
    )
    return tuple(_row(row) for row in connection.execute(query))


def shipment_file(
    connection: Connection, shipment_id: str, limit: int = HISTORY_ROWS
) -> ShipmentFile | None:
    """Return a shipment's file; None where no topic holds anything of it."""
    decided = _newest(connection, select(decisions), decisions.c, shipment_id, limit)
    told = _newest(connection, select(alerts), alerts.c, shipment_id, limit)
    said = _newest(connection, select(dispositions), dispositions.c, shipment_id, limit)
    known = connection.execute(
        select(facts)
        .where(facts.c.shipment_id == shipment_id)
        .order_by(facts.c.revision.desc())
        .limit(limit + 1)
    ).all()
    if not (decided or known):
        return None
    uses = select(license_uses).where(license_uses.c.shipment_id == shipment_id)
    ordered = uses.order_by(license_uses.c.line, license_uses.c.license_id)
    refusals = _refusals(connection, shipment_id) if said else {}
    return ShipmentFile(
        shipment=shipment_row(connection, shipment_id),
        decisions=tuple(decision_record(row) for row in decided[:limit]),
        facts=tuple(_facts(row) for row in known[:limit]),
        dispositions=tuple(_disposition(row, refusals) for row in said[:limit]),
        alerts=tuple(alert_record(row) for row in told[:limit]),
        uses=tuple(license_use(row) for row in connection.execute(ordered)),
        more=any(len(found) > limit for found in (decided, told, said, known)),
    )


def decision_of(connection: Connection, decision_id: str) -> DecisionRecord | None:
    """Return a decision by its id."""
    query = select(decisions).where(decisions.c.decision_id == decision_id).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else decision_record(row)


def facts_of(connection: Connection, shipment_id: str, revision: int) -> FactsRecord | None:
    """Return one revision of a shipment."""
    query = select(facts).where(facts.c.shipment_id == shipment_id, facts.c.revision == revision)
    row = connection.execute(query).one_or_none()
    return None if row is None else _facts(row)


def decision_record(row: Any) -> DecisionRecord:
    """Read a row of `decisions`."""
    return DecisionRecord(
        record=place("trade.decisions", row),
        written_at=row.written_at,
        latency_ms=row.latency_ms,
        decision=Decision.model_validate_json(row.body),
        body=row.body,
    )


def alert_record(row: Any) -> AlertRecord:
    """Read a row of `alerts`."""
    alert = Alert.model_validate_json(row.body)
    return AlertRecord(place("trade.alerts", row), row.written_at, alert)


def license_use(row: Any) -> LicenseUse:
    """Read a row of `license_uses`."""
    return LicenseUse(
        license_id=row.license_id,
        shipment_id=row.shipment_id,
        line=row.line,
        answer=row.answer,
        license_revision=row.license_revision,
        quantity=None if row.quantity is None else Decimal(row.quantity),
        unit=row.unit,
        value=None if row.value is None else Decimal(row.value),
        currency=row.currency,
    )


def place(topic: str, row: Any) -> str:
    """Say where a row's record stands, as `tidegate explain` does."""
    return f"{topic}-{row.partition}@{row.offset}"


def _newest(
    connection: Connection, query: Select[Any], columns: Any, shipment_id: str, limit: int
) -> Sequence[Any]:
    # All records of a key are in one partition, so their offsets are their order.
    return connection.execute(
        query.where(columns.shipment_id == shipment_id)
        .order_by(columns.offset.desc())
        .limit(limit + 1)
    ).all()


def _row(row: Any) -> ShipmentRow:
    return ShipmentRow(
        shipment_id=row.shipment_id,
        decision_id=row.decision_id,
        revision=row.revision,
        status=row.status,
        open=row.open,
        outcome=Outcome(row.outcome),
        action=Action(row.action),
        as_of=row.as_of,
        since=row.since,
        released_by=tuple(json.loads(row.released_by)),
    )


def _facts(row: Any) -> FactsRecord:
    return FactsRecord(
        record=place("trade.shipments", row),
        written_at=row.written_at,
        event_id=row.event_id,
        shipment=Shipment.model_validate_json(row.body),
        body=row.body,
    )


def _refusals(connection: Connection, shipment_id: str) -> Mapping[tuple[int, int], str]:
    query = select(
        dead_letters.c.topic_partition, dead_letters.c.topic_offset, dead_letters.c.reason
    ).where(dead_letters.c.topic == "trade.dispositions", dead_letters.c.record_key == shipment_id)
    return {
        (row.topic_partition, row.topic_offset): row.reason for row in connection.execute(query)
    }


def _disposition(row: Any, refusals: Mapping[tuple[int, int], str]) -> DispositionRecord:
    return DispositionRecord(
        record=place("trade.dispositions", row),
        written_at=row.written_at,
        disposition=Disposition.model_validate_json(row.body),
        body=row.body,
        refused=refusals.get((row.partition, row.offset)),
    )
