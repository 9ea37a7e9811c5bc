"""What every page is drawn with: who looks, where they are, and whether what they see is live."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from tidegate.console.identity.person import Person
from tidegate.console.pages.navigation import address, navigation
from tidegate.console.pages.templating import draw
from tidegate.console.parts import Console, console_of
from tidegate.measures.tables import Tables

DONE = {
    "taken": "You have it in hand now.",
    "given-back": "It is in nobody's hand now.",
    "sent": "Sent. The page shows the effect when the worker's decision says so.",
    "proposed": "Proposed. Somebody else with the role of an approver has to second it.",
    "seconded": "Seconded and sent. The page shows the effect when the worker's decision says so.",
    "declined": "Declined.",
    "saved": "Saved.",
    "again": "Asked for. It will be sent again in a moment.",
    "token-revoked": "The token is revoked.",
}
"""What a page says after something was done, by the word in its address."""


def page(
    request: Request, person: Person, template: str, *, code: int = 200, **context: Any
) -> HTMLResponse:
    """Return a page in the frame of the console, with its navigation and live state."""
    path = request.url.path
    groups = navigation(person)
    entries = [entry.href for group in groups for entry in group.entries]
    here = max((h for h in entries if path == h or path.startswith(h + "/")), key=len, default="")
    done = DONE.get(request.query_params.get("done", ""))
    parameters = {k: v for k, v in request.query_params.items() if k != "done"}

    def link(**changed: str | None) -> str:
        return address(path, parameters, **changed)

    html = draw(
        template,
        person=person,
        csrf_token=person.csrf_token or "",
        navigation=groups,
        here=here,
        link=link,
        messages=[done] if done else [],
        stale=stale_text(console_of(request)),
        now=console_of(request).now(),
        **context,
    )
    return HTMLResponse(html, code)


def stale_text(console: Console) -> str | None:
    """Say why what pages show may be old; None: it is current."""
    problem = console.projector.problem() if console.projector is not None else None
    if problem is None:
        return None
    return (
        f"{problem[:1].upper()}{problem[1:].rstrip('.')}. You see what was known before. Nothing is"
        " lost, and it goes on by itself when the cause is gone; if it lasts, tell an operator."
    )


def tables_of(console: Console) -> Tables | None:
    """Return the restriction tables in force; None before the first have been read."""
    return console.tables.current if console.tables is not None else None
