"""Which alerts go where, and when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.notifying import alert
from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.decision import Outcome, Reason
from tidegate.notify.routing import Route, routed

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday
REASON = Reason(
    measure="CN-JP-01", instrument="i", article="a", outcome=Outcome.PROHIBITED, title="t"
)
HELD = alert(1, reasons=(REASON,))
LICENSE = Alert(
    alert_id="x",
    kind=AlertKind.LICENSE_CHANGED,
    license_id="LIC-1",
    title="t",
    text="t",
    severity=Severity.WARNING,
)
ENDED = alert(1, AlertKind.HOLD_ENDED, severity=Severity.INFO)

# Conditions, an alert, whether it goes this way.
CASES: list[tuple[dict[str, Any], Alert, bool]] = [
    ({}, HELD, True),
    ({}, LICENSE, True),
    ({"kind": ["hold_started"]}, HELD, True),
    ({"kind": ["hold_ended"]}, HELD, False),
    ({"severity": ["critical"]}, HELD, True),
    ({"severity": ["info", "warning"]}, HELD, False),
    ({"outcome": ["PROHIBITED"]}, HELD, True),
    ({"outcome": ["LICENSE_REQUIRED"]}, HELD, False),
    ({"outcome": ["PROHIBITED"]}, LICENSE, False),
    ({"action": ["hold"]}, HELD, True),
    ({"action": ["hold"]}, ENDED, False),  # its outcome is still PROHIBITED: a person released it
    ({"action": ["pass"]}, ENDED, True),
    ({"action": ["hold", "review", "pass"]}, LICENSE, False),
    ({"measure": ["CN-JP-*"]}, HELD, True),
    ({"measure": ["US-*", "CN-JP-01"]}, HELD, True),
    ({"measure": ["US-*"]}, HELD, False),
    ({"measure": ["*"]}, LICENSE, False),
    ({"destination": ["JP", "KR"]}, HELD, True),
    ({"destination": ["KR"]}, HELD, False),
    ({"destination": ["KR"]}, alert(1, destination_country=None), True),  # unknown: not kept back
    ({"destination": ["KR"]}, LICENSE, False),
    ({"value_at_least": {"USD": "48000"}}, HELD, True),
    ({"value_at_least": {"USD": "48000.01"}}, HELD, False),
    ({"value_at_least": {"CNY": "999999999"}}, HELD, True),  # another currency: not compared
    ({"value_at_least": {"USD": "1"}}, alert(1, value=None, currency=None), True),
    ({"value_at_least": {"USD": "1"}}, LICENSE, False),
    ({"kind": ["hold_started"], "destination": ["KR"]}, HELD, False),  # all of them
]


@pytest.mark.parametrize(("conditions", "told", "goes"), CASES)
def test_an_alert_goes_where_all_conditions_are_met(
    conditions: dict[str, Any], told: Alert, goes: bool
) -> None:
    route = Route.model_validate({"to": ["erp"], **conditions})
    assert (routed(told, [route], NOON) == {"erp": NOON}) is goes


def test_several_routes_to_one_endpoint_make_one_delivery_and_the_soonest_counts() -> None:
    quiet = {"from": "00:00", "to": "18:00", "zone": "UTC", "urgent": []}
    night = Route.model_validate({"to": ["desk", "erp"], "quiet": quiet})
    always = Route.model_validate({"to": ["erp"]})
    evening = NOON + timedelta(hours=6)
    assert routed(HELD, [night, always], NOON) == {"desk": evening, "erp": NOON}
    assert routed(HELD, [always, night], NOON) == {"desk": evening, "erp": NOON}


def test_what_is_urgent_does_not_wait() -> None:
    quiet = {"from": "00:00", "to": "18:00", "zone": "UTC"}
    route = Route.model_validate({"to": ["desk"], "quiet": quiet})
    assert routed(HELD, [route], NOON) == {"desk": NOON}
    assert routed(ENDED, [route], NOON) == {"desk": NOON + timedelta(hours=6)}
