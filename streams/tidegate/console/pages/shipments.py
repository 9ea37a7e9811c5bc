"""One shipment as a page: why it stands still, since when, by which article, what frees it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from tidegate.console.identity.audit import write_read
from tidegate.console.identity.guard import Reader
from tidegate.console.pages.story import story_of
from tidegate.console.pages.view import page
from tidegate.console.parts import console_of
from tidegate.console.problems import NotFound
from tidegate.console.store.shipments import shipment_file

router = APIRouter()


@router.get("/shipments/{shipment_id}")
def shipment(request: Request, person: Reader, shipment_id: str) -> HTMLResponse:
    """Show a shipment.

    Raises:
        NotFound: no topic holds anything of it.
    """
    console = console_of(request)
    with console.database.read() as connection:
        file = shipment_file(connection, shipment_id)
    if file is None:
        raise NotFound(f"No record of {shipment_id}. If it was just sent, wait a second.")
    write_read(request, person, shipment_id)
    return page(request, person, "shipment.html", view=story_of(file, shipment_id))
