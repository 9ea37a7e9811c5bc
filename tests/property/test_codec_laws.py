"""What is written is read back as it was; names fold once."""

import json
import re
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.facts import licenses, shipments
from tidegate.events.codec import (
    LICENSE_TYPE,
    NAMESPACE,
    SHIPMENT_TYPE,
    canonical,
    decode,
    derived_id,
    encode,
    parse_json,
)
from tidegate.events.errors import InvalidEvent
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


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=3))
def test_a_derived_id_is_a_version_5_uuid(parts: list[str]) -> None:
    assert derived_id(*parts) == str(uuid.uuid5(NAMESPACE, "\x1f".join(parts)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(':\\"a ,{}') | st.decimals(0, 9, places=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(':\\"a ', max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(':\\"a ', max_size=3), json_values, max_size=3), st.booleans())
def test_json_is_read_exactly(value: dict[str, Any], spaced: bool) -> None:
    text = json.dumps(value, default=lambda number: f"#{number}#")
    text = re.sub(r'"#(.*?)#"', r"\1", text)  # a fraction as a number, digit by digit
    text = text.replace('":', '" :') if spaced and '\\"' not in text else text
    assert parse_json(text.encode()) == json.loads(text, parse_float=Decimal)


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":1}', '{"a" :1,"a":2}', '{"b":{"a":1,"a"\n:2}}', '{"c":":x","a":1,"a" :1}'],
)
def test_a_repeated_field_is_refused_however_it_is_spaced(text: str) -> None:
    with pytest.raises(InvalidEvent, match="stands twice"):
        parse_json(text.encode())
