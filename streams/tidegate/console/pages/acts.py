"""The audit as a page: who signed in, who changed whom, who read what; and the log of decisions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from tidegate.console.identity import audit
from tidegate.console.identity.guard import require
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission
from tidegate.console.pages.forms import Chosen
from tidegate.console.pages.view import page
from tidegate.console.parts import console_of
from tidegate.console.store.records import disposition_page

ROWS = 50

router = APIRouter()


@router.get("/audit")
def acts(
    request: Request,
    person: Annotated[Person, Depends(require(Permission.AUDIT))],
    actor: Chosen[str] = None,
    before: Chosen[int] = None,
    cursor: Chosen[str] = None,
) -> HTMLResponse:
    """Show what people did, newest first."""
    console = console_of(request)
    with console.database.read() as connection:
        found = list(audit.lines(connection, actor=actor, before=before, limit=ROWS + 1))
        said = disposition_page(connection, cursor=cursor, limit=ROWS)
    return page(
        request,
        person,
        "audit.html",
        acts=found[:ROWS],
        older=found[ROWS - 1].id if len(found) > ROWS else None,
        said=said,
        actor=actor or "",
        before=before,
        cursor=cursor,
        reads=console.settings.console_audit_reads,
    )
