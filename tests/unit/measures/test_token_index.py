"""The index shows the engine every measure that a full scan would find true or unknown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.measures.packs import shipped
from tidegate.engine.answer import Truth
from tidegate.engine.case import Case
from tidegate.engine.conditions import Asker
from tidegate.engine.question import Question
from tidegate.events.shipment import EndUseClass, PartyClass, Role, Shipment
from tidegate.measures.condition import Condition
from tidegate.measures.measure import Measure
from tidegate.measures.tables import TableMeasure, Tables
from tidegate.measures.token_index import TokenIndex
from tidegate.measures.validity import Validity

COUNTRIES = ("CN", "JP", "US", "SG")
NAMES = ("三菱造船株式会社", "TDK Corporation", "Huawei Technologies Co., Ltd.", "Nobody Ltd.")
CODES = ("CN:1C905", "CN:1C905.b", "CN:1C117.d", "CN:1C909.a", "CN:9E999", "US:3A001", "CN:1E902")
TARIFFS = ("28", "2846", "2846901500", "8112929010", "38249999", "61091000")
LISTS = ("CN-CL", "CN-WL", "US-EL", "JP-FUL")

maybe_country = st.none() | st.sampled_from(COUNTRIES)
some_countries = st.lists(st.sampled_from(COUNTRIES), min_size=1, max_size=2, unique=True)


@st.composite
def shipments(draw: st.DrawFn) -> Shipment:
    parties = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "role": st.sampled_from(list(Role)),
                    "name": st.sampled_from(NAMES),
                    "country": maybe_country,
                    "class": st.sampled_from(list(PartyClass)),
                }
            ),
            max_size=4,
        )
    )
    items = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "hs_code": st.none() | st.sampled_from(TARIFFS),
                    "control_codes": st.lists(st.sampled_from(CODES), max_size=2, unique=True),
                    "controlled_declaration": st.sampled_from(
                        ["controlled", "not_controlled", "not_stated"]
                    ),
                    "origin_country": maybe_country,
                    "cn_origin_value_pct": st.none() | st.sampled_from(["0", "5"]),
                    "licenses": st.sampled_from([[], ["LIC-1"]]),
                }
            ),
            min_size=1,
            max_size=3,
        )
    )
    facts: dict[str, Any] = {
        "shipment_id": "S",
        "revision": 1,
        "status": "declared",
        "export_country": draw(maybe_country),
        "destination_country": draw(maybe_country),
        "transit_countries": draw(st.lists(st.sampled_from(COUNTRIES), max_size=1)),
        "parties": parties,
        "items": [{"line": n + 1, **item} for n, item in enumerate(items)],
        "end_use": {
            "class": draw(st.sampled_from(list(EndUseClass))),
            "military_capability": draw(st.sampled_from(["yes", "no", "unknown"])),
            "knowledge_level": draw(st.none() | st.sampled_from(["known", "none"])),
        },
    }
    return Shipment.model_validate(facts)


def _question(key: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return value.map(lambda drawn: {key: drawn})


def _one_or_two(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


questions = st.one_of(
    *(_question(key, some_countries) for key in ("origin", "export_from", "destination")),
    *(_question(key, some_countries) for key in ("recipient_in", "transit")),
    _question("code", _one_or_two(CODES)),
    *(
        _question(key, st.sampled_from(["CN", "US"]))
        for key in ("code_regime", "unlisted_code", "dual_use", "tariff_candidate")
    ),
    _question("declared", st.sampled_from(["controlled", "not_stated"])),
    _question("content", st.just({"of": "cn_origin_value", "at_least": "1"})),
    _question("license_type", st.just(["single"])),
    _question("license_fault", st.just(["unanswered", "expired"])),
    _question("end_use", st.just(["military"])),
    _question("military_capability", st.just("yes")),
    _question("knowledge", st.just(["known"])),
    _question("document", st.just("undertaking")),
    _question(
        "party",
        st.builds(
            lambda roles, list_: {"roles": roles, "list": list_},
            st.lists(st.sampled_from([role.value for role in Role]), max_size=6, unique=True)
            | st.just(["importer", "buyer", "intermediate_consignee", "consignee", "end_user"]),
            st.sampled_from(LISTS),
        ),
    ),
    _question("party", st.just({"roles": ["end_user"], "class": ["military"]})),
    _question("party", st.just({"countries": ["JP"]})),
)
conditions = st.recursive(
    questions,
    lambda inner: st.one_of(
        _question("all", st.lists(inner, min_size=1, max_size=3)),
        _question("any", st.lists(inner, min_size=1, max_size=3)),
        _question("not", inner),
    ),
    max_leaves=6,
)


def table(position: int, when: dict[str, Any]) -> TableMeasure:
    measure = Measure.model_validate(
        {
            "id": f"CN-{position}",
            "instrument": "x",
            "article": "x",
            "title": {"en": "x"},
            "evidence": "text",
            "effective": {"from": None},
            "when": Condition.model_validate(when),
            "outcome": "REVIEW",
        }
    )
    return TableMeasure(measure, "CN", "demo", Validity(None, None))


def missed(case: Case, tables: Tables) -> list[str]:
    """Ask as a full scan would; return what came back as more than 'no' and was not looked up."""
    seen = {(item.measure.id, line) for item, line in case.measures()}
    return [
        item.measure.id
        for item in tables.measures
        for line in (case.lines if item.measure.when.asks_item else (None,))
        if (item.measure.id, line) not in seen
        and Asker(case, item, line).ask(item.measure.when).truth is not Truth.FALSE
    ]


def case_of(facts: Shipment, tables: Tables) -> Case:
    return Case(Question("e", facts, "d", datetime(2026, 11, 23, tzinfo=UTC)), tables)


@settings(max_examples=300, deadline=None)
@given(shipments())
def test_no_shipped_measure_is_missed(facts: Shipment) -> None:
    assert missed(case_of(facts, shipped()), shipped()) == []


@settings(max_examples=400, deadline=None)
@given(shipments(), st.lists(conditions, min_size=1, max_size=5))
def test_no_measure_is_missed_whatever_it_asks(
    facts: Shipment, asked: list[dict[str, Any]]
) -> None:
    base = shipped()
    measures = tuple(table(position, when) for position, when in enumerate(asked))
    tables = Tables(
        version="t",
        measures=measures,
        parties=base.parties,
        tariff_candidates=base.tariff_candidates,
        known_codes=base.known_codes,
        boundaries_ms=(),
        alarms=(),
        switches=(),
        index=TokenIndex(measures, base.tariff_candidates),
    )
    assert missed(case_of(facts, tables), tables) == []


def test_a_shipment_meets_only_what_could_touch_it() -> None:
    facts = Shipment.model_validate(
        {
            "shipment_id": "S",
            "revision": 1,
            "status": "declared",
            "export_country": "SG",
            "destination_country": "SG",
            "parties": [{"role": "consignee", "name": "Nobody", "country": "SG"}],
            "items": [{"line": 1, "hs_code": "61091000", "origin_country": "SG"}],
        }
    )
    case = case_of(facts, shipped())
    found = shipped().index.candidates(case.tokens)
    assert len(found) < len(shipped().measures) / 3
    assert shipped().index.candidates(case.tokens) is found
