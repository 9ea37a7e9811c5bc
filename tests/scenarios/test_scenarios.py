"""Law cases, from the words of the law, through the agents that workers run."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.scenario import FOLDER, Expectation, Scenario, play, scenarios
from tests.support.tables import ROOT, shipped, shipped_with
from tidegate.events.decision import Outcome
from tidegate.measures.condition import RECIPIENT_ROLES, Condition
from tidegate.measures.measure import Measure

ALL = list(scenarios())
ONE_INSTANT = [scenario for scenario in ALL if not scenario.told]
MEASURES = {table.measure.id: table for table in shipped().measures}
DAY = timedelta(days=1)
SETTLED = timedelta(days=31)
"""How long after a date a scenario still speaks of the time just after it."""

NEVER_UNKNOWN = frozenset(
    {
        "code_regime",
        "unlisted_code",
        "tariff_candidate",
        "declared",
        "transit",
        "license_fault",
        "document",
        "changed",
    }
)
"""Questions to which silence is an answer."""


def named(scenario: Scenario) -> str:
    return scenario.id


@pytest.mark.parametrize("scenario", ALL, ids=named)
def test_is_decided_as_the_law_says(scenario: Scenario) -> None:
    differences = play(scenario, shipped())
    assert not differences, "\n".join(
        [f"{scenario.title} ({scenario.law})", f"in {scenario.file}", *differences]
    )


@pytest.mark.parametrize("scenario", ONE_INSTANT, ids=named)
def test_the_answer_at_an_instant_does_not_hang_on_when_the_event_came(scenario: Scenario) -> None:
    differences = play(scenario, shipped(), earlier=timedelta(days=40))
    assert not differences, "\n".join([scenario.title, *differences])


def test_every_scenario_has_its_own_id_and_expects_something() -> None:
    twice = [number for number, count in Counter(map(named, ALL)).items() if count > 1]
    assert not twice
    assert not [s.id for s in ALL if not s.expectations or not all(e.words for e in s.expectations)]
    assert len(ALL) >= 150


def test_scenarios_name_only_measures_that_ship() -> None:
    known = set(MEASURES) | {"TG-LICENSE-NOT-FOUND", "TG-LICENSE-NOT-USABLE"}
    for scenario in ALL:
        for expectation in scenario.expectations:
            for measure in (*expectation.positive, *expectation.unsure, *expectation.negative):
                assert measure in known, f"{scenario.id} names {measure}"


def of(measure: str) -> list[Expectation]:
    return [e for scenario in ALL for e in scenario.expectations if e.names(measure)]


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_every_measure_has_a_positive_a_negative_and_an_unknown_case(measure: str) -> None:
    content = MEASURES[measure].measure
    said = of(measure)
    missing = []
    if not any(e.positive.get(measure) in outcomes_of(content) for e in said):
        missing.append(f"positive: nowhere {sorted(outcomes_of(content))} because of it")
    if not any(measure in e.negative for e in said):
        missing.append("negative: nowhere in not_because")
    asked = content.on_unknown != "ignore" and may_be_unknown(content.when)
    if asked and not any(measure in e.unsure for e in said):
        missing.append("unknown: nowhere in unsure")
    assert not missing, f"{measure} has no scenario that is {', '.join(missing)}"


def outcomes_of(measure: Measure) -> set[str]:
    return {measure.outcome, *([Outcome.DENIAL_PRESUMED] if measure.outcome_by_entry else [])}


def may_be_unknown(condition: Condition) -> bool:
    if condition.children:
        return any(may_be_unknown(child) for child in condition.children)
    question = condition.party
    if question is not None and question.list is not None and not question.class_:
        return bool(question.roles) and set(question.roles) <= set(RECIPIENT_ROLES)
    return condition.key not in NEVER_UNKNOWN


DATED = sorted(m for m in MEASURES if tuple(MEASURES[m].validity.boundaries()))


@pytest.mark.parametrize("measure", DATED)
def test_every_date_of_a_measure_has_a_case_before_on_and_after_it(measure: str) -> None:
    said = [e.as_of for e in of(measure)]
    missing = [
        f"{boundary.isoformat()}: {side}"
        for boundary in map(at, MEASURES[measure].validity.boundaries())
        for side in sides_without(boundary, said)
    ]
    assert not missing, f"{measure} has no scenario for {missing}"


def sides_without(boundary: datetime, said: list[datetime]) -> list[str]:
    found = {
        "before (its last second)": any(
            boundary - timedelta(seconds=1) <= t < boundary for t in said
        ),
        "on (its first instant)": boundary in said,
        "after": any(boundary + DAY <= t < boundary + SETTLED for t in said),
    }
    return [side for side, there in found.items() if not there]


def test_every_date_of_the_chinese_lists_has_a_case_before_and_on_it() -> None:
    dates = {
        (entry.list, entry.instrument, boundary)
        for entry in shipped().parties
        if entry.list in ("CN-CL", "CN-WL") and entry.confirmed
        for boundary in entry.validity.boundaries()
    }
    missing = []
    for list_, instrument, boundary in sorted(dates, key=str):
        said = [e.as_of for e in (*of(f"{list_}-01"), *of(f"{list_}-01.c"))]
        if lacking := [side for side in sides_without(at(boundary), said) if side != "after"]:
            missing.append(f"{instrument} at {at(boundary).isoformat()}: {lacking}")
    assert not missing


def at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_the_inventory_of_rules_names_every_measure(measure: str) -> None:
    assert measure in (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")


def test_the_text_of_number_70_is_a_parameter_that_can_be_chosen() -> None:
    """Its text ends on 2026-11-10; the packs that ship believe the announced extension."""
    tables = shipped_with("cn-items.yaml", "value: 2027-01-10", "value: 2026-11-10")
    for scenario in scenarios(FOLDER / "text-of-70-2025"):
        differences = play(scenario, tables)
        assert not differences, "\n".join([scenario.id, *differences])


@pytest.mark.parametrize(
    ("instrument", "warned_from", "ended_at"),
    [
        ("No. 70 of 2025", "2026-12-11T00:00:00+08:00", "2027-01-11T00:00:00+08:00"),
        ("No. 72 of 2025", "2026-10-28T00:00:00+08:00", "2026-11-28T00:00:00+08:00"),
    ],
)
def test_an_alarm_tells_that_a_suspension_is_about_to_end_and_that_it_has_ended(
    instrument: str, warned_from: str, ended_at: str
) -> None:
    paused = {
        table.measure.id
        for table in shipped().measures
        for pause in table.measure.suspensions
        if instrument in (pause.instrument or "")
    }
    assert paused
    for measure in paused:
        alarms = [alarm for alarm in shipped().alarms if alarm.measure == measure]
        spans = {(alarm.since_ms, alarm.until_ms) for alarm in alarms}
        warned, ended = (
            int(datetime.fromisoformat(text).timestamp() * 1000) for text in (warned_from, ended_at)
        )
        assert (warned, ended) in spans
        assert (ended, None) in spans
        assert any("no instrument was seen" in alarm.text for alarm in alarms)
