"""Sign in and out, and who one is: for scripts and for the pages' own JavaScript."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from tidegate.console.identity import entrance
from tidegate.console.identity.guard import known
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission, Role

router = APIRouter(tags=["identity"])


class Credentials(BaseModel):
    """What a person signs in with."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "analyst", "password": "as it was set"}}
    )

    name: str = Field(min_length=1, max_length=200)
    password: SecretStr = Field(min_length=1, max_length=1000)


class PasswordChange(BaseModel):
    """A person's own new password."""

    old: SecretStr = Field(max_length=1000)
    new: SecretStr = Field(max_length=1000)


class Me(BaseModel):
    """Who asks, and what they may do."""

    id: str
    name: str
    role: Role
    permissions: list[Permission]
    must_change_password: bool = False
    csrf_token: str | None = Field(
        None, description="Sent back as X-CSRF-Token with every write of this session."
    )


Known = Annotated[Person, Depends(known)]


@router.post("/session", status_code=201)
async def sign_in(request: Request, response: Response, credentials: Credentials) -> Me:
    """Sign in by name and password; the session's cookie comes with the answer."""
    password = credentials.password.get_secret_value()
    return _me(await entrance.enter(request, response, credentials.name, password))


@router.delete("/session", status_code=204)
async def sign_out(request: Request, response: Response, person: Known) -> None:
    """End the session."""
    await run_in_threadpool(entrance.leave, request, response, person)


@router.get("/me")
async def me(person: Known) -> Me:
    """Say who asks, in which role, and what they may do."""
    return _me(person)


@router.post("/me/password")
async def change_password(
    request: Request, response: Response, person: Known, change: PasswordChange
) -> Me:
    """Set one's own password; all other sessions end."""
    old, new = change.old.get_secret_value(), change.new.get_secret_value()
    return _me(
        await run_in_threadpool(entrance.change_password, request, response, person, old, new)
    )


def _me(person: Person) -> Me:
    return Me(
        id=person.id,
        name=person.name,
        role=person.role,
        permissions=[permission for permission in Permission if person.may(permission)],
        must_change_password=person.must_change_password,
        csrf_token=person.csrf_token,
    )
