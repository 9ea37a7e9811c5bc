"""Every kind of bad input is refused with the field at fault and the reason."""

import json
from typing import Any

import pytest

from tidegate.agents.inputs import read
from tidegate.events.codec import (
    LICENSE_TYPE,
    MAX_DEPTH,
    MAX_EVENT_BYTES,
    SHIPMENT_TYPE,
    decode,
)
from tidegate.events.errors import InvalidEvent
from tidegate.events.license import License
from tidegate.events.shipment import MAX_PARTIES, Shipment
from tidegate.runtime.processor import Refused
from tidegate.runtime.record import Record

ITEM: dict[str, Any] = {"line": 1, "quantity": "1", "unit": "KGM"}
FACTS: dict[str, Any] = {
    "shipment_id": "SHP-1",
    "revision": 1,
    "status": "declared",
    "items": [ITEM],
}
LICENSE: dict[str, Any] = {
    "license_id": "LIC-1",
    "revision": 1,
    "regime": "CN",
    "license_type": "single",
    "status": "granted",
}
HEAD = {"specversion": "1.0", "id": "1", "source": "/erp", "type": SHIPMENT_TYPE}


def event(**changes: Any) -> bytes:
    return json.dumps({**HEAD, "data": FACTS, **changes}).encode()


def with_facts(**changes: Any) -> bytes:
    return event(data={**FACTS, **changes})


def with_item(**changes: Any) -> bytes:
    return with_facts(items=[{**ITEM, **changes}])


def without(name: str) -> bytes:
    return event(data={key: value for key, value in FACTS.items() if key != name})


def party(**words: Any) -> bytes:
    return with_facts(parties=[{"role": "buyer", "name": "A", **words}])


UNREADABLE: list[tuple[str, bytes | None, str, str]] = [
    # what, value, field, a piece of the reason
    ("null value", None, "", "no value"),
    ("empty", b"", "", "not JSON"),
    ("not JSON", b"hello", "", "not JSON: Expecting value at line 1, column 1"),
    ("cut off", event()[:-5], "", "not JSON"),
    ("not UTF-8", b'{"a": "\xff"}', "", "not UTF-8: byte 7 is 0xff"),
    ("a list", b"[]", "", "not a list"),
    ("not a number", b'{"a": NaN}', "", "NaN"),
    ("infinite", b'{"a": Infinity}', "", "Infinity"),
    ("an absurd exponent", b'{"a": 1e99999999999999999999}', "", "exponent is out of range"),
    ("half a pair", event(id="\ud800"), "id", "surrogate pair"),
    ("half a pair inside", with_facts(parties=["\udfff"]), "data.parties[0]", "surrogate pair"),
    ("field twice", b'{"a": 1, "a": 2}', "", "'a' stands twice"),
    ("5 MB", b'{"a": "' + b"x" * 5_000_000 + b'"}', "", f"at most {MAX_EVENT_BYTES}"),
    ("nested bomb", b"[" * 100_000 + b"]" * 100_000, "", f"deeper than {MAX_DEPTH}"),
    ("nested a bit", b'{"a":' * 40 + b"1" + b"}" * 40, "", f"deeper than {MAX_DEPTH}"),
    ("no CloudEvent", b"{}", "specversion", "1.0"),
    ("other version", event(specversion="0.3"), "specversion", "1.0"),
    ("no id", event(id=""), "id", "1 to 1000"),
    ("id of another type", event(id=7), "id", "string"),
    ("no source", event(source=None), "source", "string"),
    ("no data", event(data=None), "data", "not null"),
    ("data a text", event(data="x"), "data", "not a str"),
    ("time without offset", event(time="2026-11-23T12:00:00"), "time", "timezone"),
    ("time as a number", event(time=1_700_000_000), "time", "RFC 3339"),
    ("time as a quoted number", event(time="1700000000"), "time", "RFC 3339"),
    ("absurd time", event(time="0001-01-01T00:00:00Z"), "time", "year must be"),
]

