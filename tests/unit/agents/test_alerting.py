"""Which changes are told, once each, and how long telling waits for license owners."""

from decimal import Decimal

from tests.unit.agents.book import LICENSE, Desktop, after, facts, used_by, used_for
from tidegate.agents.alerting import goods_value
from tidegate.events.alert import Severity
from tidegate.events.claim import Claim
from tidegate.events.codec import canonical
from tidegate.events.license import License
from tidegate.events.shipment import Shipment
from tidegate.licenses.lifecycle import Filed
from tidegate.licenses.matching import answer


def test_a_hold_is_told_when_it_starts_with_all_that_a_person_needs() -> None:
    desk = Desktop()
    desk.shipment(facts(end_use=used_for("military")))
    (alert,) = desk.alerts()
    assert alert.kind == "hold_started"
    assert alert.severity is Severity.CRITICAL
    assert (alert.value, alert.currency) == (Decimal("48000.00"), "USD")
    for words in (
        "Example Motors KK (JP)",
        "dysprosium oxide",
        "48000 USD",
        "MOFCOM Announcement No. 1 of 2026",
        "CN to JP",
    ):
        assert words in alert.text
    assert alert.decision_id == desk.decision().decision_id


def test_the_same_hold_is_not_told_twice() -> None:
    desk = Desktop()
    desk.shipment(facts())
    desk.shipment(facts(2, status="booked"), after(60))
    assert desk.told() == ["hold_started"]


def test_a_hold_for_another_reason_is_told_as_changed_and_says_what_was_before() -> None:
    desk = Desktop()
    desk.shipment(facts())
    desk.shipment(facts(2, end_use=used_for("military")), after(60))
    assert desk.told() == ["hold_started", "hold_changed"]
    previous = desk.alerts()[1].previous
    assert previous is not None
    assert previous.outcome == "LICENSE_REQUIRED"
    assert "before: LICENSE_REQUIRED (hold)" in desk.alerts()[1].text


def test_a_hold_that_ends_is_told() -> None:
    desk = Desktop()
    desk.shipment(facts())
    desk.shipment(facts(2, export_country="KR", items=[{"line": 1}]), after(60))
    assert desk.told() == ["hold_started", "hold_ended"]
    assert desk.alerts()[1].severity is Severity.INFO


def test_closing_a_shipment_ends_its_hold() -> None:
    desk = Desktop()
    desk.shipment(facts())
    desk.shipment(facts(2, status="cancelled"), after(60))
    assert desk.told() == ["hold_started", "hold_ended"]
    assert desk.decision().outcome == "NO_RULE_MATCHED"


def test_a_release_ends_a_hold() -> None:
    desk = Desktop()
    desk.shipment(facts())
    assert desk.dispose(after(60), kind="release", seconded_by="B. Approver") is None
    assert desk.told() == ["hold_started", "hold_ended"]


def test_a_hold_longer_than_its_service_level_is_told_once_more() -> None:
    desk = Desktop()
    desk.shipment(facts())
    three_days = 72 * 3600.0
    desk.wait(after(three_days - 0.001))
    assert desk.told() == ["hold_started"]
    desk.wait(after(three_days + 10))
    desk.wait(after(2 * three_days))
    assert desk.told() == ["hold_started", "hold_changed"]
    late = desk.alerts()[1]
    assert late.title == "SHP-1 held for more than 72 hours: LICENSE_REQUIRED"
    assert "Held since 2026-11-23T04:00:00.000Z" in late.text
    assert late.decision_id == desk.decision().decision_id


def test_a_hold_that_ends_in_time_is_not_late_and_the_next_one_has_its_own_time() -> None:
    desk = Desktop()
    three_days = 72 * 3600.0
    desk.shipment(facts())
    desk.shipment(facts(2, export_country="KR", items=[{"line": 1}]), after(60))
    desk.shipment(facts(3), after(three_days))
    desk.wait(after(2 * three_days - 1))
    assert desk.told() == ["hold_started", "hold_ended", "hold_started"]
    desk.wait(after(2 * three_days))
    assert desk.told()[-1] == "hold_changed"


