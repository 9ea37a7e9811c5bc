"""The packs that ship: counts, dates to the instant, and what must never be in them."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.unit.measures.packs import shipped
from tidegate.events.decision import Outcome
from tidegate.measures.consistency import literals
from tidegate.measures.tables import ListedParty, TableMeasure
from tidegate.measures.validity import Force, to_ms
from tidegate.parties.fold import fold

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: str, zone: ZoneInfo = SHANGHAI) -> int:
    return to_ms(datetime.combine(date.fromisoformat(day), datetime.min.time(), zone))


def measure(id_: str) -> TableMeasure:
    return next(item for item in shipped().measures if item.measure.id == id_)


def listed(name: str, list_: str) -> ListedParty:
    # Firms whose names differ by their legal form alone meet the same folded name.
    hits = shipped().parties.meet(fold(name))
    met = [one.entry for one in hits if one.hit.grade == "exact" and one.entry.list == list_]
    (found,) = [entry for entry in met if name in entry.names] or met
    return found


def test_every_list_has_what_its_sources_announced() -> None:
    counts = Counter(entry.list for entry in shipped().parties)
    assert counts == {
        "CN-CL": 139,
        "CN-WL": 40,
        "CN-UEL": 61,
        "US-EL": 3420,
        "US-MEU": 70,
        "US-SDN": 19181,
        "US-DPL": 1596,
        "US-UVL": 222,
        "US-OTHER": 1432,
        "JP-FUL": 835,
    }
    by_instrument = Counter(e.instrument for e in shipped().parties if e.country == "JP")
    for number in (11, 12, 27, 28):
        assert by_instrument[f"MOFCOM Announcement No. {number} of 2026"] == 20


def test_no_entry_is_without_a_name() -> None:
    assert all(all(map(fold, entry.names)) for entry in shipped().parties)


@pytest.mark.parametrize(
    ("id_", "first"),
    [
        ("CN-JP-01", "2026-01-06"),
        ("CN-JP-04.c", "2026-01-06"),
        ("CN-IT-01.51-2024", "2024-12-01"),
        ("CN-IT-01.10-2025", "2025-02-04"),
        ("CN-IT-01.18-2025", "2025-04-04"),
    ],
)
def test_a_measure_begins_with_its_day_in_shanghai(id_: str, first: str) -> None:
    validity = measure(id_).validity
    assert validity.force(at(first) - 1) is Force.NOT_YET
    assert validity.force(at(first)) is Force.IN_FORCE
    assert validity.force(at("2026-11-23")) is Force.IN_FORCE


@pytest.mark.parametrize(
    ("id_", "start", "after"),
    [
        ("CN-IT-01.56-2025", "2025-11-08", "2027-01-11"),
        ("CN-IT-01.57-2025", "2025-11-08", "2027-01-11"),
        ("CN-IT-01.58-2025", "2025-11-08", "2027-01-11"),
        ("CN-IT-01.62-2025", "2025-11-07", "2027-01-11"),
        ("CN-IT-61.1", "2025-12-01", "2027-01-11"),
        ("CN-IT-61.3", "2025-11-07", "2027-01-11"),
        ("CN-US-03", "2025-11-09", "2026-11-28"),
    ],
)
def test_a_suspension_holds_to_the_end_of_its_last_day(id_: str, start: str, after: str) -> None:
    validity = measure(id_).validity
    assert validity.force(at(start)) is Force.SUSPENDED
    assert validity.force(at(after) - 1) is Force.SUSPENDED
    assert validity.force(at(after)) is Force.IN_FORCE
    assert {at(after)} <= set(shipped().boundaries_ms)


def test_only_the_announcements_of_number_70_and_72_are_suspended() -> None:
    suspended = {item.measure.id for item in shipped().measures if item.measure.suspensions}
    assert suspended == {
        "CN-IT-01.56-2025",
        "CN-IT-01.57-2025",
        "CN-IT-01.58-2025",
        "CN-IT-01.62-2025",
        "CN-IT-61.1",
        "CN-IT-61.3",
        "CN-US-03",
    }


@pytest.mark.parametrize(
    ("name", "list_", "day", "before", "on"),
    [
        ("三菱造船株式会社", "CN-CL", "2026-02-24", Force.NOT_YET, Force.IN_FORCE),
        ("Mitsubishi Shipbuilding", "CN-CL", "2026-02-24", Force.NOT_YET, Force.IN_FORCE),
        (
            "NEC Network and Sensor Systems, Ltd.",
            "CN-CL",
            "2026-02-24",
            Force.NOT_YET,
            Force.IN_FORCE,
        ),
        ("防卫研究所", "CN-CL", "2026-06-29", Force.NOT_YET, Force.IN_FORCE),
        ("八洲電機株式会社", "CN-WL", "2026-02-24", Force.NOT_YET, Force.IN_FORCE),
        ("Terra Drone Corporation", "CN-WL", "2026-06-29", Force.NOT_YET, Force.IN_FORCE),
        # No. 21 of 2025: suspended 2025-11-10 to 2026-11-10
        ("Cubic Corporation", "CN-CL", "2025-04-04", Force.NOT_YET, Force.IN_FORCE),
        ("Cubic Corporation", "CN-CL", "2025-11-10", Force.IN_FORCE, Force.SUSPENDED),
        ("Cubic Corporation", "CN-CL", "2026-11-11", Force.SUSPENDED, Force.IN_FORCE),
        # Nos. 13 and 22 of 2025: stopped from 2025-11-10
        ("Leidos", "CN-CL", "2025-11-10", Force.IN_FORCE, Force.ENDED),
        ("American Photonics", "CN-CL", "2025-11-10", Force.IN_FORCE, Force.ENDED),
    ],
)
def test_an_entry_changes_at_the_start_of_its_day(
    name: str, list_: str, day: str, before: Force, on: Force
) -> None:
    validity = listed(name, list_).validity
    assert validity.force(at(day) - 1) is before
    assert validity.force(at(day)) is on


def test_rows_whose_state_is_not_established_are_marked() -> None:
    unconfirmed = {e.instrument for e in shipped().parties if not e.confirmed and e.list == "CN-CL"}
    assert unconfirmed == {
        "MOFCOM announcement of 2025-07-09",
        "MOFCOM announcement of 2025-09-25",
        "MOFCOM Announcement No. 20 of 2026",
        "MOFCOM Announcement No. 23 of 2026",
    }
    assert not any(entry.confirmed for entry in shipped().parties if entry.list == "CN-UEL")


def test_a_name_that_spilled_into_the_country_is_still_listed() -> None:
    entry = listed("Dandong Dongyuan Industrial Co., Ltd.", "JP-FUL")
    assert entry.country == "CN"
    assert listed("23rd Research Institute", "JP-FUL").entry == "JP-FUL-478"


def test_entity_list_entries_state_their_own_outcome() -> None:
    outcomes = Counter(entry.outcome for entry in shipped().parties if entry.list == "US-EL")
    assert outcomes == {Outcome.DENIAL_PRESUMED: 3208, Outcome.LICENSE_REQUIRED: 212}
    huawei = listed("Huawei Technologies Co., Ltd.", "US-EL")
    assert huawei.outcome is Outcome.DENIAL_PRESUMED
    assert huawei.note is not None
    assert "Review policy: " in huawei.note


def test_no_measure_prohibits_a_country_as_such() -> None:
    for item in shipped().measures:
        keys = {question.key for question, positive in literals(item.measure.when) if positive}
        if item.measure.outcome is Outcome.PROHIBITED:
            assert keys - {"recipient_in", "destination", "export_from", "origin", "dual_use"}


def test_memory_facts_do_not_ship() -> None:
    candidates = shipped().tariff_candidates["CN"]
    for ordinary in ("8806", "8542", "9013", "8457", "8401", "2844", "8541", "8471", "3801"):
        assert ordinary not in candidates
    assert "CN:1C913" not in shipped().known_codes["CN"]
    assert {f"CN:1C90{n}" for n in range(2, 9)} <= shipped().known_codes["CN"]


def test_alarms_run_around_the_end_of_each_suspension() -> None:
    alarms = {alarm.id: alarm for alarm in shipped().alarms}
    ends = alarms["CN-IT-01.57-2025:suspension-ends:2027-01-10"]
    ended = alarms["CN-IT-01.57-2025:suspension-ended:2027-01-10"]
    assert ends.since_ms == at("2026-12-11")
    assert ends.until_ms == ended.since_ms == at("2027-01-11")
    assert "announced only" in ends.text
    assert "no instrument was seen" in ended.text
    control = alarms["CN-CL:MOFCOM Announcement No. 21 of 2025:suspension-ended:2026-11-10"]
    assert control.since_ms == at("2026-11-11")
    assert "16 entries of CN-CL" in control.text
    stale = alarms["cn-items:not-verified-since:2026-11-23"]
    assert stale.since_ms == at((date(2026, 11, 23) + timedelta(days=61)).isoformat())
