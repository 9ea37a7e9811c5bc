"""Who did what to whom, and, if switched on, who read which party's data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from tidegate.console.identity import audit
from tidegate.console.identity.guard import require
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission
from tidegate.console.parts import console_of

router = APIRouter(tags=["audit"])


class ActView(BaseModel):
    """One line of the audit."""

    id: int
    at: datetime
    actor: str
    act: str
    subject: str
    address: str
    request_id: str
    detail: str


@router.get("/audit")
def acts(
    request: Request,
    person: Annotated[Person, Depends(require(Permission.AUDIT))],
    actor: Annotated[str | None, Query(max_length=100)] = None,
    act: Annotated[str | None, Query(max_length=50)] = None,
    subject: Annotated[str | None, Query(max_length=500)] = None,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[ActView]:
    """Return lines, the newest first; `before` is the id of the last line of the page before."""
    with console_of(request).database.read() as connection:
        found = audit.lines(
            connection, actor=actor, act=act, subject=subject, before=before, limit=limit
        )
        return [ActView.model_validate(line, from_attributes=True) for line in found]
