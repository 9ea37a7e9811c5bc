"""Who may sign in, as a page for administrators: add, change the role, let in no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import Connection

from tidegate.console.identity import audit, users
from tidegate.console.identity.guard import require
from tidegate.console.identity.passwords import made_password
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import GRANTED, Permission, Role
from tidegate.console.pages.view import page
from tidegate.console.parts import console_of
from tidegate.console.problems import Conflict, NotFound

router = APIRouter()

Admin = Annotated[Person, Depends(require(Permission.ADMINISTER))]


@router.get("/users")
def everybody(request: Request, person: Admin) -> HTMLResponse:
    """Show everybody."""
    return _users(request, person)


@router.post("/users")
def add(
    request: Request, person: Admin, name: Annotated[str, Form()], role: Annotated[Role, Form()]
) -> HTMLResponse:
    """Add a person, and show the password for the first sign-in this once.

    Raises:
        Conflict: the name is taken, or is none.
    """
    console = console_of(request)
    secret = made_password()
    try:
        with console.database.begin() as connection:
            made = users.add(
                connection, name, role, console.now(), password=secret, must_change_password=True
            )
            audit.write(connection, request, person.name, audit.USER_ADDED, made.name, str(role))
    except users.UserError as error:
        raise Conflict(f"{error}.") from None
    return _users(request, person, secret=secret, secret_name=made.name)


@router.post("/users/{number}/role")
def set_role(
    request: Request, person: Admin, number: str, role: Annotated[Role, Form()]
) -> RedirectResponse:
    """Give a person another role."""

    def change(connection: Connection, user: users.User) -> None:
        users.set_role(connection, user, role)
        audit.write(connection, request, person.name, audit.ROLE_SET, user.name, str(role))

    return _changed(request, number, change)


@router.post("/users/{number}/disable")
def disable(request: Request, person: Admin, number: str) -> RedirectResponse:
    """Let a person in no more."""

    def change(connection: Connection, user: users.User) -> None:
        users.disable(connection, user, console_of(request).now())
        audit.write(connection, request, person.name, audit.USER_DISABLED, user.name)

    return _changed(request, number, change)


@router.post("/users/{number}/enable")
def enable(request: Request, person: Admin, number: str) -> RedirectResponse:
    """Let a person in again; it lifts a lock as well."""

    def change(connection: Connection, user: users.User) -> None:
        users.enable(connection, user)
        audit.write(connection, request, person.name, audit.USER_ENABLED, user.name)

    return _changed(request, number, change)


@router.post("/users/{number}/password")
def reset_password(request: Request, person: Admin, number: str) -> HTMLResponse:
    """Make a new password for somebody's next sign-in, and show it this once.

    Raises:
        NotFound: there is no such user.
    """
    secret = made_password()
    try:
        with console_of(request).database.begin() as connection:
            user = users.get(connection, number)
            users.set_password(connection, user, secret, must_change=True)
            audit.write(connection, request, person.name, audit.PASSWORD_SET, user.name)
    except users.NoSuchUser as error:
        raise NotFound(f"{error}.") from None
    return _users(request, person, secret=secret, secret_name=user.name)


def _changed(
    request: Request, number: str, change: Callable[[Connection, users.User], None]
) -> RedirectResponse:
    try:
        with console_of(request).database.begin() as connection:
            change(connection, users.get(connection, number))
    except users.NoSuchUser as error:
        raise NotFound(f"{error}.") from None
    except users.UserError as error:
        raise Conflict(f"{error}.") from None
    return RedirectResponse("/users?done=saved", 303)


def _users(
    request: Request, person: Person, secret: str | None = None, secret_name: str | None = None
) -> HTMLResponse:
    with console_of(request).database.read() as connection:
        found = users.all_users(connection)
    return page(
        request,
        person,
        "users.html",
        users=found,
        roles=list(Role),
        granted={role: [one for one in Permission if one in GRANTED[role]] for role in Role},
        secret=secret,
        secret_name=secret_name,
    )
