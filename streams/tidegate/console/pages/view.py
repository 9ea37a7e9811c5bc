"""What every page is drawn with: who looks, where they are, and whether what they see is live."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from tidegate.console.identity.person import Person
from tidegate.console.pages.navigation import address, navigation
from tidegate.console.pages.templating import draw
from tidegate.console.parts import console_of

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
        stale=stale_text(request),
        now=console_of(request).now(),
        **context,
    )
    return HTMLResponse(html, code)


def stale_text(request: Request) -> str | None:
    """Say what keeps the pages from being current; None: nothing does."""
    problems = [service.problem() for service in console_of(request).services]
    told = [problem for problem in problems if problem]
    if not told:
        return None
    return (
        f"{told[0][:1].upper()}{told[0][1:]}. You see what was known before; nothing is lost, and"
        " it goes on by itself when the cause is gone."
    )
