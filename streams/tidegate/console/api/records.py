"""What runs by: alerts, dispositions, dead letters, deliveries, and what practice shows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from tidegate.console.api.parameters import ROWS, WORD, Cursor, Id, Rows, Store
from tidegate.console.identity.guard import Reader
from tidegate.console.problems import NotFound
from tidegate.console.store.deliveries import (
    DeliveryFile,
    DeliveryPage,
    EndpointRow,
    delivery_file,
    delivery_page,
    endpoint_rows,
)
from tidegate.console.store.practice import Practice, practice_counts
from tidegate.console.store.records import (
    AlertPage,
    DeadLetterPage,
    SaidPage,
    alert_page,
    dead_letter_page,
    disposition_page,
)
from tidegate.events.alert import AlertKind, Severity
from tidegate.events.delivery import DeliveryStatus
from tidegate.events.disposition import DispositionKind
from tidegate.events.practice import PracticeSubject

router = APIRouter(tags=["records"])

Text = Annotated[str | None, Query(max_length=200, pattern=WORD)]


@router.get("/alerts")
def list_alerts(
    _reader: Reader,
    store: Store,
    kind: AlertKind | None = None,
    severity: Severity | None = None,
    shipment_id: Text = None,
    license_id: Text = None,
    cursor: Cursor = None,
    limit: Rows = ROWS,
) -> AlertPage:
    """Return alerts, newest first."""
    return alert_page(
        store,
        kind=kind,
        severity=severity,
        shipment_id=shipment_id,
        license_id=license_id,
        cursor=cursor,
        limit=limit,
    )


@router.get("/dispositions")
def list_dispositions(
    _reader: Reader,
    store: Store,
    kind: DispositionKind | None = None,
    shipment_id: Text = None,
    cursor: Cursor = None,
    limit: Rows = ROWS,
) -> SaidPage:
    """Return what people decided, newest first, as it stands in the log."""
    return disposition_page(store, kind=kind, shipment_id=shipment_id, cursor=cursor, limit=limit)


@router.get("/dead-letters")
def list_dead_letters(
    _reader: Reader, store: Store, topic: Text = None, cursor: Cursor = None, limit: Rows = ROWS
) -> DeadLetterPage:
    """Return records that could not be used, newest first: where, which field, why."""
    return dead_letter_page(store, topic=topic, cursor=cursor, limit=limit)


@router.get("/deliveries")
def list_deliveries(
    _reader: Reader,
    store: Store,
    status: DeliveryStatus | None = None,
    endpoint: Text = None,
    shipment_id: Text = None,
    cursor: Cursor = None,
    limit: Rows = ROWS,
) -> DeliveryPage:
    """Return deliveries of alerts, the last moved first."""
    return delivery_page(
        store,
        status=status,
        endpoint=endpoint,
        shipment_id=shipment_id,
        cursor=cursor,
        limit=limit,
    )


@router.get("/deliveries/{delivery_id}")
def read_delivery(_reader: Reader, store: Store, delivery_id: Id) -> DeliveryFile:
    """Return one delivery with every step of it."""
    found = delivery_file(store, delivery_id)
    if found is None:
        raise NotFound(f"There is no delivery {delivery_id}.")
    return found


@router.get("/endpoints")
def list_endpoints(_reader: Reader, store: Store) -> list[EndpointRow]:
    """Return where alerts go, and how their deliveries stand."""
    return list(endpoint_rows(store))


@router.get("/practice")
def list_practice(
    _reader: Reader,
    store: Store,
    subject: PracticeSubject | None = None,
    destination: Text = None,
    item_group: Text = None,
    since_week: Annotated[
        str | None, Query(pattern=r"^\d{4}-W\d{2}$", examples=["2026-W08"])
    ] = None,
) -> list[Practice]:
    """Return what is observed of civil exports, week by week."""
    counts = practice_counts(
        store,
        subject=subject,
        destination=destination,
        item_group=item_group,
        since_week=since_week,
    )
    return list(counts)