def test_a_review_is_told_when_it_starts_and_when_it_grows_but_not_when_it_shrinks() -> None:
    desk = Desktop()
    plain = [{"line": 1, "hs_code": "2846901500", "origin_country": "CN"}]
    desk.shipment(facts(items=plain))
    assert desk.told() == ["review_started"]
    desk.shipment(facts(2, items=plain, parties=used_by(**{"class": "military"})), after(60))
    assert desk.told() == ["review_started"] * 2
    desk.shipment(facts(3, items=plain), after(120))
    assert desk.told() == ["review_started"] * 2


def test_a_hold_that_becomes_a_review_ends_and_starts() -> None:
    desk = Desktop()
    desk.shipment(facts())
    plain = [{"line": 1, "hs_code": "2846901500", "origin_country": "CN"}]
    desk.shipment(facts(2, items=plain), after(60))
    assert desk.told() == ["hold_started", "hold_ended", "review_started"]


def test_a_pass_is_not_told() -> None:
    desk = Desktop()
    desk.shipment(facts(items=[{"line": 1, "origin_country": "CN"}]))
    assert desk.told() == []


def test_a_shipment_holds_at_once_while_its_license_is_unanswered_but_nobody_is_woken() -> None:
    desk = Desktop()
    decision = desk.shipment(facts(licenses=("LIC-1",)))
    assert (decision.outcome, decision.action) == ("LICENSE_INVALID", "hold")
    unanswered = next(r for r in decision.reasons if r.measure == "TG-LICENSE-UNANSWERED")
    assert unanswered.unknown == ("verdict LIC-1",)
    desk.wait(after(4.999))
    assert desk.told() == []


def test_an_answer_within_five_seconds_makes_telling_needless() -> None:
    desk = Desktop()
    desk.shipment(facts(licenses=("LIC-1",)))
    assert desk.answered(LICENSE, after(0.05)).outcome == "AUTHORISED"
    desk.wait(after(60))
    assert desk.told() == []


def test_an_answer_that_refuses_is_told_at_once() -> None:
    desk = Desktop()
    desk.shipment(facts(licenses=("LIC-1",)))
    desk.answered({**LICENSE, "status": "suspended"}, after(0.05))
    assert desk.told() == ["hold_started"]


def test_a_license_nobody_answers_for_is_told_after_five_seconds_once() -> None:
    desk = Desktop()
    desk.shipment(facts(licenses=("LIC-1",)))
    desk.wait(after(5))
    assert desk.told() == ["hold_started"]
    desk.wait(after(3600))
    assert desk.told() == ["hold_started"]


def test_revisions_do_not_put_telling_off_for_ever() -> None:
    desk = Desktop()
    for second in range(12):
        desk.shipment(facts(second + 1, licenses=("LIC-1",)), after(second))
    assert desk.told(), "held for 11 s, and nobody knows"


def test_an_answer_to_an_older_revision_does_not_count() -> None:
    desk = Desktop()
    desk.shipment(facts(licenses=("LIC-1",)))
    claim = desk.runtime.outputs("tidegate.claims")[0]
    assert claim.value is not None
    desk.shipment(facts(2, licenses=("LIC-1",), destination_country="KR"), after(0.01))
    old = answer(Claim.model_validate_json(claim.value), Filed(License.model_validate(LICENSE)))
    desk.runtime.append("tidegate.verdicts", "SHP-1", canonical(old))
    desk.wait(after(0.02))
    assert any(r.measure == "TG-LICENSE-UNANSWERED" for r in desk.decision().reasons)


def test_goods_have_one_value_only_where_all_are_valued_in_one_currency() -> None:
    one = {"line": 1, "value": "1.50", "currency": "USD"}

    def value(*items: dict[str, object]) -> tuple[Decimal | None, str | None]:
        return goods_value(Shipment.model_validate(facts(items=list(items))))

    assert value(one, {**one, "line": 2}) == (Decimal("3.00"), "USD")
    assert value(one, {**one, "line": 2, "currency": "EUR"}) == (None, None)
    assert value(one, {"line": 2}) == (None, None)
