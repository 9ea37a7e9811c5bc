"""What people may decide on a hold, and what is refused."""

from typing import Any

import pytest

from tests.support.scenario import event
from tests.support.tables import shipped, shipped_with
from tests.unit.agents.book import NOON, Desktop, after, facts, used_by, used_for
from tidegate.agents.offline import Offline
from tidegate.events.codec import DISPOSITION_TYPE, SHIPMENT_TYPE

PAIR: dict[str, Any] = {"kind": "release", "seconded_by": "B. Approver"}
TDK: dict[str, Any] = {
    "kind": "false_match",
    "party": "TDK Corporation",
    "entry": "CN-WL-20260224-12",
}


def held(**changes: Any) -> Desktop:
    desk = Desktop()
    desk.shipment(facts(**changes))
    return desk


def on_watch_list(desk: Desktop) -> bool:
    return any(reason.measure == "CN-WL-01.c" for reason in desk.decision().reasons)


def test_two_people_release_a_hold_and_the_outcome_stays_the_laws() -> None:
    desk = held()
    assert desk.dispose(**PAIR) is None
    decision = desk.decision()
    assert (decision.outcome, decision.action) == ("LICENSE_REQUIRED", "pass")
    assert decision.released_by == ("DSP-1",)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"kind": "release"}, "data.seconded_by"),
        # The same person under another spelling is not a second one.
        ({"kind": "release", "seconded_by": "a. analyst"}, "data"),
        ({**PAIR, "decision_id": "unknown"}, "data.decision_id"),
        ({**PAIR, "decision_id": None}, "data"),
        ({"kind": "confirm", "decision_id": None}, "data"),
        ({"kind": "withdraw"}, "data.decision_id"),
        ({"kind": "false_match"}, "data"),
        ({**TDK}, "data.entry"),
        ({"kind": "approve"}, "data.kind"),
        ({**PAIR, "reason": ""}, "data.reason"),
    ],
)
def test_what_is_refused_names_the_field_and_changes_nothing(
    words: dict[str, Any], field: str
) -> None:
    desk = held()
    before = desk.runtime.state("screening")
    assert desk.dispose(**words) == field
    assert desk.runtime.state("screening") == before
    assert desk.decision().action == "hold"


def test_a_prohibition_needs_a_special_approval() -> None:
    desk = held(end_use=used_for("military"))
    assert desk.dispose(**PAIR) == "data.special_approval"
    assert desk.dispose(number="DSP-2", special_approval="SA-1", **PAIR) is None
    assert (desk.decision().outcome, desk.decision().action) == ("PROHIBITED", "pass")


def test_a_review_is_released_by_one_person() -> None:
    desk = held(items=[{"line": 1, "hs_code": "2846901500", "origin_country": "CN"}])
    assert desk.decision().action == "review"
    assert desk.dispose(kind="release") is None
    assert desk.decision().action == "pass"


def test_what_passes_has_nothing_to_release() -> None:
    desk = held(items=[{"line": 1, "origin_country": "CN"}])
    assert desk.dispose(**PAIR) == "data.decision_id"


def test_no_shipment_no_disposition() -> None:
    desk = held()
    assert desk.dispose(shipment_id="SHP-2", **PAIR) in ("key", "data.shipment_id")


def test_a_release_is_withdrawn_and_the_shipment_holds_again() -> None:
    desk = held()
    seen = desk.decision().decision_id
    desk.dispose(**PAIR)
    assert desk.dispose(after(60), "DSP-2", kind="withdraw", decision_id=seen) is None
    assert desk.decision().action == "hold"


def test_a_withdrawal_that_names_no_decision_takes_back_all() -> None:
    desk = held()
    desk.dispose(**PAIR)
    assert desk.dispose(after(60), "DSP-2", kind="withdraw", decision_id=None) is None
    assert desk.decision().action == "hold"


def test_a_release_ends_at_its_instant_without_an_event() -> None:
    desk = held()
    desk.dispose(expires_at=after(3600).isoformat(), **PAIR)
    desk.wait(after(3599.999))
    assert desk.decision().action == "pass"
    desk.wait(after(3600))
    assert desk.decision().action == "hold"


def test_a_disposition_sent_twice_counts_once() -> None:
    desk = held()
    words = {**PAIR, "decision_id": desk.decision().decision_id}
    desk.dispose(**words)
    desk.dispose(after(10), "DSP-2", kind="withdraw", decision_id=words["decision_id"])
    desk.dispose(after(20), "DSP-1", **words)
    assert desk.decision().action == "hold"


@pytest.mark.parametrize("kind", ["confirm", "note", "escalate", "request_information"])
def test_other_kinds_take_note_and_leave_the_hold(kind: str) -> None:
    desk = held()
    seen = desk.decision()
    assert desk.dispose(kind=kind) is None
    assert desk.decision() == seen


def test_a_release_of_an_older_decision_covers_only_what_that_one_said() -> None:
    desk = held()
    seen = desk.decision().decision_id
    desk.shipment(facts(2, end_use=used_for("civil", "yes")), after(60))
    assert desk.dispose(after(61), decision_id=seen, **PAIR) is None
    assert (desk.decision().outcome, desk.decision().action) == ("PROHIBITED", "hold")


def test_a_false_match_silences_the_pair() -> None:
    desk = held(parties=used_by(name="TDK Corporation"))
    assert on_watch_list(desk)
    assert desk.dispose(**TDK) is None
    assert not on_watch_list(desk)
    desk.shipment(facts(2, parties=used_by(name="TDK CORPORATION")), after(60))
    assert not on_watch_list(desk)


@pytest.mark.parametrize(
    "change",
    [
        {"country": "KR"},
        # Another listed name is another pair.
        {"name": "Hino Motors, Ltd."},
    ],
)
def test_a_false_match_ends_when_name_or_country_changes(change: dict[str, str]) -> None:
    desk = held(parties=used_by(name="TDK Corporation"))
    desk.dispose(**TDK)
    desk.shipment(facts(2, parties=used_by(**{"name": "TDK Corporation", **change})), after(60))
    assert on_watch_list(desk)


def test_a_false_match_ends_when_it_expires() -> None:
    desk = held(parties=used_by(name="TDK Corporation"))
    desk.dispose(expires_at=after(60).isoformat(), **TDK)
    desk.wait(after(59))
    assert not on_watch_list(desk)
    desk.wait(after(60))
    assert on_watch_list(desk)


def test_a_false_match_ends_when_the_entry_changes() -> None:
    book = Offline(shipped())
    data = facts(parties=used_by(name="TDK Corporation"))
    book.apply(event(SHIPMENT_TYPE, data, NOON))
    said = {"disposition_id": "DSP-1", "shipment_id": "SHP-1", "reason": "r", "by": "A", **TDK}
    book.apply(event(DISPOSITION_TYPE, said, NOON))
    assert not any(r.measure == "CN-WL-01.c" for r in book.current()[0].reasons)
    book.switch(
        shipped_with("lists/cn-wl.csv", "TDK Corporation,", "TDK Corporation,TDK Corp Tokyo")
    )
    assert any(r.measure == "CN-WL-01.c" for r in book.current()[0].reasons)
