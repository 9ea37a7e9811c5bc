"""What people do on pages: take a case, decide, second, decline, say the same of several."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from tidegate.console.desk import bulk, cases
from tidegate.console.desk.standing import shipment_now
from tidegate.console.desk.wish import Wish
from tidegate.console.identity.guard import require
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission
from tidegate.console.pages.sign_in import local
from tidegate.console.pages.view import page
from tidegate.console.parts import console_of
from tidegate.console.problems import Conflict, Invalid
from tidegate.events.disposition import DispositionKind
from tidegate.events.errors import path_text

SEPARATOR = "\x1f"
"""Between a party's name and a list entry's id in one field of the form."""
TAKE = "take"

router = APIRouter()

Decides = Annotated[Person, Depends(require(Permission.DECIDE))]
Approves = Annotated[Person, Depends(require(Permission.APPROVE))]
Field = Annotated[str, Form()]


@router.post("/shipments/{shipment_id}/case")
def case(
    request: Request, person: Decides, shipment_id: str, act: Field, seen: Field = ""
) -> RedirectResponse:
    """Take a shipment in hand, or give it back.

    Raises:
        Conflict: somebody else has it by now.
    """
    console = console_of(request)
    assignee = person.name if act == TAKE else None
    with console.database.begin() as connection:
        shipment_now(connection, shipment_id)
        cases.assign(connection, shipment_id, assignee, person, console.now(), seen or None)
    return _back(shipment_id, "taken" if assignee else "given-back")


@router.post("/shipments/{shipment_id}/dispositions")
async def decide(
    request: Request,
    person: Decides,
    shipment_id: str,
    decision_id: Field,
    kind: Annotated[DispositionKind, Form()],
    reason: Field,
    special_approval: Field = "",
    match: Field = "",
    takes_back: Field = "",
) -> RedirectResponse:
    """Take what a person decides; a release of a hold becomes a proposal.

    Raises:
        Invalid, Stale, Conflict, NotFound: as the desk says.
    """
    party, _, entry = match.partition(SEPARATOR)
    try:
        wish = Wish(
            shipment_id=shipment_id,
            decision_id=decision_id,
            kind=kind,
            reason=reason,
            special_approval=special_approval.strip() or None,
            party=party or None,
            entry=entry or None,
            takes_back=takes_back or None,
        )
    except ValidationError as error:
        raise _invalid(error) from None
    taken = await console_of(request).desk.decide(person, wish)
    return _back(shipment_id, "sent" if taken.outgoing is not None else "proposed")


@router.post("/proposals/{number}/second")
async def second(
    request: Request, person: Approves, number: str, shipment_id: Field, reason: Field = ""
) -> RedirectResponse:
    """Second what another person proposed: it is sent."""
    await console_of(request).desk.second(person, number, reason.strip())
    return _back(shipment_id, "seconded")


@router.post("/proposals/{number}/decline")
async def decline(
    request: Request, person: Decides, number: str, shipment_id: Field, reason: Field = ""
) -> RedirectResponse:
    """Decline a proposal, or take one's own back."""
    await run_in_threadpool(console_of(request).desk.decline, person, number, reason.strip())
    return _back(shipment_id, "declined")


@router.post("/holds/bulk")
async def several(
    request: Request,
    person: Decides,
    act: Field,
    shipment: Annotated[list[str], Form()],
    reason: Field = "",
    back: Field = "/holds",
) -> Response:
    """Take several shipments in hand, or say the same of all of them; each is told of.

    Raises:
        Invalid: no reason, too many, or they are held for different reasons.
    """
    pairs = [(one[0], one[2]) for one in (text.rpartition(" ") for text in shipment)]
    if len(pairs) > bulk.AT_ONCE:
        raise Invalid(f"At most {bulk.AT_ONCE} at once: as many as one can have looked at.")
    if act == TAKE:
        results = await run_in_threadpool(_take_all, request, person, [one for one, _ in pairs])
    else:
        results = await _decide_all(request, person, act, reason.strip(), pairs)
    return await run_in_threadpool(_told, request, person, act, results, local(back))


def _take_all(
    request: Request, person: Person, shipment_ids: list[str]
) -> list[tuple[str, str | None]]:
    console = console_of(request)
    results: list[tuple[str, str | None]] = []
    for shipment_id in shipment_ids:
        try:
            with console.database.begin() as connection:
                cases.assign(connection, shipment_id, person.name, person, console.now(), seen=None)
            results.append((shipment_id, None))
        except Conflict as problem:
            results.append((shipment_id, problem.detail))
    return results


async def _decide_all(
    request: Request, person: Person, act: str, reason: str, pairs: list[tuple[str, str]]
) -> list[tuple[str, str | None]]:
    if not reason:
        raise Invalid("Give a reason; it is written down for each of them.")
    try:
        kind = DispositionKind(act)
    except ValueError:
        raise Invalid(f"{act} is nothing that can be said of several.") from None
    found = await bulk.decide(console_of(request).desk, person, kind, reason, pairs)
    return [(one.shipment_id, one.problem) for one in found]


def _told(
    request: Request, person: Person, act: str, results: list[tuple[str, str | None]], back: str
) -> HTMLResponse:
    return page(request, person, "bulk.html", act=act, results=results, back=back)


def _invalid(error: ValidationError) -> Invalid:
    first = error.errors()[0]
    field = path_text(first["loc"])
    return Invalid(f"{field}: {first['msg']}." if field else f"{first['msg']}.")


def _back(shipment_id: str, done: str) -> RedirectResponse:
    return RedirectResponse(f"/shipments/{quote(shipment_id, safe='')}?done={done}", 303)
