"""Say the same of several shipments at once, where they are held for the same reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool

from tidegate.console.desk.deciding import Decider, Taken
from tidegate.console.desk.standing import decision_now, shipment_now
from tidegate.console.desk.wish import Wish
from tidegate.console.identity.person import Person
from tidegate.console.problems import Invalid, NotFound, Problem
from tidegate.events.decision import Action
from tidegate.events.disposition import DispositionKind

AT_ONCE = 50
"""Shipments in one request: as many as a person can have looked at."""

KINDS = (
    DispositionKind.RELEASE,
    DispositionKind.CONFIRM,
    DispositionKind.REQUEST_INFORMATION,
    DispositionKind.ESCALATE,
    DispositionKind.NOTE,
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one: what was taken, or why it was not."""

    shipment_id: str
    taken: Taken | None
    problem: str | None


async def decide(
    desk: Decider,
    person: Person,
    kind: DispositionKind,
    reason: str,
    seen: Sequence[tuple[str, str]],
) -> list[Result]:
    """Take the same wish for several (shipment, decision) pairs; one that fails stops no other.

    Raises:
        Invalid: the kind cannot be said of several, one stands twice, or the reasons differ.
    """
    if kind not in KINDS:
        raise Invalid(f"A {kind} is said of one shipment at a time.")
    if len({shipment for shipment, _ in seen}) != len(seen):
        raise Invalid("A shipment stands twice.")
    await run_in_threadpool(_same_reasons, desk, [shipment for shipment, _ in seen])
    results = []
    for shipment_id, decision_id in seen:
        wish = Wish(shipment_id=shipment_id, decision_id=decision_id, kind=kind, reason=reason)
        try:
            results.append(Result(shipment_id, await desk.decide(person, wish), None))
        except Problem as problem:
            results.append(Result(shipment_id, None, problem.detail or problem.title))
    return results


def _same_reasons(desk: Decider, shipment_ids: Sequence[str]) -> None:
    """Refuse what one look cannot have covered."""
    sets: dict[frozenset[tuple[str, str]], str] = {}
    with desk.database.read() as connection:
        for shipment_id in shipment_ids:
            try:
                decision = decision_now(connection, shipment_now(connection, shipment_id))
            except NotFound:
                continue  # told with its own result
            reasons = frozenset(
                (reason.measure, reason.outcome.value)
                for reason in decision.reasons
                if reason.outcome.action is not Action.PASS
            )
            sets.setdefault(reasons, shipment_id)
    if len(sets) > 1:
        one, other = list(sets.values())[:2]
        raise Invalid(f"{one} and {other} are held for different reasons: decide on each alone.")
