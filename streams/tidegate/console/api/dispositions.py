"""Write dispositions: one, or several of the same kind; and see what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from tidegate.console.desk import bulk, outbox, standing
from tidegate.console.desk.deciding import Taken
from tidegate.console.desk.proposals import Proposal, State
from tidegate.console.desk.standing import Fate
from tidegate.console.desk.wish import Wish
from tidegate.console.identity import audit
from tidegate.console.identity.guard import Reader, require
from tidegate.console.identity.person import Person
from tidegate.console.identity.replay import ReplayRoute
from tidegate.console.identity.roles import Permission
from tidegate.console.parts import Console, console_of
from tidegate.console.problems import NotFound
from tidegate.events.disposition import Disposition, DispositionKind, Reason
from tidegate.events.values import Identifier

router = APIRouter(tags=["dispositions"], route_class=ReplayRoute)

Decides = Annotated[Person, Depends(require(Permission.DECIDE))]


class ProposalView(BaseModel):
    """What one person proposed, and how it stands."""

    id: str
    wish: Wish
    proposer: str
    proposed_at: datetime
    expires_at: datetime
    state: State
    answered_by: str | None = None
    answered_at: datetime | None = None
    answer: str | None = None
    disposition_id: str


class DispositionView(BaseModel):
    """A disposition, and how far it has come."""

    disposition: Disposition
    decided_at: datetime | None = Field(None, description="When it was decided at this console.")
    fate: Fate
    refusal: str | None = Field(None, description="Why the worker refused it.")


class TakenView(BaseModel):
    """What became of a wish: a disposition on its way, or a proposal that needs a second person."""

    sent: DispositionView | None = None
    proposal: ProposalView | None = None


class Seen(BaseModel):
    """One shipment and the decision that was seen of it."""

    shipment_id: Identifier
    decision_id: Identifier


class BulkWish(BaseModel):
    """The same said of several shipments that are held for the same reasons."""

    model_config = ConfigDict(extra="forbid")

    kind: DispositionKind
    reason: Reason
    shipments: Annotated[list[Seen], Field(min_length=1, max_length=bulk.AT_ONCE)]


class BulkItem(BaseModel):
    """What became of one of several."""

    shipment_id: str
    taken: TakenView | None = None
    problem: str | None = Field(None, description="Why this one was not taken.")


class BulkAnswer(BaseModel):
    """What became of each, in the order they were sent."""

    items: list[BulkItem]


@router.post(
    "/dispositions",
    status_code=201,
    responses={202: {"model": TakenView, "description": "A second person has to second it."}},
)
async def decide(request: Request, response: Response, person: Decides, wish: Wish) -> TakenView:
    """Decide on a shipment. A release or false match of a hold becomes a proposal (202)."""
    console = console_of(request)
    taken = await console.desk.decide(person, wish)
    if taken.outgoing is None:
        response.status_code = 202
    return await run_in_threadpool(taken_view, console, taken)


@router.post("/dispositions/bulk")
async def decide_in_bulk(request: Request, person: Decides, wish: BulkWish) -> BulkAnswer:
    """Say the same of several shipments that are held for the same reasons; each is told of."""
    console = console_of(request)
    pairs = [(seen.shipment_id, seen.decision_id) for seen in wish.shipments]
    results = await bulk.decide(console.desk, person, wish.kind, wish.reason, pairs)
    items = [
        BulkItem(
            shipment_id=result.shipment_id,
            taken=None
            if result.taken is None
            else await run_in_threadpool(taken_view, console, result.taken),
            problem=result.problem,
        )
        for result in results
    ]
    return BulkAnswer(items=items)


@router.get("/dispositions/{disposition_id}")
def fate(request: Request, person: Reader, disposition_id: str) -> DispositionView:
    """Say how far a disposition has come: waiting, sent, recorded, applied, lapsed or refused."""
    console = console_of(request)
    with console.database.read() as connection:
        disposition = standing.disposition_of(connection, disposition_id)
    if disposition is None:
        raise NotFound(f"There is no disposition {disposition_id}.")
    audit.write_read(request, person, disposition.shipment_id)
    return disposition_view(console, disposition)


def taken_view(console: Console, taken: Taken) -> TakenView:
    """Show what became of a wish. Blocking."""
    outgoing, proposal = taken.outgoing, taken.proposal
    return TakenView(
        sent=None if outgoing is None else disposition_view(console, outgoing.disposition),
        proposal=None if proposal is None else proposal_view(proposal),
    )


def disposition_view(console: Console, disposition: Disposition) -> DispositionView:
    """Show a disposition and how far it has come. Blocking."""
    with console.database.read() as connection:
        outcome = standing.outcome_of(connection, disposition)
        mine = outbox.find(connection, disposition.disposition_id)
    return DispositionView(
        disposition=disposition,
        decided_at=None if mine is None else mine.decided_at,
        fate=outcome.fate,
        refusal=outcome.refusal,
    )


def proposal_view(proposal: Proposal) -> ProposalView:
    """Show a proposal."""
    return ProposalView.model_validate(proposal, from_attributes=True)
