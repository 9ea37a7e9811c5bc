"""What passes by itself: a decision stands until the instant that it names, and no shorter."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.facts import instants, shipments
from tests.support.tables import shipped
from tidegate.engine.decide import Judgement, decide
from tidegate.engine.question import Question
from tidegate.events.shipment import Shipment
from tidegate.measures.validity import from_ms, to_ms

often = settings(max_examples=150, deadline=None)
MOMENT = timedelta(milliseconds=1)
END = datetime(2028, 1, 1, tzinfo=UTC)


def judged(facts: dict[str, Any], at: datetime) -> Judgement:
    return decide(Question("E-1", Shipment.model_validate(facts), "0", at), shipped())


@often
@given(shipments(), instants, st.data())
def test_a_decision_stands_until_the_instant_that_it_names(
    facts: dict[str, Any], at: datetime, data: st.DataObject
) -> None:
    first = judged(facts, at)
    until = first.next_change or END
    ahead = [b for b in shipped().boundaries_ms if to_ms(at) < b <= to_ms(until)]
    for boundary in data.draw(st.lists(st.sampled_from(ahead), max_size=6)) if ahead else ():
        moment = from_ms(boundary) if from_ms(boundary) < until else until - MOMENT
        assert judged(facts, moment).content == first.content, moment


def test_what_no_measure_of_a_date_concerns_is_not_looked_at_on_it() -> None:
    """Numbers 70 and 72 end in November and January; neither concerns a pump from Germany."""
    facts = {
        "shipment_id": "SHP-1",
        "revision": 1,
        "status": "declared",
        "export_country": "DE",
        "destination_country": "KR",
        "parties": [{"role": "end_user", "name": "Example Pumps", "country": "KR"}],
        "items": [{"line": 1, "hs_code": "8413709990", "origin_country": "DE"}],
    }
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert shipped().next_boundary_ms(to_ms(at)) is not None
    assert judged(facts, at).next_change is None


def test_a_name_that_will_be_listed_is_looked_at_when_it_is() -> None:
    facts = {
        "shipment_id": "SHP-1",
        "revision": 1,
        "status": "declared",
        "export_country": "CN",
        "destination_country": "JP",
        "parties": [{"role": "end_user", "name": "JMU Defense Systems Co., Ltd.", "country": "JP"}],
        "items": [{"line": 1, "control_codes": ["CN:2B201"], "origin_country": "CN"}],
    }
    listed = datetime.fromisoformat("2026-02-24T00:00:00+08:00")
    before = judged(facts, listed - timedelta(days=3))
    assert before.next_change == listed
    assert "CN-CL-01" not in {reason.measure for reason in before.reasons}
    assert "CN-CL-01" in {reason.measure for reason in judged(facts, listed).reasons}
