"""API tokens: make, list, revoke. The secret is in one answer only."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from tidegate.console.identity import audit, tokens
from tidegate.console.identity.guard import signed_in
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission
from tidegate.console.parts import console_of
from tidegate.console.problems import Invalid, NotAllowed, NotFound

router = APIRouter(tags=["identity"])

SignedIn = Annotated[Person, Depends(signed_in)]


class TokenView(BaseModel):
    """A token, without its secret."""

    id: str
    name: str
    owner: str
    scopes: list[Permission]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


class NewToken(BaseModel):
    """What a token is for, and for how long."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"name": "booking system", "scopes": ["check"], "days": 90}},
    )

    name: str = Field(min_length=1, max_length=100)
    scopes: list[Permission] = Field(min_length=1, max_length=len(Permission))
    days: int = Field(90, ge=1, le=tokens.LONGEST_DAYS)


class MadeToken(BaseModel):
    """A new token. Its secret is shown this once."""

    token: TokenView
    secret: str


@router.get("/tokens")
def list_tokens(request: Request, person: SignedIn, everybody: bool = False) -> list[TokenView]:
    """Return one's own tokens, or everybody's, for who administers."""
    if everybody and not person.may(Permission.ADMINISTER):
        raise NotAllowed("Others' tokens are shown to who administers.")
    with console_of(request).database.read() as connection:
        found = tokens.of(connection, None if everybody else person.id)
    return [TokenView.model_validate(token, from_attributes=True) for token in found]


@router.post("/tokens", status_code=201)
def make_token(request: Request, person: SignedIn, wish: NewToken) -> MadeToken:
    """Make a token for some of one's own permissions. A token makes no tokens."""
    if person.scopes is not None:
        raise NotAllowed("Sign in to make a token.")
    lacking = [scope for scope in wish.scopes if not person.may(scope)]
    if lacking:
        raise Invalid(f"scopes: your role has no permission to {lacking[0]}.")
    console = console_of(request)
    with console.database.begin() as connection:
        token, secret = tokens.make(
            connection, person, wish.name, wish.scopes, console.now(), wish.days
        )
        detail = f"{wish.name}: {' '.join(token.scopes)}"
        audit.write(connection, request, person.name, audit.TOKEN_MADE, person.name, detail)
    return MadeToken(token=TokenView.model_validate(token, from_attributes=True), secret=secret)


@router.delete("/tokens/{token_id}", status_code=204)
def revoke_token(request: Request, person: SignedIn, token_id: str) -> None:
    """Revoke a token of one's own; of anybody, for who administers."""
    console = console_of(request)
    owner = None if person.may(Permission.ADMINISTER) else person.id
    with console.database.begin() as connection:
        if not tokens.revoke(connection, token_id, console.now(), owner):
            raise NotFound("There is no such token, or it is revoked already.")
        audit.write(connection, request, person.name, audit.TOKEN_REVOKED, token_id)
