"""What other tables would decide about the open shipments, set beside what is in force. Pure.

Shipment by shipment: the decision in force, as it stands in the worker's state, and the one that
the engine makes of the same facts, answers, releases and false matches under the other tables.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tidegate.agents.alerting import values_by_currency
from tidegate.agents.heads import document_of
from tidegate.agents.positive_list import POSITIVE_PREFIX, PartyPairs, keys_of
from tidegate.agents.shipment_state import PREFIX, OpenShipment, read
from tidegate.engine.decide import Judgement, decide
from tidegate.events.decision import Action, Outcome, Reason
from tidegate.events.values import decimal_text
from tidegate.measures.tables import Tables

EXAMPLES = 5
KINDS = ("newly_held", "no_longer_held", "newly_in_review", "no_longer_in_review", "other_outcome")
ON_TRIAL = "held_on_trial"
"""What a measure published in shadow would hold; it changes nothing, so it is counted apart."""

Values = Mapping[str, Decimal]


class OpenBook:
    """What a worker keeps of the open shipments, read from its changelog key by key."""

    def __init__(self) -> None:
        self._shipments: dict[str, bytes] = {}
        self._pairs: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._shipments)

    def learn(self, key: str, value: bytes | None) -> None:
        """Take in a record of the changelog, in its order; keys of other things are passed over."""
        kept = {PREFIX: self._shipments, POSITIVE_PREFIX: self._pairs}.get(key[:2])
        if kept is None:
            return
        # Every partition has the whole positive list: one that forgot a pair says so for all.
        if value is None or (kept is self._shipments and value.startswith(b"{")):
            kept.pop(key, None)
        else:
            kept[key] = value

    def judged(self, tables: Tables, as_of: datetime) -> Iterable[tuple[OpenShipment, Judgement]]:
        """Yield each open shipment, by id, with what these tables decide of it at an instant."""
        pairs = {
            key: PartyPairs.model_validate_json(value).matches for key, value in self._pairs.items()
        }
        for _, value in sorted(self._shipments.items()):
            state = read(document_of(value))
            if isinstance(state, OpenShipment):
                matches = tuple(m for key in keys_of(state.facts) for m in pairs.get(key, ()))
                yield state, decide(state.question(as_of, matches), tables)


class Change(NamedTuple):
    """A shipment of which the other tables say something else."""

    kind: str
    """One of `KINDS`, or `ON_TRIAL`."""
    shipment_id: str
    destination: str
    before: tuple[Outcome, Action]
    after: tuple[Outcome, Action]
    reason: Reason | None
    """What would decide it; None where nothing would."""
    values: Values
    """What its goods are worth, by currency."""
    measures: tuple[str, ...]
    """Those whose reason is the cause: that would hold it, or that hold it now."""

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        reason = self.reason
        return {
            "shipment_id": self.shipment_id,
            "destination": self.destination,
            "before": {"outcome": self.before[0], "action": self.before[1]},
            "after": {"outcome": self.after[0], "action": self.after[1]},
            "measures": list(self.measures),
            "because": reason and f"{reason.title} ({reason.instrument}, {reason.article})",
            "values": _texts(self.values),
        }


def change_of(state: OpenShipment, judgement: Judgement) -> Change | None:
    """Compare the decision in force with another; None where outcome and action are the same."""
    last = state.last
    before = (Outcome.NO_RULE_MATCHED, Action.PASS) if last is None else (last.outcome, last.action)
    after = judgement.outcome, judgement.action
    if before == after:
        return None
    now, then = after[1], before[1]
    if Action.HOLD in (now, then) and now is not then:
        kind = "newly_held" if now is Action.HOLD else "no_longer_held"
    elif Action.REVIEW in (now, then) and now is not then:
        kind = "newly_in_review" if now is Action.REVIEW else "no_longer_in_review"
    else:
        kind = "other_outcome"
    measures = {r.measure for r in judgement.reasons if r.outcome.action is now}
    if kind == "no_longer_held":
        measures = {measure for measure, _ in state.held_by}
    return Change(
        kind=kind,
        shipment_id=state.facts.shipment_id,
        destination=state.facts.destination_country or "?",
        before=before,
        after=after,
        reason=judgement.reasons[0] if judgement.reasons else None,
        values=values_by_currency(state.facts),
        measures=tuple(sorted(measures)),
    )


def on_trial(state: OpenShipment, judgement: Judgement) -> Change | None:
    """Say what measures on trial would hold of a shipment; None where they would not hold it."""
    holding = [r for r in judgement.shadow if r.outcome.action is Action.HOLD]
    if not holding:
        return None
    return Change(
        kind=ON_TRIAL,
        shipment_id=state.facts.shipment_id,
        destination=state.facts.destination_country or "?",
        before=(judgement.outcome, judgement.action),
        after=(holding[0].outcome, Action.HOLD),
        reason=holding[0],
        values=values_by_currency(state.facts),
        measures=tuple(sorted({reason.measure for reason in holding})),
    )


class Group:
    """Changes of one kind, summed."""

    def __init__(self) -> None:
        self.shipments = 0
        self.values: dict[str, Decimal] = defaultdict(Decimal)
        self.by_measure: Counter[str] = Counter()
        """One that two measures change counts under both."""
        self.by_destination: Counter[str] = Counter()
        self.examples: list[Change] = []
        """The first by id."""

    def add(self, change: Change) -> None:
        """Count a change."""
        self.shipments += 1
        for currency, value in change.values.items():
            self.values[currency] += value
        self.by_measure.update(change.measures)
        self.by_destination[change.destination] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(change)

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        return {
            "shipments": self.shipments,
            "values": _texts(self.values),
            "by_measure": dict(ranked(self.by_measure)),
            "by_destination": dict(ranked(self.by_destination)),
            "examples": [change.as_json() for change in self.examples],
        }


def ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return counts, the largest first; equal ones by name."""
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _texts(values: Values) -> dict[str, str]:
    return {currency: decimal_text(value) for currency, value in sorted(values.items())}
