"""Ask for what runs by: alerts, dispositions, dead letters, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Table, func, select, tuple_

from tidegate.console.store import cursor as cursors
from tidegate.console.store.schema import alerts, dead_letters, dispositions
from tidegate.console.store.shipments import AlertRecord, alert_record, place
from tidegate.events.alert import AlertKind, Severity
from tidegate.events.disposition import Disposition, DispositionKind
from tidegate.measures.validity import to_ms


@dataclass(frozen=True, slots=True)
class AlertPage:
    """A page of alerts."""

    rows: tuple[AlertRecord, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class SaidRecord:
    """A disposition as it stands in the log."""

    record: str
    written_at: datetime
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class SaidPage:
    """A page of dispositions."""

    rows: tuple[SaidRecord, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class DeadLetterRow:
    """A refused record: where it stood, what was wrong, and how it begins."""

    record: str
    """Where the refused record stood, as `tidegate dead-letters` names it."""
    topic: str
    key: str | None
    field: str
    reason: str
    size_bytes: int
    preview: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetterPage:
    """A page of dead letters."""

    rows: tuple[DeadLetterRow, ...]
    total: int
    next: str | None


def alert_page(
    connection: Connection,
    *,
    kind: AlertKind | None = None,
    severity: Severity | None = None,
    shipment_id: str | None = None,
    license_id: str | None = None,
    cursor: str | None = None,
    limit: int = cursors.PAGE_ROWS,
) -> AlertPage:
    """Return a page of alerts, newest first.

    Raises:
        WrongCursor: the cursor is none.
    """
    query = _where(
        select(alerts), alerts, kind=kind, severity=severity,
        shipment_id=shipment_id, license_id=license_id,
    )  # fmt: skip
    found, following = _page(connection, query, alerts, cursor, limit)
    return AlertPage(tuple(alert_record(row) for row in found), following)


def disposition_page(
    connection: Connection,
    *,
    kind: DispositionKind | None = None,
    shipment_id: str | None = None,
    cursor: str | None = None,
    limit: int = cursors.PAGE_ROWS,
) -> SaidPage:
    """Return a page of dispositions, newest first.

    Raises:
        WrongCursor: the cursor is none.
    """
    query = _where(select(dispositions), dispositions, kind=kind, shipment_id=shipment_id)
    found, following = _page(connection, query, dispositions, cursor, limit)
    rows = tuple(
        SaidRecord(
            place("trade.dispositions", row),
            row.written_at,
            Disposition.model_validate_json(row.body),
        )
        for row in found
    )
    return SaidPage(rows, following)


def dead_letter_page(
    connection: Connection,
    *,
    topic: str | None = None,
    cursor: str | None = None,
    limit: int = cursors.PAGE_ROWS,
) -> DeadLetterPage:
    """Return a page of dead letters, newest first, of one topic where named.

    Raises:
        WrongCursor: the cursor is none.
    """
    query = _where(select(dead_letters), dead_letters, topic=topic)
    counted = _where(select(func.count()).select_from(dead_letters), dead_letters, topic=topic)
    found, following = _page(connection, query, dead_letters, cursor, limit)
    rows = tuple(
        DeadLetterRow(
            record=f"{row.topic}-{row.topic_partition}@{row.topic_offset}",
            topic=row.topic,
            key=row.record_key,
            field=row.field,
            reason=row.reason,
            size_bytes=row.size_bytes,
            preview=row.preview,
            written_at=row.written_at,
        )
        for row in found
    )
    return DeadLetterPage(rows, connection.execute(counted).scalar_one(), following)


def _where(query: Select[Any], table: Table, **wanted: str | None) -> Select[Any]:
    conditions = [table.c[name] == value for name, value in wanted.items() if value is not None]
    return query.where(*conditions)


def _page(
    connection: Connection, query: Select[Any], table: Table, cursor: str | None, limit: int
) -> tuple[list[Any], str | None]:
    key = (table.c.written_at, table.c.partition, table.c.offset)
    if cursor is not None:
        written_ms, partition, offset = cursors.decoded(cursor, int, int, int)
        bound = tuple_(written_ms, partition, offset, types=[BigInteger()] * 3)
        query = query.where(tuple_(*key) < bound)
    ordered = query.order_by(*(column.desc() for column in key)).limit(limit + 1)
    found = list(connection.execute(ordered))
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], cursors.encoded(to_ms(last.written_at), last.partition, last.offset)
