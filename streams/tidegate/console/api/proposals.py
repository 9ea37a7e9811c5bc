"""Proposals: what waits for a second person, and its seconding or declining."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict

from tidegate.console.api.dispositions import (
    Decides,
    ProposalView,
    TakenView,
    proposal_view,
    taken_view,
)
from tidegate.console.desk import proposals
from tidegate.console.desk.proposals import State
from tidegate.console.identity.guard import Reader, require
from tidegate.console.identity.person import Person
from tidegate.console.identity.replay import ReplayRoute
from tidegate.console.identity.roles import Permission
from tidegate.console.parts import console_of
from tidegate.events.disposition import Reason

router = APIRouter(tags=["proposals"], route_class=ReplayRoute)

Approves = Annotated[Person, Depends(require(Permission.APPROVE))]


class Answer(BaseModel):
    """Why it is seconded or declined."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "License LIC-7 covers it."}}
    )

    reason: Reason


@router.get("/proposals")
def list_proposals(
    request: Request,
    person: Reader,
    state: State | None = None,
    shipment_id: str | None = None,
) -> list[ProposalView]:
    """Return proposals, the newest first."""
    console = console_of(request)
    with console.database.read() as connection:
        found = proposals.listed(connection, console.now(), state=state, shipment_id=shipment_id)
    return [proposal_view(one) for one in found]


@router.get("/proposals/{proposal_id}")
def one_proposal(request: Request, person: Reader, proposal_id: str) -> ProposalView:
    """Return a proposal."""
    console = console_of(request)
    with console.database.read() as connection:
        return proposal_view(proposals.get(connection, proposal_id, console.now()))


@router.post("/proposals/{proposal_id}/second")
async def second(request: Request, person: Approves, proposal_id: str, answer: Answer) -> TakenView:
    """Second another person's proposal: it is sent, in both names."""
    console = console_of(request)
    taken = await console.desk.second(person, proposal_id, answer.reason)
    return await run_in_threadpool(taken_view, console, taken)


@router.post("/proposals/{proposal_id}/decline")
async def decline(
    request: Request, person: Decides, proposal_id: str, answer: Answer
) -> ProposalView:
    """Decline another person's proposal, or take back one's own."""
    desk = console_of(request).desk
    declined = await run_in_threadpool(desk.decline, person, proposal_id, answer.reason)
    return proposal_view(declined)
