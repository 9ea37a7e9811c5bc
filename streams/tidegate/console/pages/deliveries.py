"""Deliveries of alerts as pages: where each stands, and every try."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from tidegate.console.identity.guard import Reader
from tidegate.console.pages.forms import Chosen
from tidegate.console.pages.view import page
from tidegate.console.parts import console_of
from tidegate.console.problems import NotFound
from tidegate.console.store.deliveries import delivery_file, delivery_page, endpoint_rows
from tidegate.events.delivery import DeliveryStatus

router = APIRouter()


@router.get("/deliveries")
def deliveries(
    request: Request,
    person: Reader,
    status: Chosen[DeliveryStatus] = None,
    endpoint: Chosen[str] = None,
    cursor: Chosen[str] = None,
) -> HTMLResponse:
    """Show deliveries, the last moved first."""
    with console_of(request).database.read() as connection:
        found = delivery_page(connection, status=status, endpoint=endpoint, cursor=cursor)
        endpoints = endpoint_rows(connection)
    return page(
        request,
        person,
        "deliveries.html",
        page=found,
        endpoints=endpoints,
        status=status,
        endpoint=endpoint,
        cursor=cursor,
    )


@router.get("/deliveries/{delivery_id}")
def delivery(request: Request, person: Reader, delivery_id: str) -> HTMLResponse:
    """Show one delivery with every try.

    Raises:
        NotFound: there is none of that id.
    """
    with console_of(request).database.read() as connection:
        file = delivery_file(connection, delivery_id)
    if file is None:
        raise NotFound(f"There is no delivery {delivery_id}.")
    return page(request, person, "delivery.html", file=file)
