"""A shipment's file as its page tells it: what matters first, then how it came to this. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from tidegate.console.pages.facts import Changed, changes
from tidegate.console.pages.words import outcome, plain, plural, sums
from tidegate.console.store.shipments import DispositionRecord, LicenseUse, ShipmentFile
from tidegate.events.decision import Action, Decision, Reason
from tidegate.events.disposition import DispositionKind
from tidegate.events.shipment import Shipment

COMPARED_REVISIONS = 10
SAID = {
    DispositionKind.RELEASE: "Release",
    DispositionKind.CONFIRM: "Hold confirmed",
    DispositionKind.REQUEST_INFORMATION: "Information asked for",
    DispositionKind.ESCALATE: "Escalated",
    DispositionKind.NOTE: "Note",
    DispositionKind.FALSE_MATCH: "False match",
    DispositionKind.WITHDRAW: "Withdrawn",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `kind` and `shape` are the status's in the stylesheet."""

    at: datetime
    kind: str
    shape: str
    head: str
    text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one revision of the facts changed."""

    old: int
    new: int
    at: datetime
    changes: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """What the page of a shipment shows."""

    shipment_id: str
    status: str
    open: bool
    facts: dict[str, Any]
    """Of the revision that was decided on, every field present."""
    export_country: str | None
    destination_country: str | None
    value: str
    countries: dict[str, str]
    """Of each name on it, where its party says: the same letters are drawn otherwise elsewhere."""
    decision: Decision | None
    main: Reason | None
    """The strongest reason; None where no measure met the shipment."""
    since: datetime | None
    advice: tuple[str, ...]
    waiting: tuple[str, ...]
    """What was sent and does not show in the decision yet."""
    uses: tuple[LicenseUse, ...]
    history: tuple[Entry, ...]
    differences: tuple[Step, ...]
    more: bool


def story_of(file: ShipmentFile, shipment_id: str, sent: Sequence[str]) -> Story:
    """Tell a shipment's file.

    Args:
        file: Its records.
        shipment_id: Its number.
        sent: What people decided that does not show in the records yet, in words.
    """
    decision = file.decision
    decided = [
        known.shipment
        for known in file.facts
        if decision and known.shipment.revision == decision.revision
    ]
    shipment = decided[0] if decided else file.current
    reasons = decision.reasons if decision else ()
    return Story(
        shipment_id=shipment_id,
        status=shipment.status if shipment else "not known",
        open=file.shipment.open if file.shipment else bool(shipment and shipment.status.is_open),
        facts=shipment.model_dump(mode="json", by_alias=True) if shipment else {},
        export_country=shipment.export_country if shipment else None,
        destination_country=shipment.destination_country if shipment else None,
        value=_value(shipment) if shipment else "",
        countries=_countries(shipment) if shipment else {},
        decision=decision,
        main=reasons[0] if reasons else None,
        since=file.shipment.since if file.shipment else None,
        advice=tuple(dict.fromkeys(reason.advice for reason in reasons if reason.advice)),
        waiting=(*_undecided(file), *sent),
        uses=file.uses,
        history=tuple(sorted(_history(file), key=lambda entry: entry.at, reverse=True)),
        differences=tuple(_differences(file)),
        more=file.more,
    )


def _value(shipment: Shipment) -> str:
    totals: dict[str, Any] = {}
    for item in shipment.items:
        if item.value is not None and item.currency is not None:
            totals[item.currency] = totals.get(item.currency, 0) + item.value
    return sums(totals.items()) if totals else ""


def _countries(shipment: Shipment) -> dict[str, str]:
    return {
        name: party.country
        for party in shipment.parties
        if party.country is not None
        for name in (party.name, *party.aliases)
    }


def _undecided(file: ShipmentFile) -> Iterator[str]:
    decision, current = file.decision, file.current
    if current is not None and (decision is None or decision.revision < current.revision):
        yield f"Revision {current.revision} has arrived; waiting for the worker to decide it."


def _history(file: ShipmentFile) -> Iterator[Entry]:
    for one in file.decisions:
        decision = one.decision
        released = bool(decision.released_by)
        kind = "pass" if released else str(decision.action)
        word = (
            "Released"
            if released
            else {Action.HOLD: "Held", Action.REVIEW: "Review"}.get(decision.action, "Pass")
        )
        first = decision.reasons[0] if decision.reasons else None
        yield Entry(
            at=decision.as_of,
            kind=kind,
            shape=kind,
            head=f"{word}: {outcome(decision.outcome)}",
            text=f"{first.title} ({first.measure})" if first else "No measure met it",
            note=f"revision {decision.revision}, {plural(len(decision.reasons), 'reason')},"
            f" tables {decision.tables_version[:8]}",
        )
    for known in file.facts:
        yield Entry(
            at=known.written_at,
            kind="plain",
            shape="dot",
            head=f"Revision {known.shipment.revision} arrived",
            text=f"Status {known.shipment.status}",
        )
    for said in file.dispositions:
        refused = said.refused is not None
        yield Entry(
            at=said.written_at,
            kind="review" if refused else "info",
            shape="off" if refused else "dot",
            head=f"{SAID[said.disposition.kind]}{' refused' if refused else ''}",
            text=said.disposition.reason,
            note=f"Refused: {said.refused}" if refused else f"by {_people(said)}",
        )
    for told in file.alerts:
        yield Entry(
            at=told.written_at,
            kind="plain",
            shape="dot",
            head=f"Alert: {plain(told.alert.kind)}",
            text=told.alert.title,
        )


def _people(said: DispositionRecord) -> str:
    by, second = said.disposition.by, said.disposition.seconded_by
    return f"{by}, seconded by {second}" if second else by


def _differences(file: ShipmentFile) -> Iterator[Step]:
    newer = file.facts[: COMPARED_REVISIONS + 1]
    for new, old in pairwise(newer):
        yield Step(
            old=old.shipment.revision,
            new=new.shipment.revision,
            at=new.written_at,
            changes=changes(json.loads(old.body), json.loads(new.body)),
        )
