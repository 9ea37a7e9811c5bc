"""Comparison of decisions with recorded ones: equal bytes are equal, all else is told by field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tidegate.agents.replay.comparison import Comparison, Written
from tidegate.events.codec import DECISION_TYPE, encode
from tidegate.events.decision import Action, Decision, Outcome, Reason

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(milliseconds=5)


def reason(measure: str) -> Reason:
    return Reason(
        measure=measure,
        instrument="Example instrument",
        article="1",
        outcome=Outcome.REVIEW,
        title="Example",
    )


def decided(shipment_id: str = "SHP-1", at: datetime = NOON, **changes: Any) -> Written:
    fields: dict[str, Any] = {
        "decision_id": f"d-{shipment_id}",
        "as_of": at,
        "tables_version": "v",
        "shipment_id": shipment_id,
        "revision": 1,
        "outcome": Outcome.REVIEW,
        "action": Action.REVIEW,
        "reasons": (reason("CN-IT-02"),),
        "inputs": {},
        **changes,
    }
    decision = Decision(**fields)
    value = encode(
        DECISION_TYPE, decision, id_="d", source="/tidegate", subject=shipment_id, time=at
    )
    return Written(shipment_id.encode(), value)


Side = list[Written]


def compared(
    recorded: Side,
    again: dict[datetime, Side],
    begins: datetime | None = None,
    only: str | None = None,
) -> Comparison:
    comparison = Comparison(begins, only)
    comparison.recorded(recorded)
    for clock, mine in again.items():
        if not comparison.agrees(clock, mine):
            comparison.differ(clock, mine)
    comparison.finish(max(again, default=NOON))
    return comparison


A, B, C = decided("A"), decided("B"), decided("C", LATER)
OTHER = decided("B", outcome=Outcome.PROHIBITED, action=Action.HOLD, decision_id="other")
MORE = decided("B", reasons=(reason("CN-IT-02"), reason("CN-WL-01")))


@pytest.mark.parametrize(
    ("recorded", "again", "fields"),
    [
        ([A, B, C], {NOON: [A, B], LATER: [C]}, []),
        ([], {}, []),
        # One that is other than it was; what follows is compared with its own.
        ([A, B, C], {NOON: [A, OTHER], LATER: [C]}, ["action", "outcome"]),
        ([A, B, C], {NOON: [A, MORE], LATER: [C]}, ["reasons[CN-WL-01]"]),
        # One that was not recorded, or is not decided any more: in the middle, first, last.
        ([A, C], {NOON: [A, B], LATER: [C]}, ["not recorded"]),
        ([A, B, C], {NOON: [B], LATER: [C]}, ["not decided again"]),
        ([A, B, C], {NOON: [A], LATER: [C]}, ["not decided again"]),
        ([A, B, C], {NOON: [A, B], LATER: []}, ["not decided again"]),
        ([A, B], {NOON: [A, B], LATER: [C]}, ["not recorded"]),
        # In another order within one clock, each is what it was.
        ([B, A, C], {NOON: [A, B], LATER: [C]}, []),
    ],
)
def test_each_difference_is_told_once_by_its_fields(
    recorded: Side, again: dict[datetime, Side], fields: list[str]
) -> None:
    result = compared(recorded, again).result
    assert result.decisions == len(recorded)
    assert sorted(result.fields) == fields
    assert result.differing == (1 if fields else 0)


def test_only_what_is_asked_about_is_counted() -> None:
    result = compared([A, B, C], {NOON: [A, OTHER], LATER: [C]}, begins=LATER).result
    assert (result.decisions, result.differing) == (1, 0)
    result = compared([A, B, C], {NOON: [A, OTHER], LATER: [C]}, only="B").result
    assert (result.decisions, result.differing) == (1, 1)


def test_both_sides_of_a_difference_are_kept_for_the_reader() -> None:
    (shown,) = compared([B], {NOON: [OTHER]}).result.shown
    assert shown["shipment_id"] == "B"
    assert (shown["recorded"]["outcome"], shown["again"]["outcome"]) == ("REVIEW", "PROHIBITED")
