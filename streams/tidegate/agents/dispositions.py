"""Apply what a person decided to a shipment's state, or refuse it with the reason.

Who may release what: a hold needs a second person; a prohibition a reference to a special approval
(Export Control Law of the PRC, article 18: dealings only with approval in special cases).
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from tidegate.agents.shipment_state import OpenShipment, Seen
from tidegate.engine.case import entry_digest
from tidegate.engine.question import Release
from tidegate.events.decision import Action, Outcome
from tidegate.events.disposition import Disposition, DispositionKind
from tidegate.events.false_match import FalseMatch
from tidegate.events.shipment import Shipment
from tidegate.licenses.standing import last_instant
from tidegate.measures.tables import Tables
from tidegate.parties.fold import fold
from tidegate.runtime.processor import Refused

_UTC = ZoneInfo("UTC")


def apply(state: OpenShipment, disposition: Disposition) -> OpenShipment:
    """Return the state after a disposition; the same state where it only takes note.

    Raises:
        Refused: it names a decision that is not known, or lacks what its kind needs.
    """
    number = disposition.disposition_id
    if number in state.dispositions:
        return state
    if disposition.kind is DispositionKind.RELEASE:
        return _release(state, disposition)
    if disposition.kind is DispositionKind.WITHDRAW:
        return _withdraw(state, disposition)
    return state


def _release(state: OpenShipment, disposition: Disposition) -> OpenShipment:
    seen = _seen(state, disposition)
    if seen.outcome.action is Action.PASS:
        raise Refused("data.decision_id", "that decision neither holds nor asks for review")
    if seen.outcome.action is Action.HOLD and disposition.seconded_by is None:
        raise Refused("data.seconded_by", "releasing a hold needs a second person")
    if seen.outcome is Outcome.PROHIBITED and disposition.special_approval is None:
        raise Refused("data.special_approval", "releasing a prohibition needs a special approval")
    release = Release(
        disposition_id=disposition.disposition_id,
        decision_id=seen.decision_id,
        covers=seen.fingerprints,
        expires_at=_expiry(disposition.expires_at),
    )
    return state.model_copy(update={"releases": (*state.releases, release)})


def _seen(state: OpenShipment, disposition: Disposition) -> Seen:
    for seen in state.seen:
        if seen.decision_id == disposition.decision_id:
            return seen
    raise Refused(
        "data.decision_id",
        "not one of this shipment's latest decisions: look at the present one and decide again",
    )


def _withdraw(state: OpenShipment, disposition: Disposition) -> OpenShipment:
    """Take back the releases of the decision named; of all decisions, where none is named."""
    kept = tuple(
        release
        for release in state.releases
        if disposition.decision_id not in (None, release.decision_id)
    )
    if len(kept) == len(state.releases):
        raise Refused("data.decision_id", "no release of that decision is in force")
    return state.model_copy(update={"releases": kept})


def false_match(
    facts: Shipment, disposition: Disposition, tables: Tables, now: datetime
) -> FalseMatch:
    """Return the pair that a disposition says are two.

    Raises:
        Refused: no party of that name on the shipment meets that entry.
    """
    folded = fold(disposition.party or "")
    for party in facts.parties:
        if fold(party.name) != folded:
            continue
        for name in (party.name, *party.aliases):
            for entry, _ in tables.parties.meet(fold(name)):
                if entry.entry == disposition.entry:
                    return FalseMatch(
                        disposition_id=disposition.disposition_id,
                        party=folded,
                        country=party.country,
                        list=entry.list,
                        entry=entry.entry,
                        entry_digest=entry_digest(entry),
                        by=disposition.by,
                        reason=disposition.reason,
                        said_at=now,
                        expires_at=_expiry(disposition.expires_at),
                    )
    raise Refused("data.entry", "no party of that name on this shipment meets that list entry")


def _expiry(moment: date | None) -> datetime | None:
    """A day is a whole day in UTC: a person's word, not an authority's."""
    return last_instant(moment, _UTC)
