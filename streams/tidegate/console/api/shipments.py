"""Shipments and decisions: to find, to read, and to hand out as a file."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from tidegate.console.api.parameters import ROWS, WORD, Id, Rows, Store
from tidegate.console.export import file_csv, file_export
from tidegate.console.identity.audit import write_read
from tidegate.console.identity.guard import Reader
from tidegate.console.parts import console_of
from tidegate.console.problems import NotFound
from tidegate.console.store.shipments import (
    DecisionRecord,
    ShipmentFile,
    ShipmentRow,
    decision_of,
    find_shipments,
    shipment_file,
)

router = APIRouter(tags=["shipments"])

EXPORTED_ROWS = 100_000
"""Records of each kind in an exported file at most; it says where that is not all."""


@router.get("/shipments")
def list_shipments(
    _reader: Reader,
    store: Store,
    prefix: Annotated[
        str, Query(max_length=200, pattern=WORD, description="How the id begins.")
    ] = "",
    after: Annotated[
        str, Query(max_length=200, pattern=WORD, description="The last id of the page before.")
    ] = "",
    limit: Rows = ROWS,
) -> list[ShipmentRow]:
    """Return shipments with their decision in force, by id."""
    return list(find_shipments(store, prefix, after, limit))


@router.get("/shipments/{shipment_id:path}/file", response_class=JSONResponse)
def export_shipment(
    request: Request,
    reader: Reader,
    store: Store,
    shipment_id: Id,
    format: Literal["json", "csv"] = "json",
) -> Response:
    """Return all that is known of a shipment, with sources and hashes, as a file."""
    file = _file(request, reader, store, shipment_id, EXPORTED_ROWS)
    content = file_export(shipment_id, file, console_of(request).now())
    name = quote(f"{shipment_id}.{format}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    if format == "json":
        return JSONResponse(content, headers=headers)
    return Response("".join(file_csv(content)), media_type="text/csv", headers=headers)


@router.get("/shipments/{shipment_id:path}")
def read_shipment(request: Request, reader: Reader, store: Store, shipment_id: Id) -> ShipmentFile:
    """Return a shipment: facts as they changed, every decision, what people decided, alerts."""
    return _file(request, reader, store, shipment_id)


@router.get("/decisions/{decision_id}")
def read_decision(
    request: Request, reader: Reader, store: Store, decision_id: Id
) -> DecisionRecord:
    """Return one decision by its id."""
    found = decision_of(store, decision_id)
    if found is None:
        raise NotFound(f"There is no decision {decision_id}.")
    write_read(request, reader, found.decision.shipment_id)
    return found


def _file(
    request: Request, reader: Reader, store: Store, shipment_id: str, limit: int = 200
) -> ShipmentFile:
    found = shipment_file(store, shipment_id, limit)
    if found is None:
        raise NotFound(f"Nothing is known of a shipment {shipment_id}.")
    write_read(request, reader, shipment_id)
    return found
