"""Find: from a number to its page."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from tidegate.console.identity.guard import Reader
from tidegate.console.pages.view import page
from tidegate.console.parts import console_of
from tidegate.console.store.holds import HoldFilter, hold_page
from tidegate.console.store.licenses import LicenseFilter, license_page
from tidegate.console.store.shipments import find_shipments

SHOWN = 20

router = APIRouter()


@router.get("/find")
def find(request: Request, person: Reader, q: str = "") -> Response:
    """Go to the one thing that has this number, or show what begins with it.

    A name that is part of a held shipment's party finds that shipment as well.
    """
    console, text = console_of(request), q.strip()
    if not text:
        return RedirectResponse("/", 303)
    with console.database.read() as connection:
        shipments = find_shipments(connection, text, limit=SHOWN)
        licenses = license_page(connection, LicenseFilter(prefix=text), limit=SHOWN).rows
        held = hold_page(connection, console.now(), HoldFilter(party=text), limit=SHOWN).rows
    found = [f"/shipments/{quote(one.shipment_id, safe='')}" for one in shipments]
    found += [f"/licenses/{quote(one.license.license_id, safe='')}" for one in licenses]
    if len(found) == 1 and not held:
        return RedirectResponse(found[0], 303)
    for one in shipments:
        if one.shipment_id == text:
            return RedirectResponse(found[0], 303)
    return page(
        request,
        person,
        "find.html",
        q=text,
        shipments=shipments,
        licenses=licenses,
        held=held,
    )
