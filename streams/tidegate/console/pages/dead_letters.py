"""Dead letters as a page: what could not be used, and why."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from tidegate.console.identity.guard import Reader
from tidegate.console.pages.forms import Chosen
from tidegate.console.pages.view import page
from tidegate.console.parts import console_of
from tidegate.console.store.records import dead_letter_page

TOPICS = ("trade.shipments", "trade.licenses", "trade.dispositions")

router = APIRouter()


@router.get("/dead-letters")
def dead_letters(
    request: Request, person: Reader, topic: Chosen[str] = None, cursor: str = ""
) -> HTMLResponse:
    """Show dead letters, newest first."""
    with console_of(request).database.read() as connection:
        found = dead_letter_page(connection, topic=topic, cursor=cursor or None)
    return page(
        request,
        person,
        "dead_letters.html",
        page=found,
        topic=topic,
        topics=TOPICS,
        cursor=cursor,
    )
