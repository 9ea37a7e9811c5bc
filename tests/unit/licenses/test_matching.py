"""In what respects a claim goes beyond its license."""

from typing import Any

import pytest

from tidegate.events.claim import Claim
from tidegate.events.license import License
from tidegate.licenses.balance import Ledger, draw_of, shortfalls
from tidegate.licenses.lifecycle import Filed
from tidegate.licenses.matching import answer, answer_in_a_word, covers, mismatches

CLAIM: dict[str, Any] = {
    "license_id": "LIC-1",
    "shipment_id": "SHP-1",
    "shipment_revision": 3,
    "line": 1,
    "exporters": ("Ganzhou Example Materials",),
    "consignees": ("Example Trading KK",),
    "end_users": ("Example Motors KK",),
    "destination_country": "JP",
    "end_use_class": "civil",
    "control_codes": ("CN:1C905.b", "US:1C990"),
    "hs_code": "2846901500",
    "quantity": "120.5",
    "unit": "KGM",
}
LICENSE: dict[str, Any] = {
    "license_id": "LIC-1",
    "revision": 7,
    "regime": "CN",
    "license_type": "single",
    "status": "granted",
    "holder": "GANZHOU EXAMPLE MATERIALS CO., LTD.",
    "consignees": ("Example Trading K.K.",),
    "end_users": ("Example Motors", "Example Magnetics"),
    "destination_countries": ("JP", "KR"),
    "control_codes": ("CN:1C905",),
    "quantity": "120.50",
    "unit": "KGM",
    "end_use_class": "civil",
}
VALUE = ("value", None)


def found(claim: dict[str, Any] | None = None, license_: dict[str, Any] | None = None) -> list[Any]:
    claimed = Claim.model_validate({**CLAIM, **(claim or {})})
    licensed = License.model_validate({**LICENSE, **(license_ or {})})
    short = shortfalls(licensed, Ledger(), draw_of(claimed))
    return [(one.aspect, one.unknown) for one in (*mismatches(claimed, licensed), *short)]


def test_a_claim_within_the_license_has_nothing_against_it() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("claim", "license_", "expected"),
    [
        ({"exporters": ("Another",)}, {}, [("holder", None)]),
        ({"exporters": ()}, {}, [("holder", "parties[exporter]")]),
        ({}, {"holder": None}, [("holder", "license.holder")]),
        ({"consignees": ("Another",)}, {}, [("consignee", None)]),
        ({"consignees": ()}, {}, [("consignee", "parties[consignee]")]),
        ({}, {"consignees": ()}, [("consignee", "license.consignees")]),
        # One end user within the license does not cover for another.
        ({"end_users": ("Example Motors KK", "Another")}, {}, [("end_user", None)]),
        ({"end_users": ()}, {}, [("end_user", "parties[end_user]")]),
        ({}, {"end_users": ()}, [("end_user", "license.end_users")]),
        ({"destination_country": "US"}, {}, [("destination", None)]),
        ({"destination_country": None}, {}, [("destination", "destination_country")]),
        ({}, {"destination_countries": ()}, [("destination", "license.destination_countries")]),
        ({"control_codes": ("CN:1C906",)}, {}, [("item", None)]),
        # Every code of the regime must be covered.
        ({"control_codes": ("CN:1C905.b", "CN:1C906")}, {}, [("item", None)]),
        # A code above the license's is not covered.
        ({"control_codes": ("CN:1C905",)}, {"control_codes": ("CN:1C905.b",)}, [("item", None)]),
        # Another regime's code does not stand for this one's.
        ({"control_codes": ("US:1C990",)}, {}, [("item", "items[line 1].control_codes")]),
        ({}, {"control_codes": ()}, [("item", "license.control_codes")]),
        ({"control_codes": ()}, {"control_codes": (), "hs_codes": ("284690",)}, []),
        ({"control_codes": ()}, {"control_codes": (), "hs_codes": ("2805",)}, [("item", None)]),
        ({"end_use_class": "military"}, {}, [("end_use", None)]),
        ({"end_use_class": "unknown"}, {}, [("end_use", "end_use.class")]),
        ({"quantity": "120.501"}, {}, [("quantity", None)]),
        ({"quantity": None}, {}, [("quantity", "items[line 1].quantity")]),
        ({"unit": None}, {}, [("quantity", "items[line 1].unit")]),
        ({"unit": "LTR"}, {}, [("unit", None)]),
        ({"unit": "TNE"}, {}, [("quantity", None)]),
        ({"unit": "GRM"}, {}, []),
        # A license without a quantity sets none.
        ({}, {"quantity": None}, []),
        ({"value": "10", "currency": "USD"}, {"value": "10.00", "currency": "USD"}, []),
        ({"value": "10.01", "currency": "USD"}, {"value": "10", "currency": "USD"}, [VALUE]),
        # Currencies are not converted.
        ({"value": "1", "currency": "EUR"}, {"value": "10", "currency": "USD"}, [VALUE]),
        ({"value": "1", "currency": "EUR"}, {"value": "10"}, [VALUE]),
        ({}, {"value": "10", "currency": "USD"}, [("value", "items[line 1].value")]),
        ({"value": "1"}, {"value": "10"}, [("value", "items[line 1].currency")]),
    ],
)
def test_every_respect_is_found_and_what_is_missing_is_named(
    claim: dict[str, Any], license_: dict[str, Any], expected: list[Any]
) -> None:
    assert found(claim, license_) == expected


