"""Which licenses a shipment's lines claim, and in what order they are tried.

A line reserves on one license at a time: the first that it cites. Of the others it only asks, and
where the one it claims does not grant, it moves to the first that would. A full grant stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from tidegate.agents.topics import CLAIMS
from tidegate.events.claim import Claim, Verdict
from tidegate.events.codec import canonical
from tidegate.events.shipment import Role, Shipment, ShipmentStatus
from tidegate.licenses.standing import faults
from tidegate.runtime.transaction import Transaction

Claims = Mapping[tuple[str, int], Claim]
"""By license and line."""
Moved = tuple[tuple[int, str], ...]
"""Lines that claim another license than the first one they cite, each with that license."""

_STAGES: dict[ShipmentStatus, Literal["cleared", "exported"]] = {
    ShipmentStatus.RELEASED: "cleared",
    ShipmentStatus.DEPARTED: "exported",
    ShipmentStatus.ARRIVED: "exported",
    ShipmentStatus.DELIVERED: "exported",
    ShipmentStatus.RETURNED: "exported",
}
_GIVEN_BACK = frozenset({ShipmentStatus.CANCELLED, ShipmentStatus.RETURNED})


def claims_of(facts: Shipment, moved: Moved = ()) -> Claims:
    """Return what each line wants of each license that it cites."""
    if not any(item.licenses for item in facts.items):
        return {}
    names = {
        role: tuple(party.name for party in facts.parties if party.role is role)
        for role in (Role.EXPORTER, Role.CONSIGNEE, Role.END_USER)
    }
    elsewhere = dict(moved)
    claims: dict[tuple[str, int], Claim] = {}
    for item in facts.items:
        for license_id in item.licenses:
            claimed = license_id == elsewhere.get(item.line, item.licenses[0])
            claims[license_id, item.line] = Claim(
                kind="claim" if claimed else "ask",
                license_id=license_id,
                shipment_id=facts.shipment_id,
                shipment_revision=facts.revision,
                line=item.line,
                stage=_STAGES.get(facts.status, "planned"),
                exporters=names[Role.EXPORTER],
                consignees=names[Role.CONSIGNEE],
                end_users=names[Role.END_USER],
                destination_country=facts.destination_country,
                end_use_class=facts.end_use.class_,
                control_codes=item.control_codes,
                hs_code=item.hs_code,
                quantity=item.quantity,
                unit=item.unit,
                value=item.value,
                currency=item.currency,
            )
    return claims


def revise(transaction: Transaction, old: Shipment | None, moved: Moved, facts: Shipment) -> Moved:
    """Send the claims of a new revision, and take back those that it no longer makes.

    A delivered shipment claims as a departed one does; a cancelled or returned one gives back,
    also what a shipment that is no longer remembered once claimed.

    Args:
        transaction: Where they are sent.
        old: The facts of the revision before; None where there is none.
        moved: As the revision before had it.
        facts: The new revision's.

    Returns:
        What of `moved` the new revision still cites.
    """
    cited = {(item.line, number) for item in facts.items for number in item.licenses}
    moved = tuple(one for one in moved if one in cited)
    now = claims_of(facts, moved)
    before = {} if old is None else claims_of(old)
    if facts.status in _GIVEN_BACK:
        before, now = {**before, **now}, {}
    for place, claim in before.items():
        if place not in now:
            update = {
                "kind": "withdraw",
                "shipment_revision": facts.revision,
                "stage": _STAGES.get(facts.status, "planned"),
            }
            _send(transaction, claim.model_copy(update=update))
    for claim in now.values():
        _send(transaction, claim)
    return moved


def move(
    transaction: Transaction, facts: Shipment, verdicts: tuple[Verdict, ...], moved: Moved
) -> Moved:
    """Try the next license of each line whose claim is refused, where another one would grant it.

    Returns:
        Which lines claim another than their first license from now on.
    """
    if all(len(item.licenses) < 2 for item in facts.items):
        return moved
    moves = dict(moved)
    answers = {(verdict.line, verdict.license_id): verdict for verdict in verdicts}
    for item in facts.items:
        claimed = moves.get(item.line, next(iter(item.licenses), None))
        answer = answers.get((item.line, claimed)) if claimed is not None else None
        if answer is None or answer.spent or not _refused(answer, transaction.clock):
            continue
        for number in item.licenses:
            other = answers.get((item.line, number))
            if number != claimed and other is not None and _would_grant(other, transaction.clock):
                moves[item.line] = number
                break
    firsts = {item.line: item.licenses[0] for item in facts.items if item.licenses}
    new = tuple(sorted(one for one in moves.items() if one[1] != firsts[one[0]]))
    if new != moved:
        for claim in _changed(claims_of(facts, moved), claims_of(facts, new)):
            _send(transaction, claim)
    return new


def _changed(before: Claims, now: Claims) -> Iterator[Claim]:
    """Yield what is to be sent: first what gives back, so that the rest may have it."""
    changed = [claim for place, claim in now.items() if claim != before[place]]
    yield from sorted(changed, key=lambda claim: claim.kind == "claim")


def _refused(answer: Verdict, as_of: datetime) -> bool:
    found = faults(answer.license_id, answer, as_of)
    return bool(found) and not _would_grant(answer, as_of)


def _would_grant(answer: Verdict, as_of: datetime) -> bool:
    """Say whether nothing stands against using a license but that nothing is reserved on it."""
    found = faults(answer.license_id, answer, as_of)
    return [fault.name for fault in found] == ["unanswered"]


def _send(transaction: Transaction, claim: Claim) -> None:
    transaction.emit(CLAIMS, claim.license_id, canonical(claim))
