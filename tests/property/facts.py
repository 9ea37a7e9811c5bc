"""Draw shipments and licenses from few values, so that they meet measures, lists and each other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from tidegate.events.license import LicenseStatus, LicenseType
from tidegate.events.shipment import PartyClass, Role

COUNTRIES = ["CN", "JP", "US", "KR", "DE"]
NAMES = [
    "Example Motors KK",
    "Example Trading KK",
    "Ganzhou Example Materials",
    "TDK Corporation",
    "JMU Defense Systems Co., Ltd.",
    "Saronic Technologies, Inc.",
    "Ascom Sudd Operating Company",
    "Kenwoo International Trade Company",
]
CODES = ["CN:1C905.b", "CN:1C909", "CN:1E902", "CN:2B201", "CN:1C999", "US:3A991", "CN:3C004.a"]
TARIFFS = ["2846901500", "284690", "8413709990", "8505111000"]
LICENSES = ["LIC-A", "LIC-B"]
INSTANTS = [
    datetime.fromisoformat(text)
    for text in (
        "2024-11-30T23:59:59+08:00",
        "2025-10-10T12:00:00+08:00",
        "2026-02-24T00:00:00+08:00",
        "2026-11-23T12:00:00+08:00",
        "2026-11-28T00:00:00+08:00",
        "2027-01-11T00:00:00+08:00",
    )
]

instants = st.sampled_from(INSTANTS)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Three times out of four something is stated."""
    return st.one_of(strategy, strategy, strategy, st.none())


def _stated(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


parties = st.fixed_dictionaries(
    {
        "role": st.sampled_from([r.value for r in Role]),
        "name": st.sampled_from(NAMES),
        "country": maybe(st.sampled_from(COUNTRIES)),
        "class": maybe(st.sampled_from([c.value for c in PartyClass])),
    }
).map(_stated)

_amounts = st.sampled_from(["0", "0.1", "100", "120.5", "500"])

items = st.fixed_dictionaries(
    {
        "hs_code": maybe(st.sampled_from(TARIFFS)),
        "control_codes": maybe(st.lists(st.sampled_from(CODES), max_size=2, unique=True)),
        "controlled_declaration": maybe(st.sampled_from(["controlled", "not_controlled"])),
        "origin_country": maybe(st.sampled_from(COUNTRIES)),
        "quantity": maybe(_amounts),
        "unit": maybe(st.sampled_from(["KGM", "TNE"])),
        "licenses": maybe(st.lists(st.sampled_from(LICENSES), max_size=2, unique=True)),
        "composition": maybe(
            st.lists(
                st.fixed_dictionaries(
                    {"element": st.sampled_from(["Ga", "Dy"]), "mass_pct": st.just("50")}
                ),
                min_size=1,
                max_size=2,
            )
        ),
        "cn_origin_value_pct": maybe(st.sampled_from(["0", "0.1", "100"])),
    }
).map(_stated)

end_uses = st.fixed_dictionaries(
    {
        "class": maybe(st.sampled_from(["civil", "civil", "military"])),
        "military_capability": maybe(st.sampled_from(["yes", "no", "no", "unknown"])),
        "knowledge_level": maybe(st.just("none")),
    }
).map(_stated)

documents = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["risk_assessment", "undertaking", "special_approval"])}
    ),
    max_size=2,
)


@st.composite
def shipments(draw: st.DrawFn, shipment_id: str = "SHP-1") -> dict[str, Any]:
    """Draw a shipment's facts at revision 1. Half of them are near to a licensed civil sale."""
    lines = draw(st.lists(items, min_size=1, max_size=2))
    facts: dict[str, Any] = {
        "shipment_id": shipment_id,
        "revision": 1,
        "status": draw(st.sampled_from(["booked", "declared", "released"])),
        "export_country": draw(maybe(st.sampled_from(COUNTRIES))),
        "destination_country": draw(maybe(st.sampled_from(COUNTRIES))),
        "parties": draw(st.lists(parties, max_size=4)),
        "items": [{"line": number, **item} for number, item in enumerate(lines, 1)],
        "end_use": draw(end_uses),
        "documents": draw(documents),
    }
    if draw(st.booleans()):
        facts |= {"export_country": "CN", "destination_country": "JP"}
        facts["parties"] = [*_civil_sale(), *facts["parties"][:1]]
    return _stated(facts)


def _civil_sale() -> list[dict[str, str]]:
    return [
        {"role": "exporter", "name": "Ganzhou Example Materials", "country": "CN"},
        {"role": "consignee", "name": "Example Trading KK", "country": "JP", "class": "civil"},
        {"role": "end_user", "name": "Example Motors KK", "country": "JP", "class": "civil"},
    ]


@st.composite
def licenses(draw: st.DrawFn, license_id: str = "LIC-A") -> dict[str, Any]:
    """Draw a license, more often than not one that fits the civil sale."""
    fits = draw(st.integers(0, 3)) > 0
    usable = [LicenseStatus.GRANTED, LicenseStatus.ACTIVE]
    return {
        "license_id": license_id,
        "revision": 1,
        "regime": draw(st.sampled_from(["CN", "CN", "US"])),
        "license_type": draw(st.sampled_from([t.value for t in LicenseType])),
        "status": draw(st.sampled_from(usable if fits else list(LicenseStatus))).value,
        "valid_from": "2024-01-01",
        "valid_to": draw(st.sampled_from(["2026-11-22", "2027-12-31"])),
        "holder": "Ganzhou Example Materials",
        "consignees": ["Example Trading KK"],
        "end_users": ["Example Motors KK"] if fits else [draw(st.sampled_from(NAMES))],
        "destination_countries": ["JP"] if fits else [draw(st.sampled_from(COUNTRIES))],
        "control_codes": ["CN:1C905", "CN:1C909", "CN:2B201"],
        "hs_codes": draw(st.sampled_from([[], ["2846"]])),
        "quantity": draw(_amounts),
        "unit": "KGM",
        "end_use_class": "civil",
    }


@st.composite
def books(draw: st.DrawFn) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Draw some licenses on file, and a shipment."""
    on_file = draw(st.lists(st.sampled_from(LICENSES), unique=True, max_size=2))
    return [draw(licenses(number)) for number in on_file], draw(shipments())
