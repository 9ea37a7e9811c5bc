"""The hold queue: a page at a time, or all of it as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from tidegate.console.api.parameters import ROWS, WORD, Cursor, Rows, Store, Word, example
from tidegate.console.export import holds_csv, holds_json
from tidegate.console.identity.guard import Reader
from tidegate.console.parts import console_of
from tidegate.console.store.holds import HoldFilter, HoldPage, HoldSort, each_hold, hold_page
from tidegate.events.decision import Action, Outcome

router = APIRouter(tags=["holds"])

LONGEST_HOURS = 24 * 365 * 20
Hours = Annotated[float | None, Query(ge=0, le=LONGEST_HOURS, allow_inf_nan=False)]


def wanted_holds(
    action: Action | None = None,
    outcome: Outcome | None = None,
    measure: Annotated[Word, Query(examples=["CN-JP-01"])] = None,
    destination: Annotated[str | None, Query(pattern="^[A-Z]{2}$", examples=["JP"])] = None,
    party: Annotated[
        str | None, Query(max_length=200, pattern=WORD, description="Part of a party's name.")
    ] = None,
    shipment: Annotated[
        str | None, Query(max_length=200, pattern=WORD, description="How its id begins.")
    ] = None,
    currency: Annotated[str | None, Query(pattern="^[A-Z]{3}$")] = None,
    assignee: Annotated[
        str | None, Query(max_length=100, pattern=WORD, description="`-`: nobody.")
    ] = None,
    min_age_hours: Hours = None,
    max_age_hours: Hours = None,
) -> HoldFilter:
    """Return the filter that a request asks for."""
    return HoldFilter(
        action=action,
        outcome=outcome,
        measure=measure,
        destination=destination,
        party=party,
        shipment=shipment,
        currency=currency,
        assignee=assignee,
        at_least=None if min_age_hours is None else timedelta(hours=min_age_hours),
        less_than=None if max_age_hours is None else timedelta(hours=max_age_hours),
    )


Wanted = Annotated[HoldFilter, Depends(wanted_holds)]

HOLD = {
    "shipment_id": "SHP-1",
    "decision_id": "8cae1236-3be2-5dfb-b2cf-2e93fcaf2310",
    "action": "hold",
    "outcome": "PROHIBITED",
    "since": "2026-02-24T03:00:00Z",
    "as_of": "2026-02-24T03:00:00Z",
    "revision": 1,
    "status": "declared",
    "export_country": "CN",
    "destination_country": "JP",
    "values": [{"currency": "USD", "amount": "48000"}],
    "measures": ["CN-JP-01"],
    "unknown": [],
    "title": "Dual-use items to a Japanese military user",
    "citation": "MOFCOM Announcement No. 1 of 2026, sentence 1, ground (a)",
    "advice": None,
    "parties": ["三菱造船株式会社"],
    "assignee": None,
}


@router.get("/holds", responses=example({"rows": [HOLD], "total": 1, "more": False, "next": None}))
def list_holds(
    request: Request,
    _reader: Reader,
    store: Store,
    wanted: Wanted,
    sort: HoldSort = HoldSort.SINCE,
    descending: bool = False,
    cursor: Cursor = None,
    limit: Rows = ROWS,
) -> HoldPage:
    """Return a page of what is held or under review."""
    now = console_of(request).now()
    return hold_page(store, now, wanted, sort, descending=descending, cursor=cursor, limit=limit)


@router.get(
    "/holds/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}, "application/json": {"example": [HOLD]}}}},
)
def export_holds(
    request: Request, _reader: Reader, wanted: Wanted, format: Literal["csv", "json"] = "csv"
) -> StreamingResponse:
    """Return all that the filter lets through, oldest first, as a file."""
    console = console_of(request)

    def lines() -> Iterator[str]:
        with console.database.read() as connection:
            rows = each_hold(connection, console.now(), wanted)
            yield from holds_csv(rows) if format == "csv" else holds_json(rows)

    kind = "text/csv; charset=utf-8" if format == "csv" else "application/json"
    name = f"holds-{console.now():%Y%m%dT%H%M%SZ}.{format}"
    return StreamingResponse(
        lines(), media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
