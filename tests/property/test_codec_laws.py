"""What is written is read back as it was; names fold once."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.facts import licenses, shipments
from tidegate.events.codec import (
    LICENSE_TYPE,
    SHIPMENT_TYPE,
    canonical,
    decode,
    encode,
    parse_json,
)
from tidegate.events.license import License
from tidegate.events.shipment import Item, Shipment
from tidegate.parties.fold import fold
from tidegate.runtime.clock import PartitionClock

amounts = st.decimals(
    min_value=0, max_value=Decimal(10) ** 15, places=12, allow_nan=False, allow_infinity=False
)
moments = st.datetimes(
    min_value=datetime(1991, 1, 1),  # noqa: DTZ001 - hypothesis sets the zone
    max_value=datetime(2198, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@settings(deadline=None)
@given(shipments(), moments, st.text(min_size=1, max_size=50))
def test_a_shipment_is_read_back_as_it_was_written(
    data: dict[str, Any], at: datetime, id_: str
) -> None:
    facts = Shipment.model_validate(data)
    try:
        id_.encode()
    except UnicodeEncodeError:
        return
    written = encode(SHIPMENT_TYPE, facts, id_=id_, source="/x", subject="SHP-1", time=at)
    envelope = decode(written)
    assert envelope.read(Shipment) == facts
    assert envelope.id == id_
    assert canonical(envelope.read(Shipment)) == canonical(facts)


@settings(deadline=None)
@given(licenses(), moments)
def test_a_license_is_read_back_as_it_was_written(data: dict[str, Any], at: datetime) -> None:
    license_ = License.model_validate(data)
    written = encode(LICENSE_TYPE, license_, id_="1", source="/x", subject="LIC-A", time=at)
    assert decode(written).read(License) == license_


@given(amounts)
def test_an_amount_loses_nothing_as_a_string_or_as_a_number(amount: Decimal) -> None:
    for text in (json.dumps(str(amount)), format(amount, "f")):
        item = Item.model_validate(parse_json(f'{{"line": 1, "quantity": {text}}}'.encode()))
        assert item.quantity == amount
        again = Item.model_validate(parse_json(canonical(item)))
        assert again.quantity == amount


@given(amounts)
def test_equal_amounts_are_written_alike(amount: Decimal) -> None:
    item = Item(line=1, quantity=amount)
    assert canonical(item) == canonical(Item(line=1, quantity=amount.normalize() + 0))


@settings(max_examples=500)
@given(st.text(max_size=60))
def test_folding_a_folded_name_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)


FORMS = ["Example", "T&D", "Co.", "Ltd.", "KK", "株式会社", "有限公司", "G.m.b.H.", "電機", "é"]


@given(st.lists(st.sampled_from(FORMS), min_size=1, max_size=6).map(" ".join))
def test_legal_forms_are_all_taken_off_at_once(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@given(st.text(alphabet="abcdefgh 株式会社KK.,Ltd&é電-", min_size=1, max_size=40))
def test_folding_a_firms_name_twice_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert fold(name.upper()) == fold(name.lower())


@given(st.lists(moments, min_size=1, max_size=20))
def test_a_partitions_clock_never_goes_back(shown: list[datetime]) -> None:
    clock = PartitionClock()
    told = []
    for now in shown:
        told.append(clock.read(now))
        clock.advance(told[-1])
    assert told == sorted(told)
    assert told[-1] == max(shown)
