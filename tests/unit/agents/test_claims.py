"""Licenses are drawn on: who gets the last kilogram, what is spent, what comes back, in what order.

Expected answers follow the Regulations on the export control of dual-use items, articles 15 and 18.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.property.book import Book
from tests.unit.agents.book import FACTS, LICENSE, NOON, after
from tidegate.events.codec import LICENSE_TYPE
from tidegate.events.decision import Decision

GENERAL = {**LICENSE, "license_type": "general", "quantity": "1", "unit": "TNE"}


class Desk:
    """Shipments and licenses over time: each step is a second later, each event a new revision."""

    def __init__(self, *licenses: dict[str, Any]) -> None:
        self.book = Book(NOON)
        self.seconds = 0
        self.revisions: dict[str, int] = {}
        for license_ in licenses:
            self.license(license_)

    def license(self, license_: dict[str, Any], **changes: Any) -> None:
        number = changes.get("license_id", license_["license_id"])
        data = {**license_, **changes, "revision": self._next(number)}
        self.book.take(LICENSE_TYPE, data, after(self.seconds))

    def ship(
        self,
        shipment_id: str,
        quantity: str = "600",
        *,
        status: str = "declared",
        licenses: tuple[str, ...] = ("LIC-1",),
        **item: Any,
    ) -> Decision:
        line = {**FACTS["items"][0], "quantity": quantity, "licenses": list(licenses), **item}
        return self.send(shipment_id, [line], status)

    def send(self, shipment_id: str, items: list[dict[str, Any]], status: str) -> Decision:
        data = {
            **FACTS,
            "shipment_id": shipment_id,
            "revision": self._next(shipment_id),
            "status": status,
            "items": items,
        }
        return self.book.shipment(data, after(self.seconds))

    def outcome(self, shipment_id: str) -> str:
        return self.book.decision(shipment_id).outcome

    def because(self, shipment_id: str) -> set[str]:
        return {reason.measure for reason in self.book.decision(shipment_id).reasons}

    def _next(self, key: str) -> int:
        self.seconds += 1
        self.revisions[key] = self.revisions.get(key, 0) + 1
        return self.revisions[key]


def evidence(decision: Decision, path: str) -> str:
    (value,) = {
        str(one.value) for reason in decision.reasons for one in reason.evidence if one.path == path
    }
    return value


def test_two_shipments_never_both_get_the_last_kilogram() -> None:
    desk = Desk(GENERAL)
    assert desk.ship("SHP-1", "600").outcome == "AUTHORISED"
    second = desk.ship("SHP-2", "401")
    assert (second.outcome, second.action) == ("LICENSE_INVALID", "hold")
    assert "CN-LI-04.b" in desk.because("SHP-2")
    words = "claimed 0.401 TNE, licensed 1 TNE, 0.4 TNE free"
    assert evidence(second, "licenses[LIC-1].quantity") == words
    assert desk.ship("SHP-3", "400").outcome == "AUTHORISED"


@pytest.mark.parametrize("status", ["cancelled", "returned"])
def test_what_comes_back_goes_to_the_oldest_that_fits(status: str) -> None:
    desk = Desk(GENERAL)
    desk.ship("SHP-1", "900")
    desk.ship("SHP-2", "1001")
    desk.ship("SHP-3", "800")
    desk.ship("SHP-4", "150")
    assert [desk.outcome(f"SHP-{n}") for n in (2, 3, 4)] == ["LICENSE_INVALID"] * 3
    desk.ship("SHP-1", "900", status=status)
    assert desk.outcome("SHP-2") == "LICENSE_INVALID"
    assert desk.outcome("SHP-3") == "AUTHORISED"
    assert desk.outcome("SHP-4") == "AUTHORISED"


def test_a_smaller_revision_gives_back_and_a_larger_one_must_fit() -> None:
    desk = Desk(GENERAL)
    desk.ship("SHP-1", "900")
    assert desk.ship("SHP-2", "500").outcome == "LICENSE_INVALID"
    desk.ship("SHP-1", "500")
    assert desk.outcome("SHP-2") == "AUTHORISED"
    assert desk.ship("SHP-1", "501").outcome == "LICENSE_INVALID"
    # It keeps what it had: nobody else gets it meanwhile.
    assert desk.ship("SHP-3", "1").outcome == "LICENSE_INVALID"
    assert desk.ship("SHP-1", "500").outcome == "AUTHORISED"


def test_what_has_left_stays_drawn_after_delivery() -> None:
    desk = Desk(GENERAL)
    desk.ship("SHP-1", "900")
    desk.ship("SHP-1", "900", status="departed")
    desk.ship("SHP-1", "900", status="delivered")
    assert desk.ship("SHP-2", "101").outcome == "LICENSE_INVALID"
    assert desk.ship("SHP-3", "100").outcome == "AUTHORISED"


def test_an_unknown_delivered_shipment_that_is_returned_gives_back() -> None:
    """It has been closed, but its license remembers."""
    desk = Desk(GENERAL)
    desk.ship("SHP-1", "900", status="departed")
    desk.ship("SHP-1", "900", status="delivered")
    desk.ship("SHP-1", "900", status="returned")
    assert desk.ship("SHP-2", "1000").outcome == "AUTHORISED"


def test_a_single_license_is_for_one_export_with_all_its_lines() -> None:
    desk = Desk({**LICENSE, "quantity": "1000", "unit": "KGM"})
    line = {**FACTS["items"][0], "quantity": "400"}
    both = [line, {**line, "line": 2}]
    assert desk.send("SHP-1", both, "declared").outcome == "AUTHORISED"
    second = desk.ship("SHP-2", "100")
    assert second.outcome == "LICENSE_INVALID"
    assert "CN-LI-04.a" in desk.because("SHP-2")
    words = "claimed 1 export, licensed 1 export, 0 exports free, last taken by SHP-1"
    assert evidence(second, "licenses[LIC-1].uses") == words
    # The first line goes, the second stays: it is still the same export.
    assert desk.send("SHP-1", both[1:], "declared").outcome == "AUTHORISED"
    assert desk.outcome("SHP-2") == "LICENSE_INVALID"


def test_a_single_license_is_free_again_before_departure_and_spent_after_it() -> None:
    desk = Desk(LICENSE)
    desk.ship("SHP-1")
    assert desk.ship("SHP-2").outcome == "LICENSE_INVALID"
    desk.ship("SHP-1", status="cancelled")
    assert desk.outcome("SHP-2") == "AUTHORISED"
    desk.ship("SHP-2", status="departed")
    assert desk.outcome("SHP-2") == "AUTHORISED"
    desk.ship("SHP-2", status="returned")
    assert desk.ship("SHP-3").outcome == "LICENSE_INVALID"


@pytest.mark.parametrize("first", ["released", "departed"])
def test_exhaustion_by_its_own_export_does_not_hold_it(first: str) -> None:
    desk = Desk(LICENSE)
    desk.ship("SHP-1")
    desk.ship("SHP-1", status=first)
    desk.license(LICENSE, status="exhausted")
    assert desk.outcome("SHP-1") == "AUTHORISED"
    assert desk.ship("SHP-2").outcome == "LICENSE_INVALID"
    assert "CN-LI-04.a" in desk.because("SHP-2")


def test_word_of_exhaustion_may_come_before_word_of_the_export() -> None:
    desk = Desk(LICENSE)
    desk.ship("SHP-1")
    desk.license(LICENSE, status="exhausted")
    assert desk.outcome("SHP-1") == "LICENSE_INVALID"
    desk.ship("SHP-1", status="released")
    assert desk.outcome("SHP-1") == "AUTHORISED"


def test_a_lowered_license_holds_the_newest_first_and_raised_again_frees_them() -> None:
    desk = Desk(GENERAL)
    for number, quantity in enumerate(("300", "300", "300"), 1):
        desk.ship(f"SHP-{number}", quantity)
    desk.license(GENERAL, quantity="650", unit="KGM")
    assert [desk.outcome(f"SHP-{n}") for n in (1, 2, 3)] == [
        "AUTHORISED",
        "AUTHORISED",
        "LICENSE_INVALID",
    ]
    desk.license(GENERAL, quantity="900", unit="KGM")
    assert desk.outcome("SHP-3") == "AUTHORISED"


def test_a_license_lowered_below_what_is_spent_grants_no_more() -> None:
    desk = Desk(GENERAL)
    desk.ship("SHP-1", "600", status="departed")
    desk.ship("SHP-2", "100")
    desk.license(GENERAL, quantity="500", unit="KGM")
    assert desk.outcome("SHP-1") == "AUTHORISED"
    assert desk.outcome("SHP-2") == "LICENSE_INVALID"
    assert evidence(desk.book.decision("SHP-2"), "licenses[LIC-1].quantity").endswith("0 KGM free")


def test_a_license_of_nothing_grants_nothing() -> None:
    desk = Desk({**GENERAL, "quantity": "0"})
    assert desk.ship("SHP-1", "0.001").outcome == "LICENSE_INVALID"


def test_the_next_license_is_tried_and_a_full_grant_stays() -> None:
    small = {**GENERAL, "license_id": "LIC-2", "quantity": "700", "unit": "KGM"}
    desk = Desk({**GENERAL, "status": "suspended"}, small)
    both = ("LIC-1", "LIC-2")
    assert desk.ship("SHP-1", "600", licenses=both).outcome == "AUTHORISED"
    desk.license(GENERAL, status="active")
    # It stays with the second: the whole of the first is free, and only the rest of the second.
    assert desk.ship("SHP-2", "1000").outcome == "AUTHORISED"
    assert desk.ship("SHP-3", "101", licenses=("LIC-2",)).outcome == "LICENSE_INVALID"
    assert desk.ship("SHP-4", "100", licenses=("LIC-2",)).outcome == "AUTHORISED"


def test_a_line_whose_license_is_stopped_moves_on_and_gives_it_back() -> None:
    other = {**GENERAL, "license_id": "LIC-2"}
    desk = Desk(GENERAL, other)
    desk.ship("SHP-1", "600", licenses=("LIC-1", "LIC-2"))
    desk.license(GENERAL, status="suspended")
    assert desk.outcome("SHP-1") == "AUTHORISED"
    desk.license(GENERAL, status="active")
    assert desk.ship("SHP-2", "1000").outcome == "AUTHORISED"


def test_where_no_license_grants_each_says_why() -> None:
    desk = Desk({**GENERAL, "status": "suspended"}, {**GENERAL, "license_id": "LIC-2"})
    decision = desk.ship("SHP-1", "1001", licenses=("LIC-1", "LIC-2"))
    assert decision.outcome == "LICENSE_INVALID"
    assert {"CN-LI-03.a", "CN-LI-04.b"} <= desk.because("SHP-1")


def test_value_is_drawn_down_in_its_currency() -> None:
    desk = Desk({**LICENSE, "license_type": "general", "value": "100", "currency": "USD"})
    assert desk.ship("SHP-1", value="60", currency="USD").outcome == "AUTHORISED"
    assert desk.ship("SHP-2", value="41", currency="USD").outcome == "LICENSE_INVALID"
    assert desk.ship("SHP-3", value="1", currency="EUR").outcome == "LICENSE_INVALID"
    assert desk.ship("SHP-4", value="40", currency="USD").outcome == "AUTHORISED"


def test_a_number_of_uses_is_kept_to() -> None:
    desk = Desk({**LICENSE, "license_type": "general", "max_uses": 2})
    assert desk.ship("SHP-1").outcome == "AUTHORISED"
    assert desk.ship("SHP-2").outcome == "AUTHORISED"
    assert desk.ship("SHP-3").outcome == "LICENSE_INVALID"


@pytest.mark.parametrize(
    "status", ["denied", "returned", "withdrawn", "expired", "revoked", "exhausted"]
)
def test_a_license_that_has_ended_is_never_usable_again(status: str) -> None:
    desk = Desk(LICENSE, {**LICENSE, "status": status})
    desk.license(LICENSE, status="active")
    decision = desk.ship("SHP-1")
    assert decision.outcome == "LICENSE_INVALID"
    assert evidence(decision, "licenses[LIC-1].status") == f"active, after it was {status}"


def test_a_stopped_license_is_usable_again_when_it_is_restored() -> None:
    desk = Desk(LICENSE)
    desk.ship("SHP-1")
    for status, outcome in (
        ("suspended", "LICENSE_INVALID"),
        ("active", "AUTHORISED"),
        ("amendment_pending", "LICENSE_INVALID"),
        ("granted", "AUTHORISED"),
    ):
        desk.license(LICENSE, status=status)
        assert desk.outcome("SHP-1") == outcome


@pytest.mark.parametrize("old_first", [True, False])
def test_a_replaced_license_is_not_usable_whichever_word_comes_first(old_first: bool) -> None:
    new = {**LICENSE, "license_id": "LIC-2", "replaces": "LIC-1"}
    desk = Desk(*((LICENSE, new) if old_first else (new, LICENSE)))
    decision = desk.ship("SHP-1")
    assert decision.outcome == "LICENSE_INVALID"
    assert evidence(decision, "licenses[LIC-1].replaced_by") == "LIC-2"
    assert desk.ship("SHP-2", licenses=("LIC-2",)).outcome == "AUTHORISED"


def test_licenses_that_replace_each_other_grant_nothing() -> None:
    desk = Desk(
        {**LICENSE, "replaces": "LIC-2"}, {**LICENSE, "license_id": "LIC-2", "replaces": "LIC-1"}
    )
    assert desk.ship("SHP-1", licenses=("LIC-1", "LIC-2")).outcome == "LICENSE_INVALID"


def test_an_application_replaces_nothing_before_it_is_granted() -> None:
    new = {**LICENSE, "license_id": "LIC-2", "replaces": "LIC-1", "status": "submitted"}
    desk = Desk(LICENSE, new)
    assert desk.ship("SHP-1").outcome == "AUTHORISED"
    desk.license(new, status="granted")
    assert desk.outcome("SHP-1") == "LICENSE_INVALID"


def test_those_who_waited_for_an_application_get_it_in_their_order() -> None:
    desk = Desk()
    desk.ship("SHP-1", "600")
    desk.ship("SHP-2", "600")
    desk.license(GENERAL, status="under_review")
    assert desk.outcome("SHP-1") == "LICENSE_INVALID"
    desk.license(GENERAL, status="granted")
    assert (desk.outcome("SHP-1"), desk.outcome("SHP-2")) == ("AUTHORISED", "LICENSE_INVALID")
