"""What the rerun hands in together is answered in the order in which it was answered for real."""

from __future__ import annotations

from tests.support.rerun import Book
from tests.support.scenario import event
from tests.support.tables import shipped
from tests.unit.agents.book import LICENSE, NOON, after, facts
from tidegate.events.codec import LICENSE_TYPE, SHIPMENT_TYPE


def test_a_license_that_came_before_the_later_claim_is_not_answered_with_its_past() -> None:
    book = Book(shipped())
    book.apply(event(SHIPMENT_TYPE, facts(licenses=("LIC-1",)), NOON), at=NOON)
    book.queue(event(SHIPMENT_TYPE, facts(2, licenses=("LIC-1",)), after(1)))
    book.queue(event(LICENSE_TYPE, LICENSE, after(1)))
    suspended = {**LICENSE, "revision": 2, "status": "suspended"}
    book.apply(event(LICENSE_TYPE, suspended, after(1)), at=after(1))
    (now,) = book.current()
    assert now.inputs["verdicts"][0]["license_revision"] == 2
    assert "baseline" not in now.inputs, "it was never granted"
    assert "AUTHORISED" not in {one.outcome for one in book.history()}
