"""A party met before is the one given again; a wrong one is refused each time."""

import pytest

from tidegate.events.shipment import Party, Shipment

PARTY = {"role": "consignee", "name": "Example Trading KK", "country": "JP"}


def with_party(party: object) -> Shipment:
    facts = {"shipment_id": "S", "revision": 1, "status": "booked", "parties": [party]}
    return Shipment.model_validate(facts)


def test_equal_fields_give_an_equal_party_once() -> None:
    first, second = (with_party(dict(PARTY)).parties[0] for _ in range(2))
    assert first == Party.model_validate(PARTY)
    assert first is second


@pytest.mark.parametrize(
    "change", [{"country": "KR"}, {"role": "end_user"}, {"name": "Example Motors KK"}]
)
def test_another_field_is_another_party(change: dict[str, str]) -> None:
    with_party(PARTY)
    assert with_party({**PARTY, **change}).parties[0] == Party.model_validate({**PARTY, **change})


@pytest.mark.parametrize("wrong", [{"country": "ZZ"}, {"name": ""}, {"role": 1}, {"aliases": [""]}])
def test_a_wrong_party_is_refused_each_time(wrong: dict[str, object]) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match=r"parties\.0"):
            with_party({**PARTY, **wrong})
