"""What one person proposes and another seconds or declines."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from tidegate.console.desk.tables import proposals
from tidegate.console.desk.wish import Wish
from tidegate.console.identity.person import Person
from tidegate.console.problems import Conflict, NotFound
from tidegate.events.codec import canonical, derived_id

NOT_FOUND = "There is no such proposal."


class State(StrEnum):
    """How a proposal stands."""

    OPEN = "open"
    SECONDED = "seconded"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"
    """By the person who proposed it."""
    STALE = "stale"
    """The decision changed before anybody seconded it."""
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A wish that waits for a second person, or did."""

    id: str
    wish: Wish
    proposed_by: str
    """The user's id."""
    proposer: str
    proposed_at: datetime
    expires_at: datetime
    state: State
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None

    @property
    def disposition_id(self) -> str:
        """The id of the disposition that it becomes: however often it is sent, it is the one."""
        return derived_id("proposal", self.id)


def propose(
    connection: Connection, wish: Wish, person: Person, now: datetime, valid_for: timedelta
) -> Proposal:
    """Write down a proposal; return the open one where the same person wishes the same again.

    Raises:
        Conflict: there is another open one of this kind for this shipment.
    """
    expire(connection, now)
    key = "\x1f".join((wish.shipment_id, wish.kind, wish.party or "", wish.entry or ""))
    found = select(proposals).where(proposals.c.open_key == derived_id("open", key))
    row = connection.execute(found).one_or_none()
    if row is not None:
        there = _proposal(row, now)
        if there.proposed_by == person.id and there.wish == wish:
            return there
        raise Conflict(
            f"{there.proposer} proposed a {wish.kind} of {wish.shipment_id} already: second it,"
            " decline it, or wait.",
            proposal_id=there.id,
        )
    number = str(uuid.uuid4())
    try:
        connection.execute(
            insert(proposals).values(
                id=number,
                shipment_id=wish.shipment_id,
                decision_id=wish.decision_id,
                kind=wish.kind.value,
                body=canonical(wish).decode(),
                proposed_by=person.id,
                proposer=person.name,
                proposed_at=now,
                expires_at=now + valid_for,
                state=State.OPEN.value,
                open_key=derived_id("open", key),
            )
        )
    except IntegrityError:
        # Somebody was quicker, in another process.
        raise Conflict(f"A {wish.kind} of {wish.shipment_id} was proposed just now.") from None
    return get(connection, number, now)


def get(connection: Connection, number: str, now: datetime) -> Proposal:
    """Return a proposal. Raises NotFound."""
    row = connection.execute(select(proposals).where(proposals.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(NOT_FOUND)
    return _proposal(row, now)


def listed(
    connection: Connection,
    now: datetime,
    *,
    state: State | None = None,
    shipment_id: str | None = None,
    limit: int = 200,
) -> list[Proposal]:
    """Return proposals, the newest first."""
    query = select(proposals).order_by(proposals.c.proposed_at.desc(), proposals.c.id)
    if shipment_id is not None:
        query = query.where(proposals.c.shipment_id == shipment_id)
    if state is State.OPEN:
        query = query.where(proposals.c.state == State.OPEN.value, proposals.c.expires_at > now)
    found = [_proposal(row, now) for row in connection.execute(query.limit(limit))]
    return [one for one in found if state in (None, one.state)]


def answer(
    connection: Connection, proposal: Proposal, state: State, by: str, now: datetime, text: str
) -> None:
    """Close an open proposal; only the first answer counts.

    Raises:
        Conflict: it is answered already, or has expired.
    """
    still_open = (
        update(proposals)
        .where(proposals.c.id == proposal.id, proposals.c.state == State.OPEN.value)
        .where(proposals.c.expires_at > now)
    )
    closed = still_open.values(
        state=state.value, open_key=None, answered_by=by, answered_at=now, answer=text
    )
    if connection.execute(closed).rowcount != 1:
        seen = get(connection, proposal.id, now)
        by_whom = f" by {seen.answered_by}" if seen.answered_by else ""
        raise Conflict(f"This proposal is {seen.state} already{by_whom}.")


def expire(connection: Connection, now: datetime) -> None:
    """Close what nobody answered in time."""
    over = update(proposals).where(
        proposals.c.state == State.OPEN.value, proposals.c.expires_at <= now
    )
    connection.execute(over.values(state=State.EXPIRED.value, open_key=None))


def _proposal(row: Any, now: datetime) -> Proposal:
    state = State(row.state)
    if state is State.OPEN and row.expires_at <= now:
        state = State.EXPIRED
    return Proposal(
        id=row.id,
        wish=Wish.model_validate_json(row.body),
        proposed_by=row.proposed_by,
        proposer=row.proposer,
        proposed_at=row.proposed_at,
        expires_at=row.expires_at,
        state=state,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        answer=row.answer,
    )
