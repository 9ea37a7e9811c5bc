"""One's own account as a page: role, password, API tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tidegate.console.identity import audit, tokens
from tidegate.console.identity.guard import signed_in
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission
from tidegate.console.pages.view import page
from tidegate.console.parts import console_of
from tidegate.console.problems import Invalid, NotFound

TOKEN_DAYS = (7, 30, 90, 366)
NAME_CHARACTERS_MAX = 100

router = APIRouter()

Signed = Annotated[Person, Depends(signed_in)]


@router.get("/account")
def account(request: Request, person: Signed) -> HTMLResponse:
    """Show who one is, and one's tokens."""
    return _account(request, person)


@router.post("/account/tokens")
def make_token(
    request: Request,
    person: Signed,
    name: Annotated[str, Form()],
    days: Annotated[int, Form()],
    scopes: Annotated[list[Permission] | None, Form()] = None,
) -> HTMLResponse:
    """Make a token, and show its secret this once.

    Raises:
        Invalid: no name, no permission, one that the person lacks, or a time that is none.
    """
    chosen = scopes or []
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_CHARACTERS_MAX:
        raise Invalid(f"A token's name has 1 to {NAME_CHARACTERS_MAX} characters.")
    if not chosen or not all(person.may(scope) for scope in chosen):
        raise Invalid("Choose what the token may do, among what you may do yourself.")
    if days not in TOKEN_DAYS:
        raise Invalid("Choose for how long the token holds.")
    console = console_of(request)
    with console.database.begin() as connection:
        made, secret = tokens.make(connection, person, name, chosen, console.now(), days)
        audit.write(connection, request, person.name, audit.TOKEN_MADE, made.name, made.id)
    return _account(request, person, secret=secret, secret_name=made.name)


@router.post("/account/tokens/{number}/revoke")
def revoke_token(request: Request, person: Signed, number: str) -> RedirectResponse:
    """Revoke one of one's own tokens.

    Raises:
        NotFound: one has no such token, or it is revoked already.
    """
    console = console_of(request)
    with console.database.begin() as connection:
        if not tokens.revoke(connection, number, console.now(), person.id):
            raise NotFound("You have no such token that is in use.")
        audit.write(connection, request, person.name, audit.TOKEN_REVOKED, number)
    return RedirectResponse("/account?done=token-revoked", 303)


def _account(
    request: Request, person: Person, secret: str | None = None, secret_name: str | None = None
) -> HTMLResponse:
    with console_of(request).database.read() as connection:
        mine = tokens.of(connection, person.id)
    return page(
        request,
        person,
        "account.html",
        tokens=mine,
        secret=secret,
        secret_name=secret_name,
        permissions=[one for one in Permission if person.may(one)],
        days=TOKEN_DAYS,
    )