@pytest.mark.parametrize(
    ("licensed", "stated", "covered"),
    [
        ("CN:1C905", "CN:1C905", True),
        ("CN:1C905", "CN:1C905.b", True),
        ("CN:1C905.b", "CN:1C905", False),
        ("CN:1C90", "CN:1C905", False),
        ("CN:1C905.b", "CN:1C905.b.1", True),
        ("US:1C905", "CN:1C905", False),
    ],
)
def test_a_code_covers_itself_and_what_is_below_it(
    licensed: str, stated: str, covered: bool
) -> None:
    assert covers(licensed, stated) is covered


def test_a_verdict_carries_both_revisions_and_the_licenses_facts() -> None:
    verdict = answer(Claim.model_validate(CLAIM), Filed(License.model_validate(LICENSE)))
    assert (verdict.shipment_revision, verdict.license_revision) == (3, 7)
    assert verdict.license is not None
    assert verdict.license.status == "granted"
    assert verdict.mismatches == ()


def test_an_unknown_number_is_answered_too() -> None:
    verdict = answer(Claim.model_validate(CLAIM), None)
    assert verdict.license is None
    assert verdict.license_revision is None


def test_a_mismatch_says_what_was_claimed_and_what_is_licensed() -> None:
    claimed = Claim.model_validate({**CLAIM, "destination_country": "US"})
    (mismatch,) = mismatches(claimed, License.model_validate(LICENSE))
    assert (mismatch.claimed, mismatch.licensed) == ("US", "JP; KR")


def test_a_line_of_nothing_fits_nowhere() -> None:
    assert found({"quantity": "0"}) == [("quantity", "items[line 1].quantity")]
    value = {"value": "10", "currency": "USD"}
    assert found({"value": "0", "currency": "USD"}, value) == [("value", "items[line 1].value")]


@pytest.mark.parametrize(
    ("claim", "license_", "word"),
    [
        ({}, {}, "reserved"),
        ({"kind": "ask"}, {}, "would_grant"),
        ({"quantity": "121"}, {}, "balance_short"),
        ({"quantity": "121", "destination_country": "US"}, {}, "out_of_scope"),
        ({"quantity": "121"}, {"status": "suspended"}, "not_usable"),
        ({}, {"replaced_by": "LIC-2"}, "not_usable"),
    ],
)
def test_an_answer_comes_to_one_word(
    claim: dict[str, Any], license_: dict[str, Any], word: str
) -> None:
    claimed = Claim.model_validate({**CLAIM, **claim})
    licensed = License.model_validate({**LICENSE, **license_})
    beyond = tuple(shortfalls(licensed, Ledger(), draw_of(claimed)))
    verdict = answer(claimed, Filed(licensed), beyond, reserved=not beyond)
    assert answer_in_a_word(claimed, verdict) == word
    assert answer_in_a_word(claimed, answer(claimed, None)) == "not_on_file"
