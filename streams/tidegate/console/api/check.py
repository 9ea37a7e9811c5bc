"""Ask before booking: what would be decided of this shipment, by the workers' own engine."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from tidegate.console.api.parameters import Law, instant
from tidegate.console.check import check, cited_licenses, events_of
from tidegate.console.identity.guard import require
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission
from tidegate.console.parts import Console, console_of
from tidegate.console.problems import Invalid
from tidegate.console.store.licenses import licenses_of
from tidegate.events.codec import MAX_EVENT_BYTES
from tidegate.events.decision import Decision
from tidegate.events.errors import InvalidEvent
from tidegate.measures.tables import Tables

router = APIRouter(tags=["check"])

SHIPMENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "/erp/example",
    "type": "trade.shipment.v1",
    "data": {
        "shipment_id": "SHP-1",
        "revision": 1,
        "status": "booked",
        "export_country": "CN",
        "destination_country": "JP",
        "parties": [
            {"role": "exporter", "name": "Example Materials", "country": "CN"},
            {"role": "end_user", "name": "Example Motors", "country": "JP", "class": "civil"},
        ],
        "items": [{"line": 1, "control_codes": ["CN:1C905.b"], "origin_country": "CN"}],
        "end_use": {"class": "civil", "military_capability": "no"},
    },
}
_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1},
        "type": {"enum": ["trade.shipment.v1", "trade.license.v1", "trade.disposition.v1"]},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A CloudEvent as the topics carry it (`schemas/`), or an array of them.",
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [_EVENT, {"type": "array", "items": _EVENT, "minItems": 1}],
                },
                "example": SHIPMENT,
            }
        },
    }
}

Asks = Annotated[Person, Depends(require(Permission.CHECK))]


class CheckAnswer(BaseModel):
    """The decision on each shipment asked for. Nothing is booked by it, and nothing released."""

    decisions: list[Decision]
    tables_version: str
    as_of: datetime
    assumed: list[str]
    """What the workers know and this answer does not, such as a license's balance."""


@router.post("/check", openapi_extra=BODY)
async def ask(
    request: Request,
    _person: Asks,
    tables: Law,
    as_of: Annotated[
        str | None, Query(max_length=40, description="RFC 3339, with its offset; now.")
    ] = None,
) -> CheckAnswer:
    """Decide shipments that nobody has booked, at once, under the tables in force."""
    console = console_of(request)
    when = instant("as_of", as_of, console.now())
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_EVENT_BYTES:
            raise Invalid(f"At most {MAX_EVENT_BYTES} bytes are read.")
    try:
        return await run_in_threadpool(_answer, console, tables, bytes(body), when)
    except InvalidEvent as error:
        wrong = [{"field": error.field, "reason": error.reason}]
        raise Invalid("See `errors`.", errors=wrong) from None


def _answer(console: Console, tables: Tables, body: bytes, when: datetime) -> CheckAnswer:
    events = events_of(body)
    cited = cited_licenses(events)
    with console.database.read() as connection:
        licenses = licenses_of(connection, sorted(cited))
    found = check(tables, events, licenses, when)
    return CheckAnswer(
        decisions=list(found.decisions),
        tables_version=found.tables_version,
        as_of=found.as_of,
        assumed=list(found.assumed),
    )
