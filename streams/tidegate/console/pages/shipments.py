"""One shipment as a page: why it stands still, since when, by which article, what frees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from tidegate.console.desk import cases, outbox, proposals, standing
from tidegate.console.desk.proposals import State
from tidegate.console.identity.audit import write_read
from tidegate.console.identity.guard import Reader
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission
from tidegate.console.pages.desk import SEPARATOR
from tidegate.console.pages.story import SAID, story_of
from tidegate.console.pages.view import page
from tidegate.console.parts import Console, console_of
from tidegate.console.problems import NotFound
from tidegate.console.store.shipments import ShipmentFile, shipment_file
from tidegate.events.decision import ListEntry

FATES_SHOWN = 10

router = APIRouter()


@router.get("/shipments/{shipment_id}")
def shipment(request: Request, person: Reader, shipment_id: str) -> HTMLResponse:
    """Show a shipment, and what one may do about it.

    Raises:
        NotFound: no topic holds anything of it.
    """
    console = console_of(request)
    with console.database.read() as connection:
        file = shipment_file(connection, shipment_id)
        if file is None:
            raise NotFound(f"No record of {shipment_id}. If it was just sent, wait a second.")
        at_desk = _at_desk(console, connection, person, file, shipment_id)
        waiting = list(_waiting(connection, shipment_id))
    write_read(request, person, shipment_id)
    view = story_of(file, shipment_id, waiting)
    return page(request, person, "shipment.html", view=view, **at_desk)


@router.get("/shipments/{shipment_id}/file")
def printable(request: Request, person: Reader, shipment_id: str) -> HTMLResponse:
    """Show a shipment's whole file, to be printed: for an authority's question years later.

    Raises:
        NotFound: no topic holds anything of it.
    """
    console = console_of(request)
    with console.database.read() as connection:
        file = shipment_file(connection, shipment_id)
    if file is None:
        raise NotFound(f"No record of {shipment_id}.")
    write_read(request, person, shipment_id)
    view = story_of(file, shipment_id, [])
    return page(request, person, "file.html", view=view, file=file)


def _at_desk(
    console: Console, connection: Connection, person: Person, file: ShipmentFile, shipment_id: str
) -> dict[str, Any]:
    """Return what the forms need: who has it, what is proposed, what can be said of it."""
    now = console.now()
    decision = file.decision
    named = standing.in_force(decision) if decision is not None else frozenset()
    looking = cases.lookers(connection, shipment_id, now)
    return {
        "case": cases.assignment(connection, shipment_id),
        "others": [name for name in looking if name != person.name],
        "proposals": proposals.listed(connection, now, state=State.OPEN, shipment_id=shipment_id),
        "matches": list(_matches(file)),
        "in_force": [
            said.disposition
            for said in file.dispositions
            if said.disposition.disposition_id in named
        ],
        "may_decide": person.may(Permission.DECIDE),
        "may_approve": person.may(Permission.APPROVE),
        "separator": SEPARATOR,
    }


def _matches(file: ShipmentFile) -> Iterator[ListEntry]:
    seen = set()
    for reason in file.decision.reasons if file.decision is not None else ():
        entry = reason.list_entry
        if entry is not None and (entry.matched, entry.entry) not in seen:
            seen.add((entry.matched, entry.entry))
            yield entry


def _waiting(connection: Connection, shipment_id: str) -> Iterator[str]:
    """Yield what was decided here and does not show in the decision yet, or was refused."""
    for one in outbox.of_shipment(connection, shipment_id)[-FATES_SHOWN:]:
        said = one.disposition
        outcome = standing.outcome_of(connection, said)
        what = f"{SAID[said.kind]} by {said.by}"
        if outcome.fate is standing.Fate.WAITING:
            yield f"{what} waits for the broker: it is sent by itself when that answers."
        elif outcome.fate is standing.Fate.SENT:
            yield f"{what} is sent: waiting for the worker. Until then it stays as you see it."
