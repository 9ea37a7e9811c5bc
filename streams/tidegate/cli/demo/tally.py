"""What the output topics say, counted: the only source of the figures on the screen."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tidegate.events.alert import Alert
from tidegate.events.decision import Action, Decision, Outcome
from tidegate.events.shipment import ShipmentStatus

LATENCIES_KEPT = 20_000
ALERTS_KEPT = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """An open shipment's decision in force, as far as the tally needs it."""

    outcome: Outcome
    action: Action
    held_by: tuple[str, ...]
    tables_version: str


@dataclass(frozen=True, slots=True)
class HeldRow:
    """What one measure holds now."""

    measure: str
    citation: str
    title: str
    holds: int
    values: tuple[tuple[str, Decimal], ...]
    """By currency, of the shipments whose alert gave a value."""


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """An alert, and when it was read."""

    at: datetime
    alert: Alert


class Tally:
    """Counts decisions, alerts and dead letters as they are read."""

    def __init__(self) -> None:
        self.decisions = 0
        self.decisions_by_outcome: Counter[str] = Counter()
        self.alerts = 0
        self.alerts_by_kind: Counter[str] = Counter()
        self.dead_letters = 0
        self.dead_letters_by_reason: Counter[str] = Counter()
        self.latest_alerts: deque[ToldAlert] = deque(maxlen=ALERTS_KEPT)
        self.tables_version = ""
        self._standing: dict[str, Standing] = {}
        self._values: dict[str, tuple[str, Decimal]] = {}
        self._words: dict[str, tuple[str, str]] = {}
        self._sent: dict[str, float] = {}
        self._latencies: deque[float] = deque(maxlen=LATENCIES_KEPT)

    # What comes in

    def sent(self, event_id: str, at_seconds: float) -> None:
        """Note when a shipment event was handed to Kafka, on a monotonic clock."""
        self._sent[event_id] = at_seconds

    def on_decision(self, decision: Decision, at_seconds: float) -> None:
        """Count a decision that was read at an instant of the same monotonic clock."""
        self.decisions += 1
        self.decisions_by_outcome[decision.outcome] += 1
        self.tables_version = decision.tables_version
        sent = self._sent.pop(str(decision.inputs.get("event", "")), None)
        if sent is not None:
            self._latencies.append(max(0.0, at_seconds - sent))
        number = decision.shipment_id
        if not ShipmentStatus(decision.inputs["status"]).is_open:
            self._standing.pop(number, None)
            self._values.pop(number, None)
            return
        held_by: dict[str, None] = {}
        for reason in decision.reasons:
            if decision.action is Action.HOLD and reason.outcome.action is Action.HOLD:
                held_by[reason.measure] = None
                citation = f"{reason.instrument}, {reason.article}"
                self._words.setdefault(reason.measure, (citation, reason.title))
        self._standing[number] = Standing(
            decision.outcome, decision.action, tuple(held_by), decision.tables_version
        )

    def on_alert(self, alert: Alert, at: datetime) -> None:
        """Count an alert and keep it among the latest."""
        self.alerts += 1
        self.alerts_by_kind[alert.kind] += 1
        self.latest_alerts.append(ToldAlert(at, alert))
        known = alert.shipment_id in self._standing
        if alert.shipment_id and known and alert.value is not None and alert.currency is not None:
            self._values[alert.shipment_id] = (alert.currency, alert.value)

    def on_dead_letter(self, reason: str) -> None:
        """Count a refused record."""
        self.dead_letters += 1
        self.dead_letters_by_reason[reason] += 1

    # What is known

    @property
    def open_shipments(self) -> int:
        """How many shipments are open."""
        return len(self._standing)

    @property
    def undecided(self) -> int:
        """How many shipment events were sent and have no decision yet."""
        return len(self._sent)

    def standing(self, shipment_id: str) -> Standing | None:
        """Return an open shipment's decision."""
        return self._standing.get(shipment_id)

    def with_action(self, action: Action) -> int:
        """Count open shipments with this action."""
        return sum(standing.action is action for standing in self._standing.values())

    def all_are(
        self, shipment_ids: Collection[str], action: Action, measure: str | None = None
    ) -> bool:
        """Say whether all of these have this action, one of their reasons being `measure`."""
        return all(
            standing is not None
            and standing.action is action
            and (measure is None or measure in standing.held_by)
            for standing in map(self._standing.get, shipment_ids)
        )

    def held_rows(self) -> list[HeldRow]:
        """Return what is held by measure, most first. One held by two counts under both."""
        holds: Counter[str] = Counter()
        values: dict[str, dict[str, Decimal]] = {}
        for number, standing in self._standing.items():
            for measure in standing.held_by:
                holds[measure] += 1
                value = self._values.get(number)
                if value is not None:
                    currency, amount = value
                    sums = values.setdefault(measure, {})
                    sums[currency] = sums.get(currency, Decimal(0)) + amount
        rows = []
        for measure, count in sorted(holds.items(), key=lambda item: (-item[1], item[0])):
            citation, title = self._words[measure]
            amounts = tuple(sorted(values.get(measure, {}).items()))
            rows.append(HeldRow(measure, citation, title, count, amounts))
        return rows

    def latency_ms(self, percent: float, last: int | None = None) -> float | None:
        """Return a percentile of sent-to-decision-read in milliseconds; None without any."""
        found = list(self._latencies)[-last:] if last else list(self._latencies)
        if not found:
            return None
        found.sort()
        return found[min(len(found) - 1, int(len(found) * percent / 100))] * 1000
