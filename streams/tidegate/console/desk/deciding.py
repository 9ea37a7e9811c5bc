"""Take a person's wish: refuse it, send it, or let it wait for a second person.

The worker has the last word on each disposition; what is checked here is what a person can be told
at once. Sources: four eyes and special approvals as `tidegate.agents.dispositions` has them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection

from tidegate.console.desk import outbox, proposals
from tidegate.console.desk.outbox import Outbox, Outgoing
from tidegate.console.desk.proposals import Proposal, State
from tidegate.console.desk.standing import (
    decision_now,
    disposition_of,
    in_force,
    rounds,
    same_decision,
    shipment_now,
)
from tidegate.console.desk.wish import Wish
from tidegate.console.identity import users
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission
from tidegate.console.problems import Conflict, Invalid, NotAllowed, Stale
from tidegate.console.store.database import Database
from tidegate.console.store.shipments import ShipmentRow
from tidegate.events import decision as decisions
from tidegate.events.decision import Action
from tidegate.events.disposition import Disposition, DispositionKind

SEND_SECONDS = 5.0
"""How long an answer waits for the log; after that it says 'waiting', and the sending goes on."""

OPENING = (DispositionKind.RELEASE, DispositionKind.FALSE_MATCH)
"""Kinds that can let a held shipment move: on a hold they need a second person."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a wish: something to send, or a proposal."""

    outgoing: Outgoing | None = None
    proposal: Proposal | None = None


@dataclass(frozen=True)
class Decider:
    """The desk: where people's decisions come in.

    Attributes:
        proposals_valid: How long a proposal waits for a second person.
    """

    database: Database
    outbox: Outbox
    now: Callable[[], datetime]
    proposals_valid: timedelta

    async def decide(self, person: Person, wish: Wish) -> Taken:
        """Take a wish.

        Raises:
            Stale: the decision has changed since the person looked.
            Conflict, Invalid, NotFound: it does not fit to how the shipment stands.
        """
        taken = await run_in_threadpool(self._take, person, wish)
        if taken.outgoing is None:
            return taken
        number = taken.outgoing.disposition.disposition_id
        return Taken(await self.outbox.sent(number, SEND_SECONDS))

    async def second(self, person: Person, proposal_id: str, reason: str) -> Taken:
        """Second a proposal: the disposition of both is sent.

        Raises:
            NotAllowed: it is the person's own.
            Stale: the decision has changed since it was proposed; the proposal is closed.
            Conflict: it is answered already, or has expired.
        """
        taken = await run_in_threadpool(self._second, person, proposal_id, reason)
        if taken.proposal is not None and taken.outgoing is None:
            raise Stale(
                f"{taken.proposal.wish.shipment_id} was decided again after this was proposed:"
                " look at the new decision, and propose anew."
            )
        assert taken.outgoing is not None
        sent = await self.outbox.sent(taken.outgoing.disposition.disposition_id, SEND_SECONDS)
        return Taken(sent, taken.proposal)

    def decline(self, person: Person, proposal_id: str, reason: str) -> Proposal:
        """Decline a proposal; the person's own is taken back by it. Blocking. Raises Conflict."""
        now = self.now()
        with self.database.begin() as connection:
            proposal = proposals.get(connection, proposal_id, now)
            own = proposal.proposed_by == person.id
            if not own and not person.may(Permission.APPROVE):
                raise NotAllowed("Declining another's proposal needs the permission to approve.")
            state = State.TAKEN_BACK if own else State.DECLINED
            proposals.answer(connection, proposal, state, person.name, now, reason)
            return proposals.get(connection, proposal_id, now)

    def _take(self, person: Person, wish: Wish) -> Taken:
        now = self.now()
        # One transaction, and on SQLite the writer's turn from its start: who comes second sees
        # what the first has written.
        with self.database.begin() as connection:
            row = shipment_now(connection, wish.shipment_id)
            number = wish.number(person.name, rounds(connection, wish.shipment_id))
            before = outbox.find(connection, number)
            if before is not None:
                # Sent twice by a hasty hand, or again since the answer was lost.
                return Taken(before)
            if wish.kind is not DispositionKind.NOTE:
                same_decision(row, wish.decision_id)
            taken_back = _check(connection, row, wish)
            if wish.kind in OPENING and row.action is Action.HOLD:
                valid = self.proposals_valid
                return Taken(proposal=proposals.propose(connection, wish, person, now, valid))
            disposition = wish.disposition(number, person.name, taken_back=taken_back)
            return Taken(outbox.put(connection, disposition, now))

    def _second(self, person: Person, proposal_id: str, reason: str) -> Taken:
        now = self.now()
        with self.database.begin() as connection:
            proposal = proposals.get(connection, proposal_id, now)
            if proposal.proposed_by == person.id or (
                proposal.proposer.casefold() == person.name.casefold()
            ):
                raise NotAllowed("The second person must be another than the first.")
            if proposal.state is State.SECONDED and proposal.answered_by == person.name:
                # Asked again since the answer was lost.
                return Taken(outbox.find(connection, proposal.disposition_id), proposal)
            if users.get(connection, proposal.proposed_by).disabled_at is not None:
                raise Conflict(f"{proposal.proposer} has left: propose it yourself.")
            row = shipment_now(connection, proposal.wish.shipment_id)
            if row.decision_id != proposal.wish.decision_id:
                proposals.answer(connection, proposal, State.STALE, person.name, now, reason)
                return Taken(proposal=proposal)
            proposals.answer(connection, proposal, State.SECONDED, person.name, now, reason)
            disposition = proposal.wish.disposition(
                proposal.disposition_id, proposal.proposer, seconded_by=person.name
            )
            sent = outbox.put(connection, disposition, now)
            return Taken(sent, proposals.get(connection, proposal_id, now))


def _check(connection: Connection, row: ShipmentRow, wish: Wish) -> Disposition | None:
    """Refuse what cannot be on this shipment; return what a withdrawal takes back."""
    if not row.open and wish.kind is not DispositionKind.NOTE:
        raise Conflict(f"{row.shipment_id} is closed ({row.status}).")
    if wish.kind is DispositionKind.RELEASE:
        if row.action is Action.PASS:
            raise Conflict(f"{row.shipment_id} is neither held nor under review.")
        if row.outcome is decisions.Outcome.PROHIBITED and wish.special_approval is None:
            raise _wrong("special_approval", "releasing a prohibition needs a special approval")
    if wish.kind is DispositionKind.FALSE_MATCH:
        met = {
            reason.list_entry.entry
            for reason in decision_now(connection, row).reasons
            if reason.list_entry is not None
        }
        if wish.entry not in met:
            raise _wrong("entry", "no reason of the decision rests on that list entry")
    if wish.takes_back is None:
        return None
    said = disposition_of(connection, wish.takes_back)
    if said is None or said.shipment_id != row.shipment_id or said.kind not in OPENING:
        raise _wrong("takes_back", "no release or false match of this shipment has that id")
    if said.disposition_id not in in_force(decision_now(connection, row)):
        raise Conflict("It is not in force any more.")
    return said


def _wrong(field: str, reason: str) -> Invalid:
    return Invalid(f"{field}: {reason}.", errors=[{"field": field, "reason": reason}])
