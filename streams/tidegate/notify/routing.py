"""Which alerts go where, and when: the routes of the notifier's file. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.decision import Action, Outcome
from tidegate.events.values import Amount, CountryCode, Currency
from tidegate.notify.quiet import QuietHours

_ACTIONS = {
    AlertKind.HOLD_STARTED: Action.HOLD,
    AlertKind.HOLD_CHANGED: Action.HOLD,
    AlertKind.HOLD_ENDED: Action.PASS,
    AlertKind.REVIEW_STARTED: Action.REVIEW,
}
"""What the shipment's action is after an alert. Its outcome would not say: a released hold keeps
its outcome."""


class Route(BaseModel):
    """One rule: alerts that meet all of its conditions go to all of its endpoints.

    A condition that is not stated is met. Of a shipment's alert, what is not known (the
    destination, a total value in one currency) meets a condition: nothing is kept from anybody for
    lack of a fact. Alerts of licenses and tables have no outcome, action, measure, destination or
    value, and don't meet conditions on these.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    kind: tuple[AlertKind, ...] = ()
    action: tuple[Action, ...] = ()
    outcome: tuple[Outcome, ...] = ()
    severity: tuple[Severity, ...] = ()
    measure: tuple[str, ...] = ()
    """Ids of measures, or patterns such as `CN-JP-*`; any reason may meet one."""
    destination: tuple[CountryCode, ...] = ()
    value_at_least: dict[Currency, Amount] = Field(default_factory=dict)
    """The least by currency; a value in another currency is not compared, so it meets this."""
    quiet: QuietHours | None = None

    def meets(self, alert: Alert) -> bool:
        """Say whether an alert goes this way."""
        return (
            (not self.kind or alert.kind in self.kind)
            and (not self.severity or alert.severity in self.severity)
            and (not self.action or _ACTIONS.get(alert.kind) in self.action)
            and (not self.outcome or alert.outcome in self.outcome)
            and (not self.measure or self._meets_measure(alert))
            and (not self.destination or self._meets_destination(alert))
            and (not self.value_at_least or self._meets_value(alert))
        )

    def due(self, alert: Alert, now: datetime) -> datetime:
        """Return when an alert that goes this way is told: now, or when the quiet time ends."""
        if self.quiet is None or alert.severity in self.quiet.urgent:
            return now
        return self.quiet.end(now) or now

    def _meets_measure(self, alert: Alert) -> bool:
        return any(
            fnmatchcase(reason.measure, pattern)
            for reason in alert.reasons
            for pattern in self.measure
        )

    def _meets_destination(self, alert: Alert) -> bool:
        if alert.shipment_id is None:
            return False
        return alert.destination_country is None or alert.destination_country in self.destination

    def _meets_value(self, alert: Alert) -> bool:
        if alert.shipment_id is None:
            return False
        least = self.value_at_least.get(alert.currency or "")
        return least is None or alert.value is None or alert.value >= least


def routed(alert: Alert, routes: Iterable[Route], now: datetime) -> Mapping[str, datetime]:
    """Return the endpoints that an alert goes to, and when; the soonest of several routes."""
    found: dict[str, datetime] = {}
    for route in routes:
        if route.meets(alert):
            due = route.due(alert, now)
            for endpoint in route.to:
                found[endpoint] = min(due, found.get(endpoint, due))
    return found
