"""Ask what became of alerts: where each delivery stands, and every try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, String, func, select, tuple_

from tidegate.console.store import cursor as cursors
from tidegate.console.store.schema import deliveries, delivery_steps, endpoints
from tidegate.events.delivery import Delivery, DeliveryStatus
from tidegate.measures.validity import to_ms


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """Where one delivery stands."""

    delivery: Delivery
    written_at: datetime
    key: str
    """Of its record: a command about it has the same."""


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """A page of deliveries, the last moved first."""

    rows: tuple[DeliveryRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class DeliveryFile:
    """One delivery with its steps, oldest first."""

    delivery: DeliveryRow
    steps: tuple[DeliveryRow, ...]


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint with how its deliveries stand."""

    endpoint: str
    counts: tuple[tuple[DeliveryStatus, int], ...]
    disabled: str | None
    """Why it is disabled; None: it is not."""
    since: datetime | None


def delivery_page(
    connection: Connection,
    *,
    status: DeliveryStatus | None = None,
    endpoint: str | None = None,
    shipment_id: str | None = None,
    cursor: str | None = None,
    limit: int = cursors.PAGE_ROWS,
) -> DeliveryPage:
    """Return a page of deliveries, the last moved first.

    Raises:
        WrongCursor: the cursor is none.
    """
    key = (deliveries.c.written_at, deliveries.c.delivery_id)
    query = select(deliveries)
    for column, value in (
        (deliveries.c.status, status),
        (deliveries.c.endpoint, endpoint),
        (deliveries.c.shipment_id, shipment_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if cursor is not None:
        last = cursors.decoded(cursor, int, str)
        query = query.where(tuple_(*key) < tuple_(*last, types=[BigInteger(), String()]))
    ordered = query.order_by(*(column.desc() for column in key)).limit(limit + 1)
    found = connection.execute(ordered).all()
    following = None
    if len(found) > limit:
        end = found[limit - 1]
        following = cursors.encoded(to_ms(end.written_at), end.delivery_id)
    return DeliveryPage(tuple(_row(row, row.record_key) for row in found[:limit]), following)


def delivery_file(connection: Connection, delivery_id: str) -> DeliveryFile | None:
    """Return a delivery with its steps; None where there is none of that id."""
    query = select(deliveries).where(deliveries.c.delivery_id == delivery_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    steps = connection.execute(
        select(delivery_steps)
        .where(delivery_steps.c.delivery_id == delivery_id)
        .order_by(delivery_steps.c.offset)
    )
    key = row.record_key
    return DeliveryFile(_row(row, key), tuple(_row(step, key) for step in steps))


def endpoint_rows(connection: Connection) -> tuple[EndpointRow, ...]:
    """Return every endpoint that was ever delivered to, by name."""
    query = select(deliveries.c.endpoint, deliveries.c.status, func.count())
    counts: dict[str, dict[str, int]] = {}
    for name, status, count in connection.execute(
        query.group_by(deliveries.c.endpoint, deliveries.c.status)
    ):
        counts.setdefault(name, {})[status] = count
    states = {row.endpoint: row for row in connection.execute(select(endpoints))}
    rows = []
    for name in sorted(counts.keys() | states.keys()):
        state, of = states.get(name), counts.get(name, {})
        off = state is not None and state.disabled
        rows.append(
            EndpointRow(
                name,
                tuple((status, of[status]) for status in DeliveryStatus if status in of),
                state.reason if state is not None and off else None,
                state.at if state is not None and off else None,
            )
        )
    return tuple(rows)


def _row(row: Any, key: str) -> DeliveryRow:
    return DeliveryRow(Delivery.model_validate_json(row.body), row.written_at, key)
