"""Who has a case in hand, and who looks at it now."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from tidegate.console.desk import cases
from tidegate.console.desk.standing import shipment_now
from tidegate.console.identity import users
from tidegate.console.identity.guard import Reader, require
from tidegate.console.identity.person import Person
from tidegate.console.identity.replay import ReplayRoute
from tidegate.console.identity.roles import Permission
from tidegate.console.parts import console_of
from tidegate.console.problems import Invalid
from tidegate.events.values import Identifier

router = APIRouter(tags=["cases"], route_class=ReplayRoute)

Decides = Annotated[Person, Depends(require(Permission.DECIDE))]


class AssignmentView(BaseModel):
    """Who has a shipment in hand; nobody where `assignee` is null."""

    shipment_id: str
    assignee: str | None = None
    assigned_by: str | None = None
    assigned_at: datetime | None = None


class Assign(BaseModel):
    """Give a case to somebody."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"assignee": "analyst"}}
    )

    assignee: str | None = Field(max_length=100, description="A user's name; null: nobody.")
    seen: str | None = Field(
        None, max_length=100, description="Who had it when you looked: nobody is overwritten."
    )


class Lookers(BaseModel):
    """Who looks at a case now."""

    names: list[str]


@router.get("/assignments")
def list_assignments(
    request: Request,
    person: Reader,
    shipment_id: Annotated[list[Identifier], Query(min_length=1, max_length=500)],
) -> list[AssignmentView]:
    """Say who has each of these shipments in hand."""
    with console_of(request).database.read() as connection:
        found = cases.assigned(connection, shipment_id)
    return [_view(number, found.get(number)) for number in shipment_id]


@router.put("/assignments/{shipment_id:path}")
def assign(request: Request, person: Decides, shipment_id: str, wish: Assign) -> AssignmentView:
    """Take a case, give it to somebody, or let it go."""
    console = console_of(request)
    with console.database.begin() as connection:
        shipment_now(connection, shipment_id)
        name = None
        if wish.assignee is not None:
            try:
                user = users.named(connection, wish.assignee)
            except users.NoSuchUser as error:
                raise Invalid(f"assignee: {error}.") from None
            if user.disabled_at is not None:
                raise Invalid(f"assignee: {user.name} is disabled.")
            name = user.name
        given = cases.assign(connection, shipment_id, name, person, console.now(), wish.seen)
    return _view(shipment_id, given)


@router.put("/presence/{shipment_id:path}")
def look(request: Request, person: Reader, shipment_id: Identifier) -> Lookers:
    """Say that you look at a case, and see who else does; said every ten seconds."""
    console = console_of(request)
    with console.database.begin() as connection:
        shipment_now(connection, shipment_id)
        cases.look(connection, shipment_id, person, console.now())
        return Lookers(names=cases.lookers(connection, shipment_id, console.now()))


@router.get("/presence/{shipment_id:path}")
def lookers(request: Request, person: Reader, shipment_id: str) -> Lookers:
    """Say who looks at a case now."""
    console = console_of(request)
    with console.database.read() as connection:
        return Lookers(names=cases.lookers(connection, shipment_id, console.now()))


@router.delete("/presence/{shipment_id:path}", status_code=204)
def leave(request: Request, person: Reader, shipment_id: str) -> None:
    """Say that you look no more."""
    with console_of(request).database.begin() as connection:
        cases.leave(connection, shipment_id, person)


def _view(shipment_id: str, given: cases.Assignment | None) -> AssignmentView:
    if given is None:
        return AssignmentView(shipment_id=shipment_id)
    return AssignmentView.model_validate(given, from_attributes=True)
