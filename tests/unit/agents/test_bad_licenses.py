"""What is wrong with a license never passes by itself, and the reason is named."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.property.book import Book
from tests.unit.agents.book import LICENSE, facts
from tidegate.events.codec import LICENSE_TYPE, decode
from tidegate.events.dead_letter import DeadLetter
from tidegate.events.decision import Action, Decision, Outcome
from tidegate.runtime.spec import DEAD_LETTERS

AT = datetime.fromisoformat("2026-11-23T12:00:00+08:00")


def filed(*licenses: dict[str, Any]) -> Book:
    book = Book(AT)
    for number, changes in enumerate(licenses, 1):
        book.take(LICENSE_TYPE, {**LICENSE, "license_id": f"LIC-{number}", **changes}, AT)
    return book


def told(decision: Decision) -> set[tuple[str, str]]:
    return {
        (reason.measure, f"{evidence.path.rpartition('.')[2]}: {evidence.value}")
        for reason in decision.reasons
        if reason.outcome is Outcome.LICENSE_INVALID
        for evidence in reason.evidence
    }


def refused(book: Book) -> list[tuple[str, str]]:
    letters = [decode(r.value).read(DeadLetter) for r in book.records(DEAD_LETTERS)]
    return [(letter.error.field, letter.error.reason) for letter in letters]


@pytest.mark.parametrize("length", [1, 2, 3, 7])
@pytest.mark.parametrize("word", ["replaced_by", "replaces"])
def test_licenses_that_replace_each_other_in_a_circle_grant_nothing(word: str, length: int) -> None:
    circle = [{word: f"LIC-{(number + 1) % length + 1}"} for number in range(length)]
    book = filed(*circle)
    for number in range(1, length + 1):
        shipment = {**facts(licenses=(f"LIC-{number}",)), "shipment_id": f"SHP-{number}"}
        decision = book.shipment(shipment, AT)
        assert decision.action is Action.HOLD
        assert any("replaced_by: LIC-" in words for _, words in told(decision)), told(decision)


CASES = [
    # A license of nothing.
    ({"quantity": "0", "unit": "KGM"}, "CN-LI-04.b", "claimed 120.5 KGM, licensed 0 KGM"),
    ({"value": "0", "currency": "USD"}, "CN-LI-04.b", "claimed 48000 USD, licensed 0 USD"),
    # Kilograms are no pieces, and dollars no yen.
    ({"quantity": "9000", "unit": "C62"}, "CN-LI-04.b", "claimed KGM, licensed 9000 C62"),
    ({"quantity": "9000"}, "CN-LI-04.b", "claimed KGM, licensed 9000 no unit"),
    ({"value": "90000", "currency": "JPY"}, "CN-LI-04.b", "claimed 48000 USD, licensed 90000 JPY"),
    # It ends before it begins.
    ({"valid_from": "2027-01-01", "valid_to": "2026-01-01"}, "CN-LI-01", "valid_to: 2026-01-01"),
    ({"valid_from": "2027-01-01", "valid_to": "2026-12-01"}, "CN-LI-02", "valid_from: 2027-01-01"),
    # As far away as a date may be.
    ({"valid_to": "1990-01-01"}, "CN-LI-01", "valid_to: 1990-01-01"),
    ({"valid_from": "2199-12-31", "valid_to": "2199-12-31"}, "CN-LI-02", "valid_from: 2199-12-31"),
]


@pytest.mark.parametrize(("changes", "measure", "words"), CASES)
def test_a_license_that_grants_nothing_says_why(
    changes: dict[str, Any], measure: str, words: str
) -> None:
    decision = filed(changes).shipment(facts(licenses=("LIC-1",)), AT)
    assert decision.outcome is Outcome.LICENSE_INVALID
    found = told(decision)
    assert any(measure == one and words in said for one, said in found), found


REFUSED = [
    ({"quantity": "-1"}, "data.quantity", "must not be negative"),
    ({"value": "-0.01"}, "data.value", "must not be negative"),
    ({"max_uses": 0}, "data.max_uses", "greater than or equal to 1"),
    ({"valid_to": "9999-12-31"}, "data.valid_to", "year must be"),
    ({"valid_from": "0001-01-01"}, "data.valid_from", "year must be"),
    ({"accepted_at": "1066-10-14"}, "data.accepted_at", "year must be"),
    ({"valid_to": "2026-02-30"}, "data.valid_to", ""),
]


@pytest.mark.parametrize(("changes", "field", "reason"), REFUSED)
def test_what_no_license_can_say_is_a_dead_letter_and_the_shipment_holds(
    changes: dict[str, Any], field: str, reason: str
) -> None:
    book = filed(changes)
    ((at, why),) = refused(book)
    assert at == field
    assert reason in why
    assert book.shipment(facts(licenses=("LIC-1",)), AT).outcome is Outcome.LICENSE_INVALID


def test_a_license_of_another_regime_does_not_lift_this_ones_requirement() -> None:
    book = filed({"regime": "US", "control_codes": [], "hs_codes": ["2846"]})
    item = {**facts(licenses=("LIC-1",))["items"][0], "hs_code": "2846901500"}
    decision = book.shipment(facts(items=[item]), AT)
    assert decision.outcome is Outcome.LICENSE_REQUIRED
    assert "CN-IT-01.18-2025" in {r.measure for r in decision.reasons}
    assert Outcome.AUTHORISED not in {r.outcome for r in decision.reasons}


def test_of_two_licenses_valid_at_once_one_is_drawn_and_the_other_takes_over_at_its_end() -> None:
    book = filed({"valid_to": "2026-11-30"}, {"valid_from": "2026-11-01"})
    first = book.shipment(facts(licenses=("LIC-1", "LIC-2")), AT)
    answers = {one["license"]: one["answer"] for one in first.inputs["verdicts"]}
    assert (first.outcome, answers) == (
        Outcome.AUTHORISED,
        {"LIC-1": "reserved", "LIC-2": "not reserved"},
    )
    book.runtime.run(datetime.fromisoformat("2026-12-01T00:00:00+08:00"))
    last = book.decision()
    answers = {one["license"]: one["answer"] for one in last.inputs["verdicts"]}
    assert (last.outcome, answers["LIC-2"]) == (Outcome.AUTHORISED, "reserved")


def test_an_application_beyond_the_known_calendar_is_counted_provisionally() -> None:
    book = filed({"status": "under_review", "accepted_at": "2027-12-01"})
    book.runtime.run(datetime.fromisoformat("2028-03-31T00:00:00+08:00"))
    alerts = [decode(r.value).data for r in book.records("trade.alerts")]
    (overdue,) = [alert for alert in alerts if "overdue" in alert["title"]]
    assert "by a calendar that is not published yet for all of it" in overdue["text"]
