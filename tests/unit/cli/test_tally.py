"""The demonstration's figures are those of the topics."""

from datetime import UTC, datetime
from decimal import Decimal

from tidegate.cli.demo.tally import Tally
from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.decision import Action, Decision, Outcome, Reason

AT = datetime(2026, 11, 23, tzinfo=UTC)


def decision(
    number: str,
    outcome: Outcome,
    *measures: str,
    status: str = "declared",
    event: str = "e",
    action: Action | None = None,
) -> Decision:
    return Decision(
        decision_id=f"d-{number}-{event}",
        shipment_id=number,
        revision=1,
        outcome=outcome,
        action=action or outcome.action,
        reasons=tuple(
            Reason(
                measure=measure,
                instrument="Instrument",
                article="Article 1",
                outcome=outcome,
                title="Title",
            )
            for measure in measures
        ),
        as_of=AT,
        tables_version="v1",
        inputs={"event": event, "status": status},
    )


def alert(number: str, value: str) -> Alert:
    return Alert(
        alert_id=f"a-{number}",
        kind=AlertKind.HOLD_STARTED,
        shipment_id=number,
        title="",
        text="",
        severity=Severity.WARNING,
        outcome=Outcome.PROHIBITED,
        reasons=decision(number, Outcome.PROHIBITED, "M-1").reasons,
        value=Decimal(value),
        currency="USD",
    )


def test_a_hold_counts_under_each_of_its_measures_until_it_ends() -> None:
    tally = Tally()
    tally.on_decision(decision("S-1", Outcome.PROHIBITED, "M-1", "M-2"), 1.0)
    tally.on_decision(decision("S-2", Outcome.PROHIBITED, "M-1"), 1.0)
    tally.on_alert(alert("S-1", "100"), AT)
    tally.on_alert(alert("S-2", "50.5"), AT)
    rows = {row.measure: (row.holds, row.values) for row in tally.held_rows()}
    assert rows == {
        "M-1": (2, (("USD", Decimal("150.5")),)),
        "M-2": (1, (("USD", Decimal("100")),)),
    }
    assert tally.with_action(Action.HOLD) == 2
    tally.on_decision(decision("S-1", Outcome.NO_RULE_MATCHED, event="e2"), 2.0)
    tally.on_decision(decision("S-2", Outcome.NO_RULE_MATCHED, status="cancelled"), 2.0)
    assert tally.held_rows() == []
    assert tally.open_shipments == 1
    assert tally.decisions == 4


def test_a_released_hold_is_not_held() -> None:
    tally = Tally()
    tally.on_decision(decision("S-1", Outcome.PROHIBITED, "M-1", action=Action.PASS), 1.0)
    assert tally.held_rows() == []
    assert tally.all_are(["S-1"], Action.PASS)


def test_latency_is_from_sending_to_the_first_decision() -> None:
    tally = Tally()
    assert tally.latency_ms(50) is None
    for number in range(100):
        tally.sent(f"e-{number}", 10.0)
    assert tally.undecided == 100
    for number in range(100):
        seen = 10.0 + (number + 1) / 1000
        tally.on_decision(decision(f"S-{number}", Outcome.REVIEW, event=f"e-{number}"), seen)
        tally.on_decision(decision(f"S-{number}", Outcome.REVIEW, event=f"e-{number}"), 99.0)
    assert tally.undecided == 0
    assert round(tally.latency_ms(50) or 0) == 51
    assert round(tally.latency_ms(99) or 0) == 100


def test_all_are_asks_for_the_measure_too() -> None:
    tally = Tally()
    tally.on_decision(decision("S-1", Outcome.PROHIBITED, "M-1"), 1.0)
    assert tally.all_are(["S-1"], Action.HOLD)
    assert tally.all_are(["S-1"], Action.HOLD, "M-1")
    assert not tally.all_are(["S-1"], Action.HOLD, "M-2")
    assert not tally.all_are(["S-1", "S-2"], Action.HOLD)