INVALID: list[tuple[str, bytes, str, str]] = [
    ("missing id", without("shipment_id"), "data.shipment_id", "required"),
    ("missing revision", without("revision"), "data.revision", "required"),
    ("missing status", without("status"), "data.status", "required"),
    ("unknown status", with_facts(status="lost"), "data.status", "'declared'"),
    ("unknown role", party(role="friend"), "data.parties[0].role", "'consignee'"),
    ("unknown class", party(**{"class": "pirate"}), "data.parties[0].class", "'civil'"),
    ("nameless party", party(name=" "), "data.parties[0].name", "at least 1 character"),
    (
        "country in small letters",
        with_facts(export_country="cn"),
        "data.export_country",
        "capitals",
    ),
    ("no such country", with_facts(destination_country="XX"), "data.destination_country", "ISO"),
    ("revision as a text", with_facts(revision="1"), "data.revision", "integer"),
    ("negative revision", with_facts(revision=-1), "data.revision", "greater than or equal"),
    ("huge revision", with_facts(revision=2**60), "data.revision", "less than or equal"),
    ("items as a text", with_facts(items="all"), "data.items", "tuple"),
    ("line twice", with_facts(items=[ITEM, ITEM]), "data", "same line number"),
    ("line 0", with_item(line=0), "data.items[0].line", "greater than or equal to 1"),
    ("negative quantity", with_item(quantity="-1"), "data.items[0].quantity", "negative"),
    ("quantity in words", with_item(quantity="many"), "data.items[0].quantity", "decimal"),
    ("quantity with a space", with_item(quantity=" 1"), "data.items[0].quantity", "decimal"),
    ("quantity of 1_000", with_item(quantity="1_000"), "data.items[0].quantity", "decimal"),
    ("quantity in kanji", with_item(quantity="\uff11\uff12"), "data.items[0].quantity", "decimal"),
    ("quantity true", with_item(quantity=True), "data.items[0].quantity", "not a number"),
    ("quantity not finite", with_item(quantity="NaN"), "data.items[0].quantity", "decimal"),
    ("quantity of 1e99", with_item(quantity="1e99"), "data.items[0].quantity", "digits"),
    (
        "over 100 percent",
        with_item(cn_origin_value_pct="101"),
        "data.items[0].cn_origin_value_pct",
        "100",
    ),
    (
        "code without regime",
        with_item(control_codes=["1C905"]),
        "data.items[0].control_codes[0]",
        "REGIME:code",
    ),
    (
        "no Chinese code",
        with_item(control_codes=["CN:1X905"]),
        "data.items[0].control_codes[0]",
        "Chinese",
    ),
    (
        "tariff code in letters",
        with_item(hs_code="28AB"),
        "data.items[0].hs_code",
        "2 to 13 digits",
    ),
    ("currency in words", with_item(currency="dollars"), "data.items[0].currency", "pattern"),
    (
        "control character in an id",
        with_facts(shipment_id="SHP\x1f1"),
        "data.shipment_id",
        "control",
    ),
    (
        "absurd date",
        with_facts(documents=[{"type": "undertaking", "valid_to": "9999-12-31"}]),
        "data.documents[0].valid_to",
        "year",
    ),
    (
        "no date",
        with_facts(documents=[{"type": "undertaking", "valid_to": "2026-02-30"}]),
        "data.documents[0].valid_to",
        "",
    ),
    (
        "date and time without offset",
        with_facts(documents=[{"type": "undertaking", "valid_to": "2026-02-03T00:00"}]),
        "data.documents[0].valid_to",
        "offset",
    ),
    (
        "ten thousand parties",
        with_facts(parties=[{"role": "buyer", "name": "A"}] * 10_000),
        "data.parties",
        str(MAX_PARTIES),
    ),
]


def only_what(value: object) -> str:
    return str(value)[:20]


@pytest.mark.parametrize(("what", "value", "field", "reason"), UNREADABLE, ids=only_what)
def test_what_is_no_event_is_refused(
    what: str, value: bytes | None, field: str, reason: str
) -> None:
    with pytest.raises(InvalidEvent) as refused:
        decode(value)
    assert refused.value.field == field
    assert reason in refused.value.reason


@pytest.mark.parametrize(("what", "value", "field", "reason"), INVALID, ids=only_what)
def test_what_is_no_shipment_is_refused(what: str, value: bytes, field: str, reason: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        decode(value).read(Shipment)
    assert refused.value.field == field
    assert reason in refused.value.reason
    assert len(refused.value.reason) < 1000, "a reason is for a person to read"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"regime": "China"}, "data.regime"),
        ({"status": "lost"}, "data.status"),
        ({"license_type": None}, "data.license_type"),
        ({"quantity": "-0.1"}, "data.quantity"),
        ({"valid_to": "1066-10-14"}, "data.valid_to"),
        ({"destination_countries": ["Japan"]}, "data.destination_countries[0]"),
    ],
)
def test_what_is_no_license_is_refused(changes: dict[str, Any], field: str) -> None:
    value = event(type=LICENSE_TYPE, data={**LICENSE, **changes})
    with pytest.raises(InvalidEvent) as refused:
        decode(value).read(License)
    assert refused.value.field == field


def record(value: bytes | None, key: bytes | None = b"SHP-1") -> Record:
    return Record("trade.shipments", 0, 0, 0, key, value)


@pytest.mark.parametrize("key", [None, b"", b"SHP-2", b"\xff"])
def test_a_record_under_another_key_is_refused(key: bytes | None) -> None:
    with pytest.raises(Refused) as refused:
        read(record(event(), key), SHIPMENT_TYPE, Shipment, "shipment_id")
    assert refused.value.field == "key"


def test_an_event_of_another_type_is_refused() -> None:
    value = event(type=LICENSE_TYPE, data=LICENSE)
    with pytest.raises(Refused) as refused:
        read(record(value), SHIPMENT_TYPE, Shipment, "shipment_id")
    assert refused.value.field == "type"


def test_unknown_fields_are_left_aside() -> None:
    facts = decode(with_facts(colour="blue")).read(Shipment)
    assert facts == decode(event()).read(Shipment)


@pytest.mark.parametrize(
    ("absent", "null"),
    [
        (event(), with_facts(parties=None, documents=None, end_use=None, export_country=None)),
        (event(), with_item(control_codes=None, controlled_declaration=None, value=None)),
        (party(), party(**{"class": None, "aliases": None, "country": None})),
        (with_facts(end_use={}), with_facts(end_use={"class": None, "military_capability": None})),
    ],
)
def test_null_in_an_optional_field_is_absence(absent: bytes, null: bytes) -> None:
    assert decode(null).read(Shipment) == decode(absent).read(Shipment)


def test_a_whole_pair_is_a_character() -> None:
    name = decode(party(name="\U00020bb7\u91ce\u5bb6")).read(Shipment).parties[0].name
    assert name == "\U00020bb7\u91ce\u5bb6"


def test_binary_mode_is_read_as_well() -> None:
    headers = [(f"ce_{name}", value.encode()) for name, value in HEAD.items()]
    envelope = decode(json.dumps(FACTS).encode(), headers)
    assert envelope.read(Shipment) == decode(event()).read(Shipment)


def test_a_header_that_is_not_utf8_is_named() -> None:
    headers = [*((f"ce_{n}", v.encode()) for n, v in HEAD.items()), ("ce_subject", b"\xff")]
    with pytest.raises(InvalidEvent) as refused:
        decode(json.dumps(FACTS).encode(), headers)
    assert refused.value.field == "ce_subject"
