"""People: add, list, set roles, disable, reset a password. For who administers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from tidegate.console.identity import audit, users
from tidegate.console.identity.guard import require
from tidegate.console.identity.passwords import made_password
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission, Role
from tidegate.console.parts import console_of
from tidegate.console.problems import Conflict, Invalid, NotFound

router = APIRouter(tags=["identity"])

Administers = Annotated[Person, Depends(require(Permission.ADMINISTER))]


class UserView(BaseModel):
    """One account."""

    id: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None
    locked_until: datetime | None = None
    must_change_password: bool
    issuer: str | None = Field(None, description="Who vouches for them (OpenID Connect).")


class NewUser(BaseModel):
    """A person to add."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"name": "analyst", "role": "analyst"}}
    )

    name: str = Field(min_length=1, max_length=users.NAME_CHARACTERS_MAX)
    role: Role


class MadeUser(BaseModel):
    """An account with the password of its first sign-in, shown this once."""

    user: UserView
    password: str


class UserChange(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"role": "approver"}})

    role: Role | None = None
    disabled: bool | None = None


@router.get("/users")
def list_users(request: Request, person: Administers) -> list[UserView]:
    """Return everybody, by name."""
    with console_of(request).database.read() as connection:
        return [_view(user) for user in users.all_users(connection)]


@router.post("/users", status_code=201)
def add_user(request: Request, person: Administers, wish: NewUser) -> MadeUser:
    """Add a person; the answer has a password that must be changed when it is first used."""
    console = console_of(request)
    password = made_password()
    try:
        with console.database.begin() as connection:
            user = users.add(
                connection,
                wish.name,
                wish.role,
                console.now(),
                password=password,
                must_change_password=True,
            )
            audit.write(connection, request, person.name, audit.USER_ADDED, user.name, user.role)
    except users.UserError as error:
        raise Invalid(f"name: {error}.") from None
    return MadeUser(user=_view(user), password=password)


@router.patch("/users/{user_id}")
def change_user(
    request: Request, person: Administers, user_id: str, change: UserChange
) -> UserView:
    """Set a person's role, or let them in no more, or again."""
    console = console_of(request)
    try:
        with console.database.begin() as connection:
            user = users.get(connection, user_id)
            if change.role is not None and change.role is not user.role:
                users.set_role(connection, user, change.role)
                detail = f"{user.role} to {change.role}"
                audit.write(connection, request, person.name, audit.ROLE_SET, user.name, detail)
            user = users.get(connection, user_id)
            if change.disabled is True and user.disabled_at is None:
                users.disable(connection, user, console.now())
                audit.write(connection, request, person.name, audit.USER_DISABLED, user.name)
            if change.disabled is False:
                users.enable(connection, user)
                audit.write(connection, request, person.name, audit.USER_ENABLED, user.name)
            return _view(users.get(connection, user_id))
    except users.NoSuchUser as error:
        raise NotFound(f"{error}.") from None
    except users.LastAdmin as error:
        raise Conflict(f"{error}.") from None


@router.post("/users/{user_id}/password")
def reset_password(request: Request, person: Administers, user_id: str) -> MadeUser:
    """Give a person a new password that must be changed when it is first used."""
    password = made_password()
    try:
        with console_of(request).database.begin() as connection:
            user = users.get(connection, user_id)
            users.set_password(connection, user, password, must_change=True)
            audit.write(connection, request, person.name, audit.PASSWORD_SET, user.name)
            return MadeUser(user=_view(users.get(connection, user_id)), password=password)
    except users.NoSuchUser as error:
        raise NotFound(f"{error}.") from None


def _view(user: users.User) -> UserView:
    return UserView.model_validate(user, from_attributes=True)
